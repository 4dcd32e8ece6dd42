"""hoverlake's night in Airflow 3: the data interval is the landing date, exit codes decide what happens next.

Settings are environment variables of the workers: HOVERLAKE_RAW, HOVERLAKE_WAREHOUSE, HOVERLAKE_KEY_FILE, and thresholds
as HOVERLAKE_<NAME>. `hoverlake` must be on their PATH.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, CronDataIntervalTimetable
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

NOTHING_NEW = 10
#: Held by another run, infrastructure: the next attempt may find it otherwise.
WORTH_A_RETRY = (13, 14)


class Hoverlake(BashOperator):
    """A `hoverlake` command whose exit code says if to go on, skip, retry or give up."""

    def execute(self, context: Any) -> None:
        """Run the rendered command; its output is the task's log."""
        words = ["bash", "-c", str(self.bash_command)]
        exit_code = self.subprocess_hook.run_command(command=words, env=self.get_env(context)).exit_code
        if exit_code == NOTHING_NEW:
            raise AirflowSkipException("nothing new: the last release stays current")
        # A process that was killed (out of memory, a lost worker) has a code of 128 or more: what it left is repaired.
        if exit_code in WORTH_A_RETRY or exit_code < 0 or exit_code >= 128:
            raise AirflowException(f"exit code {exit_code}: to be tried again")
        if exit_code != 0:
            raise AirflowFailException(f"exit code {exit_code}: a person must look, see the last line above")


with DAG(
    dag_id="hoverlake_nightly",
    description="Land, build, audit and publish one landing date.",
    # A day from midnight to midnight UTC, run when it has ended; what arrives later is taken by the next night.
    schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
    start_date=dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
    # A night takes every file up to its date: missed dates need no run of their own.
    catchup=False,
    max_active_runs=1,
    tags=["hoverlake"],
) as dag:
    Hoverlake(
        task_id="nightly",
        bash_command="hoverlake nightly --date {{ data_interval_start | ds }}",
        retries=4,
        retry_delay=dt.timedelta(minutes=15),
        execution_timeout=dt.timedelta(hours=6),
    )
