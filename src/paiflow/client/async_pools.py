"""A pool of connections for the async client, of one event loop: as pools.py has it for the blocking client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import httpcore

from paiflow.client.pools import PLACES, Shelf


class AsyncPool:
    """A pool that tasks share.

    Args:
        make: makes a connection to an origin: that of httpcore's pool.
    """

    def __init__(self, make: Callable[[httpcore.Origin], httpcore.AsyncConnectionInterface]) -> None:
        self._make = make
        self._shelf: Shelf[httpcore.AsyncConnectionInterface] = Shelf()
        self._places = asyncio.Semaphore(PLACES)

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        while True:
            connection = await self._lent(request)
            try:
                response = await connection.handle_async_request(request)
            except httpcore.ConnectionNotAvailable:
                await self._take_back(connection)
                continue
            except BaseException:
                await self._take_back(connection)
                raise
            body = _Body(response.stream, partial(self._take_back, connection))
            return httpcore.Response(
                response.status, headers=response.headers, content=body, extensions=response.extensions
            )

    @property
    def connections(self) -> list[httpcore.AsyncConnectionInterface]:
        """Those that are open."""
        return self._shelf.all()

    async def aclose(self) -> None:
        for connection in self._shelf.close():
            await connection.aclose()
        await asyncio.sleep(0)  # asyncio closes the sockets in the next round

    async def _lent(self, request: httpcore.Request) -> httpcore.AsyncConnectionInterface:
        """Return a connection to send a request on.

        Raises:
            httpcore.PoolTimeout: none became free in time; or the pool was closed.
        """
        if self._places.locked():
            try:
                async with asyncio.timeout(request.extensions.get("timeout", {}).get("pool")):
                    await self._places.acquire()
            except TimeoutError as error:
                raise httpcore.PoolTimeout from error
        else:
            await self._places.acquire()
        try:
            while (expired := self._shelf.expired()) is not None:
                await expired.aclose()
            return self._shelf.lend(partial(self._make, request.url.origin))
        except BaseException:
            self._places.release()
            raise

    async def _take_back(self, connection: httpcore.AsyncConnectionInterface) -> None:
        kept = self._shelf.take_back(connection)
        self._places.release()
        if not kept:
            await connection.aclose()


class _Body:
    """The body of a reply, whose connection is given back when it is closed."""

    def __init__(self, body: Any, give_back: Callable[[], Awaitable[None]]) -> None:
        self._body = body
        self._give_back = give_back
        self._closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._body)

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            try:
                await self._body.aclose()
            finally:
                await self._give_back()
