"""Visitor ids to pseudonyms: HMAC-SHA256 under a key of the warehouse's ring, as 64 hex digits.

A plain hash of key and id is not an HMAC, and Spark has no HMAC function: an Arrow UDF, so that the keys travel in the
function and never stand in a plan.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection, Mapping

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column
from pyspark.sql.pandas.functions import arrow_udf

#: SQL: the tombstone of a row's visitor.
TOMBSTONE = "sha2(visitor_key, 256)"


def tombstone(pseudonym: str) -> str:
    """What is kept of an erased pseudonym; `TOMBSTONE` is the same in SQL."""
    return hashlib.sha256(pseudonym.encode()).hexdigest()


def pseudonym_udf(
    secrets: Mapping[str, bytes], erased: Collection[str] = frozenset()
) -> Callable[[Column, Column], Column]:
    """A column function from visitor ids and key ids to pseudonyms; NULL stays NULL, and is said of a visitor whose
    tombstone is among `erased`."""

    def pseudonym(visitor_id: str | None, key_id: str) -> str | None:
        if visitor_id is None:
            return None
        found = hmac.digest(secrets[key_id], visitor_id.encode(), "sha256").hex()
        return None if erased and tombstone(found) in erased else found

    def pseudonyms(visitor_ids: pa.Array, key_ids: pa.Array) -> pa.Array:
        # A visitor sends many beacons: each pair is computed once.
        pairs = pc.binary_join_element_wise(key_ids, visitor_ids, "\x00").dictionary_encode()
        unique = [None if pair is None else pair.split("\x00", 1) for pair in pairs.dictionary.to_pylist()]
        names = [None if pair is None else pseudonym(pair[1], pair[0]) for pair in unique]
        return pa.array(names, pa.string()).take(pairs.indices)

    # pyspark's types ask for a kind of UDF, and its code warns if one is given beside type hints.
    return arrow_udf(pseudonyms, "string")  # type: ignore[call-overload, no-any-return]
