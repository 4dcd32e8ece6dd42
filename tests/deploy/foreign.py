"""Run by the environment of `make test-deploy`: what Airflow, Kubernetes and Databricks say of our files, as JSON."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any


def kubernetes(path: str) -> Any:
    """Problems of a manifest against the published schemas of two versions."""
    import kubernetes_validate
    import yaml

    manifest = yaml.safe_load(Path(path).read_text())
    problems = []
    for version in ("1.31", "1.37"):
        try:
            kubernetes_validate.validate(manifest, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            problems.append(f"{version}: {error}")
    return problems


def databricks(path: str) -> Any:
    """The job as the SDK understands it: fields that it does not know are gone."""
    from databricks.sdk.service.jobs import JobSettings

    return JobSettings.from_dict(json.loads(Path(path).read_text())).as_dict()


def airflow(path: str) -> Any:
    """The DAG as Airflow imports it, its rendered command, its interval, and how the task ends by exit code."""
    from airflow.dag_processing.dagbag import DagBag
    from airflow.timetables.interval import CronDataIntervalTimetable

    bag = DagBag(path)
    [dag] = bag.dags.values()
    [task] = dag.tasks
    timetable = CronDataIntervalTimetable(dag.timetable.expression, timezone="UTC")
    now = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
    interval = timetable.infer_manual_data_interval(run_after=_pendulum(now))
    task.render_template_fields({"data_interval_start": interval.start, "ds": "unused"})
    rendered, endings = task.bash_command, {}
    for code in (0, 2, 10, 11, 12, 13, 14, 137):
        task.bash_command = f"exit {code}"
        try:
            task.execute({})
            endings[code] = "done"
        except Exception as error:
            endings[code] = type(error).__name__
    return {
        "errors": dict(bag.import_errors),
        "dag": dag.dag_id,
        "command": rendered,
        "retries": task.retries,
        "retry_delay_seconds": task.retry_delay.total_seconds(),
        "max_active_runs": dag.max_active_runs,
        "catchup": dag.catchup,
        "endings": endings,
    }


def _pendulum(moment: dt.datetime) -> Any:
    import pendulum

    return pendulum.instance(moment)


if __name__ == "__main__":
    found = {"kubernetes": kubernetes, "databricks": databricks, "airflow": airflow}[sys.argv[1]](sys.argv[2])
    print("\n" + json.dumps(found))
