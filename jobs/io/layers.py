"""Layers as permissions: on disk, folders that hold rows of people, or lead to them, are closed to all but their owner.

Only where they do not exist yet: an owner who opens one to a group of their own finds it as they left it. In an object
store prefixes have no modes, and its policies do the same (docs/privacy.md).
"""

from __future__ import annotations

from jobs.io.store import Store

#: Beside clean and restricted: what is not published yet, tombstones and certificates.
CLOSED = ("clean", "restricted", "_staging", "_decisions", "_erasures")
_OWNER_ONLY = 0o700


def close_layers(store: Store) -> None:
    """Make the closed folders that are not there yet."""
    if store.local_root is None:
        return
    for name in CLOSED:
        folder = store.local_root / name
        if not folder.exists():
            folder.mkdir(mode=_OWNER_ONLY, exist_ok=True)
