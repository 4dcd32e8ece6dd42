"""What a warehouse stores: bytes of one day by table, and bytes of each layer once it has been kept for its retention."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from jobs.config import Settings
from jobs.io.releases import REPLACED_DAYS
from jobs.plan.asked import Asked
from jobs.plan.constants import Constants, Span
from warehouse_schema import MARTS

LATE_WINDOW_DAYS = int(Settings.model_fields["late_window_days"].default)
#: Event dates that a night builds: its own, and those whose late window is open.
REBUILT_DATES = 1 + LATE_WINDOW_DAYS
#: `maintain` runs once a week: what may go waits for it up to so many days.
MAINTAINED_EVERY_DAYS = 7
#: A row of ops.input_files: its hash alone is 32 bytes. An estimate.
BYTES_PER_INPUT_FILE = Span(50, 100, 200)


@dataclass(frozen=True)
class Storage:
    """Bytes of raw files and tables."""

    asked: Asked
    constants: Constants

    def daily(self, name: str) -> Span:
        """A quantity of one day, or of one event date."""
        return self.constants.linear(name, self.asked.daily_page_views, self.asked.daily_samples)

    @cached_property
    def raw_bytes(self) -> Span:
        """Raw files of a day."""
        return self.daily("raw_bytes")

    @cached_property
    def raw_files(self) -> Span:
        """Raw files of a day."""
        return (self.raw_bytes * (1e-6 / self.asked.raw_file_mb)).rounded_up()

    @cached_property
    def landed_bytes(self) -> Span:
        """clean.beacons and clean.rejected_beacons of a day."""
        return self.daily("beacons_bytes") + self.daily("rejected_bytes")

    @cached_property
    def page_views_bytes(self) -> Span:
        """clean.page_views of an event date."""
        return self.daily("page_views_bytes")

    @cached_property
    def mart_rows(self) -> dict[str, Span]:
        """Rows of each mart on an event date."""
        return {mart.name: self.constants[f"{mart.name}_rows"] * self._things(mart.name) for mart in MARTS}

    def _things(self, mart: str) -> float:
        """How many layouts, stories or ads the rows of a mart are counted by; 1 if by event date."""
        things = {"layout": "layouts", "story": "stories", "ad": "ads"}.get(self.constants.units[f"{mart}_rows"][5:])
        if things is None:
            return 1
        asked: int | None = getattr(self.asked, things)
        return self.constants[things].likely if asked is None else asked

    @cached_property
    def mart_bytes(self) -> Span:
        """All marts of an event date."""
        return total(rows * self.constants[f"{name}_row_bytes"] for name, rows in self.mart_rows.items())

    @cached_property
    def ops_bytes(self) -> Span:
        """Rows of the ops tables of a night: most are about an event date, some about a raw file."""
        return self.constants["ops_bytes"] * REBUILT_DATES + self.raw_files * BYTES_PER_INPUT_FILE

    @cached_property
    def by_layer(self) -> dict[str, Span]:
        """Bytes of each layer once everything has been kept for its retention."""
        days, constants = self.asked.retention_days, self.constants
        clean = self.landed_bytes + self.page_views_bytes
        return {
            "raw": self.raw_bytes * days["raw"],
            "clean": clean * days["clean"] + _replaced("clean", self.page_views_bytes),
            "restricted": constants["restricted_bytes"] * REBUILT_DATES * days["restricted"],
            "mart": self.mart_bytes * days["mart"] + _replaced("mart", self.mart_bytes),
            "ops": self.ops_bytes * days["ops"],
        }


def _replaced(layer: str, date: Span) -> Span:
    """Bytes of event dates that a night replaced, and that wait for their removal; one of the dates was never there
    before."""
    days = REPLACED_DAYS[layer]
    waiting = Span(days, days + MAINTAINED_EVERY_DAYS / 2, days + MAINTAINED_EVERY_DAYS)
    return date * (REBUILT_DATES - 1) * waiting


def total(spans: Iterable[Span]) -> Span:
    """The sum of spans."""
    return sum(spans, start=Span.of(0))
