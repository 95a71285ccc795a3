"""What is judged: replies, whatever they were recorded in, and how each is matched to the response that describes it."""

from __future__ import annotations

import json
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

import attrs

from paiflow._redaction import redact_text
from paiflow._text import visible
from paiflow.drift.description import Description, Operation
from paiflow.drift.names import listed
from paiflow.drift.walk import Deviation, deviations


@attrs.frozen
class Recorded:
    """One reply as it was recorded.

    Args:
        where: the file, and the entry in it.
        content: the body, decompressed; None where none was recorded.
        method, url: of the request; None where only the reply was recorded.
        status: the HTTP status; None where it is not known.
    """

    where: str
    content: bytes | str | None
    method: str | None = None
    url: str | None = None
    status: int | None = None


@attrs.frozen
class Reply:
    """A reply to an operation of the description. `value` is its JSON."""

    where: str
    operation: str
    status: int
    value: Any


@attrs.frozen
class Skipped:
    """Why a recorded reply is not judged, in words that are the same for all of its like."""

    why: str


def match(description: Description, recorded: Recorded, operation: Operation | None = None) -> Reply | Skipped:
    """Return the reply to an operation that was recorded, or why it is none.

    `operation` is what it answers if the request was not recorded; None for the description's only one.
    """
    if recorded.url is not None and recorded.method is not None:
        url = urlsplit(recorded.url)
        operation = description.find(recorded.method, unquote(url.path))
        if operation is None:
            host = url.netloc.rpartition("@")[2]
            return Skipped(visible(redact_text(f"{recorded.method} {host}{url.path}")) + " is not described")
    operation = operation or description.operations[0]
    name = operation.name
    if recorded.status is not None and not 200 <= recorded.status <= 599:
        return Skipped(f"{name} that was not answered")
    if recorded.content is None or not recorded.content.strip():
        return Skipped(f"{name} {recorded.status or ''}".strip() + " without a body")
    try:
        value = parsed(recorded.content)
    except (ValueError, RecursionError):
        return Skipped(f"{name} {recorded.status or ''}".strip() + " whose body is not JSON")
    status = likely_status(description, operation, value) if recorded.status is None else recorded.status
    return Reply(recorded.where, name, status, value)


def parsed(content: bytes | str) -> Any:
    """Return what a body says, as strict JSON.

    Raises:
        ValueError: it is not JSON; NaN and Infinity are not.
        RecursionError: it nests too deeply.
    """
    return json.loads(content.removeprefix("\ufeff") if isinstance(content, str) else content, parse_constant=_refuse)


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def likely_status(description: Description, operation: Operation, value: Any) -> int:
    """Return the status of the response that knows most of an object's fields; of those alike the first, as 200."""
    best, status = -1, 200
    responses = description.responses(operation)
    for key, place in sorted(responses.items()):
        body = description.body(place)
        if body is None or not key[:1].isdecimal():
            continue
        known = len(value.keys() & listed(body).keys()) if isinstance(value, dict) else 0
        if known > best:
            best, status = known, int(key.replace("X", "0").replace("x", "0"))
    return status


def judge(description: Description, reply: Reply) -> tuple[str, list[Deviation]]:
    """Return the response that describes a reply, as the description names its status, and where it departs from it.

    A status that the description lacks is a deviation itself, and nothing else of such a reply is judged.

    Raises:
        RecursionError: the reply nests too deeply.
    """
    operation = next(one for one in description.operations if one.name == reply.operation)
    described = description.response(operation, reply.status)
    if described is None:
        place = (*operation.place, "responses")
        return str(reply.status), [
            Deviation("unknown-value", (), place, "responses", reply.value, str(reply.status), breaks=False)
        ]
    key, schema = described
    return key, [] if schema is None else deviations(schema, reply.value)
