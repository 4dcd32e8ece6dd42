"""The size of a warehouse, as somebody asks for it; what cannot be is refused here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

from jobs.errors import UsageError
from warehouse_schema import MARTS, OPS, RESTRICTED
from warehouse_schema.clean.page_views import PAGE_VIEWS

#: Days for which each layer is kept by default; raw files are removed by whoever owns their store.
RETENTION_DAYS: Mapping[str, int] = {
    "raw": 10,
    "clean": PAGE_VIEWS.retention_days or 0,
    "restricted": RESTRICTED[0].retention_days or 0,
    "mart": MARTS[0].retention_days or 0,
    "ops": OPS[0].retention_days or 0,
}


@dataclass(frozen=True)
class Prices:
    """Prices, None where none was given: of a GB kept for a month, of a core for an hour, of a million requests."""

    storage: float | None = None
    core_hour: float | None = None
    put_requests: float | None = None
    get_requests: float | None = None


@dataclass(frozen=True)
class Asked:
    """Page views a day and pointer samples of each; `layouts`, `stories` and `ads` of a day, None as on measured ones."""

    daily_page_views: int
    samples_per_view: float
    retention_days: Mapping[str, int] = field(default_factory=lambda: RETENTION_DAYS)
    layouts: int | None = None
    stories: int | None = None
    ads: int | None = None
    raw_file_mb: float = 128
    night_hours: float = 4
    executor_cores: int = 4
    prices: Prices = Prices()

    def __post_init__(self) -> None:
        """UsageError names the option that cannot be."""
        _check("--samples-per-view", self.samples_per_view, 0, "0 or more pointer samples")
        _check("--daily-page-views", self.daily_page_views, 1, "1 page view or more")
        for name in ("layouts", "stories", "ads"):
            _check(f"--{name}", getattr(self, name), 1, "1 or more, or leave it out")
        _check("--raw-file-mb", self.raw_file_mb, 1, "1 MB or more")
        _check("--night-hours", self.night_hours, 0.1, "0.1 hours or more")
        _check("--executor-cores", self.executor_cores, 1, "1 core or more")
        for price in fields(self.prices):
            option = f"--price-{price.name.replace('_', '-')}"
            _check(option, getattr(self.prices, price.name), 0, "0 or more, or leave it out")

    @property
    def daily_samples(self) -> float:
        """Pointer samples a day."""
        return self.daily_page_views * self.samples_per_view


def _check(option: str, value: float | None, least: float, wanted: str) -> None:
    if value is not None and not (math.isfinite(value) and value >= least):
        raise UsageError(f"{option} {value:g}: give {wanted}.")


def retention_of(words: Sequence[str]) -> dict[str, int]:
    """Days by layer, from words such as `clean=14`; layers that are not named keep their default."""
    days = dict(RETENTION_DAYS)
    for word in words:
        layer, _, text = word.partition("=")
        if layer not in days:
            raise UsageError(f"--retention {word}: give LAYER=DAYS, where the layer is one of {', '.join(days)}.")
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 36_500):
            raise UsageError(f"--retention {word}: give whole days from 1 to 36500, for example {layer}=14.")
        days[layer] = int(text)
    return days
