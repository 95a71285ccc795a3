"""Requests and replies, as plain values: what the core takes and gives, whatever carries them."""

from collections.abc import Sequence

import attrs

__all__ = ["Reply", "Request"]


@attrs.frozen
class Request:
    """A request as it was sent.

    Args:
        method: in upper case.
        path: percent-encoded, as sent.
        query: as sent, without the `?`.
        headers: every line, in order; names in any case.
        body: whole; of one that is too large, at least one byte more than the limit.
    """

    method: str
    path: bytes
    query: bytes
    headers: Sequence[tuple[str, str]]
    body: bytes


@attrs.frozen
class Reply:
    """A reply to send. The driver adds content-length, and leaves the body away where HTTP does."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes
