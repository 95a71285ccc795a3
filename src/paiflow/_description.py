"""An OpenAPI description as a document: its operations, its responses, its references, and the places of its nodes.

A place is the keys that lead from the root to a node; a JSON pointer, `#/paths/~1api`, is a place as text.
Nothing here needs a third party's package, and nothing changes the document.

Sources: OpenAPI 3.1.1; JSON pointers, RFC 6901, section 6 (as a fragment of a URI).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from paiflow.errors import PaiFlowError

Place = tuple[str | int, ...]

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

EFFECTIVE: Final = "paiflow_api/openapi.yaml"
"""What errors call the description that the client was generated from."""

_JSON: Final = re.compile(r"(?i)application/(?:[\w.+-]+\+)?json(?:\s*;.*)?")


class DescriptionError(PaiFlowError, ValueError):
    """A description that cannot be used: one line that names it and the place."""

    exit_code = 2


def pointer_to(*keys: str | int, within: str = "#") -> str:
    """Return the JSON pointer of what the keys lead to, from the root or from another pointer."""
    return "/".join([within, *(str(key).replace("~", "~0").replace("/", "~1") for key in keys)])


def reference_to(*keys: str | int, within: str = "") -> str:
    """Return the `$ref` that names what the keys lead to: a pointer as the fragment of a URI, `{` and `}` escaped."""
    return f"{within}#{quote(pointer_to(*keys, within=''), safe='/~')}"


def keys_of(reference: str) -> list[str]:
    """Return the keys that a JSON pointer, or a `$ref`, names."""
    return [key.replace("~1", "/").replace("~0", "~") for key in unquote(reference).split("/")[1:]]


def name_of(reference: str) -> str:
    """Return the name of the component that a `$ref` names: its last key."""
    return keys_of(reference)[-1] if "/" in reference else reference


def place_of(document: Any, reference: str) -> Place:
    """Return the place in a document that a `$ref` names.

    Raises:
        LookupError: it leads out of the document, or nowhere; says which, in words.
    """
    if not reference.startswith("#/"):
        raise LookupError(f"$ref {reference} leads out of the description: bundle it first")
    place: Place = ()
    for name in keys_of(reference):
        key = int(name) if isinstance(document, list) and name.isdecimal() else name
        try:
            document = document[key]
        except (KeyError, IndexError, TypeError):
            raise LookupError(f"$ref {reference} names nothing in the description") from None
        place += (key,)
    return place


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation of a description.

    Attributes:
        method: in upper case.
        path: with its templates, such as `/api/v1/pipelineruns/{PipelineRunId}`.
        place: where it stands.
        node: what stands there.
        item: its path's item, which says what all of its operations have: parameters, servers.
    """

    method: str
    path: str
    place: Place
    node: dict[str, Any]
    item: dict[str, Any]

    @property
    def title(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"

    @property
    def name(self) -> str:
        """The operationId, or method and path where it has none."""
        return str(self.node.get("operationId") or self.title)

    @property
    def parameters(self) -> list[Any]:
        """All parameters; of two that are one, its own stands last."""
        return [*self.item.get("parameters", []), *self.node.get("parameters", [])]


class Description:
    """An OpenAPI 3.1 description.

    Args:
        document: the whole description, as plain dicts and lists.
        source: what errors call it.

    Raises:
        DescriptionError: it is no OpenAPI 3.1.
    """

    def __init__(self, document: Any, source: str = "the description") -> None:
        version = document.get("openapi") if isinstance(document, dict) else None
        if not isinstance(version, str) or not version.startswith("3.1."):
            what = "no OpenAPI description" if version is None else f"OpenAPI {version}"
            raise DescriptionError(f"{source}: {what}; an OpenAPI 3.1 description is expected")
        self.document: dict[str, Any] = document
        self.source = source

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """All operations, in the order of the paths."""
        return tuple(self.operations_of(self.document.get("paths"), ("paths",)))

    def operations_of(self, items: Any, place: Place = ()) -> Iterator[Operation]:
        """Yield the operations of path items: of `paths`, `webhooks` or a callback."""
        for path, written in items.items() if isinstance(items, dict) else ():
            if not str(path).startswith("x-"):
                item, where = self.resolved(written, (*place, path))
                for method in METHODS:
                    if isinstance(item, dict) and isinstance(node := item.get(method), dict):
                        yield Operation(method.upper(), path, (*where, method), node, item)

    @cached_property
    def by_name(self) -> dict[str, Operation]:
        """The operations by their names; of two that share one, the first."""
        return {operation.name: operation for operation in reversed(self.operations)}

    def find(self, method: str, path: str) -> Operation | None:
        """Return the operation of a method and a URL's path, None for none; the one with the fewest templates wins."""
        candidates = [one for one in self.operations if one.method == method.upper()]
        for operation in sorted(candidates, key=lambda one: one.path.count("{")):
            if any(_matches(base + operation.path, path) for base in self._bases(operation)):
                return operation
        return None

    def link(self, operation: Operation) -> str | None:
        """Return the link to an operation's documentation, or to that of the whole description."""
        for node in (operation.node, self.document):
            documentation = node.get("externalDocs")
            url = documentation.get("url") if isinstance(documentation, dict) else None
            if isinstance(url, str) and url.startswith("https://"):
                return url
        return None

    def responses(self, operation: Operation) -> dict[str, Place]:
        """Return the places of an operation's responses, as the operation writes them, by status."""
        responses = operation.node.get("responses")
        place = (*operation.place, "responses")
        return {str(status): (*place, status) for status in responses} if isinstance(responses, dict) else {}

    def response(self, operation: Operation, status: int) -> str | None:
        """Return the key of the response that describes a status, None where none does."""
        keys = (str(status), f"{status // 100}XX", "default")
        return next((key for key in keys if key in self.responses(operation)), None)

    def json_schema(self, message: Place) -> Place | None:
        """Return the place of the schema of a response's or a request's JSON, None where it has none."""
        node, place = self.resolved(self.at(message), message)
        content = node.get("content") if isinstance(node, dict) else None
        for media_type, media in content.items() if isinstance(content, dict) else ():
            if _JSON.fullmatch(media_type) and isinstance(media, dict) and "schema" in media:
                return (*place, "content", media_type, "schema")
        return None

    def component(self, kind: str, name: str) -> Any:
        """Return a component, None for none."""
        return self.document.get("components", {}).get(kind, {}).get(name)

    def at(self, place: Place) -> Any:
        """Return the node at a place.

        Raises:
            DescriptionError: there is none.
        """
        node: Any = self.document
        try:
            for key in place:
                node = node[key]
        except (KeyError, IndexError, TypeError):
            raise DescriptionError(f"{self.source}: there is nothing at {pointer_to(*place)}") from None
        return node

    def place_of(self, reference: str) -> Place:
        """Return the place that a `$ref` names.

        Raises:
            DescriptionError: it leads out of the description, or nowhere.
        """
        try:
            return place_of(self.document, reference)
        except LookupError as error:
            raise DescriptionError(f"{self.source}: {error.args[0]}") from None

    def target(self, reference: str) -> Any:
        """Return the node that a `$ref` names.

        Raises:
            DescriptionError: it leads out of the description, or nowhere.
        """
        return self.at(self.place_of(reference))

    def resolved(self, node: Any, place: Place = ()) -> tuple[Any, Place]:
        """Return a node with its references resolved, and its place.

        What stands beside a `$ref` wins over what it names: so a description does, which is all that OpenAPI allows
        there but for schemas, whose references are followed in another way.

        Raises:
            DescriptionError: a reference leads out of the description, nowhere, or in a circle.
        """
        beside: dict[str, Any] = {}
        seen = set()
        while isinstance(node, dict) and isinstance(reference := node.get("$ref"), str):
            if reference in seen:
                raise DescriptionError(f"{self.source}: $ref {reference} leads back to itself")
            seen.add(reference)
            beside = {key: value for key, value in node.items() if key != "$ref"} | beside
            place = self.place_of(reference)
            node = self.at(place)
        return ({**node, **beside} if beside and isinstance(node, dict) else node), place

    def _bases(self, operation: Operation) -> Iterator[str]:
        """Yield the base paths of an operation's servers."""
        yield ""
        for node in (operation.node, operation.item, self.document):
            for server in node.get("servers") or []:
                yield urlsplit(str(server.get("url", ""))).path.rstrip("/")


def effective_text() -> str:
    """Return the description that the client was generated from, with all overlays applied, as YAML."""
    return resources.files("paiflow_api").joinpath("openapi.yaml").read_text(encoding="utf-8")


def _matches(template: str, path: str) -> bool:
    """Whether a path of a URL, percent-encoded, is one of those that a template stands for."""
    patterns = [re.sub(r"\\\{.*?\\\}", ".+", re.escape(segment)) for segment in template.split("/")]
    segments = path.split("/")
    return len(patterns) == len(segments) and all(
        re.fullmatch(pattern, unquote(segment), re.DOTALL) for pattern, segment in zip(patterns, segments, strict=True)
    )


def template_values(template: list[str], segments: list[str]) -> dict[str, str] | None:
    """Return the values of a path template's parameters, None if a path does not fit it. An empty segment fits nothing.

    Args:
        template: its segments, such as `["api", "v1", "pipelineruns", "{PipelineRunId}"]`.
        segments: those of the path.
    """
    if len(template) != len(segments):
        return None
    values = {}
    for name, segment in zip(template, segments, strict=True):
        if name.startswith("{") and segment:
            values[name[1:-1]] = segment
        elif name != segment:
            return None
    return values
