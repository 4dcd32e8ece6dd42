"""When keys change, by the plain calendar."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.config import Settings, load_settings
from jobs.errors import UsageError
from jobs.io.keys import KeyRing, key_file, load_ring, make_key, read_ring, ring_of, write_ring
from jobs.key_cuts import rotations_near
from jobs.rotation import last_start, next_rotation, ring_for_night, rotated, with_next_key, without

EPOCH = dt.date(1970, 1, 1)
DAY = dt.timedelta(days=1)
LANDING = dt.date(2026, 11, 20)
A, B, C = (bytes([n]) * 32 for n in (0xA1, 0xB2, 0xC3))
BARE = ring_of([(None, A)])
#: Days 20,839 and 20,930 since 1970: 229 and 230 times 91.
JAN, APR = dt.date(2027, 1, 21), dt.date(2027, 4, 22)
DATES = st.dates(dt.date(2020, 1, 1), dt.date(2035, 12, 31))


def _dates(ring: KeyRing) -> list[dt.date | None]:
    return [key.first_date for key in ring.keys]


@given(DATES, st.integers(32, 400))
def test_rotation_dates_are_multiples_of_days_since_1970(after: dt.date, days: int) -> None:
    found = next_rotation(after, days)

    multiples = (EPOCH + n * days * DAY for n in range(1_000_000))
    assert found == next(date for date in multiples if date > after)


def test_bare_key_gets_its_next_key_and_keeps_everything_before() -> None:
    ring = with_next_key(BARE, None, LANDING + DAY, 91)

    assert _dates(ring) == [None, JAN]
    assert ring.keys[0].secret == A and len(ring.keys[1].secret or b"") == 32


@pytest.mark.parametrize(
    ("starting", "expected"), [(JAN - DAY, [None, JAN]), (JAN, [None, JAN, APR]), (APR - DAY, [None, JAN, APR])]
)
def test_key_is_added_as_soon_as_the_last_one_may_be_in_use(starting: dt.date, expected: list[dt.date | None]) -> None:
    ring = ring_of([(None, A), (JAN, B)])

    assert _dates(with_next_key(ring, None, starting, 91)) == expected


def test_nights_after_a_long_pause_make_every_key_of_the_pause() -> None:
    ring = with_next_key(ring_of([(None, A), (JAN, B)]), JAN - 5 * DAY, JAN + 200 * DAY, 91)

    assert _dates(ring) == [None, JAN, APR, APR + 91 * DAY, APR + 182 * DAY]


def test_no_new_key_starts_where_beacons_are_landed_already() -> None:
    """A ring that could not be written for a while: what landed meanwhile keeps its key."""
    landed_to = APR + 3 * DAY

    assert _dates(with_next_key(BARE, landed_to, LANDING, 91)) == [None, APR + 91 * DAY]
    assert _dates(with_next_key(ring_of([(None, A), (JAN, B)]), landed_to, landed_to + DAY, 91)) == [
        None,
        JAN,
        APR + 91 * DAY,
    ]


@given(st.lists(DATES, min_size=1, max_size=8), st.integers(32, 200))
def test_nights_in_any_order_never_change_the_key_of_a_date_that_may_have_started(
    landings: list[dt.date], days: int
) -> None:
    ring, landed, seen = BARE, None, dict[dt.date, str]()
    for landing in landings:
        started = None if landed is None else last_start(landed, Settings())
        landed = max(landing, landed or landing)
        starting = last_start(landed, Settings())
        before, ring = ring, with_next_key(ring, started, starting, days)

        assert ring.keys[: len(before.keys)] == before.keys
        assert (ring.keys[-1].first_date or EPOCH) > starting
        for date in (landing - DAY, landing, last_start(landing, Settings())):
            assert seen.setdefault(date, ring.of(date).id) == ring.of(date).id


def test_without_rotation_the_ring_stays() -> None:
    assert with_next_key(BARE, None, LANDING, 0) == BARE


@pytest.mark.parametrize("tolerance_ms", [0, 3_600_000, 86_400_000, 200_000_000])
def test_last_start_is_the_date_of_the_last_beacon_that_is_not_from_the_future(tolerance_ms: int) -> None:
    end_of_landing = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
    latest = end_of_landing + dt.timedelta(milliseconds=tolerance_ms)

    assert last_start(LANDING, Settings(future_tolerance_ms=tolerance_ms)) == latest.date()


@pytest.mark.parametrize(
    ("first_date", "expected"),
    [(JAN - DAY, [None, JAN - DAY]), (JAN, [None, JAN]), (JAN + DAY, [None, JAN, JAN + DAY])],
)
def test_operators_key_takes_the_place_of_keys_that_were_to_start_later(
    first_date: dt.date, expected: list[dt.date | None]
) -> None:
    ring = rotated(ring_of([(None, A), (JAN, B), (APR, C)]), first_date)

    assert _dates(ring) == expected
    assert ring.keys[-1].secret not in (A, B, C)


def test_destroyed_key_leaves_its_dates_and_the_ids_of_the_others() -> None:
    ring = ring_of([(None, A), (JAN, B), (APR, C)])

    left = without(ring, ring.keys[:2])

    assert left.secrets == {"3": C}
    assert left.first_dates == ring.first_dates


def test_ring_of_a_night_is_written_with_its_next_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOVERLAKE_KEY_FILE", raising=False)
    warehouse, said = str(tmp_path / "warehouse"), list[str]()
    make_key(key_file(warehouse))

    ring = ring_for_night(warehouse, Settings(), None, LANDING, said.append)
    again = ring_for_night(warehouse, Settings(), LANDING, LANDING + DAY, said.append)

    assert ring == again == load_ring(warehouse)
    assert _dates(ring) == [None, JAN]
    assert len(said) == 1 and f"from {JAN} on" in said[0]


def test_ring_that_cannot_be_written_is_a_remark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse, said = str(tmp_path / "warehouse"), list[str]()
    monkeypatch.setenv("HOVERLAKE_KEY_FILE", str(tmp_path / "key"))
    secret = make_key(tmp_path / "key")

    def read_only(path: Path, ring: KeyRing) -> None:
        raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr("jobs.io.keys.write_ring", read_only)
    ring = ring_for_night(warehouse, Settings(), None, LANDING, said.append)

    assert ring == read_ring(tmp_path / "key") == ring_of([(None, secret)])
    assert len(said) == 1 and f"no key from {JAN} on" in said[0] and "Read-only file system" in said[0]


def test_ring_of_the_environment_is_never_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = list[str]()
    monkeypatch.setenv("HOVERLAKE_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("HOVERLAKE_KEY_RING", A.hex())

    ring = ring_for_night("s3a://lake/warehouse", Settings(), None, LANDING, said.append)

    assert ring == BARE and not list(tmp_path.iterdir())
    assert len(said) == 1 and f"HOVERLAKE_KEY_RING has no key from {JAN} on" in said[0]
    assert A.hex()[:8] not in said[0]


@pytest.mark.parametrize(("days", "is_taken"), [(0, True), (31, False), (32, True), (-1, False)])
def test_keys_change_rarely_or_never(days: int, is_taken: bool) -> None:
    if is_taken:
        assert load_settings([f"key_rotation_days={days}"]).key_rotation_days == days
        return
    with pytest.raises(UsageError, match="key_rotation_days"):
        load_settings([f"key_rotation_days={days}"])


def test_period_of_keys_decides_no_number() -> None:
    assert Settings(key_rotation_days=60).sha256() == Settings().sha256()


@pytest.mark.parametrize(
    ("built", "published", "expected"),
    [
        ([JAN], [], [JAN]),
        ([JAN - DAY], [], []),
        ([JAN - DAY], [JAN], [JAN]),
        ([JAN + DAY], [JAN], []),
        ([JAN, APR], [], [JAN, APR]),
    ],
)
def test_cuts_are_counted_again_when_either_side_of_the_midnight_is_built(
    built: list[dt.date], published: list[dt.date], expected: list[dt.date]
) -> None:
    assert rotations_near([None, JAN, APR], built, published) == expected


def test_written_ring_keeps_the_rights_of_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "key"
    make_key(path)
    path.chmod(0o400)

    write_ring(path, rotated(read_ring(path), JAN))

    assert path.stat().st_mode & 0o777 == 0o600
