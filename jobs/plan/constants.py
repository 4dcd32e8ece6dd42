"""What a night costs, as it was measured: the constants behind `hoverlake plan`, stored by `python -m benchmarks.costs`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.errors import UsageError

FILE = Path(__file__).with_name("measured_costs.json")


@dataclass(frozen=True)
class Span:
    """A quantity between `low` and `high`, most likely near `likely`; none is below zero."""

    low: float
    likely: float
    high: float

    @classmethod
    def of(cls, value: float) -> Span:
        """A quantity that is certain."""
        return cls(value, value, value)

    def __add__(self, other: Span) -> Span:
        return Span(self.low + other.low, self.likely + other.likely, self.high + other.high)

    def __mul__(self, other: Span | float) -> Span:
        by = other if isinstance(other, Span) else Span.of(other)
        return Span(self.low * by.low, self.likely * by.likely, self.high * by.high)

    __rmul__ = __mul__

    def rounded_up(self) -> Span:
        """Whole things: files, executors."""
        return Span(*(float(-(-value // 1)) for value in (self.low, self.likely, self.high)))


@dataclass(frozen=True)
class Constants:
    """Measured constants by name, and of which nights they are: sizes, machine, versions."""

    spans: Mapping[str, Span]
    units: Mapping[str, str]
    counts: Mapping[str, int]
    nights: tuple[Mapping[str, Any], ...]
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    measured_on: str

    def __getitem__(self, name: str) -> Span:
        return self.spans[name]

    def linear(self, name: str, page_views: float, samples: float, *, nights: float = 1) -> Span:
        """A quantity of `nights` nights: what is fixed, and what each page view and each sample adds."""
        fixed = nights * self[f"{name}_fixed"]
        views = page_views * self[f"{name}_per_page_view"]
        return fixed + views + (samples / 1e6) * self[f"{name}_per_million_samples"]

    @property
    def is_measured_once(self) -> bool:
        """Whether what is fixed, and what page views and samples add, was told apart only once: a range needs more."""
        return all(n == 1 for name, n in self.counts.items() if name.endswith(("_fixed", "_per_page_view")))

    def largest(self, name: str) -> float:
        """The largest value that any measured night had."""
        return max(float(night[name]) for night in self.nights)


def load(file: Path = FILE) -> Constants:
    """The constants; UsageError if the file is not one that the benchmark wrote."""
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        found = said["constants"]
        return Constants(
            spans={name: Span(c["min"], c["median"], c["max"]) for name, c in found.items()},
            counts={name: c["n"] for name, c in found.items()},
            units={name: c["unit"] for name, c in found.items()},
            nights=tuple(said["nights"]),
            machine=said["machine"],
            versions=said["versions"],
            measured_on=said["measured_on"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{file} does not hold measured costs ({error!r}). Install hoverlake anew, or measure: python -m benchmarks.costs."
        ) from error
