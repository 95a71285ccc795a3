"""Drive the mock as an ASGI application. It needs no framework: there is one thing to do."""

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from paiflow.mock.body import LIMIT_BYTES
from paiflow.mock.messages import Reply, Request
from paiflow.mock.service import MockService

__all__ = ["Application", "asgi_app"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

_logger = logging.getLogger("paiflow.mock")


def asgi_app(service: MockService) -> Application:
    """Return the service as an ASGI 3 application, for HTTP only. The server has to support raw_path."""

    async def application(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(f"the mock service speaks HTTP, not {scope['type']}")
        body = await _body(receive)
        if body is not None:
            await _send(send, _handle(service, scope, body))

    return application


def _handle(service: MockService, scope: Message, body: bytes) -> Reply:
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    request = Request(scope["method"], scope["raw_path"], scope["query_string"], headers, body)
    try:
        return service.handle(request)
    except Exception:  # a fault of ours is an error of the service's form too
        _logger.exception("the mock service failed")
        return service.refuse("InternalError", request)


async def _body(receive: Receive) -> bytes | None:
    """Return the body, None if the client went away.

    Of one that is too large no more is kept than shows it; the rest is read all the same, as most
    clients look for a reply only when they have sent everything.
    """
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        if len(body) <= LIMIT_BYTES:
            body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def _send(send: Send, reply: Reply) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
    headers.append((b"content-length", b"%d" % len(reply.body)))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
