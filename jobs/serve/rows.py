"""The rows behind each picture: one query, as a person would write it, and its answer as CSV for spreadsheets (RFC 4180)."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from jobs.sql import quoted
from jobs.sql_output import csv_cell
from warehouse_schema import Table

#: Texts that begin so are formulas to a spreadsheet.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Rows:
    """Rows of a table whose keys have these values."""

    table: Table
    keys: Mapping[str, Any]

    @property
    def sql(self) -> str:
        """The query, as `hoverlake sql` takes it."""
        return self._query([_literal(value) for value in self.keys.values()])

    def csv(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Header and rows as CSV: NULL is an empty cell, lists are JSON, a text is never a formula."""
        answer = connection.execute(self._query(["?"] * len(self.keys)), list(self.keys.values()))
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow([column[0] for column in answer.description or []])
        writer.writerows([_cell(value) for value in row] for row in answer.fetchall())
        return text.getvalue()

    def _query(self, values: list[str]) -> str:
        where = " and ".join(f"{name} = {value}" for name, value in zip(self.keys, values, strict=True))
        order = ", ".join(f"{name} nulls last" for name in self.table.grain if name not in self.keys)
        return f"select * from {self.table.name} where {where} order by {order}"


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return csv_cell(value)


def _literal(value: Any) -> str:
    return f"date '{value}'" if isinstance(value, dt.date) else quoted(str(value))
