"""On published files alone nobody is found; on the same input without protection everybody who is looked for is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.privacy import attacks
from tests.privacy.conftest import (
    BEYOND_PX,
    LAYOUT_OF_ONE,
    Both,
    with_exact_profile,
    with_refused_time,
    with_refusers,
    with_rows_dropped,
)

pytestmark = pytest.mark.spark


def test_no_file_holds_an_id_a_pseudonym_or_a_layout_of_one(both: Both) -> None:
    assert attacks.find_texts(both.protected.folder, both.protected.secrets) == []
    found = attacks.find_texts(both.unprotected.folder, {LAYOUT_OF_ONE})
    assert any(name.startswith(f"{LAYOUT_OF_ONE} in mart/hover_heatmap_daily") for name in found)


def test_an_id_in_a_file_would_be_found(both: Both) -> None:
    found = attacks.find_texts(both.protected.warehouse / "clean/page_views", both.protected.secrets)

    assert any("page-view-of-wide" in text for text in found)


def test_no_row_is_about_fewer_people_than_it_may(both: Both) -> None:
    k = both.protected.min_visitors

    assert attacks.find_small_rows(both.protected.folder, k) == []
    assert len(attacks.find_small_rows(both.unprotected.folder, k)) >= 8


def test_nobody_is_found_by_the_width_of_their_screen(both: Both) -> None:
    assert attacks.find_positions(both.protected.folder, BEYOND_PX) == []
    [found] = attacks.find_positions(both.unprotected.folder, BEYOND_PX)
    assert found.endswith("cells, the furthest from 3200 px on")


def test_the_two_spaces_of_the_heatmap_have_no_difference(both: Both, tmp_path: Path) -> None:
    assert attacks.subtract_spaces(both.protected.folder) == []
    assert attacks.subtract_spaces(with_rows_dropped(both.unprotected, tmp_path, both.protected.min_visitors))


def test_items_and_places_in_the_feed_have_no_difference(both: Both, tmp_path: Path) -> None:
    assert attacks.subtract_grains(both.protected.folder) == []
    assert attacks.subtract_grains(with_rows_dropped(both.unprotected, tmp_path, both.protected.min_visitors))


def test_who_refused_ads_is_in_no_table(both: Both, tmp_path: Path) -> None:
    assert attacks.find_refusers(both.protected.folder) == []
    assert attacks.find_refusers(both.unprotected.folder) == []
    protected, _ = with_refusers(both.protected, tmp_path / "protected")
    assert attacks.find_refusers(protected)
    unprotected, refused = with_refusers(both.unprotected, tmp_path / "unprotected")
    assert refused <= {*attacks.find_refusers(unprotected)}


def test_time_on_refused_ads_is_in_no_table(both: Both, tmp_path: Path) -> None:
    assert attacks.find_refused_time(both.protected.folder) == []
    assert attacks.find_refused_time(both.unprotected.folder) == []
    assert attacks.find_refused_time(with_refused_time(both.protected, tmp_path))


def test_no_remainder_of_a_date_can_be_split_by_surface(both: Both, tmp_path: Path) -> None:
    assert attacks.split_remainders(both.protected.folder) == []
    assert attacks.split_remainders(with_exact_profile(both.protected, tmp_path))


def test_two_releases_have_no_difference(both: Both) -> None:
    k = both.protected.min_visitors

    assert attacks.subtract_releases(both.protected.folder, k) == []
    found = attacks.subtract_releases(both.unprotected.folder, k)
    assert any("story_attention_daily" in text for text in found)
