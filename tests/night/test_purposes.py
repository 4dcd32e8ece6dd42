"""Which purpose lets which data be kept: on a real warehouse, no row of any table breaks the matrix."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs.build import LEDGERS
from jobs.config import Settings
from jobs.io.warehouse import open_table
from tests.night.warehouses import beacon, night, query, write_lines
from warehouse_schema import TABLES
from warehouse_schema.purposes import ADS, MATRIX, PRODUCT_DEVELOPMENT, WITHHELD

BOTH = {"purposes": ["product_development", "ads"], "gpc": False}
ONE = {"purposes": ["product_development"], "gpc": False}
EMAIL, PHONE = "ann@example.org", "+49 30 1234567"
HASHES = {text: "hashed:" + hashlib.sha256(text.encode()).hexdigest()[:32] for text in (EMAIL, PHONE)}
#: Judged before consent can be read.
UNREADABLE = {"oversized", "malformed_json", "unknown_schema"}


def seen(who: str, consent: dict[str, Any] | None, seq: int = 0, **changes: Any) -> dict[str, Any]:
    """A beacon of one who sees an advertisement and a story, all named after them."""
    items = [
        {
            "item_id": f"slot-{who}-{seq}",
            "item_type": "ad",
            "feed_rank": 1,
            "topic": f"of-{who}-{seq}",
            "ad_id": f"ad-{who}-{seq}",
        },
        {"item_id": "story-1", "item_type": "story", "feed_rank": 2, "topic": "news"},
    ]
    names = {"visitor_id": who, "page_view_id": f"pv-{who}", "beacon_id": f"b-{who}-{seq}", "seq": seq}
    shown = {"t_ms": [0, 0], "item_id": [f"slot-{who}-{seq}", "story-1"], "visible_share": [1, 1]}
    page = {"surface": f"surface-{who}", "url": f"https://{who}:pw@a.example/?who={who}#top", "layout_id": "L"}
    fields = {"consent": consent, "items": shown, "item_meta": items, "page": page, "is_last": False}
    return beacon(**names, **{**fields, **changes})


LINES = [
    seen("agrees", BOTH),
    seen("feeds", BOTH, page={"surface": "feed"}, item_meta=None, state={"t_ms": [0], "state": ["visible"]}),
    seen("refuses", ONE),
    seen("signals", BOTH | {"gpc": True}),
    seen("withdraws", BOTH, seq=0),
    seen("withdraws", ONE, seq=1),
    seen("unasked", None),
    seen("adsonly", {"purposes": ["ads"]}),
    seen("broken", ONE, clicks={"t_ms": [1], "x_px": [], "y_px": []}),
    seen("alien", {"purposes": []}, schema="cursor-beacon/2"),
    seen(
        "writes",
        BOTH,
        pointer={"t_ms": [0, 1000, 3000], "x_px": [1, 2, 3], "y_px": [1, 2, 3], "target": [EMAIL, PHONE, None]},
        clicks={"t_ms": [1500], "x_px": [1], "y_px": [1], "target": [PHONE]},
        items={"t_ms": [0], "item_id": [EMAIL], "visible_share": [1]},
        item_meta=[{"item_id": EMAIL, "item_type": "story", "feed_rank": 4}],
    ),
]
#: Names in a line that no table may hold, but for those beside them.
NOWHERE: dict[str, set[str]] = {
    **{name: set() for name in ("ad-refuses-0", "ad-signals-0", "ad-withdraws-1", "of-refuses-0", "of-signals-0")},
    **{name: set() for name in ("of-withdraws-1", "unasked", "adsonly", EMAIL, PHONE, "pw@", "who=")},
    **{f"{name}-withdraws-0": {"clean.beacons"} for name in ("ad", "of")},
    **{f"slot-{who}": {"clean.beacons", "clean.page_views"} for who in ("refuses", "signals", "withdraws")},
    # The rule about it, in results of checks, says the word.
    WITHHELD: {"clean.beacons", "clean.page_views", "ops.dq_results"},
}


@pytest.fixture(scope="module")
def refused_night(spark: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("purposes")
    write_lines(root / "raw", LINES)
    night(root / "raw", root / "warehouse")
    return root / "warehouse"


def rows_of(warehouse: Path, name: str) -> list[dict[str, Any]]:
    table = open_table(str(warehouse), TABLES[name])
    rows: list[dict[str, Any]] = table.to_pyarrow_table().to_pylist() if table else []
    return rows


def texts(value: Any) -> Iterator[str]:
    """Every text in a row, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for of in value.values() for text in texts(of))
    elif isinstance(value, list | tuple):
        yield from (text for of in value for text in texts(of))


def entries(row: dict[str, Any], path: str) -> tuple[list[dict[str, Any]], str]:
    """The entries of a list, and the name of the field that `list[].field` means."""
    array, _, name = path.partition("[].")
    return [entry for entry in row[array] or [] if entry], name


def test_the_matrix_speaks_of_every_table_and_of_columns_that_exist() -> None:
    assert list(MATRIX) == list(TABLES)
    for name, needs in MATRIX.items():
        for path in needs.columns:
            array, _, inner = path.partition("[].")
            fields = TABLES[name].column(array).type.of.fields  # type: ignore[union-attr]
            assert inner in {field.name for field in fields}


def test_marts_ask_for_ads_where_the_matrix_does() -> None:
    specs = [job.spec(Settings()) for jobs in LEDGERS for job in jobs]

    assert {spec.name: ADS if spec.ad_id else None for spec in specs} == {
        name: needs.ad_entries for name, needs in MATRIX.items() if name.startswith("mart.")
    }


@pytest.mark.spark
@pytest.mark.parametrize("name", TABLES)
def test_no_text_of_any_table_is_of_somebody_who_refused_it(refused_night: Path, name: str) -> None:
    found = "\n".join(texts(rows_of(refused_night, name)))

    assert [text for text, where in NOWHERE.items() if name not in where and text in found] == []


@pytest.mark.spark
@pytest.mark.parametrize("name", TABLES)
def test_no_row_breaks_what_the_matrix_asks_of_its_table(refused_night: Path, name: str) -> None:
    needs, rows = MATRIX[name], rows_of(refused_night, name)

    # A table without rows would prove nothing.
    assert rows
    for row in rows:
        if "purposes" in row:
            assert set(needs.rows) <= set(row["purposes"])
        for path, purpose in needs.columns.items():
            told, field = entries(row, path)
            assert purpose in row["purposes"] or all(e["ad_id"] is None or e[field] in (None, WITHHELD) for e in told)


@pytest.mark.spark
def test_a_refused_line_leaves_its_hash_only_where_its_purposes_cannot_be_read(refused_night: Path) -> None:
    consents = {hashlib.sha256(json.dumps(line).encode()).hexdigest(): line["consent"] for line in LINES}

    rejected = rows_of(refused_night, "clean.rejected_beacons")

    assert sorted(row["reason"] for row in rejected) == ["ragged_arrays", "unknown_schema"]
    for row in rejected:
        assert row["reason"] in UNREADABLE or PRODUCT_DEVELOPMENT in consents[row["line_sha256"]]["purposes"]


@pytest.mark.spark
def test_what_is_allowed_is_kept_and_counted(refused_night: Path) -> None:
    told = query(
        refused_night,
        "select page_view_id, item_id, ad_id, topic from clean.item_views where ad_id is not null order by all",
    )
    withheld = query(refused_night, "select row_count from ops.reconciliation where reason = 'withheld'")

    assert told == [
        ("pv-agrees", "slot-agrees-0", "ad-agrees-0", "of-agrees-0"),
        ("pv-refuses", "slot-refuses-0", WITHHELD, None),
        ("pv-signals", "slot-signals-0", WITHHELD, None),
        ("pv-withdraws", "slot-withdraws-0", WITHHELD, None),
        ("pv-withdraws", "slot-withdraws-1", WITHHELD, None),
    ]
    assert withheld == [(2,)]
    assert query(refused_night, "select ad_id from mart.ad_attention_daily") == [("ad-agrees-0",)]
    assert query(refused_night, "select * from ops.reconciliation where not adds_up") == []


@pytest.mark.spark
def test_one_target_is_hashed_alike_in_every_table(refused_night: Path) -> None:
    ((item_id, hover_count, hover_ms),) = query(
        refused_night,
        "select item_id, hover_count, hover_ms from clean.item_views where page_view_id = 'pv-writes'",
    )
    hovers = query(refused_night, "select target from clean.hovers where page_view_id = 'pv-writes' order by start_ms")
    zones = "select target, hover_count, click_count from mart.zone_attention_daily where surface = 'surface-writes'"
    stories = "select item_id from mart.story_attention_daily where surface = 'surface-writes'"

    assert (item_id, hover_count, hover_ms) == (HASHES[EMAIL], 1, 1000)
    assert hovers == [(HASHES[EMAIL],), (HASHES[PHONE],)]
    assert query(refused_night, zones) == [(HASHES[PHONE], 1, 1)]
    assert query(refused_night, stories) == [(HASHES[EMAIL],)]
    assert query(refused_night, "select distinct url from clean.page_views where url is not null") == [
        ("https://a.example/",)
    ]
