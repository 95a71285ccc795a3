"""Prepare a description for the generator: name the members of enums, and describe replies that have no body."""

from __future__ import annotations

import copy
from typing import Any

from openapi_python_client.strings import snake_case

from tooling.documents import nodes
from tooling.errors import GenerationError
from tooling.schemas import Schemas

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
    for place, node in nodes(description):
        if isinstance(node, dict) and isinstance(node.get("enum"), list):
            values = [value for value in node["enum"] if value is not None]
            if values and all(isinstance(value, str) for value in values):
                node["x-enum-varnames"] = _member_names(values, node.get("x-enum-varnames"), place)
    _describe_empty_replies(description)
    return description


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


def _describe_empty_replies(description: dict[str, Any]) -> None:
    schemas = Schemas(description)
    for path in description.get("paths", {}).values():
        for operation in path.values():
            if not isinstance(operation, dict):
                continue
            for status, response in operation.get("responses", {}).items():
                if status.startswith("2") and not schemas.followed(response).get("content"):
                    reference = {"$ref": "#/components/schemas/EmptyReply"}
                    operation["responses"][status] = {
                        **schemas.followed(response),
                        "content": {"application/json": {"schema": reference}},
                    }
                    components = description.setdefault("components", {}).setdefault("schemas", {})
                    components.setdefault("EmptyReply", copy.deepcopy(EMPTY_REPLY))
