"""`hoverlake keys` as commands: words, exit codes, last lines."""

from __future__ import annotations

import datetime as dt

import pytest

from jobs.io.keys import key_file, load_ring, make_key
from tests.cli.conftest import Command


@pytest.fixture
def secret(hoverlake: Command, warehouse: str) -> str:
    """The first key of the warehouse, as its file has it."""
    return make_key(key_file(warehouse)).hex()


def test_rotation_is_listed_and_no_secret_is_told(hoverlake: Command, warehouse: str, secret: str) -> None:
    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)

    said = hoverlake("keys", "rotate", "--from", str(tomorrow), "--warehouse", warehouse)
    listed = hoverlake("keys", "list", "--warehouse", warehouse)

    assert (said.exit_code, listed.exit_code) == (0, 0)
    assert said.last.startswith(f"key 2 holds from {tomorrow} on.")
    assert [line.split()[0] for line in listed.out.splitlines()] == ["id", "1", "2"]
    told = said.out + said.last + listed.out + listed.last
    assert not any(s.hex() in told for s in load_ring(warehouse).secrets.values()) and secret not in told


def test_key_in_use_cannot_be_destroyed(hoverlake: Command, warehouse: str, secret: str) -> None:
    said = hoverlake("keys", "destroy", "1", "--warehouse", warehouse)

    assert said.exit_code == 2
    assert said.last == "hoverlake: key 1 cannot be destroyed: it is in use, or will be. Nothing was changed."


def test_nothing_to_destroy(hoverlake: Command, warehouse: str, secret: str) -> None:
    said = hoverlake("keys", "destroy", "--dry-run", "--warehouse", warehouse)

    assert (said.exit_code, said.last) == (0, "no key can be destroyed")


def test_first_date_that_is_no_date(hoverlake: Command, warehouse: str) -> None:
    said = hoverlake("keys", "rotate", "--from", "tomorrow", "--warehouse", warehouse)

    assert said.exit_code == 2 and said.last.startswith("hoverlake: --from tomorrow: not a date.")


def test_ring_that_is_missing(hoverlake: Command, warehouse: str) -> None:
    said = hoverlake("keys", "list", "--warehouse", warehouse)

    assert said.exit_code == 2 and "is missing. Restore it" in said.last
