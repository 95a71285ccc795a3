"""The nodes of a run as a tree: its root node, with the nodes in it, at any depth.

No I/O: `tree` yields its calls as steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import attrs

from paiflow.errors import PaiFlowError
from paiflow.status.waiting import DEPTH, Outcome
from paiflow.steps import IN_FLIGHT, Ask, Steps
from paiflow_api.calling import Call
from paiflow_api.models import NodeDetails, NodeMetadata, NodeSpec, NodeStatusInfo
from paiflow_api.operations import GET_PIPELINE_RUN_NODE
from paiflow_api.outcomes import NODE_STATUS

# The statuses of a node that has not run.
_WAITING: Final = frozenset({"Initialized", "ReadyToSchedule", "Skipped"})


@attrs.frozen
class TreeNode:
    """A node and where it is.

    Attributes:
        details: as GetPipelineRunNode returned it.
        depth: 0 for the root.
        branch: the lines that join it to the tree, such as `│  └─ `.
    """

    details: NodeDetails
    depth: int = 0
    branch: str = ""

    @property
    def metadata(self) -> NodeMetadata:
        """Its name."""
        return self.details.metadata or NodeMetadata()

    @property
    def spec(self) -> NodeSpec:
        """Its definition."""
        return self.details.spec or NodeSpec()

    @property
    def state(self) -> NodeStatusInfo:
        """How it is doing."""
        return self.details.status_info or NodeStatusInfo()

    @property
    def id(self) -> str:
        """Its id, empty if the service left it out."""
        return self.metadata.node_id or ""

    @property
    def name(self) -> str:
        """Its name for people."""
        return self.metadata.display_name or self.metadata.name or self.id

    @property
    def outcome(self) -> Outcome:
        """The outcome of its status."""
        return NODE_STATUS.get(self.state.status or "", "unknown")

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.outcome not in ("active", "unknown")

    @property
    def is_leaf(self) -> bool:
        """Whether it runs by itself, and so may have a log."""
        return not (self.spec.has_pipelines or self.spec.pipelines)

    @property
    def has_run(self) -> bool:
        """Whether it has been started."""
        return self.state.started_at is not None or (self.state.status or "Initialized") not in _WAITING

    @property
    def message(self) -> str | None:
        """Return the message of one of its conditions; the vendor documents no field for it."""
        for condition in self.state.conditions:
            for name, value in condition.additional_properties.items():
                if name.lower() in ("message", "reason") and isinstance(value, str) and value.strip():
                    return value.strip()
        return None


def tree(run_id: str, node_id: str) -> Steps[Any, NodeDetails]:
    """Return a node with all nodes in it, however deep.

    Raises:
        PaiFlowError: as of GetPipelineRunNode.
    """
    [root] = yield from _details(run_id, [node_id])
    asked = {node_id, ""}
    while cut := [
        one for one in walk(root) if one.spec.has_pipelines and not one.spec.pipelines and one.id not in asked
    ]:
        asked.update(one.id for one in cut)
        found = yield from _details(run_id, [one.id for one in cut])
        for one, deeper in zip(cut, found, strict=True):
            one.spec.pipelines = TreeNode(deeper).spec.pipelines
    return root


def walk(details: NodeDetails, depth: int = 0, branch: str = "", stem: str = "") -> Iterator[TreeNode]:
    """Yield a node and then the nodes in it, each followed by those in it."""
    node = TreeNode(details, depth, branch)
    yield node
    inner = node.spec.pipelines
    for number, child in enumerate(inner, 1):
        last = number == len(inner)
        yield from walk(child, depth + 1, f"{stem}{'└─' if last else '├─'} ", f"{stem}{'   ' if last else '│  '}")


def named(nodes: Sequence[TreeNode], text: str) -> list[TreeNode]:
    """Return the node of this id, or else the nodes of this name."""
    return [node for node in nodes if node.id == text] or [
        node for node in nodes if text in (node.name, node.metadata.name)
    ]


def failed(nodes: Sequence[TreeNode]) -> list[TreeNode]:
    """Return the nodes that failed by themselves, not because of a node in them."""
    return [node for node in nodes if node.outcome == "failed" and not any(map(_failed, node.spec.pipelines))]


def _failed(details: NodeDetails) -> bool:
    return TreeNode(details).outcome == "failed"


def _details(run_id: str, node_ids: Sequence[str]) -> Steps[Any, list[NodeDetails]]:
    calls = [
        Call(GET_PIPELINE_RUN_NODE, {"pipeline_run_id": run_id, "node_id": node_id, "depth": DEPTH})
        for node_id in node_ids
    ]
    answers = yield Ask(calls, IN_FLIGHT)
    for answer in answers:
        if isinstance(answer, PaiFlowError):
            raise answer
    return list(answers)
