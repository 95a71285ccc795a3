"""Infer the schema of values that the description lacks, from all of them at once.

    texts     a date-time or a date if all are; JSON if all are an object or a list as text
    numbers   integers are numbers where fractions come, too
    objects   a component each, with the fields of all of them; none is required
    maps      objects whose keys are data: an object with typed additionalProperties
    lists     their items, inferred from the items of all of them
    several   an alternative for each kind, null last

An object or a list that was always empty has a limit of 0, so that the first content is drift, and is then typed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, Final

from paiflow.drift.kinds import kind_of
from paiflow.drift.names import Attributes, Components, pattern_of, singular

MAX_LEVELS: Final = 32
"""How deeply new values may nest."""

Alternative = tuple[str, dict[str, Any]]
"""A kind, and the schema of its values."""

EMPTY_TEXT: Final = {"type": "string", "maxLength": 0}

# As the strictest of the readers has it; datetime decides whether there is such a day.
_DATE_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SPECIAL_TEXTS: Final = {
    "date-time": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "json": {"type": "string", "contentMediaType": "application/json"},
}

# A map has this many keys, few of which are in most of its objects; one object alone, or its keys look like data.
_KEYS_OF_A_MAP: Final = 8
_KEYS_OF_A_LONE_MAP: Final = 30
_KEPT_KEYS: Final = 200
# Numbers, ids such as flow-9x or 10.0.0.1, hashes, addresses.
_DATA: Final = re.compile(r"[0-9]+|(?=.*[0-9]).*[-.:/@].*|.+[/@:].+|[0-9a-fA-F]{16,}", re.DOTALL)


class TooDeepError(Exception):
    """Values nest more deeply than MAX_LEVELS."""


class Seen:
    """The values at one place, merged: enough to infer their schema.

    Attributes:
        count: how many values there were.
        kinds: of the values.
        texts: the sorts of the texts: a key of _SPECIAL_TEXTS, "" for an empty one, or "text".
        fields: of the objects, by name; those of a large map are not kept.
        entries: the values of all fields of a large map, else None.
        objects: how many of the values were objects.
        items: of the lists; None where no list had any.
    """

    __slots__ = ("count", "entries", "fields", "items", "kinds", "objects", "texts")

    def __init__(self, values: Iterable[Any] = ()) -> None:
        """Start with values, which may nest."""
        self.count: int = 0
        self.objects: int = 0
        self.kinds: set[str] = set()
        self.texts: set[str] = set()
        self.fields: dict[str, Seen] = {}
        self.items: Seen | None = None
        self.entries: Seen | None = None
        for value in values:
            self.add(value)

    def add(self, value: Any, level: int = 0) -> None:
        """Merge a value.

        Raises:
            TooDeepError: it nests too deeply.
        """
        if level > MAX_LEVELS:
            raise TooDeepError
        self.count += 1
        kind = kind_of(value)
        self.kinds.add(kind)
        if kind == "string":
            if "text" not in self.texts:
                self.texts.add(_sort(value))
        elif kind == "object":
            self.objects += 1
            for name, item in value.items():
                self._field(name).add(item, level + 1)
        elif kind == "array" and value:
            self.items = self.items or Seen()
            for item in value:
                self.items.add(item, level + 1)

    def merge(self, other: Seen) -> None:
        """Merge the values of another place."""
        self.count += other.count
        self.objects += other.objects
        self.kinds |= other.kinds
        self.texts |= other.texts
        for name, field in other.fields.items():
            self._field(name).merge(field)
        if other.entries is not None:
            self.entries, self.fields = self.values, {}
            self.entries.merge(other.entries)
        if other.items is not None:
            self.items = self.items or Seen()
            self.items.merge(other.items)

    def _field(self, name: str) -> Seen:
        if self.entries is None and len(self.fields) > _KEPT_KEYS and name not in self.fields and self.is_map:
            self.entries, self.fields = self.values, {}
        return self.fields.setdefault(name, Seen()) if self.entries is None else self.entries

    @property
    def values(self) -> Seen:
        """The values of all fields, merged."""
        if self.entries is not None:
            return self.entries
        merged = Seen()
        for field in self.fields.values():
            merged.merge(field)
        return merged

    @property
    def is_map(self) -> bool:
        """Whether the names of the objects' fields are data."""
        if self.entries is not None:
            return True
        names = self.fields.keys()
        if sum(map(bool, map(_DATA.fullmatch, names))) * 2 > len(names):
            return True
        if self.objects == 1:
            return len(names) > _KEYS_OF_A_LONE_MAP and len(self.values.kinds) == 1
        common = sum(field.count * 2 > self.objects for field in self.fields.values())
        return len(names) >= _KEYS_OF_A_MAP and common * 10 < len(names)


def written_names(seen: Seen) -> Iterator[str]:
    """Yield the names that a schema of values holds: of the fields of objects that are no maps."""
    if not seen.is_map:
        yield from seen.fields
    for part in (*seen.fields.values(), seen.items, seen.entries):
        if part is not None:
            yield from written_names(part)


def inferred(seen: Seen, components: Components, name: str, parent: str) -> dict[str, Any]:
    """Return the schema of values: one alternative, or an `anyOf` of several; see `alternatives`."""
    found = [schema for _, schema in alternatives(seen, components, name, parent)]
    return found[0] if len(found) == 1 else {"anyOf": found}


def alternatives(seen: Seen, components: Components, name: str, parent: str) -> list[Alternative]:
    """Return a schema for each kind among values, null last; an empty text among dates stands by itself.

    Args:
        seen: the values.
        components: takes the objects' schemas.
        name: of the field that holds them; their classes are called after it.
        parent: the class that has the field.
    """
    found: list[Alternative] = []
    for kind in ("string", "integer", "number", "boolean", "object", "array", "null"):
        if kind not in seen.kinds or (kind == "integer" and "number" in seen.kinds):
            continue
        if kind == "string":
            found += [(kind, schema) for schema in _texts(seen.texts)]
        elif kind == "object":
            found.append((kind, _object(seen, components, name, parent)))
        elif kind == "array":
            found.append((kind, {"type": "array", **content(seen, components, name, parent)}))
        else:
            found.append((kind, {"type": kind}))
    return found


def look(seen: Seen) -> str:
    """Return what is inferred from values, as a text that is the same for values that look the same."""
    components = Components()
    return f"{alternatives(seen, components, 'Field', '')} {components.new} {'' in seen.texts}"


def _object(seen: Seen, components: Components, name: str, parent: str) -> dict[str, Any]:
    own = components.reserve(name, parent)
    return components.add(own, {"type": "object", **fields(seen, components, own)})


def fields(seen: Seen, components: Components, own: str) -> dict[str, Any]:
    """Return the keywords that describe the fields of objects of the class `own`."""
    if not seen.fields and not seen.entries:
        return {"maxProperties": 0}
    if seen.is_map:
        return {"additionalProperties": inferred(seen.values, components, f"{own}Value", own)}
    attributes = Attributes()
    found: dict[str, dict[str, Any]] = {}
    for name, field in seen.fields.items():
        schema = inferred(field, components, name, own)
        if attributes.take(name, schema):
            found.setdefault("properties", {})[name] = schema
        else:
            found.setdefault("patternProperties", {})[pattern_of(name)] = schema
    return found


def content(seen: Seen, components: Components, name: str, parent: str) -> dict[str, Any]:
    """Return the keywords that describe the items of lists."""
    if seen.items is None:
        return {"items": {}, "maxItems": 0}
    return {"items": inferred(seen.items, components, singular(name), parent)}


def _texts(sorts: set[str]) -> list[dict[str, Any]]:
    filled = sorts - {""}
    if len(filled) != 1 or filled == {"text"}:
        return [{"type": "string"}]
    [sort] = filled
    return [dict(_SPECIAL_TEXTS[sort]), *([dict(EMPTY_TEXT)] if "" in sorts and sort != "json" else [])]


def _sort(text: str) -> str:
    if not text:
        return ""
    if text[0] in "[{":
        return "json" if _is_json(text) else "text"
    for sort, pattern, parse in (
        ("date-time", _DATE_TIME, datetime.fromisoformat),
        ("date", _DATE, date.fromisoformat),
    ):
        if pattern.fullmatch(text):
            try:
                parse(text)
            except ValueError:
                return "text"
            return sort
    return "text"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
