"""Say which models are those of replies, and how each of their fields is read; reply_model.py.jinja writes it down.

A model is a reply's when an operation's response leads to it; one that a request leads to as well is lenient in both.
What a field is read with depends on what its schema allows, null aside:

    text, uuid, const text      str         decoding.text
    text or integer             str         decoding.text_or_digits
    boolean, integer, number    as named    decoding.boolean, .integer, .number
    date-time, or text          datetime    decoding.timestamp
    date, or text               date        decoding.day
    enum of texts, or text      enum | str  decoding.open_enum
    object                      the model   decoding.model
    array of one of these       list        decoding.values, .models
    anything                    Any         decoding.anything

Whatever else a schema allows cannot be read leniently, and is an error that names schema and property.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from openapi_python_client.parser.openapi import GeneratorData
from openapi_python_client.parser.properties import AnyProperty, EnumProperty, ModelProperty
from openapi_python_client.parser.properties.boolean import BooleanProperty
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.parser.properties.date import DateProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.int import IntProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.parser.properties.uuid import UuidProperty
from openapi_python_client.parser.responses import JSON_SOURCE
from openapi_python_client.schema import Reference
from openapi_python_client.strings import ClassName

from tooling.errors import GenerationError

# What a model of a reply has besides its fields, and what a field of that name would hide from its annotations.
TAKEN_NAMES = frozenset({"from_dict", "to_dict", "additional_properties", "additional_keys", "Any", "Mapping", "Self"})
# The same of the generator's own models, and their local variables.
TAKEN_IN_REQUESTS = TAKEN_NAMES | {"d", "field_dict", "prop", "prop_dict", "prop_name", "src_dict", "to_multipart"}


class EnumClass(NamedTuple):
    """An enum's class, and the module that it is in."""

    name: str
    module_name: str


@dataclass(frozen=True)
class Kind:
    """What a field holds: the annotation of one value without None, and the function that reads one, as code."""

    annotation: str
    reader: str
    is_model: bool = False
    is_list: bool = False
    enum: EnumClass | None = None


TEXT = Kind("str", "_decoding.text")
TEXT_OR_DIGITS = Kind("str", "_decoding.text_or_digits")
BOOLEAN = Kind("bool", "_decoding.boolean")
INTEGER = Kind("int", "_decoding.integer")
NUMBER = Kind("float", "_decoding.number")
TIMESTAMP = Kind("datetime", "_decoding.timestamp")
DAY = Kind("_date", "_decoding.day")
ANYTHING = Kind("Any", "_decoding.anything")

SCALARS: dict[type[Any], Kind] = {
    StringProperty: TEXT,
    UuidProperty: TEXT,  # not uuid.UUID: the vendor masks its ids
    BooleanProperty: BOOLEAN,
    IntProperty: INTEGER,
    FloatProperty: NUMBER,
    DateTimeProperty: TIMESTAMP,
    DateProperty: DAY,
    AnyProperty: ANYTHING,
    NoneProperty: ANYTHING,
}

# Of two kinds that a schema allows: the one that reads both.
UNIONS = {
    frozenset({TEXT, INTEGER}): TEXT_OR_DIGITS,
    frozenset({TEXT, TIMESTAMP}): TIMESTAMP,
    frozenset({TEXT, DAY}): DAY,
    frozenset({INTEGER, NUMBER}): NUMBER,
}


@dataclass(frozen=True)
class Field:
    """One field of a reply's model. `holds_json`: its text is JSON, so there is a method that parses it."""

    name: str
    wire_name: str
    where: str
    kind: Kind
    description: str
    holds_json: bool

    @property
    def literal(self) -> str:
        """The wire name, as code."""
        return repr(self.wire_name)

    @property
    def is_list(self) -> bool:
        """Whether the field is a list, which is empty rather than None."""
        return self.kind.is_list

    @property
    def annotation(self) -> str:
        """The field's type, as code."""
        if self.kind.is_list:
            return f"list[{self.kind.annotation}]"
        return "Any" if self.kind == ANYTHING else f"{self.kind.annotation} | None"

    @property
    def reading(self) -> str:
        """The expression that reads the field, as code; `get` is that of the object."""
        value = f"get({self.literal})"
        if self.kind.is_model:
            return f"_decoding.model{'s' * self.is_list}({value}, {self.kind.reader}, {self.where!r})"
        if self.is_list:
            return f"_decoding.values({value}, {self.kind.reader}, {self.where!r})"
        return f"{self.kind.reader}({value})"


@dataclass(frozen=True)
class ReplyModel:
    """A model of a reply: its class name, its fields, and the enums that they read."""

    name: str
    fields: tuple[Field, ...]

    @property
    def enums(self) -> list[EnumClass]:
        """The enums that the fields hold, each once, by name."""
        return sorted({field.kind.enum for field in self.fields if field.kind.enum})


def reply_models(data: GeneratorData) -> dict[str, ReplyModel]:
    """Return the models that the responses of the operations lead to, by class name.

    Raises:
        GenerationError: a response is JSON and no object, or a property's schema allows what cannot be read leniently.
    """
    models: dict[str, ModelProperty] = {model.class_info.name: model for model in data.models}
    classes = frozenset({*models, *(enum.class_info.name for enum in data.enums)})
    waiting = list(_response_models(data))
    found: dict[str, ReplyModel] = {}
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = ReplyModel(name, _fields(models[name], models, TAKEN_NAMES | classes))
        for prop in _properties(models[name]):
            waiting.extend(_led_to(prop))
    _check_requests(model for name, model in models.items() if name not in found)
    return found


def _check_requests(models: Iterable[ModelProperty]) -> None:
    """Raise GenerationError if a model that the generator writes by itself has a field that breaks it."""
    for model in models:
        for prop in _properties(model):
            if prop.python_name in TAKEN_IN_REQUESTS:
                where = f"{model.class_info.name}.{prop.name.get_untrusted_value()}"
                raise GenerationError(f"{where}: a property of this name is not supported in a request")


def _response_models(data: GeneratorData) -> Iterator[str]:
    for collection in data.endpoint_collections_by_tag.values():
        for endpoint in collection.endpoints:
            for response in endpoint.responses:
                if response.source == JSON_SOURCE and not isinstance(response.prop, ModelProperty | AnyProperty):
                    raise GenerationError(
                        f"{endpoint.name}: response {response.status_code.pattern}: a reply that is no object is not supported"
                    )
                yield from _led_to(response.prop)


def _led_to(prop: PropertyProtocol) -> Iterator[str]:
    """Yield the class names of the models in a property."""
    if isinstance(prop, ModelProperty):
        yield prop.class_info.name
    elif isinstance(prop, ListProperty):
        yield from _led_to(prop.inner_property)
    elif isinstance(prop, UnionProperty):
        for inner in prop.inner_properties:
            yield from _led_to(inner)


def _properties(model: ModelProperty) -> list[PropertyProtocol]:
    return [*(model.required_properties or []), *(model.optional_properties or [])]


def _fields(model: ModelProperty, models: dict[str, ModelProperty], taken: frozenset[str]) -> tuple[Field, ...]:
    """Return the fields of a model; one whose name is taken ends in an underscore."""
    additional = model.additional_properties
    if additional and any(_led_to(additional)):
        raise GenerationError(
            f"{model.class_info.name}: additionalProperties that are objects are not supported in a reply"
        )
    fields = []
    for prop in _properties(model):
        wire_name = prop.name.get_untrusted_value()
        where = f"{model.class_info.name}.{wire_name}"
        name = f"{prop.python_name}_" if prop.python_name in taken else str(prop.python_name)
        kind = _kind(prop, where)
        description = prop.description.get_untrusted_value() if prop.description else wire_name
        holds_json = kind == TEXT and _holds_json(model, prop, models)
        fields.append(Field(name, wire_name, where, kind, description, holds_json))
    names = Counter([field.name for field in fields] + [f"{field.name}_json" for field in fields if field.holds_json])
    for name, count in names.items():
        if count > 1:
            alike = ", ".join(field.wire_name for field in fields if name in (field.name, f"{field.name}_json"))
            raise GenerationError(f"{model.class_info.name}: {alike}: more than one of them would be {name} in Python")
    return tuple(fields)


def _kind(prop: PropertyProtocol, where: str) -> Kind:
    """Return how a property's values are read.

    Raises:
        GenerationError: they cannot be read leniently.
    """
    if (scalar := SCALARS.get(type(prop))) is not None:
        return scalar
    if isinstance(prop, ConstProperty) and isinstance(prop.value.raw_value, str):
        return TEXT
    if isinstance(prop, EnumProperty) and prop.value_type is str:
        enum = EnumClass(prop.class_info.name, prop.class_info.module_name)
        return Kind(f"{enum.name} | str", f"_read_{enum.module_name}", enum=enum)
    if isinstance(prop, ModelProperty):
        name = f"_models.{prop.class_info.name}"
        return Kind(name, f"{name}.from_dict", is_model=True)
    if isinstance(prop, ListProperty):
        inner = _kind(prop.inner_property, where)
        if inner.is_list:
            raise GenerationError(f"{where}: an array of arrays is not supported in a reply")
        return replace(inner, is_list=True)
    if isinstance(prop, UnionProperty):
        return _union(
            {_kind(inner, where) for inner in prop.inner_properties if not isinstance(inner, NoneProperty)}, where
        )
    raise GenerationError(f"{where}: {_words(prop)} is not supported in a reply")


def _union(kinds: set[Kind], where: str) -> Kind:
    if ANYTHING in kinds or not kinds:
        return ANYTHING
    if len(kinds) == 1:
        return kinds.pop()
    if (both := UNIONS.get(frozenset(kinds))) is not None:
        return both
    enums = [kind for kind in kinds if kind.enum and not kind.is_list]
    if kinds == {TEXT, *enums} and len(enums) == 1:
        return enums[0]
    names = ", ".join(sorted(f"list of {kind.annotation}" if kind.is_list else kind.annotation for kind in kinds))
    raise GenerationError(
        f"{where}: a value of several kinds ({names.replace('_models.', '')}) is not supported in a reply"
    )


def _words(prop: PropertyProtocol) -> str:
    """Return what a property is that no reply may hold."""
    if isinstance(prop, EnumProperty):
        return "an enum of numbers"
    return f"a value of this kind ({type(prop).__name__.removesuffix('Property').lower()})"


def _holds_json(model: ModelProperty, prop: PropertyProtocol, models: dict[str, ModelProperty]) -> bool:
    """Return whether the property's schema, the model's own or one that it takes over, says that its text is JSON."""
    for part in (model.data, *model.data.allOf):
        if isinstance(part, Reference):
            base = models.get(ClassName(part.ref.get_untrusted_value().rpartition("/")[2], "field_"))
            if base is not None and _holds_json(base, prop, models):
                return True
        else:
            schema = (part.properties or {}).get(prop.name)
            if schema is not None and (schema.model_extra or {}).get("contentMediaType") == "application/json":
                return True
    return False
