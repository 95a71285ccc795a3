"""Log one line for each request: its operation, the answer, and the reason of a refusal. No header or share token is shown."""

import json
from collections.abc import Callable, Collection
from urllib.parse import unquote_plus

from paiflow._secrets import REDACTED
from paiflow._text import clean
from paiflow.mock.description import Description
from paiflow.mock.http_messages import Reply, Request

__all__ = ["request_log"]

_BODY_CHARACTERS = 300


def request_log(description: Description, write: Callable[[str], None]) -> Callable[[Request, Reply], None]:
    """Return a function that writes a line for a request and its reply: `on_reply` of a MockService.

    Args:
        description: says which parameters are secret.
        write: gets each line.
    """
    secret = {
        one.name.lower()
        for operation in description.operations.values()
        for one in operation.parameters.values()
        if one.secret
    }

    def log(request: Request, reply: Reply) -> None:
        write(f"{_request(request, secret)} -> {_reply(reply)}")

    return log


def _request(request: Request, secret: Collection[str]) -> str:
    """Return method, target, operation and body of a request."""
    action = next((value for name, value in request.headers if name.lower() == "x-acs-action"), "no operation")
    query = "&".join(_pair(pair, secret) for pair in request.query.decode("latin-1").split("&") if pair)
    target = request.path.decode("latin-1") + (f"?{query}" if query else "")
    body = clean(request.body.decode("utf-8", "replace"), _BODY_CHARACTERS)
    return " ".join(filter(None, [request.method, clean(target, 2 * _BODY_CHARACTERS), f"({clean(action, 60)})", body]))


def _pair(pair: str, secret: Collection[str]) -> str:
    name, _, _ = pair.partition("=")
    return f"{name}={REDACTED}" if unquote_plus(name).lower() in secret else pair


def _reply(reply: Reply) -> str:
    """Return status and body of a reply; of a refusal its code and message."""
    delivery = reply.delivery
    if delivery.reset:
        return "connection reset, by a fault"
    fault = " (slow, in pieces or cut off, by a fault)" if delivery.delay or delivery.gap or delivery.truncated else ""
    text = reply.body.decode("utf-8", "replace")
    if reply.status >= 400:
        try:
            fields = json.loads(text)
            text = f"{fields['Code']}: {fields['Message']}"
        except (ValueError, KeyError, TypeError):
            pass  # a page, as of a gateway
    return f"{reply.status} {clean(text, _BODY_CHARACTERS)}{fault}"
