"""The arguments to begin with: what a call needs, with the values that the vendor's pages show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paiflow._description import Description
from paiflow._description import Operation as Described
from paiflow_api.calling import Operation, Parameter


def first_arguments(
    operation: Operation[Any], description: Description, known: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the arguments of a call that can be made, by their wire names.

    Args:
        operation: what is called.
        description: the effective one, which has the examples.
        known: values instead of the documented ones, by the parameters' names; those of the user's own settings are
            given even where they are not needed.
    """
    known = known or {}
    schemas = schemas_of(description, description.by_name[operation.name])
    return {
        parameter.name: _example(parameter, schemas[parameter.name], description, known)
        for parameter in operation.parameters
        if parameter.required
        or parameter.name in {*operation.one_of[:1], *operation.any_of[:1]}
        or (parameter.default is not None and parameter.name in known)
    }


def schemas_of(description: Description, described: Described) -> dict[str, dict[str, Any]]:
    """Return the schemas of an operation's parameters, and of the fields of its body, by their names."""
    found = [description.resolved(one)[0] for one in described.parameters]
    schemas = {one["name"]: one["schema"] for one in found}
    place = description.json_schema((*described.place, "requestBody")) if "requestBody" in described.node else None
    body = {} if place is None else description.resolved(description.at(place))[0]
    return {name: description.resolved(one)[0] for name, one in {**schemas, **body.get("properties", {})}.items()}


def _example(parameter: Parameter, schema: Any, description: Description, known: Mapping[str, Any]) -> Any:
    if parameter.name in known:
        return known[parameter.name]
    if parameter.kind in ("texts", "comma-list", "objects"):
        items = description.resolved(schema["items"])[0]
        if parameter.kind != "objects":
            return [known.get(parameter.name.removesuffix("s") + "Id", _first(items))]
        fields = {name: description.resolved(one)[0] for name, one in items["properties"].items()}
        return [{one.name: _example(one, fields[one.name], description, known) for one in parameter.fields}]
    return _first(schema)


def _first(schema: Mapping[str, Any]) -> Any:
    return next(iter(schema.get("examples", [""])))
