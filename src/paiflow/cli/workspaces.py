"""The command `paiflow workspaces`."""

from __future__ import annotations

import click

from paiflow.cli import options
from paiflow.cli.connection import Connection
from paiflow.cli.output import Output
from paiflow.cli.texts import FILLED


@click.command()
@options.examples(
    "paiflow workspaces",
    "paiflow workspaces --name workspace-948 -q",
)
@click.option("--name", type=FILLED, metavar="TEXT", help="Only the workspace with this name.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="At most so many.")
@options.connection(workspace=False)
@options.output()
def workspaces(name: str | None, limit: int | None, connection: Connection, output: Output) -> None:
    """List workspaces.

    Other commands take a workspace's id or its name as --workspace.
    """
    from paiflow.cli import views  # noqa: PLC0415 - --help needs none of it

    with connection.client() as client:
        output.write(views.WORKSPACES, client.iter_workspaces(workspace_name=name, limit=limit))
