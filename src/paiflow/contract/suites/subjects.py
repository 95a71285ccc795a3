"""Calls of every operation without effect, to be varied: reads of existing things, changes of missing ones."""

from __future__ import annotations

from typing import Any, NamedTuple

from paiflow.contract.manifests import BAD
from paiflow.contract.preparation import Stock
from paiflow.contract.session import Session
from paiflow.contract.things import text_of
from paiflow_api.calling import Parameter

STRANGER = "flow-000000000000000000"
STRANGER_NODE = {"PipelineRunId": STRANGER, "NodeId": "node-000000000000000000"}
STRANGER_PIPELINE = "pipeline-000000000000000000"


class Subject(NamedTuple):
    """A call. `session.build(*subject.call)` makes the request."""

    words: str
    operation: str
    arguments: dict[str, Any]

    @property
    def call(self) -> tuple[str, dict[str, Any]]:
        """The operation, and its arguments."""
        return self.operation, self.arguments


def subjects(session: Session, stock: Stock) -> list[Subject]:
    """Return a call of each operation: of those that only read, of what exists."""
    known = existing(session, stock)
    made = []
    for name, operation in session.interface.operations.items():
        reads = operation.repeatable
        values = known if reads else strange(stock)
        arguments = {one.name: values.get(one.name, stand_in(one)) for one in operation.parameters if one.required}
        for names in (operation.any_of, operation.one_of):
            arguments |= {one: values[one] for one in names[:1] if one in values}
        made.append(Subject(name, name, arguments))
    return made


def stand_in(parameter: Parameter) -> Any:
    """Return a value that a parameter may have, of which nothing is known."""
    if parameter.values:
        return parameter.values[0]
    return {"integer": 1, "number": 1, "boolean": True, "texts": ["x"], "objects": [], "object": {}}.get(
        parameter.kind, "x"
    )


def existing(session: Session, stock: Stock) -> dict[str, Any]:
    """Return arguments that name what exists."""
    runs = session.model.of("run")
    run = stock.runs.get("nested") or next((one for one in runs if text_of(one, "NodeId")), None)
    pipeline = stock.pipelines.get("nested") or next(iter(session.model.of("pipeline")), None)
    return {
        "PipelineRunId": run.id if run else STRANGER,
        "NodeId": text_of(run, "NodeId") if run else STRANGER_NODE["NodeId"],
        "PipelineId": pipeline.id if pipeline else STRANGER_PIPELINE,
        "WorkspaceId": stock.workspace_id,
        "Depth": 2,
        "PipelineRuns": [one.id for one in runs],
        "Nodes": node_references(session),
        "Name": "renamed",
        "Manifest": BAD["of text"],
        "PipelineManifest": BAD["of text"],
    }


def strange(stock: Stock) -> dict[str, Any]:
    """Return arguments that name what does not exist."""
    return {
        "PipelineRunId": STRANGER,
        "PipelineId": STRANGER_PIPELINE,
        "WorkspaceId": stock.workspace_id or "1",
        "Name": "renamed",
        "Manifest": BAD["of text"],
    }


def node_references(session: Session) -> list[dict[str, str]]:
    """Return references to all nodes that are known."""
    return [{"PipelineRunId": run, "NodeId": node} for run, node in session.model.things["node"]]
