"""Lines that break the contract: each is counted under its reason, none stops the night, none is lost."""

from __future__ import annotations

import copy
import datetime as dt
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from jobs.errors import BlockedByQuality, InputUnreadable
from jobs.explain import explain_rejected
from tests.night.warehouses import DATE, START_MS, beacon, newest_release, night, query, write_lines
from warehouse_schema.raw.cursor_beacon import COLUMNS
from warehouse_schema.table import Array, Map, Struct, Type

pytestmark = pytest.mark.spark

DAY_MS = 86_400_000
YEAR_1_MS, YEAR_10000_MS = -62_135_596_800_000, 253_402_300_800_000


def _without(field: str) -> dict[str, Any]:
    line = beacon(page_view_id=f"pv-without-{field}")
    del line[field]
    return line


def _wrong(type_: Type) -> list[Any]:
    """Values of every other kind than the contract says."""
    number, text, flag, many, thing = 7, "x", True, [1], {"a": 1}
    if isinstance(type_, Array):
        return [number, text, flag, thing]
    if isinstance(type_, Struct | Map):
        return [number, text, flag, many]
    return {
        "string": [number, flag, many, thing, 1.5],
        "int": [text, flag, many, thing, 1.5, 2**40],
        "long": [text, flag, many, thing, 1.5, 2**70],
        "double": [text, flag, many, thing],
        "boolean": [text, number, many, thing],
    }[str(type_)]


def _wrong_types() -> list[dict[str, Any]]:
    """One line per field of the contract, nested ones too, and wrong kind of value."""
    lines = []
    for column in COLUMNS:
        lines += [beacon(**{column.name: value}) for value in _wrong(column.type)]
        inner = column.type.of if isinstance(column.type, Array) else column.type
        if not isinstance(inner, Struct):
            continue
        for field in inner.fields:
            for value in _wrong(field.type):
                nested: Any = {**_example_of(column.name), field.name: value}
                lines.append(beacon(**{column.name: [nested] if isinstance(column.type, Array) else nested}))
            if isinstance(field.type, Array):
                for value in _wrong(field.type.of):
                    lines.append(beacon(**{column.name: {**_example_of(column.name), field.name: [value]}}))
    return lines


def _example_of(name: str) -> dict[str, Any]:
    value = copy.deepcopy(beacon().get(name) or {})
    return value[0] if isinstance(value, list) else value


REJECTED: list[tuple[str, bytes | dict[str, Any]]] = [
    ("malformed_json", b""),
    ("malformed_json", b"   "),
    ("malformed_json", b"\x00\xff\xfe garbage \x80"),
    ("malformed_json", json.dumps(beacon()).encode()[:-20]),
    ("malformed_json", json.dumps(beacon()).encode() + json.dumps(beacon()).encode()),
    ("malformed_json", json.dumps(beacon()).encode() + b" and more"),
    ("malformed_json", b"[" + json.dumps(beacon()).encode() + b"]"),
    ("malformed_json", b"null"),
    ("malformed_json", b"5"),
    ("malformed_json", json.dumps(beacon(visitor_id="v-\xe9"), ensure_ascii=False).encode("latin-1")),
    ("malformed_json", b'{"x":' + b"[" * 5000 + b"]" * 5000 + b"}"),
    ("malformed_json", json.dumps(beacon(seq=-1)).encode()),
    ("unknown_schema", beacon(schema="cursor-beacon/2")),
    ("unknown_schema", _without("schema")),
    ("unknown_schema", b"{}"),
    *[("missing_field", _without(f)) for f in ("beacon_id", "page_view_id", "seq", "visitor_id", "page", "device")],
    *[("missing_field", _without(f)) for f in ("started_at_ms", "sent_at_ms", "received_at_ms")],
    ("missing_field", beacon(visitor_id="")),
    ("missing_field", beacon(scroll={"t_ms": [1, None], "y_px": [0, 5]})),
    ("ragged_arrays", beacon(pointer={"t_ms": [1, 2, 3], "x_px": [1, 2, 3], "y_px": [1, 2]})),
    ("ragged_arrays", beacon(clicks={"t_ms": [1], "x_px": [1], "y_px": [1], "target": []})),
    ("ragged_arrays", beacon(items={"t_ms": [1]})),
    ("negative_time", beacon(scroll={"t_ms": [-1], "y_px": [0]})),
    ("negative_time", beacon(observed_until_ms=-5)),
    *[("bad_timestamp", beacon(**{f: YEAR_1_MS})) for f in ("started_at_ms", "sent_at_ms", "received_at_ms")],
    *[("bad_timestamp", beacon(**{f: YEAR_10000_MS})) for f in ("started_at_ms", "sent_at_ms", "received_at_ms")],
    ("bad_timestamp", beacon(scroll={"t_ms": [10**12], "y_px": [0]})),
    ("too_late", beacon(received_at_ms=START_MS - 4 * DAY_MS + 5000)),
    ("from_future", beacon(received_at_ms=START_MS + 15 * 3_600_000 + 5001)),
]
WITHHELD = [
    beacon(consent={"purposes": []}),
    beacon(consent={"purposes": ["ads"], "gpc": False}),
    beacon(consent=None),
    _without("consent"),
    beacon(consent={"purposes": []}, pointer={"t_ms": [1], "x_px": [], "y_px": []}),
]
GOOD = [
    beacon(),
    beacon(page_view_id="pv-late", received_at_ms=START_MS - 3 * DAY_MS + 5000),
    beacon(page_view_id="pv-soon", received_at_ms=START_MS + 14 * 3_600_000 + 3_600_000 + 5000),
    beacon(
        page_view_id="pv-odd", pointer={"t_ms": [1, 2, 3], "x_px": [1, float("nan"), 65535], "y_px": [None, 2, 65535]}
    ),
    beacon(page_view_id="pv-extra", unknown_field={"deep": [1, {"er": None}]}, is_last=None, experiments={"a": "b"}),
]


@pytest.fixture(scope="module")
def bad_night(spark: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bad")
    lines = [line for _, line in REJECTED]
    write_lines(root / "raw", [*GOOD, *lines, *WITHHELD], name="deep/er/mixed+file 1.ndjson.gz")
    write_lines(root / "raw", _wrong_types(), name="types.ndjson")
    write_lines(root / "raw", [b'{"schema":"' + b"x" * 50_000_000 + b'"}'], name="huge.ndjson.gz")
    write_lines(root / "raw", [], name="empty.ndjson")
    night(root / "raw", root / "warehouse")
    return root


def test_every_bad_line_is_rejected_under_its_reason(bad_night: Path) -> None:
    def sha(line: bytes | dict[str, Any]) -> str:
        return hashlib.sha256(line if isinstance(line, bytes) else json.dumps(line).encode()).hexdigest()

    rows = query(
        bad_night / "warehouse",
        "select line_sha256, reason from clean.rejected_beacons where raw_file like '%mixed+file 1%'",
    )

    assert sorted(rows) == sorted((sha(line), reason) for reason, line in REJECTED)


def test_a_value_of_another_type_is_rejected_in_every_field(bad_night: Path) -> None:
    wrong = _wrong_types()

    ((rejected,),) = query(
        bad_night / "warehouse",
        "select count(*) from clean.rejected_beacons where raw_file like '%types%' and reason = 'malformed_json'",
    )
    withheld_or_else = query(
        bad_night / "warehouse",
        "select reason, count(*) from clean.rejected_beacons where raw_file like '%types%' group by all",
    )

    assert len(wrong) > 150
    assert rejected == len(wrong), withheld_or_else


def test_a_line_of_50_megabytes_is_oversized(bad_night: Path) -> None:
    rows = query(
        bad_night / "warehouse", "select reason, byte_length from clean.rejected_beacons where raw_file like '%huge%'"
    )

    assert rows == [("oversized", 50_000_013)]


def test_good_beacons_are_kept_whatever_stands_beside_them(bad_night: Path) -> None:
    rows = query(
        bad_night / "warehouse",
        "select page_view_id, event_date, unknown_position_count, len(hovers) from clean.page_views order by 1",
    )

    assert rows == [
        ("pv-1", DATE, 0, 1),
        ("pv-extra", DATE, 0, 1),
        ("pv-late", DATE - dt.timedelta(days=3), 0, 1),
        ("pv-odd", DATE, 3, 0),
        ("pv-soon", DATE + dt.timedelta(days=1), 0, 1),
    ]


def test_withheld_beacons_are_counted_and_nothing_of_them_is_kept(bad_night: Path) -> None:
    ((withheld,),) = query(
        bad_night / "warehouse", "select row_count from ops.reconciliation where reason = 'withheld'"
    )
    hashes = {row[0] for row in query(bad_night / "warehouse", "select line_sha256 from clean.rejected_beacons")}

    assert withheld == len(WITHHELD)
    assert not hashes & {hashlib.sha256(json.dumps(line).encode()).hexdigest() for line in WITHHELD}


def test_rejected_lines_can_be_shown_with_their_numbers(bad_night: Path) -> None:
    text = explain_rejected(
        str(bad_night / "raw"), str(bad_night / "warehouse"), f"landing_date={DATE}/deep/er/mixed+file 1.ndjson.gz"
    )

    assert "missing_field" in text
    assert str(len(GOOD) + 1) in text  # the first bad line stands after the good ones


@pytest.mark.slow
def test_an_unreadable_file_is_set_aside_and_taken_once_it_is_repaired(spark: object, tmp_path: Path) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    for number in range(18):
        write_lines(raw, [beacon(page_view_id=f"pv-{number}")], name=f"{number:02d}.ndjson.gz")
    whole = gzip.compress(b"".join(json.dumps(beacon(page_view_id=f"t-{n}")).encode() + b"\n" for n in range(500)))
    broken = raw / f"landing_date={DATE}" / "truncated.ndjson.gz"
    broken.write_bytes(whole[: len(whole) // 2])

    message = night(raw, warehouse)

    assert "1 files set aside" in message
    assert query(warehouse, "select count(*) from clean.page_views") == [(18,)]
    assert query(warehouse, "select outcome from ops.input_files where raw_file like '%truncated%'") == [("set_aside",)]

    broken.write_bytes(whole)
    night(raw, warehouse)

    assert query(warehouse, "select count(*) from clean.page_views") == [(518,)]
    assert newest_release(warehouse).number == 2


def test_too_many_unreadable_files_stop_the_night_by_name(tmp_path: Path) -> None:
    write_lines(tmp_path / "raw", [beacon()], name="good.ndjson.gz")
    write_lines(tmp_path / "raw", [beacon()], name="bad.ndjson").rename(
        tmp_path / "raw" / f"landing_date={DATE}" / "bad.ndjson.gz"
    )

    with pytest.raises(InputUnreadable, match=r"1 of 2 new raw files .*bad\.ndjson\.gz"):
        night(tmp_path / "raw", tmp_path / "warehouse")


@pytest.mark.slow
def test_a_night_that_does_not_add_up_is_not_published(
    spark: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jobs.steps import reconcile

    write_lines(tmp_path / "raw", [beacon()])
    honest = reconcile.landing_equations

    def one_line_more(counts: dict[dt.date, int], *rest: Any) -> Any:
        return honest({date: count + 1 for date, count in counts.items()}, *rest)

    monkeypatch.setattr("jobs.land.landing_equations", one_line_more)

    with pytest.raises(BlockedByQuality, match="2 != accepted 1"):
        night(tmp_path / "raw", tmp_path / "warehouse")

    monkeypatch.undo()
    night(tmp_path / "raw", tmp_path / "warehouse")
    assert newest_release(tmp_path / "warehouse").number == 1


def test_rejects_too_many_for_the_driver_are_the_same_rows(
    bad_night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.land.OBSERVED_REJECTS", 3)
    night(bad_night / "raw", tmp_path / "warehouse")
    rows = "select landing_date, raw_file, line_sha256, byte_length, reason from clean.rejected_beacons order by all"

    again = query(tmp_path / "warehouse", rows)

    assert len(again) > 3
    assert again == query(bad_night / "warehouse", rows)
