"""The commands that need no Spark: what they print, what they refuse, and how they end."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import DAY, HEATMAP, Command

ROOT = Path(__file__).parents[2]
HOVERLAKE = [sys.executable, "-m", "jobs.cli"]


def test_a_format_that_is_unknown(hoverlake: Command, tmp_path: Path) -> None:
    said = hoverlake("import", "netscape", str(tmp_path), "--date", DAY)

    known = "balabit, dice-feed, rrweb, sapimouse, scroll-readability"
    assert (said.exit_code, said.last) == (2, f"hoverlake: format netscape is unknown. Known are: {known}.")


def test_an_import_without_its_words_says_which(hoverlake: Command) -> None:
    said = hoverlake("import", "sapimouse")

    assert (said.exit_code, said.last) == (
        2,
        "hoverlake: import needs FORMAT, PATH and --date. Formats: hoverlake import --list",
    )


@pytest.mark.parametrize("words", [["simulate", "--date", DAY], ["import", "sapimouse", ".", "--date", DAY]])
def test_raw_logs_are_made_in_a_folder_only(hoverlake: Command, words: list[str]) -> None:
    said = hoverlake(*words, "--raw", "s3a://bucket/raw")

    assert said.exit_code == 2
    assert said.last.startswith("hoverlake: --raw s3a://bucket/raw: raw logs are made in a local folder only.")
    assert list(Path().iterdir()) == []


def test_simulate_says_what_it_wrote(hoverlake: Command) -> None:
    said = hoverlake("simulate", "--date", DAY, "--page-views", "5", "--processes", "1", "--raw", str(hoverlake.raw))

    assert said.exit_code == 0
    assert " visitors, 5 page views, " in said.out.splitlines()[0]
    assert f"landing_date={DAY}: " in said.out
    assert len([path for path in hoverlake.raw.rglob("*") if path.is_file()]) >= 1


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--surface", "nowhere"], f"there is no surface nowhere in {HEATMAP} with {DAY}. There is: feed."),
        (["--surface", "feed", "--date", "2026-11-21"], f"there is no event_date 2026-11-21 in {HEATMAP}."),
        (
            ["--surface", "feed", "--measure", "gaze_ms"],
            "'gaze_ms' is not one of 'dwell_ms', 'active_ms', 'click_count'",
        ),
        (["--surface", "feed", "--space", "outer"], "'outer' is not one of 'document', 'viewport'"),
        (["--surface", "feed", "-o", "x.gif"], "--output x.gif must end in .png, .svg or .html."),
    ],
)
def test_a_heatmap_of_what_is_not_there(hoverlake: Command, warehouse: str, words: list[str], problem: str) -> None:
    said = hoverlake("heatmap", "--date", DAY, "-o", "x.png", "--warehouse", warehouse, *words)

    assert said.exit_code == 2
    assert problem in said.last
    assert not Path("x.png").exists()


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["heatmap", "--surface", "feed"], "a heatmap of which date? Give --date 2026-11-20."),
        (["heatmap", "--surface", "feed", "--date", "20 November"], "--date 20 November: not a date."),
        (["heatmap", "--surface", "feed", "--date", DAY, "--by", "layout"], "Invalid value for '--by'"),
        (["heatmap", "--surface", "feed", "--date", DAY, "--release", "9"], "there is no release 9"),
        (["plot", "gaze-plot", "--date", DAY], "'gaze-plot' is not one of 'position-curve'"),
        (["plot", "trend", "--date", DAY, "--from", DAY], "give either --date, or --from and --to."),
        (["plot", "trend", "--from", DAY], "--from and --to go together"),
        (["plot", "trend", "--from", DAY, "--to", "2026-11-01"], f"--from {DAY} is after --to 2026-11-01"),
        (["plot", "trend", "--from", "x", "--to", DAY], "--from x: not a date."),
        (["plot", "exposure", "--date", ""], "--date : not a date."),
        (["plot", "exposure"], "exposure of which date?"),
    ],
)
def test_a_picture_of_what_cannot_be_asked(hoverlake: Command, warehouse: str, words: list[str], problem: str) -> None:
    said = hoverlake(*words, "-o", "x.png", "--warehouse", warehouse)

    assert said.exit_code == 2
    assert problem in said.last
    assert not Path("x.png").exists()


@pytest.mark.parametrize(
    "words", [["sql", f"select * from {HEATMAP}"], ["heatmap", "--date", DAY, "--surface", "feed", "-o", "x.png"]]
)
def test_without_a_warehouse_nothing_is_published(hoverlake: Command, words: list[str]) -> None:
    said = hoverlake(*words)

    assert (said.exit_code, said.last) == (
        2,
        "hoverlake: nothing published in data/warehouse; run hoverlake nightly --warehouse data/warehouse.",
    )


def test_an_answer_ends_with_one_line_break(hoverlake: Command, warehouse: str) -> None:
    said = hoverlake("sql", f"select dwell_ms from {HEATMAP}", "--warehouse", warehouse, "--format", "csv")

    assert (said.exit_code, said.out) == (0, "dwell_ms\n100\n")


def test_a_form_of_answer_that_is_unknown(hoverlake: Command, warehouse: str) -> None:
    said = hoverlake("sql", "select 1", "--warehouse", warehouse, "--format", "xml")

    assert said.exit_code == 2
    assert "'xml' is not one of 'table', 'csv', 'json', 'parquet'" in said.last


def test_whether_the_feed_was_visible_is_answered_on_the_first_line(hoverlake: Command, warehouse: str) -> None:
    words = ["--visitor-key", "5e" * 32, "--at", "2026-11-20T13:37:05Z", "--warehouse", warehouse]

    said = hoverlake("visible", *words)
    asked = hoverlake("visible", *words, "--release", "1", "--sql")
    answered = hoverlake("sql", asked.out, "--warehouse", warehouse, "--release", "1", "--format", "csv")

    assert (said.exit_code, asked.exit_code, answered.exit_code) == (0, 0, 0)
    assert said.out.splitlines()[0] == "not measured"
    assert "this visitor key was never seen in this release" in said.out
    assert "restricted layer clean" in said.out
    assert answered.out.splitlines()[1].startswith("not measured,")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (
            ["--at", "2026-11-20T13:37:05"],
            "hoverlake: --at 2026-11-20T13:37:05: no time zone. Give a time and its zone",
        ),
        (["--at", "yesterday"], "hoverlake: --at yesterday: not a time. Give a time and its zone"),
        (["--at", "2026-11-20T13:37:05Z", "--release", "9"], "hoverlake: there is no release 9 in "),
        (["--at", "2026-11-20T13:37:05Z", "--release", "0"], "Invalid value for '--release'"),
    ],
)
def test_a_moment_or_a_release_that_cannot_be(
    hoverlake: Command, warehouse: str, words: list[str], problem: str
) -> None:
    said = hoverlake("visible", "--visitor-key", "5e" * 32, "--warehouse", warehouse, *words)

    assert said.exit_code == 2
    assert problem in said.last


@pytest.mark.parametrize("line_count", [1, pytest.param(100_000, marks=pytest.mark.slow)])
def test_a_reader_that_goes_makes_no_traceback(warehouse: str, line_count: int) -> None:
    """More lines than a pipe holds fail while they are printed, fewer at the process's end: every run looks at these."""
    query = f"select unnest(range({line_count})) as n from {HEATMAP}"
    words = [*HOVERLAKE, "sql", query, "--warehouse", warehouse, "--format", "csv"]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None

    process.stdout.close()
    _, err = process.communicate(timeout=60)

    assert (process.returncode, err) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_an_answer_that_finds_no_space_is_told() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*HOVERLAKE, "--help"], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
        )

    assert done.returncode == 14
    assert done.stderr.count("\n") == 1 and "No space left on device" in done.stderr


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['hoverlake', '--help']\n"
        "from jobs import cli\n"
        "try: cli.main()\n"
        "except SystemExit: print(*sys.modules)"
    )

    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60).stdout

    loaded = set(out.splitlines()[-1].split())
    assert "typer" in loaded
    assert loaded & {"pyspark", "pyarrow", "numpy", "pandas", "duckdb", "deltalake", "obstore", "pydantic"} == set()


@pytest.mark.parametrize(
    "command",
    [
        "nightly",
        "simulate",
        "import",
        "sql",
        "visible",
        "heatmap",
        "plot",
        "explain",
        "doctor",
        "backfill",
        "maintain",
        "status",
    ],
)
def test_every_command_explains_itself_in_one_line_and_each_option(hoverlake: Command, command: str) -> None:
    listing = [line.strip() for line in hoverlake("--help").out.splitlines()]
    said = hoverlake(command, "--help")

    [line] = [line for line in listing if line.startswith(f"{command} ")]
    assert line.endswith(".") and not line.endswith("...")
    assert said.exit_code == 0
    assert re.findall(r"--[a-z-]+ <(?:str|path|int|float)", said.out) == []


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ([], "hoverlake: explain what? Give --date DATE"),
        (["--date", "2026-11-20", "--rejected", "a"], "hoverlake: explain what? Give --date DATE"),
        (["--rejected", "a", "--table", "reach_daily"], "hoverlake: --table goes with --date"),
        (["--date", "20.11.2026"], "hoverlake: --date 20.11.2026: not a date. Give YYYY-MM-DD"),
        (["--date", "2026-11-21"], "hoverlake: event date 2026-11-21 is not in the newest release"),
        (["--date", "2026-11-20", "--table", "nowhere"], "hoverlake: nowhere is no mart. There are: "),
    ],
)
def test_explain_says_what_it_needs(hoverlake: Command, warehouse: str, words: list[str], problem: str) -> None:
    said = hoverlake("explain", *words, "--warehouse", warehouse)

    assert said.exit_code == 2
    assert problem in said.last
