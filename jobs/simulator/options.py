"""What a simulated night is made of: shares of everything that goes wrong, and the tally of what was planted."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass, field

from jobs.errors import UsageError


@dataclass(frozen=True)
class SimulationOptions:
    """Shares, each 0..1; 0 leaves the thing out.

    The defaults are a bad but ordinary day: 57 % of mobile page views never send a closing beacon and 5-10 % of the
    traffic is automatic (published figures, METRICS 4 and 5); the other shares are set high enough to be met in
    2,000 page views.
    """

    #: Beacons that arrive twice: the same line again (in the same or the next landing date), or sent anew.
    duplicate_share: float = 0.03
    #: Beacons answered by another beacon under the same number: another beacon_id, other records.
    conflicting_share: float = 0.002
    #: Beacons held back by the device for 1 to 5 days; those of the fifth day are too late.
    late_share: float = 0.02
    #: Lines broken on the way: not JSON, unknown schema, fields missing, ragged, negative or impossible times.
    malformed_share: float = 0.01
    #: Visitors whose user agent says that it is a program.
    bot_share: float = 0.05
    #: Visitors that are programs under an ordinary browser's name: their cursor gives at least two reasons.
    suspected_bot_share: float = 0.02
    #: Visitors who did not consent to product development.
    without_consent_share: float = 0.08
    #: Visitors whose device clock is off by hours; some of these clocks are set back while a page is open.
    clock_error_share: float = 0.04
    #: Page views on phones and tablets without a closing beacon; on desktops it is a sixth of this share.
    missing_close_share: float = 0.57
    #: Visitors on phones.
    phone_share: float = 0.42
    #: Visitors on tablets; everybody else is on a desktop.
    tablet_share: float = 0.08

    def __post_init__(self) -> None:
        """UsageError names the share that is none."""
        for option in dataclasses.fields(self):
            value = getattr(self, option.name)
            if not 0 <= value <= 1:
                raise UsageError(f"simulation option {option.name} is {value}: give a share from 0 to 1.")
        if self.phone_share + self.tablet_share > 1:
            raise UsageError("phone_share and tablet_share add up to more than 1: lower one of them.")
        if self.bot_share + self.suspected_bot_share > 1:
            raise UsageError("bot_share and suspected_bot_share add up to more than 1: lower one of them.")


@dataclass
class SimulationSummary:
    """What was written, and how often each thing was planted.

    `beacons` counts distinct beacons before anything happens to them, `lines` what lies in the files. `outcomes` is
    the expected fate of every line by landing date: accepted, withheld, or the reason of its rejection.
    """

    visitors: int = 0
    page_views: int = 0
    beacons: int = 0
    lines: int = 0
    samples: int = 0
    files: int = 0
    planted: Counter[str] = field(default_factory=Counter)
    outcomes: dict[str, Counter[str]] = field(default_factory=dict)

    def count_line(self, landing_date: str, outcome: str) -> None:
        """One more line in this landing date, with this expected fate."""
        self.lines += 1
        self.outcomes.setdefault(landing_date, Counter())[outcome] += 1

    def add(self, other: SimulationSummary) -> None:
        """Add the numbers of another part of the same night."""
        for name in ("visitors", "page_views", "beacons", "lines", "samples", "files"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.planted.update(other.planted)
        for landing_date, outcomes in other.outcomes.items():
            self.outcomes.setdefault(landing_date, Counter()).update(outcomes)

    def __str__(self) -> str:
        """The tally in a few lines, as the command prints it."""
        planted = ", ".join(f"{name} {count}" for name, count in sorted(self.planted.items())) or "nothing"
        days = [
            f"landing_date={date}: " + ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
            for date, counts in sorted(self.outcomes.items())
        ]
        head = f"{self.visitors} visitors, {self.page_views} page views, {self.beacons} beacons, {self.samples} samples"
        return "\n".join([f"{head}, {self.lines} lines in {self.files} files", *days, f"planted: {planted}"])
