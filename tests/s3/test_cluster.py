"""Nights that `spark-submit` gives to a standalone cluster, raw files and warehouse on S3: the tables of local mode.

`make test-s3` runs one of them; `make test-cluster` also those that `make test-s3` has no time for.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from jobs.io.store import Store
from tests.night.warehouses import newest_release, published, query
from tests.s3.cluster import Cluster, running_cluster
from tests.s3.nights import LAST_LANDING, Disk, bring
from warehouse_schema import PINNED

pytestmark = [pytest.mark.spark, pytest.mark.s3]
#: Measured 75 to 120 s on two cores that five other processes shared; every loss of an executor adds to it.
NIGHT_S = 600
#: Stages in which an executor is killed, by the event of the journal that they begin after.
AFTER = ("leased", "restore_done", "land_done", "build_done")


@pytest.fixture(scope="module")
def cluster(disk: Disk) -> Iterator[Cluster]:
    with running_cluster(hidden=disk.raw.parent) as cluster:
        yield cluster


def tables(warehouse: Any) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables of the newest release, clean ones and pseudonyms included, in a fixed order."""
    return {t.name: query(warehouse, f"select * from {t.name} order by all") for t in PINNED}


class Submitted:
    """A night on its way, seen through the store, Spark's own pages and its event log."""

    def __init__(self, cluster: Cluster, root: str, disk: Disk) -> None:
        self.cluster, self.store = cluster, Store(f"{root}/warehouse", create=True)
        places = {
            "HOVERLAKE_RAW": f"{root}/raw",
            "HOVERLAKE_WAREHOUSE": f"{root}/warehouse",
            "HOVERLAKE_KEY_FILE": str(disk.key_file),
            "HOVERLAKE_MIN_VISITORS": "1",
            "DATE": str(LAST_LANDING),
        }
        self.process = cluster.submit(places)

    def stop(self) -> None:
        """Nothing of it stays behind a test that failed."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def ends(self) -> str:
        """All that it said; it must publish."""
        said = self.process.communicate(timeout=NIGHT_S)[0]
        assert self.process.returncode == 0, said
        return said

    def wait_for(self, event: str) -> None:
        """Until the journal has the event."""
        while not any(item.path.endswith(f"-{event}.json") for item in self.store.list("_journal")):
            self._still_runs()
            time.sleep(0.2)

    def kill_a_busy_executor(self) -> int:
        """Its process, of one that has a task at this moment."""
        while not (busy := [e for e in self._executors() if e["activeTasks"] and e["id"] != "driver"]):
            self._still_runs()
            time.sleep(0.05)
        process = _process_of(busy[0]["id"], self._application())
        os.kill(process, signal.SIGKILL)
        return process

    def _still_runs(self) -> None:
        assert self.process.poll() is None, self.process.communicate()[0]

    def _executors(self) -> list[dict[str, Any]]:
        application = self._application()
        return self._ask(f"/{application}/executors") if application else []

    def _application(self) -> str:
        found = self._ask("")
        return str(found[0]["id"]) if found else ""

    def _ask(self, path: str) -> Any:
        try:
            with urlopen(f"http://127.0.0.1:{self.cluster.ui_port}/api/v1/applications{path}", timeout=10) as answer:
                return json.load(answer)
        except (OSError, ValueError):  # not yet there; while Spark starts it answers in words
            return []


Submit = Callable[[], Submitted]


@pytest.fixture
def submit(cluster: Cluster, root: str, disk: Disk) -> Iterator[Submit]:
    """Submits a night over what lies below `root` by then."""
    nights: list[Submitted] = []

    def one_more() -> Submitted:
        nights.append(Submitted(cluster, root, disk))
        return nights[-1]

    yield one_more
    for night in nights:
        night.stop()


def _process_of(executor: str, application: str) -> int:
    """The executor of this application, among all processes of the machine."""
    words = [b"--executor-id", executor.encode(), b"--app-id", application.encode()]
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it has ended meanwhile
            continue
        if all(word in line for word in words) and line[line.index(words[0]) + 1] == words[1]:
            return int(folder.name)
    raise AssertionError(f"executor {executor} of {application} has no process")


def events(cluster: Cluster, name: str) -> list[dict[str, Any]]:
    """Of all nights so far, from Spark's event logs."""
    lines = [line for path in cluster.events.rglob("events_*") for line in path.read_text().splitlines()]
    return [event for event in map(json.loads, lines) if event.get("Event") == f"SparkListener{name}"]


def lost_tasks(cluster: Cluster) -> list[dict[str, Any]]:
    return [e for e in events(cluster, "TaskEnd") if e["Task End Reason"]["Reason"] == "ExecutorLostFailure"]


def test_a_night_on_a_cluster_that_loses_a_busy_executor_publishes_the_tables_of_local_mode(
    cluster: Cluster, submit: Submit, disk: Disk, root: str
) -> None:
    bring(disk.raw, f"{root}/raw")

    night = submit()
    night.wait_for("land_done")
    night.kill_a_busy_executor()
    night.ends()

    assert lost_tasks(cluster)
    assert newest_release(f"{root}/warehouse").number == 1
    assert tables(f"{root}/warehouse") == tables(disk.raw.parent / "warehouse")
    assert list(Store(f"{root}/warehouse").list("_staging")) == []
    workers = {event["Task Info"]["Executor ID"] for event in events(cluster, "TaskEnd")}
    assert len(workers) >= 3, "two executors, and the one that came in the place of the killed one"


@pytest.mark.matrix
def test_undisturbed_nights_on_a_cluster_are_those_of_local_mode_a_late_file_and_the_end_included(
    cluster: Cluster, submit: Submit, disk: Disk, root: str
) -> None:
    bring(disk.raw, f"{root}/raw")
    late_path = disk.late_file.relative_to(disk.raw).as_posix()
    Store(f"{root}/raw").delete(late_path)

    submit().ends()

    assert published(f"{root}/warehouse") == disk.first

    Store(f"{root}/raw").put(late_path, disk.late_file.read_bytes())
    submit().ends()

    assert tables(f"{root}/warehouse") == tables(disk.raw.parent / "warehouse")

    idle = submit()
    said = idle.process.communicate(timeout=NIGHT_S)[0]

    assert idle.process.returncode == 10, said
    assert "nothing new" in said


@pytest.mark.matrix
def test_a_night_on_a_cluster_survives_a_loss_in_every_stage(
    cluster: Cluster, submit: Submit, disk: Disk, root: str
) -> None:
    bring(disk.raw, f"{root}/raw")
    lost_before = len(lost_tasks(cluster))

    night = submit()
    for event in AFTER:
        night.wait_for(event)
        night.kill_a_busy_executor()
    night.ends()

    assert len(lost_tasks(cluster)) > lost_before
    assert tables(f"{root}/warehouse") == tables(disk.raw.parent / "warehouse")
