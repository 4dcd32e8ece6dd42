"""One run at a time: numbered objects `_lease/000017.json`, put if absent; the number fences every commit.

The holder writes its heartbeat into its own object. A holder on this host whose process is gone has lost its lease at
once, and so has a run of this process that ended without giving it back; any other whose heartbeat is older than
`expiry_s` has lost it too. Such a holder may only be frozen: whoever takes over fences it off (jobs/io/delta.py), and it
looks for a newer number itself before it publishes.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.errors import HoverlakeError, InfrastructureFailed, LeaseHeld
from jobs.io.store import Store

FOLDER = "_lease"
#: The heartbeat is written this many times before it would expire: some writes may fail.
BEATS_PER_EXPIRY = 6
EXPIRY_S = 600
#: Runs of this process that hold a lease: one that has ended may have found no way to give its lease back.
_holding: set[str] = set()
_NUMBER = re.compile(r"/(\d+)\.json$")


@dataclass(frozen=True)
class Lease:
    """The right to write; `is_taken_over` if the last holder may come back to life."""

    store: Store
    number: int
    is_taken_over: bool = False

    def check(self) -> None:
        """InfrastructureFailed if a newer lease was taken: this run was thought dead, and must publish nothing."""
        newest = newest_number(self.store)
        if newest != self.number:
            raise InfrastructureFailed(
                f"lease {self.number} of {self.store.uri} was taken over by lease {newest}: this run stood still for "
                "too long. It has published nothing; the run that took over does the work."
            )


@contextmanager
def held_lease(store: Store, run_id: str, expiry_s: float = EXPIRY_S, *, may_take_over: bool = True) -> Iterator[Lease]:
    """Hold the warehouse for the block. LeaseHeld names a living holder; and one that may come back to life, to who
    cannot fence it off and so may not take over from it."""
    number = newest_number(store)
    holder = store.json(_path(number)) if number else None
    if holder and _is_alive(holder, expiry_s):
        raise LeaseHeld(f"the warehouse {store.uri} is held by {told(holder)}. Wait for it to end, then run again.")
    lease = Lease(store, number + 1, is_taken_over=holder is not None and _may_wake(holder))
    if lease.is_taken_over and not may_take_over:
        assert holder is not None
        raise LeaseHeld(
            f"the warehouse {store.uri} was held by {told(holder)}, which may come back. Run a night or hoverlake "
            "maintain, which fence it off, then run again."
        )
    me = _me(run_id)
    with _known_as_holding(run_id):
        if not store.put_if_absent(_path(lease.number), json.dumps(me).encode()):
            raise LeaseHeld(
                f"another run has just taken lease {lease.number} of {store.uri}. Wait for it to end, then run again."
            )
        ended = threading.Event()
        beats = threading.Thread(target=_beat, args=(lease, me, expiry_s / BEATS_PER_EXPIRY, ended), daemon=True)
        beats.start()
        try:
            yield lease
        finally:
            ended.set()
            beats.join()
            # The work is done or has failed with its own error; a lease that cannot be given back expires.
            with suppress(HoverlakeError):
                store.put(_path(lease.number), json.dumps({**me, "is_released": True}).encode())


@contextmanager
def _known_as_holding(run_id: str) -> Iterator[None]:
    _holding.add(run_id)
    try:
        yield
    finally:
        _holding.discard(run_id)


def current_holder(store: Store, expiry_s: float = EXPIRY_S) -> dict[str, Any] | None:
    """Who holds the warehouse now, with number, run, host, process and heartbeat; None if nobody does."""
    number = newest_number(store)
    holder = store.json(_path(number)) if number else None
    return {"number": number, **holder} if holder and _is_alive(holder, expiry_s) else None


def newest_number(store: Store) -> int:
    """The highest lease number, 0 if there is none."""
    found = (_NUMBER.search(item.path) for item in store.list(FOLDER))
    return max((int(match[1]) for match in found if match), default=0)


def told(holder: dict[str, Any]) -> str:
    """The holder in words."""
    return (
        f"run {holder['run_id']} (host {holder['host']}, process {holder['pid']}, heartbeat {holder['heartbeat_at']})"
    )


def forget(store: Store, keep: int) -> int:
    """Remove all lease objects below number `keep`; returns how many. The newest must stay: numbers only rise."""
    old = [item.path for item in store.list(FOLDER) if (match := _NUMBER.search(item.path)) and int(match[1]) < keep]
    for path in old:
        store.delete(path)
    return len(old)


def _beat(lease: Lease, me: dict[str, Any], every_s: float, ended: threading.Event) -> None:
    while not ended.wait(every_s):
        # A store that is away for a while must not end the run: its own writes will say so.
        with suppress(HoverlakeError):
            lease.store.put(_path(lease.number), json.dumps({**me, "heartbeat_at": _now()}).encode())


def _path(number: int) -> str:
    return f"{FOLDER}/{number:06d}.json"


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")


def _me(run_id: str) -> dict[str, Any]:
    pid = os.getpid()
    return {
        "run_id": run_id,
        "host": socket.gethostname(),
        "boot": _boot(),
        "pid": pid,
        "started": _started(pid),
        "heartbeat_at": _now(),
    }


def _is_alive(holder: dict[str, Any], expiry_s: float) -> bool:
    if holder.get("is_released") or _is_gone(holder):
        return False
    silence = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(holder["heartbeat_at"])
    return silence.total_seconds() < expiry_s


def _may_wake(holder: dict[str, Any]) -> bool:
    """True unless the holder has given its lease back, or is known to be gone."""
    return not holder.get("is_released") and not _is_gone(holder)


def _is_gone(holder: dict[str, Any]) -> bool:
    """True if the holder ran on this host and its process is no more, or is this one and has ended that run."""
    if holder["host"] != socket.gethostname():
        return False
    if holder["boot"] != _boot() or holder["started"] != _started(int(holder["pid"])):
        return True
    return holder["pid"] == os.getpid() and holder["run_id"] not in _holding


def _boot() -> str:
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.exists() else ""


def _started(pid: int) -> str:
    """When the process started, in the kernel's ticks: a number that a later process of the same id does not share.

    Empty if there is no such process, or only its remains (a zombie).
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[-1].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]
