"""The kinds of value that JSON has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

ALL_KINDS: Final = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})

SCALARS: Final = ALL_KINDS - {"array", "object"}

# JSON Schema's types; a number is any, ours are those that are not whole.
OF_TYPE: Final = {**{kind: frozenset({kind}) for kind in ALL_KINDS}, "number": frozenset({"integer", "number"})}

_OF_CLASS: Final[dict[type, str]] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    str: "string",
    list: "array",
    dict: "object",
}


def kind_of(value: Any) -> str:
    """Return the kind of a value: 1.0 is an integer, as JSON Schema says."""
    kind = _OF_CLASS.get(type(value))
    return kind if kind is not None else "integer" if value.is_integer() else "number"


def in_words(kinds: Iterable[str]) -> str:
    """Return kinds for people: `string or null`; numbers swallow the whole ones."""
    kinds = set(kinds)
    if kinds == ALL_KINDS:
        return "anything"
    if "number" in kinds:
        kinds.discard("integer")
    names = [kind for kind in ("string", "integer", "number", "boolean", "array", "object", "null") if kind in kinds]
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names) or "nothing"
