"""Read the operations of openapi.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from paiflow import _description
from paiflow._description import Description
from tooling.schemas import Schemas
from tooling.vendor.operation import BODY, REPLY, Entry, Operation, Place


def operations(document: dict[str, Any]) -> dict[str, Operation]:
    """Return the operations of a description by name."""
    description, found = Description(document), {}
    for one in description.operations:
        service = {**document["x-paiflow-service"], **one.node.get("x-paiflow-service", {})}
        found[one.name] = Operation(
            one.name, one.method, one.path, service["version"], dict(_entries(description, one))
        )
    return found


def _entries(description: Description, operation: _description.Operation) -> Iterator[tuple[Place, Entry]]:
    schemas = Schemas(description.document)
    for parameter in map(schemas.followed, operation.parameters):
        place = Place(parameter["in"], parameter["name"])
        yield from _fields(schemas, place, parameter.get("schema", {}), parameter.get("required", False))
    if (
        schema := description.json_schema((*operation.place, "requestBody"))
        if "requestBody" in operation.node
        else None
    ):
        body = schemas.followed(operation.node["requestBody"])
        yield from _fields(schemas, Place(BODY, ""), description.at(schema), body.get("required", False))
    if schema := description.json_schema((*operation.place, "responses", "200")):
        yield from _fields(schemas, Place(REPLY, ""), description.at(schema), None)


def _fields(
    schemas: Schemas, place: Place, schema: Any, required: bool | None, around: frozenset[str] = frozenset()
) -> Iterator[tuple[Place, Entry]]:
    """Yield the node at a place, and all nodes inside of it; a recursive schema is not entered again.

    Args:
        schemas: of the description.
        place: where it stands.
        schema: what stands there.
        required: whether it must be there; None where that is not said.
        around: the references that led here.
    """
    whole = schemas.whole(schema)
    yield place, Entry(str(whole.get("type", "any")), whole.get("format"), required)
    named = _references(schema)
    if named & around:
        return
    around |= named
    for name, inner in whole.get("properties", {}).items():
        yield from _fields(schemas, place.inner(name), inner, name in whole.get("required", ()), around)
    if "items" in whole:
        yield from _fields(schemas, place.items, whole["items"], None, around)


def _references(schema: Any) -> frozenset[str]:
    parts = [schema, *schema.get("allOf", ())] if isinstance(schema, dict) else []
    return frozenset(part["$ref"] for part in parts if "$ref" in part)
