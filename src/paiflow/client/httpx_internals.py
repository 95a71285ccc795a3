"""Reach into httpx and httpcore where they have no setting for it. Nothing else does.

Where a version of theirs has no such place, that is an error: a deadline that does not hold would be noticed too late.
"""

from __future__ import annotations

from copy import copy
from typing import Any, Final

import httpx

from paiflow.errors import ConfigurationError

# The name under which a reply's extensions hold its headers, where httpx was not to see them all.
HEADERS: Final = "paiflow.headers"

# What httpx raises before anything of a request has gone out.
UNSENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)

OWN: Final = (httpx.HTTPTransport, httpx.AsyncHTTPTransport)


def equip(client: httpx.Client | httpx.AsyncClient) -> None:
    """Give a client our backend, on all its ways out.

    Raises:
        ConfigurationError: this version of httpx has no place for it; without it no deadline would hold.
    """
    from paiflow.client.network import AsyncBackend, Backend  # noqa: PLC0415 - takes long; the client has just loaded what it needs

    ours: Any = Backend if isinstance(client, httpx.Client) else AsyncBackend
    try:
        for transport in (client._transport, *client._mounts.values()):
            if isinstance(transport, OWN):
                pool: Any = transport._pool
                pool._network_backend = ours(pool._network_backend)
    except AttributeError as error:
        raise _unknown_version() from error


def renewed(transport: Any) -> Any:
    """Return a copy of one of httpx's own transports, with its settings and without its connections; others as they are."""
    if not isinstance(transport, OWN):
        return transport
    other = copy(transport)
    try:
        other._pool = pool = copy(transport._pool)
        pool._connections, pool._requests = type(pool._connections)(), type(pool._requests)()
        pool._optional_thread_lock = type(pool._optional_thread_lock)()
    except AttributeError as error:
        raise _unknown_version() from error
    return other


def _unknown_version() -> ConfigurationError:
    from importlib.metadata import version  # noqa: PLC0415 - takes long, for an error that is not due

    return ConfigurationError(
        f"paiflow cannot use httpx {httpx.__version__} with httpcore {version('httpcore')}: "
        "install httpx 0.28 and httpcore 1.0"
    )


def body_of(response: httpx.Response) -> Any:
    """Return a reply's body as the transport gives it, compressed; a client of httpx has put another stream around it."""
    inner = getattr(response.stream, "_stream", None)
    return inner if isinstance(inner, httpx.SyncByteStream | httpx.AsyncByteStream) else response.stream


def attend(response: httpx.Response) -> httpx.Response:
    """Return a reply with all its headers, whose connection will know whether more came than that reply.

    Raises:
        ConfigurationError: this version of httpx has no place for it; a surplus would be taken for the next reply.
    """
    response.headers = response.extensions.get(HEADERS, response.headers)
    requests = getattr(response.extensions.get("network_stream"), "requests", None)
    if requests is not None and requests.parser is None:
        try:
            body: Any = response.stream
            requests.parser = body._stream._httpcore_stream._stream._connection._h11_state
        except AttributeError as error:
            raise _unknown_version() from error
    return response
