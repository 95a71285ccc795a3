"""Read the present contents of a service, operation by operation, and compare them with the vendor's samples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from paiflow.contract.answers import Call
from paiflow.contract.http import Reply, encoded
from paiflow.contract.session import Session
from paiflow.contract.things import ENDED, RANKS, Ids, Thing, Wire, text_of
from paiflow.contract.views import kind_of, shown
from paiflow.mock.sample import cleaned

MOST = 200
"""Things of a kind beyond which not all are looked at."""

LISTS = {"ListWorkspaces": "workspace", "ListPipelines": "pipeline", "ListPipelineRuns": "run"}
DEEP = 30


def discover(session: Session) -> None:
    """Find all that exists, and note it in the session's model."""
    for operation, kind in LISTS.items():
        if operation in session.interface.operations and _all_pages(session, operation):
            session.model.complete.add(kind)
        elif operation in session.interface.operations:
            session.unchecked.append(
                f"{operation}: there are more than {MOST}, or it cannot be read: not all were read"
            )
    for pipeline in session.model.of("pipeline"):
        session.ask("GetPipeline", {"PipelineId": pipeline.id})
    settled = documented_ids(session)
    for run in session.model.of("run"):
        rank = RANKS.get(text_of(run, "Status"), 0)
        if 0 < rank < RANKS["Succeeded"] and run.id not in settled:
            run.move(status for status in RANKS if RANKS[status] >= rank)
        discover_run(session, run)
    if "run" in session.model.complete:
        session.model.complete.add("node")


def discover_a_little(session: Session, keys: list[Ids]) -> None:
    """Find out, in a few calls, what there is to be asked for."""
    runs = session.model.of("run")
    for name, arguments in (
        ("ListPipelineRuns", {"PipelineRunId": runs[0].id} if runs else {"PageSize": 2}),
        ("ListPipelines", {"PageSize": 2}),
        ("ListWorkspaces", {"PageSize": 2}),
    ):
        session.ask(name, arguments, discovering=True)
    found = [(run.id, root) for run in runs[:2] if (root := text_of(run, "NodeId"))]
    for run, node in found[:1]:
        session.ask("GetPipelineRunNode", {"PipelineRunId": run, "NodeId": node, "Depth": 2}, discovering=True)
    if references := [{"PipelineRunId": run, "NodeId": node} for run, node in dict.fromkeys([*keys, *found])]:
        session.ask("ListPipelineRunsStatus", {"Nodes": references}, discovering=True)
    ended = [node.ids for node in session.model.of("node") if text_of(node, "Status") in ENDED]
    session.model.explored.update(ids for ids in ended if {"PipelineRunId": ids[0], "NodeId": ids[1]} in references)


def discover_run(session: Session, run: Thing) -> None:
    """Find out all about a run: itself, its nodes, their outputs and logs."""
    session.ask("GetPipelineRun", {"PipelineRunId": run.id})
    session.ask("GetPipelineRun", {"PipelineRunId": run.id, "Verbose": True})
    session.ask("ListPipelineRunsStatus", {"PipelineRuns": [run.id]})
    discover_nodes(session, run)
    discover_ends(session, run)


def discover_nodes(session: Session, run: Thing) -> None:
    """Find the nodes of a run."""
    if not (root := text_of(run, "NodeId")):
        return
    path = {"PipelineRunId": run.id, "NodeId": root}
    session.model.known("node", (run.id, root))
    reply = session.ask("GetPipelineRunNode", {**path, "Depth": DEEP}, discovering=True)
    if reply is not None and reply.status == 200:
        _grow(session, run.id, reply.fields)
    if run.moving:
        for node in session.model.nodes_of(run):
            node.move(None)
    session.ask("ListPipelineRunNodeStatus", {**path, "Depth": DEEP})


def discover_ends(session: Session, run: Thing) -> None:
    """Find the outputs and the logs of a run's nodes, which stay when these do not move."""
    nodes = session.model.nodes_of(run)
    if not nodes:
        return
    references = [{"PipelineRunId": run.id, "NodeId": node.id} for node in nodes]
    session.ask("ListPipelineRunsStatus", {"Nodes": references}, discovering=True)
    session.model.explored.update(node.ids for node in nodes if not node.moving)
    root = session.model.root(run)
    if root is None or any(node.moving for node in nodes):
        return
    session.ask("ListPipelineRunNodeOutputs", {"PipelineRunId": run.id, "NodeId": root.id, "Depth": DEEP})
    for node in nodes:
        discover_log(session, node)


def discover_log(session: Session, node: Thing) -> list[str]:
    """Read a node's log, and note it if the node does not write any more."""
    path = dict(zip(("PipelineRunId", "NodeId"), node.ids, strict=True))
    reply = session.ask("ListPipelineRunNodeLogs", {**path, "PageSize": 100})
    lines = reply.fields.get("Logs") if reply is not None and reply.status == 200 else None
    if not isinstance(lines, list):
        return []
    whole = len(lines) == reply.fields.get("TotalCount") if reply is not None else False
    session.expect("a-log-is-whole", whole or len(lines) == 100, "TotalCount is not the number of lines of a short log")
    if whole and not node.moving and text_of(node, "Status") in {*ENDED, "Initialized"}:
        session.model.logs[node.ids] = lines
    return lines


def _all_pages(session: Session, operation: str) -> bool:
    """Read all pages of a list. Return whether these are all."""
    pages = session.interface.operations[operation].pages
    if pages is None:
        return False
    seen = 0
    for number in range(1, MOST // 50 + 1):
        order = {"Order": "ASC"} if operation != "ListPipelines" else {}
        reply = session.ask(operation, {pages.number: number, pages.size: 50, **order}, discovering=True)
        if reply is None or reply.status != 200:
            return False
        seen += len(reply.items(pages.items))
        if len(reply.items(pages.items)) < 50:
            count = reply.fields.get(pages.total or "")
            session.expect("a-count-counts-all", count == seen, f"{operation}: TotalCount is not the number of items")
            if operation == "ListPipelines":
                _oldest_first(session, "pipeline")
            return True
    return False


def _oldest_first(session: Session, kind: str) -> None:
    things = session.model.things[kind]
    session.model.things[kind] = dict(sorted(things.items(), key=lambda item: text_of(item[1], "GmtCreateTime")))


def _grow(session: Session, run_id: str, fields: Wire) -> Thing | None:
    """Note which nodes are in which, by a reply of GetPipelineRunNode."""
    metadata, spec = fields.get("Metadata"), fields.get("Spec")
    if not isinstance(metadata, dict) or not isinstance(spec, dict):
        return None
    node = session.model.known("node", (run_id, str(metadata.get("NodeId"))))
    children = [_grow(session, run_id, child) for child in spec.get("Pipelines") or () if isinstance(child, dict)]
    node.children = [child for child in children if child is not None]
    return node


VARIANTS = {"GetPipelineRun": (" Verbose ",), "ListWorkspaces": (" Verbose False", " Verbose True")}
# What is masked, or stands for another thing; and the Type that ListPipelineRunsStatus's sample has otherwise.
_NOT_SHOWN = {
    "GetPipelineRunNode": {"Spec", "StatusInfo"},
    "GetPipeline": {"Manifest"},
    "ListPipelineRunNodeOutputs": {"Type"},
}


def compare_with_samples(session: Session) -> None:
    """Note what the samples document of the things that exist, and where one of them is missing."""
    for name, operation in session.interface.operations.items():
        sample = cleaned(session.interface.sample(name))
        call = Call(session.model, operation, {}, "")
        for part, ids, wire in shown(call, Reply(200, (), encoded(sample))):
            if ids[-1] in ("", "None"):
                continue
            thing = _found(session, kind_of(call, part), ids[-1])
            session.expect("the-samples-are-there", thing, f"{name}: {ids[-1]} of the documented sample does not exist")
            if thing is not None:
                kept = {one: value for one, value in wire.items() if one not in _NOT_SHOWN.get(name, ())}
                for variant in VARIANTS.get(name, ("",)):
                    thing.documented[name + variant] = kept


def documented_ids(session: Session) -> set[str]:
    """Return the ids of the runs in the samples, which stay as they are."""
    samples = [cleaned(session.interface.sample(name)) for name in session.interface.operations]
    items = [item for sample in samples for item in (sample, *(sample.get("PipelineRuns") or ()))]
    return {str(item.get("PipelineRunId")) for item in items if isinstance(item, dict)}


def ask_for_samples(session: Session) -> None:
    """Ask for all that the samples document, now that it is known what is due."""
    for run in session.model.of("run"):
        discover_run(session, run)
    for operation in LISTS:
        session.ask(operation, {"PageSize": 50})
    for pipeline in session.model.of("pipeline"):
        session.ask("GetPipeline", {"PipelineId": pipeline.id})


def _found(session: Session, kind: str, own_id: str) -> Thing | None:
    return next((thing for thing in session.model.of(kind) if thing.id == own_id), None)


def pages_of(session: Session, operation: str, arguments: dict[str, Any], size: int) -> Iterator[Reply]:
    """Yield the pages of a list."""
    pages = session.interface.operations[operation].pages
    for number in range(1, MOST):
        reply = session.ask(operation, {**arguments, pages.number: number, pages.size: size}) if pages else None
        if reply is None or reply.status != 200:
            return
        yield reply
        if pages is None or len(reply.fields.get(pages.items) or ()) < size:
            return
