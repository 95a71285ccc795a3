"""DAGs in one process, as `airflow dags test` runs them."""

import json
import shutil
import subprocess
import sys

from on_airflow.installation import ROOT, WORKSPACE

DAG = """
import datetime
from airflow.sdk import DAG
from paiflow.airflow.operators import *

with DAG("tried", schedule=None, start_date=datetime.datetime(2026, 1, 1)):
    {}
"""


def values(airflow, task_id):
    """Return what a task left in XCom, by key."""
    rows = airflow.query("select key, value from xcom where task_id = ?", task_id)
    return {key: json.loads(value) if isinstance(value, str) else value for key, value in rows}


def test_the_example_of_the_documentation_runs(airflow):
    shutil.copy(ROOT / "docs/guides/airflow_dag.py", airflow.dags)
    airflow.run("dags", "test", "paiflow_nightly", "2026-11-28")

    assert {"success": 3} == airflow.states()
    result = values(airflow, "train")
    run_id = result["pipeline_run_id"]
    link = f"https://pai.console.aliyun.com/?regionId=cn-hangzhou&workspaceId=84028#/studio/task/detail/{run_id}"
    assert link == result["_link_PaiFlowRunLink"]
    assert ("Succeeded", run_id) == (result["return_value"]["status"], result["return_value"]["pipeline_run_id"])
    assert ["model"] == [output["Name"] for output in result["return_value"]["outputs"]]
    assert 2 == sum(operation == "CreatePipelineRun" for _, operation in airflow.asked)


def test_a_run_that_fails_fails_the_task_and_its_log_ends_in_the_task_s(airflow):
    (airflow.dags / "tried.py").write_text(
        DAG.format('PaiFlowRunPipelineOperator(task_id="bad", pipeline_id="pipeline-bad")')
    )
    words = airflow.run("dags", "test", "tried", code=1)

    assert {"failed": 1} == airflow.states()
    assert "failed (Failed)" in words
    assert "node bad node-" in words


LIFE = """
import datetime
from airflow.sdk import DAG
from paiflow.airflow.operators import *
from paiflow.airflow.sensors import PaiFlowRunSensor

with DAG("life", schedule=None, start_date=datetime.datetime(2026, 1, 1)):
    run = PaiFlowSubmitRunOperator(task_id="submit", pipeline_id="pipeline-train", start=False)
    stop = PaiFlowStopOperator(task_id="stop", pipeline_runs=run.output)
    rerun = PaiFlowRerunOperator(task_id="rerun", pipeline_runs=[run.output])
    wait = PaiFlowWaitOperator(task_id="wait", pipeline_runs=run.output, deferrable=False, timeout="5m")
    stop >> rerun >> wait >> PaiFlowRunSensor(task_id="sense", pipeline_runs=run.output, deferrable=False)
"""


def test_runs_are_stopped_run_again_and_waited_for_in_the_worker_too(airflow):
    (airflow.dags / "life.py").write_text(LIFE)
    airflow.run("dags", "test", "life")

    assert {"success": 5} == airflow.states()
    run_id = values(airflow, "submit")["return_value"]
    assert {run_id: "Terminated"} == values(airflow, "stop")["return_value"]
    assert {run_id: "Succeeded"} == values(airflow, "rerun")["return_value"] == values(airflow, "wait")["return_value"]


KILL = """
import asyncio, sys
from airflow.triggers.base import BaseTrigger
from paiflow.airflow.triggers import PaiFlowRunTrigger

for stop in (False, True):
    path, arguments = PaiFlowRunTrigger(sys.argv[1:], stop_on_kill=stop).serialize()
    assert path == "paiflow.airflow.triggers.PaiFlowRunTrigger", path
    asyncio.run(PaiFlowRunTrigger(**arguments).on_kill())
    print("once")
"""


def test_a_task_that_a_user_ends_stops_its_runs_that_are_active(airflow):
    for run_id, status in (("flow-a", "Running"), ("flow-b", "Succeeded")):
        airflow.service.stage.add_run(run_id, status, workspace_id=WORKSPACE)
    command = [sys.executable, "-c", KILL, "flow-a", "flow-b"]
    finished = subprocess.run(command, env=airflow.environ, capture_output=True, text=True, check=False, timeout=120)

    assert 0 == finished.returncode, finished.stderr
    assert ["TerminatePipelineRun"] == [name for _, name in airflow.asked if name != "ListPipelineRunsStatus"]


def test_airflow_knows_the_provider_with_its_connection_form_and_tests_a_connection(airflow):
    hooks = json.loads(airflow.run("providers", "hooks", "--output", "json").splitlines()[-1])
    widgets = airflow.run("providers", "widgets", "--output", "json")
    airflow.environ["AIRFLOW__CORE__TEST_CONNECTION"] = "Enabled"
    tested = airflow.run("connections", "test", "paiflow_default")

    [hook] = [one for one in hooks if one["connection_type"] == "paiflow"]
    assert ("paiflow.airflow.hooks.PaiFlowHook", "paiflow-client") == (hook["class"], hook["package_name"])
    assert "extra__paiflow__workspace_id" in widgets
    assert "Connection success!" in tested
    assert ["ListPipelineRuns"] == [operation for _, operation in airflow.asked]
