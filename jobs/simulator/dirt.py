"""What happens to beacons between device and file: repeats, rivals, delays, broken lines."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from jobs.simulator.beacons import Beacon
from jobs.simulator.merge import refusal
from jobs.simulator.options import SimulationOptions, SimulationSummary
from jobs.simulator.people import DAY_MS

_ENCODE = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False).encode
_EPOCH = dt.date(1970, 1, 1)

#: Days by which a late beacon is held back, with their shares; the last is beyond the late window of 3 days.
DELAY_DAYS, DELAY_SHARES = (1, 2, 3, 5), (0.6, 0.2, 0.12, 0.08)
RETRY_AFTER_MS = (1000, 60_000)
COLLECTOR_AHEAD_MS = 10 * DAY_MS
ACCEPTED = "accepted"


@dataclass(frozen=True)
class Line:
    """One line of a raw file: where it lands, what is to become of it, and its bytes without line end."""

    landing_date: dt.date
    received_ms: int
    outcome: str
    text: bytes


def soil(
    rng: np.random.Generator, beacons: list[Beacon], options: SimulationOptions, summary: SimulationSummary
) -> Iterator[Line]:
    """The lines of one page view's beacons, with everything that goes wrong on the way; counted in `summary`."""
    dice = rng.random((len(beacons), 4))
    for beacon, (late, twice, rival, broken) in zip(beacons, dice.tolist(), strict=True):
        fields = beacon.fields
        summary.beacons += 1
        if late < options.late_share:
            _delay(rng, fields, summary)
        lines = [_broken(rng, fields, summary) if broken < options.malformed_share else _line(fields)]
        if twice < options.duplicate_share:
            lines = _twice(rng, fields, lines[0], summary)
        if rival < options.conflicting_share:
            summary.planted["conflicting"] += 1
            lines.append(_line(_rival(rng, fields)))
        for line in lines:
            summary.count_line(line.landing_date.isoformat(), line.outcome)
        yield from lines


def _landing_date(fields: dict[str, Any]) -> dt.date:
    return _EPOCH + dt.timedelta(days=fields["received_at_ms"] // DAY_MS)


def _line(fields: dict[str, Any]) -> Line:
    landing = _landing_date(fields)
    return Line(landing, fields["received_at_ms"], refusal(fields, landing) or ACCEPTED, _ENCODE(fields).encode())


def _delay(rng: np.random.Generator, fields: dict[str, Any], summary: SimulationSummary) -> None:
    """The device was offline: sent and received days later, by both clocks."""
    days = int(rng.choice(DELAY_DAYS, p=DELAY_SHARES))
    fields["sent_at_ms"] += days * DAY_MS
    fields["received_at_ms"] += days * DAY_MS
    summary.planted["late"] += 1


def _twice(rng: np.random.Generator, fields: dict[str, Any], line: Line, summary: SimulationSummary) -> list[Line]:
    """The line and its repeat: copied here or into the next landing date, or a retry, which keeps the id but is sent anew."""
    dice = rng.random()
    if dice < 0.6 or line.outcome not in (ACCEPTED, "withheld"):
        summary.planted["duplicate"] += 1
        days = 1 if dice < 0.25 else 0
        copied = Line(line.landing_date + dt.timedelta(days=days), line.received_ms, line.outcome, line.text)
        return [line, _judged_anew(fields, copied)]
    summary.planted["retry"] += 1
    wait = int(rng.integers(*RETRY_AFTER_MS))
    retry = {**fields, "sent_at_ms": fields["sent_at_ms"] + wait, "received_at_ms": fields["received_at_ms"] + wait}
    if dice > 0.9:  # the first attempt was under way for so long that the retry overtook it
        fields["received_at_ms"] += 2 * wait
    return [_line(fields), _line(retry)]


def _judged_anew(fields: dict[str, Any], line: Line) -> Line:
    """A copy may be too late where its original was not."""
    if line.outcome != ACCEPTED:
        return line
    return Line(line.landing_date, line.received_ms, refusal(fields, line.landing_date) or ACCEPTED, line.text)


def _rival(rng: np.random.Generator, fields: dict[str, Any]) -> dict[str, Any]:
    """Another beacon under the same number: some of the records, another id, received shortly before or after."""
    rival = dict(fields)
    rival["beacon_id"] = f"{fields['beacon_id']}-rival"
    rival["received_at_ms"] += int(rng.integers(-30, 30))
    for name in ("pointer", "items", "scroll"):
        if name in rival:
            half = len(rival[name]["t_ms"]) // 2
            rival[name] = {column: values[:half] for column, values in rival[name].items()}
    return rival


def _broken(rng: np.random.Generator, fields: dict[str, Any], summary: SimulationSummary) -> Line:
    """The beacon, broken in one of the ways that the landing job must name."""
    way, outcome = WAYS_TO_BREAK[int(rng.integers(len(WAYS_TO_BREAK)))]
    summary.planted[f"malformed:{way.__name__.lstrip('_')}"] += 1
    landing = _landing_date(fields)
    if refusal(fields, landing) == "withheld" and outcome not in ("malformed_json", "unknown_schema"):
        outcome = "withheld"
    return Line(landing, fields["received_at_ms"], outcome, way(rng, dict(fields)))


def _truncated(rng: np.random.Generator, fields: dict[str, Any]) -> bytes:
    text = _ENCODE(fields).encode()
    return text[: int(rng.integers(1, len(text)))]


def _garbage(rng: np.random.Generator, fields: dict[str, Any]) -> bytes:
    """Bytes that are no text; 0x80 upwards, so that no line end is among them."""
    return rng.integers(0x80, 0x100, int(rng.integers(20, 400)), dtype=np.uint8).tobytes()


def _wrong_type(rng: np.random.Generator, fields: dict[str, Any]) -> bytes:
    return _ENCODE({**fields, "seq": "three"}).encode()


def _wrong_schema(rng: np.random.Generator, fields: dict[str, Any]) -> bytes:
    return _ENCODE({**fields, "schema": "cursor-beacon/9"}).encode()


def _missing_field(rng: np.random.Generator, fields: dict[str, Any]) -> bytes:
    fields.pop(
        ("beacon_id", "page_view_id", "seq", "visitor_id", "started_at_ms", "page", "device")[int(rng.integers(7))]
    )
    return _ENCODE(fields).encode()


def _year_one(rng: np.random.Generator, fields: dict[str, Any]) -> bytes:
    return _ENCODE({**fields, "started_at_ms": -62_135_596_800_000}).encode()


def _year_ten_thousand(rng: np.random.Generator, fields: dict[str, Any]) -> bytes:
    return _ENCODE({**fields, "sent_at_ms": 253_402_300_800_000}).encode()


def _negative_time(rng: np.random.Generator, fields: dict[str, Any]) -> bytes:
    return _ENCODE({**fields, "observed_until_ms": -int(rng.integers(1, 5000))}).encode()


def _ragged(rng: np.random.Generator, fields: dict[str, Any]) -> bytes:
    """Three x and two y; a measured stream of clicks is put in for it."""
    fields["clicks"] = {"t_ms": [10, 20, 30], "x_px": [1, 2, 3], "y_px": [1, 2], "target": [None, None, None]}
    return _ENCODE(fields).encode()


def _from_future(rng: np.random.Generator, fields: dict[str, Any]) -> bytes:
    """The collector's clock ran ahead of the folder that it wrote to."""
    return _ENCODE({**fields, "received_at_ms": fields["received_at_ms"] + COLLECTOR_AHEAD_MS}).encode()


#: Each way with the reason that the landing job must give.
WAYS_TO_BREAK: tuple[tuple[Callable[[np.random.Generator, dict[str, Any]], bytes], str], ...] = (
    (_truncated, "malformed_json"),
    (_garbage, "malformed_json"),
    (_wrong_type, "malformed_json"),
    (_wrong_schema, "unknown_schema"),
    (_missing_field, "missing_field"),
    (_year_one, "bad_timestamp"),
    (_year_ten_thousand, "bad_timestamp"),
    (_negative_time, "negative_time"),
    (_ragged, "ragged_arrays"),
    (_from_future, "from_future"),
)
