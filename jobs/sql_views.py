"""Flat views of `hoverlake sql`: a row per entry of a nested column of clean.page_views, such as `clean.hovers`.

Names and columns follow from the declaration of clean.page_views; there is no list of them here.
"""

from __future__ import annotations

from warehouse_schema import TABLES, Array, Column, Struct
from warehouse_schema.clean.page_views import PAGE_VIEWS

#: Amounts of a page view are whole numbers. Repeated on each of its entries, they would be summed many times over.
AMOUNTS = ("int", "long")


def _fields(column: Column) -> tuple[Column, ...]:
    """Fields of the column's entries; none if it has no entries with fields."""
    inner = column.type.of if isinstance(column.type, Array) else None
    return inner.fields if isinstance(inner, Struct) else ()


#: Nested columns of clean.page_views by the name of their view.
FLAT_VIEWS: dict[str, Column] = {
    f"{PAGE_VIEWS.layer}.{column.name}": column
    for column in PAGE_VIEWS.columns
    if _fields(column) and f"{PAGE_VIEWS.layer}.{column.name}" not in TABLES
}


def source_of(name: str) -> str:
    """The table that must be open for `name`, a table or a flat view."""
    return PAGE_VIEWS.name if name in FLAT_VIEWS else name


def one_row_per(name: str) -> str:
    """What a row of the flat view is, in words."""
    return f"entry of {FLAT_VIEWS[name].name} in {PAGE_VIEWS.name}; none where it is NULL (not measured)"


def flat_columns(name: str) -> dict[str, str]:
    """Columns of the flat view by name, each with its expression over a page view and its `entry`.

    First the page view's keys and context (all but its amounts and nested columns), then the entry's fields. Where both
    have a name, it is the entry's, and the page view's begins with page_view_.
    """
    fields = [field.name for field in _fields(FLAT_VIEWS[name])]
    context = [c.name for c in PAGE_VIEWS.columns if not _fields(c) and c.type not in AMOUNTS]
    return {
        **{f"page_view_{c}" if c in fields else c: c for c in context},
        **{field: f"entry.{field}" for field in fields},
    }


def flat_view(name: str) -> str:
    """The statement that creates the view `name` on the view of clean.page_views."""
    columns = ", ".join(f"{expression} AS {alias}" for alias, expression in flat_columns(name).items())
    entries = f"SELECT *, unnest({FLAT_VIEWS[name].name}) AS entry FROM {PAGE_VIEWS.name}"
    return f"CREATE VIEW {name} AS SELECT {columns} FROM ({entries})"
