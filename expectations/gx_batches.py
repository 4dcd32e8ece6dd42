"""Rows as Great Expectations takes them: one context for the process, one engine for each name."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

os.environ["GX_ANALYTICS_ENABLED"] = "false"
# Great Expectations asks for it. Without grpc it cannot be imported, and under `python -c` trying ends the process with exit
# code 0 (pyspark.sql.connect.utils), as if a night had published.
if importlib.util.find_spec("grpc") is None:
    sys.modules.setdefault("pyspark.sql.connect", None)  # type: ignore[arg-type]

if TYPE_CHECKING:
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
    from great_expectations.datasource.fluent.interfaces import Batch
    from pyspark.sql import DataFrame


def import_beside() -> None:
    """Begin to import Great Expectations, some two seconds of one core, while the caller waits for something else."""
    names = "great_expectations.expectations", "expectations.declared_rules"
    threading.Thread(target=lambda: [importlib.import_module(name) for name in names], daemon=True).start()


def batch_of(rows: DataFrame, name: str) -> Batch:
    """The rows, to be validated."""
    return _batch_definition(name).get_batch({"dataframe": rows})


@cache
def _context() -> EphemeralDataContext:
    """The process's context: making one takes longer than a small suite."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


@cache
def _batch_definition(name: str) -> BatchDefinition[Any]:
    """An engine resolves what does not name its batch against the batch loaded last: one engine for each name."""
    source = _context().data_sources.add_spark(name, persist=False)
    return source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("staged")
