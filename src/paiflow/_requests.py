"""Build the body of a request from what a caller gives, or say what is wrong with it before any call is made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple, TypeVar

from paiflow.errors import InvalidRequest
from paiflow_api.models import OutputType

T = TypeVar("T")

LIST_PIPELINE_RUNS_STATUS: Final = "ListPipelineRunsStatus"

# Ours: the vendor documents no greatest count of ids in a request. 100 make one of 3 to 8 KB.
BATCH_SIZE: Final = 100
# Requests at a time.
IN_FLIGHT: Final = 8


class NodeRef(NamedTuple):
    """One node of one run. Equal to a plain pair of the two ids, and usable as a key."""

    pipeline_run_id: str
    node_id: str


def status_request(
    pipeline_runs: Iterable[str],
    nodes: Iterable[NodeRef | tuple[str, str]],
    workspace_id: str | None,
    output_type: OutputType | str | None,
) -> dict[str, Any]:
    """Return the body that asks for these runs and nodes; what is not given is left out of it.

    Raises:
        InvalidRequest: neither list has an entry, an id is empty or no text, or the output type is none of the four.
    """
    runs, references = ids_of(pipeline_runs, nodes)
    body = {
        "PipelineRuns": runs,
        "Nodes": [
            {"PipelineRunId": reference.pipeline_run_id, "NodeId": reference.node_id} for reference in references
        ],
        "WorkspaceId": None if workspace_id is None else run_id(workspace_id, "workspace_id"),
        "OutputType": None if output_type is None else known_output_type(output_type),
    }
    return {name: value for name, value in body.items() if value}


def ids_of(pipeline_runs: Iterable[str], nodes: Iterable[NodeRef | tuple[str, str]]) -> tuple[list[str], list[NodeRef]]:
    """Return the ids of runs and the nodes, checked.

    Raises:
        InvalidRequest: neither list has an entry, or an id is empty or no text.
    """
    runs = list(entries(pipeline_runs, "pipeline_runs"))
    for place, item in enumerate(runs):
        if type(item) is not str or not item.isascii() or not item:  # hardly any: a name for each would take longer
            run_id(item, f"pipeline_runs[{place}]")
    refs = [node_ref(item, f"nodes[{place}]") for place, item in enumerate(entries(nodes, "nodes"))]
    if not runs and not refs:
        raise refusal("MissingParameter", "PipelineRuns or Nodes is mandatory: give pipeline_runs or nodes")
    return runs, refs


def entries(items: Iterable[T], name: str) -> Iterable[T]:
    """Return the items; a text is refused, for its letters would be taken for ids."""
    if isinstance(items, str | bytes) or not isinstance(items, Iterable):
        raise refusal("InvalidParameter", f"{name} must be a list, not {items!r:.60}")
    return items


def run_id(value: object, name: str) -> str:
    """Return an id that can go into a request."""
    if not isinstance(value, str) or not value:
        raise refusal("InvalidParameter", f"{name} must be a text that is not empty, not {value!r:.60}")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise refusal("InvalidParameter", f"{name} holds half a surrogate pair: {value!a:.60}") from None
    return value


def node_ref(value: object, name: str) -> NodeRef:
    """Return a NodeRef of a NodeRef or a pair of ids."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise refusal(
            "InvalidParameter", f"{name} must be a NodeRef or a pair of run id and node id, not {value!r:.60}"
        )
    return NodeRef(run_id(value[0], f"{name}.pipeline_run_id"), run_id(value[1], f"{name}.node_id"))


def known_output_type(value: OutputType | str) -> OutputType:
    """Return the output type that a text names."""
    try:
        return OutputType(value)
    except ValueError:
        known = ", ".join(OutputType)
        raise refusal("InvalidParameter", f"output_type must be one of {known}, not {value!r:.60}") from None


def refusal(code: str, message: str) -> InvalidRequest:
    """Return the error for a request that is not sent."""
    return InvalidRequest(LIST_PIPELINE_RUNS_STATUS, code=code, message=message)
