"""Serve the explorer: in a thread, or in the foreground for the command. On this machine only."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs

from paiflow._hidden import Secret
from paiflow.client.clients import AsyncPaiFlow
from paiflow.client.endpoint import PAIFLOW
from paiflow.explorer.app import LIMIT_BYTES, Explorer, refused
from paiflow.explorer.gate import Gate
from paiflow.explorer.page import Page
from paiflow.explorer.refusals import Refusal
from paiflow.mock._uvicorn import Server
from paiflow.mock.http_messages import Reply
from paiflow.mock.server import endpoint_of, listen, serve_until_told, serving
from paiflow.samples import Site

HOST = "127.0.0.1"


@attrs.frozen
class Settings:
    """What an explorer does.

    Attributes:
        allow_writes: whether operations that change something are allowed.
        page: whether the page is served beside the proxy.
        known: values that the page fills in instead of the documented examples, by the parameters' wire names.
        port: to listen on; 0 for any that is free.
    """

    allow_writes: bool = False
    page: bool = True
    known: Mapping[str, Any] = attrs.Factory(dict)
    port: int = 0


@attrs.frozen
class Address:
    """Where an explorer is, and the token that it asks for.

    Attributes:
        url: scheme, host and port.
        token: of this start.
    """

    url: str
    token: Secret

    @property
    def page(self) -> str:
        """The address for a browser: the token stands in the fragment, which a browser sends nowhere."""
        return f"{self.url}/#token={self.token}"


@contextmanager
def serve(client: AsyncPaiFlow, settings: Settings = Settings()) -> Iterator[Address]:
    """Serve in a thread of its own, and give the address. Leaving ends it.

    Args:
        client: sends and signs. It is to be used for nothing else.
        settings: what to do.

    Raises:
        ConfigurationError: it cannot listen.
    """
    with listen(HOST, settings.port, "the explorer") as listener:
        address = Address(endpoint_of(listener), Secret(secrets.token_urlsafe(32)))
        with serving(_server(client, settings, address), listener, "paiflow-explorer"):
            yield address


def run(client: AsyncPaiFlow, settings: Settings, ready: Callable[[Address], None]) -> None:
    """Serve until SIGINT or SIGTERM, then return. To be called in the main thread.

    Args:
        client: sends and signs.
        settings: what to do.
        ready: called with the address, once it listens.

    Raises:
        ConfigurationError: it cannot listen.
    """
    with listen(HOST, settings.port, "the explorer") as listener:
        address = Address(endpoint_of(listener), Secret(secrets.token_urlsafe(32)))
        serve_until_told(_server(client, settings, address), listener, lambda: ready(address))


def _server(client: AsyncPaiFlow, settings: Settings, address: Address) -> Server:
    site, page = Site(client.endpoint_of, client.credentials), None
    if settings.page:
        region = site.settings(PAIFLOW).get("region")
        where = {"Region": region, "PAIFlow": client.endpoint, "Workspace": client.workspace_id}
        known = {} if client.workspace_id is None else {"WorkspaceId": str(client.workspace_id)}
        page = Page(
            {name: str(value) for name, value in where.items() if value is not None},
            {**known, **settings.known},
            allow_writes=settings.allow_writes,
        )
    explorer = Explorer(client, Gate(address.url, address.token), site, allow_writes=settings.allow_writes, page=page)
    return Server(explorer, _refuse)


def _refuse(code: str) -> Reply:
    return refused(Refusal(code, LIMIT_BYTES))
