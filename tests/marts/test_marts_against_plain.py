"""Published rows against plain loops: the same entries at the same steps, the same sums, at every threshold."""

from __future__ import annotations

import pyarrow.compute as pc
import pytest

from jobs.steps.marts import UNPUBLISHED
from tests.marts.conftest import Folded
from tests.marts.plain_ladder import FINEST, plain_rows, total_or_none
from tests.marts.plain_marts_rows import NightMart, rich_rows
from tests.marts.small_night import HIST_EDGES_MS

pytestmark = pytest.mark.spark


def test_every_row_is_the_plain_sum_of_the_entries_that_the_plain_ladder_puts_there(folded: Folded) -> None:
    plain = rich_rows if isinstance(folded.mart, NightMart) else plain_rows
    expected = plain(folded.mart, folded.counted, folded.step_of, HIST_EDGES_MS)

    published = {folded.keys(row): row for row in folded.rows}

    assert len(published) == len(folded.rows)
    assert published == expected


def test_one_visitor_is_enough_where_subjects_consent_to_it(folded: Folded) -> None:
    if folded.min_visitors > 1:
        assert set(folded.step_of.values()) - {FINEST}
        return

    assert set(folded.step_of.values()) == {FINEST}
    assert {folded.keys(row) for row in folded.rows} == {entry.keys for entry in folded.counted}


def test_keys_are_null_only_in_remainders_and_folded_cells_are_larger(folded: Folded) -> None:
    for row in folded.rows:
        assert (None in folded.keys(row)) == row["is_remainder"]
        assert row.get("cell_px") in {32, 64, 128, 256} or row["is_remainder"] or "cell_px" not in row


def test_what_is_published_nowhere_is_what_the_plain_ladder_leaves(folded: Folded) -> None:
    hidden = [entry for entry in folded.counted if folded.step_of[entry.id] == UNPUBLISHED]

    own = folded.staged.unpublished.filter(pc.equal(folded.staged.unpublished["mart"], folded.spec.name))
    for name, column in zip(folded.spec.measures, folded.staged.ledger.amounts, strict=False):
        amounts = sum(own[column].drop_null().to_pylist())

        assert amounts == (total_or_none(entry.amounts[name] for entry in hidden) or 0)


def test_clean_is_published_and_remainder_and_unpublished_and_excluded(folded: Folded) -> None:
    for name in folded.spec.table.additive:
        clean = total_or_none(e.amounts[name] for e in folded.clean)
        excluded = total_or_none(e.amounts[name] for e in folded.clean if e.exclusion)
        rows = total_or_none(row[name] for row in folded.rows)
        unpublished = total_or_none(e.amounts[name] for e in folded.counted if folded.step_of[e.id] == UNPUBLISHED)

        assert clean == (rows or 0) + (unpublished or 0) + (excluded or 0)
        assert clean
