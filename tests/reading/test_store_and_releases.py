"""Objects below a root, and the release records kept there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.errors import InfrastructureFailed
from jobs.io import releases
from jobs.io.releases import InputFile
from jobs.io.store import Store, local_path, table_uri
from tests.reading.small_warehouse import release

FILE = InputFile("landing_date=2026-11-20/a.ndjson", 10, "etag", "5e" * 32, 2, "2026-11-20")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "a warehouse"), create=True)


def test_an_object_is_put_once_and_never_changed(store: Store) -> None:
    assert store.put_if_absent("a/b.json", b"[1]")
    assert not store.put_if_absent("a/b.json", b"[2]")
    assert store.json("a/b.json") == [1]


def test_of_many_racers_one_wins(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: store.put_if_absent("_lease/000001.json", str(n).encode()), range(24)))

    assert won.count(True) == 1
    assert store.read("_lease/000001.json") == str(won.index(True)).encode()


def test_what_is_absent_is_none_and_may_be_deleted(store: Store) -> None:
    assert store.read("nothing") is None
    assert store.json("nothing") is None
    store.delete("nothing")


def test_list_gives_all_objects_below_a_folder_with_their_size(store: Store) -> None:
    for path in ("x/1", "x/y/2", "xx/3"):
        store.put_if_absent(path, b"abc")

    assert sorted((item.path, item.size_bytes) for item in store.list("x")) == [("x/1", 3), ("x/y/2", 3)]
    assert len(list(store.list())) == 3


def test_a_deleted_folder_is_empty_and_its_neighbour_stays(store: Store) -> None:
    for path in ("x/1", "x/y/2", "xx/3"):
        store.put_if_absent(path, b"abc")

    store.delete_folder("x")

    assert [item.path for item in store.list()] == ["xx/3"]


def test_a_root_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureFailed, match="cannot open"):
        Store(str(tmp_path / "nowhere"))


def test_local_roots_and_object_stores_are_told_apart() -> None:
    assert local_path("s3a://bucket/warehouse") is None
    assert local_path("file:///data/warehouse") == Path("/data/warehouse")
    assert table_uri("s3a://bucket/warehouse/", "mart/x") == "s3a://bucket/warehouse/mart/x"
    assert table_uri("/data/warehouse", "mart/x") == "/data/warehouse/mart/x"


def test_a_warehouse_without_releases_has_none(store: Store) -> None:
    assert releases.newest(store) is None
    assert releases.newest_number(store) == 0
    assert releases.read(store, 1) is None
    assert releases.manifest(store, 1) == {}


def test_a_release_and_its_manifest_come_back_as_they_were_published(store: Store) -> None:
    published = release(1, {"mart.hover_heatmap_daily": 3})

    assert releases.publish(store, published, {FILE.path: FILE})

    assert releases.read(store, 1) == published
    assert releases.manifest(store, 1) == {FILE.path: FILE}


def test_the_highest_number_is_current_beyond_nine(store: Store) -> None:
    for number in (2, 10, 9):
        assert releases.publish(store, release(number, {"mart.hover_heatmap_daily": number}), {})

    newest = releases.newest(store)

    assert newest is not None and newest.number == 10
    assert newest.tables == {"mart.hover_heatmap_daily": 10}


def test_a_number_is_published_once(store: Store) -> None:
    assert releases.publish(store, release(1, {"clean.beacons": 1}), {})

    assert not releases.publish(store, release(1, {"clean.beacons": 2}), {})

    current = releases.newest(store)
    assert current is not None and current.tables == {"clean.beacons": 1}


def test_a_manifest_left_by_a_killed_run_is_not_read(store: Store) -> None:
    store.put_if_absent("_manifests/000001-killed.json", b"[]")
    assert releases.manifest(store, 1) == {}

    assert releases.publish(store, release(1, {}), {FILE.path: replace(FILE, line_count=5)})

    assert releases.manifest(store, 1)[FILE.path].line_count == 5


@pytest.mark.parametrize("loser", ["run-1", "run-2"])
def test_losing_the_race_for_a_number_leaves_the_winner_s_manifest(store: Store, loser: str) -> None:
    assert releases.publish(store, release(1, {}), {FILE.path: FILE})

    assert not releases.publish(store, replace(release(1, {}), run_id=loser), {})

    assert releases.manifest(store, 1) == {FILE.path: FILE}


def test_of_many_runs_that_publish_one_number_the_winner_s_record_and_manifest_belong_together(store: Store) -> None:
    def publish(n: int) -> bool:
        own = replace(FILE, line_count=n)
        return releases.publish(store, replace(release(1, {}), run_id=f"run-{n}"), {FILE.path: own})

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(publish, range(24)))

    current = releases.newest(store)
    assert won.count(True) == 1
    assert current is not None and current.run_id == f"run-{won.index(True)}"
    assert releases.manifest(store, 1)[FILE.path].line_count == won.index(True)


def test_a_lost_manifest_is_named_and_not_taken_for_empty(store: Store) -> None:
    releases.publish(store, release(1, {}), {FILE.path: FILE})
    store.delete("_manifests/000001-run-1.json")

    with pytest.raises(InfrastructureFailed, match=r"_manifests/000001-run-1\.json .* is missing"):
        releases.manifest(store, 1)


@pytest.mark.parametrize("record", [b"{}", b'{"event_dates": {}, "manifest": "x", "colour": "red"}'])
def test_a_record_of_another_version_is_named(store: Store, record: bytes) -> None:
    store.put_if_absent("_releases/000007.json", record)

    with pytest.raises(InfrastructureFailed, match=r"release 7 .* another version"):
        releases.newest(store)
