"""Every kind of change to a mart is caught, and asks for the version and the words that its readers need.

Each test alters the declaration of one mart as somebody might, and looks at it beside its contract of before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jobs.dictionary import contract_files
from jobs.dictionary.contract import contract_of
from jobs.dictionary.contract_changes import Level, compared
from jobs.dictionary.contract_files import stale_contracts
from jobs.dictionary.contract_versions import problems, retirement_problems
from warehouse_schema import MARTS, Column, Table
from warehouse_schema.mart.reach_daily import REACH_DAILY
from warehouse_schema.mart.story_attention_daily import STORY_ATTENTION_DAILY as STORIES

Change = Callable[[Table], Table]
NAME = STORIES.name


KEPT = contract_of(STORIES)


def changed(name: str, **values: Any) -> Change:
    """The table with one column declared otherwise."""

    def change(table: Table) -> Table:
        assert name in table.column_names
        columns = tuple(replace(c, **values) if c.name == name else c for c in table.columns)
        return replace(table, columns=columns)

    return change


def without(name: str) -> Change:
    return lambda table: replace(
        table,
        columns=tuple(c for c in table.columns if c.name != name),
        additive=tuple(other for other in table.additive if other != name),
    )


def with_column(table: Table) -> Table:
    return replace(table, columns=(*table.columns, Column("scroll_count", "long", "Scrolls.", "scrolls", low=0)))


def declared(**values: Any) -> Change:
    """The table with something else declared otherwise."""
    return lambda table: replace(table, **values)


BREAKING: dict[str, Change] = {
    "column hover_ms is gone": without("hover_ms"),
    "type of impressions was bigint, and is int": changed("impressions", type="int"),
    "type of impressions was bigint, and is double": changed("impressions", type="double"),
    "type of visible_ms_hist was array<bigint>, and is bigint": changed("visible_ms_hist", type="long"),
    "unit of visible_ms was ms, and is s": changed("visible_ms", unit="s"),
    "unit of visible_ms was ms, and is None": changed("visible_ms", unit=None),
    "the meaning of visible_ms": changed("visible_ms", meaning="Time with any part in view."),
    "the meaning of purpose": declared(meaning="Which stories were clicked."),
    "the meaning of one row per": declared(one_row_per="week, surface, device, item type and item"),
    "impressions may be NULL from now on": changed("impressions", nullable=True),
    "visible_ms is never NULL from now on": changed("visible_ms", nullable=False),
    "minimum of impressions was 0, and is None": changed("impressions", low=None),
    "minimum of impressions was 0, and is -1": changed("impressions", low=-1),
    "classification of topic was internal, and is personal": changed("topic", personal=True),
    "visible_ms no longer adds up over rows": declared(additive=tuple(n for n in STORIES.additive if n != "visible_ms")),
    "the grain was": declared(grain=STORIES.grain[:-1]),
    "retention was 760 days, and is 90": declared(retention_days=90),
    "isShownAsTotal was False, and is True": declared(is_total=True),
}  # fmt: skip
ADDED: dict[str, Change] = {
    "column scroll_count is new": with_column,
    "item_type has a list of values": changed("item_type", allowed=("story", "ad", "video", "zone")),
    "minimum of impressions was 0, and is 1": changed("impressions", low=1),
    "maximum of impressions was None, and is 1000000": changed("impressions", high=10**6),
    "visitor_count adds up over rows": declared(additive=("visitor_count", *STORIES.additive)),
    "retention was 760 days, and is 900": declared(retention_days=900),
    "the table is partitioned otherwise": declared(partition_by=("event_date", "surface")),
}
WORDS: dict[str, Change] = {
    "other words": declared(caveats=(*STORIES.caveats, "Know this, too.")),
}
KINDS = [
    *((Level.MAJOR, told, change) for told, change in BREAKING.items()),
    *((Level.MINOR, told, change) for told, change in ADDED.items()),
    *((Level.PATCH, told, change) for told, change in WORDS.items()),
]
VERSIONS = {Level.MAJOR: "2.0.0", Level.MINOR: "1.1.0", Level.PATCH: "1.0.1"}
ENOUGH = {Level.MAJOR: ("2.0.0",), Level.MINOR: ("1.1.0", "2.0.0"), Level.PATCH: ("1.0.1", "1.1.0", "2.0.0")}


def entry(version: str, words: str = "What changes.") -> str:
    return f"# Changes\n\n## Unreleased\n\n### {NAME} {version}\n\n{words}\n\n### {NAME} 1.0.0\n\nThe first contract.\n"


every_kind = pytest.mark.parametrize(("level", "told", "change"), KINDS, ids=[told for _, told, _ in KINDS])


@every_kind
def test_a_change_is_told_and_has_its_level(level: Level, told: str, change: Change) -> None:
    first, *_ = compared(KEPT, contract_of(change(STORIES)))

    assert told in first.what
    assert first.level == level


@every_kind
def test_a_change_without_its_version_is_refused(level: Level, told: str, change: Change) -> None:
    for version in ("1.0.0", "0.9.0", *VERSIONS.values()):
        new = contract_of(replace(change(STORIES), version=version))

        found = problems(NAME, KEPT, new, entry(version))

        if version in ENOUGH[level]:
            assert found == []
        else:
            [problem] = found
            assert f"{NAME}: a {level.name.lower()} change of version 1.0.0, declared as {version}: " in problem
            assert told in problem and f"Declare version {VERSIONS[level]} in warehouse_schema." in problem


@every_kind
def test_a_change_without_words_in_the_changelog_is_refused(level: Level, told: str, change: Change) -> None:
    new = contract_of(replace(change(STORIES), version=VERSIONS[level]))

    [problem] = problems(NAME, KEPT, new, entry("1.0.0"))

    assert problem.startswith(f"CHANGELOG.md has no heading that names {NAME} and {VERSIONS[level]}.")


def test_nothing_changed_asks_for_nothing() -> None:
    assert compared(KEPT, contract_of(STORIES)) == []
    assert problems(NAME, KEPT, contract_of(STORIES), entry("1.0.0")) == []


def test_a_list_of_values_may_grow_and_not_shrink() -> None:
    feed = next(mart for mart in MARTS if mart.name == "mart.feed_attention_daily")
    values = feed.column("feed_rank_bucket").allowed or ()
    kept = contract_of(feed)

    longer = compared(kept, contract_of(changed("feed_rank_bucket", allowed=(*values, "101+"))(feed)))
    shorter = compared(kept, contract_of(changed("feed_rank_bucket", allowed=values[1:])(feed)))
    none = compared(kept, contract_of(changed("feed_rank_bucket", allowed=None)(feed)))

    assert [(c.level, c.what) for c in longer] == [(Level.MINOR, "feed_rank_bucket may be '101+'")]
    assert [(c.level, c.what) for c in shorter] == [(Level.MAJOR, "feed_rank_bucket is never '1' any more")]
    assert [(c.level, c.what) for c in none] == [(Level.MAJOR, "feed_rank_bucket may have any value from now on")]


def test_an_expectation_may_come_and_not_go_or_weaken() -> None:
    def with_check(**values: Any) -> dict[str, Any]:
        new = contract_of(STORIES)
        [schema] = new["schema"]
        schema["quality"] = [c | values if c["name"] == "group_of_min_visitors" else c for c in schema["quality"]]
        return new

    [weaker] = compared(KEPT, with_check(severity="warning"))
    [other] = compared(KEPT, with_check(query="SELECT 0"))
    renamed = compared(KEPT, with_check(name="group_of_few"))
    [stronger] = compared(with_check(severity="warning"), KEPT)

    assert (weaker.level, stronger.level, other.level) == (Level.MAJOR, Level.MINOR, Level.MINOR)
    assert [(c.level, c.what) for c in renamed] == [
        (Level.MAJOR, "expectation group_of_min_visitors is gone"),
        (Level.MINOR, "expectation group_of_few is new"),
    ]


def test_other_words_of_one_meaning_are_a_patch_where_the_changelog_says_so() -> None:
    reworded = changed("visible_ms", meaning="Time with half or more in view; NULL if no item view measured it.")(
        STORIES
    )
    new = contract_of(replace(reworded, version="1.0.1"))

    claimed = problems(NAME, KEPT, new, entry("1.0.1", "Wording: `visible_ms`, `purpose`."))
    of_another = problems(NAME, KEPT, new, entry("1.0.1", "Wording: `hover_ms`."))
    [unclaimed] = problems(NAME, KEPT, new, entry("1.0.1"))

    assert claimed == []
    assert of_another == [unclaimed]
    assert "the meaning of visible_ms is put in other words. Declare version 2.0.0" in unclaimed
    assert unclaimed.endswith("Wording: `visible_ms`.")


def test_a_claim_of_wording_excuses_nothing_else() -> None:
    worse = changed("visible_ms", meaning="Seconds with half in view.", unit="s")(STORIES)
    new = contract_of(replace(worse, version="1.0.1"))

    [problem] = problems(NAME, KEPT, new, entry("1.0.1", "Wording: `visible_ms`."))

    assert "unit of visible_ms was ms, and is s" in problem and "other words" not in problem


def test_a_claim_under_another_heading_does_not_count() -> None:
    reworded = changed("visible_ms", meaning="Time with half or more in view.")(STORIES)
    new = contract_of(replace(reworded, version="1.0.1"))
    elsewhere = entry("1.0.1") + "\n### mart.reach_daily 1.0.1\n\nWording: `visible_ms`.\n"

    assert problems(NAME, KEPT, new, elsewhere) != []


@pytest.mark.parametrize("heading", [f"{NAME} 11.0.0", f"{NAME} 1.0.00", f"{NAME}_old 1.0.0", f"x{NAME} 1.0.0"])
def test_a_heading_of_another_table_or_version_does_not_count(heading: str) -> None:
    assert problems(NAME, None, KEPT, f"## {heading}\n\nWords.\n") != []


def test_a_new_mart_asks_for_words_alone() -> None:
    assert problems(NAME, None, KEPT, entry("1.0.0")) == []
    assert len(problems(NAME, None, KEPT, "# Changes\n")) == 1


def test_a_mart_may_not_go_in_silence() -> None:
    [problem] = retirement_problems(NAME, KEPT, entry("1.0.0"))

    assert problem == (
        f"{NAME} is gone: a breaking change. CHANGELOG.md must say so under a heading that names {NAME} and 2.0.0."
    )
    assert retirement_problems(NAME, KEPT, entry("2.0.0", "Gone: ask mart.feed_attention_daily.")) == []


def test_make_docs_writes_nothing_that_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(contract_files, "MARTS", (STORIES, REACH_DAILY))
    contract_files.write_contracts(tmp_path, [NAME, REACH_DAILY.name])
    before = contract_files.kept_contracts(tmp_path)
    monkeypatch.setattr(contract_files, "MARTS", (changed("impressions", type="int")(STORIES), REACH_DAILY))

    assert contract_files.main([], tmp_path) == 1

    assert "type of impressions was bigint, and is int. Declare version 2.0.0" in capsys.readouterr().err
    assert contract_files.kept_contracts(tmp_path) == before


def test_make_docs_writes_what_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(contract_files, "MARTS", (STORIES,))
    contract_files.write_contracts(tmp_path, [NAME])
    path = tmp_path / f"{NAME}.odcs.yaml"
    path.write_text(path.read_text() + "# by hand\n")

    assert contract_files.main(["--check"], tmp_path) == 1
    assert f"docs/contracts/{NAME}.odcs.yaml is stale: run make docs." in capsys.readouterr().err
    assert contract_files.main([], tmp_path) == 0

    assert stale_contracts(contract_files.kept_contracts(tmp_path)) == []
