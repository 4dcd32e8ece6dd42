"""The oracle's reading of free text: which targets are hashed, and what of a page's address is kept.

Written apart from the jobs, character by character: no regular expression in common.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from functools import lru_cache

MAX_TARGET_CHARS = 128
_DIGITS = frozenset("0123456789")
_BETWEEN = frozenset(" .-()/")
_BLANKS = frozenset(" \t\n\x0b\x0c\r")


@lru_cache(maxsize=65_536)
def stored_target(target: str, max_chars: int = MAX_TARGET_CHARS) -> str:
    """The target, or its hash where it is too long, holds an e-mail address or is a number to dial."""
    if len(target) > max_chars or holds_email(target) or is_number_to_dial(target):
        return "hashed:" + hashlib.sha256(target.encode()).hexdigest()[:32]
    return target


def holds_email(text: str) -> bool:
    """True if somewhere x@y.z stands, with x, y and z no blanks and no @; %40 is an @, too."""
    for at in ("@", "%40"):
        begin = text.find(at)
        while begin >= 0:
            before, after = text[:begin], text[begin + len(at) :]
            if before and before[-1] not in _BLANKS | {"@"} and _is_host(after):
                return True
            begin = text.find(at, begin + 1)
    return False


def _is_host(text: str) -> bool:
    """True if the text begins with y.z: at least one character, a dot, another character."""
    word = ""
    for character in text:
        if character in _BLANKS or character == "@":
            break
        word += character
    return "." in word[1:-1]


def is_number_to_dial(text: str) -> bool:
    """True if the whole text is + (or tel:) and 8 to 15 digits, or 9 to 15 digits in several groups that begin with no
    date. What may stand between digits: blank . - ( ) /"""
    for prefix in ("tel:+", "tel:", "+"):
        if text.startswith(prefix):
            return _has_digits(text[len(prefix) :], least=8, may_be_around=True)
    groups = text.removeprefix("(")
    is_one_group = set(groups) <= _DIGITS
    return not is_one_group and not _begins_with_date(text) and _has_digits(groups, least=9, may_be_around=False)


def _has_digits(text: str, least: int, may_be_around: bool) -> bool:
    """True if the text is so many digits, 15 at most, and what may stand between them; or, where that may be, around."""
    if set(text) - _DIGITS - _BETWEEN:
        return False
    digits = [place for place, character in enumerate(text) if character in _DIGITS]
    is_framed = digits and digits[0] == 0 and digits[-1] == len(text) - 1
    return least <= len(digits) <= 15 and bool(may_be_around or is_framed)


def _begins_with_date(text: str) -> bool:
    date = text[:10]
    if len(date) < 10 or date[4] != "-" or date[7] != "-" or text[10:11] in _DIGITS:
        return False
    year, month, day = date[:4], date[5:7], date[8:]
    if not set(year + month + day) <= _DIGITS:
        return False
    return year[:2] in ("19", "20") and 1 <= int(month) <= 12 and 1 <= int(day) <= 31


def stored_url(url: str, allowed: Collection[str] = ()) -> str:
    """The address without fragment, without who is logged in, and with `allowed` parameters of its query only."""
    page, _, query = url.partition("#")[0].partition("?")
    kept = [part for part in query.split("&") if part.partition("=")[0] in allowed]
    return _without_user(page) + ("?" + "&".join(kept) if kept else "")


def _without_user(page: str) -> str:
    scheme, slashes, rest = page.partition("//")
    if not slashes or not _is_scheme(scheme):
        return page
    host, slash, path = rest.partition("/")
    return scheme + slashes + host.rpartition("@")[2] + slash + path


def _is_scheme(text: str) -> bool:
    """Nothing, or a letter and further ones, digits, + . - before a colon."""
    if not text:
        return True
    name = text[:-1]
    letters = [c.isascii() and (c.isalnum() or c in "+.-") for c in name]
    return text[-1] == ":" and bool(name) and name[0].isascii() and name[0].isalpha() and all(letters)
