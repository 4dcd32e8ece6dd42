"""`hoverlake doctor`: what this machine and these stores have, what is wrong, and how to mend it.

Nothing is changed: the one object written to the warehouse to see that it can be written is removed at once.
"""

from __future__ import annotations

import os
import platform
import re
import stat
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TypeVar

from obstore.exceptions import BaseError

from jobs import __version__
from jobs.errors import HoverlakeError, InfrastructureFailed
from jobs.io import keys, releases
from jobs.io.class_archive import archive_file
from jobs.io.jar_pins import S3_JARS
from jobs.io.jars import check_jars, delta_jars, jar_folder
from jobs.io.java import find_java
from jobs.io.keys import KeyRing
from jobs.io.s3 import any_on_s3, endpoint
from jobs.io.store import Store, local_path

MIN_PYTHON = (3, 11)

Found = TypeVar("Found")


@dataclass(frozen=True)
class Check:
    """One thing looked at: what was found, and the way to mend it; `mend` is empty if all is well."""

    name: str
    found: str
    mend: str = ""

    @property
    def ok(self) -> bool:
        """True if there is nothing to mend."""
        return not self.mend


def doctor(raw: str, warehouse: str) -> list[Check]:
    """Check versions, Java, jars, the raw folder, the warehouse and its pseudonym key, in this order."""
    return [*_here(), *_s3(raw, warehouse), _raw(raw), *_warehouse(warehouse), _key(warehouse)]


def _here() -> Iterator[Check]:
    yield _python()
    yield from _packages()
    yield _java()
    yield from _jars()
    yield from _class_archive()


def exit_code(checks: Sequence[Check]) -> int:
    """0 if all is well, else 14."""
    return 0 if all(check.ok for check in checks) else InfrastructureFailed.exit_code


def report(checks: Sequence[Check]) -> str:
    """One line per check, and below each problem the way to mend it; the last line counts the problems."""
    width = max(len(check.name) for check in checks)
    lines: list[str] = []
    for check in checks:
        lines.append(f"{'ok     ' if check.ok else 'PROBLEM'}  {check.name:<{width}}  {check.found}")
        if not check.ok:
            lines.append(f"{'':<{width + 11}}-> {check.mend}")
    problems = sum(not check.ok for check in checks)
    return "\n".join(
        [*lines, f"{problems} problem{'' if problems == 1 else 's'} found." if problems else "All is well."]
    )


def _python() -> Check:
    found = f"{platform.python_version()} in {sys.prefix}"
    if sys.version_info < MIN_PYTHON:
        return Check("python", found, "Python 3.11 or newer is needed: remove .venv and run make PYTHON=... setup.")
    return Check("python", found)


def _packages() -> Iterator[Check]:
    """The direct dependencies against the exact pins in hoverlake's own metadata."""
    try:
        pins = requires("hoverlake") or []
    except PackageNotFoundError:
        yield Check("hoverlake", f"{__version__}, not installed", "Run make setup.")
        return
    yield Check("hoverlake", __version__)
    for pin in pins:
        match = re.fullmatch(r"([\w.-]+)==([\w.]+)", pin)
        if match:
            yield _package(match[1], match[2])


def _package(name: str, pinned: str) -> Check:
    try:
        installed = version(name)
    except PackageNotFoundError:
        return Check(name, "missing", f"Version {pinned} is needed: run make setup.")
    if installed != pinned:
        return Check(name, installed, f"Version {pinned} is pinned: run make setup.")
    return Check(name, installed)


def _java() -> Check:
    try:
        java = find_java()
    except InfrastructureFailed as error:
        return Check("java", "none that can be used", str(error))
    return Check("java", f"{java.version} in {java.path}")


def _class_archive() -> Iterator[Check]:
    """Nights run without it, too: never a problem."""
    with suppress(HoverlakeError):
        archive = archive_file(find_java(), delta_jars())
        none = "none; hoverlake doctor --warm makes one, with which Java starts faster"
        yield Check("class archive", f"{archive}" if archive.exists() else none)


def _jars() -> Iterator[Check]:
    folder = jar_folder()
    for jar, problem in check_jars(folder):
        found = f"{problem or 'present, checksum right'} in {folder}"
        yield Check(jar.file_name, found, "Fetch it: python -m jobs.io.jars (or make jars)." if problem else "")


def _s3(*uris: str) -> Iterator[Check]:
    """The address and the jars of S3, if a URI needs them; in one line, as there are dozens."""
    if not any_on_s3(uris):
        return
    address, problem = _tried(endpoint)
    yield Check("s3", f"server {address or 'Amazon'}" if not problem else "no server", problem)
    folder = jar_folder()
    bad = [f"{jar.file_name} {problem}" for jar, problem in check_jars(folder, S3_JARS) if problem]
    found = (
        f"{len(bad)} of {len(S3_JARS)} missing or damaged, such as {bad[0]}"
        if bad
        else f"{len(S3_JARS)} present, checksums right"
    )
    yield Check("jars of s3", f"{found}, in {folder}", "Fetch them: python -m jobs.io.jars --s3." if bad else "")


def _raw(raw: str) -> Check:
    local = local_path(raw)
    if local and not local.is_dir():
        return Check("raw", f"{raw} does not exist", "Name the folder with --raw, or fill it: hoverlake simulate.")
    dates, problem = _tried(lambda: _landing_dates(raw))
    if problem:
        return Check("raw", f"{raw}: {problem}", "Check the address, permission to list, and the network.")
    if not dates:
        return Check("raw", f"{raw} has no landing_date=YYYY-MM-DD folder", "Fill it: hoverlake simulate, or import.")
    return Check("raw", f"{raw}: {len(dates)} landing dates, {dates[0]} to {dates[-1]}")


def _landing_dates(raw: str) -> list[str]:
    found = (re.match(r"landing_date=(\d{4}-\d\d-\d\d)/", item.path) for item in Store(raw).list())
    return sorted({match[1] for match in found if match})


def _warehouse(warehouse: str) -> Iterator[Check]:
    local = local_path(warehouse)
    if local and not local.exists():
        yield _warehouse_to_be(local)
        return
    _, problem = _tried(lambda: _write_probe(Store(warehouse)))
    if problem:
        yield Check(
            "warehouse", f"{warehouse}: {problem}", "Check the address, permission to write, and the space left."
        )
    else:
        yield Check("warehouse", f"{warehouse} can be written")
    release, problem = _tried(lambda: releases.newest(Store(warehouse)))
    if problem:
        yield Check("release", problem, "The newest record below _releases is unreadable: compare it with a backup.")
    elif release is None:
        yield Check("release", "none yet: hoverlake nightly publishes the first")
    else:
        yield Check(
            "release", f"{release.number}, of landing date {release.landing_date}, {len(release.tables)} tables"
        )


def _warehouse_to_be(folder: Path) -> Check:
    """A folder that the first night will make: what counts is the nearest one above it."""
    above = next(parent for parent in folder.parents if parent.exists())
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        return Check("warehouse", f"{folder} cannot be made", f"Grant writing in {above}, or name another --warehouse.")
    return Check("warehouse", f"{folder} does not exist yet: the first night makes it")


def _write_probe(store: Store) -> None:
    path = f"_doctor/{uuid.uuid4().hex}"
    store.put_if_absent(path, b"")
    store.delete(path)
    if store.local_root:
        # Object stores have no folders; on disk an empty one would stay behind (or another doctor's file be in it).
        with suppress(OSError):
            (store.local_root / "_doctor").rmdir()


def _key(warehouse: str) -> Check:
    """The key turns visitor ids into pseudonyms: who reads it can undo them by trying ids."""
    if keys.is_in_environment():
        ring, problem = _tried(lambda: keys.load_ring(warehouse))
        return Check("key", _ring(ring) if ring else "cannot be used", problem)
    path, problem = _tried(lambda: keys.key_file(warehouse))
    if path is None:
        return Check("key", "none", problem)
    number, _ = _tried(lambda: releases.newest_number(Store(warehouse)))
    if not path.exists() and not number:
        return Check("key", f"{path} does not exist yet: the first night makes it")
    ring, problem = _tried(lambda: keys.load_ring(warehouse))
    if ring is None:
        return Check("key", f"{path} cannot be used", problem)
    return Check("key", f"{path}, mode {stat.S_IMODE(path.stat().st_mode):04o}: {_ring(ring)}")


def _ring(ring: KeyRing) -> str:
    """The keys in words. Never a problem: a night makes the next one, or says why it cannot."""
    count, last = len(ring.keys), ring.keys[-1].first_date
    return f"{count} key{'' if count == 1 else 's'}, the last from {last or 'the beginning'} on"


def _tried(look: Callable[[], Found]) -> tuple[Found | None, str]:
    """What `look` found, or in one line why it could not; a doctor goes on after each problem."""
    try:
        return look(), ""
    except HoverlakeError as error:
        return None, str(error)
    except (BaseError, OSError, ValueError, TypeError, KeyError) as error:
        # Of a library's message the first line says what it is about, the rest is for its makers.
        return None, (str(error).splitlines() or [type(error).__name__])[0][:200]
