"""Read the operations of a description: what each is called with, and what the description's extensions say of it.

Most is in the description itself. From the generator come the names of the classes, which it has made up.
What cannot be called right is refused with the operation's name.

The extensions:
    x-paiflow-service   product, version and host; of the document, or of an operation
    x-paiflow           of an operation: repeatable, pages, defaults, one_of, any_of, exclusive, states
    x-paiflow-secret    of a parameter: its value is never shown
    x-paiflow-id        of a text: an id, which cannot hold a space, a comma or a slash
    x-ram-action        of an operation: the permission that it needs
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from openapi_python_client.parser.openapi import Endpoint, GeneratorData
from openapi_python_client.parser.properties import ModelProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol

from tooling.errors import GenerationError
from tooling.parameters import Argument, Source, python_name
from tooling.reply_models import ReplyModel, properties_of
from tooling.schemas import Schema, Schemas, operations_of
from tooling.support.calling import Operation, Pages

# The keys of x-paiflow, and of x-paiflow-service, with the types of their values.
EXTENSION = {
    "repeatable": bool,
    "pages": dict,
    "defaults": dict,
    "one_of": list,
    "any_of": list,
    "exclusive": bool,
    "states": list,
}
SERVICE = {"product": str, "version": str, "host": str}
TYPE_NAMES = {bool: "true or false", dict: "a map of texts", list: "a list of texts", str: "a text"}
# Names that a method has besides its arguments.
TAKEN_ARGUMENTS = frozenset({"limit", "page_size"})
# Names of operations.py itself.
TAKEN_CONSTANTS = frozenset({"OPERATIONS", "TYPE_CHECKING"})


@dataclass(frozen=True)
class Described:
    """An operation with all that its methods say.

    Attributes:
        operation: the data of operations.py.
        arguments: in the order of the description; those of the path first.
        description: the paragraphs of the description.
        returns: what comes back, in words.
        item: the type of an entry of a page, as code; "" if the operation does not page.
    """

    operation: Operation[Any]
    arguments: tuple[Argument, ...]
    description: str
    returns: str
    item: str = ""

    @property
    def method(self) -> str:
        """The name of its method: list_pipeline_runs."""
        return python_name(self.operation.name)

    @property
    def iterator(self) -> str:
        """The name of the method that iterates over all pages: iter_pipeline_runs."""
        return f"iter_{self.method.removeprefix('list_')}"

    @property
    def constant(self) -> str:
        """The name of its constant: LIST_PIPELINE_RUNS."""
        return self.method.upper()


def operations(description: dict[str, Any], data: GeneratorData, replies: dict[str, ReplyModel]) -> list[Described]:
    """Return all operations of a description, in its order.

    Args:
        description: effective; each success has a JSON object for a reply.
        data: the same as the generator reads it.
        replies: the models of replies.

    Raises:
        GenerationError: an operation cannot be called right.
    """
    schemas = Schemas(description)
    endpoints = {
        (endpoint.method, _without_names(endpoint.path.get_untrusted_value())): endpoint
        for collection in data.endpoint_collections_by_tag.values()
        for endpoint in collection.endpoints
    }
    found = [
        _Reader(description, schemas, path, endpoints[method, _without_names(path)], replies).read(operation, item)
        for path, method, item, operation in operations_of(description)
    ]
    _check_names(found)
    return found


def _without_names(path: str) -> str:
    """Return a path without the names of its parameters, which the generator changes."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def _check_names(found: list[Described]) -> None:
    names = Counter(name for one in found for name in (one.method, *([one.iterator] if one.item else ())))
    for one in found:
        for name in (one.method, one.iterator):
            if names[name] > 1:
                raise GenerationError(f"{one.operation.name}: more than one method would be {name} in Python")
        if one.constant in TAKEN_CONSTANTS:
            raise GenerationError(f"{one.operation.name}: an operation of this name is not supported")


class _Reader:
    """Reads one operation."""

    def __init__(
        self,
        description: dict[str, Any],
        schemas: Schemas,
        path: str,
        endpoint: Endpoint,
        replies: dict[str, ReplyModel],
    ) -> None:
        self._description = description
        self._schemas = schemas
        self._path = path
        self._endpoint = endpoint
        self._replies = replies
        self._name = f"{endpoint.method.upper()} {path}"

    def refusal(self, reason: str) -> GenerationError:
        """Return the error for this operation."""
        return GenerationError(f"{self._name}: {reason}")

    def read(self, data: Schema, item: Schema) -> Described:
        """Return the operation.

        Args:
            data: the operation's object.
            item: the object of its path.
        """
        if not data.get("operationId"):
            raise self.refusal("an operation needs an operationId")
        self._name = data["operationId"]
        extension = self._checked("x-paiflow", data.get("x-paiflow", {}), EXTENSION)
        arguments = self._with_defaults(self._arguments(data, item), extension.get("defaults", {}))
        model, returns = self._reply(data)
        ram_action = data.get("x-ram-action", "")
        if not isinstance(ram_action, str):
            raise self.refusal("x-ram-action: must be a text")
        service = {**self._service(), **self._checked("x-paiflow-service", data.get("x-paiflow-service", {}), SERVICE)}
        operation: Operation[Any] = Operation(
            name=self._name,
            product=service["product"],
            version=service["version"],
            host=service["host"],
            method=self._endpoint.method.upper(),
            path=self._path,
            model=model.name,
            parameters=tuple(argument.parameter for argument in arguments),
            lists=tuple(field.wire_name for field in model.fields if field.kind.is_list),
            bare={field.wire_name for field in model.fields} <= {"RequestId"},
            repeatable=extension.get("repeatable", self._endpoint.method == "get"),
            pages=self._pages(extension["pages"]) if "pages" in extension else None,
            one_of=tuple(extension.get("one_of", ())),
            any_of=tuple(extension.get("any_of", ())),
            exclusive=extension.get("exclusive", False),
            states=tuple(extension.get("states", ())),
            ram_action=ram_action,
            summary=" ".join(data.get("summary", "").split()),
            link=data.get("externalDocs", {}).get("url", ""),
        )
        self._check(operation)
        return Described(operation, arguments, data.get("description", ""), returns, self._item(operation, model))

    def _pages(self, data: dict[str, Any]) -> Pages:
        if odd := (set(data) - {field.name for field in fields(Pages)}) | (
            {"by", "number", "size", "items"} - set(data)
        ):
            raise self.refusal(f"x-paiflow: pages: no such key, or none: {', '.join(sorted(odd))}")
        return Pages(**data)

    def _service(self) -> dict[str, str]:
        info = self._description["info"]
        stated = {"product": info["title"], "version": info["version"], "host": info["title"].lower()}
        given = self._description.get("x-paiflow-service", {})
        return {**stated, **self._checked("x-paiflow-service", given, SERVICE)}

    def _checked(self, name: str, given: Any, types: Mapping[str, type]) -> dict[str, Any]:
        """Return an extension, its keys and types checked."""
        if not isinstance(given, dict):
            raise self.refusal(f"{name}: must be a map")
        for key, value in given.items():
            if key not in types:
                raise self.refusal(f"{name}: no such key: {key}")
            texts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ()
            if not isinstance(value, types[key]) or not all(isinstance(text, str) for text in texts):
                raise self.refusal(f"{name}: {key}: must be {TYPE_NAMES[types[key]]}")
        return given

    def _arguments(self, data: Schema, item: Schema) -> tuple[Argument, ...]:
        source = Source(self._name, self._schemas)
        endpoint = self._endpoint
        props = {
            (place, prop.name.get_untrusted_value()): prop
            for place, found in (("path", endpoint.path_parameters), ("query", endpoint.query_parameters))
            for prop in found
        }
        given: dict[tuple[str, str], Schema] = {}
        for parameter in (*item.get("parameters", ()), *data.get("parameters", ())):
            followed = self._schemas.followed(parameter)
            given[followed["in"], followed["name"]] = followed
        found = [source.parameter(parameter, props.get(key)) for key, parameter in given.items()]
        if "requestBody" in data:
            found += source.properties(*self._body(data["requestBody"]))
        found.sort(key=lambda argument: argument.parameter.place != "path")
        names = Counter(argument.parameter.argument for argument in found)
        for argument in found:
            if names[argument.parameter.argument] > 1:
                raise self.refusal(f"more than one argument would be {argument.parameter.argument} in Python")
        return tuple(found)

    def _body(self, body: Schema) -> tuple[Schema, dict[str, PropertyProtocol]]:
        content = self._schemas.followed(body)["content"]
        if set(content) != {"application/json"}:
            raise self.refusal(f"requestBody: {', '.join(content)}: only application/json is supported")
        alternatives = list(self._schemas.alternatives(content["application/json"].get("schema", {})))
        if len(alternatives) != 1 or not alternatives[0].get("properties"):
            raise self.refusal("requestBody: only an object with described properties is supported")
        props = [body.prop for body in self._endpoint.bodies if isinstance(body.prop, ModelProperty)]
        return alternatives[0], {prop.name.get_untrusted_value(): prop for one in props for prop in properties_of(one)}

    def _with_defaults(self, arguments: tuple[Argument, ...], defaults: dict[str, Any]) -> tuple[Argument, ...]:
        names = {argument.parameter.name for argument in arguments}
        for name, default in defaults.items():
            if name not in names:
                raise self.refusal(f"x-paiflow: defaults: no parameter {name}")
            if default != "workspace_id":
                raise self.refusal(f"x-paiflow: defaults: {name}: the client has no default {default}")
        return tuple(
            replace(argument, parameter=replace(argument.parameter, default=defaults.get(argument.parameter.name)))
            for argument in arguments
        )

    def _reply(self, data: Schema) -> tuple[ReplyModel, str]:
        """Return the model of the success, and its description."""
        models = {}
        for response in self._endpoint.responses:
            if response.status_code.pattern.startswith("2"):
                prop = response.prop
                if not isinstance(prop, ModelProperty):
                    raise self.refusal(f"response {response.status_code.pattern}: only a JSON object is supported")
                models[prop.class_info.name] = response.status_code.pattern
        if len(models) != 1:
            what = f"one model for all of them ({', '.join(models)})" if models else "a response"
            raise self.refusal(f"a success (2xx) needs {what}")
        [(name, pattern)] = models.items()
        return self._replies[name], str(self._schemas.followed(data["responses"][pattern]).get("description", ""))

    def _check(self, operation: Operation[Any]) -> None:
        """Raise GenerationError if an extension names what is not there."""
        names = {parameter.name for parameter in operation.parameters}
        pages = operation.pages
        named = {
            "one_of": operation.one_of,
            "any_of": operation.any_of,
            "pages": (pages.number, pages.size) if pages else (),
        }
        for key, wanted in named.items():
            for name in wanted:
                if name not in names:
                    raise self.refusal(f"x-paiflow: {key}: no parameter {name}")
        for name in operation.states:
            if not any(name in statuses for statuses in self._statuses()):
                raise self.refusal(f"x-paiflow: states: no such status: {name}")

    def _statuses(self) -> Iterator[list[str]]:
        for schema in self._description.get("components", {}).get("schemas", {}).values():
            if "x-paiflow-outcomes" in schema:
                yield schema["enum"]

    def _item(self, operation: Operation[Any], model: ReplyModel) -> str:
        """Return the type of an entry of a page, as code."""
        pages = operation.pages
        if pages is None:
            return ""
        if pages.by not in ("page", "offset"):
            raise self.refusal(f"x-paiflow: pages: by: {pages.by} is neither page nor offset")
        known = {field.wire_name: field for field in model.fields}
        items = known.get(pages.items)
        if items is None or not items.kind.is_list:
            raise self.refusal(f"x-paiflow: pages: items: the reply has no list {pages.items}")
        if pages.total is not None and pages.total not in known:
            raise self.refusal(f"x-paiflow: pages: total: the reply has no field {pages.total}")
        entry = items.kind.parts[0]
        entries = self._replies.get(entry.annotation.removeprefix("_models."))
        if pages.id is not None and (entries is None or all(field.wire_name != pages.id for field in entries.fields)):
            raise self.refusal(f"x-paiflow: pages: id: an entry has no field {pages.id}")
        filters = {one.argument for one in operation.parameters if one.name not in (pages.number, pages.size)}
        if odd := filters & TAKEN_ARGUMENTS:
            raise self.refusal(f"x-paiflow: pages: an argument cannot be {', '.join(sorted(odd))}")
        return f"_models.{entry.annotation}" if entry.shape == "enum" else entry.annotation
