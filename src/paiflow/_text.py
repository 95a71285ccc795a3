"""Make text from outside fit to show: without secrets, without what would steer a terminal, and short.

A SignatureDoesNotMatch echoes the canonical request that the service built, and in it the access key id and the security
token; so the text of a reply is redacted before anything else is done with it.
"""

import re
from collections.abc import Iterable
from urllib.parse import quote

# From here on a message is an echo of the request.
_ECHO = r"(?i)(server('s|’s)? )?(string ?to ?sign|canonical ?(request|string))"

# Wherever else a secret may be quoted: `name: value`, `name=value`, `"name": "value"`, `<name>value`, percent-encoded too.
# No word boundary in front: the letter of an escaped line break would be taken for part of the name.
_NAMED = (
    r"(?i)((?:(?:security|sts|bearer|access|refresh|metadata)[-_]?token|access[-_]?key[-_]?(?:id|secret))"
    r"[\\\"']*\s*(?:[=:>]|%3[AD])\s*[\\\"']*|(?:credential|signature)(?:=|%3D))[^\s\"',;&<>\]]+"
)
_AUTHORIZATION = r"(?i)(authorization[\\\"']*\s*[=:])[^\r\n]+"
_KEY_ID = r"(?:LTAI|STS\.)[0-9A-Za-z]{8,}"


def clean(text: str, limit: int) -> str:
    """Return text from outside, fit for a message: redacted, on one line, at most `limit` characters and a `…`."""
    safe = redacted(text)
    shown = visible(safe[:limit])
    return shown if len(safe) <= limit else f"{shown}…"


def visible(text: str) -> str:
    r"""Return the text with every character that does not print written as an escape: \n, \x1b, \u202e."""
    if text.isprintable():
        return text
    return "".join([char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text])


def redacted(text: str) -> str:
    """Return the text without what signs requests: echoes of them, tokens, keys, signatures."""
    if echo := re.search(_ECHO, text):
        text = text[: echo.start()].rstrip(" ,;:([{\n") or "[redacted]"
    text = re.sub(_AUTHORIZATION, r"\1 [redacted]", text)
    return re.sub(_KEY_ID, "[redacted]", re.sub(_NAMED, r"\1[redacted]", text))


def without(text: str, secrets: Iterable[str | None]) -> str:
    """Return the text without these very values, as they are or percent-encoded. Short ones are words, and stay."""
    for secret in secrets:
        if secret is not None and len(secret) >= 8:
            for form in (secret, quote(secret, safe=""), quote(secret)):
                text = text.replace(form, "[redacted]")
    return text
