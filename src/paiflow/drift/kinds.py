"""The kinds of value that JSON has, and what is inferred from values: the schema that describes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

ALL_KINDS: Final = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})

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

# As the strictest of the readers has it; datetime judges whether there is such a day.
_DATE_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)


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


def is_date_time(text: str) -> bool:
    """Return whether a text is a date-time of RFC 3339."""
    if not _DATE_TIME.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def inferred(values: Iterable[Any]) -> dict[str, Any]:
    """Return the schema of values that nobody has described: one alternative, or an `anyOf` of several."""
    found = alternatives(values)
    return found[0] if len(found) == 1 else {"anyOf": found} if found else {}


def alternatives(values: Iterable[Any]) -> list[dict[str, Any]]:
    """Return a schema for each kind among the values, null last.

    Whole numbers are numbers where others come, too. A text is a date-time if all are; an empty one among date-times
    stands by itself. Objects are of free form. What lists hold is inferred from the items of all of them.
    """
    by_kind: dict[str, list[Any]] = {}
    for value in values:
        by_kind.setdefault(kind_of(value), []).append(value)
    if "number" in by_kind:
        by_kind.pop("integer", None)
    found: list[dict[str, Any]] = []
    for kind in ("string", "integer", "number", "boolean", "object", "array", "null"):
        if kind not in by_kind:
            continue
        if kind == "string":
            found += _texts(by_kind[kind])
        elif kind == "array":
            found.append({"type": "array", "items": _items([item for items in by_kind[kind] for item in items])})
        else:
            found.append({"type": kind})
    return found


def _texts(texts: list[str]) -> list[dict[str, Any]]:
    filled = [text for text in texts if text]
    if not filled or not all(map(is_date_time, filled)):
        return [{"type": "string"}]
    empty = [{"type": "string", "maxLength": 0}] if len(filled) < len(texts) else []
    return [{"type": "string", "format": "date-time"}, *empty]


def _items(items: list[Any]) -> dict[str, Any]:
    """Return the schema of a list's items; of those that are lists themselves only that they may be anything."""
    return {} if any(isinstance(item, list) for item in items) else inferred(items)
