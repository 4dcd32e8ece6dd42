"""Nights on both sides of a change of keys, on a warehouse whose clean tables were written before keys had ids."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable, write_deltalake

from jobs.io.keys import KeyRing, key_file, load_ring, write_ring
from jobs.rotation import rotated
from jobs.steps.pseudonym import visitor_key
from tests.night.warehouses import DATE, START_MS, beacon, newest_release, night, query, write_lines
from warehouse_schema import TABLES

pytestmark = pytest.mark.spark

NEXT_DATE = DATE + dt.timedelta(days=1)
MIDNIGHT_MS = START_MS + 14 * 3_600_000
#: Page views by visitor, start and session. pv-mid's second beacon has a clock 400 ms later: it starts after midnight.
VIEWS = {
    "pv-day": ("v-1", START_MS, "s-1"),
    "pv-mid": ("v-1", MIDNIGHT_MS - 200, "s-2"),
    "pv-after": ("v-1", MIDNIGHT_MS + 60_000, "s-2"),
    "pv-other": ("v-2", MIDNIGHT_MS + 60_000, "s-3"),
}


def _beacon(view: str, seq: int = 0, late_ms: int = 0) -> dict[str, Any]:
    visitor, start_ms, session = VIEWS[view]
    sent_ms = start_ms + 5000 + 1000 * seq
    return beacon(
        **{"beacon_id": f"{view}-{seq}", "page_view_id": view, "seq": seq, "is_last": seq == 1},
        **{"visitor_id": visitor, "session_id": session, "observed_until_ms": 5000 + 1000 * seq},
        **{"started_at_ms": start_ms, "sent_at_ms": sent_ms, "received_at_ms": sent_ms + late_ms},
    )


@dataclass(frozen=True)
class Rotated:
    """A warehouse of two nights, the ring between them and after them."""

    warehouse: Path
    before: KeyRing
    ring: KeyRing

    def secret(self, key_id: str) -> bytes:
        secret = self.ring.keys[int(key_id) - 1].secret
        assert secret is not None
        return secret


@pytest.fixture(scope="module")
def nights(spark: object, tmp_path_factory: pytest.TempPathFactory) -> Rotated:
    root = tmp_path_factory.mktemp("rotation")
    raw, warehouse = root / "raw", root / "warehouse"
    with pytest.MonkeyPatch.context() as environment:
        for name in ("HOVERLAKE_KEY_FILE", "HOVERLAKE_KEY_RING"):
            environment.delenv(name, raising=False)
        write_lines(raw, [_beacon("pv-day")])
        night(raw, warehouse)
        before = load_ring(str(warehouse))
        _forget_key_ids(warehouse)
        write_ring(key_file(str(warehouse)), rotated(before, NEXT_DATE))
        views = [_beacon("pv-mid"), _beacon("pv-mid", 1, 400), _beacon("pv-after"), _beacon("pv-other")]
        write_lines(raw, views, NEXT_DATE)
        night(raw, warehouse, NEXT_DATE)
        return Rotated(warehouse, before, load_ring(str(warehouse)))


def _forget_key_ids(warehouse: Path) -> None:
    """The release's clean tables as an earlier version wrote them: without the column."""
    record = warehouse / "_releases" / "000001.json"
    release = json.loads(record.read_text())
    for name in ("clean.beacons", "clean.page_views"):
        uri = str(warehouse / TABLES[name].path)
        rows = DeltaTable(uri).to_pyarrow_table().drop_columns(["key_id"])
        partitions = list(TABLES[name].partition_by)
        write_deltalake(uri, rows, mode="overwrite", schema_mode="overwrite", partition_by=partitions)
        release["tables"][name] = DeltaTable(uri).version()
    record.write_text(json.dumps(release))


def test_every_row_stands_under_the_key_of_its_start_date(nights: Rotated) -> None:
    rows = query(nights.warehouse, "select page_view_id, event_date, key_id, visitor_key from clean.page_views")

    def expected(view: str, date: dt.date, key_id: str) -> tuple[object, ...]:
        return view, date, key_id, visitor_key(VIEWS[view][0], nights.secret(key_id))

    assert sorted(rows) == [
        expected("pv-after", NEXT_DATE, "2"),
        expected("pv-day", DATE, "1"),
        expected("pv-mid", DATE, "1"),
        expected("pv-mid", NEXT_DATE, "2"),
        expected("pv-other", NEXT_DATE, "2"),
    ]


def test_beacons_have_the_key_of_their_own_start_and_those_from_before_none(nights: Rotated) -> None:
    rows = query(nights.warehouse, "select page_view_id, seq, start_date, key_id, visitor_key from clean.beacons")

    keys = {(view, seq): (start, key_id) for view, seq, start, key_id, _ in rows}
    assert keys == {
        ("pv-day", 0): (DATE, None),
        ("pv-mid", 0): (DATE, "1"),
        ("pv-mid", 1): (NEXT_DATE, "2"),
        ("pv-after", 0): (NEXT_DATE, "2"),
        ("pv-other", 0): (NEXT_DATE, "2"),
    }
    for view, _, _, key_id, key in rows:
        assert key == nights.ring.pseudonyms(VIEWS[view][0])[key_id or "1"]


def test_what_the_midnight_cut_is_counted_on_the_date_after_it(nights: Rotated) -> None:
    cuts = query(
        nights.warehouse,
        """select event_date, metric, amount, base, is_published from ops.dq_profile
           where table_name = 'clean.beacons' order by metric""",
    )

    # Of pv-mid, pv-after, pv-other one; of s-2, s-3 one.
    assert cuts == [(NEXT_DATE, "page_views_cut", 1, 3, True), (NEXT_DATE, "sessions_cut", 1, 2, True)]


def test_a_session_over_the_midnight_is_two(nights: Rotated) -> None:
    dates = query(
        nights.warehouse,
        "select event_date, sum(session_count)::int from mart.session_attention_daily group by all order by all",
    )

    # pv-day; pv-mid's first half; pv-mid's second half with pv-after; pv-other.
    assert dates == [(DATE, 2), (NEXT_DATE, 2)]


def test_the_ring_always_holds_the_next_key(nights: Rotated) -> None:
    """Days 20,748 and 20,839 since 1970 are multiples of 91."""
    coming = dt.date(1970, 1, 1) + dt.timedelta(days=91 * 229)

    assert [key.first_date for key in nights.before.keys] == [None, coming]
    assert [key.first_date for key in nights.ring.keys] == [None, NEXT_DATE, coming]
    assert nights.ring.keys[0] == nights.before.keys[0]
    assert len({key.secret for key in (*nights.ring.keys, nights.before.keys[1])}) == 4


def test_no_key_stands_in_anything_that_the_nights_wrote(nights: Rotated) -> None:
    secrets = [secret for ring in (nights.before, nights.ring) for secret in ring.secrets.values()]
    files = [path for path in nights.warehouse.rglob("*") if path.is_file()]
    content = b"".join(path.read_bytes() for path in files)

    assert len(files) > 50 and newest_release(nights.warehouse).number == 2
    assert [s for s in secrets if s in content or s.hex().encode() in content] == []
