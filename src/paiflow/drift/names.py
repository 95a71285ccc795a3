"""Which new fields can be attributes of the generated client's models: those whose names it can tell from all others.

In Python `Status` and `status`, or `a b` and `a-b`, would be one attribute, and one class what they hold. The first one
wins; another is described as a pattern of names, which has no attribute: the client keeps it in `additional_properties`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from paiflow.drift.schemas import Schema, Schemas

# Classes have files of their own, with the names of several fields in theirs.
_LONGEST: Final = 100


def alike(name: str) -> str:
    """Return what is the same of two names that a generator may make one of."""
    return re.sub(r"[\W_]+", "", name).upper()


def pattern_of(name: str) -> str:
    """Return the regular expression, of Python and of ECMA-262, that this name fits and no other."""
    escaped = re.sub(r"[\\^$.*+?()\[\]{}|/]", r"\\\g<0>", name)
    return f"^{escaped}$"


def listed(schema: Schema) -> dict[str, Any]:
    """Return the fields that a schema lists, with those of the schemas that it takes over, each with what it says."""
    fields: dict[str, Any] = {}
    seen = set()
    waiting = [schema]
    while waiting:
        one = waiting.pop()
        if one.place not in seen and isinstance(one.value, dict):
            seen.add(one.place)
            fields |= one.value.get("properties") or {}
            waiting += [part for keyword in ("allOf", "anyOf", "oneOf") for part in one.parts(keyword)]
            waiting += [one.target] if "$ref" in one else []
    return fields


def is_attribute(description: Schemas, schema: Schema, name: str, values: Sequence[Any], before: Iterable[str]) -> bool:
    """Return whether a new field can be an attribute.

    Args:
        description: what the schema is in.
        schema: of the object that it is a field of.
        name: what it is called.
        values: what came.
        before: other fields that are new, too, and come first.
    """
    fields: Mapping[str, Any] = listed(schema)
    taken = {alike(one) for one in (*fields, *before)}
    # A text that is JSON has a method that parses it.
    taken |= {alike(f"{one} json") for one, said in fields.items() if isinstance(said, dict) and _is_json(said)}
    own = alike(name)
    if own in taken or len(name) > _LONGEST:
        return False
    if not any(map(_holds_objects, values)):
        return True
    components = description.document.get("components", {}).get("schemas", {})
    classes = {*map(alike, components), *(alike(str(schema.place[-1])) + one for one in taken)}
    of_its_own = alike(str(schema.place[-1])) + own
    return classes.isdisjoint({of_its_own, f"{of_its_own}ITEM", of_its_own.removesuffix("ITEM")})


def _is_json(schema: Mapping[str, Any]) -> bool:
    return schema.get("contentMediaType") == "application/json"


def _holds_objects(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict) for item in value))
