"""Key rings: reading and writing them, which key holds for a date, and that no secret is told."""

from __future__ import annotations

import datetime as dt
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.errors import UsageError
from jobs.io.keys import (
    Key,
    KeyRing,
    load_key,
    load_known_ring,
    load_ring,
    make_key,
    parse_ring,
    read_ring,
    ring_of,
    write_ring,
)
from jobs.steps.pseudonym import visitor_key

A, B, C = (bytes([n]) * 32 for n in (0xA1, 0xB2, 0xC3))
JAN, APR = dt.date(2027, 1, 21), dt.date(2027, 4, 22)
RING = ring_of([(None, A), (JAN, B), (APR, C)])
DATES = st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31))


def _plain_key(ring: KeyRing, date: dt.date) -> Key:
    """The key of a date, read as the file is: from the first line down, until a key starts later."""
    found = ring.keys[0]
    for key in ring.keys[1:]:
        assert key.first_date is not None
        if key.first_date > date:
            break
        found = key
    return found


def _file(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_first_key_holds_before_the_second_and_the_last_without_end() -> None:
    days = [dt.date(1970, 1, 1), JAN - dt.timedelta(1), JAN, APR - dt.timedelta(1), APR, dt.date(2099, 1, 1)]

    assert [RING.of(day).id for day in days] == ["1", "1", "2", "2", "3", "3"]
    assert [RING.last_date(key) for key in RING.keys] == [JAN - dt.timedelta(1), APR - dt.timedelta(1), None]


@given(st.sets(DATES, max_size=6), DATES)
def test_key_of_a_date_is_the_one_that_reading_down_the_file_finds(first_dates: set[dt.date], date: dt.date) -> None:
    ring = ring_of([(None, A), *((first, B) for first in sorted(first_dates))])

    key = ring.of(date)

    assert key == _plain_key(ring, date)
    last = ring.last_date(key)
    assert (key.first_date is None or key.first_date <= date) and (last is None or date <= last)


def test_visitor_has_a_pseudonym_under_every_key_that_is_left_the_next_included() -> None:
    ring = ring_of([(None, None), (JAN, B), (APR, C)])

    assert ring.pseudonyms("v-1") == {"2": visitor_key("v-1", B), "3": visitor_key("v-1", C)}


def test_file_with_a_bare_key_is_a_ring_of_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOVERLAKE_KEY_FILE", raising=False)
    secret = make_key(tmp_path / "warehouse.key")

    ring = load_ring(str(tmp_path / "warehouse"))

    assert ring == KeyRing((Key("1", None, secret),))
    assert load_key(tmp_path / "warehouse.key") == secret


@given(st.sets(DATES, max_size=5), st.data())
def test_written_ring_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, first_dates: set[dt.date], data: st.DataObject
) -> None:
    dates = [None, *sorted(first_dates)]
    secrets = [data.draw(st.none() | st.binary(min_size=32, max_size=32)) for _ in dates[1:]]
    ring = ring_of(list(zip(dates, [*secrets, C], strict=True)))
    path = tmp_path_factory.mktemp("ring") / "key"

    write_ring(path, ring)

    assert read_ring(path) == ring
    assert [file.name for file in path.parent.iterdir()] == ["key"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_ring_that_cannot_be_written_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _file(tmp_path / "key", A.hex())

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("jobs.io.keys.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_ring(path, RING)

    assert read_ring(path) == ring_of([(None, A)])
    assert list(tmp_path.iterdir()) == [path]


def test_link_to_a_ring_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    path = _file(tmp_path / "real" / "key", A.hex())
    (tmp_path / "key").symlink_to(path)

    write_ring(tmp_path / "key", RING)

    assert (tmp_path / "key").is_symlink() and read_ring(path) == RING


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([], "is empty"),
        ([f"{A.hex()} 2027-01-21"], "line 1: expected a key alone"),
        ([A.hex(), B.hex()], "line 2: expected a key and its first date"),
        ([A.hex(), f"{B.hex()} {C.hex()}"], "line 2: the first date is not of the form"),
        ([A.hex(), f"2027-01-21 {B.hex()}"], "line 2: the first date is not of the form"),
        ([A.hex()[:-2]], "line 1 holds 31 bytes instead of 32"),
        ([A.hex()[:-1] + "g"], "line 1 is not readable as hex digits"),
        ([A.hex(), f"{B.hex()} 2027-04-22", f"{C.hex()} 2027-01-21"], "first dates of keys must rise"),
        ([A.hex(), f"{B.hex()} 2027-04-22", f"{C.hex()} 2027-04-22"], "first dates of keys must rise"),
        (["destroyed"], "the last key is destroyed"),
    ],
)
def test_what_is_no_ring_is_refused_in_words_that_hold_no_secret(lines: Sequence[str], problem: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_ring("\n".join(lines), "HOVERLAKE_KEY_RING")

    assert problem in str(refused.value) and str(refused.value).startswith("HOVERLAKE_KEY_RING")
    told = repr([refused.value, refused.value.__cause__])
    assert not any(secret.hex()[:8] in told for secret in (A, B, C))


def test_environment_holds_a_ring_too_and_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOVERLAKE_KEY_FILE", str(_file(tmp_path / "key", C.hex())))
    monkeypatch.setenv("HOVERLAKE_KEY_RING", f"{A.hex()}\ndestroyed 2027-01-21\n{B.hex().upper()} 2027-04-22\n")

    assert load_ring("s3a://lake/warehouse") == ring_of([(None, A), (JAN, None), (APR, B)])


def test_no_secret_stands_in_the_representation_of_a_ring() -> None:
    told = repr(RING) + str(RING) + repr(RING.keys[0])

    assert "secret" not in told
    assert not any(repr(secret)[2:12] in told or secret.hex()[:8] in told for secret in (A, B, C))


def test_another_ring_is_told_by_the_marks_of_keys_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_use = RING.marks(JAN)
    assert set(in_use) == {"1", "2"} and set(RING.marks(JAN - dt.timedelta(days=1))) == {"1"}

    def load(*lines: tuple[dt.date | None, bytes | None]) -> object:
        path = tmp_path / "key"
        path.unlink(missing_ok=True)
        path.touch(0o600)
        write_ring(path, ring_of(lines))
        monkeypatch.setenv("HOVERLAKE_KEY_FILE", str(path))
        return load_known_ring("warehouse", in_use)

    # Nobody can be found under a destroyed key, and a key that is not in use yet may change.
    assert load((None, None), (JAN, B), (APR, A)) == ring_of([(None, None), (JAN, B), (APR, A)])
    with pytest.raises(UsageError, match=r"is not the ring of warehouse: key 2, .* is another one"):
        load((None, A), (JAN, C))
    with pytest.raises(UsageError, match=r"key 2, .* is missing"):
        load((None, A))


def test_a_mark_tells_nothing_of_its_key() -> None:
    for key in RING.keys:
        assert key.secret is not None and key.mark is not None
        assert len(key.mark) == 16 and key.mark not in key.secret.hex() and key.mark != visitor_key("", key.secret)[:16]
