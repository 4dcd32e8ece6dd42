"""Lines of visitors in raw files, against the plainest reading."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.erasure.raw_lines import _is_of, files_with, without
from jobs.io.raw_files import inspect_file, list_raw_files, open_raw
from tests.erasure.erased_night import visitor_of
from tests.night.warehouses import beacon

IDS = {"v-1", "café", 'quo"te'}
TEXTS = st.sampled_from(["v-1", "v-2", "café", 'quo"te', "visitor_id", "v-1 ", "\\u0076-1"])
VALUES = st.recursive(
    st.one_of(TEXTS, st.integers(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=5,
)


@given(
    visitor=TEXTS,
    other=VALUES,
    is_ascii=st.booleans(),
    spaces=st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")]),
)
def test_a_beacon_is_of_its_visitor_however_it_is_written(
    visitor: str, other: object, is_ascii: bool, spaces: tuple[str, str]
) -> None:
    sent = {"other": other, "visitor_id": visitor}
    line = json.dumps(sent, ensure_ascii=is_ascii, separators=spaces).encode() + b"\n"

    if visitor_of(line) in IDS:
        assert _is_of(line, frozenset(IDS))
    elif "visitor_id" not in json.dumps(other):
        assert not _is_of(line, frozenset(IDS))


@pytest.mark.parametrize("line", [b"", b"\n", b"{", b"v-1\n", b'{"visitor_id": 1}\n', b'{"x": "visitor_id: v-1"}\n'])
def test_a_line_that_names_no_visitor_is_nobodys(line: bytes) -> None:
    assert not _is_of(line, frozenset(IDS))


@pytest.mark.parametrize(
    "line", [b'{"visitor_id":"v-1", broken', b'\xff{"visitor_id": "v-1"}', b'{"a":{"visitor_id":"v-1"}}']
)
def test_a_broken_line_that_names_the_visitor_is_theirs(line: bytes) -> None:
    assert _is_of(line, frozenset(IDS))


@pytest.mark.parametrize("name", ["a.ndjson", "a.ndjson.gz", "a.ndjson.zst"])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_file_written_anew_lacks_their_lines_and_no_other(tmp_path: Path, name: str, end: bytes) -> None:
    lines = [json.dumps(beacon(visitor_id=f"v-{n % 3}", beacon_id=f"b-{n}")).encode() for n in range(9)]
    path = tmp_path / "landing_date=2026-11-20" / name
    path.parent.mkdir()
    with pa.output_stream(path, compression="detect") as stream:
        stream.write(b"\n".join(lines) + end)
    raw = open_raw(str(tmp_path))
    files = list_raw_files(raw, dt.date.max)[0]

    (found,) = files_with(raw, files, {"v-1"})
    new = without(raw, found.file, {"v-1"})
    raw.put(found.file.path, new.content)

    with pa.input_stream(path, compression="detect") as stream:
        assert stream.read().splitlines() == [line for n, line in enumerate(lines) if n % 3 != 1]
    inspection = inspect_file(raw, list_raw_files(raw, dt.date.max)[0][0])
    assert (found.line_count, new.line_count) == (3, 6)
    assert (inspection.problem, inspection.line_count, inspection.sha256) == ("", 6, new.sha256)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "landing_date=2026-11-20" / "a.ndjson.gz"
    path.parent.mkdir()
    path.write_bytes(b"\x1f\x8b broken")
    raw = open_raw(str(tmp_path))

    (found,) = files_with(raw, list_raw_files(raw, dt.date.max)[0], {"v-1"})

    assert found.problem and found.line_count == 0
