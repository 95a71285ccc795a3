"""A description whose references can be followed, and what is wrong with one that cannot be compared."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import unquote

import jsonschema_rs
from openapi_spec_validator.schemas import schema_v31

from tooling.documents import nodes

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

# Beside a $ref these add nothing to what is allowed: the two together are still the component.
ANNOTATIONS = frozenset({
    "$comment", "$id", "$anchor", "$schema", "$defs", "definitions", "deprecated", "description", "example", "examples",
    "externalDocs", "summary", "title",
})  # fmt: skip


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    """Return what judges descriptions: the schema of OpenAPI 3.1, and for schemas that of JSON Schema 2020-12."""
    schema = copy.deepcopy(dict(schema_v31))
    schema["$defs"]["schema"] = {
        "$dynamicAnchor": "meta",
        "$ref": "https://json-schema.org/draft/2020-12/schema",
    }
    return jsonschema_rs.Draft202012Validator(schema)


class DescriptionError(Exception):
    """A description cannot be compared; the message says which and why, in one line."""


class Description:
    """An OpenAPI description.

    Args:
        document: the description, as plain dicts and lists.
        source: what an error calls it.

    Raises:
        DescriptionError: it is no OpenAPI 3.1 description, or a reference leads out of it, or nowhere.
    """

    def __init__(self, document: Any, source: str) -> None:
        version = document.get("openapi") if isinstance(document, dict) else None
        if not isinstance(version, str) or not version.startswith("3.1."):
            what = "no OpenAPI description" if version is None else f"OpenAPI {version}"
            raise DescriptionError(f"{source}: {what}; an OpenAPI 3.1 description is expected")
        for error in _validator().iter_errors(document):
            place = "/".join(map(str, error.instance_path))
            raise DescriptionError(f"{source}: not OpenAPI 3.1: {place}: {error.message:.200}")
        self.document: dict[str, Any] = document
        self.source = source
        for _, node in nodes(document):
            if isinstance(node, dict) and isinstance(reference := node.get("$ref"), str):
                self.target(reference)

    def component(self, kind: str, name: str) -> Any:
        """Return a component, or None."""
        return self.document.get("components", {}).get(kind, {}).get(name)

    def resolved(self, node: Any) -> tuple[Any, str]:
        """Return what a node stands for, through references, and the component's name, or "".

        What stands beside a $ref wins over what it names: so a description does, which is all that OpenAPI allows
        there but for schemas, whose references `shapes` follows in another way.

        Raises:
            DescriptionError: a reference leads out of the description, nowhere, or in a circle.
        """
        name, seen = "", set()
        beside: dict[str, Any] = {}
        while isinstance(node, dict) and isinstance(reference := node.get("$ref"), str):
            if reference in seen:
                raise DescriptionError(f"{self.source}: $ref {reference} leads back to itself")
            seen.add(reference)
            beside = {key: value for key, value in node.items() if key != "$ref"} | beside
            node, name = self.target(reference), name_of(reference)
        return ({**node, **beside} if beside and isinstance(node, dict) else node), name

    def target(self, reference: str) -> Any:
        """Return what a reference names.

        Raises:
            DescriptionError: it leads out of the description, or nowhere.
        """
        document, *keys = unquote(reference).split("/")
        if document != "#":
            raise DescriptionError(f"{self.source}: $ref {reference} leads out of the description: bundle it first")
        node: Any = self.document
        for key in (escaped.replace("~1", "/").replace("~0", "~") for escaped in keys):
            try:
                node = node[int(key)] if isinstance(node, list) else node[key]
            except (KeyError, IndexError, ValueError, TypeError):
                raise DescriptionError(f"{self.source}: $ref {reference} names nothing in the description") from None
        return node


def name_of(reference: str) -> str:
    """Return the name of the component that a reference names: its last part."""
    return unquote(reference).rpartition("/")[2].replace("~1", "/").replace("~0", "~")


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


def references(node: Any) -> Iterator[str]:
    """Yield each $ref in a node."""
    if isinstance(node, dict):
        if isinstance(reference := node.get("$ref"), str):
            yield reference
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)
