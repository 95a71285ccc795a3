"""The command `paiflow outputs`: where the outputs of a run are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from paiflow.cli import exit_codes, options
from paiflow.cli.connection import Connection
from paiflow.cli.output import Output
from paiflow.cli.words import say

if TYPE_CHECKING:
    from paiflow import Output as NodeOutput
    from paiflow import PaiFlow, StatusReport
    from paiflow.cli.trees import Nodes


@click.command()
@options.examples(
    "paiflow outputs flow-train",
    "paiflow outputs flow-train fit -q",
)
@options.run_and_node
@options.connection(workspace=False)
@options.output()
@click.pass_context
def outputs(context: click.Context, run_id: str, node: str | None, connection: Connection, output: Output) -> None:
    """Show where the outputs of a run are.

    NODE is the id or the name of a node: then its outputs are shown, and those of the nodes in it. A location reads as
    other programs take it: odps://PROJECT/tables/NAME, odps://PROJECT/offlinemodels/NAME, odps://PROJECT/volumes/NAME/…,
    oss://BUCKET/PATH. With -o name it is all that is printed; with json Value is parsed.

    Ends with 0, also if there are none; 4 if there is no such run or node.
    """
    from paiflow import NodeRef  # noqa: PLC0415 - --help needs none of it
    from paiflow.cli import trees, views  # noqa: PLC0415 - as above

    with connection.client() as client:
        nodes = trees.nodes_of(client, run_id, client.get_pipeline_run(run_id).node_id)
        if node is not None:
            nodes = nodes.below(node)
        if not nodes.all:
            say("no outputs: the run has no nodes yet")
            return
        # These have the values.
        report = client.statuses(nodes=[NodeRef(run_id, one.id) for one in nodes.all if one.id])
        count = output.write(views.OUTPUTS, _all(client, nodes, report))
    if not count and not output.machine:
        say("no outputs")
    for error in report.errors:
        say(str(error))
    if report.errors:
        context.exit(exit_codes.of_error(report.errors[0]))


def _all(client: PaiFlow, nodes: Nodes, report: StatusReport) -> Iterator[NodeOutput]:
    """Yield the outputs with values, and then those that are listed all the same."""
    yield from report.outputs
    known = {one.id for one in report.outputs}
    listed = client.iter_pipeline_run_node_outputs(
        nodes.run_id, nodes.all[0].id, depth=max(node.depth for node in nodes.all) + 1, order="ASC"
    )
    yield from (one for one in listed if one.id not in known)
