"""The command `paiflow explore`: a page that runs operations, or the signing proxy alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from paiflow import AsyncPaiFlow
from paiflow.cli import options
from paiflow.cli.words import say
from paiflow.credentials import KEY_ID, KEY_SECRET
from paiflow.samples.shell import ADDRESS, PROXY_TOKEN

if TYPE_CHECKING:
    from paiflow.explorer import Address


@click.command()
@click.option("--demo", is_flag=True, help="Explore a mock of the service: no account is needed.")
@click.option(
    "--allow-writes", is_flag=True, help="Also send what changes something; the mock of --demo always takes it."
)
@click.option("--no-page", is_flag=True, help="Serve the signing proxy alone.")
@click.option("--workspace", metavar="ID", help="The workspace that the page fills in; else the profile's.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="To listen on; any that is free by default.")
@options.connection_options
def explore(
    demo: bool,
    allow_writes: bool,
    no_page: bool,
    workspace: str | None,
    port: int,
    form: str,
    endpoint: str | None,
    region: str | None,
    request_timeout: float | None,
) -> None:
    r"""Serve a page that runs operations, signed, and writes the code that does the same; until Ctrl-C or SIGTERM.

    It listens on this machine only, and asks for a token: the address that is printed holds it. With --no-page it is
    a signing proxy for curl and other tools: plain requests to it go out signed, with the token in a header.

    \b
        curl "$PAIFLOW_EXPLORER/api/v1/workspaces" -H "x-paiflow-token: $PAIFLOW_EXPLORER_TOKEN"
    """
    from paiflow import explorer  # noqa: PLC0415 - needs an extra, and no other command needs it

    # What the samples read from the environment.
    variables: dict[str, str] = {}

    def ready(address: Address) -> None:
        variables.update({ADDRESS: address.url, PROXY_TOKEN: address.token})
        page = None if no_page else address.page
        if form != "table":
            click.echo(json.dumps({"variables": variables, "page": page}))
            return
        for name, value in variables.items():
            click.echo(f"{name}={value}")
        if page is not None:
            click.echo(page)
            say("open this address in a browser; Ctrl-C ends the explorer")

    with ExitStack() as stack:
        given: dict[str, Any] = options.connection(endpoint, region, request_timeout)
        known: Mapping[str, Any] = {}
        if demo:
            service = stack.enter_context(explorer.demo())
            keys = service.credentials
            given |= {"endpoint": service.endpoint, "credentials": keys}
            variables |= {KEY_ID: keys.access_key_id, KEY_SECRET: keys.access_key_secret}
            workspace, known = workspace or service.workspace_id, service.known
        client = AsyncPaiFlow(workspace_id=workspace, **given)
        settings = explorer.Settings(allow_writes=allow_writes or demo, page=not no_page, known=known, port=port)
        explorer.run(client, settings, ready)
