"""How nights are measured: samples left out, processes counted, opened files told apart."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

from benchmarks.costs import _catalogue, _thin
from benchmarks.metered_night import Process, _opened, _role, core_seconds, family
from tests.reading.small_warehouse import publish_release, write_table
from warehouse_schema import TABLES
from warehouse_schema.derive import rows


def _raw_file(folder: Path) -> Path:
    pointer = {"t_ms": [0, 10, 20, 30, 40], "x_px": [1, 2, 3, 4, None], "target": ["a", "a", "b", "b", None]}
    lines = [json.dumps({"beacon_id": "b-1", "pointer": pointer}), json.dumps({"beacon_id": "b-2"}), '{"broken', "[1]"]
    file = folder / "a.ndjson.gz"
    file.write_bytes(gzip.compress("".join(f"{line}\n" for line in lines).encode()))
    return file


def test_every_second_sample_is_left_and_all_other_lines_stay(tmp_path: Path) -> None:
    file = _raw_file(tmp_path)
    _, *others = gzip.decompress(file.read_bytes()).splitlines()

    samples = _thin(file, 2)

    first, *left = gzip.decompress(file.read_bytes()).splitlines()
    assert samples == 3
    assert json.loads(first)["pointer"] == {"t_ms": [0, 20, 40], "x_px": [1, 3, None], "target": ["a", "b", None]}
    assert left == others


def test_all_samples_are_counted_and_nothing_is_changed(tmp_path: Path) -> None:
    file = _raw_file(tmp_path)
    before = gzip.decompress(file.read_bytes())

    assert _thin(file, 1) == 5
    assert gzip.decompress(file.read_bytes()) == before


def test_what_a_child_took_is_counted_while_it_runs_and_after() -> None:
    before = core_seconds()
    busy = "import time\nwhile time.process_time() < 0.2: pass\nprint(flush=True)\ninput()"

    with subprocess.Popen([sys.executable, "-c", busy], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout
        child.stdout.readline()
        running = core_seconds()
        assert child.pid in {process.pid for process in family()}

    assert running - before >= 0.15
    assert core_seconds() - before >= 0.15


def test_opened_files_are_told_apart_by_table(tmp_path: Path) -> None:
    log = tmp_path / "opened.log"
    names = [
        "clean/page_views/event_date=2026-11-20/a.parquet",
        "clean/page_views/_delta_log/0.json",
        "raw/a.ndjson.gz",
    ]
    log.write_text("".join(f"Reading File path: file:///w/{name}, range: 0-9\n" for name in [names[0], *names]))

    assert _opened(log) == {"clean.page_views": 2, "logs": 1, "other": 1}


def test_what_page_views_were_about(tmp_path: Path) -> None:
    story = {"item_id": "story-1", "item_type": "story", "ad_id": None}
    ad = {"item_id": "slot-3", "item_type": "ad", "ad_id": "ad-7"}
    withheld = {**ad, "ad_id": "(withheld)"}
    size = {"viewport_w_px": 64.0, "viewport_h_px": 33.0, "document_h_px": 96.0}
    views = [
        {**size, "visitor_key": "1" * 64, "layout_id": "a", "traffic_class": "human", "item_views": [story, ad]},
        {**size, "visitor_key": "1" * 64, "layout_id": "b", "traffic_class": "human", "item_views": [story]},
        {**size, "visitor_key": "2" * 64, "layout_id": "b", "traffic_class": "declared_bot", "item_views": [withheld]},
    ]
    root = str(tmp_path / "warehouse")
    publish_release(
        root, {"clean.page_views": write_table(root, "clean.page_views", rows(TABLES["clean.page_views"], *views))}
    )

    found = _catalogue(tmp_path / "warehouse")

    assert (found["layouts"], found["stories"], found["ads"]) == (2, 1, 1)
    # Bots are no visitors, and what they saw is no item view.
    assert (found["visitors"], found["item_views"]) == (1, 3)
    # Pages of 2 columns, with 2 rows in the viewport and 3 in the document; one for each layout.
    assert (found["cells_of_pages"], found["rows_of_pages"]) == (2 * (2 * (2 + 3)), 2 * 3)


def test_a_process_that_is_about_to_become_another_has_no_role() -> None:
    python, java, between = (Process(-1, 0, name, 0.0, 10) for name in ("python3", "java", "Executor task l"))

    assert [_role(process) for process in (python, java, between)] == ["python_worker", "jvm", None]
