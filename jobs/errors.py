"""Errors that stop a command, each with the exit code a scheduler sees (DESIGN section 4)."""

from __future__ import annotations


class HoverlakeError(Exception):
    """What went wrong, where, and what to do about it; the message is the command's last line."""

    exit_code = 14


class UsageError(HoverlakeError):
    """The command was called with words that cannot be carried out."""

    exit_code = 2


class NothingNew(HoverlakeError):
    """There is no raw file that the newest release does not already hold."""

    exit_code = 10


class BlockedByQuality(HoverlakeError):
    """The audit or the reconciliation failed; the last release stays."""

    exit_code = 11


class InputUnreadable(HoverlakeError):
    """Raw input cannot be read, or a known file was rewritten."""

    exit_code = 12


class LeaseHeld(HoverlakeError):
    """Another run holds the warehouse."""

    exit_code = 13


class InfrastructureFailed(HoverlakeError):
    """Storage or engine failed; the run can be repeated."""

    exit_code = 14
