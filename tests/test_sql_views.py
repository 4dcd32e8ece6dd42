"""Flat views of clean.page_views: a row per nested entry, from the declaration alone."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import duckdb
import pytest

from jobs.errors import UsageError
from jobs.sql import connect, named_tables, run_sql
from jobs.sql_views import FLAT_VIEWS, flat_columns
from tests.reading.small_warehouse import publish_release, write_table
from warehouse_schema import TABLES, Array, Column, Struct
from warehouse_schema.derive import rows, sql_type

PAGE_VIEWS = TABLES["clean.page_views"]


def fields_of(name: str) -> tuple[Column, ...]:
    """Fields of the entries behind a flat view."""
    type_ = FLAT_VIEWS[name].type
    assert isinstance(type_, Array) and isinstance(type_.of, Struct)
    return type_.of.fields


def hover(**values: object) -> dict[str, object]:
    given: dict[str, object] = {"target": "slot-1", "start_ms": 0, "dwell_ms": 200, "active_ms": 200}
    return {**given, "sample_count": 2, "is_long": False, "is_clicked": None, **values}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page view with two hovers, one where none happened, one where they are not measured."""
    views = rows(
        PAGE_VIEWS,
        {"page_view_id": "two", "hovers": [hover(dwell_ms=150), hover(target="slot-2", dwell_ms=700, is_long=True)]},
        {"page_view_id": "none", "hovers": []},
        {"page_view_id": "unmeasured", "hovers": None, "device_type": "phone"},
    )
    root = str(tmp_path_factory.mktemp("views"))
    publish_release(root, {PAGE_VIEWS.name: write_table(root, PAGE_VIEWS.name, views)})
    return root


def test_the_nested_columns_each_have_a_view() -> None:
    expected = {"clean.heat_cells", "clean.hovers", "clean.item_views", "clean.clicks", "clean.visibility"}

    assert expected | {"clean.exposure"} <= set(FLAT_VIEWS)
    assert not set(FLAT_VIEWS) & set(TABLES)


def test_a_view_has_a_row_per_entry_with_its_page_view(warehouse: str) -> None:
    query = "select page_view_id, device_type, target, dwell_ms, is_long from clean.hovers order by dwell_ms"

    answer = json.loads(run_sql(warehouse, query, "json") or "")

    view = {"page_view_id": "two", "device_type": "desktop"}
    assert answer == [
        view | {"target": "slot-1", "dwell_ms": 150, "is_long": False},
        view | {"target": "slot-2", "dwell_ms": 700, "is_long": True},
    ]


def test_a_view_answers_alike_from_an_object_store(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    query = "select * from clean.hovers order by all"
    expected = run_sql(warehouse, query, "json")

    monkeypatch.setattr("jobs.sql_sources.local_paths", lambda *_: [])

    assert run_sql(warehouse, query, "json") == expected
    assert len(json.loads(expected or "")) == 2


def test_two_views_and_their_table_join(warehouse: str) -> None:
    query = """
        select page_view_id, count(target) as hovers, count(distinct item_id) as items
        from clean.page_views left join clean.hovers using (page_view_id) left join clean.item_views using (page_view_id)
        group by 1 order by 1
    """

    assert run_sql(warehouse, query, "csv") == "page_view_id,hovers,items\nnone,0,1\ntwo,2,1\nunmeasured,0,1\n"


def test_columns_are_the_page_view_s_context_then_the_entry_s_fields_as_declared(warehouse: str) -> None:
    with connect(warehouse, FLAT_VIEWS) as connection:
        for name in FLAT_VIEWS:
            fields = fields_of(name)
            typed_nulls = ", ".join(f"null::{sql_type(field.type, 'duckdb')} as {field.name}" for field in fields)
            declared = duckdb.execute(f"select {typed_nulls}").description

            found = connection.execute(f"select * from {name}").description

            assert [(c[0], c[1]) for c in found[-len(fields) :]] == [(c[0], c[1]) for c in declared], name
            context = {c[0] for c in found[: -len(fields)]}
            assert {*PAGE_VIEWS.grain, "surface", "layout_id", "purposes", "experiments", "traffic_class"} < context, (
                name
            )


def test_no_amount_of_a_page_view_is_repeated_on_its_entries() -> None:
    """Summed over entries, engaged_ms of a page view with 40 items would count 40 times."""
    for name in FLAT_VIEWS:
        of_page_view = set(flat_columns(name)) - {field.name for field in fields_of(name)}
        assert not {c for c in of_page_view if c.endswith(("_ms", "_count")) or c.startswith("beacons_")}


def test_of_two_equal_names_the_entry_s_is_plain(tmp_path: Path) -> None:
    started = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
    spell = {"started_at": started + dt.timedelta(seconds=5), "ended_at": started + dt.timedelta(seconds=9)}
    views = rows(PAGE_VIEWS, {"started_at": started, "visibility": [{**spell, "end_reason": "closed"}]})
    publish_release(str(tmp_path), {PAGE_VIEWS.name: write_table(str(tmp_path), PAGE_VIEWS.name, views)})

    answer = run_sql(
        str(tmp_path), "select page_view_started_at, started_at, ended_at, end_reason from clean.visibility", "json"
    )

    assert json.loads(answer or "") == [
        {
            "page_view_started_at": "2026-11-20T12:00:00Z",
            "started_at": "2026-11-20T12:00:05Z",
            "ended_at": "2026-11-20T12:00:09Z",
            "end_reason": "closed",
        }
    ]


def test_views_are_made_only_for_queries_that_name_them(warehouse: str) -> None:
    query = "select view_name from duckdb_views() where not internal order by 1"

    assert named_tables('select * from clean.hovers, CLEAN . "clicks"') == ["clean.hovers", "clean.clicks"]
    assert run_sql(warehouse, f"{query} -- clean.page_views", "csv") == "view_name\npage_views\n"
    assert run_sql(warehouse, f"{query} -- clean.hovers", "csv") == "view_name\nhovers\npage_views\n"


def test_show_tables_says_what_a_row_of_a_view_is(warehouse: str) -> None:
    shown = {row["table"]: row["one_row_per"] for row in json.loads(run_sql(warehouse, "show tables", "json") or "")}

    assert shown["clean.hovers"] == "entry of hovers in clean.page_views; none where it is NULL (not measured)"
    assert set(FLAT_VIEWS) <= set(shown)


def test_a_view_s_name_nearly_right_is_suggested(warehouse: str) -> None:
    with pytest.raises(UsageError, match=r"Did you mean clean\.item_views"):
        run_sql(warehouse, "select * from clean.item_view")


def test_only_the_partitions_asked_for_are_read(tmp_path: Path) -> None:
    days = [dt.date(2026, 11, day) for day in (20, 21, 22)]
    views = rows(PAGE_VIEWS, *({"event_date": day, "hovers": [hover()]} for day in days))
    publish_release(str(tmp_path), {PAGE_VIEWS.name: write_table(str(tmp_path), PAGE_VIEWS.name, views)})

    for file in tmp_path.rglob("event_date=2026-11-2[02]/*.parquet"):
        file.write_bytes(b"no Parquet: who opens it fails")

    answer = run_sql(str(tmp_path), "select count(*) as n from clean.hovers where event_date = '2026-11-21'", "csv")

    assert answer == "n\n1\n"
