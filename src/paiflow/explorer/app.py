"""The explorer as an ASGI application: the signing proxy, the page, and the samples for what is in its form.

/                the page, and what it loads, for anybody on this machine; nothing of it is secret
/-/…             what the page asks for: the description, the samples
/api/…           the operations: a plain request goes out signed
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Mapping
from typing import Final

from paiflow._text import visible
from paiflow.client.clients import AsyncPaiFlow
from paiflow.errors import PaiFlowError
from paiflow.explorer.gate import Gate
from paiflow.explorer.page import Page
from paiflow.explorer.refusals import Refusal
from paiflow.explorer.requests import Asked, read
from paiflow.mock.asgi import Message, Receive, Send
from paiflow.mock.http_messages import Reply
from paiflow.samples import Site, sample

LIMIT_BYTES: Final = 4 << 20
BODY_SECONDS: Final = 30.0
REPLY_SECONDS: Final = 60.0

_LOCKED: Final = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-dns-prefetch-control": "off",
    "x-frame-options": "DENY",
}
# For the page: nothing from elsewhere, nothing to elsewhere, no code but its own files.
_PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# For all else, which is data of a service.
_DATA_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"

_logger = logging.getLogger("paiflow.explorer")


class Explorer:
    """Answers requests.

    Args:
        client: sends and signs.
        gate: admits requests.
        site: for the samples.
        allow_writes: whether operations that change something are allowed.
        page: what is served beside the proxy; None for nothing.
    """

    def __init__(
        self, client: AsyncPaiFlow, gate: Gate, site: Site, *, allow_writes: bool = False, page: Page | None = None
    ) -> None:
        self._client = client
        self._gate = gate
        self._site = site
        self._allow_writes = allow_writes
        self._page = page

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""
        if scope["type"] != "http":
            raise NotImplementedError(f"the explorer speaks HTTP, not {scope['type']}")
        try:
            reply = await self._answer(scope, receive)
        except Refusal as refusal:
            reply = refused(refusal)
        except Exception:
            _logger.exception("the explorer failed")
            reply = refused(Refusal("Fault"))
        headers = [(name.encode(), value.encode("latin-1")) for name, value in reply.headers]
        headers.append((b"content-length", b"%d" % len(reply.body)))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else reply.body})

    async def _answer(self, scope: Message, receive: Receive) -> Reply:
        method, path, headers = scope["method"], scope["raw_path"], scope["headers"]
        file = self._page.file(path.decode("latin-1")) if self._page is not None else None
        self._gate.admit(headers, public=file is not None)
        if file is not None:
            if method not in ("GET", "HEAD"):
                raise Refusal("Method", "the page", method[:20], allow="GET, HEAD")
            return _reply(200, file.content, file.media_type, policy=_PAGE_POLICY)
        body = await _body(receive)
        if self._page is not None and path == b"/-/description":
            return _reply(200, json.dumps(self._page.description, ensure_ascii=False).encode())
        if self._page is not None and path == b"/-/sample":
            return await self._sample(body)
        media_type = dict(headers).get(b"content-type", b"").decode("latin-1")
        return await self._relay(read(method, path, scope["query_string"], media_type, body))

    async def _relay(self, asked: Asked) -> Reply:
        """Send a request on, signed, and return the reply as it came."""
        self._check(asked)
        started = time.monotonic()
        try:
            status, headers, content = await self._client.relay(asked.operation, asked.prepared, REPLY_SECONDS)
        except PaiFlowError as error:
            raise Refusal("Upstream", visible(str(error))) from None
        if not 200 <= status < 600:
            raise Refusal("Upstream", f"{asked.operation.name}: the service answered with the status {status}")
        plain = {name: value for name, value in headers.items() if value.isascii() and value.isprintable()}
        kept = {"server-timing": f"service;dur={1000 * (time.monotonic() - started):.0f}"}
        kept |= {name: plain[name] for name in ("x-acs-request-id", "retry-after") if name in plain}
        return _reply(status, content, plain.get("content-type", "application/json"), kept)

    def _check(self, asked: Asked) -> None:
        if not (asked.operation.repeatable or self._allow_writes):
            raise Refusal("Writes", asked.operation.name)

    async def _sample(self, body: bytes) -> Reply:
        """Return the code for a request that the form would send: {"kind", "method", "url", "body"}."""
        try:
            given = json.loads(body)
            path, _, query = str(given["url"]).encode().partition(b"?")
            content = str(given.get("body") or "").encode()
            kind, method = str(given["kind"]), str(given["method"]).upper()
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Refusal("Sample", "no kind, method and url were given") from None
        asked = read(method, path, query, "application/json", content)
        if kind == "curl":
            self._check(asked)  # it is signed: anyone who has it can send it
        try:
            # The credentials may have to be asked for.
            code = await asyncio.to_thread(sample, kind, asked.operation, asked.arguments, self._site)
        except PaiFlowError as error:
            raise Refusal("Sample", visible(str(error))) from None
        return _reply(200, code.encode(), "text/plain; charset=utf-8")


def refused(refusal: Refusal) -> Reply:
    """Return the reply that says no, in the form of the service's own."""
    # The description asks for a request's id, and only the service gives any.
    body = json.dumps({"RequestId": "none", "Code": refusal.code, "Message": refusal.message}, ensure_ascii=False)
    headers = {"allow": refusal.allow} if refusal.allow else {}
    return _reply(refusal.status, body.encode("utf-8", "backslashreplace"), headers=headers)


def _reply(
    status: int,
    body: bytes,
    media_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
    policy: str = _DATA_POLICY,
) -> Reply:
    ours = {"content-type": media_type, "content-security-policy": policy, **_LOCKED, **(headers or {})}
    return Reply(status, list(ours.items()), body)


async def _body(receive: Receive) -> bytes:
    """Return the body of a request, within its limits."""
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                pieces.append(message.get("body", b""))
                size += len(pieces[-1])
                if size > LIMIT_BYTES:
                    raise Refusal("RequestEntityTooLarge", LIMIT_BYTES)
                if not message.get("more_body"):
                    return b"".join(pieces)
    except TimeoutError:
        raise Refusal("Time", BODY_SECONDS) from None
