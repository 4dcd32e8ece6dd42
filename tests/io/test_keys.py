"""The ring of keys: which key is used when, what its file may hold, how it grows."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.errors import HoverlakeError, NothingNew, UsageError
from jobs.io import releases
from jobs.io.keys import Key, KeyRing, key_file, load_ring, new_ring, read_ring, write_ring
from jobs.io.releases import EventDate
from jobs.io.store import Store
from jobs.key_keeping import destroy, list_keys, rotate

DATES = st.dates(dt.date(2026, 1, 1), dt.date(2028, 12, 31))
TODAY = dt.date(2026, 11, 23)
#: RFC 4231, cases 1 to 3: key, data, HMAC-SHA256.
VECTORS = [
    (b"\x0b" * 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (b"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
]


@pytest.mark.parametrize(("secret", "data", "expected"), VECTORS)
def test_pseudonyms_are_hmac_sha256(secret: bytes, data: str, expected: str) -> None:
    assert Key("1", None, secret).pseudonym(data) == expected


@given(firsts=st.lists(DATES, unique=True, max_size=5), date=DATES)
def test_the_key_of_a_date_is_the_last_one_that_came_into_use(firsts: list[dt.date], date: dt.date) -> None:
    ring = new_ring()
    for first in sorted(firsts):
        ring = ring.rotated(first)

    passed = sum(first <= date for first in firsts)

    assert ring.of(date).id == str(1 + passed)


@given(date=DATES, days=st.integers(29, 400), nights=st.lists(st.integers(1, 200), max_size=5))
def test_the_ring_always_holds_the_next_key(date: dt.date, days: int, nights: list[int]) -> None:
    ring = new_ring().extended(date, days)
    for gap in nights:
        date += dt.timedelta(days=gap)
        before = ring
        ring = ring.extended(date, days)
        assert ring.keys[: len(before.keys)] == before.keys

    assert ring.keys[-1].first_date is not None and ring.keys[-1].first_date > date + dt.timedelta(days=1)
    assert all((key.first_date - dt.date(1970, 1, 1)).days % days == 0 for key in ring.keys if key.first_date)
    assert ring.extended(date, days) == ring
    assert ring.extended(date, 0) == ring


@given(firsts=st.lists(DATES, unique=True, max_size=4), gone=st.sets(st.sampled_from("12345")))
def test_a_ring_is_read_as_it_was_written(firsts: list[dt.date], gone: set[str]) -> None:
    ring = new_ring()
    for first in sorted(firsts):
        ring = ring.rotated(first)
    ring = ring.without(sorted(gone))

    assert read_ring(ring.text(), "ring") == ring
    assert {key.id for key in ring.keys if key.secret is None} == gone & {key.id for key in ring.keys}


def test_a_bare_key_is_a_ring() -> None:
    ring = read_ring("ab" * 32, "ring")

    assert ring == KeyRing((Key("1", None, b"\xab" * 32),))
    assert ring.pseudonyms("v") == {"1": hmac.new(b"\xab" * 32, b"v", hashlib.sha256).hexdigest()}


SECRET = "cd" * 32


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "holds no key"),
        ("x" * 64, "line 1"),
        (SECRET[2:], "line 1"),
        (f"{SECRET} 2026-11-20", "line 1"),
        (f"{SECRET}\n{SECRET}", "line 2"),
        (f"{SECRET}\n{SECRET} 20.11.2026", "line 2"),
        (f"{SECRET}\n{SECRET} 2026-11-20\n{SECRET} 2026-11-20", "line 3"),
        (f"{SECRET}\n{SECRET} 2026-11-20 2026-11-21", "line 2"),
    ],
)
def test_what_is_no_ring_is_refused_by_line_and_never_quoted(text: str, line: str) -> None:
    with pytest.raises(UsageError, match=line) as error:
        read_ring(text, "key file k")

    assert SECRET[2:] not in str(error.value)


def test_no_secret_is_in_a_representation() -> None:
    ring = read_ring(SECRET, "ring")

    assert SECRET not in repr(ring) and repr(bytes.fromhex(SECRET)) not in repr(ring)


def test_file_is_its_owners_alone_and_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = key_file(str(tmp_path / "warehouse"))
    write_ring(path, new_ring())
    first = load_ring(str(tmp_path / "warehouse"))
    write_ring(path, first.rotated(TODAY))

    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert load_ring(str(tmp_path / "warehouse")).keys[0] == first.keys[0]
    monkeypatch.setenv("HOVERLAKE_KEY_RING", SECRET)
    assert load_ring("s3a://bucket/warehouse") == read_ring(SECRET, "ring")
    with pytest.raises(UsageError, match="HOVERLAKE_KEY_RING") as error:
        rotate(str(tmp_path / "warehouse"), TODAY, TODAY)
    assert SECRET not in str(error.value)


@pytest.fixture
def warehouse(tmp_path: Path) -> str:
    """Three keys, the last next; the newest release holds dates of the second from 2026-11-01 on."""
    ring = new_ring().rotated(dt.date(2026, 7, 23)).rotated(dt.date(2027, 1, 21))
    write_ring(key_file(str(tmp_path / "warehouse")), ring)
    dates = {"2026-11-01": EventDate("final", "1", "x"), "2026-11-23": EventDate("provisional", "1", "x")}
    record = releases.Release(1, "r", "2026-11-23T03:00:00Z", "2026-11-23", {}, dates, clean_since="2026-10-25")
    releases.publish(Store(str(tmp_path / "warehouse"), create=True), record, {})
    return str(tmp_path / "warehouse")


def test_list_says_dates_and_states(warehouse: str) -> None:
    said = list_keys(warehouse, TODAY)

    states = [line.split()[-1] for line in said.splitlines() if line.strip() and line.split()[0] in "123"]
    assert states == ["past", "use", "next"]
    assert not any(key.secret.hex() in said for key in load_ring(warehouse).keys if key.secret)


@pytest.mark.parametrize(
    ("first", "says"), [("2026-11-24", "may already have"), ("2027-01-21", "key 3 is there already")]
)
def test_rotation_never_touches_dates_that_have_pseudonyms(warehouse: str, first: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        rotate(warehouse, dt.date.fromisoformat(first), TODAY)


def test_rotation_adds_a_key(warehouse: str) -> None:
    rotate(warehouse, dt.date(2027, 3, 1), TODAY)

    assert load_ring(warehouse).keys[-1].first_date == dt.date(2027, 3, 1)


def test_only_keys_that_nothing_needs_are_destroyed(warehouse: str) -> None:
    assert destroy(warehouse, [], TODAY, is_dry_run=True).startswith("would destroy 1 of")
    assert load_ring(warehouse).keys[0].secret is not None

    destroy(warehouse, [], TODAY)

    ring = load_ring(warehouse)
    assert [key.secret is None for key in ring.keys] == [True, False, False]
    assert ring.destroyed_dates() == [(dt.date(1970, 1, 1), dt.date(2026, 7, 22))]
    assert set(ring.pseudonyms("v")) == {"2", "3"}
    with pytest.raises(NothingNew, match="key 2: it is in use"):
        destroy(warehouse, [], TODAY)


@pytest.mark.parametrize(
    ("key_id", "today", "says"),
    [
        ("2", TODAY, "it is in use"),
        ("3", TODAY, "it is in use"),
        ("1", dt.date(2026, 8, 1), "clean keeps its rows until 2026-08-21"),
        ("2", dt.date(2027, 6, 1), "clean still holds rows of 2026-11-23"),
        ("4", TODAY, "there is no key 4"),
    ],
)
def test_a_key_that_is_needed_stays(warehouse: str, key_id: str, today: dt.date, says: str) -> None:
    with pytest.raises(HoverlakeError, match=says):
        destroy(warehouse, [key_id], today)

    assert all(key.secret for key in load_ring(warehouse).keys)
