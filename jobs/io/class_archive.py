"""Java's archive of loaded classes (class-data sharing): a JVM that starts with it parses and verifies most classes no more.

`hoverlake doctor --warm` makes it, of a small night. It holds for one Java, one pyspark and one set of Delta jars, and is
left alone by any other. Java archives classes of its class path only: with an archive Delta's jars lie there.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from jobs.io.java import JavaHome

#: Set to a file: the JVM writes its archive there when it ends.
MAKE = "HOVERLAKE_MAKE_CLASS_ARCHIVE"
#: Java says which of the thousand classes made at run time it leaves out: of no use to anybody.
_QUIET = "-Xlog:disable -Xlog:all=error:stderr"


def archive_file(java: JavaHome, jars: Sequence[Path]) -> Path:
    """Where the archive lies that fits this Java and these jars: in the user's cache, `XDG_CACHE_HOME` or ~/.cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    parts = [java.version, str(java.path), version("pyspark"), *map(str, jars)]
    return cache / "hoverlake" / f"classes-{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:16]}.jsa"


def java_options(java: JavaHome, jars: Sequence[Path]) -> str:
    """The JVM's words to make the archive, or to start with the one there is; empty without."""
    if made := os.environ.get(MAKE):
        return f"-XX:ArchiveClassesAtExit={made} {_QUIET}"
    archive = archive_file(java, jars)
    return f"-XX:SharedArchiveFile={archive} {_QUIET}" if archive.exists() else ""
