"""The changes that let one schema take values which it did not: targets of an overlay, each with what to do there.

Keywords are removed and added, schemas never: whatever else stands in a schema keeps its place and its order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from paiflow.drift.inference import Alternative
from paiflow.drift.kinds import ALL_KINDS, OF_TYPE
from paiflow.drift.names import alike, pattern_of
from paiflow.drift.schemas import APPLICATORS, LEAVES, Schema, json_path, quoted

Change = tuple[str, dict[str, Any]]

# What restricts values of any kind; the others are about values of one kind, and let another stand beside it.
_OF_ALL_KINDS: Final = frozenset({"$ref", "allOf", "anyOf", "oneOf", "enum", "const", "not", "if"})
# All that a schema may ask of a value: what is set apart when a value of another kind comes.
_ASSERTIONS: Final = APPLICATORS | LEAVES.keys() | {"type", "then", "else", "minContains", "maxContains"}

_OUTCOMES: Final = "x-paiflow-outcomes"
_MEMBER_NAMES: Final = "x-enum-varnames"


def updated(schema: Schema, update: dict[str, Any]) -> Change:
    """Return the change that merges an update into a schema."""
    return json_path(schema.place), {"update": update}


def removed(schema: Schema, *keywords: str) -> Change:
    """Return the change that takes keywords out of a schema."""
    if len(keywords) == 1:
        return json_path((*schema.place, *keywords)), {"remove": True}
    return f"{json_path(schema.place)}[{', '.join(map(quoted, keywords))}]", {"remove": True}


def described(schema: Schema, name: str, field: dict[str, Any], is_attribute: bool) -> Change:
    """Return the change that describes a new field: as a property, or, if it can be no attribute, by a pattern of names."""
    if is_attribute:
        return updated(schema, {"properties": {name: field}})
    return updated(schema, {"patternProperties": {pattern_of(name): field}})


def not_required(schema: Schema, name: str) -> Change:
    """Return the change by which a field may be missing."""
    if len(schema.value["required"]) == 1:
        return removed(schema, "required")
    return f"{json_path((*schema.place, 'required'))}[?@ == {quoted(name)}]", {"remove": True}


def known(schema: Schema, values: Sequence[Any]) -> Change:
    """Return the change by which an enum lists more values; one with outcomes says of them that they are unknown.

    Where the members of the enum's class would be named alike, the names are given.
    """
    new = distinct(values)
    update: dict[str, Any] = {"enum": new}
    if _OUTCOMES in schema:
        update[_OUTCOMES] = {value: "unknown" for value in new if isinstance(value, str)}
    given = schema.value.get(_MEMBER_NAMES, [])
    before = schema.value["enum"]
    names = _member_names([*before, *new], given)
    if given or len({alike(str(value)) for value in [*before, *new]}) < len(names):
        update[_MEMBER_NAMES] = names[len(given) :]
    return updated(schema, update)


def _member_names(values: Sequence[Any], given: Sequence[str]) -> list[str]:
    names = list(given)
    taken = set(map(alike, names))
    for index in range(len(given), len(values)):
        name = base = re.sub(r"\W+", "_", str(values[index])).strip("_").upper()
        if not name[:1].isalpha():
            name = base = f"VALUE_{index}"
        number = 2
        while alike(name) in taken:
            name = f"{base}_{number}"
            number += 1
        taken.add(alike(name))
        names.append(name)
    return names


def distinct(values: Sequence[Any]) -> list[Any]:
    """Return values, each once; 1 and true are two."""
    return list({(type(value), repr(value)): value for value in values}.values())


def widened(schema: Schema, new: Sequence[Alternative]) -> Iterator[Change]:
    """Yield the changes by which a schema takes other kinds of value, too: those of the alternatives `new`."""
    if schema.value is False:
        yield json_path(schema.place), {"remove": True}
        return
    [union] = unions if len(unions := [keyword for keyword in ("anyOf", "oneOf") if keyword in schema]) == 1 else [""]
    others = _OF_ALL_KINDS.intersection(schema.value) - {union}
    if union and not others and all(part.kinds < ALL_KINDS for part in schema.parts(union)):
        if any(not OF_TYPE[kind] <= schema.own_kinds for kind, _ in new):
            yield removed(schema, "type")  # the alternatives say what it says
        taken = frozenset[str]().union(*(part.kinds for part in schema.parts(union)))
        yield from joined(schema, union, [one for kind, one in new if not OF_TYPE[kind] <= taken])
    elif not union and not others and len({one.get("type") for _, one in new} - {None}) == len(new):
        yield from _typed(schema, [one for _, one in new])
    else:
        yield from set_apart(schema, [one for _, one in new])


def joined(schema: Schema, union: str, new: list[dict[str, Any]]) -> Iterator[Change]:
    """Yield the changes that add alternatives. Of `oneOf`, where a value may fit one only, `anyOf` is made first."""
    if union == "anyOf":
        if new:
            yield updated(schema, {"anyOf": new})
        return
    yield removed(schema, "oneOf")
    anyone = {"anyOf": [*schema.value["oneOf"], *new]}
    yield updated(schema, {"allOf": [anyone]} if "anyOf" in schema else anyone)


def set_apart(schema: Schema, new: list[dict[str, Any]]) -> Iterator[Change]:
    """Yield the changes that make what a schema asks one of several alternatives."""
    asked = {keyword: value for keyword, value in schema.value.items() if keyword in _ASSERTIONS}
    yield removed(schema, *asked)
    yield updated(schema, {"anyOf": [asked, *new]})


def _typed(schema: Schema, new: list[dict[str, Any]]) -> Iterator[Change]:
    """Yield the changes that add kinds to `type`, each with what else is known of its values."""
    before = schema.value["type"]
    types = [before] if isinstance(before, str) else before
    added = [one["type"] for one in new]
    more: dict[str, Any] = {}
    for one in new:
        more |= {keyword: value for keyword, value in one.items() if keyword != "type" and keyword not in schema}
    if isinstance(before, list):
        yield updated(schema, {"type": added, **more})
    elif types == ["integer"] and added == ["number"]:
        yield updated(schema, {"type": "number", **more})
    else:
        yield removed(schema, "type")
        yield updated(schema, {"type": [*types, *added], **more})


def filled(schema: Schema, keyword: str, holds: dict[str, Any]) -> Iterator[Change]:
    """Yield the changes by which what was always empty may hold something."""
    yield removed(schema, keyword)
    if not schema.value.get("items"):
        yield updated(schema, holds)
