"""The certificate of an erasure: what was removed, what was searched, what remains and until when.

It holds no id and no pseudonym. Signed with HMAC-SHA256 under the newest key of the ring: who has the ring can tell that
nobody changed it.
"""

from __future__ import annotations

import datetime as dt
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from jobs.erasure.raw_lines import Found
from jobs.erasure.rows import ERASED
from jobs.erasure.search import Searched
from jobs.erasure.visitors import Visitors
from jobs.io.decisions import all_decisions, erasures
from jobs.io.journal import events, stories
from jobs.io.keys import KeyRing
from jobs.io.releases import Release
from jobs.io.store import Store
from warehouse_schema.raw.cursor_beacon import RETENTION_DAYS

FOLDER = "_erasures"


@dataclass(frozen=True)
class Certificate:
    """All that can be said without naming anybody; dates as ISO 8601."""

    number: str
    searched_at: str
    visitor_count: int
    #: HMAC-SHA256 of a heading and the sorted ids: whether two certificates are of the same visitors.
    visitors_fingerprint: str
    key_ids: Sequence[str]
    release: int
    erasures: int
    table_versions: Mapping[str, int]
    #: Rows that the run which followed the decision took out, by table; None if its journal is gone.
    rows_removed: Mapping[str, int] | None
    clean_since: str | None
    #: Event dates whose marts could not be built again: clean no longer holds them. Groups of min_visitors, unlinkable.
    dates_not_rebuilt: Sequence[str]
    searched_objects: int
    searched_bytes: int
    traces: Sequence[Mapping[str, str]]
    raw_files: Sequence[Mapping[str, Any]]
    signed_with_key: str
    secret: bytes = field(repr=False)

    @classmethod
    def of(
        cls,
        number: str,
        visitors: Visitors,
        ring: KeyRing,
        store: Store,
        release: Release,
        searched: Searched,
        in_raw: Sequence[Found],
    ) -> Certificate:
        """What is so now."""
        signing = next(key for key in reversed(ring.keys) if key.secret is not None)
        assert signing.secret is not None
        since = release.clean_since
        return cls(
            number=number,
            searched_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            visitor_count=len(visitors.ids),
            visitors_fingerprint=visitors.fingerprint(signing.secret),
            key_ids=sorted(visitors.pseudonyms),
            release=release.number,
            erasures=release.erasures,
            table_versions=release.tables,
            rows_removed=rows_removed(store, visitors.tombstones),
            clean_since=since,
            dates_not_rebuilt=[date for date in release.event_dates if since and date < since],
            searched_objects=searched.object_count,
            searched_bytes=searched.byte_count,
            traces=[asdict(trace) for trace in searched.traces],
            raw_files=[_raw_file(found) for found in in_raw],
            signed_with_key=signing.id,
            secret=signing.secret,
        )

    def said(self) -> str:
        """In a sentence or two: what was searched, and what raw still holds."""
        searched = f"no trace in {self.searched_objects:,} objects of {self.searched_bytes / 1e6:,.1f} MB."
        if not self.raw_files:
            return f"{searched} Raw files hold nothing of them either."
        last = max(file["leaves_after"] for file in self.raw_files)
        unreadable = sum(1 for file in self.raw_files if file["problem"])
        return (
            f"{searched} {len(self.raw_files)} raw files still hold their lines"
            f"{f' ({unreadable} of them could not be read)' if unreadable else ''}: the last leaves after {last}, with hoverlake "
            "maintain, or at once with --rewrite-raw."
        )

    def document(self) -> dict[str, Any]:
        """As it is stored, with its signature."""
        facts = {name: value for name, value in asdict(self).items() if name != "secret"}
        return {**facts, "signature": signature(facts, self.secret)}


def rows_removed(store: Store, tombstones: Sequence[str]) -> Mapping[str, int] | None:
    """Rows by table that left with the release which first followed the decision on these tombstones."""
    decided = [n for n, made in enumerate(erasures(all_decisions(store)), 1) if made.tombstones == tombstones]
    published = (story for story in reversed(stories(store)) if story.exit_code == 0)
    for event in (event for story in published for event in events(store, story.run_id)):
        if decided and event["event"] == ERASED and event["erasures"] >= decided[0]:
            rows: Mapping[str, int] = event["rows"]
            return rows
    return None


def signature(facts: Mapping[str, Any], secret: bytes) -> str:
    """HMAC-SHA256 of the facts as JSON with sorted names, 64 hex digits."""
    return hmac.digest(secret, json.dumps(facts, sort_keys=True).encode(), "sha256").hex()


def write_certificate(store: Store, certificate: Certificate) -> str:
    """Store it under its number; returns the path."""
    path = f"{FOLDER}/{certificate.number}.json"
    store.put(path, json.dumps(certificate.document(), indent=2).encode())
    return path


def _raw_file(found: Found) -> dict[str, Any]:
    leaves = found.file.landing_date + dt.timedelta(days=RETENTION_DAYS)
    return {
        "path": found.file.path,
        "line_count": found.line_count,
        "problem": found.problem,
        "leaves_after": str(leaves),
    }
