"""Lineage is what the jobs declare, and its picture shows just that."""

from __future__ import annotations

import re
from pathlib import Path

from jobs.dictionary.lineage import RAW, Step, around, steps, whole
from jobs.dictionary.lineage_picture import HEIGHT, WIDTH, picture
from warehouse_schema import CLEAN, MARTS, TABLES

JOBS = (Path(__file__).resolve().parents[2] / "jobs" / "README.md").read_text(encoding="utf-8")
#: A row of the page about jobs: file, what it reads, what it writes.
JOB = re.compile(r"^\| `(\w+\.py)` \| ([^|]+) \| `(\w+\.\w+)` \|", re.M)
PHONE_PX = 390 - 2 * 16


def href(name: str) -> str:
    return f"{name}.html"


def boxes(svg: str) -> dict[str, tuple[int, int]]:
    """Left and top edge of each box, by its text."""
    found = re.findall(r'<rect x="(\d+)" y="(\d+)" [^>]*/><text [^>]*>([^<]+)</text>', svg)
    return {name: (int(x), int(y)) for x, y, name in found}


def test_every_table_of_clean_and_mart_is_made_by_the_job_of_its_name() -> None:
    assert {name for name in steps() if name != RAW} == {table.name for table in CLEAN + MARTS}
    assert steps()["mart.reach_daily"] == Step("mart.reach_daily", "clean.page_views", 3, "jobs/reach_daily.py")


def test_lineage_is_that_of_the_page_about_jobs() -> None:
    told = {
        written: (f"jobs/{file}", re.findall(r"`([^`]+)`", reads)[-1]) for file, reads, written in JOB.findall(JOBS)
    }

    assert told == {name: (step.job, step.parent) for name, step in steps().items() if name != RAW}


def test_a_mart_shows_the_way_from_the_raw_logs_to_it() -> None:
    assert [step.name for step in around("mart.reach_daily")] == [
        "cursor-beacon/1",
        "clean.beacons",
        "clean.page_views",
        "mart.reach_daily",
    ]


def test_a_table_in_the_middle_shows_what_is_made_of_it_and_not_its_sisters() -> None:
    shown = [step.name for step in around("clean.page_views")]

    assert shown == ["cursor-beacon/1", "clean.beacons", "clean.page_views", *(mart.name for mart in MARTS)]
    assert [step.name for step in around("clean.rejected_beacons")] == ["cursor-beacon/1", "clean.rejected_beacons"]


def test_what_no_job_writes_has_no_picture() -> None:
    assert around("ops.runs") == []
    assert picture(around("ops.runs"), href) == ""


def test_the_whole_has_every_step_once_below_its_parent() -> None:
    order = [step.name for step in whole()]

    assert sorted(order) == sorted(steps())
    assert all(order.index(step.parent) < order.index(step.name) for step in whole() if step.parent)


def test_every_box_is_a_link_but_the_one_that_is_here() -> None:
    svg = picture(around("mart.reach_daily"), href, "mart.reach_daily")

    assert re.findall(r'<a class="box \w+" href="([^"]+)"', svg) == [
        "cursor-beacon/1.html",
        "clean.beacons.html",
        "clean.page_views.html",
    ]
    assert '<g class="box mart here" aria-current="page">' in svg
    assert list(boxes(svg)) == [step.name for step in around("mart.reach_daily")]


def test_every_line_leads_from_the_box_of_the_parent_to_that_of_the_child() -> None:
    svg = picture(whole(), href)
    at = boxes(svg)
    lines = re.findall(r'<path class="flows" d="M(\d+) (\d+)V\d+Q\d+ (\d+) \d+ \d+H(\d+)"/>', svg)

    drawn = {(int(x), int(top)): set[tuple[int, int]]() for x, top, _, _ in lines}
    for x, top, middle, end in lines:
        drawn[int(x), int(top)].add((int(end), int(middle)))

    for step in whole():
        if step.parent:
            (px, py), (cx, cy) = at[step.parent], at[step.name]
            [ends] = [ends for (x, top), ends in drawn.items() if px < x < px + WIDTH and top == py + HEIGHT]
            assert (cx, cy + HEIGHT // 2) in ends
    assert len(lines) == len(steps()) - 1


def test_the_picture_fits_a_phone_and_every_name_its_box() -> None:
    svg = picture(whole(), href)
    [width] = re.findall(r'viewBox="0 0 (\d+) ', svg)

    assert int(width) <= PHONE_PX
    # 13 px of a font of one width: 0.6 em a letter at most.
    assert max(map(len, TABLES)) * 13 * 0.61 + 20 <= WIDTH
