"""Make text from outside safe to show: redacted, without control characters, and short.

A SignatureDoesNotMatch echoes the canonical request that the service built, and in it the access key id and the security
token; so the text of a reply is redacted before anything else is done with it.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from string import ascii_lowercase, ascii_uppercase
from urllib.parse import quote

# A value of fewer characters is a word, not a secret; of a longer one so many in a row are a part that may not show.
_WORD = 8
_PART = 12
# Unlike str.lower, this keeps the length.
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


def clean(text: str, limit: int) -> str:
    """Return text from outside, fit for a message: redacted, on one line, at most `limit` characters and a `…`."""
    from paiflow._secrets import without_secrets  # noqa: PLC0415 - its patterns take long to compile

    safe = without_secrets(text)
    shown = visible(safe[:limit])
    return shown if len(safe) <= limit else f"{shown}…"


def visible(text: str) -> str:
    r"""Return the text with every character that does not print written as an escape: \n, \x1b, \u202e."""
    if text.isprintable():
        return text
    return "".join([char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text])


def close_to(name: str, known: Iterable[str]) -> str:
    """Return a question after the known name that is meant, empty if none is close."""
    from difflib import get_close_matches  # noqa: PLC0415 - for a mistake only

    folded = {one.lower().replace("_", ""): one for one in known}
    close = get_close_matches(name[:60].lower().replace("_", ""), folded, 1)
    return f"; did you mean {folded[close[0]]}?" if close else ""


def without(text: str, secrets: Iterable[str | None]) -> str:
    """Return the text without these very values, as they are or encoded. Short ones are words, and stay."""
    for form in _forms(secrets):
        text = text.replace(form, "[redacted]")
    return text


def parts_of(secrets: Iterable[str | None]) -> frozenset[str]:
    """Return the texts for `without_parts` to look for."""
    return frozenset(
        form[start : start + _PART].translate(_LOWER)
        for form in _forms(secrets)
        for start in range(max(1, len(form) - _PART + 1))
    )


def without_parts(text: str, parts: Collection[str]) -> str:
    """Return the text without the values of `parts_of`, nor 12 or more characters of them: one may be cut, or escaped.

    Letters may be in either case: a host's name is written in small ones.
    """
    lowered = text.translate(_LOWER)
    sizes = sorted({len(part) for part in parts}, reverse=True)
    kept: list[str] = []
    place = begun = 0
    while place < len(text):
        length = next((size for size in sizes if lowered[place : place + size] in parts), 0)
        if not length:
            place += 1
            continue
        kept += [text[begun:place], "[redacted]"]
        end = place + length
        while lowered[end - _PART + 1 : end + 1] in parts and end < len(text):
            end += 1
        place = begun = end
    return "".join([*kept, text[begun:]])


def _forms(secrets: Iterable[str | None]) -> Iterator[str]:
    """Yield the ways in which a secret may be written: as it is, percent-encoded, escaped in JSON."""
    for secret in secrets:
        if secret is None or len(secret) < _WORD:
            continue
        plain = str(secret)
        encoded = (quote(plain, safe=""), quote(plain))
        lower = [re.sub("%..", lambda found: found[0].lower(), form) for form in encoded]
        yield from dict.fromkeys((plain, *encoded, *lower, plain.replace("/", r"\/"), plain.replace("=", r"\u003d")))
