"""Lines of visitors in raw files: counted, or left out of a file that is written anew."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from jobs.io.raw_files import RawFile, codec_of, open_decompressed
from jobs.io.store import Store

_CHUNK = 4 * 1024 * 1024
#: The field as trackers write it; a line in which it looks otherwise is parsed.
_VISITOR = re.compile(rb'"visitor_id"\s*:\s*"([^"\\]*)"')


@dataclass(frozen=True)
class Found:
    """A raw file with lines of the visitors; `problem` says why it could not be searched."""

    file: RawFile
    line_count: int
    problem: str = ""


@dataclass(frozen=True)
class Rewriting:
    """The bytes that a raw file has without the visitors' lines."""

    file: RawFile
    content: bytes
    line_count: int

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, hex."""
        return hashlib.sha256(self.content).hexdigest()


def files_with(raw: Store, files: Sequence[RawFile], ids: Collection[str]) -> Iterator[Found]:
    """Files in which the visitors have lines, and files that cannot be searched."""
    wanted = frozenset(ids)
    for file in files:
        try:
            count = sum(_is_of(line, wanted) for line in _lines(raw, file.path))
        except (OSError, pa.ArrowException) as error:
            yield Found(file, 0, str(error).splitlines()[0])
            continue
        if count:
            yield Found(file, count)


def without(raw: Store, file: RawFile, ids: Collection[str]) -> Rewriting:
    """The file less the lines of the visitors, compressed as it was."""
    wanted, kept, codec = frozenset(ids), 0, codec_of(file.path)
    content = pa.BufferOutputStream()
    with pa.CompressedOutputStream(content, codec) if codec else content as out:
        for line in _lines(raw, file.path):
            if not _is_of(line, wanted):
                out.write(line)
                kept += 1
        if not codec:
            # Closed, the buffer would be empty.
            return Rewriting(file, content.getvalue().to_pybytes(), kept)
    return Rewriting(file, content.getvalue().to_pybytes(), kept)


def _lines(raw: Store, path: str) -> Iterator[bytes]:
    """Lines with their ends, as the landing job splits them: at \\n only."""
    rest = b""
    with open_decompressed(raw, path) as stream:
        while chunk := stream.read(_CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (line + b"\n" for line in lines)
    if rest:
        yield rest


def _is_of(line: bytes, wanted: frozenset[str]) -> bool:
    """True if the line is a beacon of one of the visitors, or, broken, names one where the visitor's id would stand."""
    named = _VISITOR.findall(line)
    if len(named) == 1 and line.count(b"visitor_id") == 1:
        return named[0].decode(errors="replace") in wanted
    try:
        return any(name in wanted for name in _visitor_ids(json.loads(line)))
    except (ValueError, RecursionError):
        return any(name.decode(errors="replace") in wanted for name in named)


def _visitor_ids(value: Any) -> Iterator[str]:
    """Every text under the name visitor_id, however deep: a broken beacon may hold it anywhere."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "visitor_id" and isinstance(inner, str):
                yield inner
            yield from _visitor_ids(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _visitor_ids(inner)
