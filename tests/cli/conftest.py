"""The `hoverlake` command run in this process; nothing here may get as far as Spark."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from jobs import cli
from jobs.io.releases import InputFile
from jobs.io.store import Store
from tests.reading.small_warehouse import publish_release, write_table
from warehouse_schema import TABLES
from warehouse_schema.derive import rows

DAY = "2026-11-20"
HEATMAP = "mart.hover_heatmap_daily"


@dataclass(frozen=True)
class Said:
    """What a command left: exit code, everything on stdout, the last line on stderr."""

    exit_code: int
    out: str
    last: str


class Command:
    """Runs `hoverlake` in this process, on one raw folder and one warehouse."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.raw, self.warehouse = root / "raw", root / "warehouse"
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *words: str) -> Said:
        self._monkeypatch.setattr(sys, "argv", ["hoverlake", *words])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        out, err = self._capsys.readouterr()
        return Said(int(stopped.value.code or 0), out, (err.splitlines() or [""])[-1])

    def nightly(self, *words: str) -> Said:
        return self("nightly", "--date", DAY, "--raw", str(self.raw), "--warehouse", str(self.warehouse), *words)

    def raw_file(self, name: str = "a.ndjson.gz", content: bytes = gzip.compress(b"{}\n")) -> InputFile:
        """A file of the landing date, as a manifest would hold it."""
        path = self.raw / f"landing_date={DAY}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        [etag] = [item.etag for item in Store(str(self.raw)).list() if item.path.endswith(f"/{name}")]
        below = path.relative_to(self.raw).as_posix()
        return InputFile(below, len(content), etag, hashlib.sha256(content).hexdigest(), 1, DAY)


@pytest.fixture
def hoverlake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    for name in [name for name in os.environ if name.startswith("HOVERLAKE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("jobs.io.session.start_session", _too_far)
    return Command(tmp_path, monkeypatch, capsys)


def _too_far(**_: object) -> NoReturn:
    raise AssertionError("the night came as far as Spark")


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One published cell of the heatmap of one surface on one day. To be copied."""
    root = tmp_path_factory.mktemp("cli") / "warehouse"
    cell = {"event_date": dt.date.fromisoformat(DAY), "surface": "feed", "space": "document", "dwell_ms": 100}
    publish_release(str(root), {HEATMAP: write_table(str(root), HEATMAP, rows(TABLES[HEATMAP], cell))})
    return root


@pytest.fixture
def warehouse(hoverlake: Command, published: Path) -> str:
    return str(shutil.copytree(published, hoverlake.warehouse))
