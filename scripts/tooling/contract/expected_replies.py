"""What is known to exist at a service, and so what reply is due to a request.

`World.due` is a second, small implementation of the operation's promises, written from the description and not from
the mock: where the two differ, one of them is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from paiflow import _json
from tooling.contract.http import Reply, strict_json

NodeKey = tuple[str, str]
Wire = dict[str, Any]

SAMPLE_RUN = "flow-hynm2bv8wqhp5esfxq"
SAMPLE_WORKSPACE = "948"
OUTPUT_TYPES = ("Model", "DataSet", "Metrics", "ModelEvaluation")
KINDS = ("PipelineRuns", "Nodes", "Outputs")

# Fields that do not change over a run's life. Only these are compared where values were learned from the service itself.
FIXED = frozenset(
    [
        *(
            "PipelineRunId",
            "NodeId",
            "Name",
            "UserId",
            "ParentUserId",
            "SourceId",
            "NodeName",
            "Type",
            "Id",
            "Producer",
        ),
        *("GmtCreateTime", "Value", "ExpandedArtifactIndex", "ExpandableArtifactName", "Metadata"),
    ]
)

# Beyond this nothing is predicted: a limit on nesting is a server's own affair.
NESTING = 100


@dataclass(frozen=True)
class Answer:
    """What a 200 has to hold."""

    runs: tuple[Wire, ...] = ()
    nodes: tuple[Wire, ...] = ()
    outputs: tuple[Wire, ...] = ()

    def lists(self) -> dict[str, tuple[Wire, ...]]:
        """Return the three lists by their names in a reply."""
        return dict(zip(KINDS, (self.runs, self.nodes, self.outputs), strict=True))


@dataclass(frozen=True)
class Refusal:
    """How a request has to be refused: the status, a code that is one of these, words of which the message has one."""

    status: int
    codes: frozenset[str]
    about: frozenset[str] = frozenset()

    @classmethod
    def of(cls, status: int, *codes: str) -> Refusal:
        """Return one of a status and codes."""
        return cls(status, frozenset(codes))


Due = Answer | Refusal

NOT_AN_OBJECT = Refusal.of(400, "InvalidParameter")


@dataclass(frozen=True)
class World:
    """What is known to exist.

    Args:
        runs: by id.
        nodes: by run id and node id.
        outputs: those of a node, by run id and node id.
        workspace_id: where all of it lives, None if that is not known.
        elsewhere: the workspaces of the runs that live in another one, by the run's id.
        learned: the runs of which only what the service itself told is known. Of these, and of what belongs to them,
            only what stays the same over a run's life is compared.
    """

    runs: Mapping[str, Wire] = field(default_factory=dict)
    nodes: Mapping[NodeKey, Wire] = field(default_factory=dict)
    outputs: Mapping[NodeKey, tuple[Wire, ...]] = field(default_factory=dict)
    workspace_id: str | None = None
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    learned: frozenset[str] = frozenset()

    @property
    def whole(self) -> bool:
        """Whether every value is known."""
        return not self.learned

    @property
    def node_keys(self) -> list[NodeKey]:
        """Every pair that answers to something: nodes, then those that have outputs only."""
        return list(dict.fromkeys([*self.nodes, *self.outputs]))

    def due(self, content_type: str | None, body: bytes) -> Due | None:
        """Return the reply that is due to a signed PUT with this body, None where that is open."""
        if not body:
            return Refusal(400, frozenset(["MissingParameter"]), frozenset(["PipelineRuns"]))
        if not is_json(content_type):
            return Refusal.of(415, "UnsupportedMediaType")
        try:
            parameters = strict_json(body)
        except ValueError:
            return None if _is_lenient_json(body) else NOT_AN_OBJECT
        return self.due_to(parameters) if isinstance(parameters, dict) else NOT_AN_OBJECT

    def due_to(self, parameters: Mapping[str, Any]) -> Due | None:
        """Return the reply that is due to a signed PUT with these parameters, None where that is open."""
        if _depth(parameters) > NESTING:
            return None
        if faults := list(_faults(parameters)):
            codes, about = zip(*faults, strict=True)
            return Refusal(400, frozenset(codes), frozenset(about))
        return self.answer(parameters)

    def answer(self, parameters: Mapping[str, Any]) -> Answer | None:
        """Return what a valid request finds, None where that is not known."""
        workspace_id = parameters.get("WorkspaceId")
        if workspace_id is not None and self.workspace_id is None:
            return None

        def is_there(run_id: str) -> bool:
            return workspace_id in (None, self.elsewhere.get(run_id, self.workspace_id))

        output_type = parameters.get("OutputType")
        if nodes := parameters.get("Nodes"):
            # The vendor's word: where both lists are given, Nodes takes precedence.
            asked = dict.fromkeys((node["PipelineRunId"], node["NodeId"]) for node in nodes)
            keys = [key for key in asked if is_there(key[0])]
            found = [output for key in keys for output in self.outputs.get(key, ())]
            return Answer(
                nodes=tuple(self.nodes[key] for key in keys if key in self.nodes),
                outputs=tuple(output for output in found if output_type in (None, output.get("Type"))),
            )
        run_ids = dict.fromkeys(parameters["PipelineRuns"])
        return Answer(runs=tuple(self.runs[run] for run in run_ids if run in self.runs and is_there(run)))


def sample_world(sample: Mapping[str, Any]) -> World:
    """Return the world of the vendor's sample: one run, one of its nodes, and an output of another run's node."""
    outputs: dict[NodeKey, tuple[Wire, ...]] = {}
    for output in sample["Outputs"]:
        key = (output["PipelineRunId"], output["NodeId"])
        outputs[key] = (*outputs.get(key, ()), output)
    return World(
        {run["PipelineRunId"]: run for run in sample["PipelineRuns"]},
        {(node["PipelineRunId"], node["NodeId"]): node for node in sample["Nodes"]},
        outputs,
        SAMPLE_WORKSPACE,
    )


def learned_world(
    base: World, of_runs: Reply, of_nodes: Reply | None, run_ids: list[str], keys: list[NodeKey]
) -> World:
    """Return a world with what two first replies tell of, too. Ids that were promised are in it, found or not."""
    strangers = [run for run in run_ids if run not in base.runs or run in base.learned]
    found = {run.get("PipelineRunId"): run for run in of_runs.items("PipelineRuns")}
    runs = {run: found.get(run, {"PipelineRunId": run}) for run in strangers}
    nodes: dict[NodeKey, Wire] = {key: {"PipelineRunId": key[0], "NodeId": key[1]} for key in keys}
    outputs: dict[NodeKey, tuple[Wire, ...]] = {}
    for node in of_nodes.items("Nodes") if of_nodes else ():
        nodes[node.get("PipelineRunId", ""), node.get("NodeId", "")] = node
    for output in of_nodes.items("Outputs") if of_nodes else ():
        key = (output.get("PipelineRunId", ""), output.get("NodeId", ""))
        outputs[key] = (*outputs.get(key, ()), output)
    return replace(
        base,
        runs={**runs, **{run: wire for run, wire in base.runs.items() if run not in strangers}},
        nodes={**nodes, **base.nodes},
        outputs={**outputs, **base.outputs},
        learned=frozenset([*strangers, *(run for run, _ in nodes if run not in base.runs)]),
    )


def is_json(content_type: str | None) -> bool:
    """Return whether a content type is application/json in UTF-8, or without a charset."""
    media_type, *parameters = (content_type or "").lower().split(";")
    charsets = {parameter.strip().replace('"', "") for parameter in parameters}
    return media_type.strip() == "application/json" and charsets <= {"charset=utf-8"}


def _faults(parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield code and parameter of every fault of a request. Unknown parameters are no fault."""
    if "PipelineRuns" not in parameters and "Nodes" not in parameters:
        yield "MissingParameter", "PipelineRuns"
    for name in ("PipelineRuns", "Nodes"):
        if name in parameters:
            listed = parameters[name]
            if not isinstance(listed, list) or not listed:
                yield "InvalidParameter", name
                continue
            for item in listed:
                yield from _node_faults(item) if name == "Nodes" else _id_faults(item, name)
    if "WorkspaceId" in parameters:
        yield from _id_faults(parameters["WorkspaceId"], "WorkspaceId")
    if "OutputType" in parameters and parameters["OutputType"] not in OUTPUT_TYPES:
        yield "InvalidParameter", "OutputType"


def _node_faults(node: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(node, dict):
        yield "InvalidParameter", "Nodes"
        return
    for name in ("PipelineRunId", "NodeId"):
        if name not in node:
            yield "MissingParameter", name
        else:
            yield from _id_faults(node[name], name)


def _id_faults(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, str) or not value:
        yield "InvalidParameter", name


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [
            inner
            for item in level
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
    return depth


def _is_lenient_json(body: bytes) -> bool:
    """Return whether a body that is not strict JSON is one that readers may differ on: names twice, surrogates, depth."""
    try:
        _json.read(body.decode("utf-8"), unique=False)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True
