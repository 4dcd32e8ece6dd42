"""A group whose total another table tells must be shown whole or not at all: else what is missing can be subtracted."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.marts.conftest import PLAIN
from tests.marts.plain_ladder import DATE, UNPUBLISHED, climb
from tests.marts.small_night import page_views

HEATMAP = PLAIN["hover_heatmap_daily"]
GROUP = ("event_date", "surface", "layout_id", "device_type", "viewport_class", "space")


@pytest.mark.parametrize("min_visitors", [2, 5, 21, 24, 50])
def test_no_group_is_shown_in_part(min_visitors: int) -> None:
    counted = [entry for entry in HEATMAP.entries(page_views()) if entry.exclusion is None]  # type: ignore[union-attr]
    step_of = climb(HEATMAP, counted, min_visitors).step_of  # type: ignore[arg-type]
    places = [HEATMAP.grain.index(name) for name in GROUP]

    entries, hidden = Counter[tuple[object, ...]](), Counter[tuple[object, ...]]()
    for entry in counted:
        group = tuple(entry.keys[place] for place in places)
        entries[group] += 1
        hidden[group] += step_of[entry.id] in (DATE, UNPUBLISHED)

    assert {group: count for group, count in hidden.items() if 0 < count < entries[group]} == {}
