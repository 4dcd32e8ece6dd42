"""What changed between two contracts of a mart, and which version that asks for.

A contract is for readers of a table that has one writer, the night. Breaking, and so major: whatever can make a query of
yesterday fail, or mean something else. That NULL may now occur breaks whoever did not expect it; that it no longer occurs
breaks whoever asked for it, because here NULL means not measured. Types never change in passing, not even to wider ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

Json = Mapping[str, Any]


class Level(IntEnum):
    """Part of a version, major.minor.patch, that must rise."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


@dataclass(frozen=True)
class Change:
    """One difference. `text` names what was said in other words: a patch if the changelog says that it means the same."""

    level: Level
    what: str
    text: str | None = None


#: Names under which the texts of the table itself are told: a column has its own name.
PURPOSE, ROW = "purpose", "one row per"
#: Rises of these numbers make a table worse for its readers; falls of all others do.
WORSE_IF_HIGHER = ("latency", "frequency")
#: Expectations that follow from columns and grain, which are compared themselves.
FOLLOW = ("ExpectTableColumnsToMatchSet", "ExpectCompoundColumnsToBeUnique")


def compared(kept: Json, new: Json) -> list[Change]:
    """Every change from the contract that is kept to the new one, the worst first."""
    if kept == new:
        return []
    found = [*_of_table(kept, new), *_of_columns(kept, new), *_of_promises(kept, new)]
    if not found and _without_version(kept) != _without_version(new):
        found.append(Change(Level.PATCH, "other words, examples or roles"))
    return sorted(found, key=lambda change: -change.level)


def _without_version(contract: Json) -> Json:
    return {name: value for name, value in contract.items() if name != "version"}


def _of_table(kept: Json, new: Json) -> Iterator[Change]:
    if (was := _ordered(kept, "primaryKeyPosition")) != (now := _ordered(new, "primaryKeyPosition")):
        yield Change(Level.MAJOR, f"the grain was {', '.join(was)}, and is {', '.join(now)}")
    if _ordered(kept, "partitionKeyPosition") != _ordered(new, "partitionKeyPosition"):
        yield Change(Level.MINOR, "the table is partitioned otherwise")
    for name in ("consentPurposes", "isShownAsTotal"):
        if (was_so := _custom(kept, name)) != (is_so := _custom(new, name)):
            yield Change(Level.MAJOR, f"{name} was {was_so}, and is {is_so}")
    if kept["description"]["purpose"] != new["description"]["purpose"]:
        yield _said_otherwise(PURPOSE)
    if _schema(kept)["dataGranularityDescription"] != _schema(new)["dataGranularityDescription"]:
        yield _said_otherwise(ROW)


def _of_columns(kept: Json, new: Json) -> Iterator[Change]:
    before, after = _columns(kept), _columns(new)
    for name in before:
        if name not in after:
            yield Change(Level.MAJOR, f"column {name} is gone")
        else:
            yield from _of_column(name, before[name], after[name])
    yield from (Change(Level.MINOR, f"column {name} is new") for name in after if name not in before)


def _of_column(name: str, kept: Json, new: Json) -> Iterator[Change]:
    for what, of in (("type", _type), ("unit", lambda c: _custom(c, "unit")), ("classification", _classification)):
        if (was := of(kept)) != (now := of(new)):
            yield Change(Level.MAJOR, f"{what} of {name} was {was}, and is {now}")
    if kept["required"] != new["required"]:
        words = "may be NULL" if kept["required"] else "is never NULL"
        yield Change(Level.MAJOR, f"{name} {words} from now on")
    if _custom(kept, "isAdditive") != _custom(new, "isAdditive"):
        adds = bool(_custom(new, "isAdditive"))
        words = "adds up over rows" if adds else "no longer adds up over rows"
        yield Change(Level.MINOR if adds else Level.MAJOR, f"{name} {words}")
    if kept["description"] != new["description"]:
        yield _said_otherwise(name)
    yield from _of_values(name, kept, new)


def _of_values(name: str, kept: Json, new: Json) -> Iterator[Change]:
    """Bounds and allowed values: a promise taken back breaks, one that is added does not."""
    for bound, sign in (("minimum", 1), ("maximum", -1)):
        was, now = (column.get("logicalTypeOptions", {}).get(bound) for column in (kept, new))
        if was != now:
            is_kept = was is None or (now is not None and sign * now > sign * was)
            yield Change(Level.MINOR if is_kept else Level.MAJOR, f"{bound} of {name} was {was}, and is {now}")
    before, after = _allowed(kept), _allowed(new)
    if before is None or after is None:
        if before != after:
            level = Level.MINOR if before is None else Level.MAJOR
            yield Change(
                level, f"{name} {'has a list of values' if before is None else 'may have any value'} from now on"
            )
        return
    yield from (Change(Level.MAJOR, f"{name} is never {value!r} any more") for value in before if value not in after)
    yield from (Change(Level.MINOR, f"{name} may be {value!r}") for value in after if value not in before)


def _of_promises(kept: Json, new: Json) -> Iterator[Change]:
    """Quality rules of the whole table, and service levels."""
    before, after = _checks(kept), _checks(new)
    for name, was in before.items():
        now = after.get(name)
        if now is None:
            yield Change(Level.MAJOR, f"expectation {name} is gone")
        elif was["severity"] != now["severity"]:
            level = Level.MINOR if now["severity"] == "critical" else Level.MAJOR
            yield Change(level, f"expectation {name} was {was['severity']}, and is {now['severity']}")
        elif name not in FOLLOW and was.get("query") != now.get("query"):
            yield Change(Level.MINOR, f"expectation {name} asks something else")
    yield from (Change(Level.MINOR, f"expectation {name} is new") for name in after if name not in before)
    yield from _of_service_levels(kept, new)


def _of_service_levels(kept: Json, new: Json) -> Iterator[Change]:
    before, after = ({level["property"]: level["value"] for level in c["slaProperties"]} for c in (kept, new))
    for name, was in before.items():
        now = after.get(name)
        if now != was:
            is_better = now is not None and (now < was) == (name in WORSE_IF_HIGHER)
            yield Change(Level.MINOR if is_better else Level.MAJOR, f"{name} was {was} days, and is {now}")
    yield from (Change(Level.MINOR, f"{name} is promised") for name in after if name not in before)


def _said_otherwise(name: str) -> Change:
    return Change(Level.MAJOR, f"the meaning of {name} is put in other words", name)


def _schema(contract: Json) -> Json:
    [schema] = contract["schema"]
    return schema  # type: ignore[no-any-return]  # a document of YAML


def _columns(contract: Json) -> dict[str, Json]:
    return {column["name"]: column for column in _schema(contract)["properties"]}


def _checks(contract: Json) -> dict[str, Json]:
    return {check["name"]: check for check in _schema(contract)["quality"]}


def _ordered(contract: Json, position: str) -> list[str]:
    places = {name: column[position] for name, column in _columns(contract).items() if position in column}
    return sorted(places, key=lambda name: places[name])


def _type(column: Json) -> str:
    return str(column["physicalType"])


def _classification(column: Json) -> str:
    return str(column["classification"])


def _custom(column: Json, name: str) -> Any:
    return next((c["value"] for c in column.get("customProperties", ()) if c["property"] == name), None)


def _allowed(column: Json) -> list[str] | None:
    lists = [check["arguments"]["validValues"] for check in column.get("quality", ()) if "arguments" in check]
    return lists[0] if lists else None
