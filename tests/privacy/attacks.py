"""Attacks on published files alone, by somebody who reads all of them and knows something of a person.

Each takes a folder with the layers mart and ops, reports and Data Docs, and returns what it found: nothing, if people are
safe from it. Nothing of the project is used: what it might hide from its readers is not hidden here.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb

from tests.privacy.published_files import commits, connection, scan, tables, texts, versions

GROUP = ("event_date", "surface", "layout_id", "device_type", "viewport_class")
ITEM_GROUP = ("event_date", "surface", "device_type", "item_type")
HEATMAP, STORIES, FEED, ADS = (
    "mart.hover_heatmap_daily",
    "mart.story_attention_daily",
    "mart.feed_attention_daily",
    "mart.ad_attention_daily",
)


def find_texts(folder: Path, wanted: Collection[str]) -> list[str]:
    """Texts that only one person's log holds (ids, pseudonyms, a layout of their own), wherever they stand."""
    return sorted({f"{text} in {name}" for name, content in texts(folder) for text in wanted if text in content})


def find_small_rows(folder: Path, k: int) -> list[str]:
    """Rows of marts about fewer than k people, also in files of older versions."""
    found = []
    for table in tables(folder, "mart"):
        files = [str(path) for path in table.rglob("*.parquet")]
        if files:
            text = f"SELECT count(*), min(visitor_count) FROM {scan(files)} WHERE visitor_count < {k}"
            count, least = _one(duckdb.connect(), text)
            found += [f"{count} rows of {table.name}, the smallest of {least}"] if count else []
    return found


def find_positions(folder: Path, beyond_px: int) -> list[str]:
    """Where the cursor was on a screen wider than all others: cells that begin beyond it, in rows, or in the statistics of
    Delta's log and of files' footers."""
    table, found = folder / HEATMAP.replace(".", "/"), []
    files = [str(path) for path in table.rglob("*.parquet")]
    text = (
        f"SELECT count(*), max(cell_x * cell_px) FROM {scan(files)} WHERE space = 'viewport' AND cell_x * cell_px >= ?"
    )
    count, furthest = duckdb.connect().execute(text, [beyond_px]).fetchall()[0]
    found += [f"{count} cells, the furthest from {furthest} px on"] if count else []
    # What is in no row any more may have left its greatest value behind.
    [(greatest,)] = duckdb.connect().execute(f"SELECT max(cell_x) FROM {scan(files)}").fetchall()
    told = [
        json.loads(action["add"]["stats"]).get("maxValues", {}).get("cell_x", -1)
        for actions in commits(table)
        for action in actions
        if "add" in action and action["add"].get("stats")
    ]
    names = f"[{', '.join(repr(name) for name in files)}]"
    footers = f"SELECT max(CAST(stats_max AS BIGINT)) FROM parquet_metadata({names}) WHERE path_in_schema = 'cell_x'"
    told += [value for (value,) in duckdb.connect().execute(footers).fetchall() if value is not None]
    return found + [f"cell_x {value} in statistics" for value in told if value > (greatest or 0)]


def subtract_spaces(folder: Path) -> list[str]:
    """Groups of the heatmap whose rests add up to something else in the one space than in the other: who is in the
    difference is in no row."""
    return _differing(
        connection(folder),
        _sums(HEATMAP, GROUP, "space = 'viewport'", _HEAT),
        _sums(HEATMAP, GROUP, "space = 'document'", _HEAT),
        GROUP,
    )


_HEAT = {name: f"sum({name})" for name in ("dwell_ms", "active_ms", "sample_count", "click_count")}
_ITEMS = {
    name: f"sum({name})"
    for name in (
        "impressions",
        "measurable_count",
        "viewable_count",
        "visible_ms",
        "attended_ms",
        "hover_ms",
        "click_count",
    )
}


def subtract_grains(folder: Path) -> list[str]:
    """The same item views by item and by place in the feed."""
    return _differing(
        connection(folder),
        _sums(STORIES, ITEM_GROUP, "TRUE", _ITEMS),
        _sums(FEED, ITEM_GROUP, "TRUE", _ITEMS),
        ITEM_GROUP,
    )


def find_refusers(folder: Path) -> list[str]:
    """People who refused ads: item views that stories count as ads, and that the table of ads cannot hold, not even in
    what it shows without a surface. Slots are places for ads, that much everybody knows."""
    asked, keys = connection(folder), ("event_date", "surface", "device_type")
    is_ad = "(item_type = 'ad' OR (item_type = 'video' AND item_id LIKE 'slot-%'))"
    stories = _sums(STORIES, keys, is_ad, {"measurable": "sum(measurable_count)"})
    measurable = "sum(measured_not_viewable_count + viewable_count)"
    elsewhere = f"coalesce((SELECT {measurable} FROM {ADS} WHERE surface IS NULL), 0)"
    ads = _sums(ADS, keys, "TRUE", {"measurable": f"{measurable} + any_value({elsewhere})"})
    return [f"{at}: {a - b} item views" for at, _, a, b in _both(asked, stories, ads, keys) if a > b]


def find_refused_time(folder: Path) -> list[str]:
    """Engaged time that ops would share out among the items of all surfaces, less all that stories show, with or without a
    surface: what is left is of ads that people refused."""
    total = f"SELECT event_date, sum(n) AS n FROM ({_profile('attended', 'amount')}) GROUP BY ALL"
    shown = _sums(STORIES, ["event_date"], "TRUE", {"n": "sum(attended_ms)"})
    return [f"{at}: {a - b} ms" for at, _, a, b in _both(connection(folder), total, shown, ["event_date"]) if a > b]


def split_remainders(folder: Path) -> list[str]:
    """What a date shows without its surface, split by surface: ops has totals of a surface, marts the parts that name it.
    All of the rest was too small to be shown by surface."""
    asked, keys = connection(folder), ("event_date", "surface")
    found = []
    for metric, whole, mart, part in _TOTALS:
        parts = _sums(mart, keys, "TRUE", {"n": part})
        rest = [(at, a - b) for at, _, a, b in _both(asked, _profile(metric, whole), parts, keys) if a > b]
        found += [f"{metric} less {mart} at {at}: {n}" for at, n in rest]
    return found


#: Metric of ops.dq_profile, which of its numbers is a total, and the mart that shows parts of it.
_TOTALS = (
    ("outside_viewport", "base", HEATMAP, "sum(sample_count) FILTER (space = 'viewport')"),
    ("viewable", "base", STORIES, "sum(measurable_count)"),
    ("viewable", "amount", STORIES, "sum(measurable_viewable_count)"),
    ("attended", "amount", STORIES, "sum(attended_ms)"),
)


def _profile(metric: str, number: str) -> str:
    """A number of each surface, as the newest run tells it; thousandths are no total."""
    return f"""SELECT event_date, surface, {number} AS n FROM ops.dq_profile WHERE metric = '{metric}' AND base <> 1000
        QUALIFY row_number() OVER (PARTITION BY event_date, surface ORDER BY run_id DESC) = 1"""


def subtract_releases(folder: Path, k: int) -> list[str]:
    """Rows of a mart that gained fewer than k people or page views between two versions which it ever had."""
    return [found for table in tables(folder, "mart") for found in _gains(table, k)]


def _gains(table: Path, k: int) -> Iterator[str]:
    asked = duckdb.connect()
    kept = [files for files in versions(table) if files]
    for before, after in combinations(kept, 2):
        names = [row[0] for row in asked.execute(f"DESCRIBE SELECT * FROM {scan(after)}").fetchall()]
        keys = [name for name in names if name in _KEYS]
        gained = "a.page_view_count - b.page_view_count"
        same = " AND ".join(f"a.{key} IS NOT DISTINCT FROM b.{key}" for key in keys)
        text = f"""SELECT count(*), min({gained}) FROM {scan(after)} AS a JOIN {scan(before)} AS b ON {same}
            WHERE {gained} BETWEEN 1 AND {k - 1}"""
        count, least = _one(asked, text)
        if count:
            yield f"{count} rows of {table.name}, the smallest gain of {least} page views"


_KEYS = {
    *GROUP, *ITEM_GROUP, "space", "cell_px", "cell_x", "cell_y", "target", "item_id", "feed_rank_bucket", "ad_id", "minute",
    "platform", "is_remainder",
}  # fmt: skip


def _sums(table: str, keys: Collection[str], where: str, sums: Mapping[str, str]) -> str:
    """Totals of all rows of each group that a table names, whatever finer keys they have."""
    named = " AND ".join(f"{key} IS NOT NULL" for key in keys)
    columns = ", ".join(f"{sql} AS {name}" for name, sql in sums.items())
    return f"SELECT {', '.join(keys)}, {columns} FROM {table} WHERE {where} AND {named} GROUP BY ALL"


def _differing(asked: duckdb.DuckDBPyConnection, one: str, other: str, keys: Collection[str]) -> list[str]:
    return [f"{at} {name}: {a} and {b}" for at, name, a, b in _both(asked, one, other, keys) if a != b]


def _both(
    asked: duckdb.DuckDBPyConnection, one: str, other: str, keys: Collection[str]
) -> Iterator[tuple[str, str, int, int]]:
    """Each total that both questions answer: where, its name, and the two."""
    answer = asked.execute(f"SELECT * FROM ({one}) JOIN ({other}) USING ({', '.join(keys)}) ORDER BY ALL")
    names = [column[0] for column in answer.description or []]
    width = (len(names) - len(keys)) // 2
    for row in answer.fetchall():
        at = " ".join(map(str, row[: len(keys)]))
        for place in range(len(keys), len(keys) + width):
            if row[place] is not None and row[place + width] is not None:
                yield at, names[place], int(row[place]), int(row[place + width])


def _one(asked: duckdb.DuckDBPyConnection, text: str) -> tuple[Any, ...]:
    [row] = asked.execute(text).fetchall()
    return tuple(row)
