"""What goes wrong with logs and jobs, made on purpose, each with the check that finds it.

`python -m tests.night.faults` writes the table of docs/faults.md.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from expectations.catalog import OWN_RULES, rules_of
from warehouse_schema import TABLES

Row = dict[str, Any]
Rows = list[Row]
Change = Callable[[Rows], Rows]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
STREAMS = ("pointer", "clicks", "scroll", "items", "state")
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Fault:
    """A change of raw beacons, or of rows of clean.page_views, and the check that finds it."""

    name: str
    caught_by: str
    change: Change
    severity: str = "critical"


def _each(change: Callable[[Row], object]) -> Change:
    """The change made on a copy of every row."""

    def changed(rows: Rows) -> Rows:
        rows = copy.deepcopy(rows)
        for row in rows:
            change(row)
        return rows

    return changed


def _times(factor: float) -> Change:
    def change(beacon: Row) -> None:
        for name in STREAMS:
            if beacon.get(name):
                beacon[name]["t_ms"] = [int(t * factor) for t in beacon[name]["t_ms"]]
        if beacon.get("observed_until_ms") is not None:
            beacon["observed_until_ms"] = int(beacon["observed_until_ms"] * factor)

    return _each(change)


def _array(stream: str, name: str, of: Callable[[Any], Any]) -> Change:
    """Every value of one array of a stream changed."""

    def change(beacon: Row) -> None:
        if beacon.get(stream) and beacon[stream].get(name) is not None:
            beacon[stream][name] = [None if value is None else of(value) for value in beacon[stream][name]]

    return _each(change)


def _without(stream: str) -> Change:
    return _each(lambda beacon: beacon.update({stream: None}))


def _swapped(beacon: Row) -> None:
    for name in ("pointer", "clicks"):
        stream = beacon.get(name)
        if stream:
            stream["x_px"], stream["y_px"] = stream["y_px"], stream["x_px"]


def _below_the_fold(beacon: Row) -> None:
    if beacon.get("pointer"):
        beacon["pointer"]["y_px"] = [y if y is None else y + 900 for y in beacon["pointer"]["y_px"]]


def _only(keeps: Callable[[int, Row], bool]) -> Change:
    return lambda rows: [row for number, row in enumerate(rows) if keeps(number, row)]


def _twice(**new: Callable[[Row], Any]) -> Change:
    """Every beacon once more, with some fields new."""
    return lambda rows: [*rows, *({**row, **{name: of(row) for name, of in new.items()}} for row in rows)]


def _in_page(**values: Any) -> Change:
    return _each(lambda beacon: beacon["page"].update(values))


def _in_device(**values: Any) -> Change:
    return _each(lambda beacon: beacon["device"].update(values))


def _device_pixels(beacon: Row) -> None:
    for name in ("viewport_w_px", "viewport_h_px"):
        beacon["device"][name] = 3 * (beacon["device"].get(name) or 0)


def _clock(name: str, ms: int) -> Change:
    return _each(lambda beacon: beacon.update({name: beacon[name] + ms}))


def _crawlers(rows: Rows) -> Rows:
    """As many page views again, by programs that say so."""
    return [*rows, *_in_device(user_agent="Googlebot/2.1")(_twice(**_NEW_VISITOR)(rows)[len(rows) :])]


_NEW_VISITOR = {
    name: lambda row, name=name: f"again-{row[name]}" for name in ("page_view_id", "visitor_id", "beacon_id")
}
_NEW_PAGE_VIEW = {name: _NEW_VISITOR[name] for name in ("page_view_id", "beacon_id")}

RAW_FAULTS = (
    Fault("times in seconds instead of milliseconds", "past_hovered_z", _times(0.001)),
    Fault("times in hundredths of a second", "past_dwell_ms_z", _times(0.1), "warning"),
    Fault("x and y swapped", "past_outside_viewport_z", _each(_swapped)),
    Fault("pointer positions in the document, not in the viewport", "past_outside_viewport_z", _each(_below_the_fold)),
    Fault(
        "pointer positions in device pixels",
        "past_outside_viewport_z",
        lambda rows: _array("pointer", "x_px", lambda x: x * 3)(_array("pointer", "y_px", lambda y: y * 3)(rows)),
    ),
    Fault("phones are gone", "past_device_type_psi", _only(lambda _, row: row["device"].get("type") != "phone")),
    Fault(
        "desktops call themselves laptops", "past_device_type_psi", _each(lambda row: _rename(row, "desktop", "laptop"))
    ),
    Fault("viewports in device pixels", "past_viewport_class_psi", _each(_device_pixels)),
    Fault("half of the beacons are missing", "past_beacons_missing_z", _only(lambda n, _: n % 2 == 0)),
    Fault("two of three page views are missing", "past_page_views_z", _only(lambda _, row: _third(row)), "warning"),
    Fault(
        "every beacon twice with a new beacon_id",
        "past_beacons_conflicting_z",
        _twice(beacon_id=_NEW_VISITOR["beacon_id"]),
    ),
    Fault("every line twice", "past_beacons_duplicate_z", lambda rows: [*rows, *rows]),
    Fault("every page view twice with new ids", "past_page_views_z", _twice(**_NEW_PAGE_VIEW)),
    Fault("a flood of crawlers", "past_bots_z", _crawlers),
    Fault(
        "the collector's clock three hours ahead",
        "past_start_hour_psi",
        _clock("received_at_ms", 3 * HOUR_MS),
        "warning",
    ),
    Fault("beacons sent before they were made", "past_clock_suspect_z", _clock("sent_at_ms", -HOUR_MS)),
    Fault("viewport_share is 0", "past_attended_z", _array("items", "viewport_share", lambda _: 0)),
    Fault("visible_share is 0", "past_viewable_z", _array("items", "visible_share", lambda _: 0)),
    Fault("targets are not sent", "past_hovered_z", _array("pointer", "target", lambda _: None)),
    Fault("no pointer stream", "past_cursor_measured_z", _without("pointer")),
    Fault("no clicks stream", "past_clicks_measured_z", _without("clicks")),
    Fault("no items stream", "past_items_measured_z", _without("items")),
    Fault("no state stream", "past_state_measured_z", _without("state")),
    Fault("scroll offsets are 0", "past_scrolled_z", _array("scroll", "y_px", lambda _: 0)),
    Fault("the surface has another name", "past_page_views_z", _in_page(surface="Feed")),
    Fault("one layout takes the place of all", "past_layout_bucket_psi", _in_page(layout_id="feed-v8")),
    Fault("closing beacons do not close", "past_closed_z", _each(lambda row: row.update(is_last=False))),
    Fault(
        "nobody consents to ads",
        "past_ads_purpose_z",
        _each(lambda row: row["consent"].update(purposes=["product_development"])),
    ),
)


def _rename(beacon: Row, old: str, new: str) -> None:
    if beacon["device"].get("type") == old:
        beacon["device"]["type"] = new


def _third(beacon: Row) -> bool:
    return sum(map(ord, beacon["page_view_id"])) % 3 == 0


def _deeper(row: Row) -> None:
    for entry in row["exposure"] or []:
        entry["cell_y"] += 40


def _longer(array: str, name: str, factor: int) -> Change:
    def change(row: Row) -> None:
        for entry in row[array] or []:
            entry[name] = entry[name] and entry[name] * factor

    return _each(change)


JOB_FAULTS = (
    Fault("a join doubles page views", "ExpectCompoundColumnsToBeUnique", lambda rows: [*rows, *rows]),
    Fault("a key of the grain is NULL", "ExpectColumnValuesToNotBeNull", _each(lambda row: row.update(surface=None))),
    Fault("document rows are off", "no_row_exposed_below_scroll_depth", _each(_deeper)),
    Fault("page views on the wrong date", "event_date_is_that_of_the_start", _each(lambda row: _a_day_later(row))),
    Fault("hidden time counts as engaged", "engaged_within_visible", _each(lambda row: row.update(engaged_ms=10**9))),
    Fault(
        "rests are counted in both spaces of one map", "dwell_within_visible", _longer("heat_cells", "dwell_ms", 1000)
    ),
    Fault(
        "a hover counts for every item under it", "item_hovers_within_dwell", _longer("item_views", "hover_ms", 1000)
    ),
    Fault(
        "engaged time is not shared out but given to all",
        "attended_within_engaged",
        _longer("item_views", "attended_ms", 9),
    ),
    Fault("spells over hidden time", "spells_within_visible", _longer("item_views", "longest_spell_ms", 9)),
    Fault("times negative", "ExpectColumnValuesToBeBetween", _each(lambda row: row.update(gap_ms=-1))),
)


def _a_day_later(row: Row) -> None:
    row["started_at"] += dt.timedelta(days=1)


def render() -> str:
    """The table of faults, and of all rules that the tests break one by one, as a page."""
    faults = [(fault.name, f"`{fault.caught_by}`", fault.severity) for fault in (*RAW_FAULTS, *JOB_FAULTS)]
    rules = [
        (name, f"`{rule.name}`", rule.severity, rule.meaning) for name in OWN_RULES for rule in rules_of(TABLES[name])
    ]
    return (
        "<!-- Written by `make docs` from tests/night/faults.py and expectations/. -->\n\n# What is caught by what\n\n"
        "Faults that the tests make on purpose, on raw logs of a simulated night and on rows of clean.page_views, and the "
        "check in [ops.dq_results](tables/ops.dq_results.md) that finds each. Checks named `past_...` compare with earlier "
        "weeks and say `not enough history` before there are some.\n\n"
        f"{_table(('Fault', 'Found by', 'Severity'), faults)}\n"
        "## Rules\n\nWhat a declaration cannot say. The tests break each of them on purpose, too; what a declaration does "
        "say (not null, range, allowed values, grain) is checked beside them, and that clean and marts add up.\n\n"
        f"{_table(('Table', 'Rule', 'Severity', 'What has gone wrong if it fails'), rules)}"
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, ["---"] * len(head), *rows))


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
