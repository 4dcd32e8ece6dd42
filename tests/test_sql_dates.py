"""A query opens the files of the event dates that it can touch, and answers as if it had opened all."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from jobs.errors import InfrastructureFailed
from jobs.sql import connect, named_tables, run_sql
from jobs.sql_dates import dates_kept
from tests.reading.small_warehouse import publish_release, write_table
from warehouse_schema import TABLES
from warehouse_schema.derive import rows

DAYS = [dt.date(2026, 11, day) for day in (18, 19, 20, 21)]
EXPOSURE, STORIES, PAGE_VIEWS = "mart.viewport_exposure_daily", "mart.story_attention_daily", "clean.page_views"
ALL = "all"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Four dates of exposure, three of stories, one row each, and a run."""
    root = str(tmp_path_factory.mktemp("dates"))
    exposure = rows(TABLES[EXPOSURE], *({"event_date": day, "cell_y": day.day} for day in DAYS))
    stories = rows(TABLES[STORIES], *({"event_date": day, "impressions": day.day} for day in DAYS[1:]))
    publish_release(
        root, {EXPOSURE: write_table(root, EXPOSURE, exposure), STORIES: write_table(root, STORIES, stories)}
    )
    write_table(root, "ops.runs", rows(TABLES["ops.runs"], {"landing_date": DAYS[0]}))
    return root


def kept(query: str, table: str = EXPOSURE, **parameters: Any) -> list[int] | str:
    """Days of the month that the query leaves in, or all."""
    keep = dates_kept(query, parameters).get(table)
    dates = DAYS if keep is None else keep(DAYS)
    return ALL if set(dates) == set(DAYS) else sorted(date.day for date in dates)


def answer(warehouse: str, query: str, *, is_pruned: bool) -> list[tuple[Any, ...]]:
    with connect(warehouse, named_tables(query), None, dates_kept(query) if is_pruned else None) as connection:
        return sorted(connection.execute(query).fetchall(), key=str)


@pytest.mark.parametrize(
    ("where", "days"),
    [
        ("event_date = '2026-11-20'", [20]),
        ("event_date = date '2026-11-20'", [20]),
        ("'2026-11-20' = event_date and surface = 'feed'", [20]),
        ("event_date between '2026-11-19' and '2026-11-20'", [19, 20]),
        ("event_date >= '2026-11-19' and event_date < '2026-11-21'", [19, 20]),
        ("event_date in ('2026-11-18', '2026-11-21')", [18, 21]),
        ("event_date not in ('2026-11-18', '2026-11-21')", [19, 20]),
        ("event_date = '2026-11-18' or event_date = '2026-11-20'", [18, 20]),
        ("event_date > date '2026-11-21' - interval 2 day", [20, 21]),
        ("isodow(event_date) = 5", [20]),
        ("strftime(event_date, '%d') = '19'", [19]),
        ("EVENT_DATE = '2026-11-20' and viewport_exposure_daily.event_date > '2026-11-01'", [20]),
        ("mart.viewport_exposure_daily.event_date = '2026-11-20'", [20]),
        ("event_date = '2027-01-01'", []),
        # Other columns, moments, chance and other tables say nothing about dates.
        ("cell_y = 20", ALL),
        ("event_date = '2026-11-20' or cell_y = 18", ALL),
        ("event_date = current_date", ALL),
        ("event_date = '2026-11-20' or random() < 0.5", ALL),
        ("event_date = (select max(event_date) from mart.story_attention_daily)", ALL),
        ("event_date is null", ALL),
        ("true", ALL),
    ],
)
def test_dates_follow_from_conditions_on_the_event_date_alone(where: str, days: list[int] | str) -> None:
    assert kept(f"select * from {EXPOSURE} where {where}") == days


def test_dates_follow_from_bound_parameters() -> None:
    query = f"select * from {EXPOSURE} where event_date between $first and $last and cell_y > $least"

    assert kept(query, first="2026-11-19", last=dt.date(2026, 11, 20), least="3") == [19, 20]


def test_what_cannot_be_judged_leaves_the_error_to_the_query(warehouse: str) -> None:
    assert kept(f"select * from {EXPOSURE} where event_date = 'yesterday'") == ALL
    with pytest.raises(Exception, match="yesterday"):
        run_sql(warehouse, f"select * from {EXPOSURE} where event_date = 'yesterday'")


def test_dates_of_a_flat_view_are_those_of_its_page_views() -> None:
    query = "select * from clean.hovers where event_date = '2026-11-20'"

    assert kept(query, PAGE_VIEWS) == [20]
    assert kept(f"{query} union all by name select * from {PAGE_VIEWS}", PAGE_VIEWS) == ALL


T, S = EXPOSURE, STORIES
#: Every form in which a table can stand in a query; each is asked with and without leaving files out.
QUERIES = {
    f"select cell_y from {T} where event_date = '2026-11-20'": [20],
    f"select cell_y from {T} x where x.event_date = '2026-11-20'": [20],
    f"select (select sum(cell_y) from {T}) from {T} where event_date = '2026-11-20'": ALL,
    f"select cell_y from {T} where event_date = '2026-11-20' union all select cell_y from {T} where event_date = '2026-11-18'": [
        18,
        20,
    ],
    f"with q as (select * from {T} where event_date = '2026-11-20') select cell_y from q": [20],
    f"with q as (select * from {T}) select cell_y from q where event_date = '2026-11-20'": ALL,
    f"select a.cell_y, b.cell_y from {T} a join {T} b using (surface) where a.event_date = '2026-11-20' and b.event_date = '2026-11-19'": [
        19,
        20,
    ],
    f"select cell_y, impressions from {T} join {S} using (event_date) where event_date = '2026-11-20'": [20],
    f"select cell_y, impressions from {T} full join {S} using (event_date) where event_date <= '2026-11-19'": [
        18,
        19,
    ],
    f"select cell_y, impressions from {T} natural join {S} where event_date = '2026-11-20'": [20],
    f"select t.cell_y, s.impressions from {S} s left join {T} t on t.cell_y = s.impressions where t.event_date = '2026-11-20'": [
        20
    ],
    f"select t.cell_y, s.impressions from {S} s left join {T} t on t.cell_y = s.impressions - 2 where t.event_date is null": ALL,
    f"select s.impressions from {S} s left join {T} t on t.cell_y = s.impressions where coalesce(t.event_date, '2026-11-20') = '2026-11-20'": ALL,
    f"select s.impressions, t.cell_y from {S} s asof join {T} t on s.event_date >= t.event_date where t.event_date = '2026-11-18'": ALL,
    f"select s.impressions from {S} s anti join {T} t on s.impressions = t.cell_y + 1 where event_date = '2026-11-20'": ALL,
    f"select s.impressions from {S} s semi join {T} t on s.impressions = t.cell_y + 1 where event_date = '2026-11-20'": ALL,
    f"select b.cell_y from {S} a positional join {T} b where b.event_date = '2026-11-20'": ALL,
    f"select a.c0 from {T} a(c0, event_date) where event_date = 'feed'": ALL,
    f"select count(*) from {T} tablesample reservoir(2 rows) where event_date >= '2026-11-18'": ALL,
    f"select cell_y from {S} s, lateral (select cell_y from {T} t where t.event_date = s.event_date) where s.event_date = '2026-11-20'": ALL,
    f"select cell_y from {S} s, lateral (select * from {T} where event_date = '2026-11-20') where s.event_date = '2026-11-19'": [
        20
    ],
    f"select landing_date, cell_y from ops.runs left join {T} on landing_date = event_date where event_date = '2026-11-18'": [
        18
    ],
    f"select event_date + 1 as event_date from {T} where event_date = '2026-11-20'": [20],
    f"select cell_y from {T} where exists (select 1 from {S} where event_date = '2026-11-20')": ALL,
    f"select event_date, max(cell_y) over () from {T} where event_date < '2026-11-20'": [18, 19],
    f"from {T} select cell_y where event_date = '2026-11-20'": [20],
    f"select surface, sum(cell_y) from {T} where event_date > '2026-11-19' group by all having max(event_date) > '2026-11-20'": [
        20,
        21,
    ],
    f"pivot {T} on is_remainder using sum(cell_y) group by event_date": ALL,
    f"select * from (pivot {T} on is_remainder using sum(cell_y) group by event_date) where event_date = '2026-11-20'": ALL,
    f"with recursive r as (select event_date as d from {T} where event_date = '2026-11-18' union select d + 1 from r where d + 1 in (select event_date from {T} where event_date < '2026-11-21')) select * from r": [
        18,
        19,
        20,
    ],
}


@pytest.mark.parametrize("query", QUERIES)
def test_leaving_files_out_changes_no_answer(warehouse: str, query: str) -> None:
    assert kept(query) == QUERIES[query]
    if "tablesample" not in query:
        assert answer(warehouse, query, is_pruned=True) == answer(warehouse, query, is_pruned=False)


CONDITION = st.recursive(
    st.sampled_from(
        [
            *(f"{t}event_date {op} '{day}'" for t in ("", "x.") for op in ("=", "<", ">=", "<>") for day in DAYS),
            *(f"x.event_date is {word} null" for word in ("", "not")),
            "x.event_date between '2026-11-19' and '2026-11-20'",
            "day(event_date) % 2 = 0",
            "cell_y > 19",
            "impressions = 20",
            "coalesce(x.event_date, '2026-11-18') < '2026-11-20'",
        ]
    ),
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner)
        | st.builds("(not {})".format, inner)
    ),
    max_leaves=5,
)
JOIN = st.sampled_from(["join", "left join", "right join", "full join"])


@settings(max_examples=40)
@given(CONDITION, JOIN, st.booleans())
def test_leaving_files_out_changes_no_answer_whatever_is_asked(
    warehouse: str, where: str, join: str, is_first: bool
) -> None:
    first, second = (f"{T} x", S) if is_first else (S, f"{T} x")
    query = f"select cell_y, impressions from {first} {join} {second} using (event_date) where {where}"

    assert answer(warehouse, query, is_pruned=True) == answer(warehouse, query, is_pruned=False)


def test_a_query_on_one_date_reads_no_file_of_another(tmp_path: Path) -> None:
    warehouse = str(tmp_path)
    exposure = rows(TABLES[EXPOSURE], *({"event_date": day, "cell_y": day.day} for day in DAYS))
    publish_release(warehouse, {EXPOSURE: write_table(warehouse, EXPOSURE, exposure)})
    for file in (tmp_path / "mart").rglob("*.parquet"):
        if "event_date=2026-11-20" not in str(file):
            file.write_bytes(b"no Parquet: who opens it fails")

    said = run_sql(warehouse, f"select cell_y from {EXPOSURE} where event_date = '2026-11-20'", "json")

    assert json.loads(said or "") == [{"cell_y": 20}]
    with pytest.raises(InfrastructureFailed):
        run_sql(warehouse, f"select cell_y from {EXPOSURE}")
