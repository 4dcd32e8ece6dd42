"""Arithmetic of the bench: fixed and marginal cost, medians, ratios. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

MILLION = 1_000_000


@dataclass(frozen=True)
class Cost:
    """Seconds of a night = fixed_s + s_per_million x million samples."""

    fixed_s: float
    s_per_million: float


def fit(samples: Sequence[int], seconds: Sequence[float]) -> Cost | None:
    """The line of least squares through all runs; None if they are all of one size."""
    millions = [count / MILLION for count in samples]
    if len(set(millions)) < 2:
        return None
    mean_x, mean_y = sum(millions) / len(millions), sum(seconds) / len(seconds)
    spread = sum((x - mean_x) ** 2 for x in millions)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in zip(millions, seconds, strict=True)) / spread
    return Cost(mean_y - slope * mean_x, slope)


@dataclass(frozen=True)
class Spread:
    """Smallest, middle and largest of some runs."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of at least one value."""
        return cls(min(values), median(values), max(values))

    def __str__(self) -> str:
        return f"{self.low:.1f} / {self.middle:.1f} / {self.high:.1f}"
