"""The doctor finds what is wrong, and for every problem says how to mend it."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from jobs import doctor as module
from jobs.doctor import Check, doctor, exit_code, report
from jobs.errors import InfrastructureFailed
from jobs.io import jars, releases
from jobs.io.class_archive import archive_file
from jobs.io.jars import Jar
from jobs.io.java import JavaHome
from jobs.io.keys import key_file, make_key
from jobs.io.store import Store

JAR = Jar("org.example", "example-lake", "1.0", hashlib.sha256(b"jar").hexdigest())


@pytest.fixture(autouse=True)
def healthy_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "requires", lambda _: ["duckdb==2.0.0", 'pytest==9.2.0; extra == "test"'])
    monkeypatch.setattr(module, "version", lambda _: "2.0.0")
    monkeypatch.setattr(module, "find_java", lambda: JavaHome(Path("/opt/java"), "17.0.15"))
    monkeypatch.setattr(jars, "DELTA_JARS", (JAR,))
    monkeypatch.delenv("HOVERLAKE_KEY_FILE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOVERLAKE_JARS", str(tmp_path / "jars"))
    (tmp_path / "jars").mkdir()
    (tmp_path / "jars" / JAR.file_name).write_bytes(b"jar")


@pytest.fixture
def raw(tmp_path: Path) -> str:
    for date in ("2026-11-20", "2026-11-22"):
        folder = tmp_path / "raw" / f"landing_date={date}" / "web"
        folder.mkdir(parents=True)
        (folder / "part-00000.ndjson").write_text("{}\n")
    return str(tmp_path / "raw")


@pytest.fixture
def warehouse(tmp_path: Path) -> str:
    release = releases.Release(1, "000001-x", "2026-11-23T03:00:00Z", "2026-11-22", {"mart.a": 3, "mart.b": 1}, {})
    releases.publish(Store(str(tmp_path / "warehouse"), create=True), release, {})
    make_key(key_file(str(tmp_path / "warehouse")))
    return str(tmp_path / "warehouse")


def _check(checks: list[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)


def test_all_is_well(raw: str, warehouse: str) -> None:
    checks = doctor(raw, warehouse)

    assert exit_code(checks) == 0
    assert [check.name for check in checks] == [
        "python", "hoverlake", "duckdb", "java", "example-lake-1.0.jar", "class archive", "raw", "warehouse", "release", "key",
    ]  # fmt: skip
    assert _check(checks, "java").found == "17.0.15 in /opt/java"
    assert _check(checks, "raw").found.endswith("2 landing dates, 2026-11-20 to 2026-11-22")
    assert _check(checks, "release").found == "1, of landing date 2026-11-22, 2 tables"
    assert report(checks).splitlines()[-1] == "All is well."


def test_the_probe_leaves_nothing_behind(raw: str, warehouse: str) -> None:
    before = sorted(Path(warehouse).rglob("*"))

    doctor(raw, warehouse)

    assert sorted(Path(warehouse).rglob("*")) == before


def test_other_version_than_pinned(raw: str, warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "version", lambda _: "1.9.9")

    checks = doctor(raw, warehouse)

    assert _check(checks, "duckdb") == Check("duckdb", "1.9.9", "Version 2.0.0 is pinned: run make setup.")
    assert exit_code(checks) == 14


def test_missing_package(raw: str, warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(module, "version", version)

    assert _check(doctor(raw, warehouse), "duckdb").found == "missing"


def test_no_java(raw: str, warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def find_java() -> JavaHome:
        raise InfrastructureFailed("no usable Java found. Install one.")

    monkeypatch.setattr(module, "find_java", find_java)

    assert _check(doctor(raw, warehouse), "java").mend == "no usable Java found. Install one."


def test_an_archive_of_classes_is_told_and_never_a_problem(raw: str, warehouse: str) -> None:
    without = _check(doctor(raw, warehouse), "class archive")
    archive = archive_file(JavaHome(Path("/opt/java"), "17.0.15"), jars.delta_jars())
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"classes")

    assert without.ok and "hoverlake doctor --warm" in without.found
    assert _check(doctor(raw, warehouse), "class archive").found == str(archive)


@pytest.mark.parametrize(("content", "problem"), [(b"half", "damaged"), (None, "missing")])
def test_jar_that_is_not_right(raw: str, warehouse: str, tmp_path: Path, content: bytes | None, problem: str) -> None:
    path = tmp_path / "jars" / JAR.file_name
    path.unlink()
    if content is not None:
        path.write_bytes(content)

    check = _check(doctor(raw, warehouse), JAR.file_name)

    assert check.found.startswith(problem)
    assert "python -m jobs.io.jars" in check.mend


def test_raw_folder_that_is_absent_or_empty(warehouse: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    absent = _check(doctor(str(tmp_path / "nowhere"), warehouse), "raw")
    empty = _check(doctor(str(tmp_path / "empty"), warehouse), "raw")

    assert "does not exist" in absent.found and "hoverlake simulate" in absent.mend
    assert "no landing_date=YYYY-MM-DD folder" in empty.found and "hoverlake simulate" in empty.mend


def test_warehouse_that_the_first_night_will_make_is_no_problem(raw: str, tmp_path: Path) -> None:
    checks = doctor(raw, str(tmp_path / "new" / "warehouse"))

    assert exit_code(checks) == 0
    assert _check(checks, "warehouse").found.endswith("the first night makes it")
    assert not (tmp_path / "new").exists()


def test_warehouse_below_a_file_cannot_be_made(raw: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    assert "cannot be made" in _check(doctor(raw, str(tmp_path / "file" / "warehouse")), "warehouse").found


def test_warehouse_that_cannot_be_written(raw: str, warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Store, path: str, content: bytes) -> bool:
        raise InfrastructureFailed(f"cannot write {path}: permission denied")

    monkeypatch.setattr(Store, "put_if_absent", refuse)

    check = _check(doctor(raw, warehouse), "warehouse")

    assert "permission denied" in check.found
    assert "permission to write" in check.mend


def test_release_record_that_is_no_json(raw: str, warehouse: str) -> None:
    (Path(warehouse) / "_releases" / "000002.json").write_text("{half")

    checks = doctor(raw, warehouse)

    assert not _check(checks, "release").ok
    assert exit_code(checks) == 14


@pytest.mark.parametrize(("mode", "is_ok"), [(0o600, True), (0o400, True), (0o640, False), (0o604, False)])
def test_key_file_is_for_its_owner_alone(raw: str, warehouse: str, mode: int, is_ok: bool) -> None:
    key = key_file(warehouse)
    key.chmod(mode)

    check = _check(doctor(raw, warehouse), "key")

    assert check.ok == is_ok
    assert check.found == (
        f"{key}, mode {mode:04o}: 1 key, the last from the beginning on" if is_ok else f"{key} cannot be used"
    )
    assert is_ok or f"chmod 600 {key}" in check.mend


@pytest.mark.parametrize(
    ("ring", "found", "mend"),
    [
        (f"{'a1' * 32}\n{'b2' * 32} 2027-01-21", "2 keys, the last from 2027-01-21 on", ""),
        (
            f"{'a1' * 32}\n{'b2' * 32}",
            "cannot be used",
            "HOVERLAKE_KEY_RING, line 2: expected a key and its first date",
        ),
    ],
)
def test_ring_of_the_environment_is_looked_at(
    raw: str, warehouse: str, monkeypatch: pytest.MonkeyPatch, ring: str, found: str, mend: str
) -> None:
    monkeypatch.setenv("HOVERLAKE_KEY_RING", ring)

    check = _check(doctor(raw, warehouse), "key")

    assert check.found == found and check.mend.startswith(mend) and check.ok == (not mend)
    assert "b2b2" not in check.found + check.mend


def test_lost_key_of_a_published_warehouse_is_a_problem(raw: str, warehouse: str) -> None:
    key_file(warehouse).unlink()

    assert "Restore it" in _check(doctor(raw, warehouse), "key").mend


def test_key_that_the_first_night_will_make_is_no_problem(raw: str, tmp_path: Path) -> None:
    check = _check(doctor(raw, str(tmp_path / "new")), "key")

    assert check.ok and check.found.endswith("new.key does not exist yet: the first night makes it")


def test_report_counts_problems_and_shows_the_way_below_each() -> None:
    lines = report([Check("java", "none", "Install it."), Check("raw", "data/raw")]).splitlines()

    assert lines == [
        "PROBLEM  java  none",
        "               -> Install it.",
        "ok       raw   data/raw",
        "1 problem found.",
    ]
