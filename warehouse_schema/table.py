"""What a table is: its grain, its columns, and all that follows from them.

A `Table` is declared once. The Spark schema, the Arrow schema, the docs page, test rows and the base
expectations are derived from the declaration (`warehouse_schema.derive`), so that none of them can drift.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from warehouse_schema.layers import LAYERS

#: Scalar types, each known to Spark, Arrow, DuckDB and JSON.
SCALARS = ("string", "int", "long", "double", "boolean", "date", "timestamp")


@dataclass(frozen=True)
class Column:
    """One column or one field of a nested struct.

    `nullable` says whether NULL has a meaning here; `low`, `high` and `allowed` become expectations, `personal`
    keeps a column's values out of every report.
    """

    name: str
    type: Type
    meaning: str
    unit: str | None = None
    nullable: bool = False
    low: float | None = None
    high: float | None = None
    allowed: tuple[str, ...] | None = None
    example: Any = None
    personal: bool = False


@dataclass(frozen=True)
class Array:
    """A list of `of`, in an order that has no meaning unless the column says so."""

    of: Type


@dataclass(frozen=True)
class Struct:
    """Named fields that belong together."""

    fields: tuple[Column, ...]


@dataclass(frozen=True)
class Map:
    """String keys to string values."""


Type = str | Array | Struct | Map


@dataclass(frozen=True)
class Table:
    """One table of the warehouse: `layer.name`, and what one row of it means."""

    name: str
    one_row_per: str
    meaning: str
    grain: tuple[str, ...]
    columns: tuple[Column, ...]
    partition_by: tuple[str, ...] = ()
    retention_days: int | None = None
    caveats: tuple[str, ...] = ()
    #: Names of columns that are plain sums over entries: they add over any rows, and they reconcile.
    additive: tuple[str, ...] = field(default=())
    #: Of a mart: its rows are totals of a date, published at once also with `publish_provisional = totals`.
    is_total: bool = False
    #: Of a mart: the version of its contract, major.minor.patch; what a change asks of it is in docs/dictionary.md.
    version: str = "1.0.0"

    @property
    def layer(self) -> str:
        """The folder and permission the table lives under: clean, mart, ops or restricted."""
        return self.name.split(".")[0]

    @property
    def owner(self) -> str:
        """The role that answers for the table."""
        return LAYERS[self.layer].owner

    @property
    def freshness(self) -> str:
        """When rows come, and until when they may change, in words."""
        return LAYERS[self.layer].freshness

    @property
    def is_restricted(self) -> bool:
        """Whether only those with permission may read it."""
        return LAYERS[self.layer].is_restricted

    @property
    def path(self) -> str:
        """Where the table lies below the warehouse's root."""
        return self.name.replace(".", "/")

    def column(self, name: str) -> Column:
        """The column called `name`; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}")

    @property
    def column_names(self) -> list[str]:
        """Column names in their declared order."""
        return [column.name for column in self.columns]


def nullable(columns: Sequence[Column], *names: str) -> tuple[Column, ...]:
    """The same columns, those in `names` made nullable."""
    from dataclasses import replace

    return tuple(replace(c, nullable=True) if c.name in names else c for c in columns)
