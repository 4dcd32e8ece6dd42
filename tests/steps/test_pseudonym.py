"""Pseudonyms: HMAC-SHA256 by the vectors of RFC 4231, whole columns against one by one, keys by date against the ring."""

from __future__ import annotations

import datetime as dt
import hashlib

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.io.keys import ring_of
from jobs.steps.pseudonym import key_id_at, pseudonyms, visitor_key

#: RFC 4231, sections 4.2, 4.3, 4.7 and 4.8: key, data that are text, HMAC-SHA256.
VECTORS = [
    (b"\x0b" * 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (b"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    (
        b"\xaa" * 131,
        "Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
    (
        b"\xaa" * 131,
        "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be "
        "hashed before being used by the HMAC algorithm.",
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ),
]
SECRETS = {"1": b"\x01" * 32, "2": b"\x02" * 32, "3": b"\x03" * 32}
PAIRS = st.lists(st.tuples(st.none() | st.text(max_size=3), st.none() | st.sampled_from(sorted(SECRETS))))
#: Dates near each other, so that they often meet.
DATES = st.dates(dt.date(2026, 12, 20), dt.date(2027, 1, 12))


def _plain_hmac(key: bytes, data: bytes) -> str:
    """RFC 2104, as it is written there."""
    block = (key if len(key) <= 64 else hashlib.sha256(key).digest()).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in block) + data).digest()
    return hashlib.sha256(bytes(b ^ 0x5C for b in block) + inner).hexdigest()


@pytest.mark.parametrize(("key", "data", "expected"), VECTORS)
def test_pseudonym_is_hmac_sha256(key: bytes, data: str, expected: str) -> None:
    assert visitor_key(data, key) == expected == _plain_hmac(key, data.encode())


@given(PAIRS)
def test_column_of_pseudonyms_is_each_visitor_under_the_key_beside_it(
    pairs: list[tuple[str | None, str | None]],
) -> None:
    visitors, keys = (pa.array([pair[n] for pair in pairs], pa.string()) for n in (0, 1))

    made = pseudonyms(visitors, keys, SECRETS)

    assert made.type == pa.string()
    assert made.to_pylist() == [
        None if visitor is None or key_id is None else _plain_hmac(SECRETS[key_id], visitor.encode())
        for visitor, key_id in pairs
    ]


@settings(deadline=None)
@given(st.sets(DATES, max_size=12))
def test_key_by_date_in_sql_is_the_key_that_the_ring_names(first_dates: set[dt.date]) -> None:
    ring = ring_of([(date, b"x" * 32) for date in (None, *sorted(first_dates))])
    days = [dt.date(2026, 12, 19) + dt.timedelta(days=n) for n in range(26)]
    with duckdb.connect() as connection:
        table = connection.from_arrow(pa.table({"day": days}))
        found = table.project(f"day, {key_id_at(ring.first_dates, 'day')}").fetchall()

    assert dict(found) == {day: ring.of(day).id for day in days}
