"""The few calls for a service elsewhere: valid reads only, announced first, one after the other.

Nothing here can write: only operations that may be repeated are called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from paiflow.contract.session import Case, GaveUpError, Session
from paiflow.contract.suites.subjects import STRANGER, STRANGER_NODE
from paiflow.contract.things import Thing, text_of

CALLS = 60
"""The most calls of a run."""

PAUSE = 0.25
"""Seconds between two calls."""

STATUSES = "ListPipelineRunsStatus"


def cases(session: Session, workspace_id: str | None) -> list[Case]:
    """Return the cases, one call each, of operations that only read."""
    asked = [*_of_runs(session, workspace_id), *_of_others(session, workspace_id)]
    there = [one for one in asked if one[0] in session.interface.operations]
    reads = [one for one in there if session.interface.operations[one[0]].repeatable]
    room = CALLS - len(session.journal)
    return [Case(f"{name}, {words}", _asking(name, arguments), name) for name, words, arguments in reads][:room]


def _of_runs(session: Session, workspace_id: str | None) -> Iterator[tuple[str, str, dict[str, Any]]]:
    runs = [run.id for run in session.model.of("run")]
    nodes = [{"PipelineRunId": run, "NodeId": node} for run, node in session.model.things["node"]]
    yield STATUSES, "all", {"PipelineRuns": runs}
    yield STATUSES, "in reverse", {"PipelineRuns": runs[::-1]}
    yield STATUSES, "one alone", {"PipelineRuns": runs[:1]}
    yield STATUSES, "each twice", {"PipelineRuns": [*runs, *runs]}
    yield STATUSES, "a stranger among them", {"PipelineRuns": [STRANGER, *runs]}
    yield STATUSES, "a stranger only", {"PipelineRuns": [STRANGER]}
    yield STATUSES, "with an unknown field", {"PipelineRuns": runs, "Unknown": True}
    yield STATUSES, "a strange node", {"Nodes": [STRANGER_NODE]}
    if workspace_id:
        yield STATUSES, "their workspace", {"PipelineRuns": runs, "WorkspaceId": workspace_id}
    if nodes:
        yield STATUSES, "nodes, all", {"Nodes": nodes}
        yield STATUSES, "both lists", {"PipelineRuns": runs, "Nodes": nodes}
        for kind in ("Model", "DataSet"):
            yield STATUSES, f"nodes, {kind}", {"Nodes": nodes, "OutputType": kind}
    yield "GetPipelineRun", "a stranger", {"PipelineRunId": STRANGER}
    for run in session.model.of("run")[:2]:
        yield from _of_one(run)


def _of_one(run: Thing) -> Iterator[tuple[str, str, dict[str, Any]]]:
    ids = {"PipelineRunId": run.id}
    yield "GetPipelineRun", "one", ids
    yield "GetPipelineRun", "with details", {**ids, "Verbose": True}
    yield "ListPipelineRuns", "one", ids
    if root := text_of(run, "NodeId"):
        path = {**ids, "NodeId": root}
        yield "GetPipelineRunNode", "the root", path
        yield "GetPipelineRunNode", "the root alone", {**path, "Depth": 1}
        yield "ListPipelineRunNodeStatus", "the root", path
        yield "ListPipelineRunNodeOutputs", "the root", {**path, "Depth": 2}
        yield "ListPipelineRunNodeLogs", "the root", {**path, "PageSize": 10}


def _of_others(session: Session, workspace_id: str | None) -> Iterator[tuple[str, str, dict[str, Any]]]:
    where = {"WorkspaceId": workspace_id} if workspace_id else {}
    yield "ListWorkspaces", "a page", {"PageSize": 5}
    yield "ListWorkspaces", "the next page", {"PageSize": 5, "PageNumber": 2}
    yield "ListPipelines", "a page", {**where, "PageSize": 5}
    yield "GetPipeline", "a stranger", {"PipelineId": "pipeline-000000000000000000"}
    for order in ("ASC", "DESC"):
        yield (
            "ListPipelineRuns",
            f"a page, {order}",
            {**where, "SortBy": "GmtCreateTime", "Order": order, "PageSize": 5},
        )
    for status in ("Succeeded", "Failed"):
        yield "ListPipelineRuns", f"a page, {status}", {**where, "Status": status, "PageSize": 5}
    for pipeline in session.model.of("pipeline")[:2]:
        yield "GetPipeline", "one", {"PipelineId": pipeline.id}


def _asking(name: str, arguments: dict[str, Any]) -> Callable[[Session], None]:
    def run(session: Session) -> None:
        reply = session.ask(name, arguments)
        if reply is not None and reply.status in (401, 403):
            raise GaveUpError("the service refused the credentials in the middle of the run: the rest was left out")

    return run
