"""docs/sql.md cannot drift: its queries run, and it names every view and macro there is."""

from __future__ import annotations

import datetime as dt
import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.config import HIST_EDGES_MS
from jobs.io import releases
from jobs.io.store import Store
from jobs.shell import COMMANDS, Shell
from jobs.sql import run_sql
from jobs.sql_macros import SIGNATURES
from tests.cli.conftest import Command
from tests.cli.conftest import hoverlake as hoverlake_command
from tests.reading.small_warehouse import release, write_table
from warehouse_schema import TABLES
from warehouse_schema.derive import rows

__all__ = ["hoverlake_command"]
DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = (DOCS / "sql.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"^```sql\n(.*?)^```", PAGE, re.M | re.S)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page view visible around 13:37:05, and a story of 9 short and 1 long views."""
    root = str(tmp_path_factory.mktemp("warehouse"))
    hist = [9] + [0] * (len(HIST_EDGES_MS) - 1) + [1]
    spell = {"started_at": _at("13:37:00"), "ended_at": _at("13:37:10"), "end_reason": "screen_off"}
    contents = {
        "clean.page_views": {"visibility": [spell], "device_type": "phone", "platform": "ios"},
        "mart.story_attention_daily": {"item_type": "story", "visible_ms_hist": hist},
    }
    pins = {name: write_table(root, name, rows(TABLES[name], values)) for name, values in contents.items()}
    published = replace(release(1, pins), configuration={"hist_edges_ms": HIST_EDGES_MS})
    assert releases.publish(Store(root, create=True), published, {})
    return root


def _at(time: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"2026-11-20T{time}+00:00")


def test_every_query_of_the_page_answers(warehouse: str) -> None:
    items, quantiles, visible = (json.loads(run_sql(warehouse, query, "json") or "") for query in QUERIES)

    assert [row["item_views"] for row in items] == [1]
    # Rank 5 of 9 values in [0, 100): 100 * 4.5 / 9. Rank 9 of them: 100 * 8.5 / 9.
    assert quantiles == [{"item_type": "story", "p50_ms": 50, "p90_ms": 94}]
    assert [(row["device_type"], row["end_reason"]) for row in visible] == [("phone", "screen_off")]


def test_the_page_s_commands_answer(hoverlake_command: Command, warehouse: str) -> None:
    commands = re.findall(r"^hoverlake sql ['\"].*", PAGE, re.M)

    for command in commands:
        said = hoverlake_command(*shlex.split(command)[1:], "--warehouse", warehouse)
        assert said.exit_code == 0, f"{command}: {said.last}"
    assert len(commands) == 3
    assert Path("reconciliation.csv").read_text().startswith("run_id,")


def test_the_page_names_every_command_of_the_shell() -> None:
    words = " ".join(re.findall(r"^\| (`\..*?) \|", PAGE, re.M))

    assert [command for command in COMMANDS if f"`{command}`" not in words] == []


def test_the_page_shows_the_shell_s_greeting(warehouse: str) -> None:
    [first, second] = Shell(warehouse).greeting.splitlines()

    assert second in PAGE
    assert re.sub(r".*(, release 1 of ).*(, event dates )", r"\1*\2", first) in re.sub(
        r"data/warehouse(, release 1 of )\S+(, event dates )", r"\1*\2", PAGE
    )


def test_the_page_names_every_macro() -> None:
    assert [signature for signature in SIGNATURES if f"`{signature}`" not in PAGE] == []


def test_links_of_the_page_lead_somewhere() -> None:
    assert [target for target in re.findall(r"\]\(([^)#]+)\)", PAGE) if not (DOCS / target).exists()] == []
