"""One S3 server for the run; every test of this folder carries the mark `s3`, and the environment leads to the server."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pytest

from tests.s3.server import BINARY, BUCKET, Server, free_port


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not BINARY.exists():
        pytest.fail("the S3 server of the tests is not built: run make test-s3")
    server = Server(tmp_path_factory.mktemp("s3"), free_port())
    server.start()
    before = {name: os.environ.get(name) for name in (*server.environment, "AWS_SESSION_TOKEN")}
    os.environ.pop("AWS_SESSION_TOKEN", None)
    os.environ.update(server.environment)
    yield server
    server.kill()
    for name, value in before.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


@pytest.fixture
def root(server: Server) -> str:
    """A prefix of its own below the bucket."""
    return f"s3a://{BUCKET}/{uuid.uuid4().hex[:8]}"
