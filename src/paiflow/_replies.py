"""Take in a reply that may be hostile: too large, too slow, compressed to explode.

Intake decides on each chunk; the two readers only read, one blocking, one awaiting.

Source of the limits: ours. The documented sample has 1.3 KB, 10,000 runs with their nodes about 5 MB.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

import httpx

from paiflow._service_errors import excerpt, request_id_of
from paiflow.errors import TransportError, UnexpectedReply

MAX_REPLY_BYTES: Final = 64 << 20

# What a request may ask for. Others are refused: a list of codings could explode a thousandfold for each of them.
ACCEPTED_ENCODINGS: Final = ("gzip", "deflate")


class Whole(NamedTuple):
    """A reply that has been read. An httpx.Response cannot be given a body that something else has read."""

    status_code: int
    headers: httpx.Headers
    content: bytes

    def __repr__(self) -> str:
        return f"<Whole {self.status_code}>"  # a refusal may quote what the request was signed with


class Intake:
    """The body of one reply as it comes in, held to its limits.

    Of a compressed reply at most one chunk (64 KiB on the wire) is decoded past the limit before it is refused.
    The body of an error is cut off instead: what matters is that it is one.

    Args:
        operation: named in errors.
        response: its headers have come, its body has not.
        deadline: the clock's reading past which no more is taken.
        limit: the most bytes, decoded.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        operation: str,
        response: httpx.Response,
        deadline: float,
        *,
        limit: int = MAX_REPLY_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._operation = operation
        self._response = response
        self._deadline = deadline
        self._limit = limit
        self._clock = clock
        self._chunks: list[bytes] = []
        self._size = 0

    @contextmanager
    def limits(self) -> Iterator[None]:
        """Within this the body is added, chunk by chunk.

        Raises:
            UnexpectedReply: it does not decompress, or is too large.
        """
        try:
            try:
                yield
            except httpx.DecodingError:
                raise self._unexpected("it cannot be decompressed") from None
        except UnexpectedReply:
            if self._response.status_code < 400:
                raise

    def wanted(self) -> bool:
        """Return whether the body is to be read: that of an error is not where its headers forbid it.

        Raises:
            UnexpectedReply: it is compressed in a way that was not asked for, or says that it will be too large.
        """
        try:
            self._check_headers()
        except UnexpectedReply:
            if self._response.status_code < 400:
                raise
            return False
        return True

    def add(self, chunk: bytes) -> None:
        """Take in a decoded chunk.

        Raises:
            UnexpectedReply: the body is too large by now.
            TransportError: the deadline has passed.
        """
        self._size += len(chunk)
        if self._size > self._limit:
            raise self._too_large()
        if self._clock() > self._deadline:
            raise TransportError(self._operation, "the reply was still coming in when the time was up")
        self._chunks.append(chunk)

    def whole(self) -> Whole:
        """Return the reply with its body, decoded."""
        return Whole(self._response.status_code, self._response.headers, b"".join(self._chunks))

    def _check_headers(self) -> None:
        encoding = self._response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("", "identity", *ACCEPTED_ENCODINGS):
            raise self._unexpected(f"its content-encoding is not one of {', '.join(ACCEPTED_ENCODINGS)}")
        length = self._response.headers.get("content-length", "")
        if length.isdecimal() and len(length) < 20 and int(length) > self._limit:
            raise self._too_large()

    def _too_large(self) -> UnexpectedReply:
        return self._unexpected(f"it is larger than {self._limit:,} bytes")

    def _unexpected(self, reason: str) -> UnexpectedReply:
        begins = excerpt(b"".join(self._chunks)[:4096])
        request_id = request_id_of(self._response.headers)
        return UnexpectedReply(self._operation, self._response.status_code, begins, request_id, reason)


def read(intake: Intake, response: httpx.Response) -> Whole:
    """Return the reply with its body, within the limits."""
    if intake.wanted():
        with intake.limits():
            for chunk in response.iter_bytes():
                intake.add(chunk)
    return intake.whole()


async def aread(intake: Intake, response: httpx.Response) -> Whole:
    """Return the reply with its body, within the limits."""
    if intake.wanted():
        with intake.limits():
            async for chunk in response.aiter_bytes():
                intake.add(chunk)
    return intake.whole()
