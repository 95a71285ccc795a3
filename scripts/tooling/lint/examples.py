"""Validate every example and default of a description against its schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from paiflow._description import Description, DescriptionError, Place, reference_to
from tooling.documents import walk
from tooling.lint.faults import Fault

_URI = "urn:paiflow:description"


def example_faults(document: dict[str, Any]) -> Iterator[Fault]:
    """Yield the examples that do not hold, or cannot be judged: of schemas, media types, parameters, headers."""
    try:
        examples = _Examples(Description(document))
    except DescriptionError:
        return  # `invalid` reports it
    for place, node in walk(document):
        if isinstance(node, dict):
            yield from examples.of_holder(place, node) if "schema" in node else examples.of_schema(place, node)


class _Examples:
    """The examples of one description, whose schemas are made ready once."""

    def __init__(self, description: Description) -> None:
        self._description = description
        self._registry = jsonschema_rs.Registry([(_URI, description.document)])

    def of_schema(self, place: Place, schema: dict[str, Any]) -> Iterator[Fault]:
        """Yield those of a schema itself."""
        if place[-2:-1] == ("variables",) and "servers" in place:
            return  # a server's variable has a default too, and no schema
        values: dict[Place, Any] = {(key,): schema[key] for key in ("example", "default") if key in schema}
        if isinstance(examples := schema.get("examples"), list):
            values |= {("examples", index): example for index, example in enumerate(examples)}
        for keys, value in values.items():
            yield from self._mismatches(place, value, place + keys)

    def of_holder(self, place: Place, holder: dict[str, Any]) -> Iterator[Fault]:
        """Yield those of what has a schema: a media type, a parameter, a header."""
        schema, named = (*place, "schema"), holder.get("examples", {})
        if "example" in holder:
            yield from self._mismatches(schema, holder["example"], (*place, "example"))
            if named:
                yield Fault((*place, "example"), "example and examples exclude each other")
        for name, listed in named.items():
            where = (*place, "examples", name)
            try:
                example, _ = self._description.resolved(listed)
            except DescriptionError:
                continue  # other rules report the reference
            if "value" in example:
                yield from self._mismatches(schema, example["value"], where)
            if "externalValue" in example:
                yield Fault(where, "an externalValue cannot be held against its schema: give a value")
            elif "value" not in example:
                yield Fault(where, "an example without a value")

    def _mismatches(self, schema: Place, example: Any, where: Place) -> Iterator[Fault]:
        """Yield how an example contradicts the schema at a place."""
        judge = {"$ref": reference_to(*schema, within=_URI)}
        validator = jsonschema_rs.Draft202012Validator(judge, validate_formats=True, registry=self._registry)
        for error in validator.iter_errors(example):
            inside = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in error.instance_path)
            yield Fault(where, f"the example does not hold{f' at {inside}' if inside else ''}: {error.message}")
