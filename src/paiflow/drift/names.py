"""The names of new fields and new classes: those that the generated client can tell from all others.

In Python `Status` and `status`, or `a b` and `a-b`, would be one attribute. The first one wins; another is described as
a pattern of names, which has no attribute: the client keeps it in `additional_properties`.
New objects are components, so that their classes have short names, each of them free.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterator
from itertools import chain, count
from typing import Any, Final

import paiflow
from paiflow._description import Place
from paiflow.drift.kinds import SCALARS
from paiflow.drift.schemas import Schema, Schemas, json_path

# Attributes and files are called after a field.
_LONGEST: Final = 100
_LONGEST_OF_A_CLASS: Final = 32

# What has a class besides objects, or may hold what has one.
_NAMED: Final = frozenset({"enum", "allOf", "anyOf", "oneOf"})
_NAMELESS: Final = frozenset({"properties", "allOf", "anyOf", "oneOf"})


def alike(name: str) -> str:
    """Return what is the same of two names that a generator may make one of."""
    return re.sub(r"[\W_]+", "", name).upper()


# The words of Python, and what the generated modules and the client call something else.
_RESERVED: Final = frozenset(
    map(
        alike,
        (
            *(*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *dir(paiflow)),
            *("Any", "ClassVar", "Mapping", "Self", "StrEnum", "UTC", "T", "Date", "DateTime", "Unset", "File"),
        ),
    )
)


def pattern_of(name: str) -> str:
    """Return the regular expression, of Python and of ECMA-262, that this name fits and no other."""
    escaped = re.sub(r"[\\^$.*+?()\[\]{}|/]", r"\\\g<0>", name)
    return f"^{escaped}$"


def singular(name: str) -> str:
    """Return what one item of a list is called."""
    if re.search(r"[^sui]s$", name):
        return f"{name[:-3]}y" if name.endswith("ies") else name[:-1]
    return name if name.endswith("Item") else f"{name}Item"


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
            waiting += [*one.taken_over, *(part for _, parts in one.unions for part in parts)]
    return found


class Attributes:
    """The attributes of a class."""

    def __init__(self) -> None:
        """Start with a class that has none."""
        self._taken: set[str] = set()

    @classmethod
    def of(cls, description: Schemas, schema: Schema) -> Attributes:
        """Return those of a schema's class, of the classes that it extends, and of those that extend it."""
        whole = description.schema(_class_place(schema.place))
        every = [description.schema(("components", "schemas", name)) for name in _components(description)]
        found = cls()
        for one in (whole, *(one for one in every if whole.place in _taken_over(one))):
            for name, said in listed(one).items():
                found._add(name, said)
        return found

    def take(self, name: str, schema: dict[str, Any]) -> bool:
        """Return whether a new field can be an attribute, and then make it one."""
        if len(name) > _LONGEST or not self._taken.isdisjoint(_attributes(name, schema)):
            return False
        self._add(name, schema)
        return True

    def _add(self, name: str, schema: Any) -> None:
        self._taken.update(_attributes(name, schema))


def _attributes(name: str, schema: Any) -> Iterator[str]:
    """Yield what a field is called; a text that is JSON has a method that parses it, too."""
    yield alike(name)
    if _says_json(schema):
        yield alike(f"{name} json")


def _says_json(schema: Any) -> bool:
    if not isinstance(schema, dict):
        return False
    parts = [part for keyword in ("allOf", "anyOf", "oneOf") for part in schema.get(keyword) or ()]
    return schema.get("contentMediaType") == "application/json" or any(map(_says_json, parts))


class Components:
    """New components, and their names, which no class has.

    Attributes:
        new: their schemas, by name.
    """

    def __init__(self, description: Schemas | None = None) -> None:
        """Start with the names that a description takes."""
        self.new: dict[str, dict[str, Any]] = {}
        self._has_components = description is not None and bool(_components(description))
        self._taken = set(_classes(_components(description))) if description is not None else set()

    def reserve(self, name: str, parent: str) -> str:
        """Return a name for the objects of a field: that of the field, else with its parent's before it, or a number after."""
        own = _class_name(name) or "Object"
        longer = [f"{parent}{own}"] if own not in parent and len(parent + own) <= _LONGEST_OF_A_CLASS else []
        names = chain([own], longer, (f"{own}{number}" for number in count(2)))
        free = next(name for name in names if alike(name) not in _RESERVED and alike(name) not in self._taken)
        self._taken.add(alike(free))
        return free

    def add(self, name: str, schema: dict[str, Any]) -> dict[str, Any]:
        """Take the schema of a reserved name, and return a reference to it."""
        self.new[name] = schema
        return {"$ref": f"#/components/schemas/{name}"}

    def changes(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the changes that add the new ones, and forget these."""
        if self.new:
            schemas, self.new = self.new, {}
            if self._has_components:
                yield json_path(("components", "schemas")), {"update": schemas}
            else:
                self._has_components = True
                yield "$", {"update": {"components": {"schemas": schemas}}}


def holder(place: Place) -> Place:
    """Return the place of the object that has the field at a place, or in which it is."""
    fields = [index for index, key in enumerate(place) if key == "properties"]
    return place[: fields[-1]] if fields else place


def class_of(place: Place) -> str:
    """Return what the classes of fields of the object at a place are called after, where the fields' names are taken."""
    place = _class_place(place)
    words = place[2:] if place[:2] == ("components", "schemas") else place[-1:]
    name = "".join(_class_name(str(key)) for key in words if isinstance(key, str) and key not in _NAMELESS)
    return name.removesuffix("Response") or "Reply"


def _class_place(place: Place) -> Place:
    """Return the place of the schema that has a class: of a part of an allOf, the whole."""
    return _class_place(place[:-2]) if place[-2:-1] == ("allOf",) else place


def _class_name(name: str) -> str:
    """Return a name as that of a class and a component; empty where none can be made of it."""
    words = re.findall(r"[0-9A-Za-z]+", name)
    return "".join(word[0].upper() + word[1:] for word in words).lstrip("0123456789")[:_LONGEST_OF_A_CLASS]


def _components(description: Schemas) -> dict[str, Any]:
    found: dict[str, Any] = (description.document.get("components") or {}).get("schemas") or {}
    return found


def _classes(node: Any, name: str = "") -> Iterator[str]:
    """Yield what the classes of components, and of the objects within, may be called."""
    if isinstance(node, dict):
        for key, value in node.items():
            own = name if key in _NAMELESS else f"{name}{'ITEM' if key == 'items' else alike(str(key))}"
            if isinstance(value, dict) and (value.get("type") not in (*SCALARS,) or value.keys() & _NAMED):
                yield own
            yield from _classes(value, own)
    elif isinstance(node, list):
        for value in node:
            yield from _classes(value, name)
