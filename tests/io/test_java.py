"""The first usable Java is found; without one the message says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.errors import InfrastructureFailed
from jobs.io import java
from jobs.io.java import find_java, install_java, main

VECTOR = "jdk.incubator.vector"


@pytest.fixture(autouse=True)
def machine_without_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No Java but those that a test makes below tmp_path; only the shell's own commands on PATH."""
    (tmp_path / "bin").mkdir()
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(java, "HOMES", (f"{tmp_path}/jvm/*",))
    find_java.cache_clear()
    yield
    find_java.cache_clear()


def _script(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    path.chmod(0o755)


def _make_java(home: Path, version: str, modules: str = VECTOR) -> Path:
    """A home whose java answers as a real one does: properties on stderr, modules on stdout."""
    _script(
        home / "bin" / "java",
        f"echo '    java.home = {home}' >&2",
        f"echo '    java.specification.version = {version.split('.')[0]}' >&2",
        f"echo '    java.version = {version}' >&2",
        f"echo 'java.base@{version}'",
        f"echo '{modules}@{version}'",
    )
    return home


def test_java_home_goes_before_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = _make_java(tmp_path / "chosen", "21.0.1")
    other = _make_java(tmp_path / "other", "17.0.15")
    monkeypatch.setenv("JAVA_HOME", str(chosen))
    (tmp_path / "bin" / "java").symlink_to(other / "bin" / "java")

    assert find_java() == java.JavaHome(chosen, "21.0.1")


def test_command_on_path_leads_to_its_home(tmp_path: Path) -> None:
    home = _make_java(tmp_path / "somewhere", "17.0.15")
    (tmp_path / "bin" / "java").symlink_to(home / "bin" / "java")

    assert find_java().path == home
    assert find_java().executable == home / "bin" / "java"


def test_too_old_java_home_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(_make_java(tmp_path / "old", "16.0.2")))
    _make_java(tmp_path / "jvm" / "java-17", "17.0.0")

    assert find_java().version == "17.0.0"


def test_java_without_the_vector_module_is_passed_over(tmp_path: Path) -> None:
    _make_java(tmp_path / "jvm" / "a-small-17", "17.0.15", modules="java.logging")
    whole = _make_java(tmp_path / "jvm" / "b-whole-17", "17.0.15")

    assert find_java().path == whole


def test_the_refused_are_listed_with_reasons_and_the_way_out(tmp_path: Path) -> None:
    _make_java(tmp_path / "jvm" / "a", "11.0.2")
    _make_java(tmp_path / "jvm" / "b", "21.0.1", modules="java.logging")
    _script(tmp_path / "jvm" / "c" / "bin" / "java", "exit 1")

    with pytest.raises(InfrastructureFailed) as raised:
        find_java()

    message = str(raised.value)
    assert "a/bin/java: is Java 11" in message
    assert f"b/bin/java: lacks the module {VECTOR}" in message
    assert "c/bin/java: does not say its version" in message
    assert "apt-get install openjdk-17-jre-headless" in message


def test_without_apt_get_it_says_what_to_install(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--install"]) == 14
    assert "apt-get install openjdk-17-jre-headless" in capsys.readouterr().err


def _make_apt_get(tmp_path: Path, available: str) -> None:
    """An apt-get that installs `available` as a Java below jvm/ and knows no other package."""
    _make_java(tmp_path / "package", "17.0.15")
    _script(
        tmp_path / "bin" / "apt-get",
        f'echo "$@" >> {tmp_path}/apt-get.log',
        f'case "$*" in update*) exit 0;; *{available}) ;; *) exit 100;; esac',
        f"/bin/mkdir -p {tmp_path}/jvm && /bin/cp -r {tmp_path}/package {tmp_path}/jvm/",
    )
    (tmp_path / "bin" / "env").symlink_to("/usr/bin/env")


def test_root_installs_debians_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    _make_apt_get(tmp_path, "openjdk-17-jre-headless")

    assert main(["--install"]) == 0

    assert find_java().path == tmp_path / "package"
    update, install = (tmp_path / "apt-get.log").read_text().splitlines()
    assert update.startswith("update")
    assert install.endswith("--no-install-recommends openjdk-17-jre-headless")


def test_newer_debian_without_17_gets_its_own_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    _make_apt_get(tmp_path, "openjdk-21-jre-headless")

    install_java()

    assert (tmp_path / "apt-get.log").read_text().splitlines()[-1].endswith("openjdk-21-jre-headless")


def test_user_without_sudo_is_told_and_nothing_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    _make_apt_get(tmp_path, "openjdk-17-jre-headless")

    with pytest.raises(InfrastructureFailed, match="cannot be installed from here"):
        install_java()

    assert not (tmp_path / "apt-get.log").exists()


def test_a_usable_java_is_never_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = _make_java(tmp_path / "jvm" / "java-17", "17.0.15")
    _make_apt_get(tmp_path, "openjdk-17-jre-headless")

    assert main(["--install"]) == 0

    assert capsys.readouterr().out == f"Java 17.0.15 in {home}\n"
    assert not (tmp_path / "apt-get.log").exists()
