"""Two users of one machine: the owner of the warehouse, and an analyst, who reads mart and ops and nothing else."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

from jobs.io.keys import key_file
from jobs.io.layers import CLOSED
from tests.conftest import Demo

pytestmark = pytest.mark.spark
PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def shared(demo_warehouse: Demo) -> Iterator[Path]:
    """The warehouse with its modes, where other users can come to."""
    root = Path(tempfile.mkdtemp(prefix="hoverlake-shared-"))
    root.chmod(0o755)
    shutil.copytree(demo_warehouse.warehouse, root / "warehouse")
    shutil.copy2(key_file(str(demo_warehouse.warehouse)), root / "warehouse.key")
    yield root
    shutil.rmtree(root)


def _as_analyst(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Python as the user nobody; skips where the test may not become another user, or that user has no Python."""
    if os.geteuid() != 0:
        pytest.skip("becoming another user takes root")
    python = _python()
    if python is None:
        pytest.skip("the user nobody may run no Python of this version, or not read this project's folder")
    return _run(python, *arguments)


@cache
def _python() -> str | None:
    """A Python of this version that the user nobody may run, with this project's packages."""
    bare = shutil.which(f"python3.{sys.version_info.minor}", path="/usr/local/bin:/usr/bin:/bin")
    for python in (sys.executable, bare):
        with suppress(OSError):
            if python and _run(python, "-c", "import jobs.sql").returncode == 0:
                return python
    return None


def _run(python: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    nobody = pwd.getpwnam("nobody")
    packages = os.pathsep.join([str(PROJECT), sysconfig.get_path("purelib")])
    return subprocess.run(
        [python, *arguments],
        env={"PATH": os.environ["PATH"], "HOME": "/tmp", "PYTHONPATH": packages, "PYTHONDONTWRITEBYTECODE": "1"},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
    )


def _sql(root: Path, query: str) -> subprocess.CompletedProcess[str]:
    return _as_analyst("-m", "jobs.cli", "sql", query, "--warehouse", str(root / "warehouse"))


def test_folders_of_people_are_their_owners_alone(demo_warehouse: Demo) -> None:
    modes = {name: (demo_warehouse.warehouse / name).stat().st_mode & 0o777 for name in CLOSED}

    assert set(modes.values()) == {0o700}
    assert key_file(str(demo_warehouse.warehouse)).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "table", ["mart.reach_daily", "mart.hover_heatmap_daily", "ops.reconciliation", "ops.dq_results"]
)
def test_analyst_reads_marts_and_ops(shared: Path, table: str) -> None:
    answer = _sql(shared, f"select count(*) > 0 as has_rows from {table}")

    assert answer.returncode == 0, answer.stderr
    assert "true" in answer.stdout


@pytest.mark.parametrize("table", ["clean.beacons", "clean.page_views", "clean.hovers", "restricted.reconciliation"])
def test_analyst_reads_neither_clean_nor_restricted(shared: Path, table: str) -> None:
    answer = _sql(shared, f"select * from {table}")

    assert answer.returncode == 2
    assert "may not be read by you" in answer.stderr
    assert answer.stdout == ""


def test_no_file_of_people_or_keys_opens_for_the_analyst(shared: Path) -> None:
    closed = [path for name in CLOSED for path in (shared / "warehouse" / name).rglob("*") if path.is_file()]
    files = [*closed, shared / "warehouse.key"]
    script = "import sys\nfor path in sys.stdin.read().split('\\n'):\n    try: open(path).close(); print(path)\n    except OSError: pass"

    assert len(files) > 10
    listed = shared / "files.py"
    listed.write_text(script.replace("sys.stdin.read()", repr("\n".join(map(str, files)))))
    listed.chmod(0o644)
    opened = _as_analyst(str(listed))

    assert (opened.returncode, opened.stdout) == (0, "")
