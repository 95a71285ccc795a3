"""The nodes of a run, for commands that show them or pick one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import attrs

from paiflow import PaiFlow, PaiFlowError
from paiflow._text import close_to
from paiflow.cli.exit_codes import ExitCode
from paiflow.status.tree import TreeNode, failed, named, tree, walk
from paiflow.steps import Iteration


class NoSuchNode(PaiFlowError):
    """A run has no node of this id or name, or several; the message says which there are."""

    exit_code: ClassVar[int] = ExitCode.MISSING


@attrs.frozen
class Nodes:
    """The nodes of a run, or of a node of it, each before those in it."""

    run_id: str
    all: Sequence[TreeNode]

    def below(self, text: str) -> Nodes:
        """Return the node of this id or name, with the nodes in it.

        Raises:
            NoSuchNode: there is none, or there are several.
        """
        found = named(self.all, text)
        if len(found) == 1:
            return Nodes(self.run_id, list(walk(found[0].details)))
        if found:
            reason = f"several nodes are called so: give an id, one of {', '.join(one.id for one in found)}"
        else:
            names = [one.name for one in self.all[1:]]
            near = close_to(text, names) or f"; there are: {', '.join(names[:8]) or 'none'}"
            reason = f"no node is called so{near}"
        raise NoSuchNode(f"{text!r:.80} of {self.run_id}: {reason}")

    def failed(self) -> list[TreeNode]:
        """Return the nodes that failed by themselves."""
        return failed(self.all)


def nodes_of(client: PaiFlow, run_id: str, root_id: str | None) -> Nodes:
    """Return the nodes of a run; none if it has no root node yet.

    Raises:
        PaiFlowError: as of GetPipelineRunNode.
    """
    if not root_id:
        return Nodes(run_id, [])
    root = Iteration(tree(run_id, root_id), client.ask, client.time.sleep).finish()
    return Nodes(run_id, list(walk(root)))
