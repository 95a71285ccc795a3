"""Whether every example and default holds against its schema, wherever OpenAPI 3.1 lets one stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import jsonschema_rs

from tooling.lint.places import Fault, at, resolved, walk


def example_faults(description: dict[str, Any]) -> Iterator[Fault]:
    """Yield the examples that do not hold, or of which nobody can tell: of schemas, media types, parameters, headers."""
    document = _Document(description)
    for pointer, node in walk(description):
        if isinstance(node, dict):
            yield from _of_holder(document, pointer, node) if "schema" in node else _of_schema(document, pointer, node)


class _Document:
    """A description whose schemas judge values. References within it resolve."""

    def __init__(self, description: dict[str, Any]) -> None:
        self.description = description
        self._registry = jsonschema_rs.Registry([("urn:description", description)])

    def errors(self, schema: str, value: Any) -> Iterator[jsonschema_rs.ValidationError]:
        """Yield how a value contradicts the schema at a place."""
        reference = {"$ref": f"urn:description#{quote(schema[1:], safe='/~')}"}
        return jsonschema_rs.Draft202012Validator(
            reference, validate_formats=True, registry=self._registry
        ).iter_errors(value)


def _of_schema(document: _Document, pointer: str, schema: dict[str, Any]) -> Iterator[Fault]:
    if "/variables/" in pointer:
        return  # a server's variable has a default too, and no schema
    values: dict[str, Any] = {key: schema[key] for key in ("example", "default") if key in schema}
    if isinstance(examples := schema.get("examples"), list):
        values |= {f"examples/{index}": example for index, example in enumerate(examples)}
    for key, value in values.items():
        yield from _mismatches(document, pointer, value, f"{pointer}/{key}")


def _of_holder(document: _Document, pointer: str, holder: dict[str, Any]) -> Iterator[Fault]:
    """Yield those of what has a schema: a media type, a parameter, a header."""
    schema, named = at(pointer, "schema"), holder.get("examples", {})
    if "example" in holder:
        yield from _mismatches(document, schema, holder["example"], f"{pointer}/example")
        if named:
            yield Fault(f"{pointer}/example", "example and examples exclude each other")
    for name, listed in named.items():
        place, example = at(pointer, "examples", name), resolved(document.description, listed)
        if not isinstance(example, dict):
            continue  # a reference that leads nowhere, of which others tell
        if "value" in example:
            yield from _mismatches(document, schema, example["value"], place)
        if "externalValue" in example:
            yield Fault(place, "an externalValue cannot be held against its schema: give a value")
        elif "value" not in example:
            yield Fault(place, "an example without a value")


def _mismatches(document: _Document, schema: str, example: Any, where: str) -> Iterator[Fault]:
    """Yield how an example contradicts the schema at a place."""
    for error in document.errors(schema, example):
        inside = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in error.instance_path)
        yield Fault(where, f"the example does not hold{f' at {inside}' if inside else ''}: {error.message}")
