"""A night in a process of its own that ends without a word at a named instant: `python -m tests.night.kill_at POINT ...`.

POINT is `before NAME` or `after NAME`, where NAME is `journal EVENT`, `commit TABLE`, `stage PATH`, `manifest` or `release`;
or `after N s`, counted from the run's first event. The process group is killed, Spark's with it. The other words are
those of `hoverlake`.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

from pyspark.sql.readwriter import DataFrameWriter

from jobs import cli
from jobs.io.delta import DeltaTables
from jobs.io.store import Store

POINT = sys.argv[1]


def _die() -> None:
    os.killpg(0, signal.SIGKILL)


def _watched(method: Callable[..., Any], name_of: Callable[..., str]) -> Callable[..., Any]:
    @wraps(method)
    def call(*arguments: Any, **options: Any) -> Any:
        name = name_of(*arguments)
        if f"before {name}" == POINT:
            _die()
        answer = method(*arguments, **options)
        if f"after {name}" == POINT:
            _die()
        seconds = re.fullmatch(r"after ([0-9.]+) s", POINT)
        if seconds and name == "journal started":
            threading.Timer(float(seconds[1]), _die).start()
        return answer

    return call


def _object(_store: Store, path: str, *_: object) -> str:
    folder, *_rest, name = path.split("/")
    event = re.fullmatch(r"\d+-(\w+)\.json", name)
    if folder == "_journal" and event:
        return f"journal {event[1]}"
    return {"_manifests": "manifest", "_releases": "release"}.get(folder, path)


if __name__ == "__main__":
    Store.put_if_absent = _watched(Store.put_if_absent, _object)  # type: ignore[method-assign]
    DeltaTables._commit = _watched(DeltaTables._commit, lambda _, table, *__: f"commit {table.name}")  # type: ignore[method-assign]
    DataFrameWriter.parquet = _watched(  # type: ignore[method-assign]
        DataFrameWriter.parquet, lambda _, path, *__: f"stage {path.rsplit('/', 1)[-1]}"
    )
    sys.argv = ["hoverlake", *sys.argv[2:]]
    cli.main()
