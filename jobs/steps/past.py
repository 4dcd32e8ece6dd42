"""How unusual a number is beside its own past: median, MAD, robust z, population stability index. Plain numbers only."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from statistics import median

#: Makes the median absolute deviation of normal values their standard deviation.
MAD_TO_SIGMA = 1.4826
#: Added to each class's count, so that a class that is new or gone has a finite weight.
CLASS_PRIOR = 0.5


def mad(values: Sequence[float]) -> float:
    """Median absolute deviation from the median: half of the values lie within it."""
    centre = median(values)
    return median(abs(value - centre) for value in values)


def robust_z(value: float, past: Sequence[float], least_sigma: float) -> float:
    """How many standard deviations the value lies above the median of the past (below: negative).

    The deviation is estimated from the MAD, which one odd day does not move; it is at least `least_sigma`, because a
    few equal days say little about the next one. 0 where nothing differs.
    """
    away = value - median(past)
    sigma = max(MAD_TO_SIGMA * mad(past), least_sigma)
    if away == 0:
        return 0.0
    return away / sigma if sigma > 0 else math.copysign(math.inf, away)


def population_stability_index(now: Mapping[str, float], past: Mapping[str, float]) -> float:
    """How far two distributions over classes differ: sum of (p - q) ln(p / q); 0 if they are equal."""
    classes = sorted({*now, *past})
    p, q = _shares(now, classes), _shares(past, classes)
    return sum((a - b) * math.log(a / b) for a, b in zip(p, q, strict=True))


def chance_psi(classes: int, *sizes: float) -> float:
    """The index to be expected of two samples of one distribution: classes less one over each sample's size."""
    return max(classes - 1, 0) * _of_sizes(sizes)


def rare_psi(classes: int, *sizes: float, deviations: float) -> float:
    """The index that two samples of one distribution exceed as rarely as a normal value exceeds so many standard
    deviations: times the sizes it is about a chi square, whose cube root is about normal (Wilson and Hilferty 1931)."""
    degrees = max(classes - 1, 1)
    spread = 2 / (9 * degrees)
    return float(degrees * (1 - spread + deviations * math.sqrt(spread)) ** 3 * _of_sizes(sizes))


def _of_sizes(sizes: Sequence[float]) -> float:
    return sum(1 / max(1, size) for size in sizes)


def _shares(counts: Mapping[str, float], classes: Sequence[str]) -> list[float]:
    total = sum(counts.values()) + CLASS_PRIOR * len(classes)
    return [(counts.get(name, 0) + CLASS_PRIOR) / total for name in classes]


def quantile_of_bins(counts: Sequence[int], edges: Sequence[int], share: float) -> int | None:
    """The value of rank ceil(share * n), estimated within its bin as `hist_quantile` of `hoverlake sql` does.

    Of k values in a bin from a to b the m-th lies at a * (b / a) ** ((m - 0.5) / k), in the first bin, from 0, even in
    ms; those of the last bin at its edge. Rounded down; None without any.
    """
    total = sum(counts)
    if not total:
        return None
    rank = max(1, math.ceil(share * total - 1e-9))
    number = next(n for n, below in enumerate(accumulate(counts)) if below >= rank)
    if number == len(edges):
        return edges[-1]
    part = (rank - 0.5 - sum(counts[:number])) / counts[number]
    if number == 0:
        return math.floor(part * edges[0])
    low, high = edges[number - 1], edges[number]
    return math.floor(low * math.pow(high / low, part))
