"""Read a reply that may be hostile: too large, too slow, or a decompression bomb.

Intake decompresses and decides on each chunk; the two readers only read, one blocking, one awaiting. httpx would decompress
whole chunks of any size, and does not know all names of gzip.

Source of the limits: ours. The documented sample has 1.3 KB, 10,000 runs with their nodes about 5 MB.
"""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, NamedTuple

import httpx

from paiflow.client.service_errors import excerpt, request_id_of
from paiflow.errors import PaiFlowError, TransportError, UnexpectedReply

MAX_REPLY_BYTES: Final = 64 << 20

# What a request may ask for. Others are refused: a list of codings could explode a thousandfold for each of them.
ACCEPTED_ENCODINGS: Final = ("gzip", "deflate")

# Other names of gzip (RFC 9110, 8.4.1.3), and names of no coding at all that gateways send: a charset, none, a media type.
_OTHER_NAMES: Final = {"x-gzip": "gzip"}
_NO_ENCODING: Final = re.compile(
    r"|identity|none|null|no|off|false|undefined|default|raw|plain|text|json|binary|[78]bit|(aws-)?chunked"
    r"|(text|application)/[\w.+-]+(\s*;.*)?"
    r"|(charset=)?((us-)?ascii|unicode|(utf|iso|windows|cp|latin|gb|big5)[\w:-]*)"
)


class Whole(NamedTuple):
    """A reply that has been read. An httpx.Response cannot be given a body that something else has read."""

    status_code: int
    headers: httpx.Headers
    content: bytes

    def __repr__(self) -> str:
        return f"<Whole {self.status_code}>"  # a refusal may quote what the request was signed with


class Intake:
    """The body of one reply as it comes in, held to its limits.

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
        self._decoder: _Decoder | None = None

    @contextmanager
    def limits(self) -> Iterator[None]:
        """Within this the body is added, chunk by chunk; at its end it is complete.

        Raises:
            UnexpectedReply: it does not decompress, or is too large.
        """
        try:
            try:
                yield
            except zlib.error:
                raise self._unexpected("it cannot be decompressed") from None
            if self._decoder is not None and not self._decoder.complete:
                raise self._unexpected("it cannot be decompressed: its end is missing")
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
            if _is_read(self._response):
                self._decoder = None
                self.add(self._response.content)
                return False
        except UnexpectedReply:
            if self._response.status_code < 400:
                raise
            return False
        return True

    def add(self, chunk: bytes) -> None:
        """Take in a chunk as it came.

        Raises:
            UnexpectedReply: the body is too large by now.
            TransportError: the deadline has passed.
            zlib.error: it does not decompress.
        """
        if self._decoder is not None:
            chunk = self._decoder.decode(chunk, self._limit - self._size + 1)
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
        names = [name.strip() for name in self._response.headers.get("content-encoding", "").lower().split(",")]
        encodings = [_OTHER_NAMES.get(name, name) for name in names if not _NO_ENCODING.fullmatch(name)]
        if len(encodings) > 1 or not set(encodings) <= set(ACCEPTED_ENCODINGS):
            raise self._unexpected(f"its content-encoding is not one of {', '.join(ACCEPTED_ENCODINGS)}")
        self._decoder = _Decoder(encodings[0]) if encodings else None
        length = self._response.headers.get("content-length", "")
        if length.isdecimal() and len(length) < 20 and int(length) > self._limit:
            raise self._too_large()

    def _too_large(self) -> UnexpectedReply:
        return self._unexpected(f"it is larger than {self._limit:,} bytes")

    def _unexpected(self, reason: str) -> UnexpectedReply:
        begins = excerpt(b"".join(self._chunks)[:4096])
        request_id = request_id_of(self._response.headers)
        return UnexpectedReply(self._operation, self._response.status_code, begins, request_id, reason)


def _is_read(response: httpx.Response) -> bool:
    """Return whether a transport of the user's has read the body, of which nothing but the decoded content is left."""
    return response.is_stream_consumed and not isinstance(response.stream, httpx.ByteStream)


class _Decoder:
    """Decompresses a body, and never to more than is asked for."""

    def __init__(self, encoding: str) -> None:
        # Some servers send deflate without zlib's header; that shows at the first chunk.
        self._bare = encoding == "deflate"
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS if self._bare else zlib.MAX_WBITS | 16)
        self._begun = False

    @property
    def complete(self) -> bool:
        """Whether the end has come; a body without a byte has none."""
        return self._zlib.eof or not self._begun

    def decode(self, chunk: bytes, most: int) -> bytes:
        """Return the first `most` bytes of a chunk, decompressed."""
        if not chunk:
            return b""
        bare, self._bare, self._begun = self._bare, False, True
        try:
            return self._zlib.decompress(chunk, most)
        except zlib.error:
            if not bare:
                raise
            self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)
            return self._zlib.decompress(chunk, most)


def read(intake: Intake, response: httpx.Response) -> Whole:
    """Return the reply with its body, within the limits."""
    if intake.wanted():
        with intake.limits():
            for chunk in response.stream:  # type: ignore[union-attr]  # that of a blocking transport
                intake.add(chunk)
    return intake.whole()


async def aread(intake: Intake, response: httpx.Response) -> Whole:
    """Return the reply with its body, within the limits."""
    if intake.wanted():
        with intake.limits():
            chunks = aiter(response.stream)  # type: ignore[arg-type]  # that of an async transport
            try:
                async for chunk in chunks:
                    intake.add(chunk)
            except (PaiFlowError, zlib.error):
                await _end(chunks, response)
                raise
    return intake.whole()


async def _end(chunks: AsyncIterator[bytes], response: httpx.Response) -> None:
    """End a body in its middle, with all the generators that it comes through.

    Closing the outermost would leave the others to the garbage collector. An error of the innermost ends them all, and that
    is what reading from a closed connection gives.
    """
    await response.aclose()
    if "network_stream" in response.extensions:
        with suppress(httpx.HTTPError, httpx.StreamError):
            async for _ in chunks:
                pass
    if isinstance(chunks, AsyncGenerator):
        await chunks.aclose()
