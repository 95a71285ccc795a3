"""Connect to one of a host's addresses, within a time for all of them.

socket.create_connection gives each address the whole time. Here the next address is tried when one has failed, or has
kept silent for a moment, while the earlier ones go on: the first to connect wins ("happy eyeballs", RFC 8305).
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final

from paiflow.client.threads import within

# Seconds of silence after which the next address is tried as well: as RFC 8305 recommends, and anyio does.
NEXT_AFTER: Final = 0.25

_UNDER_WAY: Final = {0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EINTR}

Address = tuple[Any, ...]


def dial(
    host: str,
    port: int,
    seconds: float | None,
    local_address: str | None = None,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> socket.socket:
    """Return a socket that is connected, and blocking.

    Args:
        host: a name or an address.
        port: 1 to 65535.
        seconds: for the look-up and all addresses together; None for as long as it takes.
        local_address: to connect from.
        clock: seconds, monotonic.

    Raises:
        TimeoutError: the time was up.
        OSError: the first address that failed, when all have.
    """
    end = None if seconds is None else clock() + seconds
    found = within(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), seconds)
    waiting = deque(found)
    failures: list[OSError] = []
    started = float("-inf")
    with selectors.DefaultSelector() as selector, ExitStack() as open_:
        while waiting or selector.get_map():
            now = clock()
            if waiting and (now >= started + NEXT_AFTER or not selector.get_map()):
                started = now
                try:
                    sock = open_.enter_context(_begin(waiting.popleft(), local_address))
                    selector.register(sock, selectors.EVENT_WRITE)
                except OSError as error:
                    failures.append(error)
                    continue
            moments = [moment for moment in (end, started + NEXT_AFTER if waiting else None) if moment is not None]
            patience = min(moments) - now if moments else None
            if end is not None and now >= end:
                raise TimeoutError("timed out")
            for key, _ in selector.select(patience):
                sock = key.fileobj  # type: ignore[assignment]
                selector.unregister(sock)
                code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if code == 0:
                    return _taken(sock)
                sock.close()
                failures.append(OSError(code, os.strerror(code)))
                started = float("-inf")
    raise failures[0] if failures else OSError(errno.EADDRNOTAVAIL, "the name has no address")


def _begin(found: Address, local_address: str | None) -> socket.socket:
    """Return a socket that is connecting."""
    family, kind, protocol, _, address = found
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        if local_address is not None:
            sock.bind((local_address, 0))
        code = sock.connect_ex(address)
        if code not in _UNDER_WAY:
            raise OSError(code, os.strerror(code))
    except BaseException:
        sock.close()
        raise
    return sock


def _taken(sock: socket.socket) -> socket.socket:
    """Return the connection in a socket of its own, which is not closed with the losers."""
    taken = socket.socket(sock.family, sock.type, sock.proto, fileno=sock.detach())
    taken.setblocking(True)
    return taken
