"""A visitor erased from a warehouse on S3, and raw files there that have outlived their retention. Run by `make erase-matrix`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jobs.erasure.erase import Erasure, run_erasure
from jobs.erasure.search import search
from jobs.erasure.visitors import read_visitors
from jobs.io.keys import load_ring
from jobs.io.store import Store
from jobs.maintain import Maintenance, run_maintenance
from tests.night.warehouses import DATE, beacon, newest_release, night, query, write_lines
from tests.s3.nights import bring

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.s3, pytest.mark.matrix]
STAYS, GOES = {}, {"visitor_id": "visitor-who-goes", "page_view_id": "pv-2", "beacon_id": "b-2"}


def test_a_visitor_goes_from_a_warehouse_on_s3(
    spark_s3: SparkSession, root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOVERLAKE_KEY_FILE", str(tmp_path / "key"))
    raw, warehouse, visitors = f"{root}/raw", f"{root}/warehouse", tmp_path / "visitors.txt"
    write_lines(tmp_path / "raw", [beacon(**STAYS), beacon(**GOES)])
    bring(tmp_path / "raw", raw)
    night(raw, warehouse)
    visitors.write_text(f"{GOES['visitor_id']}\n")
    wanted = read_visitors(visitors, load_ring(warehouse))
    assert search(Store(warehouse), wanted).traces

    said = run_erasure(Erasure(visitors, raw, warehouse, rewrites_raw=True))

    assert "no trace" in said and "Raw files hold nothing of them either" in said
    assert search(Store(warehouse), wanted).traces == []
    assert query(warehouse, "select page_view_id from clean.page_views") == [("pv-1",)]
    assert newest_release(warehouse).erasures == 1

    run_maintenance(Maintenance(DATE + dt.timedelta(days=11), warehouse, raw=raw))

    assert list(Store(raw).list("")) == []
    assert query(warehouse, "select page_view_id from clean.page_views") == [("pv-1",)]
