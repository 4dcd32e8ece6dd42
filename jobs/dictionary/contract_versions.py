"""Whether a contract that changed has the version, and the changelog the words, that the change asks for."""

from __future__ import annotations

import re
from dataclasses import replace

from jobs.dictionary.contract_changes import Change, Json, Level, compared

#: A heading of the changelog; its words go on to the next one.
HEADING = re.compile(r"^#+ (.+)\n((?:(?!#+ ).*\n?)*)", re.M)
#: A sentence that claims that texts mean what they meant: "Wording: `dwell_ms`, `purpose`."
WORDING = re.compile(r"\bwording:([^.]*)\.", re.I)


def problems(name: str, kept: Json | None, new: Json, changelog: str) -> list[str]:
    """What keeps the new contract of a mart from taking the place of the kept one: nothing if all is as it must be."""
    version = str(new["version"])
    entries = _entries(changelog, name, version)
    found = []
    if not entries:
        found.append(
            f"CHANGELOG.md has no heading that names {name} and {version}. Add it, with what changes for readers."
        )
    if kept is not None:
        found += _of_version(name, kept, new, "\n".join(entries))
    return found


def retirement_problems(name: str, kept: Json, changelog: str) -> list[str]:
    """What keeps the contract of a table that is no longer declared from being removed."""
    gone = f"{int(str(kept['version']).split('.')[0]) + 1}.0.0"
    if _entries(changelog, name, gone):
        return []
    return [
        f"{name} is gone: a breaking change. CHANGELOG.md must say so under a heading that names {name} and {gone}."
    ]


def _of_version(name: str, kept: Json, new: Json, entry: str) -> list[str]:
    changes = [_as_claimed(change, _claimed(entry)) for change in compared(kept, new)]
    if not changes:
        return []
    was, now = _numbers(kept), _numbers(new)
    needed = max(change.level for change in changes)
    if _rise(was, now) >= needed:
        return []
    told = "; ".join(change.what for change in changes if change.level == needed)
    hint = (
        " If it means the same as before, say under the version's heading in CHANGELOG.md which texts only changed their "
        f"wording, and raise the patch version: Wording: {', '.join(f'`{c.text}`' for c in changes if c.text)}."
        if any(change.text and change.level == needed for change in changes)
        else ""
    )
    return [
        f"{name}: a {needed.name.lower()} change of version {kept['version']}, declared as {new['version']}: {told}. "
        f"Declare version {_next(was, needed)} in warehouse_schema.{hint}"
    ]


def _as_claimed(change: Change, claimed: set[str]) -> Change:
    return replace(change, level=Level.PATCH) if change.text in claimed else change


def _claimed(entry: str) -> set[str]:
    return {name for sentence in WORDING.findall(entry) for name in re.findall(r"`([^`]+)`", sentence)}


def _entries(changelog: str, name: str, version: str) -> list[str]:
    """What the changelog says under headings that name the table and the version."""
    named = [rf"(?<![\w.]){re.escape(word)}(?![\w]|\.\d)" for word in (name, version)]
    return [words for heading, words in HEADING.findall(changelog) if all(re.search(one, heading) for one in named)]


def _numbers(contract: Json) -> tuple[int, ...]:
    return tuple(int(number) for number in str(contract["version"]).split("."))


def _rise(was: tuple[int, ...], now: tuple[int, ...]) -> Level:
    """The first part that rose; NONE if the version stayed or fell."""
    if now <= was:
        return Level.NONE
    place = next(place for place in range(3) if now[place] != was[place])
    return (Level.MAJOR, Level.MINOR, Level.PATCH)[place]


def _next(was: tuple[int, ...], level: Level) -> str:
    major, minor, patch = was
    if level == Level.MAJOR:
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if level == Level.MINOR else f"{major}.{minor}.{patch + 1}"
