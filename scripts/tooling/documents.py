"""Walk a description: its nodes with their places, and its references."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from paiflow._description import Place, place_of, pointer_to

if TYPE_CHECKING:
    import jsonschema_rs

# The keys of what these hold are names of somebody's choice, and no keywords.
HOLD_NAMES = frozenset({
    "$defs", "callbacks", "content", "dependentSchemas", "encoding", "examples", "headers", "links", "mapping", "parameters",
    "pathItems", "paths", "patternProperties", "properties", "requestBodies", "responses", "schemas", "scopes",
    "securitySchemes", "variables", "webhooks",
})  # fmt: skip
# What these hold is data, and no part of the description.
_HOLD_DATA = frozenset({"example", "default", "enum", "const", "value"})


def walk(node: Any, place: Place = (), *, names: bool = False) -> Iterator[tuple[Place, Any]]:
    """Yield all that a description consists of, with its place; not what is data, and not what only holds names."""
    if not names:
        yield place, node
    if isinstance(node, dict):
        for key, value in node.items():
            is_data = key in _HOLD_DATA or key.startswith("x-") or (key == "examples" and isinstance(value, list))
            if names or not is_data:
                holds_names = not names and key in HOLD_NAMES and isinstance(value, dict)
                yield from walk(value, (*place, key), names=holds_names)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, (*place, index))


def references(node: Any) -> Iterator[tuple[Place, str]]:
    """Yield each `$ref` in a node, with the place of what it stands in."""
    for place, inner in walk(node):
        if isinstance(inner, dict) and isinstance(reference := inner.get("$ref"), str):
            yield place, reference


def lost(description: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    """Yield each `$ref` that does not resolve: its place, and the fault."""
    for place, reference in references(description):
        try:
            place_of(description, reference)
        except LookupError as error:
            yield place, str(error.args[0])


def lost_references(description: dict[str, Any]) -> Iterator[str]:
    """Yield the same as lines."""
    for place, words in lost(description):
        yield f"{pointer_to(*place)}: {words}"


def openapi_errors(document: Any) -> Iterator[tuple[Place, str]]:
    """Yield the place and the message of each thing that is not OpenAPI 3.1."""
    found: dict[Place, list[str]] = {}
    for error in _validator().iter_errors(document):
        found.setdefault(tuple(error.instance_path), []).append(error.message)
    for place, messages in found.items():
        # That none of several forms fits says little where another message says what is wrong.
        telling = [message for message in messages if "is not valid under any of the schemas" not in message]
        yield from ((place, message) for message in telling or messages[:1])


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    """Return the validator of descriptions: the schema of OpenAPI 3.1, and for schemas that of JSON Schema 2020-12."""
    # Costly to load, and not needed to generate.
    import jsonschema_rs  # noqa: PLC0415
    from openapi_spec_validator.schemas import schema_v31  # noqa: PLC0415

    schema = copy.deepcopy(dict(schema_v31))
    schema["$defs"]["schema"] = {"$dynamicAnchor": "meta", "$ref": "https://json-schema.org/draft/2020-12/schema"}
    return jsonschema_rs.Draft202012Validator(schema)
