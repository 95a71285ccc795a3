"""Drive the mock as an ASGI application. It needs no framework: there is one thing to do."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, NamedTuple

import attrs

from paiflow.mock.body import LIMIT_BYTES
from paiflow.mock.clock import Clock
from paiflow.mock.http_messages import Reply, Request
from paiflow.mock.service import MockService

__all__ = ["DROP", "Application", "asgi_app"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

DROP = "paiflow.drop"
"""The extension of ASGI by which a server lets go of a connection: a function of whether to reset it."""

_READ_BYTES: Final = 16 * LIMIT_BYTES
"""So much of a body is read at most."""

_logger = logging.getLogger("paiflow.mock")


def asgi_app(service: MockService) -> Application:
    """Return the service as an ASGI 3 application, for HTTP only.

    The server has to support raw_path and, for faults that break connections, the extension DROP.
    """

    async def application(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(f"the mock service speaks HTTP, not {scope['type']}")
        body = await _body(receive)
        if body is not None:
            # Read before anybody can know of the request, and advance a clock because of it.
            arrived = service.clock.now()
            reply = _handle(service, scope, body.content)
            if not body.ended:
                reply = attrs.evolve(reply, headers=[*reply.headers, ("connection", "close")])
            if await _deliver(reply, service.clock, arrived, receive, send):
                scope["extensions"][DROP](reply.delivery.reset)
                await _gone(receive)

    return application


def _handle(service: MockService, scope: Message, body: bytes) -> Reply:
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    request = Request(scope["method"], scope["raw_path"], scope["query_string"], headers, body)
    try:
        return service.handle(request)
    except Exception:  # a fault of ours is an error of the service's form too
        _logger.exception("the mock service failed")
        return service.refuse("InternalError", request)


class _Body(NamedTuple):
    content: bytes
    ended: bool


async def _body(receive: Receive) -> _Body | None:
    """Return the body, None if the client went away.

    Of one that is too large no more is kept than shows it. The rest is read all the same, as most
    clients look for a reply only when they have sent everything; but one without end is not read on.
    """
    body = b""
    size = 0
    while size <= _READ_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        piece = message.get("body", b"")
        size += len(piece)
        if len(body) <= LIMIT_BYTES:
            body += piece
        if not message.get("more_body"):
            return _Body(body, ended=True)
    return _Body(body, ended=False)


async def _deliver(reply: Reply, clock: Clock, arrived: float, receive: Receive, send: Send) -> bool:
    """Send a reply as its delivery says, as long as the client is there. Return whether to drop the connection then."""
    delivery = reply.delivery
    moment = arrived + delivery.delay
    if delivery.delay and not await _still_there(clock, moment, receive):
        return False
    if delivery.reset:
        return True
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
    headers.append((b"content-length", b"%d" % len(reply.body)))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    pieces = delivery.pieces(reply.body)
    for number, piece in enumerate(pieces, 1):
        moment += delivery.gap
        if delivery.gap and not await _still_there(clock, moment, receive):
            return False
        more = delivery.truncated or number < len(pieces)
        await send({"type": "http.response.body", "body": piece, "more_body": more})
    return delivery.truncated


async def _still_there(clock: Clock, moment: float, receive: Receive) -> bool:
    """Return True when the clock reads the moment, or False as soon as the client has gone."""
    reached, gone = asyncio.ensure_future(clock.until(moment)), asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait({reached, gone}, return_when=asyncio.FIRST_COMPLETED)
        return not gone.done()
    finally:
        reached.cancel()
        gone.cancel()
        await asyncio.gather(reached, gone, return_exceptions=True)


async def _gone(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
