"""`hoverlake sql` without a query: a shell on a terminal, a script from anything else.

All that is asked in one shell is answered by one release, the newest when it began or the one asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, get_args

from jobs.errors import HoverlakeError, UsageError
from jobs.pinned import opened_release
from jobs.shell_entries import LEAVING, Entry, entries
from jobs.sql import run_sql
from jobs.sql_errors import NAMES, unknown_table
from jobs.sql_files import FILES
from jobs.sql_output import Format
from jobs.sql_views import FLAT_VIEWS, one_row_per
from jobs.text_grid import grid
from warehouse_schema import TABLES
from warehouse_schema.derive import sql_type

if TYPE_CHECKING:
    import duckdb

_SOON_S = 0.1
COMMANDS = {
    ".tables": "all tables, and what a row of each is",
    ".schema TABLE": "columns of a table: type, unit, meaning",
    ".explain QUERY": "how the engine would answer a query, without asking it",
    ".release [N]": "the release that answers; with N, another one",
    ".format [FORM]": "the form of answers; with FORM (table, csv, json, jsonl, markdown), another one",
    ".help": "this list",
    ".quit": "leave, as Ctrl-D does",
}


def ask(
    warehouse: str,
    query: str,
    format: Format,
    output: Path | None,
    release: int | None,
    parameters: Mapping[str, str],
) -> str | None:
    """`run_sql`, which Ctrl-C stops: the engine does not hear it while it works, so another thread waits and tells it.

    KeyboardInterrupt once the query has stopped.
    """
    running = _Running()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(run_sql, warehouse, query, format, output, release, parameters, watch=running.holds)
        try:
            return asked.result()
        except KeyboardInterrupt:
            # Again and again: the query may not have begun when Ctrl-C is pressed.
            while not asked.done():
                running.interrupt()
                wait([asked], _SOON_S)
            raise


class _Running:
    """The connection that works for one thread, and that another may interrupt: never one that is being closed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None

    @contextmanager
    def holds(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """For as long as the connection works."""
        self._connection = connection
        try:
            yield
        finally:
            with self._lock:
                self._connection = None

    def interrupt(self) -> None:
        """Stop what it is doing, if anything."""
        with self._lock:
            if self._connection is not None:
                self._connection.interrupt()


class Leave(Exception):
    """The shell was asked to end."""


class Shell:
    """Answers entries, one after another, by one release of a warehouse."""

    def __init__(
        self,
        warehouse: str,
        release: int | None = None,
        format: Format = "table",
        parameters: Mapping[str, str] | None = None,
        output: Path | None = None,
    ) -> None:
        self.warehouse = warehouse
        self.format = format
        self.parameters = dict(parameters or {})
        self.output = output
        self.release: int | None = None
        self._choose(release)

    def answer(self, text: str) -> str:
        """What an entry is answered, ending with a line break unless empty; `Leave` if it is to end.

        HoverlakeError for what cannot be answered; KeyboardInterrupt once the query that Ctrl-C cancelled has stopped.
        """
        if text.lower() in LEAVING:
            raise Leave
        if not text.startswith("."):
            return self._ask(text)
        command, _, words = text.partition(" ")
        answers: dict[str, Callable[[str], str]] = {
            ".tables": lambda _: self._ask("SHOW TABLES", "table"),
            ".schema": self._schema,
            ".explain": lambda query: self._ask(f"EXPLAIN {query}", "table"),
            ".release": self._release,
            ".format": self._format,
            ".help": lambda _: grid(("Command", "Meaning"), list(COMMANDS.items())),
        }
        if command.lower() not in answers:
            raise UsageError(f"there is no command {command}. There are: {', '.join(COMMANDS)}.")
        return answers[command.lower()](words.strip().rstrip(";").strip())

    @property
    def greeting(self) -> str:
        """What a person should know before the first question."""
        return f"{self._release('')}End a question with ;  .help lists commands, Ctrl-D leaves.\n"

    def _ask(self, query: str, format: Format | None = None) -> str:
        return ask(self.warehouse, query, format or self.format, self.output, self.release, self.parameters) or ""

    def _schema(self, name: str) -> str:
        if not name:
            raise UsageError("give a table: .schema mart.story_attention_daily. .tables lists them.")
        if name in FLAT_VIEWS:
            return f"{name}: one row per {one_row_per(name)}.\n\n" + self._ask(f"DESCRIBE {name}", "table")
        if name not in NAMES:
            raise unknown_table(name)
        table = TABLES[name]
        rows = [(c.name, sql_type(c.type, "duckdb"), c.unit or "", c.meaning) for c in table.columns]
        return f"{name}: one row per {table.one_row_per}. {table.meaning}\n\n" + grid(
            ("Column", "Type", "Unit", "Meaning"),
            [(n, t if len(t) <= 40 else "list of struct", *r) for n, t, *r in rows],
        )

    def _release(self, words: str) -> str:
        if words:
            if not words.isdecimal() or not int(words):
                raise UsageError(f".release {words}: give a release's number, such as .release 3.")
            self._choose(int(words))
        release = opened_release(self.warehouse, self.release, is_needed=False)
        if release is None:
            return f"{self.warehouse}: nothing published yet; ops tables can be read.\n"
        dates = sorted(release.event_dates)
        span = f"event dates {dates[0]} to {dates[-1]}" if dates else "no event dates"
        return f"{self.warehouse}, release {release.number} of {release.created_at}, {span}.\n"

    def _choose(self, number: int | None) -> None:
        release = opened_release(self.warehouse, number, is_needed=number is not None)
        self.release = release.number if release else None

    def _format(self, word: str) -> str:
        printed = [name for name in get_args(Format) if name not in FILES]
        if word and word not in printed:
            raise UsageError(f".format {word}: choose one of {', '.join(printed)}.")
        self.format = word or self.format  # type: ignore[assignment]
        return f"{self.format}\n"


def run_shell(shell: Shell) -> None:
    """Answer what is typed until it ends; from anything but a terminal, what is read, up to the first error."""
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        run_script(shell, sys.stdin.read())
        return
    if shell.output is not None:
        raise UsageError("--output goes with a query: hoverlake sql QUERY --output FILE.")
    from jobs.shell_prompt import prompt_of

    prompt = prompt_of()
    print(shell.greeting, end="")
    while True:
        try:
            found, rest = entries(prompt())
        except KeyboardInterrupt:
            # The line is cancelled.
            continue
        except EOFError:
            return
        try:
            for entry in [*found, *([rest] if rest else [])]:
                _print_answer(shell, entry)
        except KeyboardInterrupt:
            print("cancelled")
        except Leave:
            return


def _print_answer(shell: Shell, entry: Entry) -> None:
    try:
        print(shell.answer(entry.text), end="")
    except HoverlakeError as error:
        print(f"error: {error}", file=sys.stderr)


def run_script(shell: Shell, text: str) -> None:
    """Answer one entry after another; the last needs no `;`. The first that fails ends the script, and says its line."""
    found, rest = entries(text)
    asked = [*found, *([rest] if rest else [])]
    if not asked:
        raise UsageError('nothing was asked. Give a query: hoverlake sql "select ...", or one on standard input.')
    if shell.output is not None and len(asked) > 1:
        raise UsageError(f"--output holds one answer, and there are {len(asked)} questions. Ask one at a time.")
    for entry in asked:
        try:
            print(shell.answer(entry.text), end="", flush=True)
        except Leave:
            return
        except HoverlakeError as error:
            if len(asked) == 1:
                raise
            raise type(error)(f"line {entry.line}: {error}") from error
