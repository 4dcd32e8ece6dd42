"""What a rule about a table is: SQL that holds on every row, with what has gone wrong where it does not.

Rules are data: `{name}` in their SQL stands for a threshold of the configuration in force.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from warehouse_schema.table import Table

#: A failed critical rule stops what it is about from being published; a failed warning is noted.
CRITICAL, WARNING = "critical", "warning"
#: Who looks into a failure first: who builds the tables, who sends the logs, who answers for the people in them.
PIPELINE, TRACKER, PRIVACY = "pipeline", "tracker", "privacy"
#: 64 hex digits, the form of a pseudonym.
PSEUDONYM = "[0-9a-f]{{64}}"


@dataclass(frozen=True)
class Rule:
    """`holds` is SQL over a row's columns; with `each` it holds on every `entry` of that list.

    Where it is NULL nothing is broken: what is not measured cannot be wrong. `beside` is a column, as SQL with its
    name, that is computed first: of a window, for rules that compare a row with its neighbour.

    The SQL is Spark's, but DuckDB's in tables of `catalog.NESTED`, whose rows hold lists of structs: there a rule sees one
    batch of rows (`beside` is not for them), lists are walked by `list_filter`, `list_transform` and `lambda entry: ...`,
    and instants are compared as `epoch_ms`, which no time zone changes.
    """

    name: str
    holds: str
    meaning: str
    each: str | None = None
    beside: str | None = None
    severity: str = CRITICAL
    owner: str = PIPELINE

    def at(self, thresholds: Mapping[str, Any]) -> Rule:
        """The rule with its thresholds filled in; KeyError for one that the configuration does not have."""
        return replace(self, holds=self.holds.format_map(thresholds))


def rules_of_every_mart(table: Table) -> list[Rule]:
    """What is true of all that is published: large enough groups, keys folded away only in remainders, no person."""
    keys = [name for name in table.grain if table.column(name).nullable]
    texts = [column.name for column in table.columns if column.type == "string"]
    known = " AND ".join(f"{name} IS NOT NULL" for name in keys)
    return [
        Rule(
            "group_of_min_visitors",
            "visitor_count >= {min_visitors}",
            "A group is so small that a row may be about single people.",
            owner=PRIVACY,
        ),
        Rule(
            "no_pseudonym",
            f"NOT concat_ws(' ', {', '.join(texts)}) RLIKE '{PSEUDONYM}'",
            "A text looks like a visitor's pseudonym: a published row may name a person.",
            owner=PRIVACY,
        ),
        Rule(
            "keys_away_only_in_remainders",
            f"is_remainder <> ({known})",
            "A key is NULL on an ordinary row, or a remainder has all its keys: rows stand for other groups than they say.",
        ),
        Rule(
            "visitors_at_most_page_views",
            "visitor_count <= page_view_count",
            "More visitors than page views: visitors were counted twice, or page views lost.",
        ),
    ]


def sum_in_batch(array: str, amount: str) -> str:
    """SQL of DuckDB: an amount added up over the entries of a list, 0 where it is NULL; NULL without a list."""
    amounts = f"list_transform({array}, lambda entry: CAST({amount} AS BIGINT))"
    return f"CASE WHEN {array} IS NOT NULL THEN coalesce(list_sum({amounts}), 0) END"


def sum_of(array: str, amount: str) -> str:
    """SQL of Spark: an amount added up over the entries of a list, 0 where it is NULL; NULL without a list."""
    return f"aggregate({array}, 0L, (total, entry) -> total + coalesce({amount}, 0L))"
