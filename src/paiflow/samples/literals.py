"""Write values and calls as Python code, in lines that fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WIDTH = 100
_INDENT = "    "


class Code(str):
    """Text that is code already."""

    __slots__ = ()


def literal(value: Any, indent: str = "") -> str:
    """Return the Python literal of a value. Lines after its first begin with `indent`."""
    if isinstance(value, Code):
        return str(value)
    if isinstance(value, str):
        lines = value.splitlines(keepends=True)
        return _quoted(value) if len(lines) < 2 else _broken("(", list(map(_quoted, lines)), ")", indent, separator="")
    if isinstance(value, Mapping):
        items = [f"{literal(str(name))}: {literal(item, indent + _INDENT)}" for name, item in value.items()]
        return joined("{", items, "}", indent)
    if isinstance(value, list):
        return joined("[", [literal(item, indent + _INDENT) for item in value], "]", indent)
    return repr(value)


def call(function: str, arguments: Mapping[str, Any], indent: str = "") -> str:
    """Return the code of a call; an argument whose name is empty or begins with a digit goes by position."""
    items = [
        (f"{name}=" if name.isidentifier() else "") + literal(value, indent + _INDENT)
        for name, value in arguments.items()
    ]
    return joined(f"{function}(", items, ")", indent)


def joined(opening: str, items: list[str], closing: str, indent: str) -> str:
    """Return the items on one line if they fit, else each on a line of its own."""
    line = f"{opening}{', '.join(items)}{closing}"
    if "\n" not in line and len(indent) + len(line) <= WIDTH:
        return line
    return _broken(opening, items, closing, indent, separator=",")


def _broken(opening: str, items: list[str], closing: str, indent: str, *, separator: str) -> str:
    lines = [f"{indent}{_INDENT}{item}{separator}" for item in items]
    return "\n".join([opening, *lines, f"{indent}{closing}"])


def _quoted(text: str) -> str:
    """Return the literal of a text, in double quotes where they need no escape; what does not print is escaped."""
    written = repr(text)
    if written.startswith("'") and '"' not in text:
        return '"' + written[1:-1].replace("\\'", "'") + '"'
    return written
