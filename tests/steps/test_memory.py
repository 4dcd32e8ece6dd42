"""What `freed_memory_kept` does to a process: it asks the system less often, and gives everything back at the end."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

ROUNDS, MEGABYTES = 50, 16

#: Prints page faults with and without, and the resident bytes that are left of a large array after each.
PROGRAM = f"""
import contextlib, resource
import numpy as np
from jobs.steps.memory import freed_memory_kept

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()

for context in (contextlib.nullcontext(), freed_memory_kept()):
    before, first = resident(), resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    with context:
        for _ in range({ROUNDS}):
            # Below the size from which numpy asks for pages of 2 MB.
            arrays = [np.ones(2**17 - 64) for _ in range({MEGABYTES})]
            del arrays
        faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - first
    print(faults, resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told to keep memory")
def test_freed_memory_serves_the_next_array_and_goes_back_at_the_end() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)
    (usual, _), (kept, left) = (map(int, line.split()) for line in done.stdout.splitlines())
    assert kept < usual / 2
    assert left < MEGABYTES * 2**20 / 2
