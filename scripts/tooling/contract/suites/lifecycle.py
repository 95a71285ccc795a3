"""A run's life, compared with a model of it, whole value by whole value.

Needs a hand on the mock: something to put runs in with, and a clock to advance. Each story is a sequence of steps that
a seed decides; after every step several questions are asked, and the model says what is due. The model is written from
the promises and shares nothing with the mock: statuses over time, times that follow them, deletion, disappearance.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from paiflow.mock import HandClock, MockService
from tooling.contract.expected_replies import OUTPUT_TYPES, SAMPLE_WORKSPACE, NodeKey, Wire, World
from tooling.contract.session import Case, Session
from tooling.contract.suites.lookups import STRANGER, STRANGER_NODE

STORIES = 6
STEPS = 14

# Lives that a run or a node may have: each status with the seconds after which it comes.
LIVES: tuple[tuple[tuple[float, str], ...], ...] = (
    ((0, "Initialized"), (5, "Running"), (120, "Succeeded")),
    ((0, "ReadyToSchedule"), (1, "Starting"), (2, "WorkflowServiceStarting"), (30, "Running"), (60, "Failed")),
    ((0, "Running"), (10, "Suspended"), (40, "Running"), (90, "Succeeded")),
    ((0, "Running"), (20, "Terminating"), (25, "Terminated")),
    ((0, "Skipped"),),
    ((0, "Unknown"), (15, "Running")),
    ((30, "Running"), (45, "SomethingNew")),
    ((0, "Running"),),
)
STARTED = {"Running", "Succeeded", "Failed"}
FINISHED = {"Succeeded", "Failed", "Terminated"}


@dataclass
class Model:
    """What exists, and since when."""

    base: World
    runs: dict[str, tuple[float, tuple[tuple[float, str], ...], float | None, str]] = field(default_factory=dict)
    nodes: dict[NodeKey, tuple[float, tuple[tuple[float, str], ...]]] = field(default_factory=dict)
    outputs: dict[NodeKey, list[Wire]] = field(default_factory=dict)

    def world(self, now: float) -> World:
        """Return what exists at a moment."""
        runs: dict[str, Wire] = dict(self.base.runs)
        for run_id, (born, life, deleted, _) in self.runs.items():
            if past := _past(born, life, now):
                gone = deleted is not None and now >= born + deleted
                runs[run_id] = {"PipelineRunId": run_id, "Status": past[-1][1], "IsDeleted": gone}
        nodes: dict[NodeKey, Wire] = dict(self.base.nodes)
        for (run_id, node_id), (born, life) in self.nodes.items():
            if run_id in runs and (past := _past(born, life, now)):
                wire = {"PipelineRunId": run_id, "NodeId": node_id, "Status": past[-1][1], **_times(past)}
                nodes[run_id, node_id] = wire
        outputs = {key: tuple(wires) for key, wires in self.outputs.items() if key[0] in runs}
        elsewhere = {run_id: workspace for run_id, (_, _, _, workspace) in self.runs.items()}
        return replace(self.base, runs=runs, nodes=nodes, outputs={**self.base.outputs, **outputs}, elsewhere=elsewhere)


def cases(service: MockService, clock: HandClock, seed: int = 0) -> list[Case]:
    """Return the stories, for a mock that nobody else uses."""
    return [Case(f"story {seed + number}", _story(service, clock, seed + number)) for number in range(STORIES)]


def _story(service: MockService, clock: HandClock, seed: int) -> Any:
    def run(session: Session) -> None:
        dice = random.Random(seed)  # noqa: S311 - decides a test's steps
        model = Model(session.world)
        before = session.world
        for number in range(STEPS):
            _step(service, clock, model, dice, f"{seed}-{number}")
            session.world = model.world(clock.now())
            for asked in _questions(model, dice):
                session.ask(asked)
        session.world = before

    return run


def _step(service: MockService, clock: HandClock, model: Model, dice: random.Random, name: str) -> None:
    """Add something, or let time pass."""
    step = dice.choice(["run", "run", "node", "node", "output", "time", "time", "time"])
    now = clock.now()
    if step == "run" or not model.runs:
        life, workspace = dice.choice(LIVES), dice.choice([SAMPLE_WORKSPACE, "949"])
        deleted = dice.choice([None, None, 50.0])
        service.stage.add_run(f"flow-{name}", list(life), workspace_id=workspace, deleted=deleted)
        model.runs[f"flow-{name}"] = (now, life, deleted, workspace)
    elif step == "node" or (step == "output" and not model.nodes):
        run_id, life = dice.choice(list(model.runs)), dice.choice(LIVES)
        service.stage.add_node(run_id, f"node-{name}", list(life))
        model.nodes[run_id, f"node-{name}"] = (now, life)
    elif step == "output":
        key = dice.choice(list(model.nodes))
        wire = {
            "PipelineRunId": key[0],
            "NodeId": key[1],
            "Id": f"artifact-{name}",
            "Name": "出力 ✓",
            "Type": dice.choice([*OUTPUT_TYPES, "Any"]),
            "Value": '{"location":{"table":"t"}}',
            "GmtCreateTime": _text(now),
            "ExpandedArtifactIndex": dice.randrange(3),
        }
        service.store.add_output(wire)
        model.outputs.setdefault(key, []).append(wire)
    else:
        clock.advance(dice.choice([0, 1, 4.5, 10, 30, 60, 3600]))


def _questions(model: Model, dice: random.Random) -> Iterator[dict[str, Any]]:
    """Yield questions about all, and about some at random."""
    runs = [*model.runs, *model.base.runs, STRANGER]
    nodes = [{"PipelineRunId": run, "NodeId": node} for run, node in [*model.nodes, *model.base.node_keys]]
    nodes.append(STRANGER_NODE)
    yield {"PipelineRuns": runs}
    yield {"Nodes": nodes}
    yield {
        "PipelineRuns": dice.sample(runs, dice.randint(1, len(runs))),
        "WorkspaceId": dice.choice(["948", "949", "1"]),
    }
    some = dice.sample(nodes, dice.randint(1, len(nodes)))
    yield {"Nodes": some, "OutputType": dice.choice(OUTPUT_TYPES), "PipelineRuns": runs}
    yield {"Nodes": some, "WorkspaceId": dice.choice(["948", "949"])}


def _past(born: float, life: tuple[tuple[float, str], ...], now: float) -> list[tuple[float, str]]:
    return [(born + after, status) for after, status in life if born + after <= now]


def _times(past: list[tuple[float, str]]) -> dict[str, str | None]:
    """Return when a node started, and when it finished if it has; null before."""
    started = [moment for moment, status in past if status in STARTED]
    finished = None
    for moment, status in reversed(past):
        if status not in FINISHED:
            break
        finished = moment
    return {
        "StartedAt": _text(started[0]) if started else None,
        "FinishedAt": None if finished is None else _text(finished),
    }


def _text(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
