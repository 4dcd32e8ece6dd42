"""A night on which every gesture, every sign of a program and every kind of zone occurs at least once."""

from __future__ import annotations

from typing import Any

from tests.steps.one_view import NOON_MS, beacon
from tests.steps.strategies import RawBeacon

Records = list[tuple[Any, ...]]

HOUR_MS = 3_600_000
TOUCH = {"type": "phone", "pointer": "touch", "viewport_h_px": 640}
CRAWLER = {"type": "desktop", "pointer": "mouse", "user_agent": "Googlebot/2.1", "viewport_h_px": 640}


def rage(start_ms: int, count: int = 3, target: str | None = None) -> Records:
    """So many clicks in one place, 200 ms apart."""
    return [(start_ms + 200 * number, 500, 300, target) for number in range(count)]


def shaking(start_ms: int, count: int = 12) -> Records:
    """So many samples 100 ms apart, to and fro: two reversals less, the first after two steps."""
    return [(start_ms + 100 * number, 600 + 9 * (number % 2), 400, None) for number in range(count)]


def line(count: int, step_px: float = 7, gap_ms: int = 8) -> Records:
    """So many samples of a program that moves the cursor along a line."""
    return [(1 + number * gap_ms, number * step_px, 60, None) for number in range(count)]


def hourly(hours: range) -> Records:
    """A scroll in each of these hours after the start."""
    return [(hour * HOUR_MS, 64) for hour in hours]


_ZONES = [(0, 10, 10, "z1"), (200, 90, 10, "story"), (600, 10, 10, "z1"), (900, 90, 10, "nav"), (1500, 200, 10, None)]
#: The first hover on z1 ends at 200 ms: a click at 1500 ms is only on the second, which ends at 900 ms.
_SLOW_CLICKS = [(1500, 10, 10, "z1"), (3500, 10, 10, "z1"), (5500, 10, 10, None)]
_META = [{"item_id": "z1", "item_type": "zone"}, {"item_id": "story", "item_type": "story"}]
_AT_MIDNIGHT = dict.fromkeys(("started_at_ms", "sent_at_ms", "received_at_ms"), NOON_MS - 12 * HOUR_MS)


def busy_night() -> list[RawBeacon]:
    """Beacons of several visitors."""
    return [
        beacon(visitor_id="a", page_view_id="rages", device=TOUCH, clicks=rage(0) + rage(3000, 5), pointer=line(30)),
        beacon(visitor_id="a", page_view_id="shakes", pointer=shaking(0) + shaking(9000, 40), clicks=[(4, 1, 1, None)]),
        beacon(visitor_id="a", page_view_id="rhythm", pointer=[(8 * n, n * n % 97, 60, None) for n in range(200)]),
        beacon(visitor_id="a", page_view_id="nothing", items=[(0, "story", 1, 1)]),
        beacon(visitor_id="b", page_view_id="program", pointer=line(201)),
        beacon(visitor_id="b", page_view_id="crawler", device=CRAWLER, pointer=line(30, 90, 1)),
        beacon(visitor_id="b", page_view_id="clicker", pointer=[(900, 1, 1, None)], clicks=rage(0, target="nav")),
        beacon(visitor_id="c", page_view_id="zones", pointer=_ZONES, clicks=_SLOW_CLICKS, item_meta=_META),
        beacon(visitor_id="c", page_view_id="zones without clicks", pointer=_ZONES, item_meta=_META),
        beacon(visitor_id="c", page_view_id="zones by hand", device=TOUCH, clicks=rage(0, 1, "nav"), pointer=_ZONES),
        beacon(
            visitor_id="c",
            page_view_id="zones beside a story",
            pointer=_ZONES,
            clicks=[(9000, 10, 10, "foot"), (9500, 90, 10, "story")],
            items=[(0, "story", 1, 0.5)],
            item_meta=_META,
        ),
        _by_day("morning", hourly(range(13))),
        _by_day("evening", hourly(range(13, 24))),
    ]


def _by_day(page_view_id: str, scroll: Records) -> RawBeacon:
    raw = beacon(visitor_id="d", page_view_id=page_view_id, scroll=scroll) | _AT_MIDNIGHT
    last_ms = scroll[-1][0]
    return raw | {"sent_at_ms": raw["sent_at_ms"] + last_ms, "received_at_ms": raw["received_at_ms"] + last_ms}
