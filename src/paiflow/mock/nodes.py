"""The nodes of a run, as the operations show them: with the nodes in them, their statuses, outputs and logs."""

from collections.abc import Iterator, Mapping
from typing import Any

from paiflow.mock.call import PHYSICAL, Call
from paiflow.mock.items import Item, Node, text_of
from paiflow.mock.listing import page, sort_key
from paiflow.mock.manifest import of, parts
from paiflow.mock.timeline import ENDED

__all__ = ["get_node", "list_logs", "list_outputs", "list_statuses"]

_DEPTH = 2
"""Source: "the default is 2", the page of GetPipelineRunNode. Assumption: status-depth."""

_NAMES = ("provider", "identifier", "version")
_OUTPUTS_PER_PAGE = 20
_LINES_PER_PAGE = 100


def get_node(call: Call) -> dict[str, Any]:
    """Return a node and the nodes in it, as deep as asked for."""
    return _details(call.node(), call.get("Depth", _DEPTH), physical=call.get("Type") == "Physical")


def list_statuses(call: Call) -> dict[str, Any]:
    """Return the statuses of a node and the nodes in it. Assumption: status-depth."""
    fields = call.operation.item_fields("Status")
    physical = call.get("Type") == "Physical"
    nodes = call.node().below(call.get("Depth", _DEPTH))
    return {"Status": [{**node.view(fields), "NodeId": _id(node, physical=physical)} for node in nodes]}


def list_outputs(call: Call) -> dict[str, Any]:
    """Return the outputs of a node and of the nodes in it, as deep as asked for, in pages."""
    found = list(_outputs(call))
    by = call.get("SortBy", "GmtCreateTime")
    found.sort(key=sort_key(by))
    return page(call, found, _OUTPUTS_PER_PAGE, descending=call.get("Order", "DESC") == "DESC")


def _outputs(call: Call) -> Iterator[Item]:
    name, kind = call.get("Name"), call.get("Type")
    for node in call.node().below(call.parameters["Depth"]):
        for output in call.store.outputs_of(*node.ids):
            if output.current is None or (kind is not None and text_of(output.current, "Type") != kind):
                continue
            # Assumption: output-names.
            if name in (None, text_of(node.current, "NodeName"), text_of(output.current, "Name")):
                yield output


def list_logs(call: Call) -> dict[str, Any]:
    """Return lines of a node's log that have come. Assumptions: log-offset, log-times, log-keyword."""
    log = call.store.log(*call.node().ids)
    start, end = call.get("FromTimeInSeconds"), call.get("ToTimeInSeconds")
    lines = log.lines(call.store.now, start=start, end=end, keyword=call.get("Keyword", ""))
    offset, size = call.get("Offset", 0), call.get("PageSize", _LINES_PER_PAGE)
    if call.get("Reverse"):
        lines = lines[::-1]
    first = offset * size if call.behaviour.log_offset == "pages" else offset
    return {"TotalCount": len(lines), "Logs": lines[first : first + size]}


def _details(node: Node, depth: int, *, physical: bool) -> dict[str, Any]:
    current = node.current or {}
    metadata, spec = (node.step.metadata, node.step.spec) if node.step else ({}, {})
    name, is_root = text_of(current, "NodeName"), node.parent is None
    return {
        "ApiVersion": current.get("ApiVersion", "core/v1"),
        "Metadata": {
            **{name[:1].upper() + name[1:]: str(of(metadata, name) or "") for name in _NAMES},
            "Name": name,
            "NodeType": "Dag" if node.children else "Pod",
            "RelatedNodeIds": [] if node.children else [_id(node, physical=not physical)],
            "DisplayName": str(of(metadata, "displayName") or (text_of(node.run.current, "Name") if is_root else name)),
            **current.get("Metadata", {}),
            "NodeId": _id(node, physical=physical),
        },
        "Spec": {
            "Inputs": _parts(spec, "arguments"),
            "Outputs": _parts(spec, "outputs"),
            **current.get("Spec", {}),
            "HasPipelines": bool(node.children),
            "Dependencies": [text_of(other.current, "NodeName") for other in node.dependencies],
            "Pipelines": [_details(child, depth - 1, physical=physical) for child in node.children]
            if depth > 1
            else [],
        },
        "StatusInfo": {
            "Conditions": [],
            **current.get("StatusInfo", {}),
            "StartedAt": current.get("StartedAt"),
            "FinishedAt": current.get("FinishedAt"),
            "Status": node.status,
            "Progress": _progress(node),
        },
    }


def _id(node: Node, *, physical: bool) -> str:
    """Return the id of the logical node, or of the physical one that runs it. Assumption: physical-nodes."""
    return node.id + PHYSICAL if physical and not node.children else node.id


def _parts(spec: Any, side: str) -> dict[str, list[dict[str, Any]]]:
    """Return artifacts and parameters of a manifest, as replies name their fields."""
    return {
        kind.capitalize(): [_part(part) for part in parts(spec, side, kind)] for kind in ("artifacts", "parameters")
    }


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    value = of(part, "value")
    return {"Name": of(part, "name"), "Value": of(part, "from") if value is None else value}


def _progress(node: Node) -> str:
    """Return how many of the nodes in it have ended, of how many. Assumption: progress."""
    nodes = node.children or [node]
    ended = [one for one in nodes if one.status in ENDED or one.status == "Skipped"]
    return f"{len(ended)}/{len(nodes)}"
