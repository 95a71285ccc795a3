"""Write what the service said: a table for people, JSON or JSON lines for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import attrs
import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from paiflow import ListPipelineRunsStatusResponse, Node, NodeRef, Output, PipelineRun
from paiflow.cli.text import visible

# Wide enough for any id where no terminal sets the width: what a program reads is not wrapped.
_UNBOUNDED = 10_000


@attrs.frozen
class Answer:
    """What the replies to one command hold together, and which of the ids asked for are in none of them."""

    request_ids: list[str]
    pipeline_runs: list[PipelineRun]
    nodes: list[Node]
    outputs: list[Output]
    missing_runs: list[str]
    missing_nodes: list[NodeRef]

    @classmethod
    def of(
        cls, replies: Iterable[ListPipelineRunsStatusResponse], run_ids: Iterable[str], node_refs: Iterable[NodeRef]
    ) -> Answer:
        """Return the answer that the replies give to those who asked for these ids."""
        replies = list(replies)
        runs = [run for reply in replies for run in reply.pipeline_runs]
        nodes = [node for reply in replies for node in reply.nodes]
        found_runs = {run.pipeline_run_id for run in runs}
        found_nodes = {(node.pipeline_run_id, node.node_id) for node in nodes}
        return cls(
            request_ids=[reply.request_id for reply in replies if reply.request_id is not None],
            pipeline_runs=runs,
            nodes=nodes,
            outputs=[output for reply in replies for output in reply.outputs],
            missing_runs=[run_id for run_id in dict.fromkeys(run_ids) if run_id not in found_runs],
            missing_nodes=[ref for ref in dict.fromkeys(node_refs) if ref not in found_nodes],
        )


def write(answer: Answer, form: str) -> None:
    """Write an answer to stdout as `table`, `json` or `jsonl`."""
    {"table": _write_table, "json": _write_json, "jsonl": _write_lines}[form](answer)


def _write_json(answer: Answer) -> None:
    """One object, with the wire names of the reply, and what is missing."""
    click.echo(
        json.dumps(
            {
                "RequestIds": answer.request_ids,
                "PipelineRuns": [run.to_dict() for run in answer.pipeline_runs],
                "Nodes": [node.to_dict() for node in answer.nodes],
                "Outputs": [output.to_dict() for output in answer.outputs],
                "Missing": {
                    "PipelineRuns": answer.missing_runs,
                    "Nodes": [_wire(ref) for ref in answer.missing_nodes],
                },
            },
            indent=2,
        )
    )


def _write_lines(answer: Answer) -> None:
    """An object a line: what it is under Kind, then its wire names."""
    kinds: list[tuple[str, Iterable[dict[str, Any]]]] = [
        ("PipelineRun", (run.to_dict() for run in answer.pipeline_runs)),
        ("Node", (node.to_dict() for node in answer.nodes)),
        ("Output", (output.to_dict() for output in answer.outputs)),
        ("MissingPipelineRun", ({"PipelineRunId": run_id} for run_id in answer.missing_runs)),
        ("MissingNode", (_wire(ref) for ref in answer.missing_nodes)),
    ]
    for kind, items in kinds:
        for item in items:
            click.echo(json.dumps({"Kind": kind, **item}))


def _wire(ref: NodeRef) -> dict[str, str]:
    return {"PipelineRunId": ref.pipeline_run_id, "NodeId": ref.node_id}


def _write_table(answer: Answer) -> None:
    runs = _table("Run", "Name", "Status")
    for run in answer.pipeline_runs:
        deleted = " (deleted)" if run.is_deleted else ""
        runs.add_row(_cell(run.pipeline_run_id), _cell(run.name), _cell(f"{run.status or '-'}{deleted}"))
    for run_id in answer.missing_runs:
        runs.add_row(_cell(run_id), _cell(None), _cell("(not found)"))
    nodes = _table("Run", "Node", "Name", "Status", "Started", "Finished")
    for node in answer.nodes:
        cells = (node.pipeline_run_id, node.node_id, node.node_name, node.status, node.started_at, node.finished_at)
        nodes.add_row(*map(_cell, cells))
    for ref in answer.missing_nodes:
        nodes.add_row(_cell(ref.pipeline_run_id), _cell(ref.node_id), _cell(None), _cell("(not found)"))
    outputs = _table("Run", "Node", "Output", "Type", "Created")
    for output in answer.outputs:
        about = (output.pipeline_run_id, output.node_id, output.name, output.type_, output.gmt_create_time)
        outputs.add_row(*map(_cell, about))
    console = Console(highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else _UNBOUNDED)
    tables = [table for table in (runs, nodes, outputs) if table.row_count]
    with console.capture() as capture:
        for table in tables[:1]:
            console.print(table)
        for table in tables[1:]:
            console.print("", table, sep="\n")
    for line in capture.get().splitlines():
        click.echo(line.rstrip())


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD if sys.stdout.isatty() else None, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _cell(value: str | datetime | None) -> Text:
    """Return what a cell shows: `-` for nothing, times in UTC to the second."""
    if value is None:
        return Text("-")
    if isinstance(value, datetime):
        return Text(f"{value:%Y-%m-%dT%H:%M:%SZ}")
    return Text(visible(value))
