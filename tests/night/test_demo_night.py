"""The simulated night against its truth: computed by plain loops from the simulator's own event list."""

from __future__ import annotations

import json
import re
from typing import Any

import pyarrow.parquet as pq
import pytest

from jobs.io.keys import key_file, load_key
from jobs.steps.pseudonym import visitor_key
from tests.conftest import Demo
from tests.night.truth import differences, expected_page_views, published_page_views
from tests.night.warehouses import newest_release, query

pytestmark = pytest.mark.spark


def test_page_views_equal_the_truth_exactly(demo_warehouse: Demo) -> None:
    expected = expected_page_views(demo_warehouse.truth, demo_warehouse.warehouse)
    found = published_page_views(demo_warehouse.warehouse)

    assert len(expected) > 600
    assert differences(found, expected) == []


def test_every_line_has_the_fate_that_was_planned(demo_warehouse: Demo) -> None:
    planted = json.loads((demo_warehouse.truth / "planted.json").read_text())["outcomes"]
    expected = {
        (date, reason): count
        for date, outcomes in planted.items()
        for reason, count in outcomes.items()
        if date <= "2026-11-23" and count
    }

    rows = query(
        demo_warehouse.warehouse,
        "select date::varchar, reason, row_count from ops.reconciliation where quantity = 'lines' and reason <> 'input'",
    )

    assert {(date, reason): count for date, reason, count in rows if count} == expected


def test_the_night_adds_up_everywhere(demo_warehouse: Demo) -> None:
    broken = query(demo_warehouse.warehouse, "select * from ops.reconciliation where not adds_up")
    failed = query(demo_warehouse.warehouse, "select * from ops.dq_results where not success")
    amounts = query(
        demo_warehouse.warehouse,
        """select table_name, date, measure,
                  sum(amount) filter (part = 'clean') - sum(amount) filter (part <> 'clean') as missing
           from restricted.reconciliation group by all having missing <> 0""",
    )

    assert (broken, failed, amounts) == ([], [], [])


@pytest.mark.parametrize("mart", ["hover_heatmap_daily", "viewport_exposure_daily", "story_attention_daily"])
def test_no_published_group_is_small(demo_warehouse: Demo, mart: str) -> None:
    ((rows, smallest),) = query(demo_warehouse.warehouse, f"select count(*), min(visitor_count) from mart.{mart}")

    assert rows > 10
    assert smallest >= 20


def test_no_visitor_id_or_pseudonym_reaches_a_mart(demo_warehouse: Demo) -> None:
    truth = pq.read_table(demo_warehouse.truth / "page_views.parquet", columns=["visitor_id"])
    key = load_key(key_file(str(demo_warehouse.warehouse)))
    ids = sorted(set(truth["visitor_id"].to_pylist()))
    secrets = [text.encode() for v in ids for text in (v, visitor_key(v, key))] + [key.hex().encode()]

    files = [
        p
        for folder in ("mart", "ops", "_releases")
        for p in (demo_warehouse.warehouse / folder).rglob("*")
        if p.is_file()
    ]
    texts: list[Any] = [pq.read_table(p).to_pylist() if p.suffix == ".parquet" else p.read_bytes() for p in files]
    haystack = b"\n".join(t if isinstance(t, bytes) else repr(t).encode() for t in texts)

    assert len(files) > 10
    assert [secret for secret in secrets if secret in haystack] == []


def test_the_release_pins_every_table_and_says_how_final_a_date_is(demo_warehouse: Demo) -> None:
    release = newest_release(demo_warehouse.warehouse)

    assert release.number == 1
    assert set(release.tables) >= {"clean.page_views", "mart.hover_heatmap_daily", "mart.story_attention_daily"}
    assert release.event_dates["2026-11-20"].status == "final"
    assert demo_warehouse.message.startswith("published release 1 of ")


def test_the_last_line_tells_what_the_audit_took_of_the_night(demo_warehouse: Demo) -> None:
    told = re.search(r"; audited in (\S+) s of (\S+) s \((\d+) %\)", demo_warehouse.message)

    assert told
    audit_s, night_s, percent = map(float, told.groups())
    assert 0 < audit_s < night_s
    assert abs(percent - 100 * audit_s / night_s) <= 1
    assert query(demo_warehouse.warehouse, "select message from ops.runs") == [(demo_warehouse.message,)]
