"""Turn a call into the parts of a request: check the arguments, then write path, query and body.

Pure. All that is known of an operation is its data in paiflow_api.operations, so a new operation needs nothing here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

import httpx

from paiflow._hidden import Secret
from paiflow._text import clean, close_to
from paiflow.errors import InvalidRequest
from paiflow.status.ids import are_plain, is_plain, refusal_of
from paiflow_api.calling import Call, Operation, Parameter
from paiflow_api.operations import OPERATIONS

if TYPE_CHECKING:
    from paiflow_api.decoding import Reply

R = TypeVar("R", bound="Reply")

MASK: Final = "***"

LISTS: Final = frozenset({"texts", "objects"})

# The method that takes both, where the service would leave one of them out.
HINTS: Final = {
    "ListPipelineRunsStatus": (
        "given both, the service takes Nodes and drops PipelineRuns: use statuses(), which takes pipeline_runs and nodes"
    )
}


@dataclass(frozen=True, repr=False)
class Prepared:
    """The parts of a request.

    Attributes:
        target: path and query as sent, percent-encoded.
        shown: the same with secrets masked: for logs and errors.
        body: JSON in UTF-8, None if there is none.
        secrets: values that must be seen nowhere.
    """

    target: str
    shown: str
    body: bytes | None
    secrets: tuple[Secret, ...] = ()

    def __repr__(self) -> str:
        return f"<Prepared {self.shown}>"


def prepare(call: Call[Any], defaults: Mapping[str, object]) -> Prepared:
    """Return the parts of the request that makes a call.

    Args:
        call: an argument that is None is not sent.
        defaults: of the client, by the name that the operation's parameters give them.

    Raises:
        InvalidRequest: an argument is unknown, missing, or not what its parameter takes; nothing was sent.
    """
    try:
        return _written(call.operation, values_of(call, defaults))
    except InvalidRequest as error:
        # The frames below hold arguments, which may be secret.
        raise error.with_traceback(None) from None


def _written(operation: Operation[Any], values: Mapping[Parameter, Any]) -> Prepared:
    """Return the parts of a request with these values."""
    secrets = tuple([Secret(value) for parameter, value in values.items() if parameter.secret])
    has_body = any(parameter.place == "body" for parameter in operation.parameters)
    body = {parameter.name: value for parameter, value in values.items() if parameter.place == "body"}
    shown = _target(operation, values, masked=True)
    return Prepared(
        target=Secret(_target(operation, values)) if secrets else shown,
        shown=shown,
        body=_json_of(operation, body) if has_body else None,
        secrets=secrets,
    )


def _target(operation: Operation[Any], values: Mapping[Parameter, Any], *, masked: bool = False) -> str:
    """Return path and query; masked, without the secrets."""
    path, query = operation.path, []
    for parameter, value in values.items():
        hides = masked and parameter.secret
        if parameter.place == "path":
            segment = MASK if hides else _segment(operation, parameter, value)
            path = path.replace(f"{{{parameter.name}}}", segment)
        elif parameter.place == "query":
            name = _quoted(parameter.name)
            items = value if isinstance(value, list) else [value]
            query += [f"{name}={MASK if hides else _quoted(_query_text(item))}" for item in items]
    return f"{path}?{'&'.join(query)}" if query else path


def _json_of(operation: Operation[Any], body: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        reason = "half a surrogate pair" if isinstance(error, UnicodeEncodeError) else clean(str(error), 200)
    # Raised out here: the error that led to it quotes the arguments.
    raise refused(operation, "InvalidParameter", f"an argument cannot be written as JSON: {reason}")


def values_of(call: Call[Any], defaults: Mapping[str, object]) -> dict[Parameter, Any]:
    """Return the values that go onto the wire, by parameter.

    Raises:
        InvalidRequest: as `prepare`.
    """
    operation = call.operation
    left = {name: value for name, value in call.arguments.items() if value is not None}
    values: dict[Parameter, Any] = {}
    for parameter in operation.parameters:
        value = _given(left, parameter)
        if value is None and parameter.default is not None:
            value = defaults.get(parameter.default)
        if value is None:
            if parameter.required:
                raise refused(operation, "MissingParameter", f"{parameter.argument} is missing ({parameter.name})")
            continue
        written = KINDS[parameter.kind](operation, parameter, value)
        if written is not None and not (parameter.kind in LISTS and not written and not parameter.required):
            values[parameter] = written
    for name in left:
        raise _unknown(operation, "argument", name, operation.parameters)
    _check_together(operation, {parameter.name for parameter in values})
    return values


def _given(left: dict[str, Any], parameter: Parameter) -> Any:
    """Take a value out of what is given, by its name in Python (`type_`, or `type`) or on the wire (`Type`)."""
    for name in (parameter.argument, parameter.name, parameter.argument.rstrip("_")):
        if name in left:
            return left.pop(name)
    return None


def _unknown(operation: Operation[Any], kind: str, name: object, known: Iterable[Parameter]) -> InvalidRequest:
    names = [parameter.argument for parameter in known]
    hint = close_to(str(name), names) or f"; there are: {', '.join(names) or 'none'}"
    message = f"there is no {kind} {name!r:.60}{hint}"
    return refused(operation, "InvalidParameter", message)


def _check_together(operation: Operation[Any], given: Collection[str]) -> None:
    """Refuse what does not go together, and what leaves out all of which one is needed.

    Args:
        operation: says which.
        given: wire names.
    """
    for group, most in ((operation.one_of, 1), (operation.any_of, 1 if operation.exclusive else None)):
        there = [name for name in group if name in given]
        arguments = [operation.parameter(name).argument for name in group]
        if group and not there:
            message = f"{' or '.join(group)} is mandatory: give {' or '.join(arguments)}"
            raise refused(operation, "MissingParameter", message)
        if most is not None and len(there) > most:
            message = f"{' and '.join(arguments)} do not go together in one call: give one of them"
            raise refused(operation, "InvalidParameter", HINTS.get(operation.name, message))


def refused(operation: Operation[Any], code: str, message: str) -> InvalidRequest:
    """Return the error for a request that is not sent."""
    return InvalidRequest(operation.name, code=code, message=message)


def _wrong(operation: Operation[Any], parameter: Parameter, due: str, value: object) -> InvalidRequest:
    shown = "a secret" if parameter.secret else f"{value!r:.60}"
    return refused(operation, "InvalidParameter", f"{parameter.argument} must be {due}, not {shown}")


def _text(operation: Operation[Any], parameter: Parameter, value: object) -> str:
    if isinstance(value, Enum):
        value = value.value
    filled = parameter.required or parameter.non_empty
    due = "a text that is not empty" if filled else "a text"
    # A number is taken for its digits, as in workspace_id=948; but not in a list of ids, for no run's id is a number.
    if isinstance(value, bool) or not isinstance(value, str if parameter.id and parameter.required else str | int):
        raise _wrong(operation, parameter, due, value)
    text = str(value)
    if not text and filled:
        raise _wrong(operation, parameter, due, value)
    if not text.isascii() and any(
        "\ud800" <= char <= "\udfff" for char in text
    ):  # to encode it would raise an error that quotes it
        shown = "" if parameter.secret else f": {text!a:.60}"
        raise refused(operation, "InvalidParameter", f"{parameter.argument} holds half a surrogate pair{shown}")
    if parameter.id and (reason := refusal_of(text, parameter.argument)):
        raise refused(operation, "InvalidParameter", reason)
    return text


def _enum(operation: Operation[Any], parameter: Parameter, value: object) -> str:
    text = _text(operation, parameter, value)
    if text not in parameter.values:
        raise _wrong(operation, parameter, f"one of {', '.join(map(str, parameter.values))}", value)
    return text


def _boolean(operation: Operation[Any], parameter: Parameter, value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong(operation, parameter, "True or False", value)
    return value


def _integer(operation: Operation[Any], parameter: Parameter, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(operation, parameter, "a whole number", value)
    return int(_within(operation, parameter, value))


def _number(operation: Operation[Any], parameter: Parameter, value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise _wrong(operation, parameter, "a finite number", value)
    return _within(operation, parameter, value)


def _within(operation: Operation[Any], parameter: Parameter, value: float) -> float:
    if parameter.minimum is not None and value < parameter.minimum:
        raise _wrong(operation, parameter, f"at least {parameter.minimum:g}", value)
    if parameter.maximum is not None and value > parameter.maximum:
        raise _wrong(operation, parameter, f"at most {parameter.maximum:g}", value)
    return value


def _time(operation: Operation[Any], parameter: Parameter, value: object) -> str:
    if not isinstance(value, datetime):
        return _text(operation, parameter, value)
    if value.tzinfo is None:
        raise _wrong(operation, parameter, "a datetime with a time zone, or text", value)
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _texts(operation: Operation[Any], parameter: Parameter, value: object) -> list[Any]:
    items = list(_entries(operation, parameter, value))
    if parameter.items == "text" and are_plain(items):
        return items
    return [KINDS[parameter.items](operation, _part(parameter, f"[{place}]"), item) for place, item in enumerate(items)]


def _comma_list(operation: Operation[Any], parameter: Parameter, value: object) -> str:
    if isinstance(value, str):
        return _text(operation, parameter, value)
    entries = list(map(_query_text, _texts(operation, parameter, value)))
    if not entries:
        # Sent empty, it might well stand for all.
        raise _wrong(operation, parameter, "None for no filter, or a list with an entry", value)
    for place, entry in enumerate(entries):
        if "," in entry:
            raise _wrong(operation, _part(parameter, f"[{place}]"), "one entry, without a comma", entry)
    return ",".join(entries)


def _part(parameter: Parameter, suffix: str) -> Parameter:
    """Return the parameter that errors about a part of a value name."""
    return parameter._replace(argument=f"{parameter.argument}{suffix}", required=parameter.non_empty_items)


def _entries(operation: Operation[Any], parameter: Parameter, value: object) -> Iterable[object]:
    """Return the items of a list; a text is refused, for its letters would be taken for items."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise _wrong(operation, parameter, "a list", value)
    return value


def _object(operation: Operation[Any], parameter: Parameter, value: object) -> Any:
    """Return a JSON object: of a mapping or a model, or of a tuple of its required fields in their order."""
    fields = parameter.fields
    if hasattr(value, "to_dict"):  # that of a reply has more fields than are asked for
        sent = value.to_dict()
        value = {field.name: sent[field.name] for field in fields if field.name in sent} if fields else sent
    if isinstance(value, tuple | list) and fields:
        needed = [field for field in fields if field.required]
        if len(value) == len(needed):
            value = {field.name: item for field, item in zip(needed, value, strict=True)}
    if not isinstance(value, Mapping):
        names = [field.argument for field in fields if field.required]
        either = f"a {'pair' if len(names) == 2 else 'tuple'} of {' and '.join(names)}, or a mapping"
        raise _wrong(operation, parameter, either if names else "a mapping", value)
    return _fields(operation, parameter, value) if fields else dict(value)


def _fields(operation: Operation[Any], parameter: Parameter, value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an object, as they are sent."""
    sent = {}
    left = {name: item for name, item in value.items() if item is not None}
    for field in parameter.fields:
        inner = field._replace(argument=f"{parameter.argument}.{field.argument}")
        if (item := _given(left, field)) is not None:
            sent[field.name] = KINDS[field.kind](operation, inner, item)
        elif field.required:
            raise refused(operation, "MissingParameter", f"{inner.argument} is missing ({field.name})")
    for name in left:
        raise _unknown(operation, f"field of {parameter.argument}", name, parameter.fields)
    return sent


def _objects(operation: Operation[Any], parameter: Parameter, value: object) -> list[Any]:
    names = [field.name for field in parameter.fields if field.required and field.kind == "text"]
    return [
        dict(zip(names, item, strict=True))
        if isinstance(item, tuple) and len(item) == len(names) and all(map(is_plain, item))
        else _object(operation, _part(parameter, f"[{place}]"), item)
        for place, item in enumerate(_entries(operation, parameter, value))
    ]


def _json(operation: Operation[Any], parameter: Parameter, value: object) -> Any:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise _wrong(operation, parameter, "what JSON can hold", value) from None
    return value


KINDS: Final[Mapping[str, Callable[[Operation[Any], Parameter, Any], Any]]] = {
    "boolean": _boolean,
    "comma-list": _comma_list,
    "enum": _enum,
    "integer": _integer,
    "json": _json,
    "number": _number,
    "object": _object,
    "objects": _objects,
    "text": _text,
    "texts": _texts,
    "time": _time,
}


def _segment(operation: Operation[Any], parameter: Parameter, value: str) -> str:
    """Return one segment of a path; `.` and `..` are refused, for a URL without them is another operation's."""
    if value in (".", "..", ""):
        raise _wrong(operation, parameter, "an id", value)
    return _quoted(value)


def _query_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _quoted(text: str) -> str:
    return quote(text, safe="")


def named(operation: Operation[R] | str) -> Operation[R]:
    """Return the operation that an operationId names.

    Raises:
        InvalidRequest: there is none of this name.
    """
    if not isinstance(operation, str):
        return operation
    try:
        return OPERATIONS[operation]
    except KeyError:
        message = f"there is no operation {operation!r:.60}{close_to(operation, OPERATIONS)}"
        raise InvalidRequest(operation[:60], code="InvalidParameter", message=message) from None


def url_of(endpoint: str, prepared: Prepared) -> httpx.URL:
    """Return where a request goes. Printing the URL shows no secret of its query."""
    if prepared.shown == prepared.target:
        return _url(endpoint + prepared.target)
    url = _MaskedURL(endpoint + prepared.target)
    url.shown = endpoint + prepared.shown
    return url


@lru_cache  # taking a URL apart takes as long as signing
def _url(text: str) -> httpx.URL:
    return httpx.URL(text)


class _MaskedURL(httpx.URL):
    shown: str

    def __str__(self) -> str:
        return self.shown

    def __repr__(self) -> str:
        return f"URL({self.shown!r})"
