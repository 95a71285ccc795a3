"""uvicorn, made fit to stand in for the service: quiet, quick to end, and with the service's form for every refusal."""

import asyncio
import http
import logging
import re
import socket
import struct
import sys
from collections.abc import Callable, Collection
from typing import Any

import uvicorn
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from paiflow.mock.asgi import DROP, Application
from paiflow.mock.http_messages import Reply

__all__ = ["Server"]

# The real service's limits are not documented. RFC 9110 asks for at least 8,000 bytes of target.
LIMIT_TARGET_BYTES = 16 << 10
LIMIT_HEAD_BYTES = 64 << 10
# Longer than a client keeps a connection, so that none is closed under a request. So long may a request take, too.
PATIENCE_SECONDS = 75

# A path, the server as a whole, or a URL with a path. A fragment is for the client alone (RFC 9112, section 3.2).
_TARGET = re.compile(rb"/[^#]*|\*|https?://[^/?#@]+/[^#]*", re.IGNORECASE)

# uvicorn warns of every request that is not HTTP; without a handler of its own that would go to the user's stderr.
_logger = logging.getLogger("paiflow.mock.http")
_logger.addHandler(logging.NullHandler())


class Server(uvicorn.Server):
    """Serves one application, on sockets that it is given.

    To end it, set `should_exit`, from wherever it may be.

    Args:
        application: answers the requests.
        refuse: answers what is no request, or passes a limit, by the name of what is wrong.
    """

    def __init__(self, application: Application, refuse: Callable[[str], Reply]) -> None:
        super().__init__(_Config(application, refuse))

    async def main_loop(self) -> None:
        # uvicorn's own looks ten times a second, which adds up where every test has a server,
        # and gives replies a date of its own, where the service's clock is what counts.
        while not self.should_exit:  # noqa: ASYNC110 - set by a signal handler or another thread
            await asyncio.sleep(0.02)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - uvicorn's signature
        # A mock need not reply: uvicorn would wait for requests sent by half, and log each as an error.
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=1)


class _Config(uvicorn.Config):
    def __init__(self, application: Application, refuse: Callable[[str], Reply]) -> None:
        self.refuse = refuse
        super().__init__(
            application,
            http=_Protocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            # Nothing of the process's logging is touched; _Protocol leaves the access log away.
            log_config=None,
            proxy_headers=False,
            workers=1,  # or else it reads WEB_CONCURRENCY
            timeout_keep_alive=PATIENCE_SECONDS,
        )


class _Flow(FlowControl):
    """Reads no more while requests wait for their turn: uvicorn would read on with each one, and hold them all."""

    def __init__(self, transport: asyncio.Transport, waiting: Collection[Any]) -> None:
        super().__init__(transport)
        self._waiting = waiting

    def resume_reading(self) -> None:
        if not self._waiting:
            super().resume_reading()


class _Protocol(HttpToolsProtocol):
    """Reads requests within limits; uvicorn itself has none for a request's head, trailers and time."""

    config: _Config

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access_log = False
        self.logger = _logger
        # Bytes that came since the last that were part of a body, or ended a head or a request.
        self._pending_bytes = 0
        self._fault = "BadRequest"
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = _Flow(transport, self.pipeline)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        # In pieces, as the parser does not tell where in the data something ended.
        for start in range(0, len(data), LIMIT_TARGET_BYTES):
            piece = data[start : start + LIMIT_TARGET_BYTES]
            self._pending_bytes += len(piece)
            super().data_received(piece)
            if self.transport.is_closing():
                return
            if self._pending_bytes > LIMIT_HEAD_BYTES:
                self._refuse("RequestHeaderFieldsTooLarge")
                return

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {DROP: self._drop}  # type: ignore[dict-item]
        if self._timer is None:
            self._start_timer()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._check(len(self.url) <= LIMIT_TARGET_BYTES, "RequestURITooLong")

    def on_headers_complete(self) -> None:
        self._pending_bytes = 0
        head_bytes = sum([len(name) + len(value) + len(": \r\n") for name, value in self.headers])
        self._check(head_bytes <= LIMIT_HEAD_BYTES, "RequestHeaderFieldsTooLarge")
        self._check(_TARGET.fullmatch(self.url) is not None, "BadRequest")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._pending_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._pending_bytes = 0
        self._stop_timer()
        super().on_message_complete()

    def _start_timer(self) -> None:
        self._timer = self.loop.call_later(PATIENCE_SECONDS, self._time_out)

    def _time_out(self) -> None:
        """Refuse a request that does not come to its end; a connection that was never used is just closed."""
        if self.scope is None:
            self.transport.close()
        else:
            self._refuse("RequestTimeout")

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _check(self, holds: bool, code: str) -> None:
        """Have the parser stop, and `send_400_response` called, where something does not hold."""
        if not holds:
            self._fault = code
            raise ValueError(code)

    def _refuse(self, code: str) -> None:
        self.transport.write(_raw(self.config.refuse(code)))
        self.transport.close()

    def _drop(self, reset: bool) -> None:
        """Close the connection once all that was written is sent, or reset it."""
        if not reset:
            self.transport.close()
            return
        # To linger for no time is how a socket is told to reset. Windows has shorts in its struct linger.
        linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.transport.abort()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's signature
        """Refuse what is not HTTP, or passes a limit, in the service's form; uvicorn's own answer is plain text."""
        self._refuse(self._fault)


def _raw(reply: Reply) -> bytes:
    """Return the reply as HTTP/1.1, the last on its connection."""
    headers = [*reply.headers, ("content-length", str(len(reply.body))), ("connection", "close")]
    lines = [f"HTTP/1.1 {reply.status} {http.HTTPStatus(reply.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + reply.body
