"""Walk a description: its nodes with their places, and the references that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote


def nodes(node: Any, pointer: str = "#", *, named: bool = False) -> Iterator[tuple[str, Any]]:
    """Yield every node of a document with its JSON pointer, in a fragment's form; not the insides of examples.

    Args:
        node: where to begin.
        pointer: its place.
        named: its keys are names of somebody's choice, as those of `properties` are, where `examples` is one like others.
    """
    yield pointer, node
    if isinstance(node, dict):
        for key, value in node.items():
            if named or key not in ("examples", "value"):
                place = f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"
                yield from nodes(value, place, named=key == "properties" and not named)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from nodes(value, f"{pointer}/{index}")


def lost_references(description: dict[str, Any]) -> Iterator[str]:
    """Yield each $ref that names nothing in the description, with its place."""
    for pointer, node in nodes(description):
        reference = node.get("$ref") if isinstance(node, dict) else None
        if isinstance(reference, str) and not _leads_somewhere(description, reference):
            yield f"{pointer}: $ref {reference} names nothing in the description"


def _leads_somewhere(description: dict[str, Any], reference: str) -> bool:
    document, *keys = unquote(reference).split("/")
    node: Any = description
    for key in keys:
        if not isinstance(node, dict):
            return False
        node = node.get(key.replace("~1", "/").replace("~0", "~"))
    return document == "#" and node is not None
