"""A description as what replies are judged by: its operations, their responses, and its schemas with their places.

A place is the keys that lead from the document's root to a node; an overlay's target is written from it.
Nothing here changes the document; schemas are looked at when a reply leads to them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import attrs
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openapi_schema_validator import oas31_format_checker
from openapi_spec_validator import OpenAPIV31SpecValidator

from paiflow import _yaml
from paiflow.drift.kinds import ALL_KINDS, OF_TYPE
from paiflow.errors import PaiFlowError

Place = tuple[str | int, ...]

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

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


class DescriptionError(PaiFlowError, ValueError):
    """A description by which no reply can be judged: one line that names it and the place."""

    exit_code = 2


@attrs.frozen
class Operation:
    """One operation: its operationId (or method and path), and where it stands. `link` leads to its documentation."""

    name: str
    method: str
    path: str
    place: Place
    link: str | None


class Schema:
    """A schema at its place.

    Attributes:
        place: the keys that lead to it.
        value: the schema itself, an object or a boolean.
    """

    def __init__(self, description: Description, place: Place) -> None:
        """Look at the schema at `place`; use `Description.schema`, which does so once."""
        self.place = place
        self.value: Any = description.at(place)
        if "$dynamicRef" in self:
            raise DescriptionError(f"{description.source}: {json_path(place)}: $dynamicRef is not followed")
        self._description = description
        self._parts: dict[tuple[str | int, ...], Schema] = {}
        self._leaves: dict[str, list[tuple[str, Judge]]] = {}

    def __contains__(self, keyword: str) -> bool:
        return isinstance(self.value, dict) and keyword in self.value

    def part(self, *keys: str | int) -> Schema:
        """Return the schema within this one that the keys lead to."""
        if (found := self._parts.get(keys)) is None:
            found = self._parts[keys] = self._description.schema(self.place + keys)
        return found

    def parts(self, keyword: str) -> list[Schema]:
        """Return the schemas that a keyword lists; none where it is not there."""
        return [self.part(keyword, index) for index in range(len(self.value[keyword]))] if keyword in self else []

    @cached_property
    def target(self) -> Schema:
        """The schema that its `$ref` leads to."""
        return self._description.schema(self._description.place_of(self.value["$ref"], self.place))

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of value that it allows; whatever leads back to itself restricts nothing."""
        return self._kinds(frozenset())

    def _kinds(self, above: frozenset[Place]) -> frozenset[str]:
        if not isinstance(self.value, dict) or self.place in above:
            return frozenset() if self.value is False else ALL_KINDS
        above |= {self.place}
        kinds = self.own_kinds
        if "$ref" in self.value:
            kinds &= self.target._kinds(above)
        for part in self.parts("allOf"):
            kinds &= part._kinds(above)
        for keyword in ("anyOf", "oneOf"):
            if keyword in self.value:
                kinds &= frozenset().union(*(part._kinds(above) for part in self.parts(keyword)))
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
        taken_over = [*([self.target] if "$ref" in self.value else []), *self.parts("allOf")]
        return next((found for part in taken_over if (found := part.enum_of_texts)), None)

    @cached_property
    def takes_any_text(self) -> bool:
        """Whether it allows texts, and does not say which."""
        if not isinstance(self.value, dict):
            return self.value is True
        if "string" not in self.kinds or self.value.keys() & _SPECIFIC:
            return False
        return all(part.takes_any_text for part in self.parts("allOf")) and (
            "$ref" not in self.value or self.target.takes_any_text
        )


class Description:
    """An OpenAPI 3.1 description.

    Args:
        document: the whole description, as plain dicts and lists.
        source: what errors call it.

    Raises:
        DescriptionError: it is no OpenAPI 3.1, or has no operation.
    """

    def __init__(self, document: Any, source: str = "the description") -> None:
        if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3.1"):
            raise DescriptionError(f"{source}: not an OpenAPI 3.1 description")
        self.document: dict[str, Any] = document
        self.source = source
        self._schemas: dict[Place, Schema] = {}
        self._judges: dict[str, Judge] = {}
        # References within the document resolve from here, whichever part of it is judged by.
        self._root = Draft202012Validator(document, format_checker=oas31_format_checker)
        self.operations = tuple(self._operations())
        if not self.operations:
            raise DescriptionError(f"{source}: no operation in it")

    def _operations(self) -> Iterator[Operation]:
        paths = self.document.get("paths")
        for path, item in paths.items() if isinstance(paths, dict) else ():
            for method in _METHODS:
                if isinstance(item, dict) and isinstance(operation := item.get(method), dict):
                    name = operation.get("operationId") or f"{method.upper()} {path}"
                    yield Operation(str(name), method.upper(), path, ("paths", path, method), self._link(operation))

    def _link(self, operation: Mapping[str, Any]) -> str | None:
        for node in (operation, self.document):
            documentation = node.get("externalDocs")
            url = documentation.get("url") if isinstance(documentation, dict) else None
            if isinstance(url, str) and url.startswith("https://"):
                return url
        return None

    def at(self, place: Place) -> Any:
        """Return the node at a place."""
        node: Any = self.document
        try:
            for key in place:
                node = node[key]
        except (KeyError, IndexError, TypeError):
            raise DescriptionError(f"{self.source}: there is nothing at {json_path(place)}") from None
        return node

    def schema(self, place: Place) -> Schema:
        """Return the schema at a place."""
        if (found := self._schemas.get(place)) is None:
            found = self._schemas[place] = Schema(self, place)
        return found

    def place_of(self, reference: Any, where: Place) -> Place:
        """Return the place that a `$ref` leads to.

        Raises:
            DescriptionError: it leads out of the document, or nowhere.
        """
        document, found, pointer = str(reference).partition("#/")
        if document or not found:
            raise DescriptionError(
                f"{self.source}: {json_path(where)}: $ref {reference}: only references within the document (#/…) are followed"
            )
        place: Place = ()
        for key in unquote(pointer).split("/"):
            key = key.replace("~1", "/").replace("~0", "~")  # noqa: PLW2901 - the same key, as it is spelt
            node = self.at(place)
            place += (int(key) if isinstance(node, list) and key.isdecimal() else key,)
        self.at(place)
        return place

    def resolved(self, place: Place) -> Place:
        """Return where the node at a place really stands: what its `$ref`, if it is one, leads to."""
        seen = {place}
        while isinstance(node := self.at(place), dict) and "$ref" in node:
            place = self.place_of(node["$ref"], place)
            if place in seen:
                raise DescriptionError(f"{self.source}: {json_path(place)}: a $ref that leads back to itself")
            seen.add(place)
        return place

    def judge(self, keyword: str) -> Judge:
        """Return a function of a keyword's schema and a value: does the value fit what the keyword asks?"""
        if (found := self._judges.get(keyword)) is None:
            errors = Draft202012Validator.VALIDATORS[keyword]

            def fits(schema: Any, value: Any) -> bool:
                return next(iter(errors(self._root, schema[keyword], value, schema) or ()), None) is None

            found = self._judges[keyword] = fits
        return found

    def fits(self, schema: Schema, value: Any) -> bool:
        """Return whether a value fits a schema, by jsonschema's word alone."""
        return bool(self._root.evolve(schema=schema.value).is_valid(value))

    def find(self, method: str, path: str) -> Operation | None:
        """Return the operation of a method and a path; one whose path has no templates wins."""
        for literal in (True, False):
            for operation in self.operations:
                if operation.method == method.upper() and ("{" not in operation.path) is literal:
                    for base in self._bases:
                        if _matches(base + operation.path, path):
                            return operation
        return None

    @cached_property
    def _bases(self) -> tuple[str, ...]:
        """What the servers of the description put before its paths."""
        servers = self.document.get("servers")
        urls = [server.get("url", "") for server in servers if isinstance(server, dict)] if servers else []
        return tuple(dict.fromkeys(["", *(urlsplit(str(url)).path.rstrip("/") for url in urls)]))

    def responses(self, operation: Operation) -> dict[str, Place]:
        """Return the places of an operation's responses, as the operation writes them, by status."""
        place = (*operation.place, "responses")
        responses = self.document["paths"][operation.path][operation.place[-1]].get("responses")
        return {str(status): (*place, status) for status in responses} if isinstance(responses, dict) else {}

    def response(self, operation: Operation, status: int) -> tuple[str, Schema | None] | None:
        """Return the key of the response that describes a status, with the schema of its JSON; None where none does."""
        responses = self.responses(operation)
        for key in (str(status), f"{status // 100}XX", "default"):
            if key in responses:
                return key, self.body(responses[key])
        return None

    def body(self, response: Place) -> Schema | None:
        """Return the schema of a response's JSON, None where it has none."""
        place = self.resolved(response)
        content = self.at(place).get("content")
        for media_type in content if isinstance(content, dict) else ():
            if re.fullmatch(r"(?i)application/(?:[\w.+-]+\+)?json(?:\s*;.*)?", media_type):
                media = content[media_type]
                if isinstance(media, dict) and "schema" in media:
                    return self.schema((*place, "content", media_type, "schema"))
        return None


def load(path: str | None = None) -> Description:
    """Return the description in a file; without a path the effective description that the client was generated from.

    Raises:
        DescriptionError, paiflow._yaml.YamlError: it cannot be read, or is not valid OpenAPI 3.1.
    """
    if path is None:
        source = "paiflow_api/openapi.yaml"
        text = resources.files("paiflow_api").joinpath("openapi.yaml").read_text(encoding="utf-8")
        return Description(_yaml.load(text, source), source)
    description = Description(_yaml.load_file(path), Path(path).name)
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


def _matches(template: str, path: str) -> bool:
    if "{" not in template:
        return template == path
    pattern = re.sub(r"\\\{[^/]*?\\\}", "[^/]+", re.escape(template))
    return re.fullmatch(pattern, path) is not None
