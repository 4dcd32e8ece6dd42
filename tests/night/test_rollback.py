"""A rollback between real nights: readers see the older release, and the next night finishes what it took back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobs.errors import NothingNew
from jobs.io import releases
from jobs.io.store import Store
from jobs.rollback import rollback
from tests.night.warehouses import beacon, newest_release, night, page_views, published, write_lines

pytestmark = [pytest.mark.spark, pytest.mark.slow]


def test_after_a_rollback_the_next_night_lands_again_what_the_older_release_lacks(spark: Any, tmp_path: Path) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    first = write_lines(raw, [beacon()], name="a.ndjson.gz")
    night(raw, warehouse)
    of_one = (published(warehouse), page_views(warehouse))
    write_lines(raw, [beacon(beacon_id="b-2", page_view_id="pv-2", visitor_id="v-2")], name="b.ndjson.gz")
    night(raw, warehouse)
    of_two = (published(warehouse), page_views(warehouse))
    assert of_one != of_two

    rollback(str(warehouse), 1)

    assert (published(warehouse), page_views(warehouse)) == of_one
    assert list(releases.manifest(Store(str(warehouse)), 3)) == [first.relative_to(raw).as_posix()]

    night(raw, warehouse)

    assert (published(warehouse), page_views(warehouse)) == of_two
    assert (newest_release(warehouse).number, newest_release(warehouse).kind) == (4, "night")
    with pytest.raises(NothingNew):
        night(raw, warehouse)
