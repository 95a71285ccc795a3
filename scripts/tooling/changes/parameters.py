"""Compare the parameters of operations, and what parameters and headers hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from paiflow._description import Description
from tooling.changes.context import Comparison
from tooling.changes.keywords import shown
from tooling.changes.shapes import shape
from tooling.changes.verdicts import Side

# How parameters are written where nothing is said; OpenAPI 3.1.1, section 4.8.12.
STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}


def compare(at: Comparison, old: tuple[str, list[Any]], new: tuple[str, list[Any]], name: str, side: Side) -> None:
    """Compare the parameters of two operations.

    Args:
        at: the descriptions.
        old: the operation's path, and its parameters.
        new: the same of the other.
        name: the operation.
        side: whether clients send them.
    """
    before, after = _by_key(at.old, *old), _by_key(at.new, *new)
    for key in dict.fromkeys((*before, *after)):
        one, other = before.get(key), after.get(key)
        parameter = other or one or {}
        place = f"{name} {parameter.get('in')} {parameter.get('name')}"
        if one is None:
            at.tell(side, place, "parameter added, required" if _required(other) else "parameter added")
        elif other is None:
            at.tell(side, place, "parameter removed")
        else:
            _parameter(at, one, other, place, side)


def _by_key(description: Description, path: str, nodes: list[Any]) -> dict[tuple[str, Any], dict[str, Any]]:
    """Return an operation's parameters by what they are on the wire; its own win over its path's."""
    order = re.findall(r"\{([^}]*)\}", path)
    found: dict[tuple[str, Any], dict[str, Any]] = {}
    for node in nodes:
        parameter, _ = description.resolved(node)
        place, name = str(parameter.get("in")), str(parameter.get("name"))
        key = order.index(name) if place == "path" and name in order else name.lower() if place == "header" else name
        found[place, key] = parameter
    return found


def _parameter(at: Comparison, old: dict[str, Any], new: dict[str, Any], place: str, side: Side) -> None:
    if old.get("name") != new.get("name") and old.get("in") == "path":
        at.tell(side, place, "parameter renamed", f"renamed from {old.get('name')}")
    at.demand(side, place, _required(old), _required(new))
    # A setting that does nothing to what is written, now as before, is none.
    types = [_types(found, node) for found, node in ((at.old, old), (at.new, new))]
    for key in ("style", "explode", "allowReserved"):
        before, after = _written(old, key), _written(new, key)
        if before != after and any(map(_matters(key), (old, new), types)):
            at.tell(side, place, "parameter written", f"{key} {shown(before)} → {shown(after)}")
    if (empty := bool(new.get("allowEmptyValue"))) != bool(old.get("allowEmptyValue")):
        at.tell(side, place, "may be empty" if empty else "may not be empty", f"allowEmptyValue {shown(empty)}")
    held(at, old, new, place, side)
    known = {"name", "in", "required", "style", "explode", "allowReserved", "allowEmptyValue", "schema", "content"}
    at.unknown(side, place, old, new, known)


def held(at: Comparison, old: dict[str, Any], new: dict[str, Any], place: str, side: Side) -> None:
    """Compare what parameters or headers hold."""
    (one, one_type), (other, other_type) = _schema_of(old), _schema_of(new)
    if one_type != other_type:
        at.tell(side, place, "parameter written", f"written as {one_type or 'text'} → {other_type or 'text'}")
    at.schemas.compare(one, other, place, side)


def _required(parameter: dict[str, Any] | None) -> bool:
    return bool(parameter and parameter.get("required"))


def _written(parameter: dict[str, Any], key: str) -> Any:
    """Return how a parameter is written, where nothing is said, too."""
    style = parameter.get("style", STYLES.get(str(parameter.get("in"))))
    return {
        "style": style,
        "explode": parameter.get("explode", style == "form"),
        "allowReserved": parameter.get("allowReserved", False),
    }[key]


def _types(description: Description, parameter: dict[str, Any]) -> set[str]:
    """Return the types that a parameter may be of; a list of one item at most is written as that item."""
    facets = shape(description, _schema_of(parameter)[0]).facets
    branches = facets["array"].branches if "array" in facets else ()
    short = branches and all(branch.keywords.get("maxItems", 2) < 2 for branch in branches)
    return set(facets) - ({"array"} if short else set())


def _matters(key: str) -> Callable[[dict[str, Any], set[str]], bool]:
    """Return whether a setting does something to what values of some types are written as."""

    def explodes(parameter: dict[str, Any], types: set[str]) -> bool:
        separated = _written(parameter, "style") != "simple"
        return "object" in types or ("array" in types and separated)

    def quotes(parameter: dict[str, Any], types: set[str]) -> bool:
        return parameter.get("in") == "query" and bool(types - {"number", "boolean", "null"})

    return {"explode": explodes, "allowReserved": quotes}.get(key, lambda *_: True)


def _schema_of(node: dict[str, Any]) -> tuple[Any, str]:
    """Return the schema of a parameter or header, and the media type it is written as, "" for none."""
    for media_type, content in node.get("content", {}).items():
        return content.get("schema", True), media_type(media_type)
    return node.get("schema", True), ""
