"""Sign every case, over the exact bytes that go out. Loaded by schemathesis, credentials from the environment."""

import os
import secrets
import time
from urllib.parse import urlsplit

import requests
import schemathesis

from paiflow.credentials import from_environment
from paiflow.signing import sign


class Signature(requests.auth.AuthBase):
    """Signs a prepared request, anew each time it is sent."""

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        """Return the request, signed."""
        parts = urlsplit(prepared.url or "")
        body = prepared.body or b""
        content = body.encode() if isinstance(body, str) else body
        prepared.headers["host"] = parts.netloc
        signed = sign(
            prepared.method or "",
            (parts.path or "/").encode(),
            parts.query.encode(),
            [(name, value.decode() if isinstance(value, bytes) else value) for name, value in prepared.headers.items()],
            content,
            credentials=from_environment(os.environ),
            action="ListPipelineRunsStatus",
            version="2021-02-02",
            now=time.time(),
            nonce=secrets.token_hex(16),
        )
        # Overwrites what a repeated case brings along: an old nonce would be refused.
        prepared.headers.update(signed)
        return prepared


schemathesis.auth.set_from_requests(Signature())
