"""Write replies as JSON. What an item shows is written once, and kept for as long as the item does not change."""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

__all__ = ["View", "written"]

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class View(dict[str, Any]):
    """The fields of an item that a reply holds. Not to be changed."""

    @cached_property
    def json(self) -> str:
        """Its JSON."""
        return _encode(self)


def written(fields: Mapping[str, Any]) -> str:
    """Return the JSON of a reply with these fields."""
    return f"{{{','.join([f'{_encode(name)}:{_value(value)}' for name, value in fields.items()])}}}"


def _value(value: object) -> str:
    if isinstance(value, list) and {View}.issuperset(map(type, value)):
        return f"[{','.join([one.json for one in value])}]"
    return _encode(value)
