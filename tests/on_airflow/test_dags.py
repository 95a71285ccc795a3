"""DAGs in one process, as `airflow dags test` runs them."""

import json
import shutil

from on_airflow.installation import ROOT

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
