"""Network backends for httpcore: of the blocking client, and of the async one.

- The waits of the blocking one end at the deadline of the call; see _deadline.py. An async call is cancelled.
- A connection with unrequested bytes is not used: they would be taken for the reply to the next request. httpcore
  looks at the socket alone, but such bytes may have been read already, or come between its look and the request.
- Connections of the async one are quickly asked whether there is something to read: httpcore's pool asks each idle one
  several times a call, and for each anyio would ask the system for all the connection's addresses.
- Errors of the async one carry the system's number, as those of the blocking one do.
"""

from __future__ import annotations

import os
import select
import socket
import ssl
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpcore
from httpcore._backends.sync import SyncStream

from paiflow.client.deadline import left
from paiflow.client.dialing import dial


class _Requests:
    """Watches when requests begin on a connection, and that nothing was there to read before.

    Attributes:
        parser: h11's, once a reply has come: it may hold bytes that came after that reply.
    """

    def __init__(self) -> None:
        self.parser: Any = None
        self._begun = False
        self._replied = False

    def replying(self) -> None:
        """Note that bytes of a reply are being read."""
        self._replied = True

    def sending(self, has_unasked: Callable[[], bool]) -> None:
        """Check that a request which begins now will not be answered by what is there.

        Args:
            has_unasked: tells whether there are bytes to read, and may take one of them.

        Raises:
            httpcore.ConnectionNotAvailable: there are, on a connection that was used; the pool takes another.
            httpcore.RemoteProtocolError: there are, on a new one.
        """
        if self._begun and not self._replied:
            return  # in the middle of a request
        if self.surplus or has_unasked():
            if self._begun:
                raise httpcore.ConnectionNotAvailable
            raise httpcore.RemoteProtocolError("the server answered before it was asked")
        self._begun, self._replied = True, False

    @property
    def surplus(self) -> bool:
        """Whether more was read than the last reply."""
        return self.parser is not None and self.parser.trailing_data[0] != b""


class Backend(httpcore.NetworkBackend):
    """Opens connections whose waits are cut to what is left."""

    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._backend = backend

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        timeout = left(timeout, httpcore.ConnectTimeout)
        try:
            sock = dial(host, port, timeout, local_address)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except (OSError, OverflowError, UnicodeError) as error:  # the latter of a port or a name that cannot be
            raise httpcore.ConnectError(str(error)) from error
        for option in (*(socket_options or ()), (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)):
            sock.setsockopt(*option)
        return Stream(SyncStream(sock))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        timeout = left(timeout, httpcore.ConnectTimeout)
        return Stream(self._backend.connect_unix_socket(path, timeout, socket_options))

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class Stream(httpcore.NetworkStream):
    """A connection whose waits are cut to what is left."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self.requests: _Requests = _Requests()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.requests.replying()
        return self._stream.read(max_bytes, left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.requests.sending(self._has_unasked)
        self._stream.write(buffer, left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        with suppress(OSError, TypeError):  # not connected any more; no socket
            # Wakes another thread that waits here, which closing would not.
            socket.socket.shutdown(self._stream.get_extra_info("socket"), socket.SHUT_RDWR)
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        timeout = left(timeout, httpcore.ConnectTimeout)
        return Stream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable" and self.requests.surplus:
            return True
        return self._stream.get_extra_info(info)

    def _has_unasked(self) -> bool:
        tls = self._stream.get_extra_info("ssl_object")
        if tls is None:
            return bool(self._stream.get_extra_info("is_readable"))
        if isinstance(tls, ssl.SSLObject):  # TLS through a proxy's TLS
            return _has_decrypted(tls)
        # What is on the wire may be no data: session tickets come at any time. Reading without waiting tells.
        sock = self._stream.get_extra_info("socket")
        try:
            sock.settimeout(0)
            sock.recv(1)
        except ssl.SSLWantReadError:
            return False
        except OSError:
            pass
        return True


class AsyncBackend(httpcore.AsyncNetworkBackend):
    """Opens connections that are quickly asked whether there is something to read."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend) -> None:
        self._backend = backend

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            with _numbered():
                return AsyncStream(await self._backend.connect_tcp(host, port, timeout, local_address, socket_options))
        except (OverflowError, UnicodeError) as error:  # of a port or a name that cannot be
            raise httpcore.ConnectError(str(error)) from error

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        with _numbered():
            return AsyncStream(await self._backend.connect_unix_socket(path, timeout, socket_options))

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)


class AsyncStream(httpcore.AsyncNetworkStream):
    """A connection that knows its socket."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._socket = stream.get_extra_info("socket")
        self._queue = _queue_of(stream)
        self.requests: _Requests = _Requests()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.requests.replying()
        with _numbered():
            return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.requests.sending(self._has_unasked)
        with _numbered():
            await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        with _numbered():
            return AsyncStream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return self.requests.surplus or bool(self._queue) or self._is_readable()
        return self._stream.get_extra_info(info)

    def _is_readable(self) -> bool:
        if self._socket is not None and hasattr(select, "poll"):
            return _is_readable(self._socket)
        return bool(self._stream.get_extra_info("is_readable"))

    def _has_unasked(self) -> bool:
        tls = self._stream.get_extra_info("ssl_object")
        return bool(self._queue) or self._is_readable() if tls is None else _has_decrypted(tls)


def _queue_of(stream: Any) -> Collection[bytes]:
    """Return the chunks that anyio has taken from the system and not given out yet."""
    inner = getattr(stream, "_stream", None)
    inner = getattr(inner, "transport_stream", inner)  # under TLS
    queue: Collection[bytes] = getattr(getattr(inner, "_protocol", None), "read_queue", ())
    return queue


def _has_decrypted(tls: ssl.SSLObject) -> bool:
    """Return whether there are data in what was received under TLS. Those are lost: the connection is not used again."""
    try:
        tls.read(1)
    except ssl.SSLWantReadError:
        return False
    except (OSError, ValueError):
        pass
    return True


def _is_readable(sock: Any) -> bool:
    """Return whether there is something to read, the end included."""
    if (number := sock.fileno()) < 0:
        return True  # closed here
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return bool(poll.poll(0))


@contextmanager
def _numbered() -> Iterator[None]:
    """Put the system's error in the place of anyio's words for it, or of none."""
    try:
        yield
    except (httpcore.ConnectError, httpcore.ReadError, httpcore.WriteError) as error:
        cause = _system_error(error)
        if cause is None:
            raise
        number = cause.errno
        # asyncio has words of its own for some.
        known = number is not None and number > 0 and not isinstance(cause, ssl.SSLError)
        text = f"[Errno {number}] {os.strerror(number)}" if known and number is not None else str(cause)
        raise type(error)(text) from cause


def _system_error(error: BaseException | None) -> OSError | None:
    """Return the first error with a number among the causes of an error."""
    if isinstance(error, OSError) and error.errno is not None:
        return error
    if isinstance(error, BaseExceptionGroup):
        return next(filter(None, map(_system_error, error.exceptions)), None)
    return None if error is None else _system_error(error.__cause__ or error.__context__)
