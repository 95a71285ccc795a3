"""What the operators do to runs, by a client that blocks. Does not import Airflow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import count, islice
from typing import Any, Final

from paiflow import PaiFlow, PaiFlowError, outcome_of
from paiflow.airflow.endings import Ending
from paiflow.client.submitting import SOURCE_TYPE
from paiflow.status.batches import join, plan
from paiflow.status.ids import ids_of
from paiflow.status.waiting import mends
from paiflow.steps import IN_FLIGHT, Ask

# Ours: of a failed run, so many nodes' logs, and so many of the last lines of each.
NODES: Final = 5
LINES: Final = 50
OUTPUTS: Final = 100
# Deeper than any pipeline nests.
DEPTH: Final = 10
# Characters of a key; the vendor documents no limit of SourceId.
KEY: Final = 120


def key_of(dag_id: str, run_id: str, task_id: str, map_index: int | None = None) -> str:
    """Return the key of a task instance, the same for each of its tries."""
    parts = [dag_id, run_id, task_id, *([] if map_index is None or map_index < 0 else [str(map_index)])]
    key = "/".join(["airflow", *parts])
    return key if len(key) <= KEY else f"{key[: KEY - 33]}-{sha256(key.encode()).hexdigest()[:32]}"


def run_ids(given: str | Iterable[str]) -> list[str]:
    """Return the ids that an argument holds: one id, or several.

    Raises:
        InvalidRequest: there is none, or one cannot be an id.
    """
    return ids_of([given] if isinstance(given, str) else given, ())[0]


def submit_or_adopt(client: PaiFlow, once: str | None, arguments: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the id of a task's run, and whether it was there before.

    A run with the key that is active, has succeeded, or whose status is unknown is adopted. Only if the last one failed or
    was stopped is a new one made, with the next key: KEY, KEY#2, KEY#3 …

    Args:
        client: makes the calls.
        once: the key; None for a new run in any case.
        arguments: as those of PaiFlow.submit.
    """
    if once is None:
        return client.submit(**arguments), False
    workspace = arguments.get("workspace_id")
    for number in count(1):
        key = once if number == 1 else f"{once}#{number}"
        listed = client.iter_pipeline_runs(source_id=key, source_type=SOURCE_TYPE, workspace_id=workspace)
        ids = [run.pipeline_run_id for run in listed if run.source_id == key and run.pipeline_run_id]
        known = client.statuses(ids, workspace_id=workspace).runs if ids else []
        there = [run for run in known if not run.is_deleted]
        if not there:
            return client.submit(once=key, **arguments), False
        for run in there:
            if outcome_of(run) not in ("failed", "stopped") and run.pipeline_run_id:
                return run.pipeline_run_id, True
    raise AssertionError  # count has no end


def look(client: PaiFlow, pipeline_runs: Sequence[str]) -> Ending:
    """Return what is known of runs now, by one attempt; nothing if that fails in a way that waiting mends.

    Raises:
        PaiFlowError: it fails in another way.
    """
    batches = plan(pipeline_runs, ())
    answers = client.ask(Ask([batch.call(None) for batch in batches], IN_FLIGHT, once=True))
    try:
        runs = join(batches, answers).runs
    except PaiFlowError as error:
        if not mends(error, refreshes=client.refreshes):
            raise
        return Ending({}, {})
    found = {run.pipeline_run_id: run for run in runs}
    outcomes = {id_: outcome_of(found[id_]) if id_ in found else "unknown" for id_ in pipeline_runs}
    statuses = {id_: _text(found[id_].status) if id_ in found else None for id_ in pipeline_runs}
    return Ending(dict(outcomes), statuses)


def outputs_of(client: PaiFlow, pipeline_run_id: str) -> list[dict[str, Any]]:
    """Return the outputs of a run's nodes, as the service has them."""
    root = client.get_pipeline_run(pipeline_run_id).node_id
    if root is None:
        return []
    found = client.iter_pipeline_run_node_outputs(pipeline_run_id, root, depth=DEPTH, limit=OUTPUTS)
    return [output.to_dict() for output in found]


def failures(client: PaiFlow, pipeline_run_id: str) -> Iterator[str]:
    """Yield lines that say why a run failed: its message, then the last lines of the log of each node that failed.

    Where the service does not give them, the line says so.
    """
    try:
        run = client.get_pipeline_run(pipeline_run_id)
        yield f"{pipeline_run_id} {run.status}: {run.message or 'no message'}"
        if run.node_id is None:
            return
        nodes = client.list_pipeline_run_node_status(pipeline_run_id, run.node_id, depth=DEPTH).status
        failed = [node for node in nodes if node.status == "Failed" and node.node_id not in (None, run.node_id)]
        for node in failed[:NODES]:
            yield from _log_end(client, pipeline_run_id, str(node.node_id), node.node_name or "")
        if len(failed) > NODES:
            yield f"{len(failed) - NODES} more nodes failed"
    except PaiFlowError as error:
        yield f"the failure cannot be looked up: {error}"


def _log_end(client: PaiFlow, pipeline_run_id: str, node_id: str, name: str) -> Iterator[str]:
    try:
        newest = islice(client.iter_pipeline_run_node_logs(pipeline_run_id, node_id, reverse=True, limit=LINES), LINES)
        lines = list(newest)[::-1]
    except PaiFlowError as error:
        yield f"node {name} {node_id} failed; its log cannot be read: {error}"
        return
    yield f"node {name} {node_id} failed; the last lines of its log:"
    yield from (f"  {line}" for line in lines)


def _text(status: object) -> str | None:
    return None if status is None else str(status)
