"""A pool of connections for the blocking client, in the place of httpcore's.

httpcore's asks all its connections several times a call whether something has come, keeps 20 idle ones and closes the others.
This one lends the connection that was given back last, so a few are used much, and closes those that were not used for a while.
Whether something has come on one is looked at when a request is sent on it (network.py); then another is lent. httpcore's pool
still makes the connections, with its settings.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, Generic, TypeVar

import httpcore

from paiflow.client.deadline import left
from paiflow.client.httpx_internals import has_surplus

Connection = TypeVar("Connection", bound="httpcore.ConnectionInterface | httpcore.AsyncConnectionInterface")

# As httpx has it: the most connections of one pool, and the seconds for which an unused one is kept.
PLACES: Final = 100
KEPT: Final = 5.0


class Shelf(Generic[Connection]):
    """The connections of a pool: those in use, and those that wait for use.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.closed: bool = False
        self._clock = clock
        self._used: set[Connection] = set()
        # With the time at which each was given back.
        self._idle: deque[tuple[float, Connection]] = deque()

    def expired(self) -> Connection | None:
        """Give up a connection that was not used for a while, to be closed; None if there is none."""
        if self._idle and self._idle[0][0] + KEPT < self._clock():
            return self._idle.popleft()[1]
        return None

    def lend(self, make: Callable[[], Connection]) -> Connection:
        """Return the connection that was given back last, else a new one.

        Raises:
            httpcore.PoolTimeout: the pool was closed.
        """
        if self.closed:
            raise httpcore.PoolTimeout("the pool is closed")
        connection = self._idle.pop()[1] if self._idle else make()
        self._used.add(connection)
        return connection

    def take_back(self, connection: Connection) -> bool:
        """Return whether a connection is kept: not if it broke, or if more came on it than its reply."""
        self._used.discard(connection)
        kept = not self.closed and connection.is_idle() and not connection.is_closed() and not has_surplus(connection)
        if kept:
            self._idle.append((self._clock(), connection))
        return kept

    def close(self) -> list[Connection]:
        """Lend no more, and return all connections, to be closed."""
        self.closed = True
        connections = self.all()
        self._idle.clear()
        return connections

    def all(self) -> list[Connection]:
        """Return all connections."""
        return [*self._used, *[connection for _, connection in self._idle]]


class Pool:
    """A pool that threads share.

    Args:
        make: makes a connection to an origin: that of httpcore's pool.
    """

    def __init__(self, make: Callable[[httpcore.Origin], httpcore.ConnectionInterface]) -> None:
        self._make = make
        self._shelf: Shelf[httpcore.ConnectionInterface] = Shelf()
        self._lock = threading.Lock()
        self._places = threading.Semaphore(PLACES)

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        while True:
            connection = self._lent(request)
            try:
                response = connection.handle_request(request)
            except httpcore.ConnectionNotAvailable:
                self._take_back(connection)
                continue
            except BaseException:
                self._take_back(connection)
                raise
            body = _Body(response.stream, partial(self._take_back, connection))
            return httpcore.Response(
                response.status, headers=response.headers, content=body, extensions=response.extensions
            )

    @property
    def connections(self) -> list[httpcore.ConnectionInterface]:
        """Those that are open."""
        with self._lock:
            return self._shelf.all()

    def close(self) -> None:
        with self._lock:
            connections = self._shelf.close()
        for connection in connections:
            connection.close()

    def _lent(self, request: httpcore.Request) -> httpcore.ConnectionInterface:
        """Return a connection to send a request on.

        Raises:
            httpcore.PoolTimeout: none became free in time; or the pool was closed.
        """
        timeout = left(request.extensions.get("timeout", {}).get("pool"), httpcore.PoolTimeout)
        if not self._places.acquire(timeout=timeout):
            raise httpcore.PoolTimeout
        try:
            with self._lock:
                while (expired := self._shelf.expired()) is not None:
                    expired.close()
                return self._shelf.lend(partial(self._make, request.url.origin))
        except BaseException:
            self._places.release()
            raise

    def _take_back(self, connection: httpcore.ConnectionInterface) -> None:
        with self._lock:
            kept = self._shelf.take_back(connection)
        self._places.release()
        if not kept:
            connection.close()


class _Body:
    """The body of a reply, whose connection is given back when it is closed."""

    def __init__(self, body: Any, give_back: Callable[[], None]) -> None:
        self._body = body
        self._give_back = give_back
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            try:
                self._body.close()
            finally:
                self._give_back()
