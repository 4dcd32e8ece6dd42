"""Nights on `local-cluster[2,1,1024]`: a master, two workers and an executor of each as processes of their own.

Such a cluster leaves the jars of every executor in `work`, below the Spark that it runs: it gets one of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyspark

from tests.night.warehouses import DATE

PROJECT = Path(__file__).resolve().parents[2]
MASTER = "local-cluster[2,1,1024]"


def copy_of_spark(to: Path) -> Path:
    """Spark as it is installed on a worker's machine; hard links where they can be had."""
    source = Path(pyspark.__file__).parent
    for part in ("bin", "jars", "python/lib"):
        try:
            shutil.copytree(source / part, to / part, copy_function=os.link)
        except shutil.Error:
            shutil.copytree(source / part, to / part, dirs_exist_ok=True)
    return to


def start_nightly(raw: Path, warehouse: Path, root: Path, executor_java: str = "") -> subprocess.Popen[str]:
    """`hoverlake nightly` there; its stderr is piped. `root` is a folder for the cluster's files."""
    configuration = root / "conf"
    configuration.mkdir()
    (root / "events").mkdir()
    words = {
        "spark.executor.extraJavaOptions": executor_java,
        # As if page views were many: the executors are to do it.
        "spark.hoverlake.spread": "true",
        # Every plan, as the history server shows it.
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": f"file://{root / 'events'}",
    }
    text = "".join(f"{name} {value}\n" for name, value in words.items())
    (configuration / "spark-defaults.conf").write_text(text)
    command = [
        "nightly",
        "--date",
        str(DATE),
        "--set",
        "min_visitors=1",
        "--raw",
        str(raw),
        "--warehouse",
        str(warehouse),
    ]
    environment = {
        "MASTER": MASTER,
        "SPARK_HOME": str(copy_of_spark(root / "spark")),
        "SPARK_CONF_DIR": str(configuration),
        # Workers start in folders of their own.
        "PYTHONPATH": str(PROJECT),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "jobs.cli", *command],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
