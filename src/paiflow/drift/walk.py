"""Follow a reply and its schema together, and tell where the one departs from the other.

`deviations` is a validator that goes on after a fault, and that also tells what a schema allows without describing it:
fields that it has no word for, and texts outside the known ones of an open enum. A reply has no deviation that `breaks`
exactly if it is valid by JSON Schema 2020-12, with formats.

How schemas are read, where JSON Schema leaves it to the reader:
- A field is described by any schema that applies to its object, and by `patternProperties` and `additionalProperties`
  that say more than true. An object for which nobody lists properties is of free form.
- Known values are those of an enum; beside alternatives that take any text, as in `anyOf: [$ref: Status, type: string]`,
  the enum is open.
- Of alternatives of which none fits, the one that comes closest is followed into objects and lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Literal, get_args

from paiflow._description import Place
from paiflow.drift.kinds import kind_of
from paiflow.drift.schemas import Schema, json_path

Kind = Literal["unknown-field", "unknown-value", "wrong-kind", "missing-field"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


class MapKey(str):
    """A key of an object that is a map: its values have one schema, and it is no field's name."""

    __slots__ = ()


Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Deviation:
    """One place at which a reply departs from its schema.

    Attributes:
        kind: what for people.
        steps: what leads to the value in the reply; of a missing field, to where it is due.
        place: of the schema that would have to change.
        keyword: what of that schema.
        name: the field, if it is about one that is unknown or missing.
        value: what came; None where nothing did.
        breaks: whether the reply is not valid; else it holds something that is allowed and not described.
    """

    kind: Kind
    steps: Steps
    place: Place
    keyword: str
    value: Any
    name: str | None = None
    breaks: bool = True


Found = list[Deviation]

_REMEMBERED_TEXTS: Final = 1000


@dataclass(slots=True)
class _Fields:
    """What the schemas that apply to one object say of its fields.

    Attributes:
        described: names that one of them has a word for.
        told: names that one of them forbids, which is told already.
        holders: those that list properties, each with how many references lead to it.
        everything: one of them allows any other field expressly.
    """

    described: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    holders: list[tuple[int, Schema]] = field(default_factory=list)
    everything: bool = False

    def take(self, other: _Fields) -> None:
        """Add what others say."""
        self.described |= other.described
        self.told |= other.told
        self.holders += other.holders
        self.everything |= other.everything


@dataclass(frozen=True, slots=True)
class _Trial:
    """What comes of judging by one of several alternatives."""

    schema: Schema
    found: Found
    fields: _Fields

    @property
    def fits(self) -> bool:
        return not any(deviation.breaks for deviation in self.found)


def deviations(schema: Schema, value: Any) -> Found:
    """Return where a value departs from a schema, in the value's order.

    Raises:
        paiflow.drift.description.DescriptionError: a reference of the schema leads nowhere.
        RecursionError: they nest too deeply.
    """
    found: Found = []
    _judge(schema, value, (), found)
    return found


def shown(steps: Steps) -> str:
    """Return what leads to a value as a JSONPath, the same for all items of a list and all values of a map."""
    parts: list[str] = []
    for step in steps:
        if isinstance(step, int):
            parts.append("[*]")
        else:
            parts.append(".*" if isinstance(step, MapKey) else _shown_name(step))
    return "$" + "".join(parts)


@lru_cache(maxsize=1000)
def _shown_name(name: str) -> str:
    return json_path((name,))[1:]


def _judge(schema: Schema, value: Any, steps: Steps, found: Found) -> None:
    """Judge a value by the schema of its place; what applies to it from there is judged within."""
    kind = kind_of(value)
    if kind in schema.free_kinds:
        return  # most values are such
    if kind not in schema.kinds:
        found.append(Deviation("wrong-kind", steps, schema.place, "type", value))
    elif kind == "string":
        _judge_text(schema, value, steps, found)
    elif not schema.is_plain:
        fields = _Fields()
        _within(schema, value, kind, steps, fields, 0, found)
        if fields.holders:
            _tell_unknown(fields, value, steps, found)


def _judge_text(schema: Schema, text: str, steps: Steps, found: Found) -> None:
    if text in schema.fitting_texts:
        return
    before = len(found)
    _within(schema, text, "string", steps, _Fields(), 0, found)
    if len(found) == before and len(schema.fitting_texts) < _REMEMBERED_TEXTS:
        schema.fitting_texts.add(text)


def _tell_unknown(fields: _Fields, value: dict[str, Any], steps: Steps, found: Found) -> None:
    holder: Schema | None = None
    for name, item in value.items():
        if name not in fields.described and name not in fields.told:
            # The schema that was reached by the fewest references, the last one of these: an object's own.
            holder = holder or min(reversed(fields.holders), key=lambda one: one[0])[1]
            found.append(
                Deviation("unknown-field", (*steps, name), holder.place, "properties", item, name, breaks=False)
            )


def _within(schema: Schema, value: Any, kind: str, steps: Steps, fields: _Fields, depth: int, found: Found) -> None:
    """Judge a value by a schema that applies to it, one of several perhaps.

    `fields` takes what the schema says of the fields, if the value is an object; `depth` is how many references led here.
    """
    if not isinstance(schema.value, dict):
        if schema.value is False:
            found.append(Deviation("wrong-kind", steps, schema.place, "type", value))
        return
    if kind not in schema.own_kinds:
        found.append(Deviation("wrong-kind", steps, schema.place, "type", value))
    for keyword, fits in schema.leaves(kind):
        if not fits(schema.value, value):
            found.append(Deviation("unknown-value", steps, schema.place, keyword, value))
    own = _Fields() if "unevaluatedProperties" in schema else fields
    _taken_over(schema, value, kind, steps, own, depth, found)
    if kind == "object":
        _object(schema, value, steps, own, depth, found)
        if own is not fields:
            _unevaluated(schema, value, steps, own, found)
            fields.take(own)
    elif kind == "array":
        _array(schema, value, steps, found)


def _taken_over(schema: Schema, value: Any, kind: str, steps: Steps, fields: _Fields, depth: int, found: Found) -> None:
    """Judge a value by the schemas that one leads to without leading into the value."""
    if schema.reference:
        _within(schema.reference, value, kind, steps, fields, depth + 1, found)
    for part in schema.all_of:
        _within(part, value, kind, steps, fields, depth, found)
    for keyword, parts in schema.unions:
        _alternatives(schema, keyword, parts, value, kind, steps, fields, depth, found)
    if "if" in schema:
        _condition(schema, value, kind, steps, fields, depth, found)


def _object(schema: Schema, value: dict[str, Any], steps: Steps, fields: _Fields, depth: int, found: Found) -> None:
    described = _listed(schema, value, steps, fields, depth, found)
    if "additionalProperties" in schema:
        _additional(schema, value, [name for name in value if name not in described], steps, fields, found)
    if "required" in schema:
        for name in schema.value["required"]:
            if name not in value:
                found.append(Deviation("missing-field", (*steps, name), schema.place, "required", None, name))
    if "dependentSchemas" in schema:
        for name in schema.value["dependentSchemas"]:
            if name in value:
                _within(schema.part("dependentSchemas", name), value, "object", steps, fields, depth, found)


def _listed(schema: Schema, value: dict[str, Any], steps: Steps, fields: _Fields, depth: int, found: Found) -> set[str]:
    """Judge the fields that a schema lists, by name or by pattern, and return their names."""
    properties = schema.properties
    if properties:
        fields.holders.append((depth, schema))
    described = value.keys() & properties.keys()
    for name, item in value.items():
        if name in described and kind_of(item) not in (part := properties[name]).free_kinds:
            _judge(part, item, (*steps, name), found)
    if "patternProperties" in schema:
        for pattern, name in _matching(schema, value):
            described.add(name)
            _judge(schema.part("patternProperties", pattern), value[name], (*steps, MapKey(name)), found)
    fields.described |= described
    return described


def _matching(schema: Schema, value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for pattern in schema.value["patternProperties"]:
        for name in value:
            if re.search(pattern, name):
                yield pattern, name


def _additional(
    schema: Schema, value: dict[str, Any], names: list[str], steps: Steps, fields: _Fields, found: Found
) -> None:
    additional = schema.value["additionalProperties"]
    if additional is False:
        _tell_forbidden(schema, value, names, steps, fields, found)
    elif additional is True or not additional:
        fields.everything = True
    else:
        fields.described.update(names)
        for name in names:
            _judge(schema.part("additionalProperties"), value[name], (*steps, MapKey(name)), found)


def _tell_forbidden(
    schema: Schema, value: dict[str, Any], names: list[str], steps: Steps, fields: _Fields, found: Found
) -> None:
    fields.told.update(names)
    for name in names:
        found.append(Deviation("unknown-field", (*steps, name), schema.place, "properties", value[name], name))


def _unevaluated(schema: Schema, value: dict[str, Any], steps: Steps, fields: _Fields, found: Found) -> None:
    names = [name for name in value if name not in fields.described and name not in fields.told]
    if schema.value["unevaluatedProperties"] is False:
        if not fields.everything:
            _tell_forbidden(schema, value, names, steps, fields, found)
    elif isinstance(schema.value["unevaluatedProperties"], dict) and schema.value["unevaluatedProperties"]:
        fields.described.update(names)
        for name in names:
            _judge(schema.part("unevaluatedProperties"), value[name], (*steps, MapKey(name)), found)


def _array(schema: Schema, value: list[Any], steps: Steps, found: Found) -> None:
    first = schema.parts("prefixItems")
    for index, (part, item) in enumerate(zip(first, value, strict=False)):
        _judge(part, item, (*steps, index), found)
    if "items" in schema:
        items = schema.part("items")
        for index in range(len(first), len(value)):
            _judge(items, value[index], (*steps, index), found)


def _condition(schema: Schema, value: Any, kind: str, steps: Steps, fields: _Fields, depth: int, found: Found) -> None:
    trial = _tried(schema.part("if"), value, kind, steps, depth)
    if trial.fits:
        fields.take(trial.fields)
    branch = "then" if trial.fits else "else"
    if branch in schema:
        _within(schema.part(branch), value, kind, steps, fields, depth, found)


def _alternatives(
    schema: Schema,
    keyword: str,
    parts: list[Schema],
    value: Any,
    kind: str,
    steps: Steps,
    fields: _Fields,
    depth: int,
    found: Found,
) -> None:
    trials = [_tried(part, value, kind, steps, depth) for part in parts if kind in part.kinds]
    fitting = [trial for trial in trials if trial.fits]
    if keyword == "oneOf" and len(fitting) > 1:
        found.append(Deviation("unknown-value", steps, schema.place, keyword, value))
    for trial in fitting:
        fields.take(trial.fields)
    lacking = _lacking(parts, value) if kind == "string" else None
    if fitting:
        found += _closest(fitting).found
        if lacking is not None and all(trial.schema.takes_any_text for trial in fitting):
            found.append(Deviation("unknown-value", steps, lacking.place, "enum", value, breaks=False))
    elif lacking is not None:
        found.append(Deviation("unknown-value", steps, lacking.place, "enum", value))
    elif trials and kind in ("object", "array"):
        closest = _closest(trials)
        fields.take(closest.fields)
        found += closest.found
    else:
        found.append(Deviation("unknown-value", steps, schema.place, keyword, value))


def _lacking(parts: list[Schema], text: str) -> Schema | None:
    """Return the enum of texts among alternatives, if it does not list a text and neither does another."""
    enums = [enum for part in parts if "string" in part.kinds and (enum := part.enum_of_texts)]
    return enums[0] if enums and not any(text in enum.value["enum"] for enum in enums) else None


def _tried(schema: Schema, value: Any, kind: str, steps: Steps, depth: int) -> _Trial:
    trial = _Trial(schema, [], _Fields())
    _within(schema, value, kind, steps, trial.fields, depth, trial.found)
    return trial


def _closest(trials: list[_Trial]) -> _Trial:
    return min(trials, key=lambda trial: len(trial.found))
