"""What the search finds: ids and pseudonyms wherever they may hide, and nothing that only looks like them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.erasure.search import Needles, search
from jobs.erasure.visitors import Visitors, read_visitors
from jobs.errors import UsageError
from jobs.io.keys import ring_of
from jobs.io.store import Store

RING = ring_of([(None, bytes(range(32)))])
VISITOR = "visitor-0000012"
PSEUDONYM = RING.pseudonyms(VISITOR)["1"]
VISITORS = Visitors([VISITOR, "17"], {"1": [PSEUDONYM, RING.pseudonyms("17")["1"]]})


def _parquet(value: str, **how: object) -> Callable[[Path], None]:
    nested = pa.array([[{"target": "a"}], [{"target": value}]])
    return lambda path: pq.write_table(pa.table({"n": [1, 2], "entries": nested}), path, **how)


def _statistics(path: Path) -> None:
    """The value stands in the footer alone: its rows are written over with blanks."""
    pq.write_table(pa.table({"key": [PSEUDONYM]}), path, compression="none", use_dictionary=False)
    content = path.read_bytes()
    path.write_bytes(content.replace(PSEUDONYM.encode(), b" " * 64, 1))


HIDING_PLACES: dict[str, Callable[[Path], object]] = {
    "text.json": lambda path: path.write_text(json.dumps({"message": f"visitor {VISITOR} failed"})),
    "short.json": lambda path: path.write_text(json.dumps({"visitor": "17"})),
    "page.html": lambda path: path.write_text(f"<td>{PSEUDONYM}</td>"),
    "log.json": lambda path: path.write_text(json.dumps({"minValues": {"visitor_key": PSEUDONYM[:32]}})),
    "packed.zst": lambda path: path.write_bytes(pa.Codec("zstd").compress(VISITOR.encode(), asbytes=True)),
    "packed.gz": lambda path: path.write_bytes(gzip.compress(f"x {VISITOR}\n".encode())),
    "nested.parquet": _parquet(f"https://example.org/?u={VISITOR}"),
    "packed.parquet": _parquet(PSEUDONYM, compression="zstd"),
    "statistics.parquet": _statistics,
    f"key={PSEUDONYM}/part": lambda path: path.write_bytes(b""),
}
#: Objects that nobody can look into.
BROKEN = {"a.parquet": b"PAR1 and no more PAR1", "a.gz": gzip.compress(b"x" * 1000)[:-12]}
STRANGERS = [f"{VISITOR}3", f"1{VISITOR}"[1:] + "0", "1700", "x17x", PSEUDONYM[:31], "0" * 64]


@pytest.mark.parametrize("name", HIDING_PLACES)
def test_a_trace_is_found_and_named_without_its_value(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    HIDING_PLACES[name](path)

    (trace,) = search(Store(str(tmp_path)), VISITORS).traces

    assert trace.path == name
    assert trace.what in ("a visitor id", "a pseudonym")


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_is_no_proof(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(BROKEN[name])

    (trace,) = search(Store(str(tmp_path)), VISITORS).traces

    assert trace.what.startswith("cannot be read: ")


@pytest.mark.parametrize("text", STRANGERS)
def test_what_only_looks_like_them_is_none(text: str) -> None:
    assert list(Needles(VISITORS).found(f'{{"a": "{text}"}}'.encode())) == []


@given(before=st.binary(max_size=20), after=st.binary(max_size=20))
def test_a_pseudonym_is_found_between_any_bytes(before: bytes, after: bytes) -> None:
    assert "a pseudonym" in list(Needles(VISITORS).found(before + PSEUDONYM.encode() + after))


def test_other_folders_are_searched_when_named(tmp_path: Path) -> None:
    for folder in ("warehouse", "reports"):
        (tmp_path / folder).mkdir()
    (tmp_path / "reports" / "a.html").write_text(VISITOR)

    (trace,) = search(Store(str(tmp_path / "warehouse")), VISITORS, [Store(str(tmp_path / "reports"))]).traces

    assert trace.path.endswith("reports/a.html")


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe", None])
def test_a_file_that_names_nobody_is_refused_without_a_word_of_it(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "visitors"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(UsageError, match="one visitor id per line"):
        read_visitors(file, RING)


def test_ids_and_pseudonyms_are_in_no_representation(tmp_path: Path) -> None:
    (tmp_path / "visitors").write_text(f"{VISITOR}\n\n{VISITOR}\n")

    visitors = read_visitors(tmp_path / "visitors", RING)

    assert visitors.ids == [VISITOR]
    assert VISITOR not in repr(visitors) and PSEUDONYM not in repr(visitors)
