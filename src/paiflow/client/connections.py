"""Open connections, one set for each process and event loop.

A connection belongs to the process that opened it, and an async one to its event loop too. A forked child that used its
parent's connections would read its parent's replies. So a client has an httpx client for each process and loop that uses
it. It never sends on the connections of another process, and never closes them.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import httpx

from paiflow import _forks  # noqa: F401 - for what it registers
from paiflow.client.environment import certificates
from paiflow.client.httpx_internals import HEADERS, OWN, UNSENT, equip, renewed
from paiflow.errors import ConfigurationError

if TYPE_CHECKING:
    import asyncio

Http = TypeVar("Http", bound="httpx.Client | httpx.AsyncClient")
Owner = tuple[int, "asyncio.AbstractEventLoop | None"]

_CLOSED: Final = "the client is closed: make a new one"


def opener(
    kind: type[Http],
    proxies: Mapping[str, httpx.Proxy | None],
    transport: Any,
    timeout: float | httpx.Timeout,
    headers: Mapping[str, str],
) -> Callable[[], Http]:
    """Return a function that opens httpx clients. The environment is read once, now.

    Args:
        kind: the blocking class, or the async one.
        proxies: by the endpoints to which requests go, the proxy on the way.
        transport: the user's own. The first client takes it as it is, others a copy without connections.
        timeout: for each phase of a request.
        headers: of each request.

    Raises:
        ConfigurationError: a proxy or certificate setting of the environment cannot be used.
    """
    hook = _hide_location if kind is httpx.Client else _hide_location_async
    settings: dict[str, Any] = {
        "timeout": timeout,
        "headers": headers,
        "cookies": _NoCookies(),
        "trust_env": False,
        "event_hooks": {"response": [hook]},
    }
    if transport is not None:
        given = [transport]

        def open_given() -> Http:
            return kind(**settings, transport=given.pop() if given else renewed(transport))

        return open_given

    settings["verify"] = certificates(encrypted=any(endpoint.startswith("https:") for endpoint in proxies))
    way: Any = httpx.HTTPTransport if kind is httpx.Client else httpx.AsyncHTTPTransport

    def open_own() -> Http:
        mounts = {
            endpoint: way(verify=settings["verify"], proxy=proxy)
            for endpoint, proxy in proxies.items()
            if proxy is not None
        }
        client = kind(**settings, mounts=mounts)
        equip(client)
        return client

    return open_own


def is_shared(transport: object) -> bool:
    """Return whether a transport that the user gave serves all processes and event loops: no copy can be made of it."""
    return not (transport is None or isinstance(transport, OWN))


def _hide_location(response: httpx.Response) -> None:
    # httpx would build the next request even where redirects are not followed, and fail over a Location that is no URL.
    if "location" in response.headers:
        response.extensions[HEADERS] = response.headers
        response.headers = httpx.Headers([pair for pair in response.headers.raw if pair[0].lower() != b"location"])


async def _hide_location_async(response: httpx.Response) -> None:
    _hide_location(response)


class _NoCookies(CookieJar):
    """Keeps nothing: a cookie would go out unsigned, and one that is not ASCII would break each later request."""

    def extract_cookies(self, response: Any, request: Any) -> None:
        """Leave them."""


class _Connections(Generic[Http]):
    """The httpx clients of one PaiFlow, by who uses them.

    Args:
        open_: opens one more.
        shared: whether all share one: that of a transport which cannot be opened once more.

    Attributes:
        closed: whether the PaiFlow is closed.
    """

    def __init__(self, open_: Callable[[], Http], *, shared: bool = False) -> None:
        self._open = open_
        # Opened at once, so that a mistake in the settings is reported at once.
        self._unused = [open_()]
        # Those of other processes stay in it: to drop them could close them.
        self._clients: dict[Owner, Http] = {}
        self._shared = shared
        self._home = os.getpid()
        self.closed = False

    def client(self) -> Http:
        """Return the httpx client that this process, and this event loop, may use."""
        owner = self._owner()
        client = self._clients.get(owner)
        if client is None or client.is_closed:
            self._clients.pop(owner, None)
            client = self._clients.setdefault(owner, self._fresh())
        self.check_open()
        return client

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

    def _fresh(self) -> Http:
        # Another process does not take it: a transport that was given may have been used elsewhere.
        if os.getpid() == self._home or self._shared:
            with suppress(IndexError):
                return self._unused.pop()
        return self._open()

    def _own(self) -> dict[Owner, Http]:
        """Return those that this process opened."""
        process = os.getpid()
        own = {owner: client for owner, client in self._clients.items() if owner[0] == process}
        for client in self._unused if process == self._home else ():
            own[process, None] = client
        return own


class Connections(_Connections[httpx.Client]):
    """Those of the blocking client: one for each process."""

    def close(self) -> None:
        """Close the connections of this process."""
        self.closed = True
        for client in self._own().values():
            client.close()


class AsyncConnections(_Connections[httpx.AsyncClient]):
    """Those of the async client: one for each process and event loop."""

    def __init__(self, open_: Callable[[], httpx.AsyncClient], *, shared: bool = False) -> None:
        super().__init__(open_, shared=shared)
        self._endings: dict[Owner, AsyncGenerator[None]] = {}

    async def open(self) -> httpx.AsyncClient:
        """Return a client as `client` does, to be closed when the loop ends."""
        client = self.client()
        owner = self._owner()
        if not self._shared and owner not in self._endings:
            self._endings[owner] = _until_the_loop_ends(client)
            await anext(self._endings[owner])
        return client

    async def aclose(self) -> None:
        """Close the connections of this process; those of another loop, if it is running."""
        import asyncio  # noqa: PLC0415 - costly to load, and for async calls only

        self.closed = True
        here = self._owner()
        for owner, client in self._own().items():
            loop = owner[1]
            if owner == here or loop is None:
                await client.aclose()
            elif loop.is_running():
                asyncio.run_coroutine_threadsafe(client.aclose(), loop)
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

    def _fresh(self) -> httpx.AsyncClient:
        for owner in list(self._clients):
            process, loop = owner
            if process == os.getpid() and loop is not None and loop.is_closed():
                self._clients.pop(owner, None)
                self._endings.pop(owner, None)
        return super()._fresh()


async def _until_the_loop_ends(client: httpx.AsyncClient) -> AsyncGenerator[None]:
    """Close the client at the end. asyncio.run ends the generators that were begun in its loop."""
    try:
        yield
    finally:
        await client.aclose()
