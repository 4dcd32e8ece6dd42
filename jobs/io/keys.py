"""The secret under which visitor ids become pseudonyms: a file that only its owner may read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from jobs.errors import UsageError
from jobs.io.store import local_path

KEY_BYTES = 32


def key_file(warehouse: str) -> Path:
    """HOVERLAKE_KEY_FILE, else `<warehouse>.key` beside a local warehouse; UsageError for an object store."""
    if os.environ.get("HOVERLAKE_KEY_FILE"):
        return Path(os.environ["HOVERLAKE_KEY_FILE"])
    local = local_path(warehouse)
    if local is None:
        raise UsageError(
            f"no key for {warehouse}: set HOVERLAKE_KEY_FILE to a file with {2 * KEY_BYTES} hex digits, mode 0600."
        )
    return local.with_name(local.name + ".key")


def load_key(path: Path) -> bytes:
    """The key; UsageError if it is missing, readable by others, or not 64 hex digits."""
    if not path.exists():
        raise UsageError(f"key file {path} is missing. Restore it: another key would part every visitor in two.")
    if path.stat().st_mode & 0o077:
        raise UsageError(f"key file {path} can be read by others. Mend it: chmod 600 {path}")
    try:
        key = bytes.fromhex(path.read_text().strip())
    except (ValueError, OSError) as error:
        raise UsageError(f"key file {path} is not readable as hex digits. Restore it from its backup.") from error
    if len(key) != KEY_BYTES:
        raise UsageError(f"key file {path} holds {len(key)} bytes instead of {KEY_BYTES}. Restore it from its backup.")
    return key


def make_key(path: Path) -> bytes:
    """A new key in a new file, mode 0600."""
    path.parent.mkdir(parents=True, exist_ok=True)
    key = secrets.token_bytes(KEY_BYTES)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key.hex() + "\n")
    return key
