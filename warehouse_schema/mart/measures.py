"""How the marts declare their measures: counts, times and distributions, each with one rule for NULL."""

from __future__ import annotations

from warehouse_schema.table import Array, Column

#: Days that published tables are kept: 25 months.
RETENTION_DAYS = 760


def count(name: str, meaning: str, unit: str) -> Column:
    """A number that is always known: 0 where nothing happened, and where nothing was measured."""
    return Column(name, "long", meaning, unit, low=0)


def measured_count(name: str, meaning: str, unit: str) -> Column:
    """A number that is NULL where nothing behind the row measured it."""
    return Column(name, "long", meaning, unit, nullable=True, low=0)


def measured_ms(name: str, meaning: str) -> Column:
    """A time that is NULL where nothing behind the row measured it."""
    return Column(name, "long", meaning, "ms", nullable=True, low=0)


def histogram(name: str, meaning: str, unit: str) -> Column:
    """Counts in the fixed bins of the configuration's `hist_edges_ms`; they add over any rows, bin by bin."""
    return Column(name, Array("long"), meaning, unit, example=[0, 1])


def additive_of(*columns: Column) -> tuple[str, ...]:
    """The names of those measures that are plain sums: all but lists, which add bin by bin."""
    return tuple(column.name for column in columns if column.type == "long")
