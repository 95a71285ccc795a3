"""Show text from the service on a terminal: as it is, except for what would steer the terminal."""

from __future__ import annotations


def visible(text: str) -> str:
    r"""Return the text with every character that does not print written as an escape: \n, \x1b, \u202e."""
    if text.isprintable():
        return text
    return "".join([char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text])
