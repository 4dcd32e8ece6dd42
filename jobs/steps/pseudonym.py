"""Visitor ids to pseudonyms: HMAC-SHA256 under the key of the start date, as 64 hex digits.

A plain hash of key and id is not an HMAC, and Spark has no HMAC function: an Arrow UDF, so that the keys travel in
the function and never stand in a plan. A plan shows ids of keys, and the dates that tell which one holds.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from pyspark.sql import Column


def visitor_key(visitor_id: str, key: bytes) -> str:
    """The pseudonym of one visitor."""
    return hmac.digest(key, visitor_id.encode(), "sha256").hex()


def tombstone(pseudonym: str) -> str:
    """What is kept of an erased pseudonym; `TOMBSTONE` is the same in SQL."""
    return hashlib.sha256(pseudonym.encode()).hexdigest()


#: SQL: the tombstone of a row's visitor.
TOMBSTONE = "sha2(visitor_key, 256)"


def pseudonyms(
    visitor_ids: pa.Array, key_ids: pa.Array, secrets: Mapping[str, bytes], erased: Collection[str] = frozenset()
) -> pa.Array:
    """The pseudonym of each visitor id under the key beside it; NULL where either is, and of a visitor whose tombstone is
    among `erased`.

    A batch holds many beacons of few visitors: each pair of them is computed once.
    """
    visitors, keys = visitor_ids.dictionary_encode(), key_ids.dictionary_encode()
    pair = pc.add(pc.multiply(pc.cast(visitors.indices, pa.int64()), len(keys.dictionary)), keys.indices)
    distinct = pair.dictionary_encode()
    names, ids = visitors.dictionary.to_pylist(), keys.dictionary.to_pylist()
    made = [visitor_key(names[p // len(ids)], secrets[ids[p % len(ids)]]) for p in distinct.dictionary.to_pylist()]
    kept = [None if erased and tombstone(name) in erased else name for name in made]
    return pa.array(kept, pa.string()).take(distinct.indices)


def pseudonym_udf(
    secrets: Mapping[str, bytes], erased: Collection[str] = frozenset()
) -> Callable[[Column, Column], Column]:
    """A column function of `pseudonyms`; NULL stays NULL."""
    # Here: who asks for one visitor's pseudonym does not wait for Spark's modules.
    from pyspark.sql.pandas.functions import arrow_udf

    def pseudonym(visitor_ids: pa.Array, key_ids: pa.Array) -> pa.Array:
        return pseudonyms(visitor_ids, key_ids, secrets, erased)

    # pyspark's types ask for a kind of UDF, and its code warns if one is given beside type hints.
    made = arrow_udf(pseudonym, "string")  # type: ignore[call-overload]
    # Else a filter on the pseudonym is moved below the column, and every row goes to Python and back twice.
    return made.asNondeterministic()  # type: ignore[no-any-return]


def key_id_at(first_dates: Mapping[str, dt.date | None], date: str) -> str:
    """SQL: the id of the key that holds on the date of the expression `date`.

    `first_dates` are those of the keys by id, rising; that of the first is None.
    """
    (first, _), *others = first_dates.items()
    cases = [f"WHEN {date} >= DATE'{first_date}' THEN '{key_id}'" for key_id, first_date in reversed(others)]
    return f"CASE {' '.join(cases)} ELSE '{first}' END" if cases else f"'{first}'"
