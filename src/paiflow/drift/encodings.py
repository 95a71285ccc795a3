"""Decode a recorded body: base64, code points, and the compressions of HTTP.

Recorders differ. Some keep the bytes, some decompress them and keep the header that says otherwise, and some keep a number
for each byte. So a body is decompressed until it is text, even if its headers say otherwise.

Sources: RFC 9110, 8.4 (content codings); "deflate" is sent with and without zlib's frame, as RFC 9110 notes.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from paiflow.client.reply_body import MAX_REPLY_BYTES

_LAYERS: Final = 4
_CONTROL: Final = re.compile("[\x00-\x08\x0e-\x1a]")
_INSPECTED: Final = 1000


class UnreadableError(Exception):
    """A reply, or its body, cannot be read; the message says why, as a clause after its name."""


def decoded(body: Any, codings: str, *, is_base64: bool = False) -> bytes | str | None:
    """Return a recorded body as text, or as the bytes of text; None where none was recorded.

    Args:
        body: text, bytes, code points, or the JSON that a recorder has parsed.
        codings: the Content-Encoding of the reply, which may no longer be true.
        is_base64: whether the recording says so; text that is JSON is taken as it is.

    Raises:
        UnreadableError: it cannot be read.
    """
    if isinstance(body, str) and is_base64:
        body = _from_base64(body)
    elif not (body is None or isinstance(body, str | bytes)):
        body = _from_code_points(body)
    if isinstance(body, str):
        return _from_text(body, codings)
    return None if body is None else _decompressed(body, codings)


def _from_base64(text: str) -> bytes | str:
    if text.lstrip()[:1] in ("{", "["):
        return text  # of neither alphabet
    letters = "".join(text.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except ValueError:
        raise UnreadableError("whose body is not the base64 that it is marked as") from None


def _from_code_points(value: Any) -> bytes | str:
    """Return the bytes of a list of numbers, of `{"0": 123, …}`, or of Node's Buffer; of any other value its JSON."""
    points = value
    if isinstance(value, Mapping):
        by_index = list(value) == [str(index) for index in range(len(value))]
        points = list(value.values()) if by_index else value.get("data")
    if isinstance(points, list) and points and all(type(point) is int and -128 <= point <= 255 for point in points):
        return bytes(point & 0xFF for point in points)  # Java's bytes are signed
    try:
        return json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        raise UnreadableError("whose body is not text") from None


def _from_text(text: str, codings: str) -> bytes | str:
    """Return a text; of one that has a character for each byte of a compressed body, what it says."""
    if codings and _CONTROL.search(text[:_INSPECTED]):
        if "\ufffd" in text:
            raise UnreadableError(f"whose {codings} body was recorded as text, and is lost")
        with contextlib.suppress(UnicodeEncodeError):
            return _decompressed(text.encode("latin-1"), codings)
    return text


def _decompressed(body: bytes, codings: str) -> bytes:
    named = [_ALIASES.get(name, name) for name in re.findall(r"[\w-]+", codings.lower()) if name != "identity"]
    for _ in range(_LAYERS):
        if _is_text(body):
            break
        body = _without_a_layer(body, named)
    return body


def _without_a_layer(body: bytes, named: list[str]) -> bytes:
    """Return a body without one compression: one that is named, one that the first bytes tell, or one that gives text."""
    told = [name for name, magic in _MAGIC.items() if body.startswith(magic)]
    for name in dict.fromkeys([*told, *reversed(named), *_CODECS]):
        for decompress in _CODECS.get(name, ()):
            with contextlib.suppress(*_failures()):
                plain = decompress(body)
                if name in told or name in named or _is_text(plain):
                    return plain
    for name in [*told, *named]:
        if name not in _CODECS:
            raise UnreadableError(f"whose body is compressed with {name}, which is not supported")
        if name in _PACKAGES and not _CODECS[name]:
            raise UnreadableError(f"whose body is compressed with {name}: install {_PACKAGES[name]} to read it")
        raise UnreadableError(f"whose {name} body is broken, or larger than {MAX_REPLY_BYTES} bytes")
    raise UnreadableError("whose body is not text")


def _is_text(body: bytes) -> bool:
    try:
        text = body.decode(json.detect_encoding(body))
    except UnicodeDecodeError:
        return False
    return not _CONTROL.search(text[:_INSPECTED])


def _inflated(window: int) -> Callable[[bytes], bytes]:
    def decompress(body: bytes) -> bytes:
        inflater = zlib.decompressobj(window)
        return _whole(inflater.decompress(body, MAX_REPLY_BYTES), done=inflater.eof)

    return decompress


def _whole(body: bytes, *, done: bool) -> bytes:
    if not done:
        raise ValueError
    return body


def _brotli() -> Iterator[Callable[[bytes], bytes]]:
    """Yield how to decompress brotli, if its package is installed."""
    with contextlib.suppress(ModuleNotFoundError):
        import brotli  # noqa: PLC0415 - may be absent

        def decompress(body: bytes) -> bytes:
            decompressor = brotli.Decompressor()
            return _whole(
                decompressor.process(body, output_buffer_limit=MAX_REPLY_BYTES), done=decompressor.is_finished()
            )

        yield decompress


def _zstd() -> Iterator[Callable[[bytes], bytes]]:
    """Yield how to decompress zstd, if it is installed; Python has it from 3.14 on."""
    with contextlib.suppress(ModuleNotFoundError):
        if sys.version_info >= (3, 14):
            from compression import zstd  # noqa: PLC0415 - may be absent
        else:
            from backports import zstd  # noqa: PLC0415 - may be absent

        def decompress(body: bytes) -> bytes:
            decompressor = zstd.ZstdDecompressor()
            return _whole(decompressor.decompress(body, max_length=MAX_REPLY_BYTES), done=decompressor.eof)

        yield decompress


def _failures() -> tuple[type[Exception], ...]:
    """Return what decompressors raise for what is not theirs."""
    names = (("brotli", "error"), ("compression.zstd", "ZstdError"), ("backports.zstd", "ZstdError"))
    found = (getattr(sys.modules.get(module), name, None) for module, name in names)
    return (ValueError, EOFError, zlib.error, *(one for one in found if one))


_ALIASES: Final = {"x-gzip": "gzip"}
_MAGIC: Final = {"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}
_PACKAGES: Final = {"br": "brotli", "zstd": "backports.zstd"}
_CODECS: Final = {
    "gzip": [_inflated(zlib.MAX_WBITS | 16)],
    "deflate": [_inflated(zlib.MAX_WBITS), _inflated(-zlib.MAX_WBITS)],
    "zstd": [*_zstd()],
    "br": [*_brotli()],
}
