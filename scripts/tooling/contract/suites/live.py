"""The few calls for a service that is not ours: right requests only, told beforehand, one after the other.

Nothing here can write: every call is a PUT of ListPipelineRunsStatus, which only reads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tooling.contract.expected_replies import OUTPUT_TYPES, World
from tooling.contract.session import Case, GaveUpError, Session
from tooling.contract.suites.lookups import STRANGER, STRANGER_NODE, node_references

CALLS = 20
"""The most calls of a run."""

PAUSE = 0.25
"""Seconds between two calls."""

LEARNING = 2
"""Calls that find out what there is, before the cases."""


def cases(world: World) -> list[Case]:
    """Return the cases, one call each."""
    runs, nodes = list(world.runs), node_references(world)
    asked: list[tuple[str, Any]] = [
        ("runs, all", {"PipelineRuns": runs}),
        ("runs, the same again", {"PipelineRuns": runs}),
        ("runs, in reverse", {"PipelineRuns": runs[::-1]}),
        ("runs, one alone", {"PipelineRuns": runs[:1]}),
        ("runs, each twice", {"PipelineRuns": [*runs, *runs]}),
        ("runs, a stranger among them", {"PipelineRuns": [STRANGER, *runs]}),
        ("runs, a stranger only", {"PipelineRuns": [STRANGER]}),
        ("runs, a type", {"PipelineRuns": runs, "OutputType": "Model"}),
        ("runs, with what nobody knows", {"PipelineRuns": runs, "Unknown": True}),
        ("nodes, a stranger only", {"Nodes": [STRANGER_NODE]}),
    ]
    if world.workspace_id:
        asked.append(("runs, their workspace", {"PipelineRuns": runs, "WorkspaceId": world.workspace_id}))
    if nodes:
        asked += [
            ("nodes, all", {"Nodes": nodes}),
            ("nodes, one alone", {"Nodes": nodes[:1]}),
            ("both lists", {"PipelineRuns": runs, "Nodes": nodes}),
            *[(f"nodes, {output_type}", {"Nodes": nodes, "OutputType": output_type}) for output_type in OUTPUT_TYPES],
        ]
    return [Case(name, _asking(body)) for name, body in asked][: CALLS - LEARNING]


def _asking(asked: dict[str, Any]) -> Callable[[Session], None]:
    def run(session: Session) -> None:
        reply = session.ask(asked)
        if reply is not None and reply.status in (401, 403):
            raise GaveUpError("the service refused the credentials in the middle of the run: the rest was left out")

    return run
