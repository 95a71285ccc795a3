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
    array of one of these       list        decoding.values, .models; arrays in it as anything, unless they hold objects
    several of these            a union     decoding.union; of objects, of arrays and of enums one each
    anything                    Any         decoding.anything

The values of a map (`additionalProperties`) stay in additional_properties, as they came.
Other kinds of schema cannot be read leniently: they are errors that name schema and property.
The kinds that most fields are of have code of their own in the template: it takes what fits as it is, without a call.
A struct holds text, numbers, booleans and models typed (`wire_type`); any other field holds what came, and is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from openapi_python_client.parser.openapi import GeneratorData
from openapi_python_client.parser.properties import AnyProperty, Class, EnumProperty, ModelProperty
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
from openapi_python_client.schema import Reference, Schema
from openapi_python_client.schema.untrusted_string import UntrustedString

from tooling.errors import GenerationError

# What a model of a reply has besides its fields, and what a field of that name would hide from its annotations.
TAKEN_NAMES = frozenset(
    {
        "from_dict",
        "from_json",
        "from_list",
        "to_dict",
        "additional_properties",
        "additional_keys",
        "Any",
        "ClassVar",
        "Mapping",
        "Self",
    }
)
# The names that a model's module imports, which no class may have.
TAKEN_CLASSES = frozenset({"Any", "ClassVar", "Mapping", "Self", "StrEnum", "UTC"})


class EnumClass(NamedTuple):
    """An enum's class, and the module that it is in."""

    name: str
    module_name: str


@dataclass(frozen=True)
class Kind:
    """The type of a field.

    Attributes:
        annotation: the type of one value, without None, as code.
        reader: the function that reads one value, as code; of a model, the class.
        shape: which code of the template reads it, besides its reader.
        enums: those that it holds.
    """

    annotation: str
    reader: str
    shape: str = "other"
    enums: tuple[EnumClass, ...] = ()
    parts: tuple[Kind, ...] = ()

    @property
    def is_list(self) -> bool:
        """Whether it is a list, which is empty rather than None."""
        return self.shape in ("list", "models")

    @property
    def wire_type(self) -> str:
        """The type of a value in a struct, as code: that of most values on the wire, or Any where all have to be read."""
        if self.is_list:
            return f"[{self.reader}]" if self.shape == "models" else "Any"
        return self.reader if self.shape == "model" else WIRE_TYPES.get(self.reader, WIRE_TYPES.get(self.shape, "Any"))

    @property
    def is_exact(self) -> bool:
        """Whether a field holds a value of its wire type as it is."""
        return self in (TEXT, BOOLEAN, INTEGER, NUMBER)

    @property
    def is_whole(self) -> bool:
        """Whether a field gives back each value of its wire type."""
        return self.is_exact or self.shape in ("digits", "enum")

    def reading(self, value: str, where: str) -> str:
        """Return the expression that reads a value, as code.

        Args:
            value: the value, as code.
            where: names the field in an error.
        """
        if self.shape == "model":
            return f"_decoding.model({value}, {self.reader}.from_list, {where!r})"
        if self.shape == "models":
            return f"_decoding.models({value}, {self.reader}.from_list, {where!r})"
        if self.shape == "list":
            return f"_decoding.values({value}, {self.parts[0].item_reader(where)}, {where!r})"
        if self.shape == "union":
            return f"_decoding.union({value}, {where!r}, {self._union_arguments(where)})"
        return f"{self.reader}({value})"

    def item_reader(self, where: str) -> str:
        """Return the function that reads one value, as code."""
        if self.shape in ("model", "models", "list", "union"):
            return f"lambda item: {self.reading('item', where)}"
        return self.reader

    def _union_arguments(self, where: str) -> str:
        scalars = "".join(f"{part.reader}, " for part in self.parts if part.shape not in ("model", "models", "list"))
        arguments = [f"({scalars})"]
        for part in self.parts:
            if part.shape == "model":
                arguments.append(f"decode={part.reader}.from_list")
            elif part.shape == "models":
                arguments.append(f"items={MODEL_ITEM.format(part.reader, where)}")
            elif part.shape == "list":
                arguments.append(f"items={part.parts[0].item_reader(where)}")
        return ", ".join(arguments)


MODEL_ITEM = "lambda item: _decoding.model(item, {0}.from_list, {1!r})"

TEXT = Kind("str", "_decoding.text", "text")
TEXT_OR_DIGITS = Kind("str", "_decoding.text_or_digits", "digits")
BOOLEAN = Kind("bool", "_decoding.boolean", "boolean")
INTEGER = Kind("int", "_decoding.integer", "integer")
NUMBER = Kind("float", "_decoding.number")
TIMESTAMP = Kind("datetime", "_decoding.timestamp", "timestamp")
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

# Of the kinds that have one, by reader or by shape.
WIRE_TYPES = {
    TEXT.reader: "str",
    TEXT_OR_DIGITS.reader: "int | str",
    BOOLEAN.reader: "bool",
    INTEGER.reader: "int",
    NUMBER.reader: "int | float",
    TIMESTAMP.reader: "str | None",  # the one that is often null, while it is still to come
    "enum": "str",
}

# The conditions under which a field gives a value back, as code, for the kinds that the short way sets without a check.
CHECKS = {
    BOOLEAN: "({0} is True or {0} is False)",
    INTEGER: "type({0}) is int",
    NUMBER: "(type({0}) is float or type({0}) is int)",
    ANYTHING: "{0} is not None",
}
CHECKED_WHEN_SET = frozenset({"text", "digits", "enum", "timestamp"})

# Of two kinds that a schema allows: the one that reads both. Applied in this order.
UNIONS = {
    frozenset({TEXT, TIMESTAMP}): TIMESTAMP,
    frozenset({TEXT, DAY}): DAY,
    frozenset({INTEGER, NUMBER}): NUMBER,
    frozenset({TEXT, INTEGER}): TEXT_OR_DIGITS,
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
    def annotation(self) -> str:
        """The field's type, as code."""
        if self.kind.is_list or self.kind == ANYTHING:
            return self.kind.annotation
        return f"{self.kind.annotation} | None"

    def reading(self, value: str) -> str:
        """Return the expression that reads a value of the field, as code."""
        return self.kind.reading(value, self.where)


@dataclass(frozen=True)
class ReplyModel:
    """A model of a reply: its class name, its fields, and the enums that they read.

    Attributes:
        fields: all of them, with those of the bases.
        bases: the classes that it inherits from, none of which is a base of another.
        own: the fields that no base has.
        slotted: whether its class has slots. Of several bases of a class, one at most may have some.
    """

    name: str
    fields: tuple[Field, ...]
    bases: tuple[EnumClass, ...] = ()
    own: tuple[Field, ...] = ()
    slotted: bool = True

    @property
    def shapes(self) -> frozenset[str]:
        """The shapes of the fields' kinds."""
        return frozenset(field.kind.shape for field in self.fields)

    @property
    def is_flat(self) -> bool:
        """Whether it has fields, each of a kind that the short way knows: neither object, list, union nor day."""
        return bool(self.fields) and all(
            field.kind.shape in CHECKED_WHEN_SET or field.kind in CHECKS for field in self.fields
        )

    @property
    def checks(self) -> list[str]:
        """The conditions under which the fields of a flat one give back what was put into them, as code."""
        return [
            CHECKS[field.kind].format(f"value_{number}")
            for number, field in enumerate(self.fields, 1)
            if field.kind in CHECKS
        ]

    @property
    def is_whole(self) -> bool:
        """Whether all fields give back each value of their wire types."""
        return all(field.kind.is_whole for field in self.fields)

    @property
    def enums(self) -> list[EnumClass]:
        """The enums that the fields hold, each once, by name."""
        return sorted({enum for field in self.fields for enum in field.kind.enums})


def reply_models(data: GeneratorData) -> dict[str, ReplyModel]:
    """Return the models that the responses of the operations lead to, by class name.

    Raises:
        GenerationError: a response is JSON and no object, or a property's schema allows what cannot be read leniently.
    """
    models: dict[str, ModelProperty] = {model.class_info.name: model for model in data.models}
    classes = [info.class_info for info in (*data.models, *data.enums)]
    _check_classes(classes)
    by_reference = {model.name.get_untrusted_value(): model for model in data.models}
    taken = TAKEN_NAMES | {info.name for info in classes}
    found: dict[str, ReplyModel] = {}
    bases: dict[str, list[str]] = {}

    def add(name: str) -> None:
        if name in found:
            return
        bases[name] = _bases(models[name], by_reference)
        for base in bases[name]:  # before the fields, because what is wrong with one is the base's fault
            add(base)
        found[name] = ReplyModel(name, _fields(models[name], by_reference, taken))
        for prop in properties_of(models[name]):
            for other in _led_to(prop):
                add(other)

    for name in _response_models(data):
        add(name)
    return inheriting(found, bases, {info.name: EnumClass(info.name, info.module_name) for info in classes})


def _check_classes(classes: list[Class]) -> None:
    """Raise GenerationError if two classes would share a module, or one would hide a name of its module."""
    modules = Counter(info.module_name for info in classes)
    for info in classes:
        if info.name in TAKEN_CLASSES:
            raise GenerationError(f"{info.name}: a schema of this name is not supported: its class would hide another")
        if modules[info.module_name] > 1:
            alike = ", ".join(sorted(other.name for other in classes if other.module_name == info.module_name))
            raise GenerationError(f"{alike}: more than one of these schemas would be {info.module_name}.py")


def _bases(model: ModelProperty, by_reference: Mapping[str, ModelProperty]) -> list[str]:
    """Return the class names of the references in a model's allOf, each once."""
    found = []
    for part in model.data.allOf:
        if isinstance(part, Reference):
            reference = part.ref.get_untrusted_value()
            if (base := by_reference.get(reference.removeprefix("#"))) is None:
                raise GenerationError(f"{model.class_info.name}: allOf: {reference} has no class of its own")
            found.append(str(base.class_info.name))
        elif any(_has_properties(branch) for branch in (*part.anyOf, *part.oneOf)):
            raise GenerationError(
                f"{model.class_info.name}: allOf: a part with alternatives is not supported in a reply"
            )
    return list(dict.fromkeys(found))


def _has_properties(schema: Reference | Schema) -> bool:
    return isinstance(schema, Reference) or bool(schema.properties)


def inheriting(
    found: dict[str, ReplyModel], bases: dict[str, list[str]], classes: dict[str, EnumClass]
) -> dict[str, ReplyModel]:
    """Return the models with their bases.

    Raises:
        GenerationError: a field of a base is another in the model.
    """
    ancestors: dict[str, set[str]] = {}

    def ancestors_of(name: str) -> set[str]:
        if name not in ancestors:
            ancestors[name] = {*bases[name], *(far for near in bases[name] for far in ancestors_of(near))}
        return ancestors[name]

    nearest = {
        name: [base for base in bases[name] if not any(base in ancestors_of(other) for other in bases[name])]
        for name in found
    }
    without_slots = {far for near in nearest.values() for base in near[1:] for far in (base, *ancestors_of(base))}
    return {
        name: replace(
            model,
            bases=tuple(classes[base] for base in nearest[name]),
            own=_own(model, [found[base] for base in nearest[name]]),
            slotted=name not in without_slots,
        )
        for name, model in found.items()
    }


def _own(model: ReplyModel, bases: list[ReplyModel]) -> tuple[Field, ...]:
    inherited = {field.wire_name: (field.name, field.annotation) for base in bases for field in base.fields}
    for field in model.fields:
        if inherited.get(field.wire_name, (field.name, field.annotation)) != (field.name, field.annotation):
            raise GenerationError(f"{field.where}: another type or name than in the schema that {model.name} extends")
    return tuple(field for field in model.fields if field.wire_name not in inherited)


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


def properties_of(model: ModelProperty) -> list[PropertyProtocol]:
    """Return the properties of a model, with those of its bases; required ones first."""
    return [*(model.required_properties or []), *(model.optional_properties or [])]


def _fields(model: ModelProperty, bases: Mapping[str, ModelProperty], taken: frozenset[str]) -> tuple[Field, ...]:
    """Return the fields of a model; one whose name is taken ends in an underscore."""
    fields = []
    for prop in properties_of(model):
        wire_name = prop.name.get_untrusted_value()
        where = f"{model.class_info.name}.{wire_name}"
        name = f"{prop.python_name}_" if prop.python_name in taken else str(prop.python_name)
        kind = _kind(prop, where)
        description = prop.description.get_untrusted_value() if prop.description else wire_name
        holds_json = kind == TEXT and _holds_json(model, prop.name, bases)
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
        return Kind(f"{enum.name} | str", f"_read_{enum.module_name}", "enum", (enum,))
    if isinstance(prop, ModelProperty):
        name = f"_models.{prop.class_info.name}"
        return Kind(name, name, "model")
    if isinstance(prop, ListProperty):
        inner = _kind(prop.inner_property, where)
        if inner.is_list or any(part.is_list for part in inner.parts):
            inner = inner if _holds_models(inner) else ANYTHING
        shape = "models" if inner.shape == "model" else "list"
        return Kind(f"list[{inner.annotation}]", inner.reader, shape, inner.enums, (inner,))
    if isinstance(prop, UnionProperty):
        return _union(
            {_kind(inner, where) for inner in prop.inner_properties if not isinstance(inner, NoneProperty)}, where
        )
    raise GenerationError(f"{where}: {_words(prop)} is not supported in a reply")


def _holds_models(kind: Kind) -> bool:
    return kind.shape in ("model", "models") or any(_holds_models(part) for part in kind.parts)


# The order in which the kinds of a union are tried; text is last, because it fits the most.
UNION_ORDER = ("boolean", "other", "integer", "timestamp", "enum", "text", "digits", "model", "models", "list")


def _union(kinds: set[Kind], where: str) -> Kind:
    """Return how values of several kinds are read.

    Raises:
        GenerationError: two kinds are objects, arrays or enums: which of them a value is cannot be told.
    """
    if ANYTHING in kinds or not kinds:
        return ANYTHING
    if any(kind.shape == "enum" for kind in kinds):
        kinds = kinds - {TEXT}  # every enum of a reply is open
    for pair, both in UNIONS.items():
        if pair <= kinds:
            kinds = kinds - pair | {both}
    parts = sorted(kinds, key=lambda kind: (UNION_ORDER.index(kind.shape), kind.annotation))
    if len(parts) == 1:
        return parts[0]
    alike = Counter("list" if part.is_list else part.shape for part in parts)
    if max(alike["model"], alike["list"], alike["enum"]) > 1:
        names = ", ".join(sorted(part.annotation.replace("_models.", "") for part in parts))
        raise GenerationError(f"{where}: a value that may be any of {names} is not supported in a reply")
    annotation = " | ".join(dict.fromkeys(name for part in parts for name in part.annotation.split(" | ")))
    return Kind(annotation, "", "union", tuple(enum for part in parts for enum in part.enums), tuple(parts))


def _words(prop: PropertyProtocol) -> str:
    """Describe a property type that replies cannot have."""
    if isinstance(prop, EnumProperty):
        return "an enum of numbers"
    return f"a value of this kind ({type(prop).__name__.removesuffix('Property').lower()})"


def _holds_json(model: ModelProperty, name: UntrustedString, bases: Mapping[str, ModelProperty]) -> bool:
    """Return whether a property's schema, the model's own or that of a base, says that its text is JSON."""
    for part in (model.data, *model.data.allOf):
        if isinstance(part, Reference):
            if _holds_json(bases[part.ref.get_untrusted_value().removeprefix("#")], name, bases):
                return True
        elif _says_json((part.properties or {}).get(name)):
            return True
    return False


def _says_json(schema: Reference | Schema | None) -> bool:
    if schema is None or isinstance(schema, Reference):
        return False
    if (schema.model_extra or {}).get("contentMediaType") == "application/json":
        return True
    return any(map(_says_json, (*schema.allOf, *schema.anyOf, *schema.oneOf)))
