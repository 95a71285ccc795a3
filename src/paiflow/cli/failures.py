"""Say which nodes failed and show the end of their logs, once a wait has ended badly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import click

from paiflow import NodeRef, PaiFlow, PaiFlowError, Waited, WaitResult
from paiflow.cli import trees
from paiflow.cli.words import say, shown_line
from paiflow.status.ids import shown
from paiflow.status.tree import TreeNode

# Ours: the logs of more nodes would hide what was said before.
_MOST: Final = 3


def show(client: PaiFlow, result: WaitResult, lines: int) -> None:
    """Write to stderr the failed nodes, at most three, and the last lines of each one's log.

    What cannot be read is said, and changes nothing.
    """
    left = _MOST
    for item in [item for item in result.values() if item.outcome == "failed"]:
        try:
            for run_id, node in _failed(client, item):
                if not left:
                    say("more nodes have failed: paiflow get RUN names them")
                    return
                left -= 1
                _show_end(client, NodeRef(run_id, node.id), node, lines)
        except PaiFlowError as error:
            say(f"the log of {shown(item.id)} cannot be read: {error}")


def _failed(client: PaiFlow, item: Waited) -> Iterator[tuple[str, TreeNode]]:
    run_id, node_id = (item.id, None) if isinstance(item.id, str) else item.id
    if node_id is None:
        run = client.get_pipeline_run(run_id)
        node_id = run.node_id
        if run.message:
            say(f"{run_id}: {run.message.strip()}")
    for node in trees.nodes_of(client, run_id, node_id).failed():
        yield run_id, node


def _show_end(client: PaiFlow, ref: NodeRef, node: TreeNode, lines: int) -> None:
    found = list(client.iter_pipeline_run_node_logs(*ref, reverse=True, limit=lines))
    if not (found or node.depth or node.message):
        return  # a run of whose nodes nothing is known
    message = f": {node.message}" if node.message else ""
    say(f"{shown(ref)} ({node.name}) failed{message}; {'the end of its log:' if found else 'it has no log'}")
    for line in reversed(found):
        click.echo(f"  {shown_line(line)}", err=True)
