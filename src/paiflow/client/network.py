"""Connections of the blocking client, as a network backend for httpcore.

- Their waits end at the deadline of the call; see deadline.py.
- A connection with unrequested bytes is not used: they would be taken for the reply to the next request. It looks for
  them when it sends.
- A small request goes out in one piece: httpcore writes head and body apart.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, Final

import httpcore
from httpcore._backends.sync import SyncStream

from paiflow.client.deadline import left
from paiflow.client.dialing import dial

# The pieces of a request are held up to so many bytes: two or three calls of the system's become one.
MOST_HELD: Final = 16 << 10

# What is held goes out in pieces of so many bytes, each with a timeout of its own.
_PIECE: Final = 64 << 10


class Requests:
    """The requests of one connection: what of them is still to be sent, and whether one may be.

    Attributes:
        held: the pieces that are still to be sent.
        timeout: seconds for sending them.
    """

    def __init__(self) -> None:
        self.held: list[bytes] = []
        self.timeout: float | None = None
        self._begun = False
        self._replied = False

    def hold(self, piece: bytes, timeout: float | None) -> bool:
        """Hold a piece of a request back, and return whether it is time to send."""
        self.held.append(piece)
        self.timeout = timeout
        return sum(map(len, self.held)) > MOST_HELD

    def taken(self, has_unasked: Callable[[], bool]) -> bytes:
        """Take what is held, to send it.

        Args:
            has_unasked: tells whether there are bytes to read, and may take one of them.

        Raises:
            httpcore.ConnectionNotAvailable: there are, on a connection that was used; the pool takes another.
            httpcore.RemoteProtocolError: there are, on a new one.
        """
        whole = b"".join(self.held)
        self.held.clear()
        if self._begun and not self._replied:
            return whole  # in the middle of a request
        if has_unasked():
            if self._begun:
                raise httpcore.ConnectionNotAvailable
            raise httpcore.RemoteProtocolError("the server answered before it was asked")
        self._begun, self._replied = True, False
        return whole

    def replying(self) -> None:
        """Note that bytes of a reply are being read."""
        self._replied = True


def pieces_of(whole: bytes) -> Iterator[bytes]:
    """Yield the pieces in which a part of a request is sent."""
    for start in range(0, len(whole), _PIECE):
        yield whole[start : start + _PIECE]


class Backend(httpcore.NetworkBackend):
    """Opens connections whose waits are cut to what is left."""

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


class Stream(httpcore.NetworkStream):
    """A connection whose waits are cut to what is left."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._requests = Requests()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._requests.held:
            with suppress(httpcore.WriteError):  # a server may have replied before it had it all, and closed
                self._send()
        self._requests.replying()
        return self._stream.read(max_bytes, left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._requests.hold(buffer, timeout):
            self._send()

    def _send(self) -> None:
        whole = self._requests.taken(self._has_unasked)
        for piece in pieces_of(whole):  # each send that takes a part of it would begin the time anew
            self._stream.write(piece, left(self._requests.timeout, httpcore.WriteTimeout))

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


def _has_decrypted(tls: ssl.SSLObject) -> bool:
    """Return whether there are data in what was received under TLS. Those are lost: the connection is not used again."""
    try:
        tls.read(1)
    except ssl.SSLWantReadError:
        return False
    except (OSError, ValueError):
        pass
    return True
