"""The handler of each operation, one row each; it gets an authenticated, valid request.

An operation without a row answers the sample of its page.
"""

from collections.abc import Callable, Mapping
from typing import Any

from paiflow.mock import lifecycle, nodes, pipelines
from paiflow.mock.call import Call
from paiflow.mock.listing import Listing
from paiflow.mock.sample import resource_limits

__all__ = ["ROWS", "Row"]

Row = Callable[[Call], dict[str, Any]]


def list_pipeline_runs_status(call: Call) -> dict[str, Any]:
    """Return the runs asked for, or the nodes asked for and their outputs. Assumptions: batch-lists, batch-order.

    Source: Nodes takes precedence, the page.
    """
    store, workspace_id = call.store, call.get("WorkspaceId")
    runs, nodes, outputs = (call.operation.item_fields(name) for name in ("PipelineRuns", "Nodes", "Outputs"))
    if asked := call.get("Nodes"):
        keys = dict.fromkeys([(node["PipelineRunId"], node["NodeId"]) for node in asked])
        kind = call.get("OutputType")
        found = store.outputs_at(keys, workspace_id, call.user)
        return {
            "PipelineRuns": [],
            "Nodes": [node.view(nodes, as_given=True) for node in store.nodes_of(keys, workspace_id, call.user)],
            "Outputs": [
                shown for one in found if kind in (None, (shown := one.view(outputs, as_given=True)).get("Type"))
            ],
        }
    found_runs = store.runs_of(dict.fromkeys(call.get("PipelineRuns", ())), workspace_id, call.user)
    return {"PipelineRuns": [run.view(runs, as_given=True) for run in found_runs], "Nodes": [], "Outputs": []}


def get_pipeline_run(call: Call) -> dict[str, Any]:
    """Return a run. Its manifest is among the details that Verbose asks for. Assumption: manifest-types."""
    shown = call.run().view(call.operation.reply_fields)
    return shown if call.get("Verbose") else {name: value for name, value in shown.items() if name != "Manifest"}


def update_pipeline_run(call: Call) -> dict[str, Any]:
    """Rename a run."""
    lifecycle.rename(call.store, call.run(), call.parameters["Name"])
    return {}


def start_pipeline_run(call: Call) -> dict[str, Any]:
    """Start a run that is Initialized. Assumption: states."""
    lifecycle.start(call.store, call.behaviour, call.run_in("Initialized"))
    return {}


def terminate_pipeline_run(call: Call) -> dict[str, Any]:
    """Terminate a run that has not ended. Assumption: states."""
    lifecycle.terminate(call.store, call.behaviour, call.run_in(*_NOT_ENDED))
    return {}


def rerun_pipeline_run(call: Call) -> dict[str, Any]:
    """Run the nodes of a run again that have not succeeded. Assumption: states."""
    lifecycle.start(call.store, call.behaviour, call.run_in("Failed", "Terminated"))
    return {}


def delete_pipeline_run(call: Call) -> dict[str, Any]:
    """Delete a run. Source: the states on the page."""
    lifecycle.delete(call.store, call.run_in("Initialized", "Terminated", "Succeeded", "Failed"))
    return {}


_NOT_ENDED = ("Initialized", "ReadyToSchedule", "Starting", "WorkflowServiceStarting", "Running", "Suspended")

_list_workspaces = Listing(
    table=lambda call: call.store.workspaces,
    size=20,
    order="ASC",
    fields={"WorkspaceIds": "WorkspaceId", "UserId": "Creator"},
    ignored=("ModuleList", "Option", "Verbose", "Fields", "ResourceGroupId"),
)


def list_workspaces(call: Call) -> dict[str, Any]:
    """Return workspaces, or the limits of resources. Assumption: workspace-details."""
    if call.get("Option") == "GetResourceLimits":
        return {"ResourceLimits": resource_limits(call.operation)}
    reply = _list_workspaces(call)
    if "Id" in call.get("Fields", ()):
        reply["Workspaces"] = [{"WorkspaceId": one["WorkspaceId"]} for one in reply["Workspaces"]]
    return reply


ROWS: Mapping[str, Row] = {
    "ListPipelineRunsStatus": list_pipeline_runs_status,
    "ListPipelineRuns": Listing(table=lambda call: call.store.runs, size=10, fields={"PipelineIds": "PipelineId"}),
    "CreatePipelineRun": pipelines.create_run,
    "GetPipelineRun": get_pipeline_run,
    "UpdatePipelineRun": update_pipeline_run,
    "DeletePipelineRun": delete_pipeline_run,
    "StartPipelineRun": start_pipeline_run,
    "TerminatePipelineRun": terminate_pipeline_run,
    "RerunPipelineRun": rerun_pipeline_run,
    "GetPipelineRunNode": nodes.get_node,
    "ListPipelineRunNodeStatus": nodes.list_statuses,
    "ListPipelineRunNodeOutputs": nodes.list_outputs,
    "ListPipelineRunNodeLogs": nodes.list_logs,
    "ListPipelines": Listing(
        table=lambda call: call.store.pipelines,
        size=10,
        fields={"PipelineIdentifier": "Identifier", "PipelineProvider": "Provider", "PipelineVersion": "Version"},
        fuzzy=("PipelineIdentifier", "PipelineProvider", "PipelineVersion"),
    ),
    "CreatePipeline": pipelines.create_pipeline,
    "GetPipeline": pipelines.get_pipeline,
    "UpdatePipeline": pipelines.update_pipeline,
    "DeletePipeline": pipelines.delete_pipeline,
    "ListWorkspaces": list_workspaces,
}
"""By action, which is the operationId."""
