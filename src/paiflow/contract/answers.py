"""Predict the reply to a valid request: a second, small implementation of all operations.

It is written from the description and the pages, and not from the mock. Each operation is a row of `ANSWERS`; one
without a row is checked by the general checks only. Each row returns None where the answer is open.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from paiflow.contract.arguments import Arguments, Refusal
from paiflow.contract.interface import Described
from paiflow.contract.model import Answer, Due, Model, Part
from paiflow.contract.things import CHANGING, ENDED, RANKS, Thing, text_of

NO_SUCH = Refusal(404)
NO_PIPELINE = Refusal.of(404, "200200004")
NOT_ALLOWED = Refusal(400)

STATES: Mapping[str, frozenset[str]] = {
    "StartPipelineRun": frozenset({"Initialized"}),
    "TerminatePipelineRun": frozenset(RANKS) - ENDED - {"Terminating"} | {"Suspended"},
    "RerunPipelineRun": frozenset({"Failed", "Terminated"}),
}
"""The states of a run that allow an operation, where the description does not name them: an assumption."""


@dataclass(frozen=True)
class Call:
    """A valid request.

    Args:
        model: what exists.
        operation: what is called.
        arguments: by name.
        user: who calls, as access key id.
    """

    model: Model
    operation: Described
    arguments: Arguments
    user: str

    def get(self, name: str, default: Any = None) -> Any:
        """Return an argument."""
        return self.arguments.get(name, default)

    def sees(self, thing: Thing) -> bool:
        """Return whether the user sees a thing."""
        return thing.owner in (None, self.user)

    def run(self) -> Thing | Refusal | None:
        """Return the run that the path names, or the refusal that is due."""
        run = self.model.thing("run", self.arguments["PipelineRunId"])
        if run is None:
            return NO_SUCH if "run" in self.model.complete else None
        if run.deleted and not self.model.strict:
            return None  # how else than by ListPipelineRunsStatus a deleted run is shown, no page says
        return NO_SUCH if run.deleted or not self.sees(run) else run

    def node(self) -> Thing | Refusal | None:
        """Return the node that the path names, or the refusal that is due."""
        run = self.run()
        if not isinstance(run, Thing):
            return run
        node = self.model.thing("node", run.id, self.arguments["NodeId"])
        if node is None and "node" in self.model.complete and self.get("Type") != "Physical":
            return NO_SUCH
        return None if self.get("Type") == "Physical" else node

    def pipeline(self) -> Thing | Refusal | None:
        """Return the pipeline that is named, or the refusal that is due."""
        pipeline = self.model.thing("pipeline", self.arguments["PipelineId"])
        return NO_PIPELINE if pipeline is None and "pipeline" in self.model.complete else pipeline

    def manifest(self, name: str) -> Due | None:
        """Return the expected reply to a manifest."""
        text = self.arguments[name]
        if text not in self.model.manifests:
            return None
        return Refusal(400, about=frozenset([name])) if self.model.manifests[text] is None else Answer()


def of_runs_and_nodes(call: Call) -> Due | None:
    """ListPipelineRunsStatus: where both lists are given, Nodes takes precedence. Deleted runs are shown, too."""
    model, workspace, kind = call.model, call.get("WorkspaceId"), call.get("OutputType")

    def there(run: Thing | None) -> bool:
        return run is not None and call.sees(run) and workspace in (None, text_of(run, "WorkspaceId"))

    asked = call.get("Nodes")
    ids = dict.fromkeys(call.get("PipelineRuns", ()) if not asked else (node["PipelineRunId"] for node in asked))
    runs = [run for one in ids if (run := model.thing("run", one)) is not None]
    if workspace is not None and any("WorkspaceId" not in run.fields for run in runs):
        return None
    if not asked:
        found = tuple(run for run in runs if there(run))
        return Answer({"PipelineRuns": Part(found), "Nodes": Part(), "Outputs": Part()})
    keys = dict.fromkeys((node["PipelineRunId"], node["NodeId"]) for node in asked)
    nodes = [
        model.known("node", key) for key in keys if key in model.things["node"] and there(model.thing("run", key[0]))
    ]
    outputs = [one for node in nodes for one in model.outputs_of(node)]
    shown = [one for one in outputs if kind in (None, text_of(one, "Type"))]
    exact = all(node.ids in model.explored for node in nodes)
    shown = shown if exact else [one for one in shown if one.ids[:2] in model.explored]
    return Answer({"PipelineRuns": Part(), "Nodes": Part(nodes), "Outputs": Part(shown, exact=exact)})


@dataclass(frozen=True)
class Listing:
    """An operation that lists things in pages, filtered and sorted.

    Each parameter filters by the field of its name.

    Args:
        kind: of the things.
        size: of a page, if the request does not say.
        order: if the request does not say.
        fields: of those parameters that have another name.
        ignored: parameters that filter nothing.
    """

    kind: str
    size: int
    order: str = "DESC"
    fields: Mapping[str, str] = field(default_factory=dict)
    ignored: Collection[str] = ()

    def __call__(self, call: Call) -> Due | None:
        """Return what is due."""
        things = [thing for thing in call.model.of(self.kind) if call.sees(thing)]
        return self.page(call, things, exact=self.kind in call.model.complete)

    def _filters(self, call: Call) -> dict[str, Any]:
        pages = call.operation.pages
        skipped = {"SortBy", "Order", "FuzzyMatching", *self.ignored, *((pages.number, pages.size) if pages else ())}
        return {name: value for name, value in call.arguments.items() if name not in skipped}

    def page(self, call: Call, things: list[Thing], *, exact: bool) -> Due | None:
        """Return what is due of these; `exact` if they are all that exist."""
        pages = call.operation.pages
        if pages is None:
            return None
        for name, value in self._filters(call).items():
            of = self.fields.get(name, name)
            if any(_may_be_anything(thing, of, call.operation.name) for thing in things):
                return None
            fuzzy = bool(call.get("FuzzyMatching")) and name.startswith("Pipeline")
            things = [thing for thing in things if _fits(text_of(thing, of), value, fuzzy=fuzzy)]
        by = call.get("SortBy", "GmtCreateTime")
        certain = not any(_may_be_anything(thing, by, call.operation.name) for thing in things)
        created = {thing.ids: number for number, thing in enumerate(call.model.things[self.kind].values())}
        key = sort_key(by)
        things = sorted(things, key=lambda thing: (key(thing), created[thing.ids]))
        if call.get("Order", self.order) == "DESC":
            things = things[::-1]
        size = call.get(pages.size, self.size)
        first = (call.get(pages.number, 1) - 1) * size
        if not certain and len(things) > size:
            return Answer({pages.items: Part(exact=False)})
        return Answer({pages.items: Part(things, first, size, key if certain else None, pages.total, exact)})


def _may_be_anything(thing: Thing, name: str, operation: str) -> bool:
    """Return whether a field of a thing may have changed since it was said, or was never said, nor left out by the list."""
    if thing.moving and name in CHANGING:
        return name != "Status" or len(thing.possible or "ab") > 1
    return name not in thing.fields and not thing.was_told_by(operation)


def sort_key(name: str) -> Callable[[Thing], tuple[bool, float, str]]:
    """Return the key to sort by a field: numbers by value, texts by character, nothing before all else."""

    def key(thing: Thing) -> tuple[bool, float, str]:
        value = thing.fields.get(name)
        number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
        return value not in (None, ""), number, "" if value is None else str(value)

    return key


def _fits(text: str, value: Any, *, fuzzy: bool) -> bool:
    if isinstance(value, list):
        return text in value
    return str(value) in text if fuzzy else text == str(value)


def of_workspaces(call: Call) -> Due | None:
    """ListWorkspaces: the limits of resources instead, if Option asks for them."""
    if call.get("Option") == "GetResourceLimits":
        return None
    answer = _WORKSPACES(call)
    if isinstance(answer, Answer) and call.get("Fields"):
        known = call.get("Fields") == ["Id"]
        return Answer(answer.parts, " Fields Id", only=frozenset({"WorkspaceId"})) if known else None
    return Answer(answer.parts, f" Verbose {bool(call.get('Verbose'))}") if isinstance(answer, Answer) else answer


def of_run(call: Call) -> Due | None:
    """GetPipelineRun: its manifest is among the details that Verbose asks for."""
    run = call.run()
    if not isinstance(run, Thing):
        return run
    if call.get("Verbose"):
        return Answer({"": Part([run])}, f" Verbose {call.get('ManifestType', '')}")
    return Answer({"": Part([run])}, absent=frozenset({"Manifest"}))


def of_change(call: Call) -> Due | None:
    """An operation that changes a run needs one, in a state that allows it."""
    run = call.run()
    allowed = frozenset(call.operation.states) or STATES.get(call.operation.name)
    if not isinstance(run, Thing) or allowed is None:
        return Answer() if isinstance(run, Thing) else run
    possible = run.possible or (frozenset(RANKS) if run.moving else frozenset([text_of(run, "Status")]))
    if call.model.frozen and run.moving and run.seen:
        possible = frozenset([run.seen])
    if possible <= allowed:
        return Answer()
    return None if possible & allowed else NOT_ALLOWED


def of_new_run(call: Call) -> Due | None:
    """CreatePipelineRun: of a pipeline that exists, or of a manifest."""
    due = call.manifest("PipelineManifest") if "PipelineManifest" in call.arguments else call.pipeline()
    if isinstance(due, Answer | Thing) and call.get("Arguments", "{}")[:1] != "{":
        return None
    return Answer() if isinstance(due, Thing) else due


def of_new_pipeline(call: Call) -> Due | None:
    """CreatePipeline and UpdatePipeline: a manifest, whose provider, identifier and version no other pipeline has."""
    own = call.pipeline() if "PipelineId" in call.arguments else None
    if isinstance(own, Refusal) or (own is None and "PipelineId" in call.arguments):
        return own
    manifest = call.model.manifests.get(call.arguments["Manifest"])
    for thing in call.model.of("pipeline"):
        identity = tuple(text_of(thing, name) for name in ("Provider", "Identifier", "Version"))
        if manifest is not None and thing is not own and identity == manifest.identity:
            return Refusal(400, about=frozenset(["Manifest"]))
    return call.manifest("Manifest")


def of_pipeline(call: Call) -> Due | None:
    """GetPipeline."""
    pipeline = call.pipeline()
    return Answer({"": Part([pipeline])}) if isinstance(pipeline, Thing) else pipeline


def of_old_pipeline(call: Call) -> Due | None:
    """DeletePipeline: not while another pipeline uses it."""
    pipeline = call.pipeline()
    if not isinstance(pipeline, Thing):
        return pipeline
    return NOT_ALLOWED if call.model.users_of(pipeline) else Answer()


def of_nodes(call: Call) -> Due | None:
    """GetPipelineRunNode and ListPipelineRunNodeStatus: a node and the nodes in it, so many levels deep; 2 by default."""
    node = call.node()
    if not isinstance(node, Thing):
        return node
    found = list(node.below(call.get("Depth", 2)))
    if any(one.children is None for one in found):
        return None
    return Answer({"Status" if call.operation.lists else "": Part(found)})


def of_outputs(call: Call) -> Due | None:
    """ListPipelineRunNodeOutputs: of a node and the nodes in it, so many levels deep."""
    node = call.node()
    if not isinstance(node, Thing):
        return node
    nodes = list(node.below(call.get("Depth", 1)))
    if any(one.children is None or one.ids not in call.model.explored for one in nodes):
        return None
    name = call.get("Name")
    found = [
        output
        for one in nodes
        for output in call.model.outputs_of(one)
        if name in (None, text_of(one, "NodeName"), text_of(output, "Name"))
    ]
    return _OUTPUTS.page(call, found, exact=call.model.strict)


def of_logs(call: Call) -> Due | None:
    """ListPipelineRunNodeLogs: lines by offset and keyword, the newest first if Reverse asks for it."""
    node = call.node()
    if not isinstance(node, Thing):
        return node
    lines = call.model.logs.get(node.ids)
    offset, size = call.get("Offset", 0), call.get("PageSize", 100)
    if lines is None or call.get("FromTimeInSeconds") is not None or call.get("ToTimeInSeconds") is not None:
        return None
    found = [line for line in lines if call.get("Keyword", "") in line]
    found = found[::-1] if call.get("Reverse") else found
    if offset and call.model.offset is None:
        return None
    first = offset * size if call.model.offset == "pages" else offset
    return Answer(lines=(found[first : first + size], len(found)))


_WORKSPACES = Listing(
    "workspace",
    20,
    "ASC",
    {"WorkspaceIds": "WorkspaceId", "UserId": "Creator"},
    ("ModuleList", "Option", "Verbose", "Fields", "ResourceGroupId"),
)
_OUTPUTS = Listing("output", 20, ignored=("PipelineRunId", "NodeId", "Depth", "Name", "TokenId"))

ANSWERS: Mapping[str, Callable[[Call], Due | None]] = {
    "ListPipelineRunsStatus": of_runs_and_nodes,
    "ListPipelineRuns": Listing("run", 10, fields={"PipelineIds": "PipelineId"}),
    "CreatePipelineRun": of_new_run,
    "GetPipelineRun": of_run,
    "UpdatePipelineRun": of_change,
    "DeletePipelineRun": of_change,
    "StartPipelineRun": of_change,
    "TerminatePipelineRun": of_change,
    "RerunPipelineRun": of_change,
    "GetPipelineRunNode": of_nodes,
    "ListPipelineRunNodeStatus": of_nodes,
    "ListPipelineRunNodeOutputs": of_outputs,
    "ListPipelineRunNodeLogs": of_logs,
    "ListPipelines": Listing(
        "pipeline",
        10,
        fields={"PipelineIdentifier": "Identifier", "PipelineProvider": "Provider", "PipelineVersion": "Version"},
    ),
    "CreatePipeline": of_new_pipeline,
    "GetPipeline": of_pipeline,
    "UpdatePipeline": of_new_pipeline,
    "DeletePipeline": of_old_pipeline,
    "ListWorkspaces": of_workspaces,
}
"""By operationId."""
