"""Who may use the explorer: the page that it serves, and programs that know its token.

The explorer signs as its user, so no other page that the user's browser shows may reach it. Four bars, each of which is
enough: the Host pinned (a name that was rebound to this machine has another), the Origin pinned, Sec-Fetch-Site, and a
token that no other page knows. It is sent in a header of its own, which a browser lets another page send only with CORS,
and no reply here has a header of CORS.

Why: https://github.com/advisories/GHSA-9h52-p55h-vw2f, GHSA-w48q-cv73-mx4w, GHSA-8jxr-pr72-r468.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Final

import attrs

from paiflow._hidden import Secret
from paiflow.explorer.refusals import Refusal
from paiflow.samples.shell import TOKEN_HEADER

Headers = Sequence[tuple[bytes, bytes]]

_OPENED: Final = (b"same-origin", b"none")  # none: by the address bar


@attrs.frozen
class Gate:
    """Admits requests.

    Attributes:
        origin: the explorer's own: scheme, host and port.
        token: of this start.
    """

    origin: str
    token: Secret

    def admit(self, headers: Headers, *, public: bool = False) -> None:
        """Return if a request may pass.

        Args:
            headers: all, with names in lower case.
            public: whether it is for something that anybody may see: the page, without what it shows.

        Raises:
            Refusal: it may not.
        """
        authority = self.origin.partition("://")[2]
        hosts = _all(headers, b"host")
        if hosts != [authority.encode()]:
            raise Refusal("Host", _shown(hosts), self.origin)
        origins = _all(headers, b"origin")
        if any(origin != self.origin.encode() for origin in origins):
            raise Refusal("Origin", _shown(origins))
        allowed = _OPENED if public else _OPENED[:1]
        if any(site not in allowed for site in _all(headers, b"sec-fetch-site")):
            raise Refusal("Site")
        tokens = _all(headers, TOKEN_HEADER.encode())
        if not public and not (len(tokens) == 1 and hmac.compare_digest(tokens[0], self.token.encode())):
            raise Refusal("Token", TOKEN_HEADER)


def _all(headers: Headers, name: bytes) -> list[bytes]:
    return [value for other, value in headers if other == name]


def _shown(values: list[bytes]) -> str:
    return repr(b", ".join(values)[:60].decode("latin-1"))
