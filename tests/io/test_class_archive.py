"""An archive of classes fits one Java and one set of jars; a session starts with it only where it is there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from jobs.io.class_archive import MAKE, archive_file, java_options
from jobs.io.java import JavaHome, find_java

JAVA, JARS = JavaHome(Path("/opt/java"), "17.0.15"), [Path("/jars/delta-1.jar")]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv(MAKE, raising=False)
    return tmp_path


def test_another_java_and_other_jars_have_an_archive_of_their_own(cache: Path) -> None:
    others = [
        archive_file(JavaHome(Path("/opt/java"), "17.0.16"), JARS),
        archive_file(JavaHome(Path("/opt/other"), "17.0.15"), JARS),
        archive_file(JAVA, [Path("/jars/delta-2.jar")]),
    ]

    assert archive_file(JAVA, JARS).parent == cache / "hoverlake"
    assert len({archive_file(JAVA, JARS), *others}) == 4


def test_without_an_archive_java_starts_as_ever() -> None:
    assert java_options(JAVA, JARS) == ""


def test_java_starts_with_the_archive_that_is_there() -> None:
    archive = archive_file(JAVA, JARS)
    archive.parent.mkdir()
    archive.write_bytes(b"classes")

    assert f"-XX:SharedArchiveFile={archive} " in java_options(JAVA, JARS)


def test_while_one_is_made_the_old_one_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    archive_file(JAVA, JARS).parent.mkdir()
    archive_file(JAVA, JARS).write_bytes(b"classes")
    monkeypatch.setenv(MAKE, "/tmp/new.jsa")

    assert java_options(JAVA, JARS).split()[0] == "-XX:ArchiveClassesAtExit=/tmp/new.jsa"


@pytest.mark.spark
def test_a_damaged_archive_stops_no_jvm() -> None:
    java = find_java()
    archive = archive_file(java, JARS)
    archive.parent.mkdir()
    archive.write_bytes(b"no classes")

    run = subprocess.run(
        [java.executable, *java_options(java, JARS).split(), "-version"], capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stderr
