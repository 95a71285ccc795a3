"""Rewrite the parts of a description that the generator reads wrongly or not at all.

The members of enums are named; null is none of them, because the client takes it for every field and argument. What is in
an allOf inside another, or beside one, goes into the outer one. A success without a body has an empty model. All means the
same as before.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from openapi_python_client.strings import snake_case

from paiflow._description import pointer_to
from tooling.documents import walk
from tooling.errors import GenerationError
from tooling.schemas import Schemas, operations_of

EMPTY_REPLY = {
    "type": "object",
    "description": "The reply of an operation that returns nothing but the request's id.",
    "properties": {"RequestId": {"type": "string", "description": "The request's id."}},
}


def prepared(description: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of a description as the generator needs it.

    Raises:
        GenerationError: the members of an enum cannot be named as x-enum-varnames says.
    """
    description = copy.deepcopy(description)
    for keys, node in walk(description):
        place = pointer_to(*keys)
        if isinstance(node, dict) and isinstance(node.get("allOf"), list):
            node["allOf"] = [*_parts(node["allOf"]), *_own_part(node)]
        if isinstance(node, dict) and isinstance(node.get("enum"), list):
            values = [value for value in node["enum"] if value is not None]
            if values and all(isinstance(value, str) for value in values):
                node |= {"type": "string", "enum": values}
                node["x-enum-varnames"] = _member_names(values, node.get("x-enum-varnames"), place)
    for *_, operation in operations_of(description):
        _name_body(operation)
        _describe_empty_replies(description, operation)
    return description


def _parts(schemas: list[Any]) -> Iterator[Any]:
    """Yield the parts of an allOf, those of an inner one too."""
    for schema in schemas:
        if isinstance(schema, dict) and isinstance(schema.get("allOf"), list):
            yield from _parts(schema["allOf"])
            yield {key: value for key, value in schema.items() if key != "allOf"}
        else:
            yield schema


def _own_part(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the properties beside a schema's allOf, as a part of it."""
    if "properties" in schema:
        yield {"type": "object", "properties": schema.pop("properties")}


def _member_names(values: list[str], given: Any, place: str) -> list[str]:
    """Return the names of an enum's members: as they are given, else READY_TO_SCHEDULE for ReadyToSchedule."""
    if given is not None:
        if not isinstance(given, list) or len(given) != len(values) or len(set(given)) != len(given):
            raise GenerationError(f"{place}: x-enum-varnames: each value needs a name of its own")
        for name in given:
            if not isinstance(name, str) or not name.isidentifier() or name != snake_case(name).upper():
                raise GenerationError(f"{place}: x-enum-varnames: {name} is not like READY_TO_SCHEDULE")
        return given
    names: list[str] = []
    for value in values:
        name = snake_case(value).upper()
        if not name.isidentifier():
            name = f"VALUE_{name or 'EMPTY'}" if name or not value else f"VALUE_{len(names) + 1}"
        names.append(name if name not in names else f"{name}_{len(names) + 1}")
    return names


def _name_body(operation: dict[str, Any]) -> None:
    """Give the class of a body another name than that of a parameter called Body."""
    for media in operation.get("requestBody", {}).get("content", {}).values():
        if isinstance(media.get("schema"), dict):
            media["schema"].setdefault("title", "RequestBody")


def _describe_empty_replies(description: dict[str, Any], operation: dict[str, Any]) -> None:
    schemas = Schemas(description)
    for status, response in operation.get("responses", {}).items():
        found = schemas.followed(response)
        if status.startswith("2") and not found.get("content"):
            content = {"application/json": {"schema": {"$ref": "#/components/schemas/EmptyReply"}}}
            operation["responses"][status] = {**found, "content": content}
            components = description.setdefault("components", {}).setdefault("schemas", {})
            components.setdefault("EmptyReply", copy.deepcopy(EMPTY_REPLY))
