"""`hoverlake explain --rejected`: refused lines found again in raw files by their hash."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pyarrow as pa
import pytest

from jobs.errors import InputUnreadable, UsageError
from jobs.explain import explain_rejected
from jobs.io.releases import InputFile
from tests.reading.small_warehouse import publish_release, write_table
from warehouse_schema import TABLES
from warehouse_schema.derive import rows

REJECTED = "clean.rejected_beacons"
FILE = "landing_date=2026-11-20/a.ndjson"
GOOD, NOT_JSON, FOREIGN = b'{"schema":"cursor-beacon/1"}', b"{not json", b'{"schema":"other/1"}'


def raw_file(tmp_path: Path, content: bytes, name: str = FILE) -> Path:
    path = tmp_path / "raw" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def reject(tmp_path: Path, lines: list[tuple[bytes, str]], name: str = FILE) -> tuple[str, str]:
    """A release whose clean.rejected_beacons holds `lines` with their reasons; returns raw root and warehouse."""
    warehouse = str(tmp_path / "warehouse")
    entries = [
        {"raw_file": name, "line_sha256": hashlib.sha256(line).hexdigest(), "byte_length": len(line), "reason": reason}
        for line, reason in [*lines, (b"of another file", "oversized")]
    ]
    entries[-1]["raw_file"] = "landing_date=2026-11-20/another.ndjson"
    manifest = {name: InputFile(name, 1, "", "", 3, "2026-11-20")}
    pins = {REJECTED: write_table(warehouse, REJECTED, rows(TABLES[REJECTED], *entries))}
    publish_release(warehouse, pins, files=manifest)
    return str(tmp_path / "raw"), warehouse


def zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return bytes(sink.getvalue())


@pytest.mark.parametrize(("ending", "pack"), [("", bytes), (".gz", gzip.compress), (".zst", zstd)])
def test_lines_are_found_with_number_reason_length_and_start(tmp_path: Path, ending: str, pack: object) -> None:
    assert callable(pack)
    raw_file(tmp_path, pack(b"\n".join([GOOD, NOT_JSON, GOOD, FOREIGN])), FILE + ending)
    raw, warehouse = reject(tmp_path, [(NOT_JSON, "malformed_json"), (FOREIGN, "unknown_schema")], FILE + ending)

    report = explain_rejected(raw, warehouse, FILE + ending)

    assert "2 lines were rejected" in report
    assert "1 malformed_json: The line is not valid UTF-8" in report
    assert "line 2  malformed_json  9 bytes\n  {not json\n" in report
    assert 'line 4  unknown_schema  20 bytes\n  {"schema":"other/1"}\n' in report
    assert "line 1 " not in report and "line 3 " not in report


def test_the_file_may_be_named_by_its_full_path(tmp_path: Path) -> None:
    path = raw_file(tmp_path, NOT_JSON + b"\n")
    raw, warehouse = reject(tmp_path, [(NOT_JSON, "malformed_json")])

    assert explain_rejected(raw, warehouse, str(path)) == explain_rejected(raw, warehouse, FILE)
    with pytest.raises(UsageError, match="does not lie below the raw root"):
        explain_rejected(raw, warehouse, "/elsewhere/a.ndjson")


def test_equal_lines_are_all_shown(tmp_path: Path) -> None:
    raw_file(tmp_path, NOT_JSON + b"\n" + NOT_JSON + b"\n")
    raw, warehouse = reject(tmp_path, [(NOT_JSON, "malformed_json")] * 2)

    report = explain_rejected(raw, warehouse, FILE)

    assert "line 1 " in report and "line 2 " in report and "no longer" not in report


def test_empty_and_carriage_return_lines_are_hashed_as_they_are(tmp_path: Path) -> None:
    raw_file(tmp_path, b"\n" + NOT_JSON + b"\r\n" + NOT_JSON + b"\n")
    raw, warehouse = reject(tmp_path, [(b"", "malformed_json"), (NOT_JSON + b"\r", "malformed_json")])

    report = explain_rejected(raw, warehouse, FILE)

    assert "line 1  malformed_json  0 bytes" in report
    assert "line 2  malformed_json  10 bytes\n  {not json\\r\n" in report
    assert "line 3 " not in report


def test_bytes_that_do_not_print_are_escaped(tmp_path: Path) -> None:
    line = b"\x00\x1b[31m\xff\xfe \xe2\x80\xae\xc3\xa9"
    raw_file(tmp_path, line)
    raw, warehouse = reject(tmp_path, [(line, "malformed_json")])

    shown = explain_rejected(raw, warehouse, FILE).splitlines()[-1]

    assert shown == "  \\x00\\x1b[31m\\xff\\xfe \\u202eé"


def test_of_a_line_of_10_mb_only_the_start_is_shown(tmp_path: Path) -> None:
    line = b"\x80" * 10_000_000
    raw_file(tmp_path, GOOD + b"\n" + line + b"\n" + NOT_JSON + b"\n")
    raw, warehouse = reject(tmp_path, [(line, "oversized"), (NOT_JSON, "malformed_json")])

    report = explain_rejected(raw, warehouse, FILE)

    assert "line 2  oversized  10000000 bytes" in report and "line 3  malformed_json" in report
    shown = report.splitlines()[report.splitlines().index("line 2  oversized  10000000 bytes") + 1]
    assert shown == "  " + ("\\x80" * 49) + " ..."  # 49 * 4 + 4 = 200 characters


def test_a_report_of_very_many_lines_ends_with_how_many_it_leaves_out(tmp_path: Path) -> None:
    raw_file(tmp_path, (NOT_JSON + b"\n") * 1500)
    raw, warehouse = reject(tmp_path, [(NOT_JSON, "malformed_json")] * 1500)

    report = explain_rejected(raw, warehouse, FILE).splitlines()

    assert report[0] == f"{FILE}: 1500 lines were rejected."
    assert report[-1] == "(500 more lines are not shown)"


def test_a_rewritten_file_is_told(tmp_path: Path) -> None:
    raw_file(tmp_path, NOT_JSON + b"\n")
    raw, warehouse = reject(tmp_path, [(NOT_JSON, "malformed_json"), (FOREIGN, "unknown_schema")])

    report = explain_rejected(raw, warehouse, FILE)

    assert f"1 of them are no longer in {FILE}: the file was rewritten" in report
    assert "line 1  malformed_json" in report


def test_a_file_that_is_gone_still_gives_the_counts(tmp_path: Path) -> None:
    raw_file(tmp_path, b"", "landing_date=2026-11-20/b.ndjson")
    raw, warehouse = reject(tmp_path, [(NOT_JSON, "malformed_json")])

    with pytest.raises(InputUnreadable, match=r"1 malformed_json(.|\n)*no longer in .*Restore the file"):
        explain_rejected(raw, warehouse, FILE)


def test_a_truncated_gzip_is_told(tmp_path: Path) -> None:
    name = FILE + ".gz"
    raw_file(tmp_path, gzip.compress(bytes(range(256)) * 1000)[:-20], name)
    raw, warehouse = reject(tmp_path, [(NOT_JSON, "malformed_json")], name)

    with pytest.raises(InputUnreadable, match="cannot be read to its end"):
        explain_rejected(raw, warehouse, name)


def test_a_file_without_rejected_lines_is_told_by_why(tmp_path: Path) -> None:
    raw, warehouse = reject(tmp_path, [])
    raw_file(tmp_path, GOOD, "landing_date=2026-11-21/new.ndjson")
    aside = {"raw_file": "landing_date=2026-11-20/broken.gz", "outcome": "set_aside", "problem": "truncated"}
    write_table(warehouse, "ops.input_files", rows(TABLES["ops.input_files"], aside))

    assert explain_rejected(raw, warehouse, FILE) == f"{FILE}: none of its 3 lines was rejected.\n"
    assert "was set aside whole" in explain_rejected(raw, warehouse, aside["raw_file"])
    with pytest.raises(UsageError, match="has not been landed yet"):
        explain_rejected(raw, warehouse, "landing_date=2026-11-21/new.ndjson")
    with pytest.raises(UsageError, match="there is no file"):
        explain_rejected(raw, warehouse, "landing_date=2026-11-21/nothing.ndjson")


def test_nothing_published_is_told(tmp_path: Path) -> None:
    raw_file(tmp_path, NOT_JSON)

    with pytest.raises(UsageError, match="nothing published"):
        explain_rejected(str(tmp_path / "raw"), str(tmp_path), FILE)
