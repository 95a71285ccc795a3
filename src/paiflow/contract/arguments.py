"""Write an operation's arguments into a request, and read them from one: a second implementation of the description's rules.

It goes by the operation's data, the mock by JSON Schema: where the two differ, one of them is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote_plus

from paiflow import _json
from paiflow.contract.http import encoded, strict_json
from paiflow.contract.interface import Described
from paiflow.contract.signer import JSON, Draft
from paiflow_api.calling import Parameter

NESTING = 100
"""Levels beyond which nothing is predicted: a limit on nesting is a server's own affair."""

Arguments = dict[str, Any]


@dataclass(frozen=True)
class Refusal:
    """How a request has to be refused.

    Args:
        status: of the reply.
        codes: of which the reply has one; none for any code that is the operation's own, not the gateway's.
        about: words of which the message has one; none for any message.
    """

    status: int
    codes: frozenset[str] = frozenset()
    about: frozenset[str] = frozenset()

    @classmethod
    def of(cls, status: int, *codes: str) -> Refusal:
        """Return one of a status and codes."""
        return cls(status, frozenset(codes))


def drafted(operation: Described, arguments: Mapping[str, Any], **how: Any) -> Draft:
    """Return a request of an operation, not signed yet.

    Args:
        operation: what is called.
        arguments: by their names on the wire, valid or not. In the body any JSON will do; in the query a text goes as
            it is, and a list of texts as several parameters unless it is a comma list.
        how: what else to send than what follows from these, as for `Draft`.
    """
    places = {parameter.name: parameter for parameter in operation.parameters}
    path, body, pairs = operation.path, {}, []
    for name, value in arguments.items():
        parameter = places.get(name)
        if parameter is not None and parameter.place == "path":
            path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
        elif parameter.place == "query" if parameter is not None else not _has_body(operation):
            pairs += [(name, text) for text in _texts(parameter, value)]
        else:
            body[name] = value
    written: dict[str, Any] = {
        "method": operation.method,
        "path": path,
        "action": operation.name,
        "version": operation.version,
        "query": "&".join(f"{quote(name, safe='')}={quote(text, safe='')}" for name, text in pairs),
    }
    if _has_body(operation):
        written |= {"body": encoded(body), "content_type": JSON}
    return Draft(**{**written, **how})


def read(
    operation: Described, path: Mapping[str, str], query: str, content_type: str | None, body: bytes
) -> Arguments | Refusal | None:
    """Return the arguments of a request, the refusal that is due to it, or None where that is open."""
    pairs = _pairs(operation, query)
    if pairs is None:
        return Refusal.of(400, "InvalidParameter")
    given: Arguments = dict(path)
    faults = list(_read_query(operation, pairs, given))
    certain = all(given.get(name, "") is not None for name in pairs if ("InvalidParameter", name) not in faults)
    if _has_body(operation):
        parsed = _body(operation, content_type, body)
        if isinstance(parsed, Refusal):
            return Refusal(parsed.status, parsed.codes | {code for code, _ in faults}) if faults else parsed
        if parsed is None:
            return None
        given |= parsed
        faults += _faults_of_body(operation, parsed)
    faults += [("MissingParameter", one.name) for one in operation.parameters if one.required and one.name not in given]
    if not faults:
        return given if certain else None
    codes, about = zip(*faults, strict=True)
    return Refusal(400, frozenset(codes), frozenset(about) if certain else frozenset())


def _read_query(operation: Described, pairs: Mapping[str, list[str]], given: Arguments) -> Iterator[tuple[str, str]]:
    """Put the values of a query's parameters into `given`, None where readers may differ, and yield their faults."""
    for name, texts in pairs.items():
        parameter = operation.parameter(name)
        if texts == [""] and parameter.kind in ("text", "comma-list") and not parameter.non_empty:
            continue  # the same as none
        given[name] = None
        try:
            given[name] = _value(parameter, texts)
        except ValueError:
            yield "InvalidParameter", name
        if given[name] is not None:
            yield from _faults(parameter, given[name], name)


def _faults_of_body(operation: Described, body: Arguments) -> Iterator[tuple[str, str]]:
    yield from _faults_together(operation, body)
    for parameter in operation.parameters:
        if parameter.place == "body" and parameter.name in body:
            yield from _faults(parameter, body[parameter.name], parameter.name)


def is_json(content_type: str | None) -> bool:
    """Return whether a content type is application/json in UTF-8, or without a charset."""
    media_type, *parameters = (content_type or "").lower().split(";")
    charsets = {parameter.strip().replace('"', "") for parameter in parameters}
    return media_type.strip() == "application/json" and charsets <= {"charset=utf-8"}


def _has_body(operation: Described) -> bool:
    return any(parameter.place == "body" for parameter in operation.parameters)


def _texts(parameter: Parameter | None, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, list | tuple):
        texts = [str(item) for item in value]
        return [",".join(texts)] if parameter is not None and parameter.kind == "comma-list" else texts
    return [str(value)]


def _pairs(operation: Described, query: str) -> dict[str, list[str]] | None:
    """Return the texts of the parameters that the operation has in the query, None where they are not UTF-8."""
    found: dict[str, list[str]] = {}
    known = {parameter.name: parameter for parameter in operation.parameters if parameter.place == "query"}
    for pair in query.split("&") if query else ():
        name, _, text = pair.partition("=")
        try:
            name = unquote_plus(name, errors="strict")
            if name in known:
                found.setdefault(name, []).append(unquote_plus(text, errors="strict"))
        except UnicodeDecodeError:
            return None
    return found


def _value(parameter: Parameter, texts: Sequence[str]) -> Any:
    """Return the value of a parameter's texts; None where readers may differ.

    Raises:
        ValueError: they stand for nothing; names the parameter.
    """
    if parameter.kind == "texts":
        return list(texts)
    if len(texts) > 1:
        raise ValueError(parameter.name)
    if parameter.kind == "comma-list":
        return [text.strip() for text in texts[0].split(",")]
    [text] = texts
    if parameter.kind == "boolean":
        if text.lower() not in ("true", "false"):
            raise ValueError(parameter.name)
        return text.lower() == "true"
    if parameter.kind in ("integer", "number"):
        if re.fullmatch(r"-?(0|[1-9][0-9]{0,8})", text):
            return int(text)
        if re.search(r"[0-9]", text):
            return None
        raise ValueError(parameter.name)
    return text


def _body(operation: Described, content_type: str | None, body: bytes) -> Arguments | Refusal | None:
    if not body:
        names = [parameter.name for parameter in operation.parameters if parameter.place == "body"]
        return Refusal(400, frozenset(["MissingParameter"]), frozenset([*names, "body"]))
    if not is_json(content_type):
        return Refusal.of(415, "UnsupportedMediaType")
    try:
        parameters = strict_json(body)
    except ValueError:
        return None if _is_lenient_json(body) else Refusal.of(400, "InvalidParameter")
    if not isinstance(parameters, dict):
        return Refusal.of(400, "InvalidParameter")
    return None if _depth(parameters) > NESTING else parameters


def _faults_together(operation: Described, body: Arguments) -> Iterator[tuple[str, str]]:
    """Yield the faults of arguments that go together."""
    for names, most in ((operation.one_of, 1), (operation.any_of, len(operation.any_of))):
        count = sum(name in body for name in names)
        if names and not count:
            yield from (("MissingParameter", name) for name in names)
        elif names and count > most:
            yield from (("InvalidParameter", name) for name in names)


def _faults(parameter: Parameter, value: Any, name: str) -> Iterator[tuple[str, str]]:
    """Yield code and name of every fault of an argument. Unknown fields are no fault."""
    if not _FITS[parameter.kind](parameter, value):
        yield "InvalidParameter", name
        return
    for item in value if isinstance(value, list) else [value] if parameter.kind == "object" else ():
        if parameter.fields:
            yield from _faults_of_object(parameter.fields, item, name)
        elif (
            not isinstance(item, str)
            or (parameter.non_empty_items and not item)
            or (parameter.items == "enum" and item not in parameter.values)
        ):
            yield "InvalidParameter", name


def _faults_of_object(fields: Sequence[Parameter], item: Any, name: str) -> Iterator[tuple[str, str]]:
    if not isinstance(item, dict):
        yield "InvalidParameter", name
        return
    for field in fields:
        if field.name in item:
            yield from _faults(field, item[field.name], field.name)
        elif field.required:
            yield "MissingParameter", field.name


def _is_text(parameter: Parameter, value: Any) -> bool:
    return isinstance(value, str) and (bool(value) or not parameter.non_empty)


def _is_number(parameter: Parameter, value: Any) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool)
    number = whole or (isinstance(value, float) and (parameter.kind == "number" or value.is_integer()))
    below = parameter.minimum is not None and number and value < parameter.minimum
    above = parameter.maximum is not None and number and value > parameter.maximum
    return number and not below and not above


def _is_list(parameter: Parameter, value: Any) -> bool:
    return isinstance(value, list) and (bool(value) or not parameter.non_empty)


_FITS: Mapping[str, Callable[[Parameter, Any], bool]] = {
    "text": _is_text,
    "enum": lambda parameter, value: isinstance(value, str) and value in parameter.values,
    "boolean": lambda parameter, value: isinstance(value, bool),  # noqa: ARG005 - all take the same arguments
    "integer": _is_number,
    "number": _is_number,
    "time": _is_text,
    "texts": _is_list,
    "comma-list": _is_list,
    "objects": _is_list,
    "object": lambda parameter, value: isinstance(value, dict),  # noqa: ARG005 - all take the same arguments
    "json": lambda parameter, value: True,  # noqa: ARG005 - all take the same arguments
}


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [
            inner
            for item in level
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
    return depth


def _is_lenient_json(body: bytes) -> bool:
    """Return whether a body that is not strict JSON is one that readers may differ on: names twice, surrogates, depth."""
    try:
        _json.read(body.decode("utf-8"), unique=False)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True
