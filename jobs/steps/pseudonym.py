"""Visitor ids to pseudonyms: HMAC-SHA256 under the warehouse's key, as 64 hex digits.

A plain hash of key and id is not an HMAC, and Spark has no HMAC function: an Arrow UDF, so that the key travels in
the function and never stands in a plan.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql.pandas.functions import arrow_udf


def visitor_key(visitor_id: str, key: bytes) -> str:
    """The pseudonym of one visitor."""
    return hmac.digest(key, visitor_id.encode(), "sha256").hex()


def pseudonym_udf(key: bytes) -> Callable[[Column], Column]:
    """A column function from visitor ids to pseudonyms; NULL stays NULL."""

    def pseudonyms(visitor_ids: pa.Array) -> pa.Array:
        return pa.array([None if v is None else visitor_key(v, key) for v in visitor_ids.to_pylist()], pa.string())

    # pyspark's types ask for a kind of UDF, and its code warns if one is given beside type hints.
    return arrow_udf(pseudonyms, "string")  # type: ignore[call-overload, no-any-return]
