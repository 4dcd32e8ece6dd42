from __future__ import annotations

import datetime as dt
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pyarrow as pa
import pytest

from jobs.errors import InfrastructureFailed, UsageError
from jobs.simulator import SimulationOptions, SimulationSummary, simulate
from jobs.simulator.merge import refusal
from warehouse_schema.contract import json_schema
from warehouse_schema.raw.cursor_beacon import STREAMS

DAY = dt.date(2026, 11, 20)
CLEAN = SimulationOptions(
    duplicate_share=0,
    conflicting_share=0,
    late_share=0,
    malformed_share=0,
    bot_share=0,
    suspected_bot_share=0,
    without_consent_share=0,
    clock_error_share=0,
)
DIRTY = SimulationOptions(
    duplicate_share=0.2,
    conflicting_share=0.05,
    late_share=0.2,
    malformed_share=0.2,
    bot_share=0.3,
    suspected_bot_share=0.1,
    without_consent_share=0.3,
)


def text_of(file: Path) -> bytes:
    packed = file.read_bytes()
    if file.suffix == ".gz":
        return gzip.decompress(packed)
    if file.suffix == ".zst":
        with pa.input_stream(pa.BufferReader(packed), compression="zstd") as stream:
            return bytes(stream.read())
    return packed


def lines_of(raw: Path) -> Iterator[tuple[dt.date, bytes]]:
    for file in sorted(raw.rglob("part-*")):
        landing_date = dt.date.fromisoformat(file.parent.name.removeprefix("landing_date="))
        for line in text_of(file).splitlines():
            yield landing_date, line


@pytest.fixture(scope="module")
def clean_night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SimulationSummary]:
    raw = tmp_path_factory.mktemp("clean")
    return raw, simulate(DAY, 120, 5, raw, options=CLEAN)


@pytest.fixture(scope="module")
def dirty_night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SimulationSummary]:
    raw = tmp_path_factory.mktemp("dirty")
    return raw, simulate(DAY, 120, 5, raw, options=DIRTY)


def test_nights_of_two_dates_do_not_overwrite_each_other(tmp_path: Path) -> None:
    first = simulate(DAY, 20, 3, tmp_path, options=DIRTY)
    second = simulate(DAY + dt.timedelta(days=1), 20, 3, tmp_path, options=DIRTY)

    assert len(list(tmp_path.rglob("part-*"))) == first.files + second.files


def test_clean_lines_keep_the_contract_and_are_all_accepted(clean_night: tuple[Path, SimulationSummary]) -> None:
    raw, summary = clean_night
    validator = jsonschema.Draft202012Validator(json_schema())

    lines = list(lines_of(raw))

    assert len(lines) == summary.lines == summary.beacons
    for landing_date, line in lines[::50]:
        beacon = json.loads(line)
        assert not list(validator.iter_errors(beacon))
        for stream in STREAMS:
            assert len({len(array) for array in beacon.get(stream, {}).values()}) <= 1
        assert dt.datetime.fromtimestamp(beacon["received_at_ms"] / 1000, dt.UTC).date() == landing_date
    withheld = summary.outcomes[DAY.isoformat()]["withheld"]  # who changed their mind in the middle
    assert withheld < 0.02 * summary.lines
    assert sum(sum(c.values()) for c in summary.outcomes.values()) == summary.lines


def test_page_views_start_within_the_day(clean_night: tuple[Path, SimulationSummary]) -> None:
    raw, summary = clean_night
    first: dict[str, int] = {}
    for _, line in lines_of(raw):
        beacon = json.loads(line)
        start = beacon["received_at_ms"] - (beacon["sent_at_ms"] - beacon["started_at_ms"])
        first[beacon["page_view_id"]] = min(start, first.get(beacon["page_view_id"], start))

    hours = Counter(dt.datetime.fromtimestamp(ms / 1000, dt.UTC).hour for ms in first.values())
    days = {dt.datetime.fromtimestamp((ms - 3000) / 1000, dt.UTC).date() for ms in first.values()}
    assert len(first) == summary.page_views == 120
    assert DAY in days and days <= {DAY - dt.timedelta(days=1), DAY}
    assert sum(hours[h] for h in range(18, 22)) > 3 * sum(hours[h] for h in range(2, 6))


def test_shares_are_met(dirty_night: tuple[Path, SimulationSummary]) -> None:
    """Within three standard deviations of 700 beacons and of 48 visitors."""
    _, summary = dirty_night
    planted, beacons = summary.planted, summary.beacons

    malformed = sum(count for name, count in planted.items() if name.startswith("malformed"))
    assert planted["late"] / beacons == pytest.approx(0.2, abs=0.045)
    assert malformed / beacons == pytest.approx(0.2, abs=0.045)
    assert (planted["duplicate"] + planted["retry"]) / beacons == pytest.approx(0.2, abs=0.045)
    assert planted["conflicting"] / beacons == pytest.approx(0.05, abs=0.025)
    assert planted["bot_visitors"] / summary.visitors == pytest.approx(0.3, abs=0.2)
    assert planted["suspected_bot_visitors"] / summary.visitors == pytest.approx(0.1, abs=0.13)
    assert planted["visitors_without_consent"] / summary.visitors == pytest.approx(0.3, abs=0.2)
    assert min(planted["duplicate"], planted["retry"], planted["suspected_bot_visitors"]) > 0


def test_share_of_zero_plants_nothing(clean_night: tuple[Path, SimulationSummary]) -> None:
    assert not clean_night[1].planted


def test_beacons_land_up_to_five_days_later_and_then_are_too_late(dirty_night: tuple[Path, SimulationSummary]) -> None:
    outcomes = dirty_night[1].outcomes

    for days in range(4):
        assert outcomes[(DAY + dt.timedelta(days=days)).isoformat()]["accepted"] > 0
    last = outcomes[(DAY + dt.timedelta(days=5)).isoformat()]
    assert last["too_late"] > 0 and last["accepted"] == 0


def test_files_come_in_all_three_forms(dirty_night: tuple[Path, SimulationSummary]) -> None:
    raw, summary = dirty_night
    files = [f for f in raw.rglob("*") if f.is_file()]

    assert Counter(f.suffix for f in files).keys() == {".gz", ".zst", ".ndjson"}
    assert len(files) == summary.files
    assert sum(1 for _ in lines_of(raw)) == summary.lines


def test_outcomes_are_what_the_lines_deserve(tmp_path: Path) -> None:
    summary = simulate(DAY, 25, 8, tmp_path, options=DIRTY)
    validator = jsonschema.Draft202012Validator(json_schema())
    found: dict[str, Counter[str]] = {}
    for landing_date, line in lines_of(tmp_path):
        found.setdefault(landing_date.isoformat(), Counter())[judged(validator, landing_date, line)] += 1

    expected: dict[str, Counter[str]] = {}
    for date, outcomes in summary.outcomes.items():
        expected[date] = Counter()
        for outcome, count in outcomes.items():
            expected[date]["broken" if outcome in BROKEN else outcome] += count
    assert found == expected
    assert {outcome for outcomes in found.values() for outcome in outcomes} >= {
        "accepted",
        "withheld",
        "broken",
        "too_late",
    }


YEAR_2100_MS = 4_102_444_800_000
BROKEN = {"malformed_json", "unknown_schema", "missing_field", "bad_timestamp", "negative_time", "ragged_arrays"}


def judged(validator: jsonschema.Draft202012Validator, landing_date: dt.date, line: bytes) -> str:
    """The fate of a line by JSON Schema, array lengths and clocks: which rule of the contract it breaks is not told apart."""
    try:
        beacon = json.loads(line)
    except ValueError:
        return "broken"
    if not isinstance(beacon, dict) or beacon.get("schema") != "cursor-beacon/1" or isinstance(beacon.get("seq"), str):
        return "broken"
    if "product_development" not in beacon["consent"]["purposes"]:
        return "withheld"
    clocks = [beacon.get(f"{clock}_at_ms", 0) for clock in ("started", "sent", "received")]
    if not all(0 <= ms < YEAR_2100_MS for ms in clocks):
        return "broken"
    lengths_differ = any(len({len(array) for array in beacon.get(s, {}).values()}) > 1 for s in STREAMS)
    # What breaks a line never lies in one of its samples: the first ones stand for all.
    short = beacon | {s: {name: of[:10] for name, of in beacon[s].items()} for s in STREAMS if beacon.get(s)}
    if lengths_differ or not validator.is_valid(short):
        return "broken"
    return refusal(beacon, landing_date) or "accepted"


@pytest.mark.parametrize("share", [-0.01, 1.01, float("nan")])
def test_share_outside_0_to_1_is_refused_by_name(share: float) -> None:
    with pytest.raises(UsageError, match="late_share"):
        SimulationOptions(late_share=share)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"page_views": 0}, "--page-views"),
        ({"seed": -1}, "--seed"),
        ({"processes": 0}, "processes"),
        ({"date": dt.date(1, 1, 1)}, "--date"),
    ],
)
def test_nothing_to_simulate_is_refused_by_name(tmp_path: Path, arguments: dict[str, object], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        simulate(**{"date": DAY, "page_views": 1, "seed": 0, "raw": tmp_path, **arguments})  # type: ignore[arg-type]


def test_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "raw").write_text("")

    with pytest.raises(InfrastructureFailed, match="raw"):
        simulate(DAY, 1, 0, tmp_path / "raw")


def test_summary_tells_what_lies_in_each_landing_date(dirty_night: tuple[Path, SimulationSummary]) -> None:
    summary = dirty_night[1]
    head, *days, planted = str(summary).splitlines()

    assert head.startswith("48 visitors, 120 page views, ") and head.endswith(f" in {summary.files} files")
    assert len(days) == len(summary.outcomes)
    assert f"accepted {summary.outcomes[DAY.isoformat()]['accepted']}, " in days[0]
    assert f"late {summary.planted['late']}, " in planted
