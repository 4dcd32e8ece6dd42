"""What an adapter hands over: one page view of another tracker, in this project's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Arrays of one stream by name, all of one length and `t_ms` rising.
Stream = Mapping[str, list[Any]]


@dataclass
class Tally:
    """Counts that an adapter keeps while it reads, so that nothing of the source is lost without a word."""

    #: Records of the source that were read, kept or not.
    records_read: int = 0
    #: Records (or whole people) left out, by the rule that left them out.
    dropped: Counter[str] = field(default_factory=Counter)
    #: Oddities that were kept as they are, by name.
    noted: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class PageView:
    """One page view: who, which, what was measured, and how long it was watched.

    `visitor` and `code` are the source's own names, without the format's prefix; `code` is unique in the source.
    A stream that the source cannot measure is absent from `streams`; one that it measured and found empty is there
    with empty arrays. Unknown facts are left out of `page`, `device` and the entries of `item_meta`.

    `received_ms` is the collector's own clock, if the source has one: ms since the same start, by the t_ms of the
    records that it received then. Without it every record is received at the instant that it tells.
    """

    visitor: str
    code: str
    streams: Mapping[str, Stream]
    observed_until_ms: int
    page: Mapping[str, Any]
    device: Mapping[str, Any]
    item_meta: list[dict[str, Any]] = field(default_factory=list)
    experiments: Mapping[str, str] = field(default_factory=dict)
    received_ms: Mapping[int, int] = field(default_factory=dict)
