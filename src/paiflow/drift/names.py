"""Which new fields can be attributes of the generated client's models: those whose names it can tell from all others.

In Python `Status` and `status`, or `a b` and `a-b`, would be one attribute, and one class what they hold. The first one
wins; another is described as a pattern of names, which has no attribute: the client keeps it in `additional_properties`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from paiflow._description import Place
from paiflow.drift.schemas import Schema, Schemas

# Classes have files of their own, with the names of several fields in theirs.
_LONGEST: Final = 100

_NAMELESS: Final = frozenset({"properties", "allOf", "anyOf", "oneOf"})


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
    for one in _taken_over(schema).values():
        fields |= one.value.get("properties") or {}
    return fields


def _taken_over(schema: Schema) -> dict[Place, Schema]:
    """Return a schema and those that it takes over, by their places."""
    found: dict[Place, Schema] = {}
    waiting = [schema]
    while waiting:
        one = waiting.pop()
        if one.place not in found and isinstance(one.value, dict):
            found[one.place] = one
            waiting += [part for keyword in ("allOf", "anyOf", "oneOf") for part in one.parts(keyword)]
            waiting += [one.target] if "$ref" in one else []
    return found


def _class_place(place: Place) -> Place:
    """Return the place of the schema that has a class: of a part of an allOf, the whole."""
    return _class_place(place[:-2]) if place[-2:-1] == ("allOf",) else place


def _class_name(place: Place) -> str:
    """Return what the names of the class at a place, and of those of its fields, have in common."""
    if place[:2] != ("components", "schemas"):
        return alike(str(place[-1]))
    return "".join(alike(str(key)) for key in place[2:] if isinstance(key, str) and key not in _NAMELESS)


def is_attribute(description: Schemas, schema: Schema, name: str, values: Sequence[Any], before: Iterable[str]) -> bool:
    """Return whether a new field can be an attribute.

    Args:
        description: what the schema is in.
        schema: of the object that it is a field of.
        name: what it is called.
        values: what came.
        before: other fields that are new, too, and come first.
    """
    whole = description.schema(_class_place(schema.place))
    components = description.document.get("components", {}).get("schemas", {})
    every = [description.schema(("components", "schemas", name)) for name in components]
    # Of the class, of those that it extends, and of those that extend it.
    family = [whole, *(one for one in every if whole.place in _taken_over(one))]
    fields: Mapping[str, Any] = {name: said for one in family for name, said in listed(one).items()}
    taken = {alike(one) for one in (*fields, *before)}
    # A text that is JSON has a method that parses it.
    taken |= {alike(f"{one} json") for one, said in fields.items() if isinstance(said, dict) and _is_json(said)}
    own = alike(name)
    if own in taken or len(name) > _LONGEST:
        return False
    if not any(map(_holds_objects, values)):
        return True
    classes = {*map(alike, components), *(_class_name(whole.place) + one for one in taken)}
    of_its_own = _class_name(whole.place) + own
    return classes.isdisjoint({of_its_own, f"{of_its_own}ITEM", of_its_own.removesuffix("ITEM")})


def _is_json(schema: Mapping[str, Any]) -> bool:
    return schema.get("contentMediaType") == "application/json"


def _holds_objects(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict) for item in value))
