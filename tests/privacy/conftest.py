"""A simulated date with people who are easy to single out, published with and without protection: once each."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs.config import Settings
from jobs.nightly import Night, run_night
from jobs.report.page import write_report
from jobs.simulator import simulate
from tests.night.warehouses import DATE, START_MS, beacon, query, write_lines

#: What anybody may read.
PUBLISHED = ("mart", "ops", "_data_docs")
WINDOW_DAYS = 1
LAST_LANDING = DATE + dt.timedelta(days=WINDOW_DAYS + 1)
LAYOUT_OF_ONE, WIDE_PX = "layout-of-one", 3333
#: No simulated screen is as wide; cells of 256 px begin here.
BEYOND_PX = 2816


@dataclass(frozen=True)
class Attacked:
    """A warehouse and the folder of its published files; `secrets` are what only a person's own log says."""

    warehouse: Path
    folder: Path
    min_visitors: int
    secrets: frozenset[str]


@dataclass(frozen=True)
class Both:
    """The same input, protected and not."""

    protected: Attacked
    unprotected: Attacked


def _planted(name: str, *, delay_days: int = 0, **changes: Any) -> dict[str, Any]:
    """A page view of a visitor that is easy to find; it is sent `delay_days` late."""
    start = START_MS + 3_600_000
    sent = start + 9000 + delay_days * 86_400_000
    ids = {"beacon_id": f"beacon-of-{name}", "page_view_id": f"page-view-of-{name}", "visitor_id": f"visitor-{name}"}
    return beacon(started_at_ms=start, sent_at_ms=sent, received_at_ms=sent, **ids, **changes)


def _targets() -> dict[dt.date, list[dict[str, Any]]]:
    """Planted page views by landing date."""
    wide = {"type": "desktop", "pointer": "mouse", "platform": "web", "viewport_w_px": WIDE_PX, "viewport_h_px": 800}
    feed = {"surface": "feed", "layout_id": "feed-v7", "document_w_px": WIDE_PX, "document_h_px": 3200}
    far = {"t_ms": [1000, 2000, 3000], "x_px": [2900, 3000, 3200], "y_px": [200, 210, 220], "target": [None] * 3}
    own = {**feed, "layout_id": LAYOUT_OF_ONE, "document_w_px": 1280}
    return {
        DATE: [_planted("wide", device=wide, page=feed, pointer=far), _planted("layout", page=own)],
        DATE + dt.timedelta(days=1): [_planted("late", delay_days=1, page={**feed, "document_w_px": 1280})],
    }


def _secrets(raw: Path) -> set[str]:
    """Ids of all raw lines, as they are and as their hash without a key, and the layout of one."""
    ids = {LAYOUT_OF_ONE}
    for path in raw.rglob("*"):
        if path.name.endswith((".ndjson.gz", ".ndjson")):
            content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            for line in content.split(b"\n"):
                try:
                    fields = json.loads(line)
                    ids |= {str(fields[name]) for name in ("visitor_id", "page_view_id", "beacon_id")}
                except (ValueError, KeyError, TypeError):
                    continue
    return {text for text in ids if len(text) >= 8} | {hashlib.sha256(text.encode()).hexdigest() for text in ids}


def _published(root: Path, raw: Path, name: str, min_visitors: int, policy: Any) -> Attacked:
    """Two nights, one before the late beacons and one after, and all that they publish."""
    warehouse, folder = root / name, root / f"{name}-published"
    settings = Settings(min_visitors=min_visitors, late_window_days=WINDOW_DAYS, publish_provisional=policy)
    for landing in (DATE, LAST_LANDING):
        run_night(Night(landing, str(raw), str(warehouse), settings))
    for part in PUBLISHED:
        shutil.copytree(warehouse / part, folder / part)
    write_report(str(warehouse), DATE, folder / "report.html")
    keys = {key for (key,) in query(warehouse, "select distinct visitor_key from clean.page_views")}
    return Attacked(warehouse, folder, min_visitors, frozenset(_secrets(raw) | keys))


def publish_both(root: Path, page_views: int, min_visitors: int) -> Both:
    """One input, published under protection and without."""
    raw = root / "raw"
    simulate(DATE, page_views, 11, raw)
    for landing, lines in _targets().items():
        write_lines(raw, lines, date=landing, name="planted.ndjson")
    return Both(
        _published(root, raw, "protected", min_visitors, "none"), _published(root, raw, "unprotected", 1, "all")
    )


@pytest.fixture(
    scope="session",
    params=[
        pytest.param((500, 8), id="small"),
        pytest.param((6000, 50), id="2000-visitors", marks=pytest.mark.matrix),
    ],
)
def both(request: pytest.FixtureRequest, spark: object, tmp_path_factory: pytest.TempPathFactory) -> Both:
    page_views, min_visitors = request.param
    return publish_both(tmp_path_factory.mktemp("attacked"), page_views, min_visitors)


def with_refusers(attacked: Attacked, root: Path) -> tuple[Path, set[str]]:
    """The published files, with stories that count ads of people who refused: the rule of consent is left out for one
    table, as a bug would. And what is to be found then, where nothing is folded away."""
    folder = root / "broken"
    shutil.copytree(attacked.folder, folder)
    refused = """
        SELECT surface, device_type, count_if(i.is_measurable) FROM
        (SELECT surface, device_type, purposes, unnest(item_views) AS i FROM clean.page_views WHERE traffic_class = 'human')
        WHERE i.item_type = 'ad' AND i.ad_id IS NOT NULL AND NOT list_contains(purposes, 'ads') GROUP BY ALL
    """
    counts = [row for row in query(attacked.warehouse, refused) if row[2]]
    assert counts
    for path in (folder / "mart/story_attention_daily").rglob("*.parquet"):
        _add_to_one_row(path, counts)
    return folder, {f"{DATE} {surface} {device}: {count} item views" for surface, device, count in counts}


def _add_to_one_row(path: Path, counts: list[tuple[Any, ...]]) -> None:
    """One row of ads of each surface and device counts more item views."""
    add = (
        "UPDATE published SET measurable_count = measurable_count + ? WHERE rowid = (SELECT min(rowid) FROM published "
        "WHERE surface = ? AND device_type = ? AND item_type = 'ad')"
    )
    _changed(path, *((add, [count, surface, device]) for surface, device, count in counts))


def _changed(path: Path, *statements: tuple[str, list[Any]]) -> None:
    """Write a Parquet file anew after statements on its rows, the table `published`."""
    asked = duckdb.connect()
    asked.execute(f"CREATE TABLE published AS SELECT * FROM read_parquet('{path}', hive_partitioning = false)")
    for statement, values in statements:
        asked.execute(statement, values)
    asked.execute(f"COPY published TO '{path}' (FORMAT parquet)")


def with_refused_time(attacked: Attacked, root: Path) -> Path:
    """The published files, with a profile that has engaged time as a total, refused ads included, as it once did."""
    return _with_totals(attacked, root, "attended", "i.attended_ms", "TRUE")


def with_exact_profile(attacked: Attacked, root: Path) -> Path:
    """The published files, with a profile that has engaged time on items as a total of each surface, as it once did."""
    return _with_totals(
        attacked, root, "attended", "i.attended_ms", "i.ad_id IS NULL OR list_contains(purposes, 'ads')"
    )


def _with_totals(attacked: Attacked, root: Path, metric: str, amount: str, where: str) -> Path:
    folder = root / "profile"
    shutil.copytree(attacked.folder, folder)
    totals = f"""
        SELECT surface, sum({amount}) FROM
        (SELECT surface, purposes, unnest(item_views) AS i FROM clean.page_views
         WHERE traffic_class = 'human' AND event_date = '{DATE}')
        WHERE {where} GROUP BY ALL
    """
    to_total = "UPDATE published SET amount = ?, base = ? WHERE metric = ? AND surface = ?"
    found = query(attacked.warehouse, totals)
    changes = [(to_total, [total or 0, total or 0, metric, surface]) for surface, total in found]
    for path in (folder / "ops/dq_profile").rglob("*.parquet"):
        _changed(path, *changes)
    return folder


def with_rows_dropped(attacked: Attacked, root: Path, k: int) -> Path:
    """The published files less all rows of fewer than `k` people: small groups left out and not folded, as many do it."""
    folder = root / "dropped"
    shutil.copytree(attacked.folder, folder)
    for path in (folder / "mart").rglob("*.parquet"):
        _changed(path, (f"DELETE FROM published WHERE visitor_count < {k}", []))
    return folder
