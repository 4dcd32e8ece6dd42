"""When the feed was visible: a small chart for each platform and device, minute by minute, all on one scale."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from jobs.report.charts import line, svg, text
from jobs.report.words import counted, number
from jobs.serve.desk import Desk
from warehouse_schema.mart.feed_visibility_minutes import FEED_VISIBILITY_MINUTES as MINUTES

#: The drawing, in units of about one CSS px.
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 360, 150, 34, 18, 14, 24
DAY_MINUTES = 1440
HOURS = range(0, 25, 6)


class Minute(NamedTuple):
    """A published minute of a platform and device, from midnight UTC."""

    minute: int
    at_start: int
    visible_ms: int
    visitors: int


@dataclass(frozen=True)
class Line:
    """A platform and device over the date."""

    platform: str
    device: str
    drawing: Markup | None
    minutes: int
    visible_ms: int
    #: Visible time that is published for the date, in no minute.
    remainder_ms: int
    peak: int
    peak_at: str


@dataclass(frozen=True)
class Hour:
    """The largest number of feeds visible at the start of a minute of this hour, for each line; None without a minute."""

    start: str
    peaks: tuple[int | None, ...]


@dataclass(frozen=True)
class Visibility:
    """What is published of the date's minutes."""

    lines: tuple[Line, ...]
    hours: tuple[Hour, ...]
    #: Visible time that is published without platform and device.
    without_ms: int
    visitors: int

    @property
    def drawn(self) -> list[Line]:
        """Lines that have a minute."""
        return [line for line in self.lines if line.drawing is not None]

    @property
    def minutes(self) -> int:
        """Published minutes of all lines."""
        return sum(line.minutes for line in self.lines)


def visibility_of(desk: Desk, date: dt.date, device: str | None) -> Visibility | None:
    """The date's minutes, of one device or of all; None if nothing of them is published."""
    rows = desk.connection.execute(
        f"""
        select platform, device_type, date_diff('minute', event_date::timestamp, minute::timestamp), visible_at_start_count,
            visible_ms, visitor_count
        from {MINUTES.name} where event_date = ? and (? is null or device_type = ? or device_type is null)
        order by all
        """,
        [date, device, device],
    ).fetchall()
    minutes: dict[tuple[str, str], list[Minute]] = defaultdict(list)
    remainders: dict[tuple[str, str] | None, int] = defaultdict(int)
    for platform, device_type, minute, *counts in rows:
        key = None if platform is None or device_type is None else (platform, device_type)
        if key is None or minute is None:
            remainders[key] += int(counts[1])
        else:
            minutes[key].append(Minute(int(minute), *counts))
    keys = {*minutes, *(key for key in remainders if key)}
    if not rows or (device is not None and not keys):
        return None
    top = max((m.at_start for found in minutes.values() for m in found), default=0)
    lines = [_line(key, minutes.get(key, []), remainders.get(key, 0), top) for key in keys]
    lines.sort(key=lambda one: (-one.visible_ms - one.remainder_ms, one.platform, one.device))
    visitors = max((m.visitors for found in minutes.values() for m in found), default=0)
    drawn = [(one.platform, one.device) for one in lines if one.drawing is not None]
    return Visibility(tuple(lines), tuple(_hours(minutes, drawn)), remainders.get(None, 0), visitors)


def _line(key: tuple[str, str], minutes: Sequence[Minute], remainder_ms: int, top: int) -> Line:
    peak = max(minutes, key=lambda m: (m.at_start, -m.minute), default=None)
    return Line(
        platform=key[0],
        device=key[1],
        drawing=_chart(f"{key[0]} · {key[1]}", minutes, top) if minutes else None,
        minutes=len(minutes),
        visible_ms=sum(m.visible_ms for m in minutes),
        remainder_ms=remainder_ms,
        peak=peak.at_start if peak else 0,
        peak_at=_clock(peak.minute) if peak else "",
    )


def _hours(minutes: Mapping[tuple[str, str], Sequence[Minute]], keys: Sequence[tuple[str, str]]) -> list[Hour]:
    peaks: dict[tuple[str, str], dict[int, int]] = {key: {} for key in keys}
    for key in keys:
        for m in minutes[key]:
            peaks[key][m.minute // 60] = max(m.at_start, peaks[key].get(m.minute // 60, 0))
    return [Hour(_clock(60 * hour), tuple(peaks[key].get(hour) for key in keys)) for hour in range(24)] if keys else []


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _chart(name: str, minutes: Sequence[Minute], top: int) -> Markup:
    """A bar a minute wide for each published minute, on the scale of all charts; a gap is a minute without a row."""
    base, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    scale_x, scale_y = (right - LEFT) / DAY_MINUTES, (base - TOP) / max(1, top)
    parts = [line((LEFT, base), (right, base), "axis"), line((LEFT, TOP), (right, TOP), "grid")]
    parts += [text(LEFT - 6, TOP + 4, number(top), "tick end"), text(LEFT - 6, base + 4, "0", "tick end")]
    parts += [text(LEFT + 60 * hour * scale_x, base + 16, f"{hour}:00", "tick middle") for hour in HOURS]
    parts.append(
        Markup('<path d="{}" class="area" transform="translate({},{}) scale({:.5f},{:.5f})"/>').format(
            _outline(minutes), LEFT, base, scale_x, -scale_y
        )
    )
    peak = max(minutes, key=lambda m: (m.at_start, -m.minute))
    told = (
        f"{counted(len(minutes), 'minute')} of {DAY_MINUTES:,} published; at most {counted(peak.at_start, 'page view')} "
        f"at once, at {_clock(peak.minute)} UTC."
    )
    return svg(WIDTH, HEIGHT, f"Feeds visible by minute, {name}", told, parts)


def _outline(minutes: Sequence[Minute]) -> str:
    """Steps over minutes in a row, down to the ground at each gap."""
    drawn: list[str] = []
    last = None
    for m in sorted(minutes):
        if last is not None and m.minute == last + 1:
            drawn.append(f"V{m.at_start}h1")
        else:
            drawn.append(f"{'V0z' if drawn else ''}M{m.minute} 0V{m.at_start}h1")
        last = m.minute
    return f"{''.join(drawn)}V0z" if drawn else ""
