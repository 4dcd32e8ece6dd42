"""Is there any trace left? Every object below a root is read, whatever it is for and whether or not a release needs it.

Of Parquet files every text value and the footer with its statistics; compressed files decompressed; all else as bytes.
A trace is a raw id or at least half a pseudonym: Delta shortens the values of its statistics to that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.erasure.visitors import Visitors
from jobs.io.raw_files import decompressed
from jobs.io.store import Store

#: Hex digits of a pseudonym that are enough to know it by.
TELLING_DIGITS = 32
#: Ids shorter than this are only found where they stand alone: `17` is part of too many numbers.
LONE_ID_LENGTH = 8
_HEX = re.compile(rb"[0-9a-f]{%d,}" % TELLING_DIGITS)
_PARQUET_END = b"PAR1"
_TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)


@dataclass(frozen=True)
class Trace:
    """Where something was found, and what; never the value."""

    path: str
    what: str


@dataclass(frozen=True)
class Searched:
    """What was looked through, and what was found there."""

    object_count: int
    byte_count: int
    traces: Sequence[Trace]


class Needles:
    """What to look for, in a form that is quick to look for."""

    def __init__(self, visitors: Visitors) -> None:
        self._ids = [(visitor_id.encode(), _pattern(visitor_id.encode())) for visitor_id in visitors.ids]
        names = (name.encode() for names in visitors.pseudonyms.values() for name in names)
        self._parts = {
            name[start : start + TELLING_DIGITS] for name in names for start in range(len(name) - TELLING_DIGITS + 1)
        }

    def found(self, data: bytes) -> Iterator[str]:
        """What of it is in the bytes."""
        if any(visitor_id in data and pattern.search(data) for visitor_id, pattern in self._ids):
            yield "a visitor id"
        if any(self._is_telling(digits[0]) for digits in _HEX.finditer(data)):
            yield "a pseudonym"

    def _is_telling(self, digits: bytes) -> bool:
        return digits[:TELLING_DIGITS] in self._parts or any(
            digits[start : start + TELLING_DIGITS] in self._parts
            for start in range(1, len(digits) - TELLING_DIGITS + 1)
        )


def _pattern(visitor_id: bytes) -> re.Pattern[bytes]:
    exact = re.escape(visitor_id)
    if len(visitor_id) < LONE_ID_LENGTH:
        return re.compile(rb'(?:^|["\'>])' + exact + rb'(?:$|["\'<])', re.MULTILINE)
    return re.compile(rb"(?<![0-9A-Za-z])" + exact + rb"(?![0-9A-Za-z])")


def search(store: Store, visitors: Visitors, also: Iterable[Store] = ()) -> Searched:
    """Look through every object of the warehouse and of other roots, such as folders of reports."""
    needles, objects, size = Needles(visitors), 0, 0
    traces: list[Trace] = []
    for root in (store, *also):
        for item in sorted(root.list(), key=lambda item: item.path):
            content = root.read(item.path)
            if content is None:
                # Gone since the listing: nobody can read it.
                continue
            objects, size = objects + 1, size + len(content)
            name = item.path if root is store else f"{root.uri.rstrip('/')}/{item.path}"
            traces += [Trace(name, what) for what in sorted(_whats(item.path, content, needles))]
    return Searched(objects, size, traces)


def _whats(path: str, content: bytes, needles: Needles) -> set[str]:
    """What an object holds of the visitors; of one that cannot be read nobody knows, so that this counts as well."""
    try:
        # The path itself may tell, as a partition by a person's value would.
        return {what for part in (path.encode(), *_parts(content)) for what in needles.found(part)}
    except (OSError, pa.ArrowException) as error:
        return {f"cannot be read: {str(error).splitlines()[0][:100]}"}


def _parts(content: bytes) -> Iterator[bytes]:
    """The bytes in which a text stands as it is."""
    if content[:4] == _PARQUET_END and content[-4:] == _PARQUET_END:
        yield from _parquet_texts(content)
    else:
        yield decompressed(content)


def _parquet_texts(content: bytes) -> Iterator[bytes]:
    footer = int.from_bytes(content[-8:-4], "little")
    yield content[-8 - footer :]
    file = pq.ParquetFile(pa.BufferReader(content))
    for number in range(file.num_row_groups):
        group = file.read_row_group(number)
        for column in group.columns:
            for texts in _texts(column.combine_chunks()):
                yield b"\n".join(_bytes(value) for value in texts.unique().to_pylist() if value is not None)


def _texts(values: pa.Array) -> Iterator[pa.Array]:
    """Every array of texts in it, however deep."""
    kind = values.type
    if any(is_kind(kind) for is_kind in _TEXTS):
        yield values
    elif pa.types.is_dictionary(kind):
        yield from _texts(values.dictionary)
    elif pa.types.is_struct(kind):
        for field in values.flatten():
            yield from _texts(field)
    elif pa.types.is_map(kind):
        yield from _texts(values.keys)
        yield from _texts(values.items)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        yield from _texts(values.flatten())


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value
