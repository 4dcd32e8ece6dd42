"""Equal arguments give equal bytes, however many processes work on them."""

from __future__ import annotations

import datetime as dt
import hashlib
import pickle
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from jobs.simulator import night, simulate

DAY = dt.date(2026, 11, 20)


def hashes(root: Path) -> dict[str, str]:
    return {
        str(f.relative_to(root)): hashlib.sha256(f.read_bytes()).hexdigest()
        for f in sorted(root.rglob("*"))
        if f.is_file()
    }


class OneProcess:
    """Stands for a pool of processes, without starting one: what goes in and comes out is pickled, the last comes first."""

    def __init__(self, *_: object, **__: object) -> None: ...

    def __enter__(self) -> OneProcess:
        return self

    def __exit__(self, *_: object) -> None: ...

    def map(self, work: Callable[[object], object], chunks: Iterable[object]) -> Iterator[object]:
        packed = [pickle.dumps(chunk) for chunk in chunks]
        return reversed([pickle.loads(pickle.dumps(work(pickle.loads(chunk)))) for chunk in reversed(packed)])


@pytest.mark.parametrize("is_pool_real", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_number_of_processes_changes_no_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_pool_real: bool
) -> None:
    """Processes of their own take seconds to start: every run sees that chunks may be worked on in any order."""
    if not is_pool_real:
        monkeypatch.setattr(night, "ProcessPoolExecutor", OneProcess)
    monkeypatch.setattr(night, "VISITORS_PER_CHUNK", 1)
    for processes in (1, 2):
        folder = tmp_path / str(processes)
        simulate(DAY, 8, 3, folder / "raw", folder / "truth", processes=processes)

    assert hashes(tmp_path / "1") == hashes(tmp_path / "2")
    assert len(list((tmp_path / "1/raw").rglob("part-20261120-0000[012].*"))) >= 3


def test_same_seed_overwrites_with_equal_bytes_and_another_seed_differs(tmp_path: Path) -> None:
    simulate(DAY, 20, 3, tmp_path)
    once = hashes(tmp_path)
    simulate(DAY, 20, 3, tmp_path)
    again = hashes(tmp_path)
    (tmp_path / "landing_date=2026-11-20/part-20261120-mine.txt").write_text("")
    simulate(DAY, 20, 4, tmp_path)

    other = hashes(tmp_path)
    assert other.pop("landing_date=2026-11-20/part-20261120-mine.txt")
    assert again == once
    assert set(other.values()).isdisjoint(once.values())
