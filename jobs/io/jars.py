"""Jars of Delta and of S3: fetched once into a folder, checked against pinned hashes, never asked for again.

Five jars (12.5 MB) are all that Spark lacks for Delta tables; Maven's closure would bring 174 MB that Spark already
has in newer versions. Another 36 (12.9 MB) let it read and write `s3a://`; nothing fetches them before a URI asks. Fetching is done by the Ivy that ships with pyspark, from the repository of its default
settings, or of the Ivy settings file that HOVERLAKE_IVY_SETTINGS names.
`python -m jobs.io.jars` fetches what is missing of Delta and prints the folder; with `--s3` also what S3 needs.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jobs.errors import HoverlakeError, InfrastructureFailed
from jobs.io.jar_pins import AWS_SDK_VERSION, DELTA_JARS, DELTA_VERSION, HADOOP_VERSION, S3_JARS, Jar
from jobs.io.java import find_java

FETCH_TIMEOUT_S = 600


def jar_folder() -> Path:
    """HOVERLAKE_JARS, else `.jars` in the project, else (installed as a wheel) in the environment."""
    if os.environ.get("HOVERLAKE_JARS"):
        return Path(os.environ["HOVERLAKE_JARS"]).absolute()
    project = Path(__file__).resolve().parents[2]
    return (project if (project / "setup.cfg").exists() else Path(sys.prefix)) / ".jars"


def delta_jars(folder: Path | None = None) -> list[Path]:
    """Paths of Delta's five jars, each with its pinned hash; missing or damaged ones are fetched first.

    InfrastructureFailed if they cannot be fetched or arrive with other bytes.
    """
    return _present(DELTA_JARS, folder or jar_folder())


def s3_jars(folder: Path | None = None) -> list[Path]:
    """Paths of the jars that `s3a://` needs beside Delta's, on the same terms."""
    return _present(S3_JARS, folder or jar_folder())


def _present(jars: Sequence[Jar], folder: Path) -> list[Path]:
    bad = [jar for jar, problem in check_jars(folder, jars) if problem]
    if bad:
        _fetch(bad, folder)
    return [folder / jar.file_name for jar in jars]


def check_jars(folder: Path, jars: Sequence[Jar] | None = None) -> list[tuple[Jar, str]]:
    """Each jar (Delta's, unless others are named) with its problem: "missing", "damaged", or "" if all is well."""
    return [(jar, _problem(jar, folder)) for jar in (DELTA_JARS if jars is None else jars)]


def _problem(jar: Jar, folder: Path) -> str:
    path = folder / jar.file_name
    if not path.is_file():
        return "missing"
    with path.open("rb") as file:
        return "" if hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256 else "damaged"


def _fetch(jars: list[Jar], folder: Path) -> None:
    """Put `jars` into `folder`, each by one rename, so that no reader meets half a jar."""
    with _scratch_folder(folder) as scratch:
        _retrieve(jars, scratch)
        for jar in jars:
            problem = _problem(jar, scratch)
            if problem:
                raise InfrastructureFailed(
                    f"{jar.file_name} arrived {problem}: its SHA-256 is not the pinned one. Check what stands between "
                    "this machine and the Maven repository (a proxy's error page?), then run again."
                )
            (scratch / jar.file_name).replace(folder / jar.file_name)


@contextmanager
def _scratch_folder(folder: Path) -> Iterator[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # On the same file system as `folder`: a rename must not become a copy.
        scratch = Path(tempfile.mkdtemp(prefix=".fetching-", dir=folder))
    except OSError as error:
        raise InfrastructureFailed(
            f"the jar folder {folder} cannot be written: {error}. Mend it, or name another one in HOVERLAKE_JARS."
        ) from error
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _retrieve(jars: list[Jar], scratch: Path) -> None:
    """Run Ivy with a cache of its own: a damaged file in a shared cache would come back each time."""
    (scratch / "ivy.xml").write_text(_ivy_module(jars))
    command = [str(find_java().executable), "-jar", str(_ivy()), "-cache", str(scratch / "cache")]
    if os.environ.get("HOVERLAKE_IVY_SETTINGS"):
        command += ["-settings", os.environ["HOVERLAKE_IVY_SETTINGS"]]
    command += ["-ivy", str(scratch / "ivy.xml"), "-retrieve", str(scratch / "[artifact]-[revision].[ext]")]
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S, stdin=subprocess.DEVNULL, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _unreachable(jars, f"no answer within {FETCH_TIMEOUT_S} s") from error
    if answer.returncode:
        raise _unreachable(jars, _ivy_complaint(answer.stdout + answer.stderr))


def _ivy() -> Path:
    import pyspark

    found = sorted((Path(pyspark.__file__).parent / "jars").glob("ivy-*.jar"))
    if not found:
        raise InfrastructureFailed("pyspark has no Ivy among its jars: reinstall pyspark as setup.cfg pins it.")
    return found[-1]


def _ivy_module(jars: list[Jar]) -> str:
    dependencies = "".join(
        f'<dependency org="{jar.organisation}" name="{jar.name}" rev="{jar.version}" '
        'conf="default->master" transitive="false"/>'
        for jar in jars
    )
    return (
        '<ivy-module version="2.0"><info organisation="hoverlake" module="jars"/>'
        f'<configurations><conf name="default"/></configurations><dependencies>{dependencies}</dependencies></ivy-module>'
    )


def _ivy_complaint(text: str) -> str:
    """The lines in which Ivy says what it could not do, at most three."""
    marks = ("UNRESOLVED", "not found", "FAILED", "ERROR", "Exception", "unable")
    lines = [" ".join(line.split()) for line in text.splitlines() if any(mark in line for mark in marks)]
    return "; ".join(dict.fromkeys(lines[:3])) or text.strip()[-300:]


def _unreachable(jars: list[Jar], why: str) -> InfrastructureFailed:
    names = ", ".join(jar.file_name for jar in jars[:5]) + (f" and {len(jars) - 5} more" if len(jars) > 5 else "")
    return InfrastructureFailed(
        f"cannot fetch {names}: {why}. Check the network and run again, name a mirror's Ivy settings file in "
        "HOVERLAKE_IVY_SETTINGS, or copy the jars into the folder that HOVERLAKE_JARS names."
    )


def main(words: Sequence[str]) -> int:
    """Fetch what is missing and say where the jars are."""
    try:
        found = [(f"Delta {DELTA_VERSION}", delta_jars())]
        if "--s3" in words:
            found.append((f"S3 (hadoop-aws {HADOOP_VERSION}, AWS SDK {AWS_SDK_VERSION})", s3_jars()))
    except HoverlakeError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    for name, paths in found:
        size_mb = sum(path.stat().st_size for path in paths) / 1e6
        print(f"{name}: {len(paths)} jars, {size_mb:.1f} MB, checked, in {paths[0].parent}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
