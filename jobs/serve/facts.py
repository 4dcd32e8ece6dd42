"""Everything that the page says of one question."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import duckdb

from jobs.io.releases import Release
from jobs.publication import closes_on
from jobs.report.attention import PositionCurve, position_curve
from jobs.report.verdict import Verdict, verdict_on
from jobs.serve.desk import Choices, Desk, choices_of
from jobs.serve.heat import Heatmap, Nothing, heatmap_of
from jobs.serve.minutes import Visibility, visibility_of
from jobs.serve.questions import Question, Refused
from jobs.serve.rows import Rows
from warehouse_schema.mart.feed_attention_daily import FEED_ATTENTION_DAILY as FEED
from warehouse_schema.mart.feed_visibility_minutes import FEED_VISIBILITY_MINUTES as MINUTES
from warehouse_schema.mart.hover_heatmap_daily import HOVER_HEATMAP_DAILY as HEATMAP
from warehouse_schema.ops import tables as ops

#: Releases in the form; an address may name any.
LISTED = 30
#: Pictures by the name of their CSV.
PICTURES = ("heatmap", "position-curve", "feed-visibility", "checks")


@dataclass(frozen=True)
class Facts:
    """What the page says; a picture that cannot be drawn says why."""

    choices: Choices
    release: Release
    numbers: list[int]
    is_newest: bool
    dates: dict[dt.date, bool]
    verdict: Verdict
    heatmap: Heatmap | Nothing
    curve: PositionCurve | Nothing
    visibility: Visibility | Nothing
    #: Rows behind each picture that is drawn.
    rows: dict[str, Rows]

    @property
    def date(self) -> dt.date:
        """The event date."""
        return self.choices.date

    @property
    def question(self) -> Question:
        """The question as it is answered."""
        return self.choices.question

    @property
    def state(self) -> str:
        """How the date stands: provisional, final, or not published."""
        return self.release.state_of(str(self.date))

    @property
    def listed_numbers(self) -> list[int]:
        """Releases to choose from: the newest ones, and the one that is shown."""
        return sorted({*self.numbers[:LISTED], self.release.number}, reverse=True)

    @property
    def permalink(self) -> Question:
        """The question whose answer stays the same when newer releases come."""
        return self.question.but(release=self.release.number, surface=self.choices.surface)


def gather(desk: Desk, question: Question) -> Facts:
    """The answer to the question; Refused (404) for what the release does not have."""
    choices = choices_of(desk, question)
    verdict = verdict_on(desk.connection, choices.date, desk.release, desk.last_run, "", is_newest=desk.is_newest)
    heatmap, curve, visibility = _pictures(desk, choices)
    return Facts(
        choices=choices,
        release=desk.release,
        numbers=desk.numbers,
        is_newest=desk.is_newest,
        dates=desk.dates,
        verdict=verdict,
        heatmap=heatmap,
        curve=curve,
        visibility=visibility,
        rows=_rows(choices, heatmap, curve, visibility, verdict),
    )


def rows_of(desk: Desk, question: Question, picture: str) -> Rows:
    """The rows behind a picture; Refused (404) if there is nothing to draw, with the reason."""
    facts = gather(desk, question)
    if picture in facts.rows:
        return facts.rows[picture]
    parts = {"heatmap": facts.heatmap, "position-curve": facts.curve, "feed-visibility": facts.visibility}
    part = parts.get(picture)
    why = part.words if isinstance(part, Nothing) else "No check of this date is on record."
    raise Refused(404, f"There are no rows of {picture} on {facts.date}", why)


def _pictures(desk: Desk, choices: Choices) -> tuple[Heatmap | Nothing, PositionCurve | Nothing, Visibility | Nothing]:
    hidden = _why_hidden(desk, choices.date)
    if hidden:
        return hidden, hidden, hidden
    visibility = visibility_of(desk, choices.date, choices.question.device) or Nothing(
        "No minute of the feed is published: nobody looked at it, or too few did."
    )
    if choices.surface is None:
        nothing = Nothing("Nothing of this date is in the marts: no page view that they count came in, or too few.")
        return nothing, nothing, visibility
    return heatmap_of(desk, choices), _curve(desk, choices), visibility


def _why_hidden(desk: Desk, date: dt.date) -> Nothing | None:
    """Why marts show nothing of the date yet; None if they do."""
    closes = closes_on(date, desk.release.configuration)
    if str(date) in desk.release.awaiting_publication:
        return Nothing(
            f"Not published yet: it comes with landing date {closes}, when no later night can change the date."
        )
    return None if desk.dates[date] else Nothing("Nothing of this date is published.")


def _curve(desk: Desk, choices: Choices) -> PositionCurve | Nothing:
    question = choices.question
    try:
        curve = position_curve(desk.connection, choices.date, choices.surface, question.items, question.device)
    except duckdb.InvalidInputException:
        return Nothing(
            "The date's distributions have other bins than this release's: rebuild it before it is compared."
        )
    if curve is not None:
        return curve
    asked = " · ".join(name for name in (choices.surface, question.items, question.device) if name)
    return Nothing(f"{asked}: no place in the feed was measured, or every group was too small to publish.")


def _rows(
    choices: Choices,
    heatmap: Heatmap | Nothing,
    curve: PositionCurve | Nothing,
    visibility: Visibility | Nothing,
    verdict: Verdict,
) -> dict[str, Rows]:
    question, found = choices.question, dict[str, Rows]()
    of_device = {"device_type": question.device} if question.device else {}
    if isinstance(heatmap, Heatmap):
        names = ("event_date", "surface", "layout_id", "device_type", "viewport_class")
        keys = dict(zip(names, heatmap.group.keys, strict=True)) | {"space": question.space}
        found["heatmap"] = Rows(HEATMAP, keys)
    if isinstance(curve, PositionCurve):
        keys = {"event_date": choices.date, "surface": curve.surface, "item_type": curve.item_type}
        found["position-curve"] = Rows(FEED, keys | of_device)
    if isinstance(visibility, Visibility):
        found["feed-visibility"] = Rows(MINUTES, {"event_date": choices.date} | of_device)
    if verdict.judged and verdict.checks:
        found["checks"] = Rows(ops.DQ_RESULTS, {"run_id": verdict.judged.run_id, "event_date": choices.date})
    return found
