"""The commands of docs/cluster.md: what reaches `spark-submit`, and that `hoverlake` takes the rest. No Java is started."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest

from tests.deploy.test_deploy import PROJECT, accepts

PAGE = (PROJECT / "docs" / "cluster.md").read_text(encoding="utf-8")
SUBMIT = "deploy/cluster/submit.sh"
BLOCKS = [block for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S) if SUBMIT in block]


@pytest.fixture
def stand_ins(tmp_path: Path) -> dict[str, str]:
    """A Python that says one word, a spark-submit that says its own, one a line, and something packed."""
    for name, says in (("python", 'echo "stand-in"'), ("spark-submit", 'printf "%s\\n" "$@"; exit 13')):
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{says}\n")
        path.chmod(0o755)
    for name in ("hoverlake.zip", "packages.tar.gz", "packages.made-from"):
        (tmp_path / name).touch()
    own = {"PYTHON": str(tmp_path / "bin" / "python"), "SPARK_HOME": str(tmp_path), "PACKED": str(tmp_path)}
    asked = {"DATE": "2026-11-20", "EXECUTOR_MEMORY": "1g", "SPARK_MASTER_HOST": "h", "SPARK_MASTER_PORT": "7077"}
    return {**os.environ, **own, **asked, "KUBERNETES_SERVICE_HOST": "k", "KUBERNETES_SERVICE_PORT": "443"}


def run(command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", command], cwd=PROJECT, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("block", BLOCKS, ids=["standalone", "yarn", "kubernetes"])
def test_the_page_s_commands_submit_a_night(block: str, stand_ins: dict[str, str]) -> None:
    done = run(block[block.index(f"sh {SUBMIT}") :], stand_ins)

    words = done.stdout.splitlines()
    program = words.index("deploy/cluster/hoverlake.py")
    accepts(words[program + 1 :])
    assert re.match(r"spark://h:7077|yarn|k8s://https://k:443", words[words.index("--master") + 1])
    assert words.index("--master") < program
    assert done.returncode == 13, done.stderr


def test_words_behind_the_first_two_dashes_are_hoverlake_s_as_they_stand(stand_ins: dict[str, str]) -> None:
    done = run(f"sh {SUBMIT} --master yarn -- sql 'select  1' -- --help ''", stand_ins)

    words = done.stdout.split("\n")[:-1]
    assert words[words.index("deploy/cluster/hoverlake.py") :][1:] == ["sql", "select  1", "--", "--help", ""]


def test_without_two_dashes_nothing_is_submitted(stand_ins: dict[str, str]) -> None:
    done = run(f"sh {SUBMIT} --master yarn nightly", stand_ins)

    assert (done.returncode, done.stdout) == (2, "")
    assert "OPTIONS OF spark-submit -- WORDS OF hoverlake" in done.stderr


def test_without_archives_nothing_is_submitted(stand_ins: dict[str, str]) -> None:
    Path(stand_ins["PACKED"], "packages.made-from").unlink()

    done = run(f"sh {SUBMIT} --master yarn -- nightly", stand_ins)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("nothing is packed in ")


#: Imports what the functions are in that executors run, then names every module that came by it.
IMPORT_KERNELS = """
import importlib, pkgutil, sys
at_start = set(sys.modules)
import crawleruseragents, jobs.page_views, jobs.steps
for module in pkgutil.iter_modules(jobs.steps.__path__):
    importlib.import_module(f"jobs.steps.{module.name}")
print(*{name.partition(".")[0] for name in set(sys.modules) - at_start})
"""


def with_what_they_need(names: list[str]) -> set[str]:
    """The distributions and all that these require, without extras."""
    found: set[str] = set()
    while names:
        name = names.pop()
        if name not in found:
            found.add(name)
            needed = [text for text in requires(name) or () if "extra ==" not in text]
            names += [re.split(r"[^\w.-]", text)[0].lower().replace("_", "-") for text in needed]
    return found


def test_kernels_import_nothing_but_spark_and_what_is_packed() -> None:
    imported = re.search(r'^IMPORTED="(.*)"', (PROJECT / "deploy/cluster/pack.sh").read_text(encoding="utf-8"), re.M)
    assert imported
    words = [sys.executable, "-c", IMPORT_KERNELS]

    modules = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.split()

    packages = packages_distributions()
    found = {name.lower().replace("_", "-") for module in modules for name in packages.get(module, ())}
    assert {"numpy", "pyarrow", "duckdb", "pydantic"} <= found
    assert found <= with_what_they_need(imported[1].split()) | {"pyspark", "py4j", "hoverlake"}
