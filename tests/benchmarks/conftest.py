"""One small simulated night with its truth, for every peer that runs without Spark."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.equality import FOLDED_AWAY, clean_differences, mart_differences, scan
from benchmarks.peers.night import PeerNight
from jobs.config import Settings
from jobs.progress import Progress
from jobs.simulator import simulate
from jobs.simulator.options import SimulationOptions
from tests.marts.plain_ladder import PlainMart, Row, climb, plain_rows
from tests.marts.plain_marts import HEATMAP, STORIES
from tests.marts.plain_marts_items import FEED
from tests.marts.plain_marts_rows import night_rows
from warehouse_schema import TABLES
from warehouse_schema.derive import arrow_schema

DAY = dt.date(2026, 11, 20)
#: More of what is rare: a night of this size would else hold one or none.
DIRT = SimulationOptions(
    duplicate_share=0.1, conflicting_share=0.1, late_share=0.1, malformed_share=0.1, suspected_bot_share=0.15
)


@dataclass(frozen=True)
class SmallNight:
    """Raw files, and the rows that the oracle expects of them; all of them have landed three days after."""

    raw: Path
    truth: Path

    def peer(self, out: Path) -> PeerNight:
        return PeerNight(self.raw, DAY + dt.timedelta(days=3), out, Settings(), Progress())


@pytest.fixture(scope="session")
def small_night(tmp_path_factory: pytest.TempPathFactory) -> SmallNight:
    folder = tmp_path_factory.mktemp("night")
    simulate(DAY, 60, 7, folder / "raw", folder / "truth", DIRT)
    return SmallNight(folder / "raw", folder / "truth")


@pytest.fixture(scope="session")
def truth_marts(small_night: SmallNight) -> dict[str, pa.Table]:
    """The three marts of the truth in plain Python, nothing folded."""
    views = pq.read_table(small_night.truth / "page_views.parquet").to_pylist()
    views = [view | {"visitor_key": view["visitor_id"]} for view in views]
    edges = Settings().hist_edges_ms
    rows = {
        name: _unfolded(plain, views)
        for name, plain in (("hover_heatmap_daily", HEATMAP), ("story_attention_daily", STORIES))
    }
    rows["feed_attention_daily"] = list(night_rows(FEED, views, 1, edges).values())
    schemas = {name: arrow_schema(TABLES[f"mart.{name}"].columns) for name in rows}
    return {name: pa.Table.from_pylist(found, schema=schemas[name]) for name, found in rows.items()}


def _unfolded(plain: PlainMart, views: list[Row]) -> list[Row]:
    entries = [entry for entry in plain.entries(views) if entry.exclusion is None]
    return list(plain_rows(plain, entries, climb(plain, entries, 1).step_of, Settings().hist_edges_ms).values())


@pytest.fixture
def unequal(small_night: SmallNight, truth_marts: dict[str, pa.Table]) -> Callable[[Path], list[str]]:
    """What differs between the tables in a folder and the truth."""

    def compare(peer: Path) -> list[str]:
        database = duckdb.connect()
        truth = f"(SELECT *, visitor_id AS visitor FROM '{small_night.truth / 'page_views.parquet'}')"
        database.execute(f"CREATE TABLE visitors AS SELECT DISTINCT visitor_id, visitor FROM {truth}")
        problems = clean_differences(database, truth, peer)
        for name in FOLDED_AWAY:
            database.register(f"truth_{name}", truth_marts[name])
            problems += mart_differences(database, name, f"truth_{name}", scan(peer / name), min_visitors=1)
        return problems

    return compare
