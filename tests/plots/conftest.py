"""One warehouse for all tests of pictures; they only read it."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from jobs.io.releases import Release
from jobs.sql import connect, opened_release
from tests.plots.warehouse import plots_warehouse
from warehouse_schema import MARTS


@pytest.fixture(scope="package")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> str:
    return plots_warehouse(str(tmp_path_factory.mktemp("plots") / "warehouse"))


@pytest.fixture(scope="package")
def connection(warehouse: str) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(warehouse, [table.name for table in MARTS]) as connection:
        yield connection


@pytest.fixture(scope="package")
def release(warehouse: str) -> Release:
    record = opened_release(warehouse)
    assert record is not None
    return record
