"""`hoverlake doctor --warm` leaves an archive that Java takes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from jobs import warm as module
from jobs.errors import InfrastructureFailed
from jobs.warm import warm


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "hoverlake"


def test_a_java_that_never_ends_is_ended_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WRITTEN_WITHIN_S", 0)
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as run, pytest.raises(InfrastructureFailed) as error:
        module._wait_for_group(run.pid)

    assert run.returncode < 0
    assert "hoverlake doctor --warm tries again" in str(error.value)


@pytest.mark.slow
@pytest.mark.spark
def test_the_archive_is_all_that_a_night_leaves_and_a_real_key_stays_untouched(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOVERLAKE_KEY_FILE", str(tmp_path / "real.key"))

    archive = warm()

    assert list(cache.iterdir()) == [archive]
    assert not (tmp_path / "real.key").exists()
    assert archive.stat().st_size > 50_000_000
