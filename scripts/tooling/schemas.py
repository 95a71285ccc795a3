"""Read the schemas of a description: follow references, take parts together, list alternatives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from paiflow._description import METHODS, Description, DescriptionError
from tooling.errors import GenerationError

Schema = dict[str, Any]


def operations_of(description: dict[str, Any]) -> Iterator[tuple[str, str, Schema, Schema]]:
    """Yield path, method, the path's object and the operation's object.

    Raises:
        GenerationError: a path stands elsewhere, where the generator does not look for it.
    """
    for path, item in description.get("paths", {}).items():
        if "$ref" in item:
            raise GenerationError(f"{path}: a path that is a $ref is not supported")
        for method, operation in item.items():
            if method in METHODS and operation is not None:
                yield path, method, item, operation


class Schemas:
    """The schemas of one description."""

    def __init__(self, description: dict[str, Any]) -> None:
        self._description = Description(description)

    def followed(self, node: Schema) -> Schema:
        """Return a node, or the one that its reference leads to.

        Raises:
            GenerationError: the reference leads to itself.
        """
        try:
            found: Schema = self._description.resolved(node)[0]
        except DescriptionError as error:
            raise GenerationError(str(error)) from None
        return found

    def whole(self, schema: Any) -> Schema:
        """Return a schema as one object: with its reference and its allOf taken in. What stands outside wins.

        A schema of true, which allows anything, is an empty one.
        """
        if not isinstance(schema, dict):
            return {}
        found: Schema = {}
        parts = [self.followed({"$ref": schema["$ref"]})] if "$ref" in schema else []
        for part in [*parts, *schema.get("allOf", ())]:
            _take_in(found, self.whole(part))
        _take_in(found, {key: value for key, value in schema.items() if key not in ("$ref", "allOf")})
        return found

    def alternatives(self, schema: Any) -> Iterator[Schema]:
        """Yield the schemas of which a value fits one, each with one type at most; null is left out."""
        whole = self.whole(schema)
        branches = [*whole.pop("anyOf", ()), *whole.pop("oneOf", ())]
        if any(set(self.whole(branch)) - {"required"} for branch in branches):
            for branch in branches:
                merged: Schema = {}
                _take_in(merged, whole)
                _take_in(merged, self.whole(branch))
                yield from self.alternatives(merged)
            return
        types = whole.get("type")
        for name in types if isinstance(types, list) else [types]:
            if name != "null":
                yield {**whole, "type": name}


def _take_in(found: Schema, part: Schema) -> None:
    for key, value in part.items():
        if key == "properties":
            found[key] = {**found.get(key, {}), **value}
        elif key == "required" and isinstance(value, list):
            found[key] = [*found.get(key, ()), *value]
        else:
            found[key] = value
