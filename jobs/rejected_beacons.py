"""clean.rejected_beacons: which lines were refused and why; never the line itself."""

from __future__ import annotations

from pyspark.sql import DataFrame

from jobs.steps.parse import ACCEPTED, WITHHELD
from warehouse_schema.clean.rejected_beacons import REJECTED_BEACONS
from warehouse_schema.raw import cursor_beacon as raw

READS, WRITES = raw.SCHEMA_ID, REJECTED_BEACONS


def transform(judged: DataFrame) -> DataFrame:
    """Rows of clean.rejected_beacons from judged lines; withheld lines are counted elsewhere and kept nowhere."""
    rejected = judged.where(f"outcome NOT IN ('{ACCEPTED}', '{WITHHELD}')")
    return rejected.withColumnRenamed("outcome", "reason").select(*WRITES.column_names)
