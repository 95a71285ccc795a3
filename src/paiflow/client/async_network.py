"""Connections of the async client, as a network backend for httpcore: on asyncio's transports.

They differ from those that httpcore has of anyio in this:

- What has been received lies here: unrequested bytes are seen when the next request is sent.
- A wait is timed only where there is one: most of a reply has come when it is read.
- A small request goes out in one piece, and errors carry the system's number, as on a connection that blocks.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import socket
import ssl
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from typing import Any, Final

import aiohappyeyeballs
import httpcore
from httpcore._utils import is_socket_readable

from paiflow.client.dialing import NEXT_AFTER
from paiflow.client.network import Requests, pieces_of

# Bytes received and not read, from which on no more are taken from the system.
_MOST_RECEIVED: Final = 1 << 20

_CLOSED: Final = "the connection was closed"


class AsyncBackend(httpcore.AsyncNetworkBackend):
    """Opens connections on asyncio's transports."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        with _told(httpcore.ConnectError, httpcore.ConnectTimeout):
            async with asyncio.timeout(timeout):
                addresses = await _addresses(host, port)
                sock = await aiohappyeyeballs.start_connection(addresses, happy_eyeballs_delay=NEXT_AFTER, loop=loop)
                try:
                    for option in (*(socket_options or ()), (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)):
                        sock.setsockopt(*option)
                    _, stream = await loop.create_connection(AsyncStream, sock=sock)
                except BaseException:
                    sock.close()
                    raise
        return stream


class AsyncStream(httpcore.AsyncNetworkStream, asyncio.Protocol):
    """A connection; also the protocol to which its transport gives what it receives."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._requests = Requests()
        self._received: deque[bytes] = deque()
        self._size = 0
        self._ended = False
        self._failure: Exception | None = None
        self._full = False
        self._waiting: asyncio.Future[None] | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport: Any = transport
        self._socket = transport.get_extra_info("socket")
        self._tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")

    def data_received(self, data: bytes) -> None:
        self._received.append(data)
        self._size += len(data)
        if self._size > _MOST_RECEIVED:
            self._transport.pause_reading()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        self._failure = exc
        self._wake()

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        self._wake()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._requests.held:
            with suppress(httpcore.WriteError):  # a server may have replied before it had it all, and closed
                await self._send()
        self._requests.replying()
        with _told(httpcore.ReadError, httpcore.ReadTimeout):
            while not self._received:
                if self._failure is not None:
                    raise self._failure
                if self._ended:
                    return b""
                await self._change(timeout)
        data = self._received.popleft()
        if len(data) > max_bytes:
            self._received.appendleft(data[max_bytes:])
            data = data[:max_bytes]
        if self._size > _MOST_RECEIVED:
            self._transport.resume_reading()
        self._size -= len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._requests.hold(buffer, timeout):
            await self._send()

    async def _send(self) -> None:
        whole = self._requests.taken(self._has_unasked)
        with _told(httpcore.WriteError, httpcore.WriteTimeout):
            # TLS would take any size at once, and room would never be short.
            for piece in (whole,) if self._tls is None else pieces_of(whole):
                self._transport.write(piece)
                if len(piece) < len(whole):
                    await asyncio.sleep(0)  # the connection may have ended: asyncio would warn of each further piece
                while self._full and not self._ended:
                    await self._change(self._requests.timeout)
                if self._ended:
                    raise self._failure or ConnectionResetError(_CLOSED)

    async def aclose(self) -> None:
        # asyncio closes the socket in the next round. There is no wait for it: who is cancelled here would leave others open.
        self._transport.abort()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        stream = AsyncStream()
        try:
            if self._received:
                raise httpcore.ConnectError("the server answered before it was asked")
            with _told(httpcore.ConnectError, httpcore.ConnectTimeout):
                if self._transport.is_closing():
                    raise self._failure or ConnectionResetError(_CLOSED)
                if self._tls is not None:
                    _let_fail(self._transport)
                async with asyncio.timeout(timeout):
                    transport = await self._loop.start_tls(
                        self._transport, stream, ssl_context, server_hostname=server_hostname
                    )
                if transport is None or transport.is_closing():
                    raise ConnectionResetError(_CLOSED)
        except BaseException:
            self._transport.abort()
            raise
        stream.connection_made(transport)
        return stream

    def get_extra_info(self, info: str) -> Any:
        return self._transport.get_extra_info(info)

    def _has_unasked(self) -> bool:
        # Under TLS, what is on the wire may be no data: session tickets come at any time.
        return bool(self._received) or self._ended or (self._tls is None and is_socket_readable(self._socket))

    async def _change(self, timeout: float | None) -> None:
        """Wait until something has come, room has come, or the connection has ended."""
        self._waiting = self._loop.create_future()
        try:
            async with asyncio.timeout(timeout):
                await self._waiting
        except BaseException:
            self._transport.abort()  # httpcore forgets a connection to a SOCKS proxy
            raise
        finally:
            self._waiting = None

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


async def _addresses(host: str, port: int) -> list[Any]:
    try:
        ip_address(host)
    except ValueError:  # it is a name: the system may have to ask for it, so asyncio does that in a thread
        return await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)


def _let_fail(transport: Any) -> None:
    """Let a TLS handshake fail that goes through the TLS of a proxy.

    asyncio of some versions of Python 3.11 and 3.12 raises a TypeError there in place of the reason.
    """
    protocol = getattr(transport, "_ssl_protocol", None)  # that of uvloop has none
    if protocol is not None and not inspect.signature(protocol._abort).parameters:
        transport._force_close = lambda _: transport.abort()


@contextmanager
def _told(error: type[Exception], timeout: type[Exception]) -> Iterator[None]:
    """Turn what goes wrong within this into an error of httpcore's, in the system's words."""
    try:
        yield
    except TimeoutError as failure:
        raise timeout(str(failure)) from failure
    except OSError as failure:
        number = failure.errno or 0
        # asyncio has words of its own for some.
        known = number > 0 and not isinstance(failure, ssl.SSLError | socket.gaierror)
        raise error(f"[Errno {number}] {os.strerror(number)}" if known else str(failure) or _CLOSED) from failure
    except (OverflowError, RuntimeError, ValueError) as failure:  # a port or a name that cannot be; a closed transport
        raise error(str(failure)) from failure
