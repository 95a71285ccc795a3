"""Read the parameters of an operation: how each value is checked and sent, its type in Python, and its text.

What a schema allows, null aside, decides the kind:

    text; text or integer      text         str
    text with enum or const    enum         the enum | str
    an enum, or any text       text         the enum | str; `values` are those that are known
    date-time, or text         time         datetime | str
    boolean, integer, number   as named     bool, int, float
    array of these             texts        Iterable; in a query the parameter once for each entry
    the same, explode: false   comma-list   Iterable | str
    array of objects           objects      Iterable of tuples or mappings; in a body only
    object                     object       Mapping; in a body only
    anything else in a body    json         Any

Other kinds of schema are errors that name operation and parameter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from openapi_python_client.parser.properties import EnumProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.strings import PythonIdentifier

from tooling.errors import GenerationError
from tooling.schemas import Schema, Schemas
from tooling.support.calling import Kind, Parameter, Place

SCALARS: dict[str | None, Kind] = {"boolean": "boolean", "integer": "integer", "number": "number", "array": "texts"}

# Of two kinds that a schema allows: the one that takes both. Applied in this order.
UNIONS: dict[frozenset[Kind], Kind] = {
    frozenset({"text", "time"}): "time",
    frozenset({"text", "enum"}): "text",
    frozenset({"text", "integer"}): "text",
    frozenset({"integer", "number"}): "number",
}

TYPES: dict[Kind, str] = {
    "text": "str",
    "enum": "str",
    "boolean": "bool",
    "integer": "int",
    "number": "float",
    "time": "datetime | str",
    "object": "Mapping[str, Any]",
    "json": "Any",
}

# Ids of accounts and workspaces, and lists of them: they are numbers to those who type them.
_DIGITS = r"(User|Workspace)Id(s\[\])?"

LISTS: frozenset[Kind] = frozenset({"texts", "comma-list", "objects"})


@dataclass(frozen=True)
class Argument:
    """A parameter as an argument of a method: its type, as code, and what a reader has to know."""

    parameter: Parameter
    type: str
    text: str


@dataclass(frozen=True)
class Source:
    """Where parameters come from.

    Attributes:
        operation: the operationId, for errors.
        schemas: those of the description.
    """

    operation: str
    schemas: Schemas

    def refusal(self, name: str, reason: str) -> GenerationError:
        """Return the error for a parameter that cannot be sent right."""
        return GenerationError(f"{self.operation}: {name}: {reason}")

    def parameter(self, data: Schema, prop: PropertyProtocol | None) -> Argument:
        """Return a parameter of the path or the query.

        Args:
            data: the parameter's object.
            prop: the same as the generator reads it, for the class of its enum.
        """
        name, place = data["name"], data["in"]
        if place not in ("path", "query"):
            raise self.refusal(name, f"a parameter in the {place} is not supported")
        if "schema" not in data:
            raise self.refusal(name, "a parameter without a schema is not supported")
        style = data.get("style", "form" if place == "query" else "simple")
        if style != ("form" if place == "query" else "simple"):
            raise self.refusal(name, f"style: {style} is not supported in the {place}")
        outer: Schema = {key: data[key] for key in ("description", "x-paiflow-secret") if key in data}
        schema = {"allOf": [data["schema"]], **outer}
        argument = self.value(name, place, schema, prop, required=place == "path" or bool(data.get("required")))
        parameter = argument.parameter
        if parameter.kind in ("object", "objects", "json") or (place == "path" and parameter.kind in LISTS):
            raise self.refusal(name, f"a value of this type is not supported in the {place}")
        if parameter.kind == "texts" and data.get("explode") is False:
            return replace(argument, parameter=parameter._replace(kind="comma-list"), type=f"{argument.type} | str")
        return argument

    def properties(self, schema: Schema, props: dict[str, PropertyProtocol], *, inside: bool = False) -> list[Argument]:
        """Return the properties of a body, or of an object in it.

        Args:
            schema: the object's.
            props: its properties as the generator reads them.
            inside: whether the object is in the body. What objects in it hold is not looked at: it may be itself.
        """
        required = schema.get("required", ())
        return [
            self.value(name, "body", value, props.get(name), required=name in required, inside=inside)
            for name, value in schema.get("properties", {}).items()
        ]

    def value(
        self,
        name: str,
        place: Place,
        data: Any,
        prop: PropertyProtocol | None,
        *,
        required: bool,
        inside: bool = False,
    ) -> Argument:
        """Return a parameter of any place; see `properties` for `inside`.

        Raises:
            GenerationError: its values cannot be sent right.
        """
        schema = self.schemas.whole(data)
        alternatives = list(self.schemas.alternatives(data))
        kind = self._kind(name, alternatives)
        if kind == "json" and place != "body":
            raise self.refusal(name, "a parameter needs one type")
        enum = enum_of(prop)
        parameter = Parameter(
            name=name,
            argument=python_name(name),
            place=place,
            kind=kind,
            required=required,
            values=_values(alternatives),
            non_empty=_longer_than_nothing(alternatives, "minItems" if kind in LISTS else "minLength"),
            id=schema.get("x-paiflow-id") is True,
            secret=schema.get("x-paiflow-secret") is True,
            minimum=schema.get("minimum"),
            maximum=schema.get("maximum"),
        )
        code = f"{enum} | str" if enum and kind in ("enum", "text") else TYPES.get(kind, "")
        if code == "str" and re.fullmatch(_DIGITS, name):
            code = "str | int"
        if kind == "object" and not inside:
            parameter = parameter._replace(fields=_required_first(self.properties(schema, {}, inside=True)))
        elif kind == "texts":
            parameter, code = self._list(parameter, alternatives[0].get("items", {}), prop, inside=inside)
        return Argument(parameter, code, " ".join(str(schema.get("description") or "").split()))

    def _list(
        self, parameter: Parameter, items: Any, prop: PropertyProtocol | None, *, inside: bool
    ) -> tuple[Parameter, str]:
        """Return the parameter of a list, and the list's type."""
        entry = self.value(f"{parameter.name}[]", parameter.place, items, prop, required=True, inside=inside)
        of = entry.parameter
        if of.kind == "object":
            needed = [TYPES.get(field.kind, "Any") for field in of.fields if field.required]
            either = [f"tuple[{', '.join(needed)}]"] if needed else []
            code = f"Iterable[{' | '.join([*either, TYPES['object']])}]"
            return parameter._replace(kind="objects", fields=of.fields), code
        if of.kind in LISTS or of.kind == "json":
            return parameter._replace(kind="json"), "Iterable[Any]"
        return parameter._replace(
            items=of.kind, values=of.values, non_empty_items=of.non_empty, id=of.id
        ), f"Iterable[{entry.type}]"

    def _kind(self, name: str, alternatives: Iterable[Schema]) -> Kind:
        kinds = {self._kind_of_one(name, schema) for schema in alternatives}
        for pair, both in UNIONS.items():
            if pair <= kinds:
                kinds = kinds - pair | {both}
        return kinds.pop() if len(kinds) == 1 else "json"

    def _kind_of_one(self, name: str, schema: Schema) -> Kind:
        if schema.get("format") == "binary":
            raise self.refusal(name, "format: binary is not supported in a request")
        if isinstance(schema.get("const"), str) or (schema.get("enum") and _all_texts(schema["enum"])):
            return "enum"
        if schema["type"] == "string":
            return "time" if schema.get("format") == "date-time" else "text"
        if schema["type"] == "object" or "properties" in schema:
            return "object"
        return SCALARS.get(schema["type"], "json")


def python_name(name: str) -> str:
    """Return the name of an argument: snake case, with an underscore at the end where Python has the name."""
    return str(PythonIdentifier(name, "field_"))


def enum_of(prop: PropertyProtocol | None) -> str | None:
    """Return the type of a property's enum, as code, or None if it has none."""
    if isinstance(prop, EnumProperty) and prop.value_type is str:
        return f"_models.{prop.class_info.name}"
    if isinstance(prop, ListProperty):
        return enum_of(prop.inner_property)
    if isinstance(prop, UnionProperty):
        return next((enum for inner in prop.inner_properties if (enum := enum_of(inner))), None)
    return None


def _required_first(arguments: list[Argument]) -> tuple[Parameter, ...]:
    parameters = [argument.parameter for argument in arguments]
    return tuple(sorted(parameters, key=lambda parameter: not parameter.required))


def _values(alternatives: list[Schema]) -> tuple[str | int, ...]:
    found: list[str | int] = []
    for schema in alternatives:
        values = [schema["const"]] if "const" in schema else schema.get("enum", ())
        found += [value for value in values if value is not None]
    return tuple(dict.fromkeys(found))


def _all_texts(values: list[Any]) -> bool:
    return all(isinstance(value, str) for value in values if value is not None)


def _longer_than_nothing(alternatives: list[Schema], key: str) -> bool:
    return bool(alternatives) and all(schema.get(key, 0) > 0 for schema in alternatives)
