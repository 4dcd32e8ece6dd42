"""From raw lines to what is counted, as one picture: each step a whole bar, and what of it goes on to the next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from jobs.explain_date import REMAINDER, SHOWN, Step
from warehouse_schema import MARTS
from warehouse_schema.table import Table

#: The part of a step that goes on.
GOES_ON = {"files": "landed", "lines": "accepted", "beacons": "used", "page views": "people"}
#: Colour of every other part: why it does not.
KINDS = {
    "withheld": "consent",
    "erased": "consent",
    "duplicate": "repeat",
    "conflicting": "repeat",
    "bots": "bot",
    "held back by data quality": "held",
}
WORDS = {
    "withheld": "withheld: no consent",
    "erased": "of visitors who were erased",
    "duplicate": "duplicates",
    "conflicting": "conflicting: another beacon under the same number",
    "people": "people: what marts count from",
    "too_late": "too late",
    "oversized": "of visitors with too many beacons",
}


@dataclass(frozen=True)
class Part:
    """A part of a step: how many, which share of the whole, and the kind that it is drawn as."""

    name: str
    count: int
    share: float
    kind: str

    @property
    def bar(self) -> tuple[float, str]:
        """What is drawn of it."""
        return self.share, self.kind


@dataclass(frozen=True)
class FlowStep:
    """One bar; the part that goes on comes first."""

    title: str
    note: str
    whole: int
    unit: str
    parts: tuple[Part, ...]
    adds_up: bool

    @property
    def goes_on(self) -> float:
        """The share that goes on."""
        return self.parts[0].share if self.parts and self.parts[0].kind == "on" else 0.0


@dataclass(frozen=True)
class MartRow:
    """What of a mart is published: page views it counts, rows, and how much of its first measure lies where."""

    name: str
    one_row_per: str
    counted: int | None
    counted_share: float | None
    rows: int
    remainder_rows: int
    measure: str | None
    #: Share of the published measure that lies in remainders of small groups; None without a measure, or of nothing.
    remainder_share: float | None


def flow_of(steps: Sequence[Step]) -> list[FlowStep]:
    """The steps from raw lines to page views; those of several landing dates are one."""
    landings = [step for step in steps if step.name.startswith("landing date")]
    lines = _together([step for step in landings if step.whole == "lines"])
    dates = [step.name.removeprefix("landing date ") for step in landings if step.whole == "lines"]
    found = []
    if lines:
        note = f"landed {dates[0]}" + (f" to {dates[-1]}" if len(dates) > 1 else "")
        found.append(_step("Raw lines", f"{note}, also of other event dates", lines))
    beacons = next((step for step in steps if step.whole == "beacons"), None)
    if beacons:
        found.append(_step("Beacons", "those of this event date", beacons))
    views = next((step for step in steps if step.whole == "page views"), None)
    if views:
        found.append(_step("Page views", "as beacons make them up", _people(views)))
    return [step for step in found if step.whole]


def mart_rows(connection: duckdb.DuckDBPyConnection, date: dt.date, steps: Sequence[Step]) -> list[MartRow]:
    """One row per mart of the chain, amounts from its published rows alone."""
    return [_mart_row(connection, date, mart, [step for step in steps if step.name == mart.name]) for mart in MARTS]


def _mart_row(connection: duckdb.DuckDBPyConnection, date: dt.date, mart: Table, steps: Sequence[Step]) -> MartRow:
    by_whole = {step.whole: step for step in steps}
    views, rows = by_whole.get("page views"), by_whole.get("rows")
    counted = views.parts.get("counted") if views else None
    measure = mart.additive[0] if mart.additive else None
    return MartRow(
        name=mart.name,
        one_row_per=mart.one_row_per,
        counted=counted,
        counted_share=counted / views.count if views and views.count and counted is not None else None,
        rows=rows.parts.get(SHOWN, 0) if rows else 0,
        remainder_rows=rows.parts.get(REMAINDER, 0) if rows else 0,
        measure=measure,
        remainder_share=_remainder_share(connection, date, mart, measure) if measure else None,
    )


def _remainder_share(connection: duckdb.DuckDBPyConnection, date: dt.date, mart: Table, measure: str) -> float | None:
    row = connection.execute(
        f"select coalesce(sum({measure}) filter (is_remainder), 0) / nullif(sum({measure}), 0) from {mart.name} where event_date = ?",
        [date],
    ).fetchone()
    return None if row is None or row[0] is None else float(row[0])


def _people(views: Step) -> Step:
    """Page views of a mart's equation as people and bots: of these every mart knows."""
    bots = views.parts.get("bots", 0)
    return Step(views.name, views.whole, views.count, {"people": views.count - bots, "bots": bots})


def _together(steps: Sequence[Step]) -> Step | None:
    if not steps:
        return None
    parts: dict[str, int] = {}
    for step in steps:
        for part, count in step.parts.items():
            parts[part] = parts.get(part, 0) + count
    return Step(steps[0].name, steps[0].whole, sum(step.count for step in steps), parts)


def _step(title: str, note: str, step: Step) -> FlowStep:
    on = GOES_ON[step.whole]
    ordered = sorted(step.parts.items(), key=lambda part: (part[0] != on, -part[1], part[0]))
    parts = [
        Part(
            WORDS.get(name, name.replace("_", " ")),
            count,
            count / step.count if step.count else 0.0,
            "on" if name == on else KINDS.get(name, "refused"),
        )
        for name, count in ordered
        if count
    ]
    return FlowStep(title, note, step.count, step.whole, tuple(parts), step.adds_up)
