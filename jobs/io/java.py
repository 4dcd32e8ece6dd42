"""Which Java runs Spark: found, checked and, where allowed, installed.

Spark 4.2 needs Java 17 or newer with the module jdk.incubator.vector. `python -m jobs.io.java [--install]` prints
the home that `hoverlake` will use.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jobs.errors import HoverlakeError, InfrastructureFailed

MIN_MAJOR = 17
VECTOR_MODULE = "jdk.incubator.vector"
#: Folders whose entries are Java homes, on Debian and Red Hat, macOS and with SDKMAN.
HOMES = ("/usr/lib/jvm/*", "/Library/Java/JavaVirtualMachines/*/Contents/Home", "~/.sdkman/candidates/java/*")
#: In order of preference: 17 is what the project is measured on, newer Debian releases only have newer ones.
DEBIAN_PACKAGES = ("openjdk-17-jre-headless", "openjdk-21-jre-headless", "openjdk-25-jre-headless")
ANSWER_TIMEOUT_S = 30

HOW_TO_MEND = (
    f"Install Java {MIN_MAJOR} or newer that has the module {VECTOR_MODULE} (Debian, Ubuntu: "
    f"apt-get install {DEBIAN_PACKAGES[0]}; Fedora: dnf install java-21-openjdk-headless), or point JAVA_HOME at one."
)


@dataclass(frozen=True)
class JavaHome:
    """A Java that can run Spark: its home folder and its version, such as 17.0.15."""

    path: Path
    version: str

    @property
    def executable(self) -> Path:
        """The `java` command of this home."""
        return self.path / "bin" / "java"


@cache
def find_java() -> JavaHome:
    """The first usable Java of JAVA_HOME, `java` on PATH and the usual folders.

    InfrastructureFailed lists what was looked at, why it was refused, and what to install.
    """
    refused: list[str] = []
    for executable in _candidates():
        home, problem = _examine(executable)
        if home:
            return home
        refused.append(f"{executable}: {problem}")
    looked_at = "; ".join(refused) or "JAVA_HOME is not set, no java on PATH"
    raise InfrastructureFailed(f"no usable Java found ({looked_at}). {HOW_TO_MEND}")


def _candidates() -> Iterator[Path]:
    if os.environ.get("JAVA_HOME"):
        yield Path(os.environ["JAVA_HOME"]) / "bin" / "java"
    on_path = shutil.which("java")
    if on_path:
        yield Path(on_path)
    for pattern in HOMES:
        root, _, rest = str(Path(pattern).expanduser()).partition("/*")
        for home in sorted(Path(root).glob(f"*{rest}")):
            if (home / "bin" / "java").exists():
                yield home / "bin" / "java"


def _examine(executable: Path) -> tuple[JavaHome | None, str]:
    """The home behind a `java` command (a link, a shim), or why it cannot be used."""
    command = [str(executable), "-XshowSettings:properties", "--list-modules"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return None, f"does not run ({error})"
    text = answer.stdout + answer.stderr
    found = dict(re.findall(r"^\s*(java\.home|java\.version|java\.specification\.version) = (.*?)\s*$", text, re.M))
    major = found.get("java.specification.version", "").removeprefix("1.")
    if not major.isdigit() or "java.home" not in found:
        return None, "does not say its version"
    if int(major) < MIN_MAJOR:
        return None, f"is Java {major}"
    if VECTOR_MODULE not in text:
        return None, f"lacks the module {VECTOR_MODULE}"
    return JavaHome(Path(found["java.home"]), found["java.version"]), ""


def install_java() -> None:
    """Install Debian's Java, if this user may; InfrastructureFailed says what to do otherwise."""
    apt_get = shutil.which("apt-get")
    if not apt_get or not _may_install():
        raise InfrastructureFailed(f"no usable Java found, and it cannot be installed from here. {HOW_TO_MEND}")
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    prefix += ["env", "DEBIAN_FRONTEND=noninteractive", apt_get]
    print("no usable Java: installing one with apt-get (about a minute)", flush=True)
    subprocess.run([*prefix, "update", "-q"], stdin=subprocess.DEVNULL, check=False)
    for package in DEBIAN_PACKAGES:
        command = [*prefix, "install", "-y", "-q", "--no-install-recommends", package]
        if subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode == 0:
            find_java.cache_clear()
            return
    raise InfrastructureFailed(f"apt-get could install none of {', '.join(DEBIAN_PACKAGES)}. {HOW_TO_MEND}")


def _may_install() -> bool:
    if os.geteuid() == 0:
        return True
    sudo = shutil.which("sudo")
    if not sudo:
        return False
    return subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0


def main(words: list[str]) -> int:
    """Print the Java home in use; with --install, install Java first if there is none."""
    try:
        try:
            java = find_java()
        except InfrastructureFailed:
            if "--install" not in words:
                raise
            install_java()
            java = find_java()
    except HoverlakeError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(f"Java {java.version} in {java.path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
