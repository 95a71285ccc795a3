"""uvicorn, made fit to stand in for the service: quiet, quick to end, and with the service's form for every refusal."""

import asyncio
import http
import logging
import socket
import struct
import sys
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from paiflow.mock.asgi import DROP, asgi_app
from paiflow.mock.http_messages import Reply
from paiflow.mock.service import MockService

__all__ = ["Server"]

# uvicorn warns of every request that is not HTTP; without a handler of its own that would go to the user's stderr.
_logger = logging.getLogger("paiflow.mock.http")
_logger.addHandler(logging.NullHandler())


class Server(uvicorn.Server):
    """Serves one service, on sockets that it is given.

    To end it, set `should_exit`, from wherever it may be.
    """

    def __init__(self, service: MockService) -> None:
        super().__init__(_Config(service))

    async def main_loop(self) -> None:
        # uvicorn's own looks ten times a second, which adds up where every test has a server,
        # and gives replies a date of its own, where the service's clock is what counts.
        while not self.should_exit:  # noqa: ASYNC110 - set by a signal handler or another thread
            await asyncio.sleep(0.02)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - uvicorn's signature
        # A mock owes nobody a reply: uvicorn would wait for requests sent by half, and log each as an error.
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=1)


class _Config(uvicorn.Config):
    def __init__(self, service: MockService) -> None:
        self.service = service
        super().__init__(
            asgi_app(service),
            http=_Protocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            # Nothing of the process's logging is touched; _Protocol leaves the access log away.
            log_config=None,
            proxy_headers=False,
            workers=1,  # or else it reads WEB_CONCURRENCY
            # Longer than a client keeps a connection, so that none is closed under a request.
            timeout_keep_alive=75,
        )


class _Protocol(HttpToolsProtocol):
    config: _Config

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access_log = False
        self.logger = _logger

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {DROP: self._drop}  # type: ignore[dict-item]

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
        """Refuse what is not HTTP in the service's form; uvicorn's own answer is plain text."""
        self.transport.write(_raw(self.config.service.refuse("BadRequest")))
        self.transport.close()


def _raw(reply: Reply) -> bytes:
    """Return the reply as HTTP/1.1, the last on its connection."""
    headers = [*reply.headers, ("content-length", str(len(reply.body))), ("connection", "close")]
    lines = [f"HTTP/1.1 {reply.status} {http.HTTPStatus(reply.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + reply.body
