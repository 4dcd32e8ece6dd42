"""The docs pages follow from the declarations, and are fresh."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse_schema import TABLES, Column, Struct, Table
from warehouse_schema.docs import (
    main,
    pages,
    render_contract,
    render_purposes,
    render_rejections,
    render_table,
    stale_pages,
    write_pages,
)
from warehouse_schema.examples import EXAMPLES
from warehouse_schema.raw import cursor_beacon as raw
from warehouse_schema.table import Array


def test_docs_in_the_project_are_fresh() -> None:
    assert stale_pages() == [], "run make docs"


def test_a_changed_page_is_stale_and_written_anew(tmp_path: Path) -> None:
    write_pages(tmp_path)
    page = tmp_path / "tables" / "ops.runs.md"
    page.write_text(page.read_text() + "edited by hand\n")

    assert stale_pages(tmp_path) == ["tables/ops.runs.md"]
    assert write_pages(tmp_path) == ["tables/ops.runs.md"]
    assert stale_pages(tmp_path) == []


def test_a_page_of_a_table_that_is_gone_is_removed(tmp_path: Path) -> None:
    write_pages(tmp_path)
    left_over = tmp_path / "tables" / "mart.gone_daily.md"
    left_over.write_text("# mart.gone_daily\n")

    assert stale_pages(tmp_path) == ["tables/mart.gone_daily.md"]
    write_pages(tmp_path)
    assert not left_over.exists()


def test_check_fails_on_a_missing_page_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("warehouse_schema.docs.stale_pages", lambda: ["tables/ops.runs.md"])

    assert main(["--check"]) == 1
    assert "docs/tables/ops.runs.md is stale: run make docs." in capsys.readouterr().err


def test_every_table_has_a_page_and_the_index_links_it() -> None:
    index = pages()["README.md"]

    assert all(f"[{name}](tables/{name}.md)" in index for name in TABLES)
    assert all(f"tables/{name}.md" in pages() for name in TABLES)


def test_table_page_shows_rows_nested_fields_values_and_caveats() -> None:
    table = Table(
        name="mart.example_daily",
        one_row_per="day",
        meaning="An example.",
        grain=("event_date",),
        columns=(
            Column("event_date", "date", "The day."),
            Column("kind", "string", "This | that.", allowed=("a", "b"), personal=True),
            Column("cells", Array(Struct((Column("share", "double", "How much.", "0..1", low=0, high=1),))), "All cells.", nullable=True),
        ),
        partition_by=("event_date",),
        retention_days=30,
        caveats=("Never add it.",),
        additive=(),
    )  # fmt: skip

    lines = render_table(table).splitlines()

    assert "**One row per day.** An example." in lines
    assert "- Kept for: 30 days." in lines
    assert "- Never add it." in lines
    assert "| `event_date` | date |  |  |  | The day. |" in lines
    assert "| `kind` | string |  |  | `a`, `b` | This \\| that. *Personal.* |" in lines
    assert "| `cells` | list of object |  | yes |  | All cells. |" in lines
    assert "| `cells[].share` | double | 0..1 |  | 0 to 1 | How much. |" in lines


def test_mart_page_says_who_answers_for_it_how_fresh_it_is_and_what_it_answers() -> None:
    page = render_table(TABLES["mart.reach_daily"])

    assert "- Owner: warehouse team. Read by every analyst." in page
    assert "- Fresh: The night after an event date shows it, provisional;" in page
    assert "- Contract: [version 1.0.0](../contracts/mart.reach_daily.odcs.yaml)." in page
    for example in EXAMPLES["mart.reach_daily"]:
        assert f"{example.question}\n\n```sql\n{example.sql}\n```" in page


def test_a_page_about_people_says_who_may_read_it_and_has_no_questions() -> None:
    page = render_table(TABLES["clean.page_views"])

    assert "Read by those who have permission" in page
    assert "## Questions" not in page and "- Contract:" not in page


def test_contract_page_names_every_field() -> None:
    page = render_contract()

    for column in raw.COLUMNS:
        assert f"| `{column.name}` |" in page
    assert "| `pointer.t_ms` | list of long | ms since start |" in page
    assert "| `item_meta[].ad_id` | string |" in page


def test_purposes_page_says_for_every_table_what_its_rows_and_columns_need() -> None:
    lines = render_purposes().splitlines()

    assert [name for name in TABLES if not any(f"(tables/{name}.md) |" in line for line in lines)] == []
    (beacons,) = [line for line in lines if "(tables/clean.beacons.md)" in line]
    assert "| rows | `item_meta[].ad_id` of entries with an ad_id;" in beacons
    (ads,) = [line for line in lines if "(tables/mart.ad_attention_daily.md)" in line]
    assert "| rows | rows |" in ads
    (stories,) = [line for line in lines if "(tables/mart.story_attention_daily.md)" in line]
    assert "| rows | entries with an ad_id |" in stories


def test_rejections_page_keeps_the_order_of_judgement() -> None:
    page = render_rejections()

    assert page.index("`oversized`") < page.index("`malformed_json`") < page.index("`from_future`")
