"""Decode replies leniently: the functions that all models of replies share.

A model takes each value that its field can hold as it is; for any other it asks one of the functions here, which give
None for what does not fit. A value that a field cannot give back as it came is kept beside it: unknown fields and values of
another kind as additional properties; null, empty and differently spelt values as sent. So every reply
decodes, and is given back with nothing lost.

A reply is parsed into objects, and with msgspec into structs if it is a usual one (read_reply). The models of both are equal.
Speed: all models of a list are made at once; most have no additional properties, so these are made when they are looked at.
An object that has all fields takes a short way: operations that fail with any other kind of value, such as to add "" to a text,
take the place of looking at each value's type.
"""

import functools
import gc
import json
import re
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import repeat
from types import GenericAlias, ModuleType
from typing import Any, ClassVar, Final, NoReturn, Self, TypeVar

from attrs import define, field, fields

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

# Of a value that its field holds in another form: what the field encodes to (None: nothing), and what to give back.
Sent = tuple[Any, Any]

# The digits of a time's fraction that a datetime cannot hold; an offset, which has a sign before it, is not looked at.
_PAST_MICROSECONDS = r".{10}[Tt ][0-9:]+[.,][0-9]{6}([0-9]*[1-9])"


def read_json(content: bytes) -> Any:
    """Return the value of a body, as strict JSON; with msgspec where that is installed (the extra `fast`).

    Raises:
        ValueError: it is not JSON (NaN and Infinity are not), not UTF-8, 16 or 32, or has a number of over 4,300 digits.
        RecursionError: it nests too deeply.
    """
    if (msgspec := _fast_parser()) is not None:
        try:
            return msgspec.json.decode(content)
        except (ValueError, RecursionError):
            pass  # a few texts that are JSON are none to it; and the words of an error are the same with and without it
    return _STRICT.decode(content.decode(json.detect_encoding(content), "surrogatepass"))


@functools.cache
def _fast_parser() -> ModuleType | None:
    try:
        import msgspec.json  # noqa: PLC0415 - costly to load, and for decoding only
    except ImportError:
        return None
    return msgspec


# The value of a field of a struct that an object lacks; where a field has one of these types it is None.
ABSENT: Final = object()
_WITHOUT_NULL: Final = (str, bool, int, int | str, int | float)


def read_reply(model: type["Reply"], content: bytes) -> Any:
    """Return the value of a reply's body, for its model.

    With msgspec, the objects in it are structs if each value is of a usual type for its field, and all fields are known:
    they take half as long as dicts. Else, and without msgspec, it is as read_json returns it.

    Raises:
        ValueError, RecursionError: as read_json.
    """
    if _fast_parser() is not None and (decoder := _decoder(model)) is not None:  # type: ignore[arg-type]  # a class
        try:
            reply = decoder.decode(content)
        except (ValueError, RecursionError):
            pass  # the reply has something unusual, or is no JSON
        else:
            names = zip(model._FIELDS.items(), reply.__struct_defaults__, strict=True)
            return {
                name: value
                for (name, attribute), default in names
                if (value := getattr(reply, attribute)) is not default
            }
    return read_json(content)


@functools.cache
def _decoder(model: type["Reply"]) -> Any:
    """Return msgspec's decoder of a reply, or None if its model cannot be a struct."""
    import msgspec.json  # noqa: PLC0415 - as above

    struct = _struct(model, ())
    return None if struct is Any else msgspec.json.Decoder(struct)


def _struct(model: type["Reply"], within: tuple[type["Reply"], ...]) -> Any:
    """Return a model's fields as a type of struct; Any for a map, for a name that msgspec refuses, and within itself."""
    import msgspec  # noqa: PLC0415 - as above

    def type_of(kind: Any) -> Any:
        if isinstance(kind, list):
            return GenericAlias(list, (type_of(kind[0]),))
        return _struct(kind, (*within, model)) if isinstance(kind, type) and issubclass(kind, Reply) else kind

    if model in within or not model._FIELDS:
        return Any
    typed = []
    for name, kind in zip(model._FIELDS.values(), model._wire_types(), strict=True):
        typed.append((name, type_of(kind), None if kind in _WITHOUT_NULL else ABSENT))
    renamed = {name: wire_name for wire_name, name in model._FIELDS.items()}
    try:
        return msgspec.defstruct(model.__name__, typed, rename=renamed, forbid_unknown_fields=True, gc=False)
    except ValueError:
        return Any


def are_structs(sources: list[Any]) -> bool:
    """Return whether these, at least one, are structs; all are if one is."""
    return hasattr(sources[0], "__struct_fields__")


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


_STRICT = json.JSONDecoder(parse_constant=_refuse_constant)


def json_in_text(text: str | None) -> Any:
    r"""Return the value of a text, parsed as JSON; None if it does not parse.

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


# Whether the garbage collector was enabled, and rests while a reply is decoded.
_resting = False


def undisturbed(work: Callable[[], T]) -> T:
    """Return the result of the work, done without the garbage collector.

    Nothing that decoding makes is garbage; with 100,000 objects, looking for some would take a third of the time.
    """
    global _resting  # noqa: PLW0603 - as the collector is one for all threads
    if not gc.isenabled():  # another thread may have disabled it, and enable it any moment: then it has to stay so
        return work()
    gc.disable()
    _resting = True
    try:
        return work()
    finally:
        _resting = False
        gc.enable()


class Digits(str):
    """The digits of a whole number that stands where a text is expected; it is given back as the number that came."""

    __slots__ = ()

    @property
    def value(self) -> int:
        """The number."""
        return int(self)


# The digits of whole numbers, remembered: the account ids in a reply are few.
KNOWN_DIGITS: dict[int, Digits] = {}
_MOST_KNOWN = 1024


def digits(number: int) -> Digits:
    """Return a whole number's digits, and remember them."""
    made = Digits(number)
    if len(KNOWN_DIGITS) < _MOST_KNOWN:
        KNOWN_DIGITS[number] = made
    return made


def text_or_digits(value: object) -> str | None:
    """Return a text, or a whole number's digits, or None where it is neither."""
    if type(value) is str:
        return value
    if type(value) is int:
        return digits(value)
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
    """Return the value unchanged."""
    return value


def members(enum: type[E]) -> dict[str, E]:
    """Return the members of an enum by their texts: asking it for one takes ten times as long."""
    return {member.value: member for member in enum}


def open_enum(by_text: dict[str, E]) -> Callable[[object], E | str | None]:
    """Return a function that gives the member of a text, the text where no member has it, None where it is no text."""

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

    Without an offset it is in UTC, as the vendor says of all its times. Digits past the microseconds are cut. Blanks
    around it are ignored: the vendor's samples have times that end in a newline.
    """
    if type(value) is not str:
        return None
    value = value.strip()
    if len(value) < len("2021-01-21T17") or value[10] not in "Tt ":
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


def union(
    value: Any,
    where: str,
    scalars: Sequence[Callable[[Any], Any]] = (),
    decode: Callable[[list[Any], str], list[Any]] | None = None,
    items: Callable[[Any], Any] | None = None,
) -> Any:
    """Return a value that may be of several kinds, or None where it is of none of them.

    Args:
        value: as it came.
        where: names the field in an error.
        scalars: tried in this order, on values that are neither objects nor lists.
        decode: reads objects; None where there may be none.
        items: reads an item of a list; None where there may be no list.

    Raises:
        TypeError: it is a list where only an object may be, or the reverse.
    """
    if decode and (isinstance(value, dict) or (isinstance(value, list) and not items)):
        return model(value, decode, where)
    if items and isinstance(value, dict | list):
        return values(value, items, where)
    return next((found for read in scalars if (found := read(value)) is not None), None)


def model(value: object, decode: Callable[[list[Any], str], list[T]], where: str) -> T | None:
    """Return the decoded object, or None where there is none.

    Raises:
        TypeError: it is a list.
    """
    if value is None:
        return None
    found = decode([value], where)
    return found[0] if found else None


def models(value: object, decode: Callable[[list[Any], str], list[T]], where: str) -> list[T]:
    """Return the decoded objects of a list; an empty list where there is none.

    Raises:
        TypeError: it is an object, or one of its items is a list.
    """
    return decode(value, where) if isinstance(value, list) else values(value, anything, where)


def objects(items: list[Any], where: str) -> list[dict[str, Any]]:
    """Return the objects of a list.

    Raises:
        TypeError: an item is a list.
    """
    if any(map(_is_list, items)):
        raise TypeError(f"{where}: an object is due, not a list")
    return [item for item in items if isinstance(item, dict)]


def unfilled(model: type[T], sources: list[Any]) -> list[T]:
    """Return as many objects of a model's class, whose fields are still to be set."""
    made = list(map(object.__new__, repeat(model, len(sources))))
    if _resting and 0 < gc.get_threshold()[0] < len(made):
        gc.collect(0)  # due after so many objects, and done sooner while they are empty
    return made


def values(value: object, read: Callable[[Any], T | None], where: str) -> list[T]:
    """Return the readable items of a list; an empty list if there is none.

    Raises:
        TypeError: it is an object.
    """
    if isinstance(value, list):
        return [found for item in value if (found := read(item)) is not None]
    if isinstance(value, dict):
        raise TypeError(f"{where}: a list is due, not an object")
    return []


class Kept(dict[str, Any]):
    """The values that the fields of a model cannot hold, and the originals of those that they hold in another form.

    Attributes:
        as_sent: by wire name.
    """

    __slots__ = ("as_sent",)

    def __init__(self, additional: Mapping[str, Any], as_sent: Mapping[str, Sent]) -> None:
        super().__init__(additional)
        self.as_sent = as_sent


def _sent(reply: "Reply") -> Mapping[str, Sent]:
    additional = reply.additional_properties
    return additional.as_sent if isinstance(additional, Kept) else {}


class _WithNulls:
    """The base of Reply: a slot for the wire names of the times that were null, as those that are still to come often are.

    The slot is set only where the fields hold all the rest, and counts until additional_properties is read or set.
    """

    # A starred tuple: mypy, if it could read these slots, would refuse them in the subclasses, whose slots attrs makes.
    __slots__ = (*("_nulls",),)

    _nulls: tuple[str, ...]


@define(weakref_slot=False)
class Reply(_WithNulls):
    """The base of all models of replies.

    Attributes:
        additional_properties: what the fields cannot hold, by wire name: unknown fields, and values of another kind.
    """

    # The fields' names by wire name.
    _FIELDS: ClassVar[Mapping[str, str]]

    additional_properties: dict[str, Any] = field(factory=dict, kw_only=True)

    @classmethod
    def _wire_types(cls) -> tuple[Any, ...]:
        """Return the types of the fields' values in a struct, in their order; in a list, those of a list's items."""
        return ()

    @classmethod
    @abstractmethod
    def from_list(cls, sources: list[Any], where: str = "") -> list[Self]:
        """Return the models of a decoded JSON list."""

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Return the model of a decoded JSON object, also with fields missing or of another kind.

        Raises:
            TypeError: src_dict is not an object, or there is a list where an object is due, or the reverse.
        """
        if not isinstance(src_dict, Mapping):
            raise TypeError(f"{cls.__name__}: an object is due, not {type(src_dict).__name__}")
        return undisturbed(lambda: cls.from_list([dict(src_dict)])[0])

    @classmethod
    def from_json(cls, content: bytes) -> Self:
        """Return the model of a reply's body.

        Raises:
            ValueError: it is not JSON.
            RecursionError: it nests too deeply.
            TypeError: it is not an object, or there is a list where an object is due, or the reverse.
        """
        return undisturbed(lambda: cls.from_dict(read_reply(cls, content)))

    @property
    def additional_keys(self) -> list[str]:
        """The wire names in additional_properties."""
        return list(self.additional_properties)

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> Iterator[tuple[str, Any]]:
        for name in (*self._FIELDS.values(), "additional_properties"):
            yield name, getattr(self, name, None)  # an error on the way leaves a half-made one in its traceback

    def to_dict(self) -> dict[str, Any]:
        """Return the object as it was sent, by its wire names; times as the same instants, RFC 3339 with Z.

        A changed field wins over the value that was sent for it, of any kind. The fields come first, in their order.
        """
        wire: dict[str, Any] = {}
        additional, as_sent = self.additional_properties, _sent(self)
        for name, attribute in self._FIELDS.items():
            value = getattr(self, attribute)
            if value is not None and value != []:
                wire[name] = encode(value)
            if name in as_sent:
                encoded, sent = as_sent[name]
                if _same(wire.get(name), encoded):
                    wire[name] = sent
            elif name in wire:
                continue
            elif name in additional:
                wire[name] = additional[name]
            elif value == [] and getattr(fields(type(self)), attribute).default is None:
                wire[name] = []  # put there; a field of lists holds an empty one where nothing was sent
        return {**wire, **{name: value for name, value in additional.items() if name not in self._FIELDS}}


def _filled_when_read(slot: Any) -> Any:
    """Return a property that fills a slot when it is read first: most models are never asked for what it holds."""

    def get(reply: Reply) -> Any:
        try:
            return slot.__get__(reply)
        except AttributeError:
            slot.__set__(reply, with_nulls({}, getattr(reply, "_nulls", ())))
            return slot.__get__(reply)

    # Deleted, they are none: unset, they would be found once more.
    return property(get, slot.__set__, lambda reply: slot.__set__(reply, {}))


Reply.additional_properties = _filled_when_read(Reply.additional_properties)


def keep_empty(reply: Reply, name: str) -> None:
    """Keep that a list was there, and empty."""
    reply.additional_properties = Kept(reply.additional_properties, {**_sent(reply), name: (None, [])})


def usual_size(sources: list[Any], names: Mapping[str, str]) -> int:
    """Return how many fields most objects of a list have: all known ones, and the unknown ones of the first object."""
    return len(names) + (len(unknown(sources[0], names)) if sources else 0)


def unknown(source: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return what an object holds under other names than these."""
    return {name: value for name, value in source.items() if name not in names}


def with_nulls(additional: dict[str, Any], nulls: tuple[str, ...]) -> dict[str, Any]:
    """Return additional properties with those fields that were null."""
    return Kept(additional, dict.fromkeys(nulls, (None, None))) if nulls else additional


def rest_of(reply: Reply, source: Mapping[str, Any]) -> dict[str, Any]:
    """Return every value that the model's fields do not give back as it came.

    Unknown fields and values of another kind become additional properties; so does a list with an item of another kind.
    Null, empty and differently spelt values are kept as sent; so is a list of which items were skipped.

    Args:
        reply: the model, its fields set.
        source: the object that it was decoded from, or the part of it that the fields may not give back.
    """
    additional: dict[str, Any] = {}
    as_sent: dict[str, Sent] = {}
    names = reply._FIELDS
    for name, value in source.items():
        attribute = names.get(name)
        if attribute is None:
            additional[name] = value
            continue
        decoded = getattr(reply, attribute)
        if decoded is value and value is not None:
            continue  # by far the most: given back as it came
        if type(decoded) is Digits or isinstance(decoded, StrEnum):
            continue
        if type(decoded) is datetime and _is_usual_time(value):
            continue
        if decoded is None or decoded == []:
            if value is None or value == "" or (isinstance(value, list) and not _without_nulls(value)):
                as_sent[name] = (None, value)
            else:
                additional[name] = value
        elif not _same(decoded, value) and (given := _given_back(decoded, value)) is not None:
            as_sent[name] = (encode(decoded), given)
            if isinstance(decoded, list) and len(decoded) != len(_without_nulls(value)):
                additional[name] = value
    return Kept(additional, as_sent) if as_sent else additional


def _is_usual_time(text: str) -> bool:
    """Return whether a time, which was decoded, is in UTC and has no digits that a datetime cannot hold."""
    return len(text) <= 25 and text[10] == "T" and text[-1] == "Z"


def _without_nulls(items: list[Any]) -> list[Any]:
    return [item for item in items if item is not None]


def _given_back(decoded: Any, value: Any) -> Any:
    """Return the original of a value; None if its field encodes to just that."""
    if isinstance(decoded, datetime):
        given = _instant_text(value)
        return None if given == timestamp_text(decoded) else given
    if isinstance(decoded, list):
        if isinstance(decoded[0], datetime):
            value = [_instant_text(item) for item in value]
        elif isinstance(value[0], dict) and len(decoded) == len(value) and not any(map(_is_list, decoded)):
            return None  # models, which give back by themselves; so does a single one
        return None if _same(encode(decoded), value) else value
    return None if isinstance(decoded, Reply) else value


def _same(one: Any, other: Any) -> bool:
    """Return whether two values are the same JSON, 1 and 1.0 being two; a member of an enum is the same as its text."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other) and (type(one) is type(other) or isinstance(one, str))


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _instant_text(value: Any) -> Any:
    """Return a time as RFC 3339 with Z and all its digits; any other value, and a time in blanks, as it is."""
    moment = timestamp(value)
    if moment is None or value != value.strip():
        return value
    past = re.match(_PAST_MICROSECONDS, value)
    if past is None:
        return timestamp_text(moment)
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + past[1] + "Z"


def encode(value: Any) -> Any:
    """Return a field's value as JSON has it."""
    if type(value) is str:
        return value
    if isinstance(value, StrEnum | Digits):
        return value.value
    if isinstance(value, datetime):
        return timestamp_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [encode(item) for item in value]
    return value.to_dict() if hasattr(value, "to_dict") else value
