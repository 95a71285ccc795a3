"""Open connections, one set for each process and event loop.

A connection belongs to the process that opened it, and an async one to its event loop too. A forked child that used its
parent's connections would read its parent's replies. So a client has transports of httpx for each process and loop that
uses it. It never sends on the connections of another process, and never closes them.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import httpx

from paiflow import _forks  # noqa: F401 - for what it registers
from paiflow.client.environment import certificates
from paiflow.client.httpx_internals import OWN, UNSENT, equip, renewed
from paiflow.errors import ConfigurationError

if TYPE_CHECKING:
    import asyncio

Transport = TypeVar("Transport", bound=httpx.BaseTransport | httpx.AsyncBaseTransport)
Owner = tuple[int, "asyncio.AbstractEventLoop | None"]

_CLOSED: Final = "the client is closed: make a new one"


class Transports(Generic[Transport]):
    """The transports of one process and event loop, by the endpoints to which they lead.

    Attributes:
        closed: whether they are.
    """

    def __init__(self, transports: Mapping[str, Transport]) -> None:
        self._transports = transports
        self.closed: bool = False

    def to(self, endpoint: str) -> Transport:
        """Return the transport of requests to an endpoint."""
        return self._transports[endpoint]

    def ending(self) -> list[Transport]:
        """Return the transports, to be closed; none if they are."""
        self.closed, was = True, self.closed
        # One that the user gave may have no hash.
        return [] if was else list({id(one): one for one in self._transports.values()}.values())


def opener(
    kind: type[Transport], proxies: Mapping[str, httpx.Proxy | None], transport: Transport | None
) -> Callable[[], Transports[Transport]]:
    """Return a function that opens transports to all endpoints. The environment is read once, now.

    Args:
        kind: httpx's transport that blocks, or the async one.
        proxies: by endpoint, the proxy on the way.
        transport: the user's own, to all of them. The first time it is taken as it is, then a copy without connections.

    Raises:
        ConfigurationError: a certificate setting of the environment cannot be used.
    """
    if transport is not None:
        given = [transport]

        def open_given() -> Transports[Transport]:
            return Transports(dict.fromkeys(proxies, given.pop() if given else renewed(transport)))

        return open_given

    backend: Any
    pool: Any
    if issubclass(kind, httpx.HTTPTransport):
        from paiflow.client.network import Backend as backend  # noqa: PLC0415, N813 - takes long, and one half is enough
        from paiflow.client.pools import Pool as pool  # noqa: PLC0415, N813
    else:
        from paiflow.client.async_network import AsyncBackend as backend  # noqa: PLC0415, N813
        from paiflow.client.async_pools import AsyncPool as pool  # noqa: PLC0415, N813

    verify = certificates(encrypted=any(endpoint.startswith("https:") for endpoint in proxies))

    def open_own() -> Transports[Transport]:
        made: Any = {endpoint: kind(verify=verify, proxy=proxy) for endpoint, proxy in proxies.items()}  # type: ignore[call-arg]
        for own in made.values():
            equip(own, backend(), pool)
        return Transports(made)

    return open_own


def is_shared(transport: object) -> bool:
    """Return whether a transport that the user gave serves all processes and event loops: no copy can be made of it."""
    return not (transport is None or isinstance(transport, OWN))


class _Connections(Generic[Transport]):
    """The transports of one PaiFlow, by who uses them.

    Args:
        open_: opens one more.
        shared: whether all share one: that of a transport which cannot be opened once more.

    Attributes:
        closed: whether the PaiFlow is closed.
    """

    def __init__(self, open_: Callable[[], Transports[Transport]], *, shared: bool = False) -> None:
        self._open = open_
        # Opened at once, so that a mistake in the settings is reported at once.
        self._unused = [open_()]
        # Those of other processes stay in it: to drop them could close them.
        self._by_owner: dict[Owner, Transports[Transport]] = {}
        self._shared = shared
        self._home = os.getpid()
        self.closed = False

    def transports(self) -> Transports[Transport]:
        """Return the transports that this process, and this event loop, may use."""
        owner = self._owner()
        transports = self._by_owner.get(owner)
        if transports is None or transports.closed:
            self._by_owner.pop(owner, None)
            transports = self._by_owner.setdefault(owner, self._fresh())
        self.check_open()
        return transports

    def check_open(self) -> None:
        """Raise a ConfigurationError if the PaiFlow is closed."""
        if self.closed:
            raise ConfigurationError(_CLOSED)

    @contextmanager
    def in_use(self, *, sending: bool = False) -> Iterator[None]:
        """Turn an error within this into a ConfigurationError if the PaiFlow was closed meanwhile.

        Args:
            sending: whether a request is sent within it, so that the service may have acted on it.
        """
        try:
            yield
        except Exception as error:
            if self.closed:
                closed = ConfigurationError(_CLOSED)
                closed.maybe_done = sending and not isinstance(error, UNSENT)
                raise closed from None
            raise

    def _owner(self) -> Owner:
        return (self._home if self._shared else os.getpid()), None

    def _fresh(self) -> Transports[Transport]:
        # Another process does not take it: a transport that was given may have been used elsewhere.
        if os.getpid() == self._home or self._shared:
            with suppress(IndexError):
                return self._unused.pop()
        return self._open()

    def _own(self) -> dict[Owner, Transports[Transport]]:
        """Return those that this process opened."""
        process = os.getpid()
        own = {owner: transports for owner, transports in self._by_owner.items() if owner[0] == process}
        for transports in self._unused if process == self._home else ():
            own[process, None] = transports
        return own


class Connections(_Connections[httpx.BaseTransport]):
    """Those of the blocking client: one for each process."""

    def close(self) -> None:
        """Close the connections of this process."""
        self.closed = True
        for transports in self._own().values():
            for transport in transports.ending():
                transport.close()


class AsyncConnections(_Connections[httpx.AsyncBaseTransport]):
    """Those of the async client: one for each process and event loop."""

    def __init__(self, open_: Callable[[], Transports[httpx.AsyncBaseTransport]], *, shared: bool = False) -> None:
        super().__init__(open_, shared=shared)
        self._endings: dict[Owner, AsyncGenerator[None]] = {}

    async def open(self) -> Transports[httpx.AsyncBaseTransport]:
        """Return transports as `transports` does, to be closed when the loop ends."""
        transports = self.transports()
        owner = self._owner()
        if not self._shared and owner not in self._endings:
            self._endings[owner] = _until_the_loop_ends(transports)
            await anext(self._endings[owner])
        return transports

    async def aclose(self) -> None:
        """Close the connections of this process; those of another loop, if it is running."""
        import asyncio  # noqa: PLC0415 - costly to load, and for async calls only

        self.closed = True
        here = self._owner()
        for owner, transports in self._own().items():
            loop = owner[1]
            if owner == here or loop is None:
                await _close(transports)
            elif loop.is_running():
                asyncio.run_coroutine_threadsafe(_close(transports), loop)
        if here in self._endings:
            await self._endings.pop(here).aclose()

    def _owner(self) -> Owner:
        if self._shared:
            return super()._owner()
        import asyncio  # noqa: PLC0415 - costly to load, and for async calls only

        try:
            return os.getpid(), asyncio.get_running_loop()
        except RuntimeError:  # there is none
            return os.getpid(), None

    def _fresh(self) -> Transports[httpx.AsyncBaseTransport]:
        for owner in list(self._by_owner):
            process, loop = owner
            if process == os.getpid() and loop is not None and loop.is_closed():
                self._by_owner.pop(owner, None)
                self._endings.pop(owner, None)
        return super()._fresh()


async def _until_the_loop_ends(transports: Transports[httpx.AsyncBaseTransport]) -> AsyncGenerator[None]:
    """Close the transports at the end. asyncio.run ends the generators that were begun in its loop."""
    try:
        yield
    finally:
        await _close(transports)


async def _close(transports: Transports[httpx.AsyncBaseTransport]) -> None:
    for transport in transports.ending():
        await transport.aclose()
