"""Train and evaluate with PAI, from Airflow 3 with the extra `airflow`, and a connection paiflow_default.

While a run is active no worker is occupied: the triggerer waits, with one poll for all tasks. A task that is retried goes on
with its run, and starts another only if that failed.
"""

from datetime import UTC, datetime

from airflow.sdk import DAG

from paiflow.airflow.operators import PaiFlowRunPipelineOperator, PaiFlowSubmitRunOperator
from paiflow.airflow.sensors import PaiFlowRunSensor

with DAG("paiflow_nightly", schedule="@daily", start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False):
    train = PaiFlowRunPipelineOperator(
        task_id="train",
        pipeline_id="pipeline-train",
        arguments={"day": "{{ ds }}"},
        name="train-{{ ds }}",
        timeout="6h",
        retries=2,
    )
    submit = PaiFlowSubmitRunOperator(
        task_id="submit_evaluation",
        pipeline_id="pipeline-evaluate",
        arguments={"trained": "{{ ti.xcom_pull('train')['pipeline_run_id'] }}"},
    )
    evaluated = PaiFlowRunSensor(task_id="evaluated", pipeline_runs="{{ ti.xcom_pull('submit_evaluation') }}")
    train >> submit >> evaluated
