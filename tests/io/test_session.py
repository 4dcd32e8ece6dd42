"""Which jars and settings a session is made with: those of S3 only if a URI asks for them. No JVM is started."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.errors import InfrastructureFailed, UsageError
from jobs.io import session
from jobs.io.class_archive import archive_file
from jobs.io.java import JavaHome
from jobs.io.session import (
    CLUSTER_PARTITIONS,
    MADE_FOR_S3,
    ONE_PARTITION_BYTES,
    SMALL_INPUT_BYTES,
    start_session,
    suit_input,
)

JAVA = JavaHome(Path("/java"), "17.0.15")


class Builder:
    """Notes what it is told instead of starting a JVM."""

    def __init__(self) -> None:
        self.settings: dict[str, str] = {}

    def appName(self, name: str) -> Builder:
        return self

    def master(self, name: str) -> Builder:
        return self

    def config(self, name: str, value: str) -> Builder:
        self.settings[name] = value
        return self

    def getOrCreate(self) -> dict[str, str]:
        return self.settings


@pytest.fixture(autouse=True)
def no_jvm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("JAVA_HOME", "PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON"):
        monkeypatch.setenv(name, "restored after the test")
    monkeypatch.setattr(session, "find_java", lambda: JAVA)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(session, "delta_jars", lambda: [Path("delta.jar")])
    monkeypatch.setattr(session, "s3_jars", lambda: [Path("s3.jar")])
    monkeypatch.setattr(SparkSession, "builder", Builder())
    monkeypatch.delenv("MASTER", raising=False)
    _present(monkeypatch, None)


def _present(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str] | None) -> Any:
    found = None if settings is None else SimpleNamespace(conf=settings)
    monkeypatch.setattr(SparkSession, "getActiveSession", lambda: found)
    return found


def test_a_session_for_local_folders_has_no_jar_of_s3() -> None:
    settings: Any = start_session(uris=("/raw", "file:///warehouse"))

    assert settings["spark.jars"] == "delta.jar"
    assert "spark.driver.extraClassPath" not in settings
    assert not [name for name in settings if "s3a" in name]


def test_where_classes_are_archived_java_starts_with_them_and_finds_delta_on_its_class_path() -> None:
    archive = archive_file(JAVA, [Path("delta.jar")])
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"classes")

    settings: Any = start_session()

    assert settings["spark.driver.extraClassPath"] == "delta.jar"
    assert f"-XX:SharedArchiveFile={archive}" in settings["spark.driver.extraJavaOptions"]
    assert "log4j2" in settings["spark.driver.extraJavaOptions"]


@pytest.mark.parametrize("uris", [("s3a://lake/raw", "/warehouse"), ("/raw", "s3://lake/warehouse")])
def test_one_uri_on_s3_brings_jars_and_settings(uris: tuple[str, str]) -> None:
    settings: Any = start_session(uris=uris)

    assert settings["spark.jars"] == "delta.jar,s3.jar"
    assert "spark.hadoop.fs.s3a.retry.limit" in settings


def test_a_session_without_the_jars_cannot_take_s3_later(monkeypatch: pytest.MonkeyPatch) -> None:
    present = _present(monkeypatch, {MADE_FOR_S3: "false"})

    with pytest.raises(InfrastructureFailed, match=r"without the jars of S3, and s3a://lake/raw needs them"):
        start_session(uris=("/warehouse", "s3a://lake/raw"))
    assert start_session(uris=("/raw",)) is present


@pytest.mark.parametrize("uri", ["/raw", "s3a://lake/raw"])
def test_a_session_with_the_jars_serves_every_uri(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    present = _present(monkeypatch, {MADE_FOR_S3: "true"})

    assert start_session(uris=(uri,)) is present


def test_a_session_that_others_set_up_is_trusted_with_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    _present(monkeypatch, {})

    settings: Any = start_session(uris=("s3a://lake/raw",))

    assert settings[MADE_FOR_S3] == "true"


PARTITIONS = "spark.sql.shuffle.partitions"
CHANGES_BY_NIGHT = (
    PARTITIONS,
    "spark.sql.adaptive.enabled",
    "spark.sql.codegen.wholeStage",
    "spark.sql.codegen.factoryMode",
)


class Settable:
    """A configuration of which only SQL settings may change."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {PARTITIONS: "600"}

    def isModifiable(self, name: str) -> bool:
        return name.startswith(("spark.sql.session.", "spark.hoverlake.")) or name in CHANGES_BY_NIGHT

    def set(self, name: str, value: str) -> None:
        assert self.isModifiable(name)
        self.values[name] = value

    def get(self, name: str, otherwise: str | None = None) -> str | None:
        return self.values.get(name, otherwise)


class ClusterSession:
    """A platform's own session, already running."""

    conf = Settable()

    @classmethod
    def getOrCreate(cls) -> type[ClusterSession]:
        return cls


ClusterSession.builder = ClusterSession  # type: ignore[attr-defined]


def test_on_databricks_the_night_takes_the_cluster_s_session_and_what_may_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", "18.0")
    monkeypatch.setattr("pyspark.sql.SparkSession", ClusterSession)
    monkeypatch.setattr("jobs.io.session.delta_jars", lambda: pytest.fail("our Delta beside the cluster's"))

    found: Any = start_session()

    assert found is ClusterSession
    assert ClusterSession.conf.values == {
        "spark.sql.session.timeZone": "UTC",
        PARTITIONS: "600",
        CLUSTER_PARTITIONS: "600",
    }


def test_shuffle_partitions_of_a_cluster_come_back_after_a_small_night(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    spark: Any = SimpleNamespace(conf=Settable())
    spark.conf.values[CLUSTER_PARTITIONS] = "600"

    partitions = []
    for raw_bytes in (ONE_PARTITION_BYTES - 1, ONE_PARTITION_BYTES, SMALL_INPUT_BYTES):
        suit_input(spark, raw_bytes)
        partitions.append(spark.conf.values[PARTITIONS])

    assert partitions == ["1", "4", "600"]


def test_shuffle_partitions_here_follow_this_machine_s_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    spark: Any = SimpleNamespace(conf=Settable())

    suit_input(spark, SMALL_INPUT_BYTES)

    assert spark.conf.values[PARTITIONS] == "6"  # 2 * 3


@pytest.mark.parametrize(
    ("raw_mib", "cores", "partitions"),
    [(0, 2, 4), (192, 2, 4), (193, 2, 6), (1920, 2, 40), (1920, 16, 48), (0, None, 4)],
)
def test_a_larger_night_has_more_partitions_in_whole_rounds_of_the_cores(
    raw_mib: int, cores: int | None, partitions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)

    assert session.own_partitions(raw_mib * 2**20) == partitions


@pytest.mark.parametrize("master", ["spark://master:7077", "yarn", "k8s://https://api"])
def test_a_cluster_without_spark_submit_is_refused_with_the_way_to_it(
    monkeypatch: pytest.MonkeyPatch, master: str
) -> None:
    monkeypatch.setenv("MASTER", master)

    with pytest.raises(UsageError, match=r"MASTER is .*sh deploy/cluster/submit\.sh"):
        start_session()


@pytest.fixture
def submitted(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A process of spark-submit; what it was given there."""
    given = {"spark.master": "spark://master:7077"}
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    monkeypatch.setenv("PYSPARK_PYTHON", "python3.11")
    monkeypatch.setattr("pyspark.SparkContext._ensure_initialized", lambda: None)
    monkeypatch.setattr("pyspark.SparkConf", lambda: SimpleNamespace(getAll=lambda: list(given.items())))
    monkeypatch.setattr("jobs.io.session._with_partitions_kept", lambda settings: settings)
    return given


def test_under_spark_submit_master_jars_memory_and_python_are_its_own(submitted: dict[str, str]) -> None:
    settings: Any = start_session()

    own = {
        "spark.jars",
        "spark.master",
        "spark.driver.host",
        "spark.driver.bindAddress",
        "spark.driver.memory",
        PARTITIONS,
    }
    assert not own & settings.keys()
    assert os.environ["PYSPARK_PYTHON"] == "python3.11"
    assert settings["spark.sql.session.timeZone"] == "UTC"
    assert "spark.hadoop.fs.s3a.retry.limit" in settings


def test_under_spark_submit_what_was_given_stays(submitted: dict[str, str]) -> None:
    submitted["spark.databricks.delta.snapshotPartitions"] = "16"

    settings: Any = start_session()

    assert "spark.databricks.delta.snapshotPartitions" not in settings
