"""rrweb: a real recording, every millisecond of which is accounted for."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pytest

from jobs.sources import import_source
from tests.sources.raw_contract import breaches, read_beacons
from tests.sources.rrweb_expected import DATA, needs_rrweb, samples, time_spent, visible_ms
from tests.steps.plain_rows import kernel_rows, plain_rows, without_first_flags

DATE = dt.date(2026, 1, 5)


@pytest.fixture(scope="module")
def real_beacons(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    summary = import_source("rrweb", DATA, tmp_path_factory.mktemp("raw"), DATE)

    # 87 positions in 18 batches, 14 interactions (9 of them at a place, 3 of these clicks), 12 scrolls of elements;
    # address and snapshot; 226 changes of the page itself.
    assert (summary.page_view_count, summary.records_read) == (1, 87 + 14 + 12 + 2 + 226)
    assert summary.records_written == {"pointer": 87 + 9, "clicks": 3, "scroll": 12 + 1, "state": 14}
    assert (summary.dropped, summary.noted) == ({"event_of_other_kind": 226}, {"scroll_of_an_element": 12})
    return read_beacons(summary.files)


@needs_rrweb
def test_the_real_recording_keeps_the_raw_contract(real_beacons: list[dict[str, Any]]) -> None:
    assert [breach for beacon in real_beacons for breach in breaches(beacon)] == []
    assert real_beacons[0]["page"]["layout_id"] == "demoit.app/e/react"
    assert real_beacons[0]["device"] == {
        "platform": "web",
        "pointer": "mouse",
        "viewport_w_px": 1166,
        "viewport_h_px": 705,
    }


@needs_rrweb
def test_every_real_position_stands_at_its_own_instant(real_beacons: list[dict[str, Any]]) -> None:
    [beacon] = real_beacons
    pointer = beacon["pointer"]

    found = list(zip(pointer["t_ms"], pointer["x_px"], pointer["y_px"], pointer["target"], strict=True))
    assert found == [(t_ms, x, y, f"node-{node}") for t_ms, x, y, node in samples()]


@needs_rrweb
def test_dwell_over_nodes_and_what_the_caps_cut_off_add_up_to_the_visible_time(
    real_beacons: list[dict[str, Any]],
) -> None:
    [row] = kernel_rows(real_beacons)
    spent = time_spent()
    on_node: Counter[str] = Counter()
    for hover in row["hovers"]:
        on_node[hover["target"]] += hover["dwell_ms"]
    rests_ms = sum(cell["dwell_ms"] for cell in row["heat_cells"] if cell["space"] == "viewport")

    assert on_node == spent.on_node
    # visible = before the first sample + rests + what the 5 s cap cuts off each rest
    assert row["visible_ms"] == visible_ms() == spent.before_first_sample + rests_ms + spent.over_cap
    # rests = hovers over nodes + hovers of less than 150 ms + rests after a scroll, over an unknown node
    assert rests_ms == on_node.total() + spent.in_short_hovers + spent.after_scroll
    assert row["visible_ms"] == spent.total()
    assert min(spent.over_cap, spent.after_scroll, spent.in_short_hovers, on_node.total()) > 0


@needs_rrweb
def test_the_plain_reading_of_the_metrics_says_the_same_of_the_real_recording(
    real_beacons: list[dict[str, Any]],
) -> None:
    assert without_first_flags(kernel_rows(real_beacons)) == plain_rows(real_beacons)
