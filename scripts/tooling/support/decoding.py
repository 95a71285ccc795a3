"""Decode what a server sent, leniently: what the models of replies share.

A model reads each field with one of the functions here, which give None for what does not fit. Whatever a field cannot
give back as it came is kept beside it: unknown fields and values of another kind as additional properties; null, empty
and differently spelt values as sent. So a reply decodes whatever it holds, and is given back with nothing lost.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

# Of a value that its field holds in another form: what the field encodes to (None: nothing), and what to give back.
Sent = tuple[Any, Any]

# The digits of a time's fraction that a datetime cannot hold; an offset, which has a sign before it, is not looked at.
_PAST_MICROSECONDS = re.compile(r".{10}[Tt ][0-9:]+[.,][0-9]{6}([0-9]*[1-9])")


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


def text(value: object) -> str | None:
    """Return a text, or None where it is none."""
    return value if type(value) is str else None


def text_or_digits(value: object) -> str | None:
    """Return a text, or a whole number's digits, or None where it is neither."""
    if type(value) is str:
        return value
    number = integer(value)
    return None if number is None else str(number)


def boolean(value: object) -> bool | None:
    """Return true or false, or None where it is neither."""
    return value if type(value) is bool else None


def integer(value: object) -> int | None:
    """Return a whole number (1.0 is one), or None where it is none; true and false are none."""
    if type(value) is int:
        return value
    return int(value) if type(value) is float and value.is_integer() else None


def number(value: object) -> float | None:
    """Return a number as it came, so that a long whole one keeps its digits, or None where it is none."""
    return value if type(value) is float or type(value) is int else None


def anything(value: Any) -> Any:
    """Return the value, whatever it is."""
    return value


def open_enum(members: type[E]) -> Callable[[object], E | str | None]:
    """Return a function that gives the member of a text, the text where no member has it, None where it is no text."""
    by_text: dict[str, E] = {member.value: member for member in members}

    def read(value: object) -> E | str | None:
        return by_text.get(value, value) if type(value) is str else None

    return read


def day(value: object) -> date | None:
    """Return the day that an ISO 8601 date names, or None where it is none."""
    try:
        return date.fromisoformat(value) if type(value) is str else None
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
    """Return the instant as RFC 3339 with Z; milliseconds or microseconds only where there are any.

    An instant that is out of the years 1 to 9999 in UTC keeps its own offset.
    """
    unit = "seconds" if not moment.microsecond else "microseconds" if moment.microsecond % 1000 else "milliseconds"
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=unit) + "Z"
    except OverflowError:
        return moment.isoformat(timespec=unit)


def check_object(value: object, where: str) -> None:
    """Raise TypeError unless the value is an object."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{where}: an object is due, not {type(value).__name__}")


def model(value: object, decode: Callable[[Mapping[str, Any]], T], where: str) -> T | None:
    """Return the decoded object, or None where there is none.

    Raises:
        TypeError: it is a list.
    """
    if isinstance(value, dict):
        return decode(value)
    if isinstance(value, list):
        raise TypeError(f"{where}: an object is due, not a list")
    return None


def models(value: object, decode: Callable[[Mapping[str, Any]], T], where: str) -> list[T]:
    """Return the decoded objects of a list; an empty list where there is none.

    Raises:
        TypeError: it is an object, or one of its items is a list.
    """
    return values(value, lambda item: model(item, decode, where), where)


def values(value: object, read: Callable[[Any], T | None], where: str) -> list[T]:
    """Return what can be read of a list's items; an empty list where there is none.

    Raises:
        TypeError: it is an object.
    """
    if isinstance(value, list):
        return [found for item in value if (found := read(item)) is not None]
    if isinstance(value, dict):
        raise TypeError(f"{where}: a list is due, not an object")
    return []


def keep_rest(
    model: object,
    source: Mapping[str, Any],
    fields: Mapping[str, str],
    additional: dict[str, Any],
    as_sent: dict[str, Sent],
) -> None:
    """File every value that the model's fields do not give back as it came.

    Args:
        model: the model, its fields set.
        source: the object that it was decoded from.
        fields: the fields' names by wire name.
        additional: where unknown fields and values of another kind go; so does a list with an item of another kind.
        as_sent: where null, empty and differently spelt values go; so does a list of which items were skipped.
    """
    for name, value in source.items():
        field = fields.get(name)
        decoded = None if field is None else getattr(model, field)
        if decoded is value and value:
            continue  # by far the most: a text, a number or true, given back as it came
        if field is None:
            additional[name] = value
        elif decoded is None or decoded == []:
            if value is None or value == "" or (isinstance(value, list) and not _without_nulls(value)):
                as_sent[name] = (None, value)
            else:
                additional[name] = value
        elif decoded != value and (given := _given_back(decoded, value)) is not None:
            as_sent[name] = (encode(decoded), given)
            if isinstance(decoded, list) and len(decoded) != len(_without_nulls(value)):
                additional[name] = value


def _without_nulls(items: list[Any]) -> list[Any]:
    return [item for item in items if item is not None]


def _given_back(decoded: Any, value: Any) -> Any:
    """Return what to give back for a value, or None where its field encodes to just that."""
    if isinstance(decoded, datetime):
        return _instant_text(value) if _PAST_MICROSECONDS.match(value) else None
    if isinstance(decoded, list):
        if isinstance(decoded[0], datetime):
            value = [_instant_text(item) for item in value]
        elif isinstance(value[0], dict) and len(decoded) == len(value):
            return None  # models, which give back by themselves; so does a single one
        return None if encode(decoded) == value else value
    return None if isinstance(value, dict) else value


def _instant_text(value: Any) -> Any:
    """Return a time as RFC 3339 with Z and all its digits; any other value as it is."""
    moment = timestamp(value)
    if moment is None:
        return value
    past = _PAST_MICROSECONDS.match(value)
    if past is None:
        return timestamp_text(moment)
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + past[1] + "Z"


def give_back(
    model: object, fields: Mapping[str, str], additional: Mapping[str, Any], as_sent: Mapping[str, Sent]
) -> dict[str, Any]:
    """Return the object that the model was decoded from, by wire names, with the changes that were made since.

    A field that was changed wins over what was sent for it, whatever its kind.
    """
    wire: dict[str, Any] = {}
    for name, field in fields.items():
        value = getattr(model, field)
        if value is not None and value != []:
            wire[name] = encode(value)
    for name, (encoded, sent) in as_sent.items():
        if wire.get(name) == encoded:
            wire[name] = sent
    for name, value in additional.items():
        if name not in wire and name not in as_sent:
            wire[name] = value
    return wire


def encode(value: Any) -> Any:
    """Return a field's value as JSON has it."""
    if type(value) is str:
        return value
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, datetime):
        return timestamp_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [encode(item) for item in value]
    return value.to_dict() if hasattr(value, "to_dict") else value
