"""What is kept of a request for erasure names nobody, be it of many people or of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.erasure.search import Needles
from jobs.erasure.visitors import Visitors, read_visitors
from jobs.io.keys import KeyRing, new_secret, ring_of


@pytest.fixture
def ring() -> KeyRing:
    return ring_of([(None, new_secret())])


def _visitors(ring: KeyRing, folder: Path, *ids: str) -> Visitors:
    file = folder / "visitors.txt"
    file.write_text("\n".join(ids))
    return read_visitors(file, ring)


@pytest.mark.parametrize("ids", [["visitor-11111111"], ["visitor-11111111", "visitor-22222222"]])
def test_fingerprint_and_tombstones_are_no_trace_of_anybody(ids: list[str], ring: KeyRing, tmp_path: Path) -> None:
    visitors = _visitors(ring, tmp_path, *ids)
    (secret,) = (key.secret for key in ring.keys)
    assert secret is not None
    kept = " ".join([visitors.fingerprint(secret), *visitors.tombstones]).encode()

    assert list(Needles(visitors).found(kept)) == []
    assert all(list(Needles(visitors).found(f"x{name}x".encode())) for name in visitors.pseudonyms["1"])


def test_fingerprint_is_of_the_same_people_in_any_order(ring: KeyRing, tmp_path: Path) -> None:
    (secret,) = (key.secret for key in ring.keys)
    assert secret is not None

    both = _visitors(ring, tmp_path, "b", "a").fingerprint(secret)

    assert both == _visitors(ring, tmp_path, "a", "b", "a").fingerprint(secret)
    assert both != _visitors(ring, tmp_path, "a").fingerprint(secret)
