"""Match each recorded reply to the response that describes it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

import attrs

from paiflow import _json
from paiflow._description import Operation
from paiflow._redaction import redact_text
from paiflow._text import visible
from paiflow.drift.names import listed
from paiflow.drift.schemas import Schema, Schemas
from paiflow.drift.walk import Deviation, deviations

NOT_DESCRIBED: Final = "is not described"
NO_REPLY: Final = "that is not a reply: none of its fields is described"

_SHOWN: Final = 3
"""Operations named of those that a reply may answer."""

_REQUEST_INSPECTED: Final = 2000
_REQUEST_CHARACTERS: Final = 120


@attrs.frozen
class Recorded:
    """One reply as it was recorded.

    Args:
        where: the file, and the entry in it.
        content: the body, decompressed; None where none was recorded.
        method, url: of the request; None where only the reply was recorded.
        status: the HTTP status; None where it is not known.
        fault: why it cannot be judged, as a clause after its name; empty if it can be.
        what: what it is called where its operation is not known.
    """

    where: str
    content: bytes | str | None
    method: str | None = None
    url: str | None = None
    status: int | None = None
    fault: str = ""
    what: str = "entry"


@attrs.frozen
class Reply:
    """A reply to an operation of the description. `value` is its JSON."""

    where: str
    operation: str
    status: int
    value: Any


@attrs.frozen
class Skipped:
    """Skip reason; identical for similar replies, so they can be counted."""

    why: str


class _NotJudgedError(Exception):
    """A recorded reply is not judged; the message says why."""


def match(description: Schemas, recorded: Recorded, operation: Operation | None = None) -> Reply | Skipped:
    """Return the reply to an operation that was recorded, or why it is none.

    A body that shares no field with any response is no reply, unless the operation is given.

    Args:
        description: of the operations.
        recorded: the reply.
        operation: what it answers if the request was not recorded; None to guess it by the reply's fields.
    """
    try:
        asked = _asked(description, recorded)
        if recorded.fault and not asked:
            raise _NotJudgedError(f"{recorded.what} {recorded.fault}")
        given = [operation] if operation and not asked else []
        return _reply(description, recorded, asked or given or description.operations, given=bool(given))
    except _NotJudgedError as why:
        return Skipped(str(why))


def _asked(description: Schemas, recorded: Recorded) -> list[Operation]:
    """Return the operation of the request; none where that was not recorded."""
    if recorded.url is None or recorded.method is None:
        return []
    try:
        url = urlsplit(recorded.url)
    except ValueError:  # a host that is none, such as the [REDACTED] of a sanitizer
        shown = _shown(f"{recorded.method} {recorded.url.partition('?')[0]}")
        raise _NotJudgedError(f"{shown}: the URL cannot be taken apart") from None
    operation = description.find(recorded.method, url.path)
    if operation is None:
        host = url.netloc.rpartition("@")[2]
        raise _NotJudgedError(f"{_shown(f'{recorded.method} {host}{url.path}')} {NOT_DESCRIBED}")
    return [operation]


def _shown(request: str) -> str:
    """Return a request, fit to be shown."""
    safe = redact_text(request[:_REQUEST_INSPECTED])
    return visible(safe[:_REQUEST_CHARACTERS]) + ("…" if len(safe) > _REQUEST_CHARACTERS else "")


def _reply(description: Schemas, recorded: Recorded, operations: Sequence[Operation], *, given: bool) -> Reply:
    """Return the reply to that of the operations which it answers."""
    name = operations[0].name if len(operations) == 1 else "reply"
    words = f"{name} {recorded.status or ''}".strip()
    if recorded.fault:
        raise _NotJudgedError(f"{words} {recorded.fault}")
    if recorded.status is not None and not 200 <= recorded.status <= 599:
        raise _NotJudgedError(f"{name} that was not answered")
    if recorded.content is None or not recorded.content.strip():
        raise _NotJudgedError(f"{words} without a body")
    try:
        value = parsed(recorded.content)
    except (ValueError, RecursionError):
        raise _NotJudgedError(f"{words} whose body is not JSON") from None
    if not given and not _shares_a_field(description, operations, value):
        raise _NotJudgedError(f"{'body' if words == 'reply' else words} {NO_REPLY}")
    if len(operations) == 1 and recorded.status is not None:
        return Reply(recorded.where, name, recorded.status, value)
    try:
        likely = likely_answers(description, operations, value, recorded.status)
    except RecursionError:
        raise _NotJudgedError(f"{words} that nests too deeply") from None
    if len(likely) > 1:
        names = [one.name for one in likely]
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        raise _NotJudgedError(f"{words} that may answer {', '.join(names[:_SHOWN])}{more}: name the operation")
    [(operation, status)] = likely.items()
    return Reply(recorded.where, operation.name, status, value)


def _shares_a_field(description: Schemas, operations: Iterable[Operation], value: Any) -> bool:
    """Return whether a response has one of a reply's fields, or lists no fields: then nothing can be said."""
    names = value.keys() if isinstance(value, dict) else ()
    known = [_fields(description, operation) for operation in operations]
    if known == [frozenset()]:
        return True
    return any(fields is None or not fields.isdisjoint(names) for fields in known)


@lru_cache(maxsize=100)
def _fields(description: Schemas, operation: Operation) -> frozenset[str] | None:
    """Return the fields that the responses of an operation list; None if the body of one may have any."""
    bodies = [description.body(place) for place in description.responses(operation).values()]
    listings = [frozenset(listed(body)) for body in bodies if body]
    return frozenset().union(*listings) if all(listings) else None


def parsed(content: bytes | str) -> Any:
    """Return what a body says, as JSON; of a name that is there twice, the last.

    Raises:
        ValueError: it is not JSON; NaN and Infinity are not.
        RecursionError: it nests too deeply.
    """
    text = content if isinstance(content, str) else content.decode(json.detect_encoding(content))
    return _json.read(text.removeprefix("\ufeff"), unique=False)


def likely_answers(
    description: Schemas, operations: Sequence[Operation], value: Any, status: int | None = None
) -> dict[Operation, int]:
    """Return the operations that a reply may answer, by its fields, each with the likely status; several if they are alike.

    Those count whose response knows most of the reply's fields; of these, those from which it departs least; of
    these, those that list the fewest fields that it has not.
    Of one operation's responses that are alike, the first counts, as 200.
    """
    names = frozenset(value) if isinstance(value, dict) else frozenset()
    left = [one for operation in operations for one in _candidates(description, operation, names, status)]
    known = max(one.known for one in left)
    left = [one for one in left if one.known == known]
    for distance in (lambda one: len(deviations(one.body, value)) if one.body else 0, lambda one: one.absent):
        if known and len({one.operation for one in left}) > 1:
            distances = [distance(one) for one in left]
            left = [one for one, far in zip(left, distances, strict=True) if far == min(distances)]
    answers: dict[Operation, int] = {}
    for one in left:
        answers.setdefault(one.operation, one.status)
    return answers


@attrs.frozen
class _Candidate:
    """A response that may describe a reply: how many of the reply's fields it knows, and how many the reply has not."""

    operation: Operation
    status: int
    body: Schema | None
    known: int
    absent: int


def _candidates(
    description: Schemas, operation: Operation, names: frozenset[str], status: int | None
) -> Iterator[_Candidate]:
    described = {
        key: body for key, place in description.responses(operation).items() if (body := description.body(place))
    }
    if status is not None:
        key = description.response(operation, status)
        bodies = [(status, described.get(str(key)))]
    else:
        bodies = [
            (int(key.upper().replace("X", "0")), body) for key, body in sorted(described.items()) if key[:1].isdecimal()
        ]
    for code, body in bodies or [(200, None)]:
        fields = listed(body).keys() if body else frozenset()
        yield _Candidate(operation, code, body, len(names & fields), len(fields - names))


def judge(description: Schemas, reply: Reply) -> tuple[str, list[Deviation]]:
    """Return the response that describes a reply, as the description names its status, and where it departs from it.

    A status that the description lacks is a deviation itself, and nothing else of such a reply is judged.

    Raises:
        RecursionError: the reply nests too deeply.
    """
    operation = description.by_name[reply.operation]
    described = description.described(operation, reply.status)
    if described is None:
        place = (*operation.place, "responses")
        return str(reply.status), [
            Deviation("unknown-value", (), place, "responses", reply.value, str(reply.status), breaks=False)
        ]
    key, schema = described
    return key, [] if schema is None else deviations(schema, reply.value)
