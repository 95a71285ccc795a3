"""Authenticate a request: check its access key, signature, date and nonce.

Pure but for the memory of nonces.
Source: "Request syntax and signature method V3"; what is assumed beyond it is marked.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from paiflow.credentials import Credentials
from paiflow.mock.gate import mandatory
from paiflow.mock.http_messages import Request
from paiflow.mock.nonces import Nonces
from paiflow.mock.refusals import Refusal
from paiflow.signing import canonical_request, parse_authorization, signature, string_to_sign

__all__ = ["WINDOW", "authenticate"]

WINDOW = 15 * 60.0
"""Seconds by which a request's date may be off, both ways. Assumption: time-window."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def authenticate(
    request: Request,
    headers: Mapping[str, str],
    accounts: Mapping[str, Credentials],
    nonces: Nonces,
    now: float,
    readings: Sequence[float],
) -> str:
    """Check that one of the accounts signed the request, just now and only once, and return its access key id.

    Args:
        request: as sent.
        headers: the same's, by name in lower case.
        accounts: by access key id.
        nonces: those used lately.
        now: seconds since the epoch.
        readings: what a client may have taken for the time; its date need be near one of them only.

    Raises:
        Refusal: it is not so.
    """
    try:
        access_key_id, signed_headers, given = parse_authorization(headers.get("authorization", ""))
    except ValueError as fault:
        raise Refusal("IncompleteSignature", detail=f"Authorization is {fault}") from None
    _check_date(mandatory(headers, "x-acs-date", "TimeStamp"), readings)
    nonce = mandatory(headers, "x-acs-signature-nonce", "SignatureNonce")
    content_sha256 = mandatory(headers, "x-acs-content-sha256", "ContentSha256")
    account = accounts.get(access_key_id)
    if account is None:
        raise Refusal("InvalidAccessKeyId.NotFound")
    _check_signed_headers(request, headers, signed_headers)
    _check_signature(request, signed_headers, content_sha256, given, account)
    _check_token(headers.get("x-acs-security-token"), account.security_token)
    # Last: only who holds the secret may use up a nonce, or fill the memory of them.
    if not nonces.use(access_key_id, nonce, now):
        raise Refusal("SignatureNonceUsed")
    return access_key_id


def _check_date(text: str, readings: Sequence[float]) -> None:
    if not _DATE.fullmatch(text):
        raise Refusal("InvalidTimeStamp.Format")
    try:
        date = datetime.fromisoformat(text).timestamp()
    except ValueError:  # a 13th month, a 61st second
        raise Refusal("InvalidTimeStamp.Format") from None
    if all(abs(reading - date) > WINDOW for reading in readings):
        raise Refusal("InvalidTimeStamp.Expired")


def _check_signed_headers(request: Request, headers: Mapping[str, str], signed_headers: tuple[str, ...]) -> None:
    """Check that what must be signed is: host, content-type where there is a body, every x-acs-* sent.

    A list without them is an IncompleteSignature, whether or not the signature holds. Assumption: signed-headers.
    More may be signed: the vendor's Python SDK signs accept and user-agent too.
    """
    due = {name for name in headers if name.startswith("x-acs-")}
    due.add("host")
    if request.body and "content-type" in headers:
        due.add("content-type")
    if weak := due.difference(signed_headers):
        raise Refusal("IncompleteSignature", detail=f"not among SignedHeaders: {', '.join(sorted(weak))}")
    if absent := [name for name in signed_headers if name not in headers]:
        raise Refusal("IncompleteSignature", detail=f"among SignedHeaders but not sent: {', '.join(absent)}")


def _check_signature(
    request: Request, signed_headers: tuple[str, ...], content_sha256: str, given: str, account: Credentials
) -> None:
    """Check body and signature. The canonical request has the hash of the body that came, not of the one announced."""
    actual_sha256 = sha256(request.body).hexdigest()
    canonical = canonical_request(
        request.method, request.path, request.query, request.headers, signed_headers, actual_sha256
    )
    text = string_to_sign(canonical)
    holds = hmac.compare_digest(signature(account.access_key_secret, text), given)
    if not holds or content_sha256 != actual_sha256:
        # The real service echoes both, token included. Assumption: wrong-hash.
        echo = f"server StringToSign is [{text}] server CanonicalRequest is [{canonical}]"
        raise Refusal("SignatureDoesNotMatch", echo)


def _check_token(given: str | None, due: str | None) -> None:
    """Check the security token; one with a lasting key is refused. Assumption: security-tokens."""
    if given is None and due is not None:
        raise Refusal("MissingSecurityToken", "SecurityToken")
    if given is not None and (due is None or not hmac.compare_digest(given.encode(), due.encode())):
        raise Refusal("InvalidSecurityToken.MismatchWithAccessKey")
