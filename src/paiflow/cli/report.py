"""Write what `status` found: a table for people, JSON or JSON lines for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import click

from paiflow import Node, NodeRef, PipelineRun, StatusReport, outcome_of
from paiflow.batches import Id
from paiflow.cli import tables
from paiflow.cli.tables import cell, outcome_cell


def write(report: StatusReport, form: str) -> None:
    """Write a report to stdout as `table`, `json` or `jsonl`."""
    {"table": _write_tables, "json": _write_json, "jsonl": _write_lines}[form](report)


def wire_id(id_: Id) -> dict[str, str]:
    """Return the id of a run or node under its wire names."""
    if isinstance(id_, NodeRef):
        return {"PipelineRunId": id_.pipeline_run_id, "NodeId": id_.node_id}
    return {"PipelineRunId": id_}


def _write_json(report: StatusReport) -> None:
    """One object: the replies' lists with their wire names, joined, and the ids that are in none."""
    click.echo(
        json.dumps(
            {
                "RequestIds": report.request_ids,
                "PipelineRuns": [run.to_dict() for run in report.runs],
                "Nodes": [node.to_dict() for node in report.nodes],
                "Outputs": [output.to_dict() for output in report.outputs],
                "Missing": _by_kind(report.missing),
                "Unanswered": _by_kind(report.unanswered),
            },
            indent=2,
        )
    )


def _by_kind(ids: Iterable[Id]) -> dict[str, list[Any]]:
    ids = list(ids)
    return {
        "PipelineRuns": [id_ for id_ in ids if isinstance(id_, str)],
        "Nodes": [wire_id(id_) for id_ in ids if isinstance(id_, NodeRef)],
    }


def _write_lines(report: StatusReport) -> None:
    """An object a line: what it is under Kind, then its wire names."""
    items: list[tuple[str, dict[str, Any]]] = [
        *(("PipelineRun", run.to_dict()) for run in report.runs),
        *(("Node", node.to_dict()) for node in report.nodes),
        *(("Output", output.to_dict()) for output in report.outputs),
        *((f"Missing{_kind(id_)}", wire_id(id_)) for id_ in report.missing),
        *((f"Unanswered{_kind(id_)}", wire_id(id_)) for id_ in report.unanswered),
    ]
    for kind, item in items:
        click.echo(json.dumps({"Kind": kind, **item}))


def _kind(id_: Id) -> str:
    return "Node" if isinstance(id_, NodeRef) else "PipelineRun"


def _write_tables(report: StatusReport) -> None:
    runs = tables.table("Run", "Name", "Status", "Outcome")
    nodes = tables.table("Run", "Node", "Name", "Status", "Outcome", "Started", "Finished")
    for run in report.runs:
        runs.add_row(cell(run.pipeline_run_id), cell(run.name), cell(status_of(run)), outcome_cell(outcome_of(run)))
    for node in report.nodes:
        about = (node.pipeline_run_id, node.node_id, node.node_name, status_of(node))
        nodes.add_row(*map(cell, about), outcome_cell(outcome_of(node)), cell(node.started_at), cell(node.finished_at))
    for ids, note, outcome in (
        (report.missing, "(not found)", "missing"),
        (report.unanswered, "(not answered)", "unknown"),
    ):
        for id_ in ids:
            if isinstance(id_, NodeRef):
                nodes.add_row(*map(cell, (*id_, None, note)), outcome_cell(outcome), cell(None), cell(None))
            else:
                runs.add_row(*map(cell, (id_, None, note)), outcome_cell(outcome))
    outputs = tables.table("Run", "Node", "Output", "Type", "Created")
    for output in report.outputs:
        outputs.add_row(
            *map(cell, (output.pipeline_run_id, output.node_id, output.name, output.type_, output.gmt_create_time))
        )
    tables.write((runs, nodes, outputs))


def status_of(item: PipelineRun | Node) -> str:
    """Return a status as people are shown it: `-` for none, and whether a run was deleted."""
    deleted = " (deleted)" if isinstance(item, PipelineRun) and item.is_deleted else ""
    return f"{item.status or '-'}{deleted}"
