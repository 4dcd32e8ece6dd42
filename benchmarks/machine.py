"""On what a figure was measured: cores, memory, processor, versions."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from jobs.io.class_archive import archive_file
from jobs.io.jars import delta_jars
from jobs.io.java import find_java

PACKAGES = ("pyspark", "delta-spark", "duckdb", "polars", "deltalake", "pyarrow", "numpy")


def machine() -> dict[str, object]:
    """Cores, memory in GiB, the processor's name, the system."""
    total = re.search(r"MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(int(total[1]) / 2**20, 1) if total else None,
        "processor": model[1] if model else platform.machine(),
        "system": platform.system(),
    }


def versions() -> dict[str, str]:
    """Versions of Python, Java and of the packages that work in the bench."""
    found = {"python": platform.python_version(), "java": _java()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _java() -> str:
    """Java's version, and whether Spark starts with an archive of its classes: a quarter of a small night."""
    java = find_java()
    archived = "with" if archive_file(java, delta_jars()).exists() else "without"
    return f"{java.version} {archived} the class archive of `hoverlake doctor --warm`"
