"""The store on S3: what it lists, reads and deletes, and that of many writers one alone creates an object."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.errors import InfrastructureFailed
from jobs.io.data_files import read_all
from jobs.io.raw_files import inspect_file, list_raw_files, open_raw
from jobs.io.store import Store
from jobs.io.warehouse import DataFile
from tests.night.warehouses import DATE
from tests.s3.server import SECRET_KEY, free_port

pytestmark = pytest.mark.s3
RACERS = 24


def test_objects_are_listed_under_their_names_and_read(root: str) -> None:
    store = Store(root)
    store.put("a/b+c d%41.txt", b"one")
    store.put("a/deep/é.txt", b"three")

    found = {item.path: item.size_bytes for item in store.list("a")}

    assert found == {"a/b+c d%41.txt": 3, "a/deep/é.txt": 5}
    assert store.read("a/b+c d%41.txt") == b"one"
    assert store.open("a/deep/é.txt").read() == b"three"
    assert store.read("a/none.txt") is None
    assert list(store.list("none")) == []


def test_rows_of_a_data_file_are_read(root: str) -> None:
    sink, schema = pa.BufferOutputStream(), pa.schema([pa.field("engaged_ms", pa.int64())])
    pq.write_table(pa.table({"engaged_ms": [1, 2]}, schema), sink)
    Store(root).put("clean/one.parquet", sink.getvalue().to_pybytes())

    one, gone = (DataFile(f"clean/{name}.parquet", "event_date", DATE, 1) for name in ("one", "gone"))
    assert [batch.to_pydict() for batch in read_all(root, [one], schema)] == [{"engaged_ms": [1, 2]}]
    with pytest.raises(InfrastructureFailed, match=r"clean/gone\.parquet .* is gone"):
        list(read_all(root, [gone], schema))


def test_an_object_is_created_once(root: str) -> None:
    store = Store(root)

    assert store.put_if_absent("x.json", b"{}")
    assert not store.put_if_absent("x.json", b"[]")
    assert store.json("x.json") == {}


def test_of_many_writers_at_once_one_wins(root: str) -> None:
    store, start = Store(root), Barrier(RACERS)

    def race(number: int) -> bool:
        start.wait()
        return store.put_if_absent("_lease/000001.json", str(number).encode())

    with ThreadPoolExecutor(RACERS) as pool:
        won = list(pool.map(race, range(RACERS)))

    assert won.count(True) == 1
    assert store.read("_lease/000001.json") == str(won.index(True)).encode()


def test_folders_are_named_and_deleted_whole(root: str) -> None:
    store = Store(root)
    for path in ("runs/one/1.json", "runs/one/2.json", "runs/two/1.json", "runs/beside.json"):
        store.put(path, b"{}")
    assert store.folders("runs") == {"one", "two"}
    assert store.folders("none") == set()

    store.delete_folder("runs/one")
    store.delete_folder("none")

    assert sorted(item.path for item in store.list("runs")) == ["runs/beside.json", "runs/two/1.json"]


def test_a_raw_file_is_read_to_its_end_and_its_tag_stays(root: str) -> None:
    Store(root).put(f"landing_date={DATE}/a.ndjson", b"{}\n" * 3)
    raw = open_raw(root)

    [[file], again] = list_raw_files(raw, DATE)[0], list_raw_files(raw, DATE)[0]

    assert inspect_file(raw, file).line_count == 3
    assert [file] == again


def test_a_server_that_is_away_is_said_within_a_minute(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    started = time.monotonic()

    with pytest.raises(
        InfrastructureFailed, match=r"cannot list s3a://.* does not answer. Check address, permission and network"
    ):
        list(Store(root).list())

    assert time.monotonic() - started < 60


def test_a_wrong_secret_is_refused_in_words_that_do_not_hold_it(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", f"{SECRET_KEY}-not")

    with pytest.raises(InfrastructureFailed, match=r"cannot list s3a://.*403 Forbidden.*SignatureDoesNotMatch") as said:
        list(Store(root).list())

    assert SECRET_KEY not in str(said.value)
