"""What a run says while it works: one line per stage, drawn live on a terminal, plain elsewhere. All on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """Stages with what they did and how long they took; `seconds` are those of each stage by name, of repeated ones all
    that they took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._started = time.monotonic()
        self._is_terminal = sys.stderr.isatty()

    def cost_of(self, stage: str) -> str | None:
        """What a stage took of the run so far, such as `6.1 s of 95.3 s (6 %)`; None if it did not take place."""
        if stage not in self.seconds:
            return None
        elapsed = time.monotonic() - self._started
        return f"{self.seconds[stage]:.1f} s of {elapsed:.1f} s ({100 * self.seconds[stage] / elapsed:.0f} %)"

    def say(self, text: str) -> None:
        """One line, with the time since the run began."""
        print(f"{time.monotonic() - self._started:7.1f} s  {text}", file=sys.stderr, flush=True)

    @contextmanager
    def stage(self, name: str) -> Iterator[list[str]]:
        """A stage; what the block appends to the list is said at its end."""
        began, facts = time.monotonic(), list[str]()
        if self._is_terminal:
            print(f"{began - self._started:7.1f} s  {name} ...", end="\r", file=sys.stderr, flush=True)
        yield facts
        details = f": {', '.join(facts)}" if facts else ""
        took = time.monotonic() - began
        self.seconds[name] = self.seconds.get(name, 0) + took
        self.say(f"{name}{details} ({took:.1f} s)")
