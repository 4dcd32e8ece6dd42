"""Vectors of other projects' unit tests, each a test: visible time (AMP), rage clicks (PostHog), pauses (pymovements).

Where our rule differs by choice, `DIFFERENCES` says where and why, and the test asks that it really differs there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jobs.config import Settings
from jobs.steps.page_view_kernel import page_views
from tests.steps.beacon_table import beacon_table
from tests.steps.one_view import beacon, item
from tests.steps.strategies import RawBeacon

DATA = Path(__file__).parents[3] / "shared" / "data" / "peer-vectors"
needs_vectors = pytest.mark.skipif(not DATA.is_dir(), reason="real data ../shared/data/peer-vectors is not here")

Vector = dict[str, Any]


def vectors(file: str) -> Any:
    """One test per vector of the file; one that says what is missing if it is not here."""
    path = DATA / f"{file}.json"
    found = json.loads(path.read_text())["vectors"] if path.is_file() else [{"name": "not here"}]
    return pytest.mark.parametrize("vector", found, ids=[vector["name"] for vector in found])


def measured(settings: Settings, *page_views_of: RawBeacon) -> list[dict[str, Any]]:
    """The rows of page views of one beacon each, by page_view_id."""
    rows: list[dict[str, Any]] = page_views(beacon_table([*page_views_of]), settings).to_pylist()
    return rows


RANGE = "custom range 10..90: minimum exclusive, maximum inclusive"
INCLUSIVE = "a threshold is reached at its value: the MRC says at least 50 %"
NO_UPPER_BOUND = "more in view, or for longer, is never less seen: there are no upper bounds"
CLIPPED = "a share outside 0..1 is a tracker's rounding: it is clipped, the page view is kept"

#: (vector, index of the update) -> why our answer is the opposite.
DIFFERENCES = {
    (RANGE, 1): INCLUSIVE,
    (RANGE, 4): NO_UPPER_BOUND,
    (RANGE, 5): NO_UPPER_BOUND,
    ("invalid values are rejected", 0): CLIPPED,
    ("invalid values are rejected", 1): CLIPPED,
    ("qualifies by position only", 1): INCLUSIVE,
    ("qualifies by position only", 2): NO_UPPER_BOUND,
    ("qualifies by total time 10..90 only", 4): NO_UPPER_BOUND,
    ("qualifies by continuous time 10..90 only", 5): NO_UPPER_BOUND,
}
#: What the peer says and we don't keep: last instants, extremes of the share, the share at load.
NOT_KEPT = {"lastSeenTime", "lastVisibleTime", "minVisiblePercentage", "maxVisiblePercentage", "loadTimeVisibility"}
#: The peer's default: any part in view. Ours starts at a share, so that the least share stands for any.
ANY_SHARE = 1e-9


def amp_items(vector: Vector) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The item's entry at each update and a millisecond after it: a page view each, told up to there."""
    spec, updates = vector["spec"], vector["updates"]
    settings = Settings(
        visible_share=spec.get("visiblePercentageMin", 100 * ANY_SHARE) / 100,
        share_slack=0,
        viewable_ms=spec.get("continuousTimeMin", 0),
    )
    told = [
        beacon(
            updates[index]["t_ms"] + later_ms,
            page_view_id=f"{index}-{later_ms}",
            items=[(update["t_ms"], "i", update["visible"], None) for update in updates[: index + 1]],
        )
        for index in range(len(updates))
        for later_ms in (0, 1)
    ]
    entries = [item(row) for row in measured(settings, *told)]
    return list(zip(entries[::2], entries[1::2], strict=True))


def our_answer(spec: dict[str, Any], question: str, now: dict[str, Any], later: dict[str, Any]) -> Any:
    """What we say to one of the peer's questions: durations up to the update, states once they last a millisecond."""
    if question == "qualifies" and "totalTimeMin" in spec:
        return now["visible_ms"] >= spec["totalTimeMin"]
    if question == "qualifies" and "continuousTimeMin" in spec:
        return now["is_viewable"]
    first = later["first_visible_ms"]
    return {
        "firstSeenTime": 0 if first is None else first,
        "firstVisibleTime": 0 if first is None else first,
        "totalVisibleTime": now["visible_ms"],
        "maxContinuousVisibleTime": now["longest_spell_ms"],
        "matches": later["visible_ms"] > 0,
        "qualifies": later["visible_ms"] > 0,
        "error": False,
    }[question]


@needs_vectors
@vectors("amp_visibility")
def test_visible_time_of_amp(vector: Vector) -> None:
    entries = amp_items(vector)

    for expected in vector["expect"]:
        index = expected["after_update"]
        for question in expected.keys() - NOT_KEPT - {"after_update"}:
            ours, theirs = our_answer(vector["spec"], question, *entries[index]), expected[question]
            if (vector["name"], index) in DIFFERENCES:
                assert ours == (not theirs), (index, question)
            else:
                assert ours == theirs, (index, question)


@needs_vectors
def test_shares_out_of_range_are_clipped_where_amp_refuses_them() -> None:
    [vector] = [v for v in json.loads((DATA / "amp_visibility.json").read_text())["vectors"] if "invalid" in v["name"]]

    (_, below), (_, above) = amp_items(vector)

    assert [update["visible"] for update in vector["updates"]] == [-1, 1.00001]
    assert (below["visible_any_ms"], above["visible_any_ms"], above["fully_visible_ms"]) == (0, 1, 1)


@needs_vectors
@vectors("posthog_rageclick")
def test_rage_clicks_of_posthog(vector: Vector) -> None:
    """The peer fires once per burst, at its third click: there our count rises by one, elsewhere it stays."""
    config = vector["config"]
    settings = Settings(
        rage_clicks=config.get("click_count", 3),
        rage_px=config.get("threshold_px", 30),
        rage_ms=config.get("timeout_ms", 1000),
    )
    clicks = [(click["t_ms"], click["x"], click["y"], None) for click in vector["clicks"]]

    told = [beacon(page_view_id=str(size), clicks=clicks[:size]) for size in range(len(clicks) + 1)]
    counts = [row["rage_count"] for row in measured(settings, *told)]

    for fires, before, after in zip(vector["expect"], counts, counts[1:], strict=False):
        assert fires is None or after - before == int(fires)


#: Pauses of a gaze by dispersion against our stays of a cursor by grid cell: where their numbers are not the same.
STAY_COUNTS = {
    "constant velocity, no fixation": (
        6,
        "a stay is time within one cell: slow movement stays 16 ms in each of six, and 4 ms in a seventh",
    ),
    "one outlier sample splits": (1, "9 px further the cursor is still in its cell, and cells are what a heatmap adds"),
    "missing samples bridged when include_nan": (2, "where the pointer was is unknown: nothing bridges it"),
}


@needs_vectors
@vectors("pymovements_idt")
def test_pauses_of_pymovements(vector: Vector) -> None:
    """As many stays as the peer has pauses, of the same total length: a pause [a, b] of samples lasts b - a + 1."""
    samples = idt_samples(vector)
    settings = Settings(stay_ms=vector["minimum_duration"])

    [row] = measured(settings, beacon(samples[-1][0] + 1, pointer=samples))

    cells = [cell for cell in row["heat_cells"] if cell["space"] == "viewport"]
    stay_count = sum(cell["stay_count"] for cell in cells)
    if vector["name"] in STAY_COUNTS:
        assert stay_count == STAY_COUNTS[vector["name"]][0] != len(vector["expect"])
    else:
        assert stay_count == len(vector["expect"])
        assert sum(cell["dwell_ms"] for cell in cells) == sum(last - first + 1 for first, last in vector["expect"])


def idt_samples(vector: Vector) -> list[tuple[Any, ...]]:
    """The vector's samples, one per millisecond or per its own step."""
    if isinstance(vector["segments"], str):
        assert vector["segments"] == "ramp: 100 samples, x=y=0,2,4,...,198"
        places = [(2 * number, 2 * number) for number in range(100)]
    else:
        places = [(part["x"], part["y"]) for part in vector["segments"] for _ in range(part["samples"])]
    first, step = vector.get("first_timestep", 0), vector.get("step", 1)
    return [(first + step * number, x, y, None) for number, (x, y) in enumerate(places)]
