"""Find secret values in a text, plain or encoded.

A value may stand in a text as it is, percent-encoded, escaped for JSON or HTML, in base64, in UTF-16, or broken over lines;
and in several of these at once.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote, quote_plus, unquote

from paiflow import PaiFlowError
from paiflow._secrets import REDACTED

SHORTEST = 4
"""Characters of the shortest value that can be told from other text."""

DEPTH = 8
"""How many encodings, one in another, are looked through."""

_SHORT = 100
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_BROKEN = re.compile(r"[\s\0]+")
_SIGNATURE = re.compile(r"(?i)(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


class KnownSecrets:
    """Values that must not be kept.

    Args:
        values: of credentials; in any case of letters.
        signatures: of requests, in hexadecimal.

    Raises:
        PaiFlowError: a value is too short to be told from other text.
    """

    def __init__(self, values: Iterable[str], signatures: Iterable[str] = ()) -> None:
        kept = sorted(set(values))
        if any(len(value) < SHORTEST for value in kept):
            raise PaiFlowError(
                f"cannot record: a key id, secret or token of fewer than {SHORTEST} characters cannot be told from other"
                " text; use longer ones"
            )
        self._signatures = {signature.lower() for signature in signatures}
        self._short = lru_cache(maxsize=10_000)(self._are_readable_in)
        self._values = [value.lower() for value in kept]
        self._shortest = min([len(value) for value in kept] + [64])
        forms = {form for value in kept for form in _forms(value)}
        self._forms = re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True))), re.IGNORECASE)
        once = {core for form in forms for core in _cores(form)}
        self._encoded = sorted(once | {core for form in once for core in _cores(form)})

    def masked(self, text: str) -> str:
        """Return a text without the values, as they are or in the encodings that services use."""
        if len(text) < self._shortest:
            return text
        if self._values:
            text = self._forms.sub(REDACTED, text)
        return _SIGNATURE.sub(lambda found: REDACTED if found[0].lower() in self._signatures else found[0], text)

    def are_in(self, text: str) -> bool:
        """Return whether a value is in a text, or in anything that the text can be read as."""
        if len(text) < self._shortest:
            return False
        return self._short(text) if len(text) <= _SHORT else self._are_readable_in(text)

    def _are_readable_in(self, text: str) -> bool:
        return any(map(self._are_plainly_in, _readings(text)))

    def _are_plainly_in(self, text: str) -> bool:
        folded = text.lower()
        return (
            any(value in folded for value in self._values)
            or any(core in text for core in self._encoded)
            or any(found[0] in self._signatures for found in _SIGNATURE.finditer(folded))
        )


def _readings(text: str) -> Iterator[str]:
    """Yield a text, and all that it says where it is encoded, or encoded several times."""
    seen, level = {text}, [text]
    for _ in range(DEPTH):
        yield from level
        level = list({one for other in level for one in _decoded(other)} - seen)
        seen.update(level)


def _decoded(text: str) -> Iterator[str]:
    if "\\" in text:
        yield _ESCAPE.sub(_unescaped, text)
    if "%" in text:
        yield unquote(text)
    if "&" in text:
        yield html.unescape(text)
    if _BROKEN.search(text):
        yield _BROKEN.sub("", text)


def _forms(value: str) -> Iterator[str]:
    """Yield a value in the encodings that services use."""
    escaped = json.dumps(value)[1:-1]
    yield from (value, escaped, json.dumps(escaped)[1:-1], html.escape(value))
    yield from (quote(value, safe=""), quote(value), quote_plus(value))


def _cores(text: str) -> Iterator[str]:
    """Yield the part of the base64 of a text, in both alphabets, that does not depend on its surroundings.

    Three bytes make four letters, so it depends on how many bytes stand before it, modulo 3. Letters that hold bits of what
    stands before or behind it are left out.
    """
    for width, content in ((1, text.encode()), (2, text.encode("utf-16-le"))):
        for before in range(0, 3 * width, width):
            encoded = base64.b64encode(b"\0" * before + content).decode().rstrip("=")
            core = encoded[-(-before * 4 // 3) :]
            core = core if (before + len(content)) % 3 == 0 else core[:-1]
            yield core
            yield core.translate(str.maketrans("+/", "-_"))


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else _PLAIN.get(found[3], found[3])
