"""Whole nights with raw files and warehouse on S3: the same tables as on disk, the same exit codes."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from jobs.io.store import Store
from tests.night.warehouses import newest_release, night, published
from tests.s3.nights import LAST_LANDING, NIGHT_S, Disk, bring, nightly, start_nightly
from tests.s3.server import BUCKET, SECRET_KEY, Server

pytestmark = [pytest.mark.spark, pytest.mark.s3]
RAW, WAREHOUSE = f"s3a://{BUCKET}/raw", f"s3a://{BUCKET}/warehouse"
#: A server that is away must stop a run within about a minute; the rest is for other work on the machine.
AWAY_S = 120


def test_nights_on_s3_are_those_on_disk(disk: Disk) -> None:
    bring(disk.raw, RAW)
    late_path = disk.late_file.relative_to(disk.raw).as_posix()
    Store(RAW).delete(late_path)

    night(RAW, WAREHOUSE, LAST_LANDING)

    assert newest_release(WAREHOUSE).number == 1
    assert published(WAREHOUSE) == disk.first
    assert any(disk.first.values())

    Store(RAW).put(late_path, disk.late_file.read_bytes())
    night(RAW, WAREHOUSE, LAST_LANDING)

    assert newest_release(WAREHOUSE).number == 2
    assert published(WAREHOUSE) == disk.second
    assert disk.second != disk.first
    assert list(Store(WAREHOUSE).list("_staging")) == []


def test_a_second_run_finds_nothing_new(disk: Disk) -> None:
    exit_code, said = nightly(LAST_LANDING, RAW, WAREHOUSE, disk.key_file)

    assert exit_code == 10, said
    assert "nothing new" in said


def test_a_rewritten_raw_file_is_refused_by_name(disk: Disk) -> None:
    path = disk.late_file.relative_to(disk.raw).as_posix()
    Store(RAW).put(path, b"{}\n")

    exit_code, said = nightly(LAST_LANDING, RAW, WAREHOUSE, disk.key_file)
    Store(RAW).put(path, disk.late_file.read_bytes())

    assert exit_code == 12, said
    assert path in said.splitlines()[-1]


def test_the_command_answers_questions_on_s3_and_sees_nothing_else(disk: Disk) -> None:
    def ask(query: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "jobs.cli", "sql", query, "--warehouse", WAREHOUSE, "--format", "csv"]
        return subprocess.run(words, capture_output=True, text=True, timeout=NIGHT_S, check=False)

    count = ask("select count(*) as n from mart.story_attention_daily")
    outside = ask(f"select * from read_text('{disk.key_file}')")

    assert count.stdout.splitlines()[-1] == str(len(disk.second["mart.story_attention_daily"])), count.stderr
    assert outside.returncode == 2
    assert "sees the warehouse's tables only" in outside.stderr


def test_a_server_killed_in_mid_run_leaves_work_that_the_next_run_ends(disk: Disk, server: Server) -> None:
    bring(disk.raw, f"s3a://{BUCKET}/raw-2")
    warehouse = f"s3a://{BUCKET}/warehouse-2"
    words = (LAST_LANDING, f"s3a://{BUCKET}/raw-2", warehouse, disk.key_file, "--set", "min_visitors=1")
    process = start_nightly(*words)
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if "land" in line and "accepted" in line:
            break

    server.kill()
    killed_at = time.monotonic()
    try:
        said += process.communicate(timeout=NIGHT_S)[1]
        waited = time.monotonic() - killed_at
    finally:
        process.kill()
        server.start()

    last = said.splitlines()[-1]
    print(f"exit {process.returncode} after {waited:.0f} s: {last}")
    assert process.returncode == 14, said
    assert waited < AWAY_S
    assert last.startswith("hoverlake: ")
    assert SECRET_KEY not in said
    assert newest_number(warehouse) == 0

    night(f"s3a://{BUCKET}/raw-2", warehouse, LAST_LANDING)

    assert published(warehouse) == disk.second


def newest_number(warehouse: str) -> int:
    from jobs.io import releases

    return releases.newest_number(Store(warehouse))
