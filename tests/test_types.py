"""mypy and an editor see exactly the types that are promised."""

import re
import subprocess
import sys
from typing import get_type_hints

import pytest

from paiflow import Node, NodeStatus, Output, OutputType, PipelineRun, PipelineRunStatus

REVEALED = {
    "reply.request_id": "str | None",
    "reply.pipeline_runs": "list[PipelineRunState]",
    "reply.nodes": "list[NodeState]",
    "reply.outputs": "list[OutputValue]",
    "run.pipeline_run_id": "str | None",
    "run.status": "str | None",  # mypy folds an enum of texts into str; see the test of the annotations
    "run.name": "str | None",
    "run.user_id": "str | None",
    "run.parent_user_id": "str | None",
    "run.node_id": "str | None",
    "run.source_id": "str | None",
    "run.is_deleted": "bool | None",
    "run.additional_properties": "dict[str, Any]",
    "node.pipeline_run_id": "str | None",
    "node.node_id": "str | None",
    "node.status": "str | None",
    "node.input_artifact_archived": "bool | None",
    "node.output_artifact_archived": "bool | None",
    "node.started_at": "datetime | None",
    "node.finished_at": "datetime | None",
    "node.node_name": "str | None",
    "output.name": "str | None",
    "output.type_": "str | None",
    "output.metadata": "OutputMetadata | None",
    "output.gmt_create_time": "datetime | None",
    "output.id": "str | None",
    "output.producer": "str | None",
    "output.node_id": "str | None",
    "output.pipeline_run_id": "str | None",
    "output.value": "str | None",
    "output.value_json()": "Any",
    "output.expanded_artifact_index": "int | None",
    "output.expandable_artifact_name": "str | None",
    "reply.to_dict()": "dict[str, Any]",
    "client.list_pipeline_runs_status": (
        "def (*, pipeline_runs: Iterable[str] | None =, nodes: Iterable[tuple[str, str] | Mapping[str, Any]] | None =, "
        "workspace_id: str | int | None =, output_type: OutputType | str | None =) -> ListPipelineRunsStatusResponse"
    ),
    "client.list_pipeline_runs_status_detailed()": "Response[ListPipelineRunsStatusResponse]",
}

SCRIPT = """
from datetime import timedelta
from typing import assert_type

import paiflow

client = paiflow.PaiFlow(region="cn-hangzhou")
reply = client.list_pipeline_runs_status(pipeline_runs=["flow-a"], nodes=[("flow-a", "node-b")])
run, node, output = reply.pipeline_runs[0], reply.nodes[0], reply.outputs[0]
assert_type(run.status, paiflow.PipelineRunStatus | str | None)
assert_type(node.status, paiflow.NodeStatus | str | None)
assert_type(output.type_, paiflow.OutputType | str | None)


def told(result: paiflow.WaitResult, change: paiflow.Change, report: paiflow.StatusReport) -> paiflow.Outcome:
    until: paiflow.Until = "any"
    response: paiflow.Response[paiflow.GetPipelineRunResponse] = client.call("GetPipelineRun", pipeline_run_id="flow-a")
    found: paiflow.Found[paiflow.PipelineRunState] = report.runs
    print(until, response.status_code, found["flow-a"].name)
    return result["flow-a"].outcome


client = paiflow.PaiFlow(region="cn-hangzhou", workspace_id=948)
client.list_pipeline_runs(workspace_id=948, user_id=1557702098194904)
result = client.wait(["flow-a"], timeout="1h", interval=timedelta(minutes=1), workspace_id=948)
for r in result.failed:
    r.upper()
for run_id, waited in result.items():
    print(run_id.upper(), waited.reply.name, waited.id.upper())
print(result["flow-a"].reply.name, result["flow-a", "node-b"].reply.node_name)
for change in client.watch(pipeline_runs=["flow-a"], until="any"):
    print(change.id.upper(), change.after.reply.name)
report = client.statuses(["flow-a"], workspace_id=948)
for r in report.missing + report.unanswered:
    r.upper()
print(report.runs["flow-a"].name, report.nodes["flow-a", "node-b"].node_name)
of_nodes = client.wait(nodes=[("flow-a", "node-b")])
for node_ref in of_nodes.succeeded:
    print(node_ref.node_id, of_nodes[node_ref].reply.node_name)
of_both = client.wait(["flow-a"], nodes=[("flow-a", "node-b")])
assert_type(of_both.failed, list[str | paiflow.NodeRef])
told(result, change, report)


async def asynchronous() -> None:
    async with paiflow.AsyncPaiFlow("cn-hangzhou", workspace_id=948) as client:
        result = await client.wait(["flow-a"], timeout=timedelta(hours=1))
        print([r.upper() for r in result.failed], result["flow-a"].reply.name)
        async for change in client.watch(["flow-a"], timeout="1h"):
            change.id.upper()
        report = await client.statuses(["flow-a"])
        print([r.upper() for r in report.missing])
"""


@pytest.fixture(scope="module")
def revealed(tmp_path_factory):
    """What mypy reveals of each expression, with the modules' names cut off."""
    script = tmp_path_factory.mktemp("types") / "script.py"
    script.write_text(SCRIPT + "".join(f"reveal_type({expression})\n" for expression in REVEALED), encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", str(script)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False, cwd=script.parent)
    notes = re.findall(r'note: Revealed type is "(.*)"', finished.stdout)
    assert finished.returncode == 0, finished.stdout
    return dict(zip(REVEALED, (re.sub(r"\b[a-z_]+\.(?=[a-zA-Z_])", "", note) for note in notes), strict=True))


@pytest.mark.parametrize("expression", REVEALED)
def test_a_user_sees_the_promised_type(revealed, expression):
    assert REVEALED[expression] == revealed[expression]


@pytest.mark.parametrize(
    ("model", "field", "annotation"),
    [
        (PipelineRun, "status", PipelineRunStatus | str | None),
        (Node, "status", NodeStatus | str | None),
        (Output, "type_", OutputType | str | None),
    ],
)
def test_an_open_enum_is_annotated_with_its_members_and_text(model, field, annotation):
    """Editors show the annotation; mypy's assert_type holds for it too, though it reveals the simpler union."""
    assert annotation == get_type_hints(model)[field]
