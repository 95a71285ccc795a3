"""Decode what a server sent, leniently: what the models of replies share.

A model reads what fits its fields. Whatever a field cannot give back as it came is kept beside it: unknown fields and
values of another kind as additional properties; null, empty and differently spelt values as sent. So a reply decodes
whatever it holds, and is given back with nothing lost.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NoReturn, Protocol, TypeVar

M = TypeVar("M")

# Of a value that its field holds in another form: what the field encodes to, and what was sent.
Sent = tuple[Any, Any]

# The length of 2021-01-21T17:12:35.232000Z. Only longer times can have digits that a datetime cannot hold.
MICROSECONDS: Final = 27
_PAST_MICROSECONDS = re.compile(r"[.,][0-9]{6}([0-9]*[1-9])")


class _Encodable(Protocol):
    def to_dict(self) -> dict[str, Any]: ...


def read_json(content: bytes) -> Any:
    """Return what a body says, as strict JSON.

    Raises:
        ValueError: it is not JSON (NaN and Infinity are not), not UTF-8, 16 or 32, or has a number of over 4,300 digits.
        RecursionError: it nests too deeply.
    """
    return json.loads(content, parse_constant=_refuse_constant)


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def json_in_text(text: str | None) -> Any:
    r"""Return what a text says, parsed as JSON, or None where it does not parse.

    Some texts are escaped once more, as in the vendor's sample ({\"name\": …}) or as a JSON string that holds JSON.
    """
    if not isinstance(text, str):
        return None
    try:
        value = _loads_or_none(text)
        if value is None:
            value = _loads_or_none(f'"{text}"')
            return _loads_or_none(value) if isinstance(value, str) and value != text else None
        if isinstance(value, str) and isinstance(inner := _loads_or_none(value), dict | list):
            return inner
    except RecursionError:
        return None
    return value


def _loads_or_none(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant, strict=False)
    except ValueError:
        return None


def timestamp(value: object) -> datetime | None:
    """Return the instant that an RFC 3339 or ISO 8601 date-time names, in UTC, or None where it is none.

    Without an offset it is in UTC, as the vendor says of all its times. Digits past the microseconds are cut.
    """
    if type(value) is not str or len(value) < len("2021-01-21T17:12") or value[10] not in "Tt ":
        return None
    try:
        moment = datetime.fromisoformat(value.upper())
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC)
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: an offset that leads out of the years 1 to 9999
        return None


def timestamp_text(moment: datetime) -> str:
    """Return the instant as RFC 3339 with Z; milliseconds or microseconds only where there are any."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    unit = "seconds" if not moment.microsecond else "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=unit) + "Z"


def digits(value: object) -> str | None:
    """Return a whole number's digits, or None where it is none."""
    number = integer(value)
    return None if number is None else str(number)


def integer(value: object) -> int | None:
    """Return a whole number (1.0 is one), or None where it is none; true and false are none."""
    if type(value) is int:
        return value
    return int(value) if type(value) is float and value.is_integer() else None


def check_object(value: object, where: str) -> None:
    """Raise TypeError unless the value is an object."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{where}: an object is due, not {type(value).__name__}")


def model(value: object, decode: Callable[[Mapping[str, Any]], M], where: str) -> M | None:
    """Return the decoded object, or None where there is none.

    Raises:
        TypeError: it is a list.
    """
    if isinstance(value, dict):
        return decode(value)
    if isinstance(value, list):
        raise TypeError(f"{where}: an object is due, not a list")
    return None


def models(value: object, decode: Callable[[Mapping[str, Any]], M], where: str) -> list[M]:
    """Return the decoded objects of a list, without its nulls; an empty list where there is none.

    Raises:
        TypeError: it is an object, or one of its items is a list.
    """
    if isinstance(value, list):
        decoded = (model(item, decode, where) for item in value)
        return [item for item in decoded if item is not None]
    if isinstance(value, dict):
        raise TypeError(f"{where}: a list is due, not an object")
    return []


def keep_rest(
    model: _Encodable,
    source: Mapping[str, Any],
    fields: Mapping[str, str],
    additional: dict[str, Any],
    as_sent: dict[str, Sent],
) -> None:
    """File every value that the model's fields do not give back as it came.

    Args:
        model: the model, its fields set, nothing filed yet but what the fields hold in another form.
        source: the object that it was decoded from.
        fields: the fields' names by wire name.
        additional: where unknown fields and values of another kind go.
        as_sent: where null, empty and differently spelt values go.
    """
    for name, value in source.items():
        if name not in fields:
            additional[name] = value
            continue
        decoded = getattr(model, fields[name])
        if decoded is None or decoded == []:
            if value in (None, "", []):
                as_sent[name] = (None, value)
            else:
                additional[name] = value
        elif isinstance(decoded, list) and len(decoded) != len(value):
            if all(item is None or isinstance(item, dict) for item in value):
                as_sent[name] = ([item.to_dict() for item in decoded], value)
            else:
                additional[name] = value
        elif isinstance(decoded, datetime) and (past := _PAST_MICROSECONDS.search(value)):
            exact = decoded.replace(tzinfo=None).isoformat(timespec="microseconds") + past[1] + "Z"
            as_sent[name] = (timestamp_text(decoded), exact)


def give_back(wire: dict[str, Any], additional: Mapping[str, Any], as_sent: Mapping[str, Sent]) -> dict[str, Any]:
    """Return `wire`, the encoded fields, completed with what was kept beside them.

    A field that was changed since it was decoded wins over what was sent for it. So does one that was set where a value
    of another kind came, except for a list, of which the field holds only the items that are objects.
    """
    for name, (encoded, sent) in as_sent.items():
        if wire.get(name) == encoded:
            wire[name] = sent
    for name, value in additional.items():
        if name not in wire or isinstance(value, list):
            wire[name] = value
    return wire
