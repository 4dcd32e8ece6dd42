"""The line in which a person types into `hoverlake sql`: history, completion, several lines to a statement."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import completion_is_selected
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from jobs.shell import COMMANDS
from jobs.shell_entries import is_complete
from jobs.sql import named_tables
from jobs.sql_errors import NAMES
from jobs.sql_views import FLAT_VIEWS, flat_columns, one_row_per
from warehouse_schema import TABLES

if TYPE_CHECKING:
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

PROMPT, MORE = "hoverlake> ", "      ...> "
KEYWORDS = [
    "all",
    "and",
    "as",
    "asc",
    "between",
    "by",
    "case",
    "count",
    "create",
    "cross",
    "desc",
    "distinct",
    "else",
    "end",
    "exists",
    "explain",
    "filter",
    "from",
    "full",
    "group",
    "having",
    "in",
    "inner",
    "is",
    "join",
    "lateral",
    "left",
    "like",
    "limit",
    "not",
    "null",
    "nulls",
    "offset",
    "on",
    "or",
    "order",
    "over",
    "partition",
    "pivot",
    "qualify",
    "right",
    "select",
    "show",
    "summarize",
    "tables",
    "then",
    "union",
    "unnest",
    "using",
    "values",
    "when",
    "where",
    "window",
    "with",
]
_WORD = re.compile(r"[\w.]*$")
_OWNER_ONLY = 0o600


def prompt_of(input: Input | None = None, output: Output | None = None) -> Callable[[], str]:
    """A function that lets a person type: returns complete entries, raises KeyboardInterrupt (Ctrl-C), EOFError (Ctrl-D)."""
    session: PromptSession[str] = PromptSession(
        PROMPT,
        multiline=True,
        prompt_continuation=MORE,
        key_bindings=_keys(),
        completer=NameCompleter(),
        complete_while_typing=False,
        history=history(),
        enable_open_in_editor=True,
        input=input,
        output=output,
    )
    return session.prompt


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter", filter=~completion_is_selected)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if is_complete(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    return keys


class NameCompleter(Completer):
    """Commands after a dot at the start; else tables, columns of the tables that are named, and words of SQL."""

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """What the word before the cursor may become."""
        before = document.text_before_cursor.lstrip()
        match = _WORD.search(before)
        word = match[0] if match else ""
        for name, meaning in _candidates(before, word, document.text).items():
            if name.lower().startswith(word.lower()):
                yield Completion(name, -len(word), display_meta=meaning)


def _candidates(before: str, word: str, text: str) -> Mapping[str, str]:
    if before.startswith(".") and before == word:
        return {command.split(" ")[0]: meaning for command, meaning in COMMANDS.items()}
    if before.startswith(".schema"):
        return tables()
    columns = columns_of(named_tables(text) or [])
    alias, dot, _ = word.rpartition(".")
    if dot and not any(name.startswith(f"{alias.lower()}.") for name in NAMES):
        return {f"{alias}.{name}": meaning for name, meaning in columns.items()}
    return {**columns, **tables(), **dict.fromkeys(KEYWORDS, "")}


def tables() -> dict[str, str]:
    """Every name a query can ask, with what its row is."""
    return {name: one_row_per(name) if name in FLAT_VIEWS else TABLES[name].one_row_per for name in NAMES}


def columns_of(names: list[str]) -> dict[str, str]:
    """Columns of the tables, with their meanings."""
    found: dict[str, str] = {}
    for name in names:
        if name in FLAT_VIEWS:
            found |= dict.fromkeys(flat_columns(name), "")
        else:
            found |= {column.name: column.meaning for column in TABLES[name].columns}
    return found


def history_file() -> Path:
    """Where questions are kept, below the user's state directory."""
    state = os.environ.get("XDG_STATE_HOME") or str(Path("~/.local/state").expanduser())
    return Path(state) / "hoverlake" / "sql_history"


def history() -> History:
    """What was typed before, readable by its owner alone: questions can name people. In memory where no file can be."""
    path = history_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, _OWNER_ONLY))
        path.chmod(_OWNER_ONLY)
    except OSError as error:
        print(f"no history: {path} cannot be written ({error.strerror}).", file=sys.stderr)
        return InMemoryHistory()
    return FileHistory(str(path))
