"""Tables that no release pins get new columns with the next night: a warehouse written before goes on."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from tests.night.warehouses import beacon, night, query, write_lines
from warehouse_schema.ops.tables import DQ_RESULTS

OLD = {
    **dict.fromkeys(("run_id", "table_name", "event_dates", "expectation", "column_name", "severity", "meaning"), "x"),
    **{"success": True, "observed": None, "threshold": None, "unexpected_count": 0},
}


@pytest.mark.spark
def test_results_written_before_they_were_told_by_date_stay_readable(spark: object, tmp_path: Path) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    types = {"success": pa.bool_(), "unexpected_count": pa.int64()}
    schema = pa.schema([(name, types.get(name, pa.string())) for name in OLD])
    write_deltalake(str(warehouse / DQ_RESULTS.path), pa.Table.from_pylist([OLD], schema=schema))
    write_lines(raw, [beacon()])

    night(raw, warehouse)

    assert query(warehouse, f"select event_date, owner, success from {DQ_RESULTS.name} where run_id = 'x'") == [
        (None, None, True)
    ]
    counts = f"select count(*), count(event_date), count(owner) from {DQ_RESULTS.name} where run_id <> 'x'"
    ((rows, dated, owned),) = query(warehouse, counts)
    assert rows == dated == owned > 9
