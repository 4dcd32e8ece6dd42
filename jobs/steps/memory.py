"""Memory of a process that makes and drops large arrays for one batch after the other."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

#: Parameters of glibc's mallopt(3): how much may be free at the end of the heap before it is given back, and from which size on
#: an array is mapped by itself and unmapped when it is dropped.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_NEVER = 2**31 - 1


@contextmanager
def freed_memory_kept() -> Iterator[None]:
    """What is freed inside serves the next array, and goes back to the system at the end.

    Otherwise the system zeroes the pages of every array anew: measured on page views in batches of 32 MB, a quarter of the
    kernel's processor time. For processes that do nothing else, such as Spark's workers: how memory is taken
    stays changed afterwards. Does nothing where the C library is not glibc.
    """
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "malloc_trim"):
        yield
        return
    libc.mallopt(_TRIM_THRESHOLD, _NEVER)
    libc.mallopt(_MMAP_THRESHOLD, _NEVER)
    # Arrow's own allocator gives back early, whatever malloc does.
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        libc.malloc_trim(0)
