"""Requests and replies as plain values, the same for every transport."""

from collections.abc import Sequence

import attrs

__all__ = ["AT_ONCE", "Delivery", "Reply", "Request"]


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


@attrs.frozen(kw_only=True)
class Delivery:
    """How a reply goes out; whole and at once, unless a fault has it otherwise. Seconds are the service's clock's.

    Args:
        reset: the connection is reset, and nothing goes out.
        delay: seconds before the first byte.
        truncated: half of the body goes out, then the connection is closed.
        gap: seconds before each piece of the body; 0 for a body in one piece.
        piece_bytes: the size of a piece.
    """

    reset: bool = False
    delay: float = 0.0
    truncated: bool = False
    gap: float = 0.0
    piece_bytes: int = 1

    def pieces(self, body: bytes) -> list[bytes]:
        """Return what goes out of a body, piece by piece; one that is empty for a body that is."""
        sent = body[: len(body) // 2] if self.truncated else body
        size = self.piece_bytes if self.gap else len(sent)
        return [sent[start : start + size] for start in range(0, len(sent), size or 1)] or [b""]


AT_ONCE = Delivery()


@attrs.frozen
class Reply:
    """A reply to send. The driver adds content-length, and leaves the body away where HTTP does."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes
    delivery: Delivery = AT_ONCE
