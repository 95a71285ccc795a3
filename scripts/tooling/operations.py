"""Read the operations of a description: what each is called with, and what the description's extensions say of it.

Most is in the description itself; its extensions are read in extensions.py. From the generator come the names of the
classes, which it has made up. What cannot be called right is refused with the operation's name.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from openapi_python_client.parser.openapi import Endpoint, GeneratorData
from openapi_python_client.parser.properties import ModelProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol

from tooling.errors import GenerationError
from tooling.extensions import Extensions
from tooling.parameters import Argument, Source, python_name
from tooling.reply_models import ReplyModel, properties_of
from tooling.schemas import Schema, Schemas, operations_of
from tooling.support.calling import Operation

# Names of operations.py itself.
TAKEN_CONSTANTS = frozenset({"OPERATIONS", "TYPE_CHECKING"})


@dataclass(frozen=True)
class Described:
    """An operation with all that its methods say.

    Attributes:
        operation: the data of operations.py.
        arguments: those of the path first, in its order; then in the order of the description.
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
        extensions = Extensions(self._name, self._description, data)
        arguments = extensions.with_defaults(self._arguments(data, item))
        model, returns = self._reply(data)
        operation: Operation[Any] = Operation(
            name=self._name,
            method=self._endpoint.method.upper(),
            path=self._path,
            model=model.name,
            parameters=tuple(argument.parameter for argument in arguments),
            lists=tuple(field.wire_name for field in model.fields if field.kind.is_list),
            bare={field.wire_name for field in model.fields} <= {"RequestId"},
            **extensions.values(model, repeatable=self._endpoint.method == "get"),
            summary=" ".join(data.get("summary", "").split()),
            link=data.get("externalDocs", {}).get("url", ""),
        )
        extensions.check_names(operation)
        item_type = extensions.item_type(operation, model, self._replies)
        return Described(operation, arguments, data.get("description", ""), returns, item_type)

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
        # Those of the path in its order: they may be given by position.
        found.sort(
            key=lambda one: (
                self._path.index(f"{{{one.parameter.name}}}") if one.parameter.place == "path" else len(self._path)
            )
        )
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
