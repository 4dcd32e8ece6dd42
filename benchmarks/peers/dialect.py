"""The few words of SQL that DuckDB and Spark do not share; all other SQL of these two peers is common.

DuckDB learns further words of Spark's as macros (`duckdb_night.MACROS`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

#: The arrays of each stream of a raw beacon beside t_ms.
STREAM_ARRAYS = {
    "pointer": ("x_px", "y_px", "target"),
    "clicks": ("x_px", "y_px", "target"),
    "scroll": ("y_px",),
    "items": ("item_id", "visible_share", "viewport_share"),
    "state": ("state",),
}
META_FIELDS = ("item_id", "item_type", "feed_rank", "width_px", "height_px", "topic", "ad_id")

#: A named statement: the table or view that it makes, and its query.
Step = tuple[str, str]


class Dialect(Protocol):
    """One engine's words."""

    @property
    def window(self) -> str:
        """The frame of a sweep over the events of all page views."""

    def in_order(self, events: str) -> str:
        """The query of events, sorted if the sweep goes by the order of the table."""

    def last_known(self, value: str, window: str) -> str:
        """The last value so far that is not NULL."""

    def array(self, values: Sequence[str]) -> str:
        """A list of values."""

    def records(self, stream: str, source: str) -> str:
        """A query: page view, seq, position in the array, instant, and the arrays of a stream, one row per record."""

    def metas(self, source: str) -> str:
        """A query: page view, seq, position, and the fields of item_meta, one row per entry."""


class DuckDialect:
    """DuckDB's words.

    It sweeps over a table that lies in order, without partitions: such windows stream, in a third of the time.
    """

    window = "(ROWS UNBOUNDED PRECEDING)"

    def in_order(self, events: str) -> str:
        """Sorted once."""
        return f"SELECT * FROM ({events}) ORDER BY pv, t_ms, kind, seq, pos"

    def last_known(self, value: str, window: str) -> str:
        """IGNORE NULLS stands inside the brackets."""
        return f"last_value({value} IGNORE NULLS) OVER {window}"

    def array(self, values: Sequence[str]) -> str:
        """A list."""
        return f"[{', '.join(values)}]"

    def records(self, stream: str, source: str) -> str:
        """Several unnest of one SELECT go hand in hand."""
        columns = ", ".join(f"unnest({stream}.{name}) AS {name}" for name in ("t_ms", *STREAM_ARRAYS[stream]))
        position = f"generate_subscripts({stream}.t_ms, 1) AS pos"
        return f"SELECT pv, seq, {position}, {columns} FROM {source} WHERE array_size({stream}.t_ms) > 0"

    def metas(self, source: str) -> str:
        """One struct per entry, then its fields."""
        fields = ", ".join(f"meta.{name} AS {name}" for name in META_FIELDS)
        entries = f"SELECT pv, seq, generate_subscripts(item_meta, 1) AS pos, unnest(item_meta) AS meta FROM {source}"
        return f"SELECT pv, seq, pos, {fields} FROM ({entries})"


class SparkDialect:
    """Spark SQL's words."""

    window = "(PARTITION BY pv ORDER BY t_ms, kind, seq, pos)"

    def in_order(self, events: str) -> str:
        """A window sorts for itself."""
        return events

    def last_known(self, value: str, window: str) -> str:
        """IGNORE NULLS stands after the brackets."""
        return f"last_value({value}) IGNORE NULLS OVER {window}"

    def array(self, values: Sequence[str]) -> str:
        """An array."""
        return f"array({', '.join(values)})"

    def records(self, stream: str, source: str) -> str:
        """Arrays are zipped; a NULL one would make all of them NULL."""
        none = f"transform({stream}.t_ms, t -> NULL)"
        arrays = ", ".join(f"coalesce({stream}.{name}, {none}) AS {name}" for name in STREAM_ARRAYS[stream])
        zipped = ", ".join(("t_ms", *STREAM_ARRAYS[stream]))
        columns = ", ".join(f"record.{name}" for name in ("t_ms", *STREAM_ARRAYS[stream]))
        return (
            f"SELECT pv, seq, pos, {columns} FROM (SELECT pv, seq, {stream}.t_ms AS t_ms, {arrays} FROM {source}) "
            f"LATERAL VIEW posexplode(arrays_zip({zipped})) records AS pos, record"
        )

    def metas(self, source: str) -> str:
        """One struct per entry, then its fields."""
        fields = ", ".join(f"meta.{name}" for name in META_FIELDS)
        return f"SELECT pv, seq, pos, {fields} FROM {source} LATERAL VIEW posexplode(item_meta) entries AS pos, meta"
