"""Who visits: devices, consent, clocks, and when in the day they come."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from jobs.simulator.options import SimulationOptions

DAY_MS = 86_400_000
HOUR_MS = 3_600_000

#: A browser reports the mouse once per picture: 60 a second, on fast screens 120.
SCREEN_MS, FAST_SCREEN_MS, FAST_SCREEN_SHARE = 16, 8, 0.25

#: Viewports in CSS px with their share, after the common screen sizes less the browser's own bars.
DESKTOPS = (
    (1366, 657, 0.34),
    (1536, 722, 0.26),
    (1920, 969, 0.28),
    (1440, 789, 0.07),
    (2560, 1289, 0.03),
    (1280, 633, 0.02),
)
PHONES = ((390, 664, 0.34), (412, 732, 0.30), (360, 640, 0.22), (430, 739, 0.14))
TABLETS = ((820, 1106, 0.45), (768, 954, 0.35), (1080, 700, 0.20))

#: What gives a hidden program away, by the reason of METRICS 5; each of them has two or three of these habits.
HABITS = ("clicks_without_samples", "collinear_steps", "constant_interval", "fast_steps")

_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0"
DESKTOP_AGENTS = (
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_CHROME} Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15",
)
IOS_AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1"
ANDROID_AGENT = f"Mozilla/5.0 (Linux; Android 16; Pixel 9) {_CHROME} Mobile Safari/537.36"
TABLET_AGENT = "Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15"
BOT_AGENTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    f"Mozilla/5.0 (X11; Linux x86_64) {_CHROME.replace('Chrome', 'HeadlessChrome')} Safari/537.36",
)

#: Visits per hour of the day (UTC), relative: a low at night, a peak in the evening.
VISITS_BY_HOUR = (3, 2, 1, 1, 1, 2, 4, 7, 9, 9, 9, 10, 11, 10, 9, 9, 10, 11, 13, 15, 16, 14, 10, 6)
_VISITS_UNTIL = tuple(accumulate(VISITS_BY_HOUR))


@dataclass(frozen=True)
class Visitor:
    """One person, or program, at one device for the whole day.

    `habits` are those of a program that hides behind an ordinary user agent; people have none.
    `clock_offset_ms` is what the device's clock shows above the true time. `sends_empty` trackers write a measured
    stream without records as empty arrays in every beacon, the others only in the first.
    """

    visitor_id: str
    device_type: str
    pointer: str
    platform: str
    viewport_w_px: int
    viewport_h_px: int
    user_agent: str
    app_version: str
    purposes: tuple[str, ...]
    gpc: bool
    is_bot: bool
    habits: frozenset[str]
    clock_offset_ms: int
    has_wrong_clock: bool
    sets_clock_back: bool
    layout: str
    flush_ms: int
    position_step_px: float
    sample_ms: int
    sends_empty: bool
    page_views: int

    @property
    def is_app(self) -> bool:
        """True in an app, where there is no cursor and the state is the app's."""
        return self.platform != "web"

    @property
    def has_cursor(self) -> bool:
        """True with a mouse or a pen."""
        return self.pointer != "touch"


def page_views_per_visitor(rng: np.random.Generator, page_views: int) -> npt.NDArray[np.int64]:
    """How many page views each visitor makes: one or more, a few make many, `page_views` together."""
    visitors = max(1, round(page_views / 2.5))
    eagerness = rng.gamma(0.8, size=visitors)
    return 1 + rng.multinomial(page_views - visitors, eagerness / eagerness.sum())


def draw_visitor(rng: np.random.Generator, number: int, page_views: int, options: SimulationOptions) -> Visitor:
    """The visitor called `number`, with everything that stays the same all day."""
    dice = rng.random(12)
    is_bot = bool(dice[8] < options.bot_share)
    is_hidden_bot = not is_bot and bool(dice[8] < options.bot_share + options.suspected_bot_share)
    device_type = "desktop" if is_hidden_bot else _device_type(dice[0], options)
    width, height, _ = _pick(rng, {"desktop": DESKTOPS, "phone": PHONES, "tablet": TABLETS}[device_type])
    platform = "web"
    if device_type != "desktop" and dice[1] < 0.6:
        platform = "ios" if device_type == "tablet" or dice[2] < 0.45 else "android"
    purposes, gpc = _consent(dice, options)
    has_wrong_clock = bool(dice[7] < options.clock_error_share)
    offset = int(rng.normal(0, 3000)) + (_hours_off(rng) if has_wrong_clock else 0)
    return Visitor(
        visitor_id=f"visitor-{number:07d}",
        device_type=device_type,
        pointer="mouse" if is_hidden_bot else _pointer(device_type, dice[3]),
        platform=platform,
        viewport_w_px=width,
        viewport_h_px=height,
        user_agent=_user_agent(rng, device_type, dice[2], is_bot),
        is_bot=is_bot,
        habits=_habits(rng) if is_hidden_bot else frozenset(),
        app_version="web-118" if platform == "web" else "9.41.0",
        purposes=purposes,
        gpc=gpc,
        clock_offset_ms=offset,
        has_wrong_clock=has_wrong_clock,
        sets_clock_back=has_wrong_clock and bool(dice[11] < 0.3),
        layout="b" if dice[9] < 0.2 else "a",
        flush_ms=(5000, 8000, 10_000)[int(rng.integers(3))],
        position_step_px=0.25 if dice[10] < 0.1 else 1.0,
        sample_ms=FAST_SCREEN_MS if rng.random() < FAST_SCREEN_SHARE else SCREEN_MS,
        sends_empty=bool(rng.random() < 0.5),
        page_views=page_views,
    )


def draw_arrival(rng: np.random.Generator) -> int:
    """A moment of the UTC day in ms, more often in the evening than at night."""
    hour = bisect_right(_VISITS_UNTIL, int(rng.integers(_VISITS_UNTIL[-1])))
    return hour * HOUR_MS + int(rng.integers(HOUR_MS))


def _device_type(dice: float, options: SimulationOptions) -> str:
    if dice < options.phone_share:
        return "phone"
    return "tablet" if dice < options.phone_share + options.tablet_share else "desktop"


def _pointer(device_type: str, dice: float) -> str:
    if device_type == "desktop":
        return "pen" if dice > 0.98 else "mouse"
    return "mouse" if device_type == "tablet" and dice < 0.15 else "touch"


def _habits(rng: np.random.Generator) -> frozenset[str]:
    count = int(rng.integers(2, 4))
    return frozenset(rng.choice(HABITS, count, replace=False).tolist())


def _pick(rng: np.random.Generator, choices: tuple[tuple[int, int, float], ...]) -> tuple[int, int, float]:
    bounds = np.cumsum([share for _, _, share in choices])
    return choices[min(int(np.searchsorted(bounds, rng.random())), len(choices) - 1)]


def _consent(dice: npt.NDArray[np.float64], options: SimulationOptions) -> tuple[tuple[str, ...], bool]:
    """Purposes and Global Privacy Control; who refuses product development may still allow something else."""
    if dice[4] < options.without_consent_share:
        return (("ads",) if dice[5] < 0.2 else ()), False
    return (("product_development", "ads") if dice[5] < 0.65 else ("product_development",)), bool(dice[6] < 0.06)


def _hours_off(rng: np.random.Generator) -> int:
    return int(rng.choice([-1, 1])) * int(rng.integers(1, 13)) * HOUR_MS


def _user_agent(rng: np.random.Generator, device_type: str, dice: float, is_bot: bool) -> str:
    if is_bot:
        return BOT_AGENTS[int(rng.integers(len(BOT_AGENTS)))]
    if device_type == "desktop":
        return DESKTOP_AGENTS[int(rng.integers(len(DESKTOP_AGENTS)))]
    if device_type == "tablet":
        return TABLET_AGENT
    return IOS_AGENT if dice < 0.45 else ANDROID_AGENT
