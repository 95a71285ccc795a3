"""Read the parameters in a request's path and query, and validate them by the description."""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

import jsonschema_rs

from paiflow.mock.description import Operation, Parameter
from paiflow.mock.refusals import Refusal

__all__ = ["read_parameters"]

_BOOLEANS = {"true": True, "false": False}
_NUMBERS = {
    "integer": re.compile(r"-?(0|[1-9][0-9]{0,18})"),
    "number": re.compile(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,18})?([eE][-+]?[0-9]{1,3})?"),
}
_LIMITS = {"int32": 1 << 31}


def read_parameters(operation: Operation, path: Mapping[str, str], query: bytes) -> dict[str, Any]:
    """Return the values of the operation's parameters, by name. Unknown names are ignored.

    Args:
        operation: whose parameters they are.
        path: the path's, decoded.
        query: as sent, without the `?`.

    Raises:
        Refusal: a parameter is missing, there twice, of another type, or not valid.
    """
    # One that may hold a secret is not remembered.
    secret = query and any(parameter.secret for parameter in operation.parameters.values())
    read = _values.__wrapped__ if secret else _values
    return dict(read(operation, tuple(path.items()), query))


@lru_cache  # a client that polls asks for the same again and again
def _values(operation: Operation, path: tuple[tuple[str, str], ...], query: bytes) -> dict[str, Any]:
    given = _decoded(operation, query) if query else {}
    given |= {name: [value] for name, value in path}
    values = {}
    for name, parameter in operation.parameters.items():
        if name in given:
            value = _value(parameter, given[name])
            if value not in ("", []):  # Assumption: empty-parameters.
                values[name] = value
        if name not in values and parameter.required:
            raise Refusal("MissingParameter", name)
    return values


def _decoded(operation: Operation, query: bytes) -> dict[str, list[str]]:
    """Return the values of the parameters that the operation has, decoded, by name."""
    found = defaultdict(list)
    for pair in query.split(b"&"):
        encoded, _, value = pair.replace(b"+", b" ").partition(b"=")
        name = unquote_to_bytes(encoded).decode(errors="replace")
        parameter = operation.parameters.get(name)
        if parameter is None or parameter.place != "query":
            continue
        try:
            found[name].append(unquote_to_bytes(value).decode())
        except UnicodeDecodeError:
            raise Refusal("InvalidParameter", name, detail="it is not UTF-8") from None
    return found


def _value(parameter: Parameter, texts: list[str]) -> Any:
    """Return the value that a parameter's texts stand for.

    Raises:
        Refusal: they stand for none that is valid.
    """
    if len(texts) > 1 and (parameter.kind != "array" or parameter.comma_list):
        raise Refusal("InvalidParameter", parameter.name, detail="it was sent more than once")
    if parameter.comma_list:
        texts = [text.strip() for text in texts[0].split(",")] if texts[0] else []
    try:
        values = [_scalar(*parameter.item_kind, text) for text in texts]
        value = values if parameter.kind == "array" else values[0]
        parameter.judge.validate(value)
    except (jsonschema_rs.ValidationError, KeyError, ValueError):
        raise Refusal("InvalidParameter", parameter.name) from None
    return value


def _scalar(kind: str, form: str | None, text: str) -> Any:
    """Return the value of one text.

    Raises:
        KeyError: it is no boolean.
        ValueError: it is no number, or out of the format's range.
    """
    if kind == "boolean":
        return _BOOLEANS[text.lower()]
    if kind not in _NUMBERS:
        return text
    if not _NUMBERS[kind].fullmatch(text):
        raise ValueError("not a number")
    if kind == "number":
        return float(text)
    value, limit = int(text), _LIMITS.get(form or "", 1 << 63)
    if not -limit <= value < limit:
        raise ValueError("out of range")
    return value
