"""Sign requests: rightly, or wrongly in exactly one point.

`paiflow.signing` decides what is signed for a client and always does it right; here the headers, the list of those
that are signed and the secret are each open to be bent. The stages are the library's, which its own vectors hold.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from paiflow.contract.http import Headers, Request
from paiflow.credentials import Credentials
from paiflow.signing import authorization, canonical_request, signature, string_to_sign

JSON = "application/json"


@dataclass(frozen=True)
class Draft:
    """A request before it is signed.

    Args:
        method: as on the request line.
        path: percent-encoded, as on the request line.
        action: the operationId.
        version: of the service's API.
        query: without the `?`.
        body: whole.
        content_type: None for no such header.
        headers: sent in addition.
    """

    method: str
    path: str
    action: str
    version: str
    query: str = ""
    body: bytes = b""
    content_type: str | None = None
    headers: Headers = ()


def sign(
    draft: Draft,
    host: str,
    credentials: Credentials,
    *,
    shift: float = 0.0,
    acs: Mapping[str, str | None] | None = None,
    names: Callable[[set[str]], set[str]] = lambda due: due,
    signed_as: Draft | None = None,
) -> Request:
    """Return the request, signed.

    Args:
        draft: what is sent.
        host: the header of that name.
        credentials: whose signature it is.
        shift: seconds by which the date is off.
        acs: x-acs-* headers by name, in place of the right ones; None leaves one away.
        names: which headers to sign, of those that are due.
        signed_as: what is signed, where that is not what is sent.
    """
    own: dict[str, str | None] = {
        "x-acs-action": draft.action,
        "x-acs-version": draft.version,
        "x-acs-date": date(time.time() + shift),
        "x-acs-signature-nonce": secrets.token_hex(16),
        "x-acs-content-sha256": sha256(draft.body).hexdigest(),
        "x-acs-security-token": credentials.security_token,
    } | dict(acs or {})
    sent = [("host", host), ("accept", JSON), *draft.headers]
    if draft.content_type is not None:
        sent.append(("content-type", draft.content_type))
    sent += [(name, value) for name, value in own.items() if value is not None]
    due = {name for name, _ in sent if name.startswith("x-acs-")} | {"host"}
    if draft.body and draft.content_type is not None:
        due.add("content-type")
    listed = names(due)
    seen = signed_as or draft
    content = own["x-acs-content-sha256"] or sha256(seen.body).hexdigest()
    there = [(name, value) for name, value in sent if name in listed]
    canonical = canonical_request(
        seen.method, seen.path.encode(), seen.query.encode(), there, {name for name, _ in there}, content
    )
    value = signature(credentials.access_key_secret, string_to_sign(canonical))
    sent.append(("authorization", authorization(credentials.access_key_id, sorted(listed), value)))
    return Request(draft.method, _target(draft), tuple(sent), draft.body)


def date(moment: float) -> str:
    """Return a moment as x-acs-date wants it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def _target(draft: Draft) -> str:
    return f"{draft.path}?{draft.query}" if draft.query else draft.path
