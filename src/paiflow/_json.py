"""Read JSON strictly: RFC 8259, without NaN and Infinity, and without duplicate names in an object."""

from __future__ import annotations

import json
from typing import Any, NoReturn


def read(text: str, *, unique: bool = True) -> Any:
    """Return the value of a text.

    Args:
        text: without a byte order mark.
        unique: refuse an object that has a name twice: two readers could understand it in two ways.

    Raises:
        ValueError: it is no such JSON.
        RecursionError: it nests too deeply.
    """
    return (_UNIQUE if unique else _ANY).decode(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name is there twice")
    return fields


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_ANY = json.JSONDecoder(parse_constant=_refuse)
_UNIQUE = json.JSONDecoder(parse_constant=_refuse, object_pairs_hook=_object)
