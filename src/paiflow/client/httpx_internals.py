"""Reach into httpx and httpcore where they have no setting for it. Nothing else does.

Where a version of theirs has no such place, that is an error: a deadline that does not hold would be noticed too late.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any, Final

import httpx

from paiflow.errors import ConfigurationError

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


def equip(transport: Any, backend: object, pool: Callable[[Callable[[Any], Any]], object]) -> None:
    """Give one of httpx's own transports another pool, and its connections another network.

    Args:
        transport: just made.
        backend: the network, as httpcore takes it.
        pool: makes the pool, of what makes connections to an origin.

    Raises:
        ConfigurationError: this version of httpx has no place for it; without it no deadline would hold.
    """
    try:
        theirs = transport._pool
        del theirs._network_backend  # there must be one
        theirs._network_backend = backend
        transport._pool = pool(theirs.create_connection)
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


def has_surplus(connection: Any) -> bool:
    """Return whether more was read on a connection than its last reply.

    Raises:
        ConfigurationError: this version of httpx has no place for it; a surplus would be taken for the next reply.
    """
    try:
        while not hasattr(connection, "_h11_state"):
            connection = connection._connection
        return bool(connection._h11_state.trailing_data[0])
    except AttributeError as error:
        raise _unknown_version() from error


def _unknown_version() -> ConfigurationError:
    from importlib.metadata import version  # noqa: PLC0415 - takes long, for an error that is not due

    return ConfigurationError(
        f"paiflow cannot use httpx {httpx.__version__} with httpcore {version('httpcore')}: "
        "install httpx 0.28 and httpcore 1.0"
    )
