"""A night on executors that are processes of their own: the tables are those of a night in one process, and nothing that it
writes beside clean names a person or a key."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from jobs.erasure.search import Trace, search
from jobs.erasure.visitors import Visitors
from jobs.io.keys import load_ring
from jobs.io.store import Store
from tests.night.local_cluster import start_nightly
from tests.night.warehouses import beacon, newest_release, night, page_views, published, write_lines

pytestmark = pytest.mark.spark
#: Measured 89 s with the night beside it, on two cores that five other processes shared.
NIGHT_S = 240
IDS = [f"raw-visitor-{n}" for n in range(5)]


@dataclass(frozen=True)
class ClusterNight:
    """A night on the cluster: its folder, what it said, and the warehouse of the same night in one process."""

    root: Path
    exit_code: int
    said: str

    @property
    def warehouse(self) -> Path:
        """Of the cluster."""
        return self.root / "warehouse"


@pytest.fixture(scope="module")
def on_cluster(spark: object, tmp_path_factory: pytest.TempPathFactory) -> ClusterNight:
    root = tmp_path_factory.mktemp("cluster")
    lines = [beacon(beacon_id=f"b-{n}", page_view_id=f"pv-{n}", visitor_id=IDS[n % 5]) for n in range(40)]
    broken = b'{"schema":"cursor-beacon/1","visitor_id":"raw-visitor-1"'
    withheld = beacon(visitor_id=IDS[2], consent={"purposes": []})
    for number in range(4):
        write_lines(root / "raw", [*lines[number::4], lines[0], b"no beacon", broken, withheld], name=f"{number}.gz")
    night(root / "raw", root / "one_process")
    shutil.copy(root / "one_process.key", root / "warehouse.key")
    run = start_nightly(root / "raw", root / "warehouse", root, executor_java=os.environ["HOVERLAKE_JAVA_OPTIONS"])
    said = run.communicate(timeout=NIGHT_S)[1]
    (root / "said").mkdir()
    (root / "said" / "stderr").write_text(said)
    return ClusterNight(root, run.returncode, said)


def test_a_night_on_two_executors_publishes_the_tables_of_one_process(on_cluster: ClusterNight) -> None:
    assert on_cluster.exit_code == 0, on_cluster.said
    assert newest_release(on_cluster.warehouse).number == 1
    assert page_views(on_cluster.warehouse) == page_views(on_cluster.root / "one_process")
    assert published(on_cluster.warehouse) == published(on_cluster.root / "one_process")
    executors = (on_cluster.root / "spark" / "work").glob("app-*/[01]/stderr")
    assert list(executors), "no executor was a process of its own"


def test_no_id_pseudonym_or_key_is_in_plans_logs_or_tables_but_for_pseudonyms_in_clean(
    on_cluster: ClusterNight,
) -> None:
    """Looks at the event log with every plan, at what driver and executors say, and at every file of the warehouse."""
    ring = load_ring(str(on_cluster.warehouse))
    # A key is looked for like a pseudonym: whole, or half of it.
    keys = [key.secret.hex() for key in ring.keys if key.secret]
    looked_for = Visitors(IDS, {"": [*(name for i in IDS for name in ring.pseudonyms(i).values()), *keys]})
    logs = [Store(str(folder)) for folder in (on_cluster.root / "events", on_cluster.root / "said")]
    executors = [Store(str(log.parent)) for log in (on_cluster.root / "spark" / "work").glob("app-*/[01]/stderr")]

    searched = search(Store(str(on_cluster.warehouse)), looked_for, logs)

    assert {_folder(trace) for trace in searched.traces} == {
        ("clean/beacons", "a pseudonym"),
        ("clean/page_views", "a pseudonym"),
    }
    assert sum(1 for _ in logs[0].list()) >= 1
    for executor in executors:
        words = [executor.read(name) or b"" for name in ("stderr", "stdout")]
        assert words[0]
        assert not any(secret.encode() in word for word in words for secret in (*IDS, *keys))


def _folder(trace: Trace) -> tuple[str, str]:
    return "/".join(trace.path.split("/")[:2]), trace.what
