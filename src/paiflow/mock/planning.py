"""Plan when the nodes of a run will run, and how they will end.

A node runs when those that it depends on have succeeded, and is skipped when one of them has not.
"""

import re
from typing import Any

from paiflow.mock.behaviour import Behaviour
from paiflow.mock.items import Node, text_of
from paiflow.mock.manifest import Step, of

__all__ = ["Plan", "Statuses"]

Statuses = list[tuple[float, str]]
"""What is to come: each status with its moment."""


class Plan:
    """When nodes will run, and how they will end.

    Attributes:
        statuses: what is to come, by node.
        failed: the nodes that will fail.
    """

    def __init__(self, now: float, behaviour: Behaviour) -> None:
        self._now = now
        self._behaviour = behaviour
        self.statuses: dict[Node, Statuses] = {}
        self.failed: list[Node] = []

    def add(self, node: Node, begin: float) -> tuple[float, bool]:
        """Plan a node, and return when it ends, and whether it succeeds."""
        statuses = self.statuses[node] = [(begin, "Running")] if begin <= self._now else self._waiting(begin)
        if node.children:
            end, succeeds = self._children(node, begin)
        else:
            # Assumption: node-failures.
            again = any(status == "Failed" for _, status in node.timeline.statuses)
            end = begin + self._behaviour.node_takes
            succeeds = again or text_of(node.current, "NodeName") not in self._behaviour.fails
            succeeds = succeeds and not _exits_with_an_error(node.step)
        statuses.append((end, "Succeeded" if succeeds else "Failed"))
        if not succeeds:
            self.failed.append(node)
        return end, succeeds

    def _waiting(self, begin: float) -> Statuses:
        return [(self._now, "ReadyToSchedule"), (begin, "Running")]

    def _children(self, node: Node, begin: float) -> tuple[float, bool]:
        """Plan the nodes in a node, and return when the last one ends, and whether all succeed."""
        ends: dict[Node, tuple[float, bool]] = {}
        for child in node.children:
            ready = max([begin, *(ends[other][0] for other in child.dependencies)])
            if child.status == "Succeeded":
                ends[child] = (begin, True)
            elif all(ends[other][1] for other in child.dependencies):
                ends[child] = self.add(child, ready)
            else:
                self._skip(child, ready)
                ends[child] = (ready, False)
        return max(end for end, _ in ends.values()), all(succeeds for _, succeeds in ends.values())

    def _skip(self, node: Node, moment: float) -> None:
        """Plan a node, and all in it, to be skipped.

        Source: "Skipped: a node before it failed", the page of GetPipelineRunNode.
        """
        waiting: Statuses = [(self._now, "ReadyToSchedule")] if moment > self._now else []
        self.statuses[node] = [*waiting, (moment, "Skipped")]
        for child in node.children:
            self._skip(child, moment)


_ERROR = re.compile(r"(^|[\s;&])(exit\s+[1-9][0-9]*|false)\s*$")


def _exits_with_an_error(step: Step | None) -> bool:
    """Return whether the command of a step's container ends in `exit 1`, another number but 0, or `false`.

    Source: spec.container has command and args, "Pipeline manifest". Assumption: node-failures.
    """
    container = of(step.spec, "container") if step else None
    words = [*_words(of(container, "command")), *_words(of(container, "args"))]
    return _ERROR.search(" ".join(words)) is not None


def _words(value: Any) -> list[str]:
    return [str(word) for word in value] if isinstance(value, list) else [value] if isinstance(value, str) else []
