"""How people and programs are shown what the service holds: one view for each kind of thing."""

from __future__ import annotations

from typing import Final

from paiflow import Pipeline, PipelineRun, PipelineRunSummary, Workspace
from paiflow.cli.output import Column, View
from paiflow.cli.report import printed
from paiflow.cli.tables import Age, Span, Styled
from paiflow.status.waiting import outcome_of


def _status(run: PipelineRun) -> Styled:
    return Styled(run.status or "-", outcome_of(run))


def _duration(run: PipelineRunSummary) -> object:
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
        Column("Status", _status),
        Column("Age", lambda run: Age(run.gmt_create_time or run.started_at)),
        Column("Started", lambda run: run.started_at),
        Column("Duration", _duration),
        Column("Message", lambda run: run.message or None),
        Column("Finished", lambda run: run.finished_at, wide=True),
        Column("Pipeline", lambda run: run.pipeline_id, wide=True),
        Column("User", lambda run: run.user_id, wide=True),
        Column("Workspace", lambda run: run.workspace_id, wide=True),
        Column("Source", lambda run: run.source_type, wide=True),
    ),
    wire=printed,
)

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
