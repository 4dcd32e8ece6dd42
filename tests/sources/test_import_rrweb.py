"""rrweb: small recordings, one rule each."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from jobs.errors import InputUnreadable, UsageError
from jobs.sources import import_source, rrweb
from jobs.sources.beacons import beacons_of
from jobs.sources.page_view import PageView, Tally
from tests.steps.plain_rows import Row, kernel_rows

DATE = dt.date(2026, 1, 5)
START_MS = 1_544_756_766_750

Event = dict[str, Any]


def event(at_ms: int, kind: int, **values: Any) -> Event:
    return {"timestamp": START_MS + at_ms, "type": kind, "data": values}


def meta(at_ms: int = 0, href: str = "https://example.org/a?b#c", width: int = 1000, height: int = 700) -> Event:
    return event(at_ms, 4, href=href, width=width, height=height)


def snapshot(at_ms: int = 0, document: int = 1, top: float = 0) -> Event:
    return event(at_ms, 2, node={"type": 0, "id": document, "childNodes": []}, initialOffset={"left": 0, "top": top})


def move(at_ms: int, *positions: tuple[int, float, float, int], source: int = 1) -> Event:
    batch = [{"timeOffset": offset, "x": x, "y": y, "id": node} for offset, x, y, node in positions]
    return event(at_ms, 3, source=source, positions=batch)


def interaction(at_ms: int, kind: int, node: int = 7, **point: float) -> Event:
    return event(at_ms, 3, source=2, type=kind, id=node, **point)


def scroll(at_ms: int, y: float, node: int = 1) -> Event:
    return event(at_ms, 3, source=3, id=node, x=0, y=y)


def recording(folder: Path, *events: Event, name: str = "visit.json") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(events))
    return folder


def only_page_view(folder: Path, tally: Tally | None = None) -> PageView:
    [page_view] = rrweb.page_views(folder, tally or Tally())
    return page_view


def only_row(folder: Path) -> Row:
    [row] = kernel_rows(beacons_of("rrweb", only_page_view(folder), DATE))
    return row


def test_positions_of_a_batch_lie_at_their_own_instants(tmp_path: Path) -> None:
    folder = recording(
        tmp_path, meta(), move(500, (-480, 1, 2, 7), (-30, 3, 4, 8)), interaction(490, 1, 9, x=5, y=6), meta(600)
    )

    page_view = only_page_view(folder)

    assert page_view.streams["pointer"] == {
        "t_ms": [20, 470, 490],
        "x_px": [1, 3, 5],
        "y_px": [2, 4, 6],
        "target": ["node-7", "node-8", "node-9"],
    }
    assert page_view.observed_until_ms == 600


def test_a_position_before_the_first_event_begins_the_page_view(tmp_path: Path) -> None:
    page_view = only_page_view(recording(tmp_path, meta(), move(100, (-130, 1, 1, 7), (0, 2, 2, 7))))

    assert (page_view.streams["pointer"]["t_ms"], page_view.observed_until_ms) == ([0, 130], 130)


def test_a_click_is_a_sample_too_and_a_press_and_a_release_are_samples_only(tmp_path: Path) -> None:
    pressed = [interaction(10, 1, x=3, y=4), interaction(90, 0, x=3, y=4), interaction(90, 2, x=3, y=4)]

    page_view = only_page_view(recording(tmp_path, meta(), *pressed))

    assert page_view.streams["pointer"]["t_ms"] == [10, 90, 90]
    assert page_view.streams["clicks"] == {"t_ms": [90], "x_px": [3], "y_px": [4], "target": ["node-7"]}


def test_a_scroll_of_an_element_leaves_the_document_where_it_was(tmp_path: Path) -> None:
    tally = Tally()
    folder = recording(
        tmp_path, meta(), scroll(10, 5, 9), snapshot(20, 3, 40), scroll(30, 300, 3), scroll(40, 77, 9), scroll(50, 0, 3)
    )

    page_view = only_page_view(folder, tally)

    assert page_view.streams["scroll"] == {"t_ms": [10, 20, 30, 40, 50], "y_px": [0, 40, 300, 300, 0]}
    assert tally.noted["scroll_of_an_element"] == 2


def test_what_lies_under_the_cursor_after_any_scroll_is_unknown(tmp_path: Path) -> None:
    row = only_row(recording(tmp_path, meta(), move(0, (0, 1, 1, 7)), scroll(300, 5, 9), meta(2000)))

    assert [(hover["target"], hover["dwell_ms"]) for hover in row["hovers"]] == [("node-7", 300)]
    assert [cell["dwell_ms"] for cell in row["heat_cells"] if cell["space"] == "viewport"] == [2000]


def test_the_window_has_the_focus_from_a_focus_press_or_click_until_a_blur(tmp_path: Path) -> None:
    events = [interaction(0, 5), interaction(1000, 1, x=1, y=1), interaction(1001, 6), interaction(1100, 0, x=1, y=1)]
    folder = recording(tmp_path, meta(), *events, move(2000, (0, 2, 2, 7)), interaction(3000, 6), meta(9000))

    page_view, row = only_page_view(folder), only_row(folder)

    assert page_view.streams["state"]["t_ms"] == [0, 1000, 1001, 1100, 3000]
    assert page_view.streams["state"]["state"] == ["focused", "focused", "blurred", "focused", "blurred"]
    # Inputs at 1000, 1100 and 2000 ms; engaged until the blur at 3000 but for the 99 ms without focus.
    assert (row["engaged_ms"], row["visible_ms"]) == (2000 - 99, 9000)


def test_a_finger_is_no_cursor(tmp_path: Path) -> None:
    tally = Tally()
    events = [
        interaction(5, 7, x=1, y=1),
        move(20, (-9, 1, 1, 7), (0, 2, 2, 7), source=6),
        interaction(30, 2, x=2, y=2),
    ]

    page_view = only_page_view(recording(tmp_path, meta(), *events), tally)

    assert (page_view.device["pointer"], tally.dropped["position_of_a_finger"]) == ("touch", 2)
    assert page_view.streams["clicks"]["t_ms"] == [30]


@pytest.mark.parametrize(
    ("events", "pointer"),
    [
        ([move(1, (0, 1, 1, 7))], "mouse"),
        ([move(1, (0, 1, 1, 7), source=12)], "mouse"),
        ([move(1, (0, 1, 1, 7)), interaction(2, 7)], None),
        ([], None),
    ],
)
def test_the_pointer_is_known_where_only_one_was_seen(tmp_path: Path, events: list[Event], pointer: str | None) -> None:
    device = {"platform": "web", "viewport_w_px": 1000, "viewport_h_px": 700}

    found = only_page_view(recording(tmp_path, meta(), *events)).device

    assert found == device | ({"pointer": pointer} if pointer else {})


def test_another_address_is_another_page_view_and_the_same_one_a_checkpoint(tmp_path: Path) -> None:
    tally = Tally()
    folder = recording(
        tmp_path / "shop",
        meta(),
        move(10, (0, 1, 1, 7)),
        meta(20, width=500),
        move(30, (0, 2, 2, 7)),
        meta(100, "https://example.org/other"),
        move(140, (0, 3, 3, 7)),
    )

    found = list(rrweb.page_views(folder, tally))

    assert [(v.visitor, v.code, v.streams["pointer"]["t_ms"]) for v in found] == [
        ("shop:visit", "shop:visit:0", [10, 30]),
        ("shop:visit", "shop:visit:1", [40]),
    ]
    assert [v.page for v in found] == [
        {"url": "https://example.org/a?b#c", "layout_id": "example.org/a"},
        {"url": "https://example.org/other", "layout_id": "example.org/other"},
    ]
    assert found[0].device["viewport_w_px"] == 1000
    assert tally.noted["later_viewport_size"] == 1


def test_what_is_no_sample_is_left_out_by_rule(tmp_path: Path) -> None:
    tally = Tally()
    odd = move(20, (0, 1, 1, -1))
    odd["data"]["positions"] += [{"timeOffset": 0, "x": None, "y": 1, "id": 7}, {"x": 1, "y": 1}, "here"]
    others = [event(30, 3, source=0, texts=[]), event(31, 5, tag="t"), {"timestamp": START_MS, "type": 0}]

    page_view = only_page_view(recording(tmp_path, meta(), odd, *others), tally)

    assert page_view.streams["pointer"] == {"t_ms": [20], "x_px": [1], "y_px": [1], "target": [None]}
    assert tally.dropped == Counter(position_not_a_number=3, event_of_other_kind=3)
    assert tally.records_read == 1 + 4 + 3


@pytest.mark.parametrize("text", ["", "{}", '["packed"]', '[{"type": 4}]', '[{"type": 4, "timestamp": NaN}]', "\x00"])
def test_a_file_that_is_no_recording_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (recording(tmp_path / "log", meta()) / "zebra.json").write_text(text)

    with pytest.raises(InputUnreadable, match=r"zebra\.json (cannot be read|is no array of rrweb events)"):
        import_source("rrweb", tmp_path / "log", tmp_path / "raw", DATE)

    assert list((tmp_path / "raw").rglob("*")) == []


def test_a_folder_without_recordings_is_refused_with_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no rrweb recording in .*expected \*\.json"):
        import_source("rrweb", tmp_path, tmp_path / "raw", DATE)


def test_an_address_that_is_none_has_no_layout(tmp_path: Path) -> None:
    assert only_page_view(recording(tmp_path, meta(href="http://[half"))).page == {"url": "http://[half"}
