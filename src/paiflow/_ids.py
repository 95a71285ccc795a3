"""Say of a text whether it can be an id, and whether it looks like one of its kind.

The vendor documents no pattern. Refused is only what no id can hold: to ask for it would end as "not found", for a wait
after a minute. A prefix that is not the usual one is no more than a reason for a hint.

Source of the prefixes: the samples on the vendor's pages of PAIFlow.
"""

from __future__ import annotations

import re
from typing import Final

RUN: Final = "flow-"
NODE: Final = "node-"

# Printable ASCII without space, comma and slash: nearly all ids.
_PLAIN: Final = r"[!-+\-.0-~]+"
_NAMES: Final = {",": "a comma", "/": "a slash", "\ufffd": "bytes that are no text", "\ufeff": "a byte order mark"}


def flaw(text: str) -> str | None:
    """Return what a text holds that no id can, such as `a comma`; None if it can be an id."""
    if re.fullmatch(_PLAIN, text):
        return None
    return next((name for name in map(_flaw, text) if name), None)


def unusual(text: str, prefix: str) -> bool:
    """Return whether an id has a prefix, and another one than is usual for its kind."""
    return not text.startswith(prefix) and re.match("[A-Za-z]+-", text) is not None


def _flaw(char: str) -> str | None:
    if char in _NAMES:
        return _NAMES[char]
    if char.isspace():
        return "a line break" if char in "\r\n" else "a space"
    return None if char.isprintable() else f"the character U+{ord(char):04X}, which does not print"
