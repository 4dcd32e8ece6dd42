"""The plan: storage, a night, a month's bill, and how far all of it is from what was measured."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

from jobs.plan.asked import Asked
from jobs.plan.constants import Constants, Span
from jobs.plan.night import PARTITIONS_PER_CORE, Night
from jobs.plan.storage import Storage, total

NIGHTS_PER_MONTH = 365 / 12


@dataclass(frozen=True)
class Plan:
    """All that follows from a size and the constants; each quantity lies between the extremes that were measured."""

    asked: Asked
    constants: Constants

    @cached_property
    def storage(self) -> Storage:
        """What is stored."""
        return Storage(self.asked, self.constants)

    @cached_property
    def night(self) -> Night:
        """What a night takes."""
        return Night(self.asked, self.constants, self.storage)

    @cached_property
    def monthly(self) -> dict[str, Span]:
        """What a month is billed for, by the names of prices: GB-months, core-hours, millions of requests."""
        night = self.night
        return {
            "storage": total(self.storage.by_layer.values()) * 1e-9,
            "core_hour": night.core_hours * NIGHTS_PER_MONTH,
            "put_requests": (night.put_requests + night.list_requests) * (NIGHTS_PER_MONTH * 1e-6),
            "get_requests": night.get_requests * (NIGHTS_PER_MONTH * 1e-6),
        }

    @cached_property
    def cost(self) -> dict[str, Span | None]:
        """Cost of a month by the names of prices, in their currency; None without a price."""
        prices = {price.name: getattr(self.asked.prices, price.name) for price in fields(self.asked.prices)}
        return {name: None if price is None else self.monthly[name] * price for name, price in prices.items()}

    @cached_property
    def times_page_views(self) -> float:
        """Page views of a day, as a multiple of the largest measured night's."""
        return self.asked.daily_page_views / self.constants.largest("page_views")

    @cached_property
    def measured_samples_per_view(self) -> tuple[float, float]:
        """Samples per page view of the measured nights: the fewest, the most."""
        each = [night["samples"] / night["page_views"] for night in self.constants.nights]
        return min(each), max(each)

    @cached_property
    def times_partition(self) -> float:
        """Bytes of a shuffle's partition, as a multiple of the largest measured night's."""
        return self._partition_bytes / self._measured_partition_bytes

    @property
    def _partition_bytes(self) -> float:
        return self.night.shuffle_bytes.likely / self.night.partitions.likely

    @property
    def _measured_partition_bytes(self) -> float:
        partitions = PARTITIONS_PER_CORE * float(self.constants.machine["cores"])
        return self.constants.largest("shuffle_bytes") / partitions
