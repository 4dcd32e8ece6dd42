"""Which session a night gets, without starting one."""

from __future__ import annotations

import pytest

from jobs.io.session import start_session


class Settable:
    """A configuration of which only SQL settings may change."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def isModifiable(self, name: str) -> bool:
        return name.startswith("spark.sql.session.") or name == "spark.sql.shuffle.partitions"

    def set(self, name: str, value: str) -> None:
        assert self.isModifiable(name)
        self.values[name] = value


class Session:
    """A platform's own session, already running."""

    conf = Settable()

    @classmethod
    def getOrCreate(cls) -> type[Session]:
        return cls


Session.builder = Session  # type: ignore[attr-defined]


def test_on_databricks_the_night_takes_the_cluster_s_session_and_what_may_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", "18.0")
    monkeypatch.setattr("pyspark.sql.SparkSession", Session)
    monkeypatch.setattr("jobs.io.session.delta_jars", lambda: pytest.fail("our Delta beside the cluster's"))

    session = start_session()

    assert session is Session
    assert Session.conf.values == {"spark.sql.session.timeZone": "UTC"}
