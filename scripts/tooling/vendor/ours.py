"""Read the operations of openapi.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tooling.schemas import Schema, Schemas
from tooling.vendor.operation import BODY, REPLY, Entry, Operation, Place

JSON = "application/json"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def operations(description: dict[str, Any]) -> dict[str, Operation]:
    """Return the operations of a description by name."""
    schemas = Schemas(description)
    found = {}
    for path, item in description["paths"].items():
        for method in METHODS:
            if method in item:
                data = item[method]
                service = data.get("x-paiflow-service", description["x-paiflow-service"])
                entries = dict(_entries(schemas, [*item.get("parameters", []), *data.get("parameters", [])], data))
                name = data["operationId"]
                found[name] = Operation(name, method.upper(), path, service["version"], entries)
    return found


def _entries(schemas: Schemas, parameters: list[Schema], data: Schema) -> Iterator[tuple[Place, Entry]]:
    for parameter in map(schemas.followed, parameters):
        place = Place(parameter["in"], parameter["name"])
        yield from _fields(schemas, place, parameter.get("schema", {}), parameter.get("required", False))
    if "requestBody" in data:
        body = schemas.followed(data["requestBody"])
        yield from _fields(schemas, Place(BODY, ""), body["content"][JSON]["schema"], body.get("required", False))
    content = schemas.followed(data["responses"]["200"]).get("content", {})
    if JSON in content:
        yield from _fields(schemas, Place(REPLY, ""), content[JSON]["schema"], None)


def _fields(schemas: Schemas, place: Place, schema: Any, required: bool | None) -> Iterator[tuple[Place, Entry]]:
    """Yield what stands at a place, and all that is inside of it."""
    whole = schemas.whole(schema)
    yield place, Entry(str(whole.get("type", "any")), whole.get("format"), required)
    for name, inner in whole.get("properties", {}).items():
        yield from _fields(schemas, place.inner(name), inner, name in whole.get("required", ()))
    if "items" in whole:
        yield from _fields(schemas, place.items, whole["items"], None)
