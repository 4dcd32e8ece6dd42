"""Files and folders with names that other software escapes, hides or refuses."""

from __future__ import annotations

import datetime as dt
import gzip
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.errors import InputUnreadable, UsageError
from jobs.io import releases
from jobs.io.raw_files import inspect_files, list_raw_files, open_raw
from jobs.io.store import Store, local_path
from jobs.io.warehouse import open_table
from jobs.sql import run_sql
from tests.reading.small_warehouse import publish_release, write_table
from warehouse_schema import TABLES
from warehouse_schema.derive import rows

DAY = dt.date(2026, 11, 20)
EXPOSURE = "mart.viewport_exposure_daily"
FOLDER = TABLES[EXPOSURE].path
NAMES = [
    "two words",
    "a+b",
    "a%20b",
    "100%",
    "%2F",
    "a#1",
    "a#b",
    "größe",
    "日本",
    "u\u0308",  # u and a combining dots: not the same name as ü
    "q?x=1",
    "b\\s",
    "[1]{2}*~",
    "quote'\"",
    "colon:1",
    "\u3000wide blank",
]
#: Of these, delta-rs makes another name, in a path and in a URI alike.
MISREAD = ["a%20b", "%2F", "b\\s"]
needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to become another user"
)


def raw_file(raw: Path, below: str, lines: int = 1) -> Path:
    path = raw / f"landing_date={DAY}" / below
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(b"{}\n" * lines))
    return path


@pytest.mark.parametrize("name", NAMES)
def test_a_raw_file_is_listed_and_read_under_its_own_name(tmp_path: Path, name: str) -> None:
    raw_file(tmp_path / name, f"{name}/{name}.gz", lines=3)
    raw = open_raw(str(tmp_path / name))

    files, remarks = list_raw_files(raw, DAY)

    assert [file.path for file in files] == [f"landing_date={DAY}/{name}/{name}.gz"]
    assert [(i.line_count, i.problem) for i in inspect_files(raw, files)] == [(3, "")]
    assert remarks == []


@pytest.mark.parametrize("name", NAMES)
def test_an_object_keeps_its_name(tmp_path: Path, name: str) -> None:
    store = Store(str(tmp_path / name), create=True)

    assert store.put_if_absent("_releases/000001.json", b"{}")

    assert (tmp_path / name / "_releases" / "000001.json").read_bytes() == b"{}"
    assert [(item.path, item.size_bytes) for item in store.list("_releases")] == [("_releases/000001.json", 2)]


@pytest.fixture(scope="module")
def plain_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One row of one table, released. To be copied: the tests' writer of tables refuses some names that Spark takes."""
    root = tmp_path_factory.mktemp("names") / "plain"
    publish_release(str(root), {EXPOSURE: write_table(str(root), EXPOSURE, rows(TABLES[EXPOSURE], {"visible_ms": 7}))})
    return root


@pytest.mark.parametrize("name", [name for name in NAMES if name not in MISREAD])
def test_a_warehouse_is_read_below_any_name(plain_warehouse: Path, tmp_path: Path, name: str) -> None:
    warehouse = str(shutil.copytree(plain_warehouse, tmp_path / name))

    delta = open_table(warehouse, TABLES[EXPOSURE], 0)

    assert delta is not None and delta.version() == 0
    assert run_sql(warehouse, f"select visible_ms from {EXPOSURE}", "csv") == "visible_ms\n7\n"


@pytest.mark.parametrize("name", MISREAD)
def test_a_warehouse_that_would_be_read_below_another_name_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()

    with pytest.raises(UsageError, match=r"cannot have (%20|%2F|\\) in its path"):
        run_sql(str(tmp_path / name), f"select * from {EXPOSURE}")


def test_a_file_uri_is_decoded(tmp_path: Path) -> None:
    write_table(str(tmp_path / "a b"), EXPOSURE, rows(TABLES[EXPOSURE], {}))
    uri = (tmp_path / "a b").as_uri()

    assert uri.endswith("/a%20b")
    assert local_path(uri) == tmp_path / "a b"
    assert open_table(uri, TABLES[EXPOSURE]) is not None


@pytest.mark.parametrize("name", [b"two\nlines.gz", b"tab\t.gz", b"latin-1 \xfc.gz", "line\u2028end.gz".encode()])
def test_a_name_that_no_table_can_keep_is_told_and_hides_no_other_file(tmp_path: Path, name: bytes) -> None:
    good = raw_file(tmp_path, "good.gz")
    Path(os.fsdecode(os.fsencode(good.parent) + b"/" + name)).write_bytes(b"")

    files, remarks = list_raw_files(open_raw(str(tmp_path)), DAY)

    assert [file.path for file in files] == [f"landing_date={DAY}/good.gz"]
    assert len(remarks) == 1
    assert remarks[0].isprintable() and "not read; rename it" in remarks[0]


def test_unfinished_uploads_and_markers_are_no_input(tmp_path: Path) -> None:
    for below in (".hidden.gz", "_SUCCESS", "x.gz._COPYING_", "_tmp/x.gz", "good.gz"):
        raw_file(tmp_path, below)

    files, remarks = list_raw_files(open_raw(str(tmp_path)), DAY)

    assert [file.path for file in files] == [f"landing_date={DAY}/good.gz"]
    assert remarks == []


def test_a_linked_folder_is_read_and_a_link_to_nothing_is_no_file(tmp_path: Path) -> None:
    elsewhere = raw_file(tmp_path / "elsewhere", "x.gz").parent
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / elsewhere.name).symlink_to(elsewhere)
    (elsewhere / "gone.gz").symlink_to(tmp_path / "nothing")

    files, _ = list_raw_files(open_raw(str(raw)), DAY)

    assert [file.path for file in files] == [f"landing_date={DAY}/x.gz"]


def test_an_unchanged_file_keeps_its_tag_and_a_rewritten_one_does_not(tmp_path: Path) -> None:
    path = raw_file(tmp_path, "x.gz")
    raw = open_raw(str(tmp_path))
    [before], [again] = (list_raw_files(raw, DAY)[0] for _ in range(2))

    os.utime(path, ns=(0, 5_000_000_000))

    assert before.etag == again.etag
    assert list_raw_files(raw, DAY)[0][0].etag != before.etag


def test_a_raw_folder_that_does_not_exist_is_unreadable_input(tmp_path: Path) -> None:
    with pytest.raises(InputUnreadable, match=r"raw folder .*nowhere does not exist"):
        open_raw(str(tmp_path / "nowhere"))


def as_nobody(code: str, *arguments: str) -> str:
    """What the code prints for another user; in a process of its own, because none can take root back."""
    command = [sys.executable, "-c", f"import os, sys\n{code}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def close(folder: Path, root: Path) -> None:
    """Others may pass all folders from the root of the test to `folder`, but not that one."""
    for above in (*root.parents[:4], root):
        above.chmod(above.stat().st_mode | 0o055)
    folder.chmod(0o700)


@needs_root
def test_a_closed_table_is_refused_by_name_and_not_taken_for_an_absent_one(
    plain_warehouse: Path, tmp_path: Path
) -> None:
    closed = ("mart", FOLDER, f"{FOLDER}/_delta_log", f"{FOLDER}/_delta_log/{20 * '0'}.json")
    warehouses = [shutil.copytree(plain_warehouse, tmp_path / str(number)) for number in range(len(closed))]
    for warehouse, below in zip(warehouses, closed, strict=True):
        close(warehouse / below, warehouse)
    code = f"""
from jobs.errors import UsageError
from jobs.io.warehouse import open_table
from warehouse_schema import TABLES
os.setuid(65534)
for warehouse in sys.argv[1:]:
    try: print(open_table(warehouse, TABLES[{EXPOSURE!r}]))
    except UsageError as error: print(error)
"""

    said = as_nobody(code, *map(str, warehouses)).splitlines()
    for warehouse, below in zip(warehouses, closed, strict=True):
        (warehouse / below).chmod(0o755)
    opened = as_nobody(code, *map(str, warehouses)).splitlines()

    for warehouse, below, before, after in zip(warehouses, closed, said, opened, strict=True):
        refusal = f"{EXPOSURE} in {warehouse} may not be read by you. Ask for permission on the layer mart"
        assert before.startswith(refusal), below
        assert after.startswith("DeltaTable"), below


@needs_root
def test_a_closed_raw_folder_is_named(tmp_path: Path) -> None:
    close(raw_file(tmp_path / "raw", "x.gz").parent, tmp_path / "raw")
    code = """
from jobs.errors import InfrastructureFailed
from jobs.io.store import Store
store = Store(sys.argv[1])
os.setuid(65534)
try: print(list(store.list()))
except InfrastructureFailed as error: print(error)
"""

    said = as_nobody(code, str(tmp_path / "raw"))

    assert said.startswith(f"cannot list {tmp_path}/raw/landing_date={DAY}: Permission denied")


def test_a_warehouse_that_does_not_exist_has_published_nothing(tmp_path: Path) -> None:
    for query in (f"select * from {EXPOSURE}", "select * from ops.runs", "show tables"):
        with pytest.raises(UsageError, match=r"nothing published in .*nowhere"):
            run_sql(str(tmp_path / "nowhere"), query)


def test_what_a_killed_write_left_is_no_release(tmp_path: Path) -> None:
    publish_release(str(tmp_path), {})
    (tmp_path / "_releases" / "000002.json#1").write_bytes(b"{")

    assert releases.newest_number(Store(str(tmp_path))) == 1
