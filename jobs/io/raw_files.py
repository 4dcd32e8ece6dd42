"""Raw files in a store: which there are, and whether each can be read to its end.

Every new file is decompressed once before Spark sees it: one truncated gzip would fail a whole job, and the count of
its lines is the left side of the landing equation, from code that shares nothing with the parser.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from obstore.exceptions import BaseError

from jobs.errors import InfrastructureFailed, InputUnreadable, UsageError
from jobs.io.store import Store, StoredObject, local_path

_CODECS = {".gz": ("gzip", b"\x1f\x8b"), ".zst": ("zstd", b"\x28\xb5\x2f\xfd")}
#: Endings that Spark would decompress on its own account, or that no tracker sends.
_FOREIGN = (".bz2", ".deflate", ".lz4", ".snappy", ".xz", ".zip", ".tgz", ".lzo", ".parquet", ".avro", ".orc")
_LANDING = re.compile(r"^landing_date=([0-9]{4}-[0-9]{2}-[0-9]{2})/")
#: Names that no table can keep (bytes that are not UTF-8), or that end the line on which they are told.
_UNTELLABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CHUNK = 4 * 1024 * 1024


@dataclass(frozen=True)
class RawFile:
    """A raw file by its place below the raw root."""

    path: str
    size_bytes: int
    etag: str
    landing_date: dt.date


@dataclass(frozen=True)
class Inspection:
    """What reading a file to its end has shown; `problem` is empty if all is well."""

    file: RawFile
    sha256: str
    line_count: int
    problem: str


def open_raw(uri: str) -> Store:
    """The root of the raw logs; InputUnreadable if it is a local folder that does not exist."""
    local = local_path(uri)
    if local is not None and not local.is_dir():
        raise InputUnreadable(f"raw folder {uri} does not exist. Give --raw, or make it with hoverlake simulate.")
    return Store(uri)


def path_below(raw: Store, file: str) -> str:
    """The file's place below the raw root, as tables call it; it may be given by that, or in full."""
    root = raw.local_root
    if root is None:
        return file.removeprefix(raw.uri.rstrip("/") + "/")
    # A full path, or one from where the command was called; a path below the root stays as it is.
    given = Path(file.removeprefix("file://"))
    for candidate, base in ((given.absolute(), root), (given.resolve(), root.resolve())):
        if candidate.is_relative_to(base) and candidate != base:
            return candidate.relative_to(base).as_posix()
    if given.is_absolute():
        raise UsageError(f"{file} does not lie below the raw root {raw.uri}. Give its root with --raw.")
    return given.as_posix()


def list_raw_files(raw: Store, until: dt.date) -> tuple[list[RawFile], list[str]]:
    """Files under landing_date=... up to `until`, by path; and remarks on what lies beside them.

    Files and folders whose name starts with a dot or an underscore (or ends in `._COPYING_`) are unfinished uploads
    and markers: not input.
    """
    files, remarks = [], []
    for item in raw.list():
        if any(part.startswith((".", "_")) for part in item.path.split("/")) or item.path.endswith("._COPYING_"):
            continue
        landing_date = _landing_date(item)
        if _UNTELLABLE.search(item.path):
            remarks.append(f"{item.path!r} has a name with control characters, or not in UTF-8: not read; rename it")
        elif landing_date is None:
            remarks.append(f"{item.path} is not in a folder landing_date=YYYY-MM-DD: not read")
        elif landing_date <= until:
            files.append(RawFile(item.path, item.size_bytes, item.etag, landing_date))
    return sorted(files, key=lambda file: file.path), sorted(remarks)


def _landing_date(item: StoredObject) -> dt.date | None:
    match = _LANDING.match(item.path)
    try:
        return dt.date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def inspect_files(raw: Store, files: Iterable[RawFile]) -> list[Inspection]:
    """Read every file to its end, in threads; in the order of `files`."""
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        return list(pool.map(lambda file: inspect_file(raw, file), files))


def inspect_file(raw: Store, file: RawFile) -> Inspection:
    """Hash the bytes as stored, decompress them, count the lines."""
    sha256, head = _hash(raw, file)
    problem, lines = _wrong_kind(file.path, head), 0
    if not problem and file.size_bytes:
        try:
            lines = _count_lines(raw, file)
        except (OSError, pa.ArrowException) as error:
            problem = f"cannot be decompressed to its end: {str(error).splitlines()[0]}"
    return Inspection(file, sha256, lines, problem)


def sha256_of(raw: Store, file: RawFile) -> str:
    """SHA-256 of the bytes as stored, hex; InfrastructureFailed if they cannot be had."""
    return _hash(raw, file)[0]


def _hash(raw: Store, file: RawFile) -> tuple[str, bytes]:
    digest, head = hashlib.sha256(), b""
    try:
        with raw.open(file.path) as reader:
            while chunk := reader.read(_CHUNK):
                head = head or chunk[:4]
                digest.update(chunk)
    except (OSError, BaseError) as error:
        # Not the file's fault: set aside, it would never be looked at again.
        raise InfrastructureFailed(
            f"raw file {file.path} below {raw.uri} cannot be opened: {error}. Check permission and network, then run again."
        ) from error
    return digest.hexdigest(), head


def _wrong_kind(path: str, head: bytes) -> str:
    """Why the name and the first bytes do not fit; an empty file fits any name."""
    if path.endswith(_FOREIGN):
        return "is neither gzip (.gz), zstd (.zst) nor plain NDJSON"
    expected = [magic for ending, (_, magic) in _CODECS.items() if path.endswith(ending)]
    if not head:
        return ""
    if expected:
        return "" if head.startswith(expected[0]) else f"does not start like a {path[path.rindex('.') :]} file"
    compressed = any(head.startswith(magic) for _, magic in _CODECS.values())
    return "is compressed, but its name does not end in .gz or .zst" if compressed else ""


def open_decompressed(raw: Store, path: str) -> Any:
    """A readable stream of the file's bytes after decompression by its ending."""
    codec = codec_of(path)
    source = pa.PythonFile(raw.open(path), mode="r")
    return pa.CompressedInputStream(source, codec) if codec else source


def codec_of(path: str) -> str | None:
    """Arrow's name of the file's compression, by its ending; None for a plain one."""
    return next((codec for ending, (codec, _) in _CODECS.items() if path.endswith(ending)), None)


def decompressed(content: bytes) -> bytes:
    """The bytes after decompression, if their first ones are those of a compressed file; OSError if they are cut off."""
    codec = next((codec for codec, magic in _CODECS.values() if content.startswith(magic)), None)
    return pa.CompressedInputStream(pa.BufferReader(content), codec).read() if codec else content


def _count_lines(raw: Store, file: RawFile) -> int:
    """Lines as the landing job splits them: at \\n only; a last line without one counts."""
    lines, last = 0, b"\n"
    with open_decompressed(raw, file.path) as stream:
        while chunk := stream.read(_CHUNK):
            lines += chunk.count(b"\n")
            last = chunk[-1:]
    return lines + (last != b"\n")
