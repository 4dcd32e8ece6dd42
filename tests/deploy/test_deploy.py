"""The files of deploy/: each is read by the tool it is for, and calls a command that exists."""

from __future__ import annotations

import configparser
import datetime as dt
import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any, NoReturn

import pytest
import typer
from ruamel.yaml import YAML

from jobs.cli import app

PROJECT = Path(__file__).parents[2]
DEPLOY = PROJECT / "deploy"
AIRFLOW = DEPLOY / "airflow" / "hoverlake_nightly.py"
CRONJOB = DEPLOY / "kubernetes" / "cronjob.yaml"
DATABRICKS = DEPLOY / "databricks"
SERVICE, TIMER = (DEPLOY / "systemd" / name for name in ("hoverlake.service", "hoverlake.timer"))
#: What a scheduler puts in for itself.
FILLED_IN = re.compile(r"\{\{.*?\}\}|\"?\$+\(date.*?\)\"?")
FOREIGN = PROJECT / ".tools" / "deploy" / "bin" / "python"
needs_foreign = pytest.mark.skipif(
    not (FOREIGN.parents[1] / ".installed").exists(),
    reason="Airflow, schemas of Kubernetes and Databricks' SDK are not installed: make test-deploy",
)


def accepts(words: list[str]) -> None:
    """Parse the words as `hoverlake` would, and run nothing; click's error if it refuses them."""
    command: Any = typer.main.get_command(app)
    context = command.make_context("hoverlake", list(words), resilient_parsing=True)
    while hasattr(command, "commands"):
        name, command, words = command.resolve_command(context, words)
        context = command.make_context(name, list(words), parent=context)


def commands(path: Path) -> list[list[str]]:
    """Every `hoverlake ...` of a file (of a page: of its shell blocks), with a date where the scheduler puts one in."""
    text = FILLED_IN.sub("2026-11-20", path.read_text(encoding="utf-8"))
    if path.suffix == ".md":
        blocks = re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)
        lines = [
            line.removeprefix("hoverlake ") for line in "".join(blocks).splitlines() if line.startswith("hoverlake ")
        ]
        return [shlex.split(line, comments=True) for line in lines]
    return [shlex.split(words) for words in re.findall(r"\bhoverlake (nightly [^\n\"']*)", text)]


@pytest.mark.parametrize("path", [AIRFLOW, CRONJOB, SERVICE, PROJECT / "docs" / "operations.md"])
def test_every_command_is_one_that_hoverlake_accepts(path: Path) -> None:
    found = commands(path)

    assert found
    for words in found:
        accepts(words)


@pytest.mark.parametrize("words", [["nightly", "--day", "2026-11-20"], ["nightly"], ["releases", "undo", "1"]])
def test_other_commands_are_refused(words: list[str]) -> None:
    with pytest.raises(Exception, match=r"No such (option|command)|Missing parameter"):
        accepts(words)


def cronjob() -> Any:
    return YAML(typ="safe").load(CRONJOB)["spec"]


def pod() -> Any:
    return cronjob()["jobTemplate"]["spec"]["template"]["spec"]


def test_kubernetes_never_runs_two_nights_and_gives_up_only_where_a_person_is_needed() -> None:
    job = cronjob()["jobTemplate"]["spec"]
    [give_up, go_on] = job["podFailurePolicy"]["rules"]

    assert cronjob()["concurrencyPolicy"] == "Forbid"
    assert cronjob()["timeZone"] == "Etc/UTC"
    assert (give_up["action"], give_up["onExitCodes"]["values"]) == ("FailJob", [2, 11, 12])
    assert go_on["action"] == "Ignore"
    assert pod()["restartPolicy"] == "Never"  # podFailurePolicy needs it
    assert give_up["onExitCodes"]["containerName"] in [container["name"] for container in pod()["containers"]]


def test_kubernetes_keeps_the_key_to_the_night() -> None:
    volumes = {volume["name"]: volume for volume in pod()["volumes"]}
    mounts = {m["name"] for c in [*pod()["containers"], *pod()["initContainers"]] for m in c["volumeMounts"]}

    assert mounts == set(volumes)
    assert volumes["secret"]["secret"] == {"secretName": "hoverlake-key", "defaultMode": 0o440}
    assert pod()["initContainers"][0]["command"] == ["install", "-m", "0600", "/secret/key", "/key/key"]
    assert all(c["resources"]["limits"]["memory"] for c in [*pod()["containers"], *pod()["initContainers"]])


def unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=True, delimiters="=")
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path)
    return parser


def shell_of(scheduler: str) -> str:
    """The line that a scheduler gives to the shell, `hoverlake` found on PATH."""
    if scheduler == "kubernetes":
        return str(pod()["containers"][0]["command"][2])
    _, _, line = shlex.split(unit(SERVICE)["Service"]["ExecStart"])
    return line.replace("$$", "$").replace("%%", "%").replace("/opt/hoverlake/.venv/bin/", "")


@pytest.mark.parametrize(("scheduler", "nothing_new"), [("kubernetes", 0), ("systemd", 10)])
@pytest.mark.parametrize("code", [0, 2, 10, 13, 14])
def test_the_shell_asks_for_yesterday_and_passes_the_exit_code_on(
    tmp_path: Path, scheduler: str, code: int, nothing_new: int
) -> None:
    stand_in = tmp_path / "hoverlake"
    stand_in.write_text(f'#!/bin/sh\necho "$@"\nexit {code}\n')
    stand_in.chmod(0o755)
    yesterdays = {str(dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1))}
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "TZ": "Pacific/Kiritimati"}

    done = subprocess.run(["/bin/sh", "-c", shell_of(scheduler)], env=environment, capture_output=True, text=True)
    yesterdays.add(str(dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)))

    assert done.stdout.split()[:2] == ["nightly", "--date"]
    assert done.stdout.split()[2] in yesterdays
    assert done.returncode == (nothing_new if code == 10 else code)


def test_systemd_tries_again_unless_a_person_is_needed() -> None:
    service = unit(SERVICE)["Service"]

    assert service["Type"] == "oneshot"
    assert service["SuccessExitStatus"] == "10"
    assert (service["Restart"], service["RestartPreventExitStatus"]) == ("on-failure", "2 11 12")
    assert unit(TIMER)["Timer"]["OnCalendar"].endswith(" UTC")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="this system has no systemd-analyze")
def test_systemd_takes_both_units(tmp_path: Path) -> None:
    units = [shutil.copy(path, tmp_path) for path in (SERVICE, TIMER)]

    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stderr) == (0, "")


def databricks_job() -> Any:
    return json.loads((DATABRICKS / "job.json").read_text(encoding="utf-8"))


def test_databricks_calls_the_command_on_a_cluster_that_it_declares() -> None:
    [task] = databricks_job()["tasks"]
    words = [FILLED_IN.sub("2026-11-20", word) for word in task["spark_python_task"]["parameters"]]

    accepts(words)
    assert task["job_cluster_key"] in [cluster["job_cluster_key"] for cluster in databricks_job()["job_clusters"]]
    assert databricks_job()["max_concurrent_runs"] == 1
    assert [parameter["name"] for parameter in databricks_job()["parameters"]] == ["date"]


def test_databricks_installs_our_pins_and_leaves_it_spark_and_delta() -> None:
    config = configparser.ConfigParser()
    config.read(PROJECT / "setup.cfg")
    pins = set(config["options"]["install_requires"].split())
    own = {pin for pin in pins if pin.split("==")[0] in ("pyspark", "delta-spark", "pyarrow", "numpy", "pandas")}

    installed = set(re.findall(r"[\w-]+==[\w.]+", (DATABRICKS / "install.sh").read_text(encoding="utf-8")))

    assert installed == pins - own
    assert len(own) == 5


@pytest.mark.parametrize(("code", "is_well"), [(None, True), (0, True), (10, True), (2, False), (14, False)])
def test_databricks_ends_well_where_nothing_is_wrong(
    monkeypatch: pytest.MonkeyPatch, code: int | None, is_well: bool
) -> None:
    def ended() -> NoReturn:
        raise SystemExit(code)

    monkeypatch.setattr("jobs.cli.main", ended)

    try:
        runpy.run_path(str(DATABRICKS / "hoverlake.py"), run_name="__main__")
        assert is_well
    except SystemExit as raised:
        assert (raised.code, is_well) == (code, False)


def foreign(what: str, path: Path, tmp_path: Path) -> Any:
    """What the tool itself says, in its own environment and without this project's."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "AIRFLOW_HOME": str(tmp_path)}
    words = [str(FOREIGN), str(Path(__file__).with_name("foreign.py")), what, str(path)]
    done = subprocess.run(words, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@needs_foreign
def test_kubernetes_schemas_hold(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(CRONJOB.read_text().replace("concurrencyPolicy", "concurrentPolicy"))

    assert foreign("kubernetes", CRONJOB, tmp_path) == []
    assert len(foreign("kubernetes", broken, tmp_path)) == 2


@needs_foreign
def test_databricks_knows_every_field(tmp_path: Path) -> None:
    assert foreign("databricks", DATABRICKS / "job.json", tmp_path) == databricks_job()


@needs_foreign
def test_airflow_imports_the_dag_renders_the_interval_and_ends_by_exit_code(tmp_path: Path) -> None:
    found = foreign("airflow", AIRFLOW, tmp_path)

    assert found["errors"] == {}
    assert found["command"] == "hoverlake nightly --date 2026-11-19"  # a run at 2026-11-20T00:00Z
    accepts(shlex.split(found["command"])[1:])
    assert (found["retries"], found["max_active_runs"], found["catchup"]) == (4, 1, False)
    assert found["retry_delay_seconds"] == 15 * 60
    give_up, again = "AirflowFailException", "AirflowException"
    assert found["endings"] == {
        "0": "done", "10": "AirflowSkipException", "2": give_up, "11": give_up, "12": give_up,
        "13": again, "14": again, "137": again,
    }  # fmt: skip
