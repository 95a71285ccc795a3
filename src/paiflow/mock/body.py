"""Read a request's body as strict JSON, and validate it.

The description's schema is the measure; a refusal has the vendor's words.
"""

import json
from collections.abc import Sequence
from typing import Any, NoReturn

import jsonschema_rs

from paiflow.mock.description import Operation
from paiflow.mock.refusals import Refusal

__all__ = ["LIMIT_BYTES", "read_body"]

LIMIT_BYTES = 1 << 20
"""The largest body that is taken. The service's real limit is not documented."""

_CHARSETS = frozenset({"charset=utf-8", 'charset="utf-8"'})


def read_body(operation: Operation, content_type: str | None, body: bytes) -> dict[str, Any]:
    """Return the parameters in a request's body, unknown ones too. No body is no parameters.

    The body of an operation that has none is ignored.

    Args:
        operation: whose body it is.
        content_type: the header, None if there is none. Ignored if there is no body.
        body: as sent.

    Raises:
        Refusal: it is not application/json in UTF-8, not JSON, or does not fit the schema.
    """
    judge = operation.body
    if judge is None:
        return {}
    if body and not _is_json(content_type):
        raise Refusal("UnsupportedMediaType")
    parameters = _parse(body) if body else {}
    try:
        # The first fault will do: to list them all takes minutes where there are hundreds of thousands.
        judge.validate(parameters)
    except jsonschema_rs.ValidationError as error:
        raise _refusal(error, operation.one_of) from None
    except ValueError:  # cannot be validated: half a surrogate pair, or nesting below 255, in an unknown field
        raise Refusal("InvalidParameter", "body") from None
    if operation.body_required and not body:
        raise Refusal("MissingParameter", "body")
    return parameters


def _is_json(content_type: str | None) -> bool:
    media_type, *parameters = (content_type or "").lower().split(";")
    return media_type.strip() == "application/json" and _CHARSETS.issuperset(map(str.strip, parameters))


def _parse(body: bytes) -> dict[str, Any]:
    """Return the JSON object that the body is.

    Assumption: bodies. That a name given twice is refused is ours: RFC 8259 leaves open what it means.
    """
    try:
        parsed = _DECODER.decode(body.decode("utf-8"))
    except (ValueError, RecursionError):  # not UTF-8, not JSON, thousands of digits; nested without end
        parsed = None
    if not isinstance(parsed, dict):
        raise Refusal("InvalidParameter", "body", detail="it is not a JSON object")
    return parsed


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name is there twice")
    return fields


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)


def _refusal(error: jsonschema_rs.ValidationError, one_of: Sequence[str]) -> Refusal:
    path = _path(error.instance_path)
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.Required(property=name):
            return Refusal("MissingParameter", f"{path}.{name}" if path else name)
        case (
            jsonschema_rs.ValidationErrorKind.AnyOf(context=branches)
            | jsonschema_rs.ValidationErrorKind.OneOfNotValid(context=branches)
        ) if names := _alternatives(branches):
            return Refusal("MissingParameter", " or ".join(names))
        case jsonschema_rs.ValidationErrorKind.OneOfMultipleValid() if one_of:
            return Refusal("InvalidParameter", " and ".join(one_of), detail="they exclude each other")
    return Refusal("InvalidParameter", path or "body")


def _alternatives(branches: list[list[jsonschema_rs.ValidationError]]) -> list[str]:
    """Return the parameters of which one must be there, [] if the branches are about something else."""
    names = []
    for branch in branches:
        match [error.kind for error in branch]:
            case [jsonschema_rs.ValidationErrorKind.Required(property=name)]:
                names.append(name)
            case _:
                return []
    return names


def _path(keys: list[str | int]) -> str:
    """Return `Nodes[3].NodeId` for ["Nodes", 3, "NodeId"]."""
    text = "".join([f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys])
    return text.removeprefix(".")
