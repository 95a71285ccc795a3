"""The life of a run: created, started, terminated, run again, deleted.

A run does what its nodes do. Sources: the vendor's pages of the operations. What they leave open is marked, and listed in assumptions.py.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from paiflow.mock.behaviour import Behaviour
from paiflow.mock.items import Node, Run, text_of
from paiflow.mock.manifest import Manifest, Step, of, parts
from paiflow.mock.planning import Plan, Statuses
from paiflow.mock.store import Store
from paiflow.mock.timeline import ENDED, Timeline, timestamp

__all__ = ["create", "delete", "rename", "start", "terminate"]

_LOG_STEPS = 3


def create(
    store: Store, behaviour: Behaviour, manifest: Manifest, fields: Mapping[str, Any], *, start_now: bool
) -> Run:
    """Create a run with the nodes that its manifest names, and return it.

    Args:
        store: of the service.
        behaviour: of the service.
        manifest: of the pipeline to run.
        fields: the run's.
        start_now: whether it runs at once. Otherwise it is Initialized until it is started.
    """
    now = store.now
    run_id, root_id = behaviour.new_id("flow-"), behaviour.new_id("node-")
    given = {"PipelineRunId": run_id, "NodeId": root_id, "IsDeleted": False, **fields}
    timeline = Timeline(statuses=[(now, "Initialized")], dated=True)
    run = store.add_run(given, workspace_id=fields["WorkspaceId"], timeline=timeline)
    if (root := store.root(run)) is not None:
        root.step = manifest.root
        # Assumption: leaf-pipeline.
        _add_nodes(store, behaviour, root, manifest.root.steps or [manifest.root])
    if start_now:
        start(store, behaviour, run)
    return run


def _add_nodes(store: Store, behaviour: Behaviour, parent: Node, steps: Sequence[Step]) -> None:
    """Add a node for each step, each after those that it depends on, and the nodes in them."""
    by_name: dict[str, Node] = {}
    for step in steps:
        fields = {
            "PipelineRunId": parent.run.id,
            "NodeId": behaviour.new_id("node-"),
            "NodeName": step.name,
            "InputArtifactArchived": False,
            "OutputArtifactArchived": False,
        }
        timeline = Timeline(statuses=[(store.now, "ReadyToSchedule")], dated=True)
        node = store.add_node(fields, parent=parent.id, timeline=timeline)
        node.step = step
        node.dependencies = [by_name[name] for name in step.dependencies if name in by_name]
        by_name[step.name] = node
        _add_nodes(store, behaviour, node, step.steps)


def start(store: Store, behaviour: Behaviour, run: Run) -> None:
    """Let a run run from now on: all of its nodes, or again those that have not succeeded.

    Source: "Rerun failed nodes of pipeline jobs", in the vendor's table of permissions.
    """
    root = store.root(run)
    if root is None:  # a run that was put in without one
        _set_run(store, run, [(store.now, "Running"), (store.now + behaviour.node_takes, "Succeeded")])
        return
    plan = Plan(store.now, behaviour)
    plan.add(root, store.now)
    for node, statuses in plan.statuses.items():
        _set(store, node, statuses)
        _write_log(store, node, statuses)
        if statuses[-1][1] == "Succeeded":
            _put_out(store, behaviour, node, statuses[-1][0])
    failed = [text_of(node.current, "NodeName") for node in plan.failed if not node.children]
    run.failure = f"failed: {', '.join(failed)}" if failed else ""
    _set_run(store, run, plan.statuses[root])


def terminate(store: Store, behaviour: Behaviour, run: Run) -> None:
    """Terminate a run, and those of its nodes that have not ended."""
    now = store.now
    # Assumption: terminating.
    begun = run.status != "Initialized" and behaviour.terminating_takes > 0
    statuses: Statuses = [(now + behaviour.terminating_takes if begun else now, "Terminated")]
    if begun:
        statuses.insert(0, (now, "Terminating"))
    for node in run.nodes:
        if node.status not in ENDED and node.status != "Skipped":
            _set(store, node, statuses)
    _set_run(store, run, statuses)


def delete(store: Store, run: Run) -> None:
    """Mark a run as deleted: only ListPipelineRunsStatus still returns it. Assumption: deleted-runs."""
    run.given.pop("IsDeleted", None)
    run.timeline = attrs.evolve(run.timeline, deleted=store.now)
    store.runs.update(run, store.now)


def rename(store: Store, run: Run, name: str) -> None:
    """Give a run another name."""
    run.given["Name"] = name
    run.given["GmtModifiedTime"] = timestamp(store.now)
    store.runs.update(run, store.now)


def _set(store: Store, node: Node, statuses: Statuses) -> None:
    """Change what is to come of a node, with its log and its outputs."""
    for name in ("StartedAt", "FinishedAt"):
        node.given.pop(name, None)
    node.timeline = attrs.evolve(node.timeline.continued(store.now, statuses), dated=True)
    store.nodes.update(node, store.now)
    store.log(node.run.id, node.id).forget_after(store.now)
    for output in [output for output in store.outputs_of(node.run.id, node.id) if output.current is None]:
        store.drop_output(output)


def _set_run(store: Store, run: Run, statuses: Statuses) -> None:
    """Change what is to come of a run."""
    for name in ("StartedAt", "FinishedAt", "Duration", "Message", "GmtModifiedTime"):
        run.given.pop(name, None)
    run.timeline = attrs.evolve(run.timeline.continued(store.now, statuses), dated=True)
    store.runs.update(run, store.now)


def _write_log(store: Store, node: Node, statuses: Statuses) -> None:
    """Let a node write lines while it runs. Assumption: log-lines."""
    if node.children:
        return
    name = text_of(node.current, "NodeName")
    begin = next((moment for moment, status in statuses if status == "Running"), None)
    if begin is None:
        return
    end, outcome = statuses[-1]
    lines = [(begin, "started")]
    lines += [
        (begin + (end - begin) * step / (_LOG_STEPS + 1), f"step {step} of {_LOG_STEPS}")
        for step in range(1, _LOG_STEPS + 1)
    ]
    lines.append((end, outcome.lower()))
    log = store.log(node.run.id, node.id)
    log.add((moment, f"{timestamp(moment)} {name}: {text}") for moment, text in lines)


def _put_out(store: Store, behaviour: Behaviour, node: Node, moment: float) -> None:
    """Let a node put out what its manifest names, when it succeeds. Assumption: outputs."""
    if node.step is None or node.children:
        return
    for artifact in parts(node.step.spec, "outputs", "artifacts"):
        metadata = of(artifact, "metadata") or {}
        kinds = of(metadata, "type")
        output = {
            "Name": str(of(artifact, "name") or ""),
            "Type": next(iter(kinds)) if isinstance(kinds, Mapping) and kinds else "DataSet",
            "Metadata": metadata if isinstance(metadata, Mapping) else {},
            "GmtCreateTime": timestamp(moment),
            "Id": behaviour.new_id("artifact-"),
            "Producer": node.id,
            "NodeId": node.id,
            "PipelineRunId": node.run.id,
            "Value": json.dumps(of(artifact, "value") or {}, ensure_ascii=False),
        }
        store.add_output(output, timeline=Timeline(since=moment))
