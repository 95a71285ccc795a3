"""What each operation answers, once the request is let in and judged. A new operation is a new handler here."""

from collections.abc import Callable, Mapping
from typing import Any

from paiflow.mock.store import Store

__all__ = ["HANDLERS"]


def list_pipeline_runs_status(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the runs asked for, or the nodes asked for and their outputs.

    That Nodes takes precedence is the vendor's word. Assumptions: PipelineRuns is then empty, as Nodes and
    Outputs are when only runs are asked for; what is not known, or in another workspace, is left out;
    an id given twice is answered once; answers come in the order asked.
    """
    workspace_id = parameters.get("WorkspaceId")
    if nodes := parameters.get("Nodes"):
        keys = dict.fromkeys([(node["PipelineRunId"], node["NodeId"]) for node in nodes])
        return {
            "PipelineRuns": [],
            "Nodes": store.nodes(keys, workspace_id, now),
            "Outputs": store.outputs(keys, workspace_id, parameters.get("OutputType"), now),
        }
    run_ids = dict.fromkeys(parameters.get("PipelineRuns", ()))
    return {"PipelineRuns": store.runs(run_ids, workspace_id, now), "Nodes": [], "Outputs": []}


HANDLERS: dict[str, Callable[[Store, Mapping[str, Any], float], dict[str, Any]]] = {
    "ListPipelineRunsStatus": list_pipeline_runs_status,
}
"""By action, which is the operationId."""
