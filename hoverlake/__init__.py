"""The tables of a hoverlake warehouse in Python: Arrow, pandas, Polars, DuckDB or Spark, as one release pins them.

    import hoverlake

    warehouse = hoverlake.open_warehouse("data/warehouse")
    warehouse.table("mart.story_attention_daily", dates="2026-11-20").pandas()

See docs/reading.md. What goes wrong is a `HoverlakeError` that says what, where, and what to do.
"""

from jobs.errors import HoverlakeError, UsageError
from jobs.reading import Warehouse, open_warehouse
from jobs.reading_rows import Answer, Reading

__all__ = ["Answer", "HoverlakeError", "Reading", "UsageError", "Warehouse", "open_warehouse"]
