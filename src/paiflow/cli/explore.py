"""The command `paiflow explore`: a page that runs operations, or the signing proxy alone."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from paiflow.cli import options
from paiflow.cli.connection import Connection
from paiflow.cli.words import say

if TYPE_CHECKING:
    from paiflow.explorer import Address


@click.command()
@options.examples(
    "paiflow explore --demo",
    "paiflow explore --no-page --region cn-hangzhou --port 8090",
)
@click.option("--demo", is_flag=True, help="Explore a mock of the service, which needs no account and takes all calls.")
@click.option("--allow-writes", is_flag=True, help="Also send what changes something.")
@click.option("--no-page", is_flag=True, help="Serve the signing proxy alone.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="To listen on; any that is free by default.")
@options.connection()
def explore(demo: bool, allow_writes: bool, no_page: bool, port: int, connection: Connection) -> None:
    """Serve a page that runs operations and shows code, or a signing proxy.

    It serves until Ctrl-C or SIGTERM, on this machine only, and asks for a token. It prints the variables that samples
    read, and the page's address, which holds the token. With --no-page it is a signing proxy for curl and other tools:
    plain requests to it go out signed.

    \b
    curl "$PAIFLOW_EXPLORER/api/v1/workspaces" -H "x-paiflow-token: $PAIFLOW_EXPLORER_TOKEN"
    """  # noqa: D301 - the escape is for click
    from paiflow import AsyncPaiFlow, explorer  # noqa: PLC0415 - needs an extra, and no other command needs it
    from paiflow.credentials import KEY_ID, KEY_SECRET  # noqa: PLC0415 - --help needs none of it
    from paiflow.samples.shell import ADDRESS, PROXY_TOKEN  # noqa: PLC0415 - as above

    variables: dict[str, str] = {}

    def ready(address: Address) -> None:
        for name, value in {**variables, ADDRESS: address.url, PROXY_TOKEN: address.token}.items():
            click.echo(f"{name}={value}")
        if not no_page:
            click.echo(address.page)
            say("open this address in a browser; Ctrl-C ends the explorer")

    with ExitStack() as stack:
        known: Mapping[str, Any] = {}
        if demo:
            service = stack.enter_context(explorer.demo())
            keys, known = service.credentials, service.known
            variables.update({KEY_ID: keys.access_key_id, KEY_SECRET: keys.access_key_secret})
            client = AsyncPaiFlow(endpoint=service.endpoint, credentials=keys, workspace_id=service.workspace_id)
        else:
            client = connection.async_client()
        settings = explorer.Settings(allow_writes=allow_writes or demo, page=not no_page, known=known, port=port)
        explorer.run(client, settings, ready)
