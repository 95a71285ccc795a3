"""Read the effective description for the mock: operations, parameters, schemas and documented samples."""

from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import Any

import jsonschema_rs

from paiflow import _description, _yaml
from paiflow._description import EFFECTIVE, Place, effective_text, reference_to

__all__ = ["Description", "Operation", "Parameter", "effective_description"]

# OpenAPI 3.1 schemas are JSON Schema of this dialect.
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_URI = "urn:paiflow:description"


class Parameter:
    """One parameter in the path or the query.

    Attributes:
        name: on the wire.
        place: path or query.
        required: whether a request must give it.
        secret: whether it must not be shown.
        kind: the JSON type of its values: string, integer, number, boolean or array.
        format: of its values, such as int32; None for none.
        comma_list: whether an array stands in one value, separated by commas.
    """

    def __init__(self, description: "Description", node: Mapping[str, Any], place: Place) -> None:
        self.name: str = node["name"]
        self.place: str = node["in"]
        self.required: bool = bool(node.get("required"))
        schema = node.get("schema", {})
        self.secret: bool = bool(schema.get("x-paiflow-secret"))
        self.kind: str
        self.format: str | None
        self.kind, self.format = description.kind_of(schema)
        self.comma_list: bool = self.kind == "array" and node.get("explode") is False
        self.item_kind: tuple[str, str | None] = (
            description.kind_of(schema.get("items", {})) if self.kind == "array" else (self.kind, self.format)
        )
        self._judge = (description, (*place, "schema"))

    @cached_property
    def judge(self) -> jsonschema_rs.Validator:
        """The validator of its value."""
        description, place = self._judge
        return description.validator(place)


class Operation:
    """One operation.

    Attributes:
        action: the operationId, which clients send as x-acs-action.
        method: in upper case.
        path: with its templates.
        product: the service that it belongs to.
        version: of the service's API, which clients send as x-acs-version.
        parameters: in the path and the query, by name.
        body_required: whether a request must have a body.
        pages: how it pages, by x-paiflow; empty if it does not.
        one_of: parameters that exclude each other, by x-paiflow; empty if none do.
        states: the statuses of a run that allow it, by x-paiflow; empty if nothing is said.
    """

    def __init__(self, description: "Description", operation: _description.Operation) -> None:
        self._description = description
        self._operation = operation
        self._item_fields: dict[str, tuple[str, ...]] = {}
        node = operation.node
        service = node.get("x-paiflow-service") or description.service
        extension = node.get("x-paiflow") or {}
        self.action: str = operation.name
        self.method: str = operation.method
        self.path: str = operation.path
        self.product: str = service["product"]
        self.version: str = service["version"]
        self.parameters: dict[str, Parameter] = {
            one.name: one for one in description.parameters_of(operation) if one.place in ("path", "query")
        }
        self.body_required: bool = bool(description.document.resolved(node.get("requestBody", {}))[0].get("required"))
        self.pages: Mapping[str, str] = extension.get("pages") or {}
        self.one_of: tuple[str, ...] = tuple(extension.get("one_of") or ())
        self.states: tuple[str, ...] = tuple(extension.get("states") or ())

    @cached_property
    def body(self) -> jsonschema_rs.Validator | None:
        """The validator of a request's body, None where the description gives it no schema."""
        if "requestBody" not in self._operation.node:
            return None
        schema = self._description.document.json_schema((*self._operation.place, "requestBody"))
        return None if schema is None else self._description.validator(schema)

    @cached_property
    def reply(self) -> jsonschema_rs.Validator | None:
        """The validator of a successful reply's body, None where the description gives it no schema."""
        return None if self._reply_schema is None else self._description.validator(self._reply_schema)

    @cached_property
    def reply_fields(self) -> tuple[str, ...]:
        """The fields of a successful reply."""
        return () if self._reply_schema is None else tuple(self._description.properties(self._reply_schema))

    def item_fields(self, name: str) -> tuple[str, ...]:
        """Return the fields of the items of a list in the reply; none where the reply has no such list."""
        fields = self._item_fields.get(name)
        if fields is None:
            schema = self.item_schema(name)
            fields = () if schema is None else tuple(self._description.properties(schema))
            self._item_fields[name] = fields
        return fields

    def item_schema(self, name: str) -> Place | None:
        """Return the place of the schema of a list's items; of the whole reply for "", None for none."""
        if not name or self._reply_schema is None:
            return self._reply_schema
        place = self._description.properties(self._reply_schema).get(name)
        return None if place is None else (*place, "items")

    @cached_property
    def sample(self) -> dict[str, Any]:
        """The documented sample reply, to the letter; empty if there is none."""
        media, _ = self._success
        examples = media.get("examples") or {}
        sample: Any = next((example["value"] for example in examples.values() if "value" in example), {})
        return sample if isinstance(sample, dict) else {}

    @cached_property
    def _reply_schema(self) -> Place | None:
        media, place = self._success
        return (*place, "schema") if "schema" in media else None

    @cached_property
    def _success(self) -> tuple[dict[str, Any], Place]:
        """The described JSON of a reply with status 200, and its place."""
        document = self._description.document
        key = document.response(self._operation, 200)
        schema = None if key is None else document.json_schema(document.responses(self._operation)[key])
        return ({}, ()) if schema is None else (document.at(schema[:-1]), schema[:-1])


class Description:
    """An OpenAPI 3.1 description. Its schemas are compiled when they are first needed.

    Args:
        document: the whole description; `$ref`s may point anywhere in it.

    Attributes:
        service: product and version of the operations that do not name their own.
        operations: all of them, by action.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self.document: _description.Description = _description.Description(document)
        self._registry = jsonschema_rs.Registry([(_URI, document)])
        # A description of one service that says nothing else has the service's version as its own.
        unnamed = {"product": document["info"]["title"], "version": document["info"]["version"]}
        self.service: Mapping[str, str] = {**unnamed, **document.get("x-paiflow-service", {})}
        self.operations: dict[str, Operation] = {one.name: Operation(self, one) for one in self.document.operations}

    def validator(self, *schemas: Place) -> jsonschema_rs.Validator:
        """Return the validator of all schemas at these places of the description. Formats count."""
        schema = {"$schema": _DIALECT, "allOf": [{"$ref": reference_to(*place, within=_URI)} for place in schemas]}
        return jsonschema_rs.validator_for(schema, registry=self._registry, validate_formats=True)

    @cached_property
    def error_reply(self) -> jsonschema_rs.Validator:
        """The validator of the body of a reply that refuses something; takes any where the description has none."""
        place = ("components", "schemas", "ErrorReply")
        return self.validator(*[place] if self.document.component("schemas", place[-1]) else [])

    def parameters_of(self, operation: _description.Operation) -> Iterator[Parameter]:
        """Yield an operation's parameters."""
        for owner, place in ((operation.item, operation.place[:-1]), (operation.node, operation.place)):
            for index, written in enumerate(owner.get("parameters", [])):
                node, where = self.document.resolved(written, (*place, "parameters", index))
                yield Parameter(self, node, where)

    def properties(self, schema: Place) -> dict[str, Place]:
        """Return the places of all properties of an object, those of its `$ref` and `allOf` too, by name."""
        node = self.document.at(schema)
        found: dict[str, Place] = {}
        if isinstance(reference := node.get("$ref"), str):
            found |= self.properties(self.document.place_of(reference))
        for index in range(len(node.get("allOf", []))):
            found |= self.properties((*schema, "allOf", index))
        return found | {name: (*schema, "properties", name) for name in node.get("properties", {})}

    def kind_of(self, schema: Mapping[str, Any]) -> tuple[str, str | None]:
        """Return the JSON type and the format that a schema asks for; text if it does not say."""
        if isinstance(kind := schema.get("type"), str):
            return kind, schema.get("format")
        branches = [*schema.get("allOf", []), *schema.get("anyOf", [])]
        if isinstance(reference := schema.get("$ref"), str):
            branches.append(self.document.target(reference))
        return self.kind_of(branches[0]) if branches else ("string", None)


@cache
def effective_description() -> Description:
    """Return the description that ships in `paiflow_api`: the base with all overlays. Read once."""
    return Description(_yaml.load(effective_text(), EFFECTIVE))
