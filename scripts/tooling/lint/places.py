"""Where in a document something is: as a JSON pointer in a fragment's form, and as a line of its file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

# The keys of what these hold are names of somebody's choice, and no keywords.
_HOLD_NAMES = frozenset(
    [
        *(
            "properties",
            "patternProperties",
            "$defs",
            "dependentSchemas",
            "schemas",
            "responses",
            "headers",
            "parameters",
        ),
        *("requestBodies", "securitySchemes", "links", "callbacks", "pathItems", "paths", "webhooks", "content"),
        *("encoding", "variables", "mapping", "scopes", "examples"),
    ]
)
# What these hold is data, and no part of the description.
_HOLD_DATA = frozenset({"example", "default", "enum", "const", "value"})


@dataclass(frozen=True, order=True)
class Fault:
    """Something that is wrong at a place of a document."""

    pointer: str
    message: str


def walk(node: Any, pointer: str = "#", *, names: bool = False) -> Iterator[tuple[str, Any]]:
    """Yield all that a description consists of, with its place; not what is data, and not what only holds names."""
    if not names:
        yield pointer, node
    if isinstance(node, dict):
        for key, value in node.items():
            is_data = key in _HOLD_DATA or key.startswith("x-") or (key == "examples" and isinstance(value, list))
            if names or not is_data:
                holds_names = not names and key in _HOLD_NAMES and isinstance(value, dict)
                yield from walk(value, at(pointer, key), names=holds_names)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, at(pointer, index))


def at(pointer: str, *keys: str | int) -> str:
    """Return the place of what is at these keys below another place."""
    return "/".join([pointer, *(str(key).replace("~", "~0").replace("/", "~1") for key in keys)])


def keys_of(pointer: str) -> list[str]:
    """Return the keys that lead to a place."""
    return [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]


def resolved(document: Any, node: Any) -> Any:
    """Return what a node refers to within the document, or the node itself; None where it refers to nothing."""
    seen = set()
    while isinstance(node, dict) and isinstance(reference := node.get("$ref"), str):
        if reference in seen or not reference.startswith("#"):
            return None
        seen.add(reference)
        node = document
        for key in keys_of(reference):
            node = node.get(key) if isinstance(node, dict) else None
    return node


def line_of(text: str, pointer: str) -> int:
    """Return the line, from 1, of what is at a place in YAML or JSON text; of what holds it, if it is not there."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    line = 1
    for key in keys_of(pointer):
        if isinstance(node, yaml.MappingNode):
            found = next(((name, value) for name, value in node.value if name.value == key), None)
        elif isinstance(node, yaml.SequenceNode) and key.isdigit() and int(key) < len(node.value):
            found = (node.value[int(key)],) * 2
        else:
            found = None
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line
