"""Notebooks as scripts: they read published tables only, and end in an answer whose numbers are those of the tables."""

from __future__ import annotations

import ast
import os
import re
import runpy
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import pytest

import jobs.reading
import jobs.reading_rows
from jobs.errors import UsageError
from jobs.sql import connect
from tests.conftest import Demo
from tests.desk.warehouse import desk_warehouse

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.py"))
CELL = re.compile(r"^# %%( \[markdown\])?$", re.M)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> str:
    return desk_warehouse(str(tmp_path_factory.mktemp("desk") / "warehouse"))


@pytest.fixture(autouse=True)
def _draws_to_nowhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    matplotlib.use("Agg")
    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    yield
    plt.close("all")


@pytest.fixture
def tables_read(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Names of the tables that are opened from here on."""
    found: set[str] = set()

    def noted(warehouse: str, tables: Any = None, *more: Any) -> Any:
        assert tables is not None, "a query that names no table opens them all"
        found.update(tables)
        return connect(warehouse, tables, *more)

    monkeypatch.setattr(jobs.reading_rows, "connect", noted)
    return found


def run(number: int, warehouse: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What notebook `number` leaves behind, run as a script."""
    monkeypatch.setenv("HOVERLAKE_WAREHOUSE", warehouse)
    return runpy.run_path(str(NOTEBOOKS[number - 1]))


def asked(warehouse: str, query: str) -> tuple[Any, ...]:
    """One row, asked without the notebook."""
    with connect(warehouse) as connection:
        [row] = connection.sql(query).fetchall()
    return tuple(row)


def test_there_are_six_in_order() -> None:
    assert [path.name[:2] for path in NOTEBOOKS] == ["1_", "2_", "3_", "4_", "5_", "6_"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_source_is_cells_without_outputs_and_its_last_cell_is_the_answer(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    last = CELL.split(text)[-1]

    assert text.startswith("# %% [markdown]\n# # ")
    assert last.rstrip().endswith("print(textwrap.fill(answer, 100))")
    assert "# ## Answer" in text
    # In words computed from the numbers: the answer is put together, not written down.
    [answer] = [
        node.value
        for node in ast.parse(last).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "answer"
    ]
    assert isinstance(answer, ast.JoinedStr)
    assert not re.search(r"\d{2,}", "".join(part.value for part in answer.values if isinstance(part, ast.Constant)))


@pytest.mark.parametrize("number", range(1, 7))
def test_a_notebook_reads_published_tables_only_and_prints_its_answer(
    number: int,
    warehouse: str,
    tables_read: set[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    left = run(number, warehouse, monkeypatch)

    assert {name.split(".")[0] for name in tables_read} <= {"mart", "ops"}
    assert tables_read
    assert " ".join(capsys.readouterr().out.split()).endswith(left["answer"])
    assert "nan" not in left["answer"].lower()


def test_the_first_look_counts_all_sessions_and_all_item_views(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sessions, engaged = asked(
        warehouse,
        "select sum(session_count), sum(engaged_session_count) from mart.session_attention_daily where event_date = '2026-11-20'",
    )
    viewable, measurable, folded, seen = asked(
        warehouse,
        """select sum(measurable_viewable_count), sum(measurable_count), sum(impressions) filter (where is_remainder), sum(impressions)
           from mart.feed_attention_daily where event_date = '2026-11-20'""",
    )

    answer = run(1, warehouse, monkeypatch)["answer"]

    assert (sessions, engaged) == (200 + 100 + 40, 170 + 60 + 20)
    assert f"{sessions} sessions are published, {engaged} of them engaged" in answer
    assert f"Viewable: {viewable / measurable:.1%} of {measurable:,} measurable item views" in answer
    assert f"Only to be told of larger groups: {folded / seen:.1%} of {seen:,} impressions" in answer
    assert "Of 1,000 raw lines 930 were accepted, and everything adds up." in answer


def test_the_position_curve_is_of_measurable_item_views(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = run(2, warehouse, monkeypatch)["answer"]

    # Of 200 item views at each place 100 and 60 were in view; viewable 100 at the first, 60 - 4 * 15 of the last.
    assert "on desktop from 50% at place 1 (of 200) to 0% at 11-20 (of 200)" in answer


def test_idle_time_bands_and_unplaced_time_are_those_of_the_tables(
    warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dwell, active = asked(
        warehouse,
        """select sum(dwell_ms), sum(active_ms) from mart.hover_heatmap_daily
           where space = 'viewport' and layout_id = 'feed-v7' and device_type = 'desktop'""",
    )

    left = run(3, warehouse, monkeypatch)

    assert f"{1 - active / dwell:.1%} of {dwell / 60000:,.0f} min of cursor time is idle" in left["answer"]
    # Bands 0 to 4 hold cells, and all eight rows of each are on screen; the sixth band, rows 40 to 47, holds no cell.
    assert left["bands"]["band"].tolist() == [0, 1, 2, 3, 4]
    top = sum(10_000 - 100 * y + 50 * x for x in range(8, 20) for y in range(8))
    assert left["bands"]["ms_per_second"].iloc[0] == pytest.approx(1000 * top / (6000 * 196.5))
    # Nothing is added or lost by drawing larger cells over their squares.
    assert float(left["shown"][left["shown"] == left["shown"]].sum()) == pytest.approx((dwell - 300_000) / 1000)


def test_two_groups_are_not_pooled(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = run(3, warehouse, monkeypatch)
    middle = left["middle_px"]
    cells = left["in_window"]

    assert middle(cells) == 32 * (14 + 0.5)
    assert middle(cells.assign(cell_x=cells["cell_x"] + 10)) == 32 * (24 + 0.5)
    assert "Only one group is published" in left["answer"]


def test_the_time_of_feeds_includes_the_remainders(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    total, phones, placed = asked(
        warehouse,
        """select sum(visible_ms), sum(visible_ms) filter (where device_type = 'phone'), sum(visible_ms) filter (where minute is not null)
           from mart.feed_visibility_minutes where event_date = '2026-11-20'""",
    )

    answer = run(4, warehouse, monkeypatch)["answer"]

    assert f"{total / 3.6e6:.1f} h of feeds on screen are published; on phones ios {phones / 3.6e6:.1f} h" in answer
    assert f"{placed / total:.0%} of the time can be told by the minute" in answer
    assert "Most phones at once: 20 on ios at 12:00 UTC" in answer


def test_hover_stands_next_to_viewability_with_denominators_of_their_own(
    warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = run(5, warehouse, monkeypatch)["answer"]

    # Viewable 60 + 25 + 20 + 30 + 10 of the measurable 90 + 50 + 40 + 60 + 20; not measurable 10 + 10 + 20 of 300.
    assert (
        f"viewable {145 / 260:.1%} of 260 measurable item views; not measurable {40 / 300:.1%} of 300 eligible ones"
        in answer
    )
    # On desktops alone, remainder included: 50 + 30 + 20 of 100 + 60 + 40.
    assert "on desktops hovered over 50.0% of 200 item views" in answer
    assert f"2 can be told apart, with {160 / 200:.1%} of its item views" in answer


def test_a_month_says_how_many_dates_it_has(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = run(6, warehouse, monkeypatch)["answer"]

    assert answer.startswith("3 of 28 dates up to 2026-11-20 are published: no month yet, and no trend.")
    assert (
        "On 3 of 3 of them no critical check failed; 1 of 12 checks failed (past_bots_z), and 5 could not be judged"
        in answer
    )
    assert "Programs were 8.0% of the feed's page views, beacons that never came 1.0%" in answer


@pytest.mark.parametrize("number", [1, 2, 4, 5, 6])
def test_what_was_not_measured_is_no_number(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unmeasured = desk_warehouse(str(tmp_path / "warehouse"), is_measured=False)

    answer = run(number, unmeasured, monkeypatch)["answer"]

    assert "nan" not in answer.lower()
    assert number in (4, 6) or "not measured" in answer


def test_a_heatmap_without_any_cursor_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unmeasured = desk_warehouse(str(tmp_path / "warehouse"), is_measured=False)

    with pytest.raises(UsageError, match="no cursor on a desktop's feed is published of 2026-11-20"):
        run(3, unmeasured, monkeypatch)


def test_a_warehouse_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        run(1, str(tmp_path / "nowhere"), monkeypatch)


@pytest.mark.spark
@pytest.mark.parametrize("number", range(1, 7))
def test_a_notebook_runs_on_the_demo_night(
    number: int, demo_warehouse: Demo, tables_read: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without clean and restricted: a notebook has no use for what an analyst may not read.
    copy = shutil.copytree(
        demo_warehouse.warehouse, tmp_path / "warehouse", ignore=shutil.ignore_patterns("clean", "restricted")
    )

    answer = run(number, str(copy), monkeypatch)["answer"]

    assert {name.split(".")[0] for name in tables_read} <= {"mart", "ops"}
    assert "2026-11-20" in answer
    assert "nan" not in answer.lower()


@pytest.mark.spark
def test_answers_on_the_demo_night_are_those_of_the_tables(
    demo_warehouse: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = str(demo_warehouse.warehouse)
    (sessions,) = asked(
        warehouse, "select sum(session_count) from mart.session_attention_daily where event_date = '2026-11-20'"
    )
    hovered, of = asked(
        warehouse,
        "select sum(hovered_count), sum(hover_measured_count) from mart.ad_attention_daily where device_type = 'desktop'",
    )

    assert f"{sessions:,} sessions are published" in run(1, warehouse, monkeypatch)["answer"]
    assert f"hovered over {hovered / of:.1%} of {of:,} item views" in run(5, warehouse, monkeypatch)["answer"]


def test_copies_for_jupyter_leave_the_sources_and_keep_what_somebody_changed(warehouse: str, tmp_path: Path) -> None:
    # A jupytext that only says so: the real one is installed by `make notebooks`.
    shutil.copytree(NOTEBOOKS[0].parent, tmp_path / "notebooks")
    shutil.copytree(NOTEBOOKS[0].parents[1] / "deploy", tmp_path / "deploy")
    jupytext = tmp_path / ".venv" / "bin" / "jupytext"
    jupytext.parent.mkdir(parents=True)
    jupytext.write_text(
        '#!/bin/sh\nwhile [ $# -gt 1 ]; do [ "$1" = --output ] && out=$2; shift; done\necho "from $1" > "$out"\n'
    )
    jupytext.chmod(0o755)
    copy = tmp_path / "data" / "notebooks" / f"{NOTEBOOKS[0].stem}.ipynb"

    def copied(of: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"NOTEBOOKS_ONLY": "1"}
        return subprocess.run(
            ["sh", "deploy/notebooks.sh", of], cwd=tmp_path, env=environment, capture_output=True, text=True
        )

    assert copied("nowhere").returncode == 2
    assert copied(warehouse).stdout.endswith(f"the warehouse is {warehouse}\n")
    assert copy.read_text() == f"from notebooks/{NOTEBOOKS[0].name}\n"
    copy.write_text("mine")
    copied(warehouse)
    assert copy.read_text() == "mine"
    os.utime(tmp_path / "notebooks" / NOTEBOOKS[0].name, (2e9, 2e9))
    copied(warehouse)
    assert (copy.read_text(), copy.with_name(f"{copy.name}.old").read_text()) == (
        f"from notebooks/{NOTEBOOKS[0].name}\n",
        "mine",
    )
