"""The words that a night's Java is started with: understood, and without a word of its own on stdout."""

from __future__ import annotations

import subprocess

from jobs.io.java import find_java
from jobs.io.session import JAVA_OPTIONS


def _java(words: str) -> subprocess.CompletedProcess[str]:
    java = find_java().path / "bin" / "java"
    return subprocess.run([java, *words.split(), "-version"], capture_output=True, text=True, timeout=60, check=False)


def test_java_takes_its_options_and_says_nothing() -> None:
    said = _java(JAVA_OPTIONS)

    assert said.returncode == 0, said.stderr
    assert said.stdout == ""
    assert "warning" not in said.stderr


def test_what_only_plans_is_kept_from_the_second_compiler() -> None:
    said = _java(JAVA_OPTIONS.replace("-XX:CompileCommand=quiet", ""))

    assert said.stdout.count("double CompileThresholdScaling = 10.0") == 4, said.stdout
