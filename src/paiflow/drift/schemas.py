"""The schemas of a description, each with its place: what replies are judged by.

An overlay's target is written from a place. Schemas are looked at when a reply leads to them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openapi_schema_validator import oas31_format_checker
from openapi_spec_validator import OpenAPIV31SpecValidator

from paiflow import _yaml
from paiflow._description import EFFECTIVE, Description, DescriptionError, Operation, Place, effective_text
from paiflow.drift.kinds import ALL_KINDS, OF_TYPE, SCALARS

# Keywords that jsonschema judges by themselves, and the kinds of value that each is about; None for all.
_NUMBERS: Final = frozenset({"integer", "number"})
LEAVES: Final[dict[str, frozenset[str] | None]] = {
    "enum": None,
    "const": None,
    "not": None,
    "format": None,
    **dict.fromkeys(("minLength", "maxLength", "pattern"), frozenset({"string"})),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), _NUMBERS),
    **dict.fromkeys(("minItems", "maxItems", "uniqueItems", "contains", "unevaluatedItems"), frozenset({"array"})),
    **dict.fromkeys(("minProperties", "maxProperties", "propertyNames", "dependentRequired"), frozenset({"object"})),
}
# Keywords that lead to other schemas, or say what an object holds; `type` is judged with them.
APPLICATORS: Final = frozenset(
    {"$ref", "allOf", "anyOf", "oneOf", "if", "properties", "patternProperties", "additionalProperties", "required"}
    | {"dependentSchemas", "unevaluatedProperties", "items", "prefixItems"}
)
# What makes a text one of certain texts, rather than any.
_SPECIFIC: Final = frozenset({"enum", "const", "not", "format", "maxLength", "pattern", "anyOf", "oneOf", "if"})

Judge = Callable[[Any, Any], bool]


class Schema:
    """A schema at its place.

    Attributes:
        place: the keys that lead to it.
        value: the schema itself, an object or a boolean.
        keywords: those of an object.
        fitting_texts: some of the texts that do not depart from it, so that frequent ones are judged once.
    """

    def __init__(self, description: Schemas, place: Place) -> None:
        """Look at the schema at `place`; use `Schemas.schema`, which does so once."""
        self.place = place
        self.value: Any = description.at(place)
        self.keywords: frozenset[str] = frozenset(self.value if isinstance(self.value, dict) else ())
        if "$dynamicRef" in self:
            raise DescriptionError(f"{description.source}: {json_path(place)}: $dynamicRef is not followed")
        self._description = description
        self._parts: dict[tuple[str | int, ...], Schema] = {}
        self._leaves: dict[str, list[tuple[str, Judge]]] = {}
        self.fitting_texts: set[str] = set()

    @cached_property
    def all_of(self) -> list[Schema]:
        """The parts of its `allOf`."""
        return self.parts("allOf")

    @cached_property
    def unions(self) -> list[tuple[str, list[Schema]]]:
        """Its `anyOf` and `oneOf`, where they are there, with their alternatives."""
        return [(keyword, self.parts(keyword)) for keyword in ("anyOf", "oneOf") if keyword in self]

    @cached_property
    def properties(self) -> dict[str, Schema]:
        """The schemas of the fields that it lists."""
        return {name: self.part("properties", name) for name in self.value.get("properties") or ()}

    def __contains__(self, keyword: str) -> bool:
        return keyword in self.keywords

    def part(self, *keys: str | int) -> Schema:
        """Return the schema within this one that the keys lead to."""
        if (found := self._parts.get(keys)) is None:
            found = self._parts[keys] = self._description.schema(self.place + keys)
        return found

    def parts(self, keyword: str) -> list[Schema]:
        """Return the schemas that a keyword lists; none where it is not there."""
        return [self.part(keyword, index) for index in range(len(self.value[keyword]))] if keyword in self else []

    @cached_property
    def reference(self) -> Schema | None:
        """The schema that its `$ref` leads to; None where there is none."""
        if "$ref" not in self:
            return None
        return self._description.schema(self._description.place_of(str(self.value["$ref"])))

    @property
    def taken_over(self) -> list[Schema]:
        """Those that apply to its values in any case: that of its `$ref`, and the parts of its `allOf`."""
        return [*([self.reference] if self.reference else []), *self.all_of]

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of value that it allows; whatever leads back to itself restricts nothing."""
        return self._kinds(frozenset())

    def _kinds(self, above: frozenset[Place]) -> frozenset[str]:
        if not isinstance(self.value, dict) or self.place in above:
            return frozenset() if self.value is False else ALL_KINDS
        above |= {self.place}
        kinds = self.own_kinds
        for part in self.taken_over:
            kinds &= part._kinds(above)
        for _, parts in self.unions:
            kinds &= frozenset().union(*(part._kinds(above) for part in parts))
        return kinds

    @cached_property
    def own_kinds(self) -> frozenset[str]:
        """The kinds that its own `type` allows."""
        types = self.value.get("type") if isinstance(self.value, dict) else None
        if types is None:
            return ALL_KINDS
        return frozenset().union(*(OF_TYPE.get(one, ()) for one in ([types] if isinstance(types, str) else types)))

    @cached_property
    def is_plain(self) -> bool:
        """Whether the kind is all that it says of a value."""
        return not isinstance(self.value, dict) or not (self.value.keys() & (APPLICATORS | LEAVES.keys()))

    @cached_property
    def free_kinds(self) -> frozenset[str]:
        """The kinds of scalar of which no value departs from it."""
        return self._free_kinds(frozenset())

    def _free_kinds(self, above: frozenset[Place]) -> frozenset[str]:
        if not isinstance(self.value, dict) or self.place in above or "if" in self:
            return SCALARS if self.value is True else frozenset()
        above |= {self.place}
        free = frozenset(kind for kind in SCALARS & self.own_kinds if not self.leaves(kind))
        for part in self.taken_over:
            free &= part._free_kinds(above)
        for keyword, parts in self.unions:
            # Of oneOf one only may fit; an enum among alternatives is for the walk.
            alone = [kind for kind in free if keyword == "anyOf" or sum(kind in part.kinds for part in parts) == 1]
            free &= frozenset(alone) & frozenset().union(*(part._free_kinds(above) for part in parts))
            if any(part.enum_of_texts for part in parts):
                free -= {"string"}
        return free

    def leaves(self, kind: str) -> list[tuple[str, Judge]]:
        """Return the keywords that are to be judged by themselves for a kind, each with a function: does a value fit?"""
        if (found := self._leaves.get(kind)) is None:
            found = self._leaves[kind] = [
                (keyword, self._description.judge(keyword))
                for keyword in self.value
                if keyword in LEAVES and ((about := LEAVES[keyword]) is None or kind in about)
            ]
        return found

    @cached_property
    def enum_of_texts(self) -> Schema | None:
        """The schema, this or one that it takes over, that lists known texts."""
        if not isinstance(self.value, dict):
            return None
        if any(isinstance(value, str) for value in self.value.get("enum", ())):
            return self
        return next((found for part in self.taken_over if (found := part.enum_of_texts)), None)

    @cached_property
    def takes_any_text(self) -> bool:
        """Whether it allows texts, and does not say which."""
        if not isinstance(self.value, dict):
            return self.value is True
        if "string" not in self.kinds or self.value.keys() & _SPECIFIC:
            return False
        return all(part.takes_any_text for part in self.taken_over)


class Schemas(Description):
    """A description by whose schemas replies are judged.

    Args:
        document: the whole description, as plain dicts and lists.
        source: what errors call it.

    Raises:
        DescriptionError: it is no OpenAPI 3.1, or has no operation.
    """

    def __init__(self, document: Any, source: str = "the description") -> None:
        super().__init__(document, source)
        self._schemas: dict[Place, Schema] = {}
        self._judges: dict[str, Judge] = {}
        # References within the document resolve from here, whichever part of it is judged by.
        self._root = Draft202012Validator(document, format_checker=oas31_format_checker)
        if not self.operations:
            raise DescriptionError(f"{source}: no operation in it")

    def schema(self, place: Place) -> Schema:
        """Return the schema at a place."""
        if (found := self._schemas.get(place)) is None:
            found = self._schemas[place] = Schema(self, place)
        return found

    def judge(self, keyword: str) -> Judge:
        """Return a function of a keyword's schema and a value: does the value fit what the keyword asks?"""
        if (found := self._judges.get(keyword)) is None:
            errors = Draft202012Validator.VALIDATORS[keyword]

            def fits(schema: Any, value: Any) -> bool:
                return next(iter(errors(self._root, schema[keyword], value, schema) or ()), None) is None

            found = self._judges[keyword] = fits
        return found

    def body(self, message: Place) -> Schema | None:
        """Return the schema of a response's JSON, None where it has none."""
        place = self.json_schema(message)
        return None if place is None else self.schema(place)

    def described(self, operation: Operation, status: int) -> tuple[str, Schema | None] | None:
        """Return the key of the response that describes a status, with the schema of its JSON; None where none does."""
        key = self.response(operation, status)
        return None if key is None else (key, self.body(self.responses(operation)[key]))


def load(path: str | None = None) -> Schemas:
    """Return the description in a file; without a path the effective description that the client was generated from.

    Raises:
        DescriptionError, paiflow._yaml.YamlError: it cannot be read, or is not valid OpenAPI 3.1.
    """
    if path is None:
        return Schemas(_yaml.load(effective_text(), EFFECTIVE), EFFECTIVE)
    description = Schemas(_yaml.load_file(path), Path(path).name)
    for fault in faults(description.document):
        raise DescriptionError(f"{description.source}: not valid: {fault}")
    return description


def faults(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is not OpenAPI 3.1 in a document."""
    for error in OpenAPIV31SpecValidator(document).iter_errors():
        yield f"{json_path(tuple(error.absolute_path))}: {' '.join(error.message.split()):.200}"


def json_path(place: Place) -> str:
    """Return a place as a JSONPath of RFC 9535."""
    return "$" + "".join(map(_step, place))


def quoted(text: str) -> str:
    """Return a text as a string literal of a JSONPath."""
    escaped = re.sub(
        r"[\x00-\x1f\x7f]|[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text.replace("\\", "\\\\")
    )
    return "'" + escaped.replace("'", "\\'") + "'"


def _step(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key}" if re.fullmatch(r"[A-Za-z_][0-9A-Za-z_]*", key) else f"[{quoted(key)}]"
