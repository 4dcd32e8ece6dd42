"""Files that storage has harmed, and very many of them: no crash, and every line is accounted for."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pyarrow as pa
import pytest

from tests.night.warehouses import DATE, beacon, night, query

pytestmark = [pytest.mark.spark, pytest.mark.slow]

FLIPS = 200


def _flipped(content: bytes, dice: random.Random) -> bytes:
    """The content with one bit turned over."""
    place = dice.randrange(len(content))
    return content[:place] + bytes([content[place] ^ (1 << dice.randrange(8))]) + content[place + 1 :]


def _folder(raw: Path) -> Path:
    folder = raw / f"landing_date={DATE}"
    folder.mkdir(parents=True)
    return folder


def _adds_up(warehouse: Path) -> int:
    """Lines of the landing equation, both sides of which must be equal."""
    rows = query(
        warehouse,
        "select sum(row_count) filter (reason = 'input'), sum(row_count) filter (reason <> 'input'), bool_and(adds_up) "
        "from ops.reconciliation where quantity = 'lines'",
    )
    ((read, told, adds_up),) = rows
    assert (read, adds_up) == (told, True)
    return int(read)


def test_one_bit_turned_over_in_each_of_four_hundred_files(spark: object, tmp_path: Path) -> None:
    folder, dice = _folder(tmp_path / "raw"), random.Random(5)
    for number in range(FLIPS):
        lines = [json.dumps(beacon(beacon_id=f"b-{number}-{n}", page_view_id=f"pv-{number}-{n}")) for n in range(5)]
        content = "".join(line + "\n" for line in lines).encode()
        (folder / f"{number}.ndjson.gz").write_bytes(_flipped(gzip.compress(content, mtime=0), dice))
        zstd = pa.Codec("zstd").compress(content, asbytes=True)
        (folder / f"{number}.ndjson.zst").write_bytes(_flipped(zstd, dice))

    night(tmp_path / "raw", tmp_path / "warehouse", max_unreadable_share=1.0)

    ((files,),) = query(tmp_path / "warehouse", "select count(*) from ops.input_files")
    ((aside,),) = query(tmp_path / "warehouse", "select count(*) from ops.input_files where outcome = 'set_aside'")
    assert files == 2 * FLIPS
    assert 0 < aside < files
    assert _adds_up(tmp_path / "warehouse") > 0


def test_ten_thousand_tiny_files_and_some_empty_ones(spark: object, tmp_path: Path) -> None:
    folder = _folder(tmp_path / "raw")
    for number in range(10_000):
        line = json.dumps(beacon(beacon_id=f"b-{number}", page_view_id=f"pv-{number}", visitor_id=f"v-{number % 100}"))
        (folder / f"{number}.ndjson").write_text("" if number % 1000 == 0 else line + "\n")

    night(tmp_path / "raw", tmp_path / "warehouse")

    assert _adds_up(tmp_path / "warehouse") == 9_990
    assert query(tmp_path / "warehouse", "select count(*) from clean.page_views") == [(9_990,)]
