"""Sign requests: canonical request, string to sign, signature.

Pure: clock and nonce are arguments; only SignatureAuth and fresh_nonce read the real ones.
The body is hashed as sent, so nothing may touch the request after signing.
Both sides use the stages: the client to sign, a server to verify, with the
client's own list of signed headers.

Source: Alibaba Cloud, "Request syntax and signature method V3".
Vectors: tests/signing_vectors/.
"""

import hmac
import re
import secrets
import time
from collections.abc import Callable, Collection, Generator, Iterable
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote, unquote_to_bytes

import httpx

from paiflow._hidden import Hidden
from paiflow.credentials import Credentials

__all__ = [
    "ALGORITHM",
    "SignatureAuth",
    "authorization",
    "canonical_query",
    "canonical_request",
    "canonical_uri",
    "fresh_nonce",
    "parse_authorization",
    "sign",
    "signature",
    "string_to_sign",
]

ALGORITHM = "ACS3-HMAC-SHA256"

# Headers that signing sets, in place of any before. The token is among them so that
# one left by temporary credentials does not travel, or get signed, with lasting ones.
_OURS = frozenset(
    {
        "authorization",
        "x-acs-action",
        "x-acs-content-sha256",
        "x-acs-date",
        "x-acs-security-token",
        "x-acs-signature-nonce",
        "x-acs-version",
    }
)
_OURS_ON_THE_WIRE = frozenset(name.encode() for name in _OURS)

# One of which encoding changes nothing, as most are: unreserved characters (RFC 3986) alone, and each name with its `=`.
_PLAIN_QUERY = re.compile(rb"[\w.~-]*=[\w.~-]*(?:&[\w.~-]*=[\w.~-]*)*")

_AUTHORIZATION = rf"{ALGORITHM} Credential=([^,\s]+),SignedHeaders=([^,\s]+),Signature=([^,\s]+)"


@lru_cache  # an operation has one path
def canonical_uri(path: bytes) -> str:
    """Return the path, as sent, with each segment percent-encoded once (RFC 3986), `/` if empty.

    What the wire leaves open becomes one form: `*` and `%2a` are both `%2A`; an encoded `/` stays encoded.
    """
    return "/".join([_encoded(segment) for segment in path.split(b"/")]) or "/"


def canonical_query(query: bytes) -> str:
    """Return the query, as sent, sorted by name, then value, each percent-encoded once (RFC 3986).

    `+` on the wire is a space, so `%20` here. A name without a value gets its `=`.
    Sorted as they are before encoding, as the vendor's clients do it: `~` comes before `é`.
    """
    if not query:
        return ""
    if _PLAIN_QUERY.fullmatch(query):
        return "&".join(sorted(query.decode("ascii").split("&"), key=lambda pair: pair.split("=")))
    pairs = [pair.partition(b"=") for pair in query.replace(b"+", b" ").split(b"&") if pair]
    decoded = sorted([(unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in pairs])
    return "&".join([f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in decoded])


def canonical_request(
    method: str,
    path: bytes,
    query: bytes,
    headers: Iterable[tuple[str, str]],
    signed_headers: Collection[str],
    content_sha256: str,
) -> str:
    """Return the canonical request.

    Args:
        method: as sent, in upper case.
        path: as sent, percent-encoded.
        query: as sent, without the `?`.
        headers: all of the request's, in any order and case. Values of a name that comes
            more than once are sorted and joined with `,`, as the vendor's clients do it.
        signed_headers: names of those to sign, in any order and case.
        content_sha256: the hash of the body as sent, in hex: what x-acs-content-sha256 says.

    Raises:
        ValueError: a header to sign is not among the headers.
    """
    values: dict[str, list[str]] = {name.lower(): [] for name in signed_headers}
    for name, value in headers:
        if (lowered := name.lower()) in values:
            values[lowered].append(value.strip(" \t"))
    names = sorted(values)
    for name in names:
        if not values[name]:
            raise ValueError(f"the signed header {name!r} is not in the request")
    lines = "".join([f"{name}:{','.join(sorted(values[name]))}\n" for name in names])
    return f"{method}\n{canonical_uri(path)}\n{canonical_query(query)}\n{lines}\n{';'.join(names)}\n{content_sha256}"


def string_to_sign(canonical: str) -> str:
    """Return the algorithm and the hash, in hex, of the canonical request."""
    return f"{ALGORITHM}\n{sha256(canonical.encode()).hexdigest()}"


def signature(access_key_secret: str, text: str) -> str:
    """Return the HMAC-SHA256, in hex, of the string to sign. The key is the secret as it is."""
    return hmac.digest(access_key_secret.encode(), text.encode(), "sha256").hex()


def authorization(access_key_id: str, signed_headers: Iterable[str], signature: str) -> str:
    """Return the value of the header Authorization."""
    return f"{ALGORITHM} Credential={access_key_id},SignedHeaders={';'.join(signed_headers)},Signature={signature}"


def parse_authorization(value: str) -> tuple[str, tuple[str, ...], str]:
    """Return access key id, signed headers (in lower case, as ordered by the client) and signature.

    The signature is ASCII, as hmac.compare_digest needs it, but need not be hex: that is for a comparison to find.

    Raises:
        ValueError: it is not what `authorization` gives. The message does not quote it.
    """
    match = re.fullmatch(_AUTHORIZATION, value)
    if match is None or not value.isascii():
        raise ValueError(f"not of the form {ALGORITHM} Credential=…,SignedHeaders=…;…,Signature=…")
    access_key_id, names, signed = match.groups()
    signed_headers = tuple(names.lower().split(";"))
    if "" in signed_headers or len(set(signed_headers)) != len(signed_headers):
        raise ValueError("SignedHeaders has an empty name, or one twice")
    return access_key_id, signed_headers, signed


def sign(
    method: str,
    path: bytes,
    query: bytes,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    *,
    credentials: Credentials,
    action: str,
    version: str,
    now: float,
    nonce: str,
) -> dict[str, str]:
    """Return the headers that sign a request, with names in lower case.

    They replace those of the same names. x-acs-security-token is among them only with
    temporary credentials; otherwise the request must not carry one.
    Signed are host, content-type where there is a body, and every x-acs-*.

    Args:
        method: as sent, in upper case.
        path: as sent, percent-encoded.
        query: as sent, without the `?`.
        headers: the request's, host included.
        body: as sent.
        credentials: whose signature it is.
        action: the operation, `ListPipelineRunsStatus` for one.
        version: of the product's API, `2021-02-02` for one.
        now: seconds since the epoch, by the service's clock as far as that is known.
        nonce: never used before.

    Raises:
        ValueError: there is no header host.
    """
    content_sha256 = sha256(body).hexdigest()
    ours = {
        "x-acs-action": action,
        "x-acs-version": version,
        "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
        "x-acs-signature-nonce": nonce,
        "x-acs-content-sha256": content_sha256,
    }
    if credentials.security_token is not None:
        ours["x-acs-security-token"] = credentials.security_token
    sent = [(lowered, value) for name, value in headers if (lowered := name.lower()) not in _OURS]
    names = {"host", *ours}
    for name, _ in sent:
        if name.startswith("x-acs-") or (name == "content-type" and body):
            names.add(name)
    canonical = canonical_request(method, path, query, [*sent, *ours.items()], names, content_sha256)
    signed = signature(credentials.access_key_secret, string_to_sign(canonical))
    ours["authorization"] = authorization(credentials.access_key_id, sorted(names), signed)
    return ours


def fresh_nonce() -> str:
    """Return a text that was never used before."""
    return secrets.token_hex(16)


class SignatureAuth(httpx.Auth):
    """Signs each request of one operation, in httpx's sync and async clients alike.

    Every header that signing decides is overwritten, so a request that is sent again is signed afresh.
    Has no state of its own: safe to share between threads.

    Args:
        action: the operation that the requests ask for.
        version: of the product's API.
        credentials: called for each request, so that refreshed ones are taken up.
        clock: gives seconds since the epoch; a client that knows its clock is off passes a corrected one.
        nonce: gives a text never given before.
    """

    requires_request_body = True

    def __init__(
        self,
        action: str,
        version: str,
        credentials: Callable[[], Credentials],
        *,
        clock: Callable[[], float] = time.time,
        nonce: Callable[[], str] = fresh_nonce,
    ) -> None:
        self._action = action
        self._version = version
        self._credentials = Hidden(credentials)  # it may be a partial of a secret
        self._clock = clock
        self._nonce = nonce

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Yield the request, signed."""
        if "host" not in request.headers:
            # httpx adds none to a request built from a stream; what is signed must be what is sent.
            request.headers["host"] = request.url.netloc.decode("ascii")
        path, _, query = request.url.raw_path.partition(b"?")
        encoding = request.headers.encoding
        kept = [(name, value) for name, value in request.headers.raw if name.lower() not in _OURS_ON_THE_WIRE]
        ours = sign(
            request.method,
            path,
            query,
            [(name.decode("latin-1"), value.decode(encoding)) for name, value in kept],
            request.content,
            credentials=self._credentials.reveal()(),
            action=self._action,
            version=self._version,
            now=self._clock(),
            nonce=self._nonce(),
        )
        # One pass: setting the headers one by one scans them all each time.
        request.headers = httpx.Headers([*kept, *[(name.encode(), value.encode()) for name, value in ours.items()]])
        yield request


def _encoded(segment: bytes) -> str:
    return quote(unquote_to_bytes(segment), safe="")
