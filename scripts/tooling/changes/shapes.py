"""Take a schema apart: for each JSON type the values that are named, and the branches that allow others.

Two schemas that are written differently come out alike: references are followed, `allOf` is merged into its parent,
`anyOf` and `oneOf` become branches, what allows everything (`minLength: 0`) is left out, and each type keeps only the
keywords that are about it. So `type: string` beside `anyOf: [an enum, type: string]` is the type string with some named
values and one branch that allows any text: an open enum.
What cannot be taken apart soundly stays whole, under REST, and is left to containment.py.

Source: JSON Schema 2020-12, sections 6 and 10 to 12 (core and validation).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any
from weakref import WeakKeyDictionary

from paiflow._description import Description, name_of
from tooling.changes import containment
from tooling.changes.documents import ANNOTATIONS

REST = "rest"
"""Keyword for a list of schemas that hold as well, and are not taken apart."""

INTEGER = "integer"
"""Keyword for numbers that are whole, for `type: integer` is a limit on numbers."""

MISSING = object()

TYPES = ("string", "number", "boolean", "null", "array", "object")

# What each type's keywords are. What is not listed holds for all types.
KEYWORDS = {
    "string": {"minLength", "maxLength", "pattern", "contentMediaType", "contentEncoding", "contentSchema", "format"},
    "number": {
        INTEGER, "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "format",
    },
    "array": {
        "items", "prefixItems", "contains", "minContains", "maxContains", "minItems", "maxItems", "uniqueItems",
        "unevaluatedItems",
    },
    "object": {
        "properties", "required", "additionalProperties", "unevaluatedProperties", "patternProperties",
        "propertyNames", "minProperties", "maxProperties", "dependentRequired", "dependentSchemas",
    },
    "boolean": set(),
    "null": set(),
}  # fmt: skip
ABOUT_SOME_TYPE = set().union(*KEYWORDS.values())

# Keywords of a place as a whole, for every type; kept apart from its values.
OF_THE_PLACE = ("default", "readOnly", "writeOnly")

# Values with which a keyword says nothing.
SAYS_NOTHING: dict[str, tuple[Any, ...]] = {
    "minLength": (0,), "minItems": (0,), "minProperties": (0,), "uniqueItems": (False,), "required": ([],),
    "properties": ({},), "patternProperties": ({},), "additionalProperties": (True, {}), "items": (True, {}),
    "unevaluatedProperties": (True, {}), "unevaluatedItems": (True, {}), "propertyNames": (True, {}),
    "dependentRequired": ({},), "dependentSchemas": ({},), "prefixItems": ([],), "readOnly": (False,),
    "writeOnly": (False,), "not": (False,), "contentSchema": (True, {}), "nullable": (False,), "pattern": ("", ".*", "^.*", "^.*$"),
}  # fmt: skip

# A parent with one of these looks at its own properties or items alone: what holds beside it must not be merged in.
LOOKS_AROUND = {
    "additionalProperties", "patternProperties", "unevaluatedProperties", "unevaluatedItems", "prefixItems", "contains",
    "minContains", "maxContains", "if", "then", "else",
}  # fmt: skip

# Branches of nothing else are a condition on an object, such as "one of these two fields", and no variant of it.
CONDITIONS = {"required", "minProperties", "maxProperties", "dependentRequired", "not", "propertyNames"}

MAX_BRANCHES = 32


@dataclass(frozen=True)
class Branch:
    """Keywords that hold together, none of them $ref or allOf, and for each the component that it stands in.

    The same for each field: under `properties/NAME`, and `required/NAME`.

    Attributes:
        name: the component that this is and nothing else, "" for none.
        groups: anyOf and oneOf, not yet expanded.
        bases: the components that its allOf refers to, and theirs: the classes that its class extends.
    """

    keywords: dict[str, Any] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    name: str = ""
    groups: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    bases: frozenset[str] = frozenset()

    def schema(self, json_type: str) -> dict[str, Any]:
        """Return the branch as a schema again."""
        words = dict(self.keywords)
        rest = [*words.pop(REST, []), *_ranges(words)]
        if words.pop(INTEGER, False):
            json_type = "integer"
        words.pop("type", None)
        return {"type": json_type, **words, **({"allOf": rest} if rest else {})}


def _ranges(words: dict[str, Any]) -> list[dict[str, int]]:
    """Return the limits that the format of a whole number says."""
    match = re.fullmatch(r"(u?)int(8|16|32|64)", str(words.get("format")))
    if not match:
        return []
    bits = int(match[2])
    return [{"minimum": 0 if match[1] else -(2 ** (bits - 1)), "maximum": 2 ** (bits - (not match[1])) - 1}]


@dataclass(frozen=True)
class Named:
    """A value that is named, in an enum or as a const, and the component that names it."""

    value: Any
    home: str


@dataclass(frozen=True)
class Facet:
    """The allowed values of one type: named values by their JSON text, and branches."""

    named: dict[str, Named] = field(default_factory=dict)
    branches: tuple[Branch, ...] = ()

    def schema(self, json_type: str) -> dict[str, Any]:
        """Return the facet as a schema again."""
        named = [{"enum": [named.value for named in self.named.values()]}] if self.named else []
        return {"type": json_type, "anyOf": [*named, *(branch.schema(json_type) for branch in self.branches)]}


@dataclass(frozen=True)
class Shape:
    """The allowed values of a schema, by JSON type, and the keywords of the place as a whole."""

    facets: dict[str, Facet]
    place: dict[str, Any]
    outcomes: dict[str, Any]
    outcomes_home: str
    name: str
    title: str = ""


def text_of(value: Any) -> str:
    """Return a value as JSON text, the same for equal values."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """Return a value with its numbers written in one way: 1.0 is 1."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value


def type_of(value: Any) -> str:
    """Return the JSON type of a value; a whole number is a number."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def flattened(description: Description, schema: Any) -> Branch:
    """Return a schema without $ref and allOf, as far as that can be; anyOf and oneOf are still in `groups`."""
    return _Flattening(description).flat(schema)


_KNOWN: WeakKeyDictionary[Description, dict[int, tuple[Any, Shape]]] = WeakKeyDictionary()
"""The shapes of each description's schemas by their identity; a schema is kept, so that nothing else gets its."""


def shape(description: Description, schema: Any) -> Shape:
    """Return the shape of a schema.

    Raises:
        DescriptionError: a reference leads nowhere.
    """
    known = _KNOWN.setdefault(description, {})
    if id(schema) not in known:
        known[id(schema)] = schema, _shape(description, schema)
    return known[id(schema)][1]


def _shape(description: Description, schema: Any) -> Shape:
    whole = flattened(description, schema)
    outcomes: dict[str, Any] = {}
    home = ""
    named: dict[str, dict[str, Named]] = {}
    branches: dict[str, list[Branch]] = {}
    for branch in _alternatives(description, whole):
        if isinstance(table := branch.keywords.get("x-paiflow-outcomes"), dict):
            outcomes |= table
            home = branch.homes.get("x-paiflow-outcomes", "")
        for json_type in TYPES:
            if json_type in branch.keywords.get("type", TYPES):
                values, others = _facet(description, branch, json_type)
                if values is not None:
                    named.setdefault(json_type, {}).update(values)
                elif others is not None and not _is_empty(description, others, json_type):
                    branches.setdefault(json_type, []).append(others)
    facets = {}
    for json_type in TYPES:
        facet = Facet(named.get(json_type, {}), tuple(branches.get(json_type, ())))
        if facet.named or facet.branches:
            facets[json_type] = _without_names_of_all(facet, json_type)
    place = {key: whole.keywords[key] for key in OF_THE_PLACE if key in whole.keywords}
    is_class = isinstance(schema, dict) and not schema.keys() & {"$ref", "anyOf", "oneOf"}
    title = schema.get("title", "") if is_class else ""
    return Shape(facets, place, outcomes, home, whole.name, title)


def _without_names_of_all(facet: Facet, json_type: str) -> Facet:
    """Return a facet where all values of null or boolean, named one by one, are simply allowed."""
    everything = {"null": {"null"}, "boolean": {"true", "false"}}.get(json_type)
    if everything is None or (not facet.branches and set(facet.named) != everything):
        return facet
    return Facet({}, facet.branches or (Branch(),))


def _facet(description: Description, branch: Branch, json_type: str) -> tuple[dict[str, Named] | None, Branch | None]:
    """Return what a branch says of one type: the values that it names, or else itself without other types' keywords."""
    words = {
        key: value
        for key, value in branch.keywords.items()
        if (key in KEYWORDS[json_type] or key not in ABOUT_SOME_TYPE)
        and key not in (*OF_THE_PLACE, "type", "enum", "x-paiflow-outcomes")
    }
    own = replace(
        branch,
        keywords=words,
        homes={key: home for key, home in branch.homes.items() if key.partition("/")[0] in words},
    )
    if "enum" not in branch.keywords:
        return None, own
    schema, home = own.schema(json_type), branch.homes.get("enum", "")
    return {
        text_of(value): Named(value, home)
        for value in branch.keywords["enum"]
        if type_of(value) == json_type and containment.admits(schema, value, description.document)
    } or None, None


def _is_empty(description: Description, branch: Branch, json_type: str) -> bool:
    """Whether it is certain that no value of a type fits a branch; asked only where keywords could contradict."""
    asked = (
        branch.keywords.keys() - {"format"}
        if json_type in ("string", "number")
        else branch.keywords.keys() & {"not", REST}
    )
    return bool(asked) and containment.is_empty(branch.schema(json_type), description.document)


class _Flattening:
    """Merge what a schema refers to, and its allOf, into one branch."""

    def __init__(self, description: Description) -> None:
        self.description = description

    def flat(self, schema: Any, home: str = "", seen: frozenset[str] = frozenset()) -> Branch:
        """Return a schema without $ref and allOf.

        Args:
            schema: a dict, true or false.
            home: the component that it stands in, as far as the same place goes.
            seen: the references that led here.
        """
        if not isinstance(schema, dict):
            return Branch({"enum": []} if schema is False else {})
        branch = self._own(schema, home)
        parts = [part for part in schema.get("allOf", ()) if isinstance(schema.get("allOf"), list)]
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            name = name_of(reference)
            target = self.flat(self.description.target(reference), name, seen | {reference})
            branch = self._merged(branch, replace(target, name=name), schema={"$ref": reference})
        for part in parts:
            other = self.flat(part, home, seen)
            branch = self._merged(branch, other, schema=part)
            branch = replace(branch, bases=branch.bases | other.bases | ({other.name} - {""}))
        return branch

    def _own(self, schema: dict[str, Any], home: str) -> Branch:
        """Return a schema's own keywords, in one way of writing them."""
        words: dict[str, Any] = {}
        groups = []
        for key, value in schema.items():
            if key in ("anyOf", "oneOf") and isinstance(value, list):
                groups.append((key, tuple(value)))
            elif key == "type":
                words |= _types(value)
            elif key == "const":
                words["enum"] = [value]
            elif not (
                key in ("$ref", "allOf")
                or key in ANNOTATIONS
                or (key.startswith("x-") and key != "x-paiflow-outcomes")
                or any(_same(value, nothing) for nothing in SAYS_NOTHING.get(key, ()))
            ):
                words[key] = value
        if "const" in schema and "enum" in schema:
            words["enum"] = [schema["const"]] if schema["const"] in schema["enum"] else []
        return Branch(words, _homes(words, home) if home else {}, "", tuple(groups))

    def _merged(self, one: Branch, other: Branch, schema: Any) -> Branch:
        """Return two branches that hold both, the second whole where it cannot be merged; `schema` is what it was."""
        merged = merge(one, other)
        if merged is None:
            rest = [*one.keywords.get(REST, []), schema]
            return replace(one, keywords={**one.keywords, REST: rest}, homes=one.homes)
        return merged


def merge(one: Branch, other: Branch) -> Branch | None:
    """Return two branches that hold both as one, or None where that cannot be said by one."""
    words, homes = dict(one.keywords), dict(one.homes)
    looked_at = {"properties", "items", "prefixItems"}
    for here, there in ((one, other), (other, one)):
        if here.keywords.keys() & LOOKS_AROUND and there.keywords.keys() & (looked_at | LOOKS_AROUND):
            return None
    for key, value in other.keywords.items():
        mine = words.get(key, MISSING)
        if mine is MISSING:
            words[key] = value
            homes[key] = other.homes.get(key, "")
        elif key in ("x-paiflow-outcomes", *OF_THE_PLACE) or _same(mine, value):
            continue
        elif (both := _both(key, mine, value)) is MISSING:
            words[REST] = [*words.get(REST, []), {key: value}]
        else:
            words[key] = both
            if not _same(both, mine):
                homes[key] = other.homes.get(key, "")
    homes |= {key: "" if key in one.homes else home for key, home in other.homes.items() if "/" in key}
    if "number" not in words.get("type", TYPES):
        words.pop(INTEGER, None)
    # What adds nothing leaves the other what it is: a component, or nothing that has a name.
    name = one.name if not (other.keywords or other.groups) else "" if one.keywords or one.groups else other.name
    return Branch(words, homes, name, one.groups + other.groups, one.bases | other.bases)


def _homes(words: dict[str, Any], home: str) -> dict[str, str]:
    fields = [f"{key}/{name}" for key in ("properties", "required") for name in words.get(key, ())]
    return dict.fromkeys((*words, *fields), home)


def _both(key: str, mine: Any, other: Any) -> Any:
    """Return the value of a keyword that says what two say together, or MISSING."""
    try:
        return BOTH[key](mine, other) if key in BOTH else MISSING
    except TypeError:  # not the kind of value that the keyword has
        return MISSING


def _all_of(properties: dict[str, Any], name: str, schema: Any) -> Any:
    return {"allOf": [properties[name], schema]} if name in properties else schema


# Of two that hold both: what says the same.
BOTH: dict[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("minLength", "minItems", "minProperties", "minimum", "exclusiveMinimum"), max),
    **dict.fromkeys(("maxLength", "maxItems", "maxProperties", "maximum", "exclusiveMaximum"), min),
    **dict.fromkeys(("items", "propertyNames"), lambda mine, other: {"allOf": [mine, other]}),
    "type": lambda mine, other: tuple(name for name in mine if name in other),
    "enum": lambda mine, other: [value for value in mine if any(_same(value, known) for known in other)],
    "required": lambda mine, other: [*mine, *(name for name in other if name not in mine)],
    "properties": lambda mine, other: mine | {name: _all_of(mine, name, schema) for name, schema in other.items()},
    REST: lambda mine, other: [*mine, *other],
}


def _types(value: Any) -> dict[str, Any]:
    """Return `type` as a tuple of types, and whether numbers are whole."""
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list):
        return {"type": value}
    found = tuple(name for name in TYPES if name in names or (name == "number" and INTEGER in names))
    whole = {INTEGER: True} if INTEGER in names and "number" not in names else {}
    return ({} if found == TYPES else {"type": found}) | whole


def _same(one: Any, other: Any) -> bool:
    """Whether two values are equal as JSON: true is not 1."""
    return text_of(one) == text_of(other)


def _alternatives(description: Description, branch: Branch) -> list[Branch]:
    """Return the branches that anyOf and oneOf stand for."""
    if not branch.groups:
        return [branch]
    (kind, members), *others = branch.groups
    base = replace(branch, groups=tuple(others))
    flattening = _Flattening(description)
    flats = [flattening.flat(member) for member in members]
    expanded = None
    if not _is_condition(flats) and (kind == "anyOf" or _exclusive(description, base, members, flats)):
        expanded = _expanded(description, base, flats)
    if expanded is None or len(expanded) > MAX_BRANCHES:
        rest = [*base.keywords.get(REST, []), {kind: list(members)}]
        return _alternatives(description, replace(base, keywords={**base.keywords, REST: rest}))
    return expanded


def _is_condition(flats: list[Branch]) -> bool:
    about_objects = any(flat.keywords.keys() & KEYWORDS["object"] for flat in flats)
    said = all(flat.keywords and flat.keywords.keys() <= CONDITIONS | {REST} and not flat.groups for flat in flats)
    return len(flats) > 1 and about_objects and said


def _expanded(description: Description, base: Branch, flats: list[Branch]) -> list[Branch] | None:
    found = []
    for flat in flats:
        merged = merge(base, flat)
        if merged is None:
            return None
        # A variant goes by its own name, not by that of what it is a variant of.
        found += _alternatives(description, replace(merged, name=flat.name or base.name))
    return found


def _exclusive(description: Description, base: Branch, members: tuple[Any, ...], flats: list[Branch]) -> bool:
    """Whether oneOf is the same as anyOf here: no value fits two members, or all are objects, where that is meant."""
    if all("properties" in flat.keywords or "object" in flat.keywords.get("type", ()) for flat in flats):
        return True
    given = {"type": _type_names(base)} if "type" in base.keywords else {}
    return all(
        containment.is_empty({"allOf": [given, one, other]}, description.document)
        for one, other in combinations(members, 2)
    )


def _type_names(branch: Branch) -> list[str]:
    whole = branch.keywords.get(INTEGER, False)
    return ["integer" if name == "number" and whole else name for name in branch.keywords["type"]]
