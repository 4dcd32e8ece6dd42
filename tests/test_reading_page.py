"""docs/reading.md cannot drift: its Python runs, its commands answer, its links lead somewhere."""

from __future__ import annotations

import datetime as dt
import re
import shlex
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs.config import HIST_EDGES_MS
from jobs.io import releases
from jobs.io.jar_pins import DELTA_JARS
from jobs.io.store import Store
from tests.cli.conftest import Command
from tests.cli.conftest import hoverlake as hoverlake_command
from tests.reading.small_warehouse import release, write_table
from warehouse_schema import TABLES
from warehouse_schema.derive import rows

__all__ = ["hoverlake_command"]
DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = (DOCS / "reading.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
COMMANDS = [
    line for block in re.findall(r"^```sh\n(hoverlake.*?)^```", PAGE, re.M | re.S) for line in block.splitlines()
]
DAY = dt.date(2026, 11, 20)
STORIES, FEED = "mart.story_attention_daily", "mart.feed_attention_daily"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the page's commands find `data/warehouse`: two releases of stories of three topics, and of the feed."""
    root = str(tmp_path / "data" / "warehouse")
    hist = [9] + [0] * (len(HIST_EDGES_MS) - 1) + [1]
    stories = rows(
        TABLES[STORIES],
        *(
            {"event_date": DAY, "item_id": f"story-{n}", "topic": topic, "item_type": "story", "surface": "feed"}
            | {"impressions": 100 * n, "visible_ms": 1000 * n, "measurable_count": 10, "measurable_viewable_count": n}
            | {"visible_ms_hist": hist, "hovered_count": n - 1}
            for n, topic in enumerate(("news", "sports", "travel"), 1)
        ),
    )
    feed = rows(TABLES[FEED], *({"event_date": day, "impressions": 5} for day in (DAY, DAY - dt.timedelta(days=3))))
    pins = {STORIES: write_table(root, STORIES, stories), FEED: write_table(root, FEED, feed)}
    write_table(root, "ops.runs", rows(TABLES["ops.runs"], {}))
    for number in (1, 2):
        published = replace(release(number, pins), configuration={"hist_edges_ms": HIST_EDGES_MS})
        state = published.event_dates["2026-11-20"]
        published = replace(published, event_dates={"2026-11-17": state, "2026-11-20": state})
        assert releases.publish(Store(root, create=True), published, {})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(blocks: list[str]) -> dict[str, Any]:
    """The names that the blocks leave, run one after another."""
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, "docs/reading.md", "exec"), names)
    return names


def test_the_page_s_python_answers(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = run([block for block in PYTHON if ".spark(" not in block])

    assert names["best"]["item_id"].tolist() == ["story-3", "story-2", "story-1"]
    assert (names["day"].arrow().num_rows, names["week"].arrow().num_rows) == (1, 2)
    assert names["narrow"].arrow().to_pylist() == [{"feed_rank_bucket": "1", "impressions": 5}]
    assert sorted(names["by_topic"].rows()) == [("news", 1000, 100), ("sports", 2000, 200), ("travel", 3000, 300)]
    assert names["hovered"].num_rows == 2
    assert names["by_surface"] == [("feed", 100 + 200 + 300)]
    # Rank 15 of 27 values in [0, 100): 100 * 14.5 / 27.
    assert names["seen"].to_dict("records") == [{"item_type": "story", "impressions": 600, "p50_visible_ms": 53}]
    assert names["dates"] == [DAY - dt.timedelta(days=3), DAY]
    assert names["dates_with_ads"] == []
    assert (names["newest"].number, [entry.number for entry in names["older"]]) == (2, [1])
    assert capsys.readouterr().out.startswith("event date 2031-01-01 is not in the newest release of data/warehouse.")


@pytest.mark.spark
def test_the_page_s_python_of_spark_answers(spark: Any, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = run([PYTHON[0], *(block for block in PYTHON if ".spark(" in block)])

    assert names["frame"].count() == 3
    assert re.search(r"\|\s*sports\|\s*2000\|", capsys.readouterr().out)


def test_the_page_s_commands_answer(hoverlake_command: Command, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registered: list[tuple[Any, ...]] = []
    monkeypatch.setattr("jobs.catalog_metastore.register_tables", lambda *given: registered.append(given) or "done")

    for command in COMMANDS:
        said = hoverlake_command(*shlex.split(command)[1:])
        assert said.exit_code == 0, f"{command}: {said.last}"

    with duckdb.connect() as foreign:
        foreign.execute(Path("hoverlake.sql").read_text())
        assert foreign.execute(f"select sum(impressions) from {STORIES}").fetchall() == [(600,)]
    assert "VERSION AS OF" in Path("hoverlake-spark.sql").read_text()
    assert [metastore for *_, metastore in registered] == [Path("metastore")]


def test_days_for_which_versions_are_kept_are_those_of_releases() -> None:
    assert (
        f"can be read for {releases.PIN_DAYS['mart']} days, those of\n  clean tables for {releases.PIN_DAYS['clean']}"
        in PAGE
    )


def test_delta_s_package_is_the_one_that_the_project_runs() -> None:
    assert f"io.delta:delta-spark_4.2_2.13:{version('delta-spark')}" in PAGE
    assert any("delta-spark_4.2_2.13" in str(jar) for jar in DELTA_JARS)


def test_links_of_the_page_lead_somewhere() -> None:
    assert [target for target in re.findall(r"\]\(([^)#]+)[^)]*\)", PAGE) if not (DOCS / target).exists()] == []
