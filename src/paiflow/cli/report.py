"""Write what `status` found: a table for people, JSON or JSON lines for programs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import click

from paiflow import Node, NodeRef, NodeState, PipelineRun, PipelineRunState, StatusReport, outcome_of
from paiflow.cli import tables
from paiflow.cli.output import Output
from paiflow.cli.tables import cell, outcome_cell
from paiflow.status.ids import Id, shown
from paiflow_api.decoding import Reply

# The end of a field's name that holds an id, or several.
_ID: Final = r"I[dD]s?$|(^|_)ids?$"
# The greatest whole number up to which a double holds each.
_EXACT: Final = 2**53


def write(report: StatusReport, output: Output) -> None:
    """Write a report to stdout."""
    match output.form:
        case "json":
            _write_json(report, output)
        case "jsonl":
            _write_lines(report, output)
        case "name":
            for id_ in (*map(_id, report.runs), *map(_id, report.nodes)):
                click.echo(shown(id_))
        case _:
            _write_tables(report, output)


def wire_id(id_: Id) -> dict[str, str]:
    """Return the id of a run or node under its wire names."""
    if isinstance(id_, NodeRef):
        return {"PipelineRunId": id_.pipeline_run_id, "NodeId": id_.node_id}
    return {"PipelineRunId": id_}


def printed(item: Reply) -> dict[str, Any]:
    """Return what the service sent, with ids as text: programs round long numbers (jq does from 2**53 on)."""
    wire: dict[str, Any] = _with_ids_as_text(item.to_dict())
    for name, attribute in item._FIELDS.items():
        # A field that is text holds a number as its digits.
        if name in wire and isinstance(text := getattr(item, attribute), str):
            wire[name] = str(text)
    return wire


def _with_ids_as_text(value: Any, name: str = "") -> Any:
    match value:
        case dict():
            return {key: _with_ids_as_text(inner, key) for key, inner in value.items()}
        case list():
            return [_with_ids_as_text(inner, name) for inner in value]
        case bool():
            return value
        case int() if re.search(_ID, name) or abs(value) > _EXACT:
            return str(value)
        case float() if value.is_integer() and re.search(_ID, name):
            return str(int(value))
        case _:
            return value


def _write_json(report: StatusReport, output: Output) -> None:
    """One object: the replies' lists with their wire names, joined, and the ids that are in none."""
    output.json(
        {
            "RequestIds": report.request_ids,
            "PipelineRuns": [printed(run) for run in report.runs],
            "Nodes": [printed(node) for node in report.nodes],
            "Outputs": [printed(one) for one in report.outputs],
            "Missing": _by_kind(report.missing),
            "Unanswered": _by_kind(report.unanswered),
        }
    )


def _by_kind(ids: Iterable[Id]) -> dict[str, list[Any]]:
    ids = list(ids)
    return {
        "PipelineRuns": [id_ for id_ in ids if isinstance(id_, str)],
        "Nodes": [wire_id(id_) for id_ in ids if isinstance(id_, NodeRef)],
    }


def _write_lines(report: StatusReport, output: Output) -> None:
    """An object a line: what it is under Kind, then its wire names."""
    items: list[tuple[str, dict[str, Any]]] = [
        *(("PipelineRun", printed(run)) for run in report.runs),
        *(("Node", printed(node)) for node in report.nodes),
        *(("Output", printed(one)) for one in report.outputs),
        *((f"Missing{_kind(id_)}", wire_id(id_)) for id_ in report.missing),
        *((f"Unanswered{_kind(id_)}", wire_id(id_)) for id_ in report.unanswered),
    ]
    for kind, item in items:
        output.json_line({"Kind": kind, **item})


def _kind(id_: Id) -> str:
    return "Node" if isinstance(id_, NodeRef) else "PipelineRun"


def _write_tables(report: StatusReport, output: Output) -> None:
    runs = tables.Table("Run", "Name", "Status", "Outcome")
    nodes = tables.Table("Run", "Node", "Name", "Status", "Outcome", "Started", "Finished")
    for run in report.runs:
        runs.add_row(cell(run.pipeline_run_id), cell(run.name), cell(status_of(run)), outcome_cell(outcome_of(run)))
    for node in report.nodes:
        about = (node.pipeline_run_id, node.node_id, node.node_name, status_of(node))
        times = (cell(moment, utc=output.utc) for moment in (node.started_at, node.finished_at))
        nodes.add_row(*map(cell, about), outcome_cell(outcome_of(node)), *times)
    for ids, note, outcome in (
        (report.missing, "(not found)", "missing"),
        (report.unanswered, "(not answered)", "unknown"),
    ):
        for id_ in ids:
            if isinstance(id_, NodeRef):
                nodes.add_row(*map(cell, (*id_, None, note)), outcome_cell(outcome), cell(None), cell(None))
            else:
                runs.add_row(*map(cell, (id_, None, note)), outcome_cell(outcome))
    outputs = tables.Table("Run", "Node", "Output", "Type", "Created")
    for one in report.outputs:
        of_output = (one.pipeline_run_id, one.node_id, one.name, one.type_)
        outputs.add_row(*map(cell, of_output), cell(one.gmt_create_time, utc=output.utc))
    tables.write((runs, nodes, outputs), headers=output.headers, whole=output.form == "wide")


def _id(item: PipelineRunState | NodeState) -> Id:
    run_id = item.pipeline_run_id or ""
    return run_id if isinstance(item, PipelineRun) else NodeRef(run_id, item.node_id or "")


def status_of(item: PipelineRun | Node) -> str:
    """Return a status as people are shown it: `-` for none, and whether a run was deleted."""
    deleted = " (deleted)" if isinstance(item, PipelineRunState) and item.is_deleted else ""
    return f"{item.status or '-'}{deleted}"
