"""Read a plain request: which operation it asks for, and with which arguments.

What goes out is built anew of what was read, so nothing goes out that the description does not describe: no other path,
no other query parameter, no header of the request.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import attrs

from paiflow._description import template_values
from paiflow._hidden import Secret
from paiflow.client.preparing import MASK, Prepared
from paiflow.explorer.refusals import Refusal
from paiflow_api.calling import Operation, Parameter
from paiflow_api.operations import OPERATIONS


@attrs.frozen(repr=False)
class Asked:
    """What a plain request asks for.

    Attributes:
        operation: which.
        path: the values of the path's parameters, decoded.
        query: names and values, decoded, in their order.
        body: as it came.
    """

    operation: Operation[Any]
    path: Mapping[str, str]
    query: tuple[tuple[str, str], ...]
    body: bytes

    def __repr__(self) -> str:
        return f"<Asked {self.operation.name}>"

    @property
    def prepared(self) -> Prepared:
        """The parts of the request to sign."""
        secret = {parameter.name for parameter in self.operation.parameters if parameter.secret}
        secrets = tuple([Secret(value) for name, value in self.query if name in secret])
        return Prepared(
            target=Secret(self._target(frozenset())),
            shown=self._target(secret),
            body=self.body or None,
            secrets=secrets,
        )

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of a call, by their wire names.

        Raises:
            Refusal: the body is no JSON object.
        """
        arguments: dict[str, Any] = dict(self.path)
        for name, value in self.query:
            parameter = self.operation.parameter(name)
            if parameter.kind == "texts":
                arguments.setdefault(name, []).append(value)
            else:
                arguments[name] = _value(parameter, value)
        if self.body:
            try:
                fields = json.loads(self.body)
            except (ValueError, RecursionError) as error:
                raise Refusal("Sample", f"the body is not JSON: {error}") from None
            if not isinstance(fields, dict):
                raise Refusal("Sample", "the body is not a JSON object")
            arguments |= fields
        return arguments

    def _target(self, masked: Iterable[str]) -> str:
        path = self.operation.path
        for name, value in self.path.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        pairs = [
            f"{quote(name, safe='')}={MASK if name in masked else quote(value, safe='')}" for name, value in self.query
        ]
        return f"{path}?{'&'.join(pairs)}" if pairs else path


def read(method: str, path: bytes, query: bytes, media_type: str, body: bytes) -> Asked:
    """Return what a request asks for.

    Args:
        method: in upper case.
        path: percent-encoded, as sent.
        query: as sent, without the `?`.
        media_type: its content-type; empty for none.
        body: as sent.

    Raises:
        Refusal: the description describes no such request.
    """
    operation, values = _route(method, path)
    pairs = tuple(
        (_decoded(name, "query"), _decoded(value, "query"))
        for name, _, value in (pair.partition(b"=") for pair in query.replace(b"+", b" ").split(b"&") if pair)
    )
    known = {parameter.name for parameter in operation.parameters if parameter.place == "query"}
    for name, _ in pairs:
        if name not in known:
            raise Refusal("Parameter", operation.name, name[:60])
    if body and all(parameter.place != "body" for parameter in operation.parameters):
        raise Refusal("Body", operation.name)
    if body and media_type.partition(";")[0].strip().lower() != "application/json":
        raise Refusal("MediaType", media_type[:60])
    return Asked(operation, values, pairs, body)


def _route(method: str, path: bytes) -> tuple[Operation[Any], dict[str, str]]:
    segments = [_decoded(segment, "path") for segment in path.split(b"/")]
    fits = [
        (operation, values)
        for operation in OPERATIONS.values()
        if (values := template_values(operation.path.split("/"), segments)) is not None
    ]
    if not fits:
        raise Refusal("Path", repr("/".join(segments)[:100]))
    # A fixed path wins over a template.
    fewest = min(len(values) for _, values in fits)
    there = {operation.method: (operation, values) for operation, values in fits if len(values) == fewest}
    if method not in there:
        template = next(iter(there.values()))[0].path
        raise Refusal("Method", template, method[:20], allow=", ".join(there))
    operation, values = there[method]
    for name, value in values.items():
        if value in (".", ".."):  # a later reader of the URL might take it for a step
            raise Refusal("Segment", name, value)
    return operation, values


def _decoded(text: bytes, where: str) -> str:
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise Refusal("Encoding", where) from None


def _value(parameter: Parameter, text: str) -> Any:
    """Return a value of the query as the client takes it; as it is, where it is not of its kind: the client says so."""
    if parameter.kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if parameter.kind in ("integer", "number"):
        try:
            return int(text) if parameter.kind == "integer" else float(text)
        except ValueError:
            return text
    return text
