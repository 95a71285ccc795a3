"""How people and programs are shown what the service holds: one view for each kind of thing."""

from __future__ import annotations

import json
from typing import Any, Final

from paiflow import Output, Pipeline, PipelineRun, PipelineRunSummary, Workspace
from paiflow.cli.output import Column, View
from paiflow.cli.report import printed
from paiflow.cli.tables import Age, Span, Styled
from paiflow.outputs import location_of, value_of
from paiflow.status.tree import TreeNode
from paiflow.status.waiting import outcome_of


def status(run: PipelineRun) -> Styled:
    """Return a run's status in the colour of its outcome."""
    return Styled(run.status or "-", outcome_of(run))


def _wire_of_node(node: TreeNode) -> dict[str, Any]:
    wire = printed(node.details)
    if isinstance(spec := wire.get("Spec"), dict):
        wire["Spec"] = {name: value for name, value in spec.items() if name != "Pipelines"}
    return {"Depth": node.depth, **wire}


def duration(run: PipelineRunSummary) -> Span:
    """Return how long a run took, or has taken so far."""
    if run.duration is not None and run.finished_at is not None:
        return Span(seconds=run.duration)
    return Span(run.started_at, run.finished_at)


RUNS: Final[View[PipelineRunSummary]] = View(
    kind="PipelineRun",
    plural="PipelineRuns",
    name=lambda run: run.pipeline_run_id,
    columns=(
        Column("Run", lambda run: run.pipeline_run_id),
        Column("Name", lambda run: run.name),
        Column("Status", status),
        Column("Age", lambda run: Age(run.gmt_create_time or run.started_at)),
        Column("Started", lambda run: run.started_at),
        Column("Duration", duration),
        Column("Message", lambda run: run.message or None),
        Column("Finished", lambda run: run.finished_at, wide=True),
        Column("Pipeline", lambda run: run.pipeline_id, wide=True),
        Column("User", lambda run: run.user_id, wide=True),
        Column("Workspace", lambda run: run.workspace_id, wide=True),
        Column("Source", lambda run: run.source_type, wide=True),
    ),
    wire=printed,
)

# Of a tree, in the order of `walk`.
NODES: Final[View[TreeNode]] = View(
    kind="Node",
    plural="Nodes",
    name=lambda node: node.id or None,
    columns=(
        Column("Tree", lambda node: f"{node.branch}{node.name}"),
        Column("Status", lambda node: Styled(node.state.status or "-", node.outcome)),
        Column("Duration", lambda node: Span(node.state.started_at, node.state.finished_at)),
        Column("Node", lambda node: node.id or None),
        Column("Type", lambda node: node.metadata.node_type, wide=True),
        Column("Progress", lambda node: node.state.progress, wide=True),
        Column("Started", lambda node: node.state.started_at, wide=True),
        Column("Finished", lambda node: node.state.finished_at, wide=True),
        Column("Pipeline", lambda node: node.metadata.identifier, wide=True),
    ),
    wire=_wire_of_node,
)


def _location(output: Output) -> str | None:
    location = location_of(output)
    return None if location is None else location.text


def _wire_of_output(output: Output) -> dict[str, Any]:
    location = location_of(output)
    found = None if location is None else {"Kind": location.kind, "Text": location.text}
    return {**printed(output), "Value": value_of(output), "Location": found}


OUTPUTS: Final[View[Output]] = View(
    kind="Output",
    plural="Outputs",
    name=_location,
    columns=(
        Column("Node", lambda output: output.node_id),
        Column("Output", lambda output: output.name),
        Column("Type", lambda output: output.type_),
        Column("Location", lambda output: _location(output) or _compact(value_of(output))),
        Column("Created", lambda output: output.gmt_create_time, wide=True),
        Column("Id", lambda output: output.id, wide=True),
        Column("Producer", lambda output: output.producer, wide=True),
    ),
    wire=_wire_of_output,
)


def _compact(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


WORKSPACES: Final[View[Workspace]] = View(
    kind="Workspace",
    plural="Workspaces",
    name=lambda workspace: workspace.workspace_id,
    columns=(
        Column("Workspace", lambda workspace: workspace.workspace_id),
        Column("Name", lambda workspace: workspace.workspace_name),
        Column("Status", lambda workspace: workspace.status),
        Column("Default", lambda workspace: "yes" if workspace.is_default else None),
        Column("Age", lambda workspace: Age(workspace.gmt_create_time)),
        Column("Environments", lambda workspace: ", ".join(workspace.env_types) or None, wide=True),
        Column("Creator", lambda workspace: workspace.creator, wide=True),
        Column("Created", lambda workspace: workspace.gmt_create_time, wide=True),
        Column("Description", lambda workspace: workspace.description, wide=True),
    ),
    wire=printed,
)

PIPELINES: Final[View[Pipeline]] = View(
    kind="Pipeline",
    plural="Pipelines",
    name=lambda pipeline: pipeline.pipeline_id,
    columns=(
        Column("Pipeline", lambda pipeline: pipeline.pipeline_id),
        Column("Name", lambda pipeline: pipeline.identifier),
        Column("Version", lambda pipeline: pipeline.version),
        Column("Provider", lambda pipeline: pipeline.provider),
        Column("Age", lambda pipeline: Age(pipeline.gmt_create_time)),
        Column("Created", lambda pipeline: pipeline.gmt_create_time, wide=True),
        Column("Modified", lambda pipeline: pipeline.gmt_modified_time, wide=True),
        Column("Workspace", lambda pipeline: pipeline.workspace_id, wide=True),
    ),
    wire=printed,
)
