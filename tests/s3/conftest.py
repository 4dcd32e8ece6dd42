"""One S3 server for the run; every test of this folder carries the mark `s3`, and the environment leads to the server."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from jobs.simulator import simulate
from tests.java_options import JAVA_OPTIONS
from tests.night.warehouses import night, published
from tests.s3.nights import EVENT_DATE, LAST_LANDING, Disk
from tests.s3.server import BINARY, BUCKET, Server, free_port

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


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


@pytest.fixture(scope="session")
def spark_s3(server: Server) -> Iterator[SparkSession]:
    os.environ.setdefault("HOVERLAKE_JAVA_OPTIONS", JAVA_OPTIONS)
    from jobs.io.session import start_session

    session = start_session("hoverlake tests on S3", uris=(f"s3a://{BUCKET}/raw",))
    yield session
    session.stop()


@pytest.fixture(scope="session")
def disk(spark_s3: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    root = tmp_path_factory.mktemp("disk")
    raw, warehouse, key_file = root / "raw", root / "warehouse", root / "key"
    simulate(EVENT_DATE, 120, 7, raw, root / "truth", processes=1)
    late_file = max(raw.rglob("*.gz"))
    aside = shutil.move(late_file, root / "late")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("HOVERLAKE_KEY_FILE", str(key_file))
        night(raw, warehouse, LAST_LANDING)
        first = published(warehouse)
        late_file.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(aside, late_file)
        night(raw, warehouse, LAST_LANDING)
        yield Disk(raw, late_file, key_file, first, published(warehouse))
