"""`hoverlake sql` without a query: what is typed, completed, kept, cancelled and refused."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import select
import signal
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from jobs.errors import UsageError
from jobs.shell import COMMANDS, Leave, Shell, run_script, run_shell
from jobs.shell_entries import Entry, entries, is_complete
from jobs.shell_prompt import NameCompleter, history_file, prompt_of
from tests.cli.conftest import Command
from tests.cli.conftest import hoverlake as hoverlake_command
from tests.reading.small_warehouse import publish_release, write_table
from warehouse_schema import TABLES
from warehouse_schema.derive import rows

__all__ = ["hoverlake_command"]
EXPOSURE = "mart.viewport_exposure_daily"
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Release 1 has one row of exposure, release 2 two."""
    root = str(tmp_path_factory.mktemp("shell"))
    for number in (1, 2):
        version = write_table(root, EXPOSURE, rows(TABLES[EXPOSURE], {"visible_ms": 100 * number}))
        publish_release(root, {EXPOSURE: version}, number=number)
    return root


@pytest.fixture
def shell(warehouse: str) -> Shell:
    return Shell(warehouse, format="csv")


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.parametrize(
    ("text", "found", "rest"),
    [
        ("select 1;", ["select 1"], None),
        ("select 1; select 2", ["select 1"], "select 2"),
        ("select\n 1\n;\n-- done\n", ["select\n 1"], None),
        ("select ';', \";\", $$;$$, $x$;$$;$x$, e'\\';', 'it''s;' ; -- ;\n /* ; */", ["select ';', \";\", $$;$$, $x$;$$;$x$, e'\\';', 'it''s;'"], None),
        ("-- first\nselect 1 -- ; not here\n;", ["select 1 -- ; not here"], None),
        ("select 'a;", [], "select 'a;"),
        ('select "a;', [], 'select "a;'),
        ("select 1 /* ;", [], "select 1 /* ;"),
        ("select $a + $b; select $b", ["select $a + $b"], "select $b"),
        (".tables\nselect 1;\n.schema x", [".tables", "select 1", ".schema x"], None),
        ("select 1.5\n.5;", ["select 1.5\n.5"], None),
        (";;  ;", [], None),
        ("", [], None),
    ],
)  # fmt: skip
def test_text_is_cut_where_a_statement_ends(text: str, found: list[str], rest: str | None) -> None:
    cut, left = entries(text)

    assert [entry.text for entry in cut] == found
    assert (left.text if left else None) == rest


def test_an_entry_knows_its_line() -> None:
    assert entries("-- why\n\nselect 1;\n\n.help\nselect\n2;")[0] == [
        Entry("select 1", 3),
        Entry(".help", 5),
        Entry("select\n2", 6),
    ]


@pytest.mark.parametrize("text", ["", "  ", ".tables", "quit", "EXIT", "select 1;", "select 1; -- so"])
def test_enter_sends_what_is_complete(text: str) -> None:
    assert is_complete(text)


@pytest.mark.parametrize("text", ["select 1", "select ';", "select 1; select", "select\n"])
def test_enter_begins_a_line_within_a_statement(text: str) -> None:
    assert not is_complete(text)


def test_a_statement_is_answered_by_the_newest_release_and_a_number_chooses_another(shell: Shell) -> None:
    query = f"select visible_ms from {EXPOSURE} order by 1"

    assert shell.answer(query) == "visible_ms\n100\n200\n"
    assert ", release 1 of " in shell.answer(".release 1")
    assert shell.answer(query) == "visible_ms\n100\n"
    with pytest.raises(UsageError, match="there is no release 9"):
        shell.answer(".release 9")
    with pytest.raises(UsageError, match="give a release's number"):
        shell.answer(".release newest")
    assert ", release 1 of " in shell.answer(".release")


def test_a_shell_stays_at_its_release_while_others_are_published(tmp_path: Path) -> None:
    def publish(number: int) -> None:
        version = write_table(str(tmp_path), EXPOSURE, rows(TABLES[EXPOSURE], {}))
        publish_release(str(tmp_path), {EXPOSURE: version}, number=number)

    publish(1)
    shell = Shell(str(tmp_path), format="csv")
    publish(2)

    assert shell.answer(f"select count(*) as n from {EXPOSURE}") == "n\n1\n"
    assert ", release 1 of " in shell.answer(".release")


def test_commands_answer(shell: Shell) -> None:
    assert EXPOSURE in shell.answer(".tables")
    assert shell.answer(f".schema {EXPOSURE};").startswith(f"{EXPOSURE}: one row per day, layout,")
    assert "UTC date of the repaired start" in shell.answer(f".schema {EXPOSURE}")
    assert "entry of hovers in clean.page_views" in shell.answer(".schema clean.hovers")
    assert "dwell_ms" in shell.answer(".schema clean.hovers")
    assert "READ_PARQUET" in shell.answer(f".explain select * from {EXPOSURE};")
    assert all(command in shell.answer(".help") for command in COMMANDS)
    assert "release 2 of 2026-11-21T03:00:00Z, event dates 2026-11-20 to 2026-11-20" in shell.greeting


def test_the_form_of_answers_can_be_changed(shell: Shell) -> None:
    assert shell.answer(".format jsonl") == "jsonl\n"
    assert shell.answer("select 1 as a") == '{"a": 1}\n'
    assert shell.answer(".format") == "jsonl\n"
    for form in ("parquet", "xml"):
        with pytest.raises(UsageError, match="choose one of table, csv, json, jsonl, markdown"):
            shell.answer(f".format {form}")


@pytest.mark.parametrize("word", [".quit", "quit", "exit", ".exit", "\\q"])
def test_words_that_leave(shell: Shell, word: str) -> None:
    with pytest.raises(Leave):
        shell.answer(word)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (".table", r"there is no command \.table\. There are: \.tables"),
        (".schema", "give a table"),
        (".schema mart.reach", r"Did you mean mart\.reach_daily"),
        (".explain drop table x", "DROP is no question"),
        ("drop table x", "DROP is no question"),
        ("select $day", r"\$day has no value. Give one: --param day=VALUE"),
    ],
)
def test_what_cannot_be_answered_is_explained(shell: Shell, entry: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        shell.answer(entry)


def completions(text: str) -> dict[str, str]:
    found = NameCompleter().get_completions(Document(text), CompleteEvent())
    return {completion.text: completion.display_meta_text for completion in found}


def test_names_are_completed() -> None:
    assert completions("select * from mart.hov") == {
        "mart.hover_heatmap_daily": TABLES["mart.hover_heatmap_daily"].one_row_per
    }
    assert set(completions(".sch")) == {".schema"}
    assert set(completions(".schema clean.h")) == {"clean.heat_cells", "clean.hovers"}
    assert set(completions("sel")) == {"select"}


def test_columns_are_those_of_the_tables_that_the_statement_names() -> None:
    before = Document(f"select  from {EXPOSURE}", len("select "))
    found = [c.text for c in NameCompleter().get_completions(before, CompleteEvent())]

    assert found[: len(TABLES[EXPOSURE].columns)] == TABLES[EXPOSURE].column_names
    assert completions(f"from {EXPOSURE} e select e.visible") == {
        "e.visible_ms": TABLES[EXPOSURE].column("visible_ms").meaning
    }
    assert "item_id" not in completions(f"from {EXPOSURE} select i")


@contextlib.contextmanager
def typing(text: str) -> Iterator[Callable[[], str]]:
    with create_pipe_input() as keys:
        keys.send_text(text)
        yield prompt_of(keys, DummyOutput())


def test_a_statement_may_have_lines_and_ends_with_its_semicolon() -> None:
    with typing("select 1\r, 2\r;\rselect 3;\r") as prompt:
        assert prompt() == "select 1\n, 2\n;"
        assert prompt() == "select 3;"


def test_control_c_cancels_what_is_typed_and_control_d_leaves() -> None:
    with typing("select 1\x03select 2;\r\x04") as prompt:
        with pytest.raises(KeyboardInterrupt):
            prompt()
        assert prompt() == "select 2;"
        with pytest.raises(EOFError):
            prompt()


def test_what_was_typed_comes_back_in_the_next_shell_and_is_its_owner_s_alone() -> None:
    with typing("select 41;\r") as prompt:
        prompt()
    with typing("\x1b[A\r") as prompt:  # the upward arrow
        assert prompt() == "select 41;"

    assert stat.S_IMODE(history_file().stat().st_mode) == 0o600
    assert stat.S_IMODE(history_file().parent.stat().st_mode) == 0o700


def test_a_history_that_others_could_read_is_closed_to_them() -> None:
    history_file().parent.mkdir(parents=True)
    history_file().touch(mode=0o644)

    with typing("select 1;\r") as prompt:
        prompt()

    assert stat.S_IMODE(history_file().stat().st_mode) == 0o600


def test_without_a_place_for_history_the_shell_still_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))

    with typing("select 1;\r") as prompt:
        assert prompt() == "select 1;"

    assert "no history" in capsys.readouterr().err


def typed(monkeypatch: pytest.MonkeyPatch, shell: Shell, *lines: str | type[BaseException]) -> None:
    """Run the shell as on a terminal on which `lines` are typed."""
    left = iter(lines)

    def prompt() -> str:
        line = next(left, EOFError)
        if isinstance(line, str):
            return line
        raise line

    monkeypatch.setattr("jobs.shell_prompt.prompt_of", lambda: prompt)
    for stream in ("stdin", "stdout"):
        monkeypatch.setattr(f"sys.{stream}.isatty", lambda: True)
    run_shell(shell)


def test_an_error_is_printed_and_the_shell_goes_on(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch, shell, "select nope;", KeyboardInterrupt, "select 1 as a; select 2 as b;", "quit", "select 3;")

    said = capsys.readouterr()
    assert said.out == f"{shell.greeting}a\n1\nb\n2\n"
    assert said.err.startswith("error: the query failed:") and "nope" in said.err


def test_a_shell_writes_no_file(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.output = tmp_path / "a.csv"

    with pytest.raises(UsageError, match="--output goes with a query"):
        typed(monkeypatch, shell, "select 1;")


def test_a_script_is_answered_up_to_its_first_error(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    script = "-- a script\nselect 1 as a;\n.format json\nselect 2 as b;\nselect\nnope;\nselect 3 as c"

    with pytest.raises(UsageError, match=r"^line 5: the query failed:"):
        run_script(shell, script)

    assert capsys.readouterr().out == 'a\n1\njson\n[\n{"b": 2}\n]\n'


def test_a_script_that_quits_answers_no_more(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    run_script(shell, "select 1 as a;\n.quit\nselect 2 as b;")

    assert capsys.readouterr().out == "a\n1\n"


def piped(command: Command, monkeypatch: pytest.MonkeyPatch, text: str, *words: str) -> Any:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    return command("sql", *words)


def test_input_that_is_no_terminal_is_read_as_statements(
    hoverlake_command: Command, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["--warehouse", warehouse, "--format", "csv", "--param", "least=150"]
    query = f"select visible_ms from {EXPOSURE} where visible_ms > $least; select 1 as a"

    said = piped(hoverlake_command, monkeypatch, query, *words)
    nothing = piped(hoverlake_command, monkeypatch, "-- nothing\n", *words)
    two = piped(hoverlake_command, monkeypatch, query, *words, "-o", "two.csv")
    one = piped(hoverlake_command, monkeypatch, "select 1 as a;", *words, "-o", "one.csv")

    assert (said.exit_code, said.out) == (0, "visible_ms\n200\na\n1\n")
    assert (nothing.exit_code, nothing.last[:28]) == (2, "hoverlake: nothing was asked")
    assert (two.exit_code, two.last) == (
        2,
        "hoverlake: --output holds one answer, and there are 2 questions. Ask one at a time.",
    )
    assert (one.exit_code, one.out, Path("one.csv").read_text()) == (0, "", "a\n1\n")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--param", "day"], "--param day: give NAME=VALUE"),
        (["--param", "=5"], "--param =5: give NAME=VALUE"),
        (["--param", "a-b=5"], "--param a-b=5: give NAME=VALUE"),
        (["--param", "a=5", "--param", "a=6"], "--param a is given twice"),
        ([], "the query's $a has no value"),
    ],
)
def test_parameters_that_cannot_be(hoverlake_command: Command, warehouse: str, words: list[str], problem: str) -> None:
    said = hoverlake_command("sql", "select $a", "--warehouse", warehouse, *words)

    assert said.exit_code == 2
    assert problem in said.last


def test_a_parameter_is_bound_and_never_pasted(hoverlake_command: Command, warehouse: str) -> None:
    evil = "x' or '1' = '1"
    query = f"select $a as a, count(*) as n from {EXPOSURE} where surface = $a and event_date = $day"
    words = ["--param", f"a={evil}", "--param", "day=2026-11-20", "--param", "unused=1"]

    said = hoverlake_command("sql", query, "--warehouse", warehouse, "--format", "jsonl", *words)

    assert (said.exit_code, said.out) == (0, f'{{"a": "{evil}", "n": 0}}\n')


class Terminal:
    """A process on a terminal of its own."""

    def __init__(self, *words: str) -> None:
        self.pid, self._screen = pty.fork()
        if not self.pid:
            os.chdir(ROOT)
            os.execv(sys.executable, [sys.executable, "-m", "jobs.cli", *words])
        self._seen = ""

    def type(self, text: str) -> None:
        os.write(self._screen, text.encode())

    def shows(self, text: str, seconds: float = 60) -> bool:
        """Whether the screen shows `text`, within the time, after what was waited for before."""
        end = time.monotonic() + seconds
        while text not in self._seen and time.monotonic() < end:
            if select.select([self._screen], [], [], 0.1)[0]:
                self._seen += os.read(self._screen, 65536).decode(errors="replace")
        is_there = text in self._seen
        self._seen = self._seen.split(text, 1)[1] if is_there else self._seen
        return is_there

    def wait_for(self, text: str) -> None:
        assert self.shows(text), f"no {text!r} in {self._seen!r}"

    def processor_s(self) -> float:
        """Time that the process has computed for."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wait_until_it_works(self) -> None:
        before, end = self.processor_s(), time.monotonic() + 60
        while self.processor_s() < before + 1 and time.monotonic() < end:
            self.shows("what is never shown", 0.1)

    def leave(self) -> int | None:
        """The exit code after Ctrl-D, once the shell hears it; None if it goes on for a minute."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with contextlib.suppress(OSError):  # the screen is gone with the process
                self.type("\x04")
                self.shows("what is never shown", 1)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.1)
        return None


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system does not tell what processes do")
def test_on_a_real_terminal_tab_completes_and_control_c_stops_a_query_not_the_shell(warehouse: str) -> None:
    terminal = Terminal("sql", "--warehouse", warehouse, "--format", "csv")
    try:
        terminal.wait_for("release 2 of 2026-11-21T03:00:00Z")
        terminal.wait_for("hoverlake>")
        terminal.type("select count(*) as n from mart.viewp\t")
        terminal.wait_for("ort_exposure_daily")
        terminal.type(";\r")
        terminal.wait_for("\r\n2\r\n")
        terminal.wait_for("hoverlake>")
        terminal.type("select count(*) from range(100000000) a, range(100000) b;\r")
        terminal.wait_until_it_works()
        terminal.type("\x03")
        terminal.wait_for("cancelled")
        terminal.wait_for("hoverlake>")
        terminal.type("select 40 + 2 as answer;\r")
        terminal.wait_for("answer\r\n42")

        assert terminal.leave() == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(terminal.pid, signal.SIGKILL)
