"""A call: a request that was authenticated and validated, as its operation reads it."""

from typing import Any

import attrs

from paiflow.mock.behaviour import Behaviour
from paiflow.mock.description import Operation
from paiflow.mock.items import Node, Run
from paiflow.mock.refusals import Refusal
from paiflow.mock.store import Store

__all__ = ["PHYSICAL", "Call"]

PHYSICAL = "-physical"
"""Assumption: physical-nodes. What the id of a physical node has behind that of its logical node."""


@attrs.define(eq=False)  # not frozen: one is made for each request, and in half the time
class Call:
    """A call of an operation.

    Args:
        operation: which one.
        parameters: of path, query and body, by name.
        user: the id of the user who calls.
        store: of the service.
        behaviour: of the service.
    """

    operation: Operation
    parameters: dict[str, Any]
    user: str
    store: Store
    behaviour: Behaviour

    def get(self, name: str, default: Any = None) -> Any:
        """Return a parameter, the default if it was not given."""
        return self.parameters.get(name, default)

    def run(self) -> Run:
        """Return the run that the path names.

        Raises:
            Refusal: there is none, or the user may not see it.
        """
        run = self.store.runs.get(self.parameters["PipelineRunId"])
        if run is None or run.deleted or not run.seen_by(self.user):
            raise Refusal("PipelineRunNotFound", self.parameters["PipelineRunId"])
        return run

    def run_in(self, *states: str) -> Run:
        """Return the run that the path names, which has to be in a state that allows the operation.

        Args:
            states: those that allow it where the description does not say.

        Raises:
            Refusal: there is none, or it is in another state.
        """
        run = self.run()
        allowed = self.operation.states or states
        if run.status not in allowed:
            detail = (
                f"the run is {run.status or 'in no state'}; {self.operation.action} needs one of {', '.join(allowed)}"
            )
            raise Refusal("IncorrectStatus", "PipelineRunId", detail=detail)
        return run

    def node(self) -> Node:
        """Return the node that the path names.

        Raises:
            Refusal: there is none, or the user may not see its run.
        """
        run, node_id = self.run(), self.parameters["NodeId"]
        if self.get("Type") == "Physical":
            node_id = node_id.removesuffix(PHYSICAL)
        node = self.store.nodes.get(run.id, node_id)
        if node is None or node.current is None:
            raise Refusal("NodeNotFound", node_id)
        return node
