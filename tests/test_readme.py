"""The first page cannot drift: its commands run, its example adds up, its table of tables is the catalog."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jobs.cli import main
from jobs.io.keys import key_file
from jobs.simulator.oracle import expected_page_view, merge_beacons
from tests.sources.part_of import linked
from warehouse_schema import CLEAN, MARTS, TABLES, Array, Struct
from warehouse_schema.raw.example_beacon import EXAMPLE_BEACON

PROJECT = Path(__file__).resolve().parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
GLOSSARY = (PROJECT / "GLOSSARY.md").read_text(encoding="utf-8")
SHARED_DATA = PROJECT.parent / "shared" / "data"
TIMEOUT_S = 300

#: They make the environment that this test runs in.
EXCLUDED = ("make demo", "make test")
#: Exit codes that a reader may meet too: nothing new after the demo's own night.
ALLOWED = {"nightly": {0, 10}}


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


def _commands() -> list[str]:
    lines = [line.strip() for block in _blocks("sh") for line in block.replace("\\\n", " ").splitlines()]
    return [line for line in lines if line and not line.startswith(EXCLUDED)]


def _words(command: str, data: Path = SHARED_DATA) -> list[str]:
    """The command as this environment runs it, data sets found in `data`."""
    words = shlex.split(command, comments=True)
    assert words[0] == ".venv/bin/hoverlake", f"neither a hoverlake command nor excluded: {command}"
    here = [sys.executable, "-c", "from jobs.cli import main; main()"]
    return here + [word.replace("path/to", str(data)) for word in words[1:]]


@pytest.mark.spark
def test_commands_of_the_first_page_run(demo_warehouse: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A copy: the page goes on to simulate and publish another day.
    shutil.copytree(demo_warehouse.raw, tmp_path / "data" / "raw")
    shutil.copytree(demo_warehouse.warehouse, tmp_path / "data" / "warehouse")
    key = key_file(str(demo_warehouse.warehouse))
    if key != key_file(str(tmp_path / "data" / "warehouse")):
        shutil.copy2(key, key_file(str(tmp_path / "data" / "warehouse")))
    defaults = ("HOVERLAKE_RAW", "HOVERLAKE_WAREHOUSE")
    environment = {name: value for name, value in os.environ.items() if name not in defaults}
    environment["PYTHONPATH"] = str(PROJECT)
    skipped = []
    if SHARED_DATA.is_dir():
        # Three people of the data set: all of them are taken by tests/night.
        linked(SHARED_DATA, [f"sapimouse/user{n}" for n in (1, 2, 3)], tmp_path / "shared")

    for command in _commands():
        if "path/to" in command and not SHARED_DATA.is_dir():
            skipped.append(command)
            continue
        words = _words(command, tmp_path / "shared")
        if words[3] == "nightly":
            assert _exit_code_here(words[3:], tmp_path, monkeypatch) in ALLOWED["nightly"], command
            continue
        run = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S)
        assert run.returncode in ALLOWED.get(words[3], {0}), f"{command}\n{run.stdout[-2000:]}\n{run.stderr[-2000:]}"

    assert (tmp_path / "data" / "heatmap.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "data" / "report.html").read_bytes().startswith(b"<!doctype html>")
    if skipped:
        pytest.skip(f"shared data is absent, not run: {'; '.join(skipped)}")


def _exit_code_here(words: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """The command in this process, which has a Spark session already: another one would cost a minute."""
    with monkeypatch.context() as patched:
        patched.chdir(folder)
        patched.setattr(sys, "argv", ["hoverlake", *words])
        with pytest.raises(SystemExit) as ended:
            main()
    return int(ended.value.code or 0)


def test_the_page_has_commands_for_every_question() -> None:
    asked = {_words(command)[3] for command in _commands()}

    assert asked == {"sql", "heatmap", "ask", "explain", "report", "doctor", "plan", "simulate", "import", "nightly"}


def test_first_page_is_short() -> None:
    assert len(README.splitlines()) <= 120


def test_table_of_tables_is_the_catalog() -> None:
    rows = re.findall(r"^\| \[([\w.]+)\]\(docs/tables/\1\.md\) \| (.+?) \|", README, re.M)

    assert dict(rows) == {table.name: table.one_row_per for table in TABLES.values()}
    assert len(rows) == len(TABLES)


def test_table_of_jobs_is_the_catalog() -> None:
    text = (PROJECT / "jobs" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+\.py)` \| .+? \| `([\w.]+)` \| (.+?) \|$", text, re.M)

    assert {name: rows_of for _, name, rows_of in rows} == {table.name: table.one_row_per for table in CLEAN + MARTS}
    assert [file for file, _, _ in rows if not (PROJECT / "jobs" / file).is_file()] == []


def test_links_lead_somewhere() -> None:
    for paper in (
        "README.md",
        "GLOSSARY.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "jobs/README.md",
        "docs/README.md",
        "docs/operations.md",
        "docs/questions.md",
        "docs/report.md",
        "docs/SCALE.md",
        "deploy/README.md",
    ):
        text = (PROJECT / paper).read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
            assert ((PROJECT / paper).parent / target).exists(), f"{paper} links {target}"


def _is_excerpt(part: Any, whole: Any) -> bool:
    if isinstance(part, dict):
        return all(name in whole and _is_excerpt(value, whole[name]) for name, value in part.items())
    return bool(part == whole)


def test_row_in_is_an_excerpt_of_the_contracts_example() -> None:
    [block] = _blocks("json")

    assert _is_excerpt(json.loads(block), EXAMPLE_BEACON)


def _table_below(head: str) -> list[dict[str, str]]:
    """Rows of the table whose first heading starts with `head`, by heading."""
    match = re.search(rf"^\| {head}: (.+)\n\| ---.*\n((?:\|.*\n)+)", README, re.M)
    assert match, f"no table headed {head}"
    names = [name.strip() for name in match[1].strip(" |").split("|")]
    return [
        dict(zip(names, (cell.strip() for cell in line.strip(" |").split("|")), strict=True))
        for line in match[2].splitlines()
    ]


def _value(cell: str) -> Any:
    """`50 + 2260` is arithmetic to follow, the rest JSON or a word."""
    if re.fullmatch(r"\d+( \+ \d+)*", cell):
        return sum(int(number) for number in cell.split(" + "))
    return {"true": True, "false": False}.get(cell, cell)


@pytest.mark.parametrize(("column", "keep"), [("heat_cells", {"space": "viewport"}), ("item_views", {})])
def test_rows_out_are_what_the_metrics_give_for_the_row_in(column: str, keep: dict[str, str]) -> None:
    entries = expected_page_view(merge_beacons([EXAMPLE_BEACON]))[column]
    shown = [{name: _value(cell) for name, cell in row.items()} for row in _table_below(column)]

    kept = [entry for entry in entries if keep.items() <= entry.items()]

    assert shown == [{name: entry[name] for name in shown[0]} for entry in kept]


def test_every_measure_is_in_the_glossary() -> None:
    for table in TABLES.values():
        if table.layer not in ("clean", "mart"):
            continue
        for column in table.columns:
            inner = column.type.of if isinstance(column.type, Array) else None
            fields = inner.fields if isinstance(inner, Struct) and table.name == "clean.page_views" else ()
            for measure in (column, *fields):
                if measure.name.endswith(("_ms", "_count", "_share")) or measure.name.startswith("is_"):
                    assert f"`{measure.name}`" in GLOSSARY, f"{table.name}: {measure.name}"
