"""What a run says while it works: one line per stage, drawn live on a terminal, plain elsewhere. All on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """Stages with what they did and how long they took."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._is_terminal = sys.stderr.isatty()

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
        self.say(f"{name}{details} ({time.monotonic() - began:.1f} s)")
