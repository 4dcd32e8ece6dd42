"""One run at a time: numbered objects `_lease/000017.json`, put if absent; the number fences every commit.

A holder on this host whose process is gone has lost its lease at once. A holder elsewhere keeps it until it is given
back.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.errors import LeaseHeld
from jobs.io.store import Store

FOLDER = "_lease"


@contextmanager
def held_lease(store: Store, run_id: str) -> Iterator[int]:
    """Hold the warehouse for the block; yields the lease's number. LeaseHeld names a living holder."""
    number = _newest_number(store)
    holder = store.json(_path(number)) if number else None
    if holder and store.read(_released_path(number)) is None and _is_alive(holder):
        raise LeaseHeld(
            f"the warehouse {store.uri} is held by run {holder['run_id']} (host {holder['host']}, process "
            f"{holder['pid']}). Wait for it to end, then run again."
        )
    number += 1
    if not store.put_if_absent(_path(number), json.dumps(_me(run_id)).encode()):
        raise LeaseHeld(
            f"another run has just taken lease {number} of {store.uri}. Wait for it to end, then run again."
        )
    try:
        yield number
    finally:
        store.put_if_absent(_released_path(number), b"{}")


def _newest_number(store: Store) -> int:
    names = [item.path.rsplit("/", 1)[-1] for item in store.list(FOLDER)]
    return max((int(name.split(".")[0]) for name in names), default=0)


def _path(number: int) -> str:
    return f"{FOLDER}/{number:06d}.json"


def _released_path(number: int) -> str:
    return f"{FOLDER}/{number:06d}.released.json"


def _me(run_id: str) -> dict[str, object]:
    pid = os.getpid()
    return {"run_id": run_id, "host": socket.gethostname(), "boot": _boot(), "pid": pid, "started": _started(pid)}


def _is_alive(holder: dict[str, object]) -> bool:
    if holder["host"] != socket.gethostname():
        return True
    return holder["boot"] == _boot() and holder["started"] == _started(int(str(holder["pid"])))


def _boot() -> str:
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.exists() else ""


def _started(pid: int) -> str:
    """When the process started, in the kernel's ticks: a number that a later process of the same id does not share."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return stat.rsplit(")", 1)[-1].split()[19]


def current_holder(store: Store) -> dict[str, object] | None:
    """Who holds the warehouse now, as the lease says (`run_id`, `host`, `pid`); None if nobody does. Takes nothing."""
    number = _newest_number(store)
    holder: dict[str, object] | None = store.json(_path(number)) if number else None
    if holder is None or store.read(_released_path(number)) is not None or not _is_alive(holder):
        return None
    return holder
