"""Flat entries back into nested Arrow columns, one list per page view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from jobs.steps.intervals import Bools, Ints
from warehouse_schema.derive import arrow_type
from warehouse_schema.table import Struct


@dataclass(frozen=True)
class Masked:
    """Values that are NULL where `is_null`."""

    values: np.ndarray
    is_null: Bools


def column(values: object, type_: pa.DataType) -> pa.Array:
    """One Arrow column from NumPy values, Masked values, lists or an Arrow array."""
    if isinstance(values, Masked):
        return pa.array(values.values, mask=values.is_null).cast(type_)
    if isinstance(values, pa.Array):
        return values.cast(type_)
    return pa.array(values).cast(type_) if not isinstance(values, list) else pa.array(values, type_)


def lists_of_structs(declaration: Struct, view: Ints, fields: Mapping[str, object], is_present: Bools) -> pa.ListArray:
    """A list per page view of the entries whose `view` it is (ascending); NULL where not `is_present`."""
    struct_type = arrow_type(declaration)
    arrays = [column(fields[c.name], struct_type.field(c.name).type) for c in declaration.fields]
    values = pa.StructArray.from_arrays(arrays, fields=list(struct_type))
    return lists(values, view, is_present)


def lists(values: pa.Array, view: Ints, is_present: Bools) -> pa.ListArray:
    """A list per page view of `values`; NULL where not `is_present`, which then must have no values."""
    counts = np.bincount(view, minlength=len(is_present))
    offsets = pa.array(np.concatenate(([0], np.cumsum(counts))).astype(np.int32))
    list_type = pa.list_(pa.field("element", values.type))
    return pa.ListArray.from_arrays(offsets, values, type=list_type, mask=pa.array(~is_present))


def timestamps(epoch_ms: Ints) -> pa.Array:
    """UTC timestamps of microseconds from epoch milliseconds."""
    return pa.array(epoch_ms * 1000).cast(pa.timestamp("us", tz="UTC"))
