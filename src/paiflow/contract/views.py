"""Apply replies and requests to the model: new things, changed fields, deletions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from paiflow.contract.answers import Call
from paiflow.contract.http import Reply
from paiflow.contract.model import Model
from paiflow.contract.things import ENDED, IDS, RANKS, Ids, Thing, Wire

LISTS = {
    "PipelineRuns": "run",
    "Nodes": "node",
    "Outputs": "output",
    "Status": "node",
    "Pipelines": "pipeline",
    "Workspaces": "workspace",
}
"""The kinds of the things in lists of replies."""

WHOLE = {"GetPipelineRun": "run", "GetPipeline": "pipeline", "GetPipelineRunNode": "node"}
"""The operations whose reply is a thing, and of which kind."""

Shown = tuple[str, Ids, Wire]
"""The list that it stands in, "" for the reply itself; its ids; what is said of it."""


def shown(call: Call, reply: Reply) -> Iterator[Shown]:
    """Yield the things in a reply."""
    fields = reply.fields
    if call.operation.name == "GetPipelineRunNode":
        yield from _details(call.arguments, fields)
    elif (kind := WHOLE.get(call.operation.name)) is not None:
        yield (
            "",
            _ids(kind, fields, call.arguments),
            {name: value for name, value in fields.items() if name != "RequestId"},
        )
    else:
        for name in call.operation.lists:
            if (kind := LISTS.get(name)) is not None:
                for item in reply.items(name):
                    yield name, _ids(kind, item, call.arguments), item


def kind_of(call: Call, name: str) -> str:
    """Return the kind of the things in a list, or of the reply itself."""
    return LISTS[name] if name else WHOLE[call.operation.name]


def _details(arguments: Mapping[str, Any], fields: Wire) -> Iterator[Shown]:
    """Yield a node and the nodes in it, each as the other operations show it, and with what only this one shows."""
    metadata, spec, status = (_object(fields.get(name)) for name in ("Metadata", "Spec", "StatusInfo"))
    ids = (str(arguments.get("PipelineRunId")), str(metadata.get("NodeId")))
    same = {"NodeName": metadata.get("Name")} | {
        name: status[name] for name in ("Status", "StartedAt", "FinishedAt") if name in status
    }
    own = {name: value for name, value in spec.items() if name != "Pipelines"}
    extra = {name: value for name, value in fields.items() if name not in ("RequestId", "Spec")}
    yield "", ids, {**same, **extra, "Spec": own}
    for child in spec.get("Pipelines") or ():
        if isinstance(child, dict):
            yield from _details(arguments, child)


def _object(value: Any) -> Wire:
    return value if isinstance(value, dict) else {}


def _ids(kind: str, wire: Wire, arguments: Mapping[str, Any]) -> Ids:
    return tuple(str(wire.get(name, arguments.get(name, ""))) for name in IDS[kind])


def learn(call: Call, reply: Reply, variant: str | None) -> None:
    """Record the contents of a reply, and the effects of a request.

    Args:
        call: what was asked for.
        reply: an answer.
        variant: of the reply; None if what it says is not to be relied on.
    """
    model = call.model
    for name, ids, wire in shown(call, reply):
        kind = kind_of(call, name)
        thing = model.thing(kind, *ids)
        if thing is not None and variant is not None:
            thing.learn(call.operation.name + variant, wire)
            thing.deleted = thing.deleted or (not model.strict and wire.get("IsDeleted") is True)
    if (effect := EFFECTS.get(call.operation.name)) is not None:
        effect(model, call, reply)


def _created_pipeline(model: Model, call: Call, reply: Reply) -> None:
    text = call.arguments["Manifest"]
    pipeline_id = str(reply.fields.get("PipelineId"))
    pipeline = model.known("pipeline", (pipeline_id,), WorkspaceId=call.arguments["WorkspaceId"])
    pipeline.ours = True
    _defined(model, pipeline, text)


def _updated_pipeline(model: Model, call: Call, reply: Reply) -> None:  # noqa: ARG001 - all take the same
    thing = model.thing("pipeline", call.arguments["PipelineId"])
    if thing is not None:
        thing.forget({"Provider", "Identifier", "Version", "GmtModifiedTime", "Uuid", "Manifest"})
        _defined(model, thing, call.arguments["Manifest"])


def _defined(model: Model, thing: Thing, text: str) -> None:
    thing.put |= {"Manifest": text}
    if (manifest := model.manifests.get(text)) is not None:
        thing.put |= dict(zip(("Provider", "Identifier", "Version"), manifest.identity, strict=True))


def _deleted_pipeline(model: Model, call: Call, reply: Reply) -> None:  # noqa: ARG001 - all take the same
    model.things["pipeline"].pop((call.arguments["PipelineId"],), None)


_OF_A_RUN = ("Name", "WorkspaceId", "SourceType", "SourceId", "Options", "Arguments", "Accessibility", "PipelineId")


def _created_run(model: Model, call: Call, reply: Reply) -> None:
    run_id = str(reply.fields.get("PipelineRunId"))
    put = {name: call.arguments[name] for name in _OF_A_RUN if call.get(name)}
    run = model.known("run", (run_id,), **put)
    run.ours = True
    if call.get("Accessibility") == "PRIVATE":
        run.owner = call.user
    text = call.get("PipelineManifest")
    if text is None and (pipeline := model.thing("pipeline", call.arguments["PipelineId"])) is not None:
        text = pipeline.put.get("Manifest")
    run.manifest = model.manifests.get(text or "")
    if call.get("NoConfirmRequired", True):
        _start(model, run)
    else:
        run.stay("Initialized")


def _start(model: Model, run: Thing) -> None:
    run.move(frozenset(RANKS) - {"Initialized", "Terminating", "Terminated"})
    for node in model.nodes_of(run):
        if node.fields.get("Status") != "Succeeded":
            _moves(model, node)


def _moves(model: Model, node: Thing) -> None:
    node.move(None)
    model.logs.pop(node.ids, None)
    model.explored.discard(node.ids)


def _started(model: Model, call: Call, reply: Reply) -> None:  # noqa: ARG001 - all take the same
    if (run := model.thing("run", call.arguments["PipelineRunId"])) is not None:
        _start(model, run)


def _terminated(model: Model, call: Call, reply: Reply) -> None:  # noqa: ARG001 - all take the same
    if (run := model.thing("run", call.arguments["PipelineRunId"])) is not None:
        run.move({"Terminating", "Terminated"})
        for node in model.nodes_of(run):
            if node.fields.get("Status") not in ENDED:
                _moves(model, node)


def _renamed(model: Model, call: Call, reply: Reply) -> None:  # noqa: ARG001 - all take the same
    if (run := model.thing("run", call.arguments["PipelineRunId"])) is not None:
        run.forget({"Name", "GmtModifiedTime"})
        run.put["Name"] = call.arguments["Name"]
        if (root := model.root(run)) is not None:  # it may be shown by its run's name
            root.forget({"Metadata"})


def _deleted(model: Model, call: Call, reply: Reply) -> None:  # noqa: ARG001 - all take the same
    if (run := model.thing("run", call.arguments["PipelineRunId"])) is not None:
        run.forget({"IsDeleted", "GmtModifiedTime"})
        run.put["IsDeleted"] = True
        if call.operation.states:
            run.possible = (run.possible or frozenset(RANKS)).intersection(call.operation.states)
        run.deleted = True


EFFECTS: Mapping[str, Callable[[Model, Call, Reply], None]] = {
    "CreatePipeline": _created_pipeline,
    "UpdatePipeline": _updated_pipeline,
    "DeletePipeline": _deleted_pipeline,
    "CreatePipelineRun": _created_run,
    "StartPipelineRun": _started,
    "RerunPipelineRun": _started,
    "TerminatePipelineRun": _terminated,
    "UpdatePipelineRun": _renamed,
    "DeletePipelineRun": _deleted,
}
