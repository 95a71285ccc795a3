"""Check that a description can be compared: it is OpenAPI 3.1, and its references resolve."""

from __future__ import annotations

import json
from typing import Any

from paiflow._description import Description, DescriptionError, name_of
from tooling.documents import openapi_errors, references

# Beside a $ref these add nothing to what is allowed: the two together are still the component.
ANNOTATIONS = frozenset({
    "$comment", "$id", "$anchor", "$schema", "$defs", "definitions", "deprecated", "description", "discriminator",
    "example", "examples", "externalDocs", "summary", "title", "xml",
})  # fmt: skip


def checked(document: Any, source: str) -> Description:
    """Return a description that can be compared.

    Args:
        document: the description, as plain dicts and lists.
        source: what an error calls it.

    Raises:
        DescriptionError: it is no OpenAPI 3.1 description, or a reference leads out of it, or nowhere.
    """
    description = Description(document, source)
    for place, words in openapi_errors(document):
        raise DescriptionError(f"{source}: not OpenAPI 3.1: {'/'.join(map(str, place))}: {words:.200}")
    for _, reference in references(document):
        description.place_of(reference)
    return description


def component_of(schema: Any) -> str:
    """Return the name of the component that a schema stands for as a whole, or ""."""
    if not isinstance(schema, dict) or not isinstance(reference := schema.get("$ref"), str):
        return ""
    says_more = any(key not in ANNOTATIONS and key != "$ref" and not key.startswith("x-") for key in schema)
    return "" if says_more else name_of(reference)


def bare(description: Description, node: Any) -> str:
    """Return a node as text with its references followed and without what only describes it."""

    def stripped(node: Any, seen: frozenset[str]) -> Any:
        if isinstance(node, list):
            return [stripped(item, seen) for item in node]
        if not isinstance(node, dict):
            return node
        reference = node.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            return stripped(description.target(reference), seen | {reference})
        return {
            key: stripped(value, seen)
            for key, value in node.items()
            if key not in ANNOTATIONS and not key.startswith("x-")
        }

    return json.dumps(stripped(node, frozenset()), sort_keys=True)
