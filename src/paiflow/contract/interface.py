"""The operations of the effective description: method, path, and the schemas of replies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote_to_bytes

import jsonschema_rs

from paiflow._description import Description, Place, name_of, reference_to, template_values
from paiflow._description import Operation as DescribedHere
from paiflow_api.calling import Operation
from paiflow_api.operations import OPERATIONS

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_URI = "urn:paiflow:contract"

OF_HTTP = frozenset({405})
"""Statuses that no operation can list: for methods that a path does not know."""

Described = Operation[Any]


@dataclass(frozen=True)
class Route:
    """Where a request line leads.

    Args:
        methods: the operations of the path, by method.
        values: of the path's parameters, decoded.
    """

    methods: Mapping[str, Described]
    values: Mapping[str, str]


class Interface:
    """A description, as the contract needs it.

    Args:
        document: the effective description.
        closed: whether replies may hold no fields but those described.
    """

    def __init__(self, document: dict[str, Any], *, closed: bool) -> None:
        self.document: dict[str, Any] = close(document) if closed else document
        self.operations: dict[str, Described] = {}
        self._description = Description(self.document)
        self._registry = jsonschema_rs.Registry([(_URI, self.document)])
        self._validators: dict[Place, jsonschema_rs.Validator] = {}
        self._templates: dict[str, dict[str, Described]] = {}
        for one in self._description.operations:
            operation = self.operations[one.name] = OPERATIONS[one.name]
            self._templates.setdefault(operation.path, {})[operation.method] = operation

    def route(self, path: str) -> Route | None:
        """Return where a path leads, None for nowhere. Segments are compared decoded; a fixed path wins."""
        try:
            segments = [unquote_to_bytes(segment).decode() for segment in path.split("/")]
        except UnicodeDecodeError:
            return None
        fits = [
            Route(methods, values)
            for template, methods in self._templates.items()
            if (values := template_values(template.split("/"), segments)) is not None
        ]
        return min(fits, key=lambda route: len(route.values), default=None)

    def statuses(self, operation: Described | None) -> frozenset[int]:
        """Return the statuses that a reply of an operation may have; of any, with None."""
        named = [self._description.by_name[operation.name]] if operation else self._description.operations
        return OF_HTTP.union(int(status) for one in named for status in self._description.responses(one))

    def misfits(self, operation: Described | None, status: int, body: Any) -> Iterator[tuple[str, str]]:
        """Yield where a reply's body does not fit its schema, and why."""
        place: Place | None = ("components", "schemas", "ErrorReply")
        if status == 200 and operation is not None:
            one = self._description.by_name[operation.name]
            place = self._answer(one)
        if place is not None:
            for error in self._validator(place).iter_errors(body):
                where = ".".join("[]" if isinstance(key, int) else str(key) for key in error.instance_path)
                yield where or "(whole)", error.message

    @cached_property
    def properties(self) -> dict[tuple[str, str], frozenset[str]]:
        """The fields of the items of each operation's lists, by operation and list; of the whole reply, by ""."""
        found = {}
        for one in self._description.operations:
            schema = self._answer(one)
            if schema is not None:
                fields = self._properties(self.document_at(schema))
                found[one.name, ""] = frozenset(fields)
                for name, node in fields.items():
                    found[one.name, name] = frozenset(self._properties(node.get("items", {})))
        return found

    def document_at(self, place: Place) -> Any:
        """Return the node at a place."""
        return self._description.at(place)

    def sample(self, operation: str) -> dict[str, Any]:
        """Return the documented sample reply of an operation, to the letter; empty if there is none."""
        node = self._description.by_name[operation].node
        response, _ = self._description.resolved(node["responses"].get("200", {}))
        examples = response.get("content", {}).get("application/json", {}).get("examples") or {}
        value: Any = next((example["value"] for example in examples.values() if "value" in example), {})
        return dict(value) if isinstance(value, dict) else {}

    def _answer(self, operation: DescribedHere) -> Place | None:
        """Return the place of the schema of an operation's answers."""
        key = self._description.response(operation, 200)
        return None if key is None else self._description.json_schema(self._description.responses(operation)[key])

    def _validator(self, place: Place) -> jsonschema_rs.Validator:
        if place not in self._validators:
            schema = {"$schema": _DIALECT, "$ref": reference_to(*place, within=_URI)}
            self._validators[place] = jsonschema_rs.validator_for(
                schema, registry=self._registry, validate_formats=True
            )
        return self._validators[place]

    def _properties(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if isinstance(reference := schema.get("$ref"), str):
            found |= self._properties(self._description.target(reference))
        for branch in schema.get("allOf", ()):
            found |= self._properties(branch)
        found |= schema.get("properties", {})
        return found


def close(document: dict[str, Any]) -> dict[str, Any]:
    """Return a description whose replies hold no fields but those described."""
    return _Closing(document["components"]["schemas"]).document(document)


@dataclass(frozen=True)
class _Closing:
    """Closes schemas where they are used, not where they stand: others inherit from them by allOf.

    Args:
        schemas: the components, by name.
    """

    schemas: Mapping[str, Any]

    def document(self, document: dict[str, Any]) -> dict[str, Any]:
        components = {
            **document["components"],
            "schemas": {name: self._inside(schema) for name, schema in self.schemas.items()},
            "responses": {
                name: self._response(node) for name, node in document["components"].get("responses", {}).items()
            },
        }
        paths = {
            path: {key: self._operation(node) if isinstance(node, dict) else node for key, node in item.items()}
            for path, item in document["paths"].items()
        }
        return {**document, "components": components, "paths": paths}

    def _operation(self, node: dict[str, Any]) -> dict[str, Any]:
        return {**node, "responses": {key: self._response(one) for key, one in node.get("responses", {}).items()}}

    def _response(self, response: dict[str, Any]) -> dict[str, Any]:
        media = response.get("content", {})
        content = {kind: {**one, "schema": self._used(one.get("schema", {}))} for kind, one in media.items()}
        return {**response, "content": content} if content else response

    def _used(self, schema: dict[str, Any]) -> dict[str, Any]:
        inside = self._inside(schema)
        return {**inside, "unevaluatedProperties": False} if self._has_fields(schema) else inside

    def _inside(self, schema: dict[str, Any]) -> dict[str, Any]:
        changed = dict(schema)
        if "properties" in schema:
            changed["properties"] = {name: self._used(node) for name, node in schema["properties"].items()}
        if isinstance(schema.get("items"), dict):
            changed["items"] = self._used(schema["items"])
        if "allOf" in schema:
            changed["allOf"] = [self._inside(branch) for branch in schema["allOf"]]
        return changed

    def _has_fields(self, schema: Any) -> bool:
        """Return whether a schema describes an object's fields, and leaves no room for others."""
        if not isinstance(schema, dict) or "additionalProperties" in schema:
            return False
        named = self.schemas.get(name_of(schema["$ref"])) if "$ref" in schema else None
        return bool(schema.get("properties")) or any(map(self._has_fields, [named, *schema.get("allOf", ())]))
