"""The command `paiflow workspaces`, and workspaces by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from paiflow._text import close_to
from paiflow.cli import options
from paiflow.cli.connection import Connection
from paiflow.cli.output import Output
from paiflow.errors import ConfigurationError

if TYPE_CHECKING:
    from paiflow import PaiFlow


@click.command()
@options.examples(
    "paiflow workspaces",
    "paiflow workspaces --name workspace-948 -q",
)
@click.option("--name", metavar="TEXT", help="Only the workspace with this name.")
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


def id_of(client: PaiFlow, name: str) -> str:
    """Return the id of the workspace of this name.

    Raises:
        ConfigurationError: there is none, or there are several.
        PaiFlowError: as of ListWorkspaces.
    """
    found = list(client.iter_workspaces(workspace_name=name))
    ids = [one.workspace_id for one in found if one.workspace_name == name and one.workspace_id]
    if len(ids) == 1:
        return ids[0]
    if ids:
        raise ConfigurationError(f"several workspaces are named {name}: give an id, one of {', '.join(ids)}")
    known = [one.workspace_name for one in client.iter_workspaces() if one.workspace_name]
    near = close_to(name, known) or f"; there are: {', '.join(known[:8]) or 'none'}"
    raise ConfigurationError(f"no workspace is named {name}{near}")
