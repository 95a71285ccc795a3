"""Send requests byte by byte as given, and return replies as they come.

One connection, kept open as long as the service keeps it: what goes wrong between two calls on a connection
(bytes behind a reply, a caller who is remembered) only shows there.
"""

from __future__ import annotations

import gzip
import http.client
import select
import ssl
import time
from urllib.parse import urlsplit

from paiflow.contract.http import Reply, Request

TIMEOUT = 10.0
"""Seconds without a byte after which there is no reply."""


class NoReplyError(Exception):
    """The service gave no reply, or none that is HTTP; the message says how."""


class CannotConnectError(NoReplyError):
    """No server listens there."""


class Wire:
    """A connection to one endpoint. Not to be shared between threads.

    Args:
        endpoint: the base URL.
        address: where to connect to, if not to what the URL's host resolves to.
        timeout: seconds without a byte after which there is no reply.
    """

    def __init__(self, endpoint: str, address: str | None = None, timeout: float = TIMEOUT) -> None:
        parts = urlsplit(endpoint)
        self._secure = parts.scheme == "https"
        self._name = parts.hostname or ""
        self._port = parts.port or (443 if self._secure else 80)
        self._address = address or self._name
        self._timeout = timeout
        self._connection: http.client.HTTPConnection | None = None
        self.reused: int = 0
        self.dropped: int = 0

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def open(self) -> None:
        """Connect.

        Raises:
            CannotConnectError: no server listens there.
        """
        self._ensure()

    def send(self, request: Request) -> Reply:
        """Return the reply to a request.

        Raises:
            NoReplyError: there was none.
        """
        fresh = self._ensure()
        try:
            reply = self._round_trip(request)
        except (http.client.RemoteDisconnected, ConnectionError) as error:
            self.close()
            if fresh:
                raise NoReplyError(f"the connection was closed without a reply ({type(error).__name__})") from None
            # A kept connection may be closed at any time; whether it was done to us too often is told at the end.
            self.dropped += 1
            return self._again(request)
        except (http.client.HTTPException, OSError, EOFError, ValueError) as error:
            self.close()
            raise NoReplyError(f"the reply is not whole HTTP ({type(error).__name__}: {_line(error)})") from None
        self.reused += not fresh
        return reply

    def _again(self, request: Request) -> Reply:
        self._ensure()
        try:
            return self._round_trip(request)
        except (http.client.HTTPException, OSError, EOFError, ValueError) as error:
            self.close()
            raise NoReplyError(
                f"no reply on a second connection either ({type(error).__name__}: {_line(error)})"
            ) from None

    def _ensure(self) -> bool:
        """Connect where that is due, and return whether it was."""
        connection = self._connection
        if connection is not None and connection.sock is not None:
            if not select.select([connection.sock], [], [], 0)[0]:
                return False
            self.close()  # it was closed at the other end
        if self._secure:
            context = ssl.create_default_context()
            connection = _SecureConnection(self._address, self._port, timeout=self._timeout, context=context)
            connection.server_name = self._name
        else:
            connection = http.client.HTTPConnection(self._address, self._port, timeout=self._timeout)
        try:
            connection.connect()
        except OSError as error:
            raise CannotConnectError(f"cannot connect to {self._address}:{self._port} ({_line(error)})") from None
        self._connection = connection
        return True

    def _round_trip(self, request: Request) -> Reply:
        connection = self._connection
        assert connection is not None  # noqa: S101 - _ensure made it
        started = time.monotonic()
        connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers:
            connection.putheader(name, value.encode("utf-8"))
        if request.body or request.method in ("PUT", "POST", "PATCH"):
            connection.putheader("content-length", str(len(request.body)))
        connection.endheaders(request.body or None)
        response = connection.getresponse()
        body = response.read()
        headers = tuple(response.getheaders())
        if response.getheader("content-encoding", "").lower() == "gzip":
            body = gzip.decompress(body)
        return Reply(response.status, headers, body, time.monotonic() - started)


class _SecureConnection(http.client.HTTPSConnection):
    """Connects to an address, and checks the certificate for a name."""

    server_name = ""

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        context: ssl.SSLContext = self._context  # type: ignore[attr-defined]  # the standard library's own, untyped
        self.sock = context.wrap_socket(self.sock, server_hostname=self.server_name)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:120]
