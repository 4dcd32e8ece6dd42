"""A real S3 server on loopback (versitygw on a folder), and stores below a bucket of it."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

BINARY = Path(__file__).resolve().parents[2] / ".tools" / "versitygw"
ACCESS_KEY, SECRET_KEY = "test-access", "test-secret-4f1c9"
BUCKET = "lake"
START_S = 20


@dataclass
class Server:
    """The process, its folder and its port; the port stays the same over a restart."""

    folder: Path
    port: int
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """The standard variables that lead every engine to this server."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": "us-east-1",
        }

    def start(self) -> None:
        """Return once it answers."""
        (self.folder / BUCKET).mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [str(BINARY), "--port", f"127.0.0.1:{self.port}", "--quiet", "--keep-alive", "posix", str(self.folder)],
            env={"ROOT_ACCESS_KEY": ACCESS_KEY, "ROOT_SECRET_KEY": SECRET_KEY},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            assert self._process.poll() is None, "versitygw ended at its start"
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.05)
        raise AssertionError(f"versitygw does not listen after {START_S} s")

    def kill(self) -> None:
        """As a machine goes that loses its power; nothing if it is gone."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


def free_port() -> int:
    """A port of loopback that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
