"""Apply OpenAPI Overlay documents, 1.0 and 1.1, to a description.

`apply` is pure: it takes and gives plain dicts and lists, and shares nothing with what it was given.
`apply_files` reads files. Targets are RFC 9535 JSONPath and nothing more.

Stricter than the specification by default: an action whose target matches nothing, or that changes
nothing, is an error, because in a maintained set of overlays it means that the description has moved on.
So is a name in a target's union, as in $['a', 'b'], without which the target would match the same.
`lenient=True` accepts all that, as the specification does.

Where the text leaves something open, or its JSON schema says otherwise, the choice is told where it is made.

Source: OpenAPI Overlay Specification 1.1.0 and 1.0.0, https://spec.openapis.org/overlay/v1.1.0.html.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from jsonpath import CompoundJSONPath, JSONPath, JSONPathEnvironment
from jsonpath.exceptions import JSONPathError
from jsonpath.selectors import NameSelector

from paiflow import _yaml
from paiflow.errors import PaiFlowError

_JSONPATH = JSONPathEnvironment(strict=True)

# How many characters of an action's description an error quotes.
_EXCERPT = 60

_TOO_DEEP = "the document nests too deeply"


class OverlayError(PaiFlowError, ValueError):
    """An overlay, or the document under it, cannot be used; one line that names file, action and target."""

    exit_code = 2


@dataclass(frozen=True)
class Query:
    """A JSONPath as written, and compiled."""

    text: str
    path: JSONPath | CompoundJSONPath


@dataclass(frozen=True)
class Action:
    """One checked action: what to do (`kind`, `value`) at the nodes that `target` selects.

    `where` names file, action and the first words of its description. `value` is the update's value,
    the Query of a copy, or None. Kind "nothing" asks for no change (`remove: false` alone).
    """

    where: str
    target: Query
    kind: Literal["update", "copy", "remove", "nothing"]
    value: Any

    def error(self, reason: str) -> OverlayError:
        """Return an error that names file, action, target and reason."""
        return OverlayError(f"{self.where}: target {self.target.text}: {reason}")


@dataclass(frozen=True)
class Overlay:
    """A checked overlay document. `feature_set` is (1, 0) or (1, 1); `source` is what errors call it."""

    source: str
    feature_set: tuple[int, int]
    title: str
    extends: str | None
    actions: tuple[Action, ...]


def apply(base: Any, *overlays: Overlay | Mapping[str, Any], lenient: bool = False) -> Any:
    """Return the document that results when the overlays are applied to `base`, in order.

    Nothing given is changed, and the result shares no object with it or within itself. Keys of
    `base` keep their places; new ones follow.

    Args:
        base: a description as plain dicts and lists.
        overlays: each as `parse` or `load` returns it, or as a plain dict.
        lenient: accept a target that matches nothing, wholly or in part, and an action that changes nothing.

    Raises:
        OverlayError: an overlay is not valid, an action cannot be applied, or a document nests too deeply.
    """
    return _apply(base, overlays, lenient=lenient, source="the base")


def _apply(base: Any, overlays: Iterable[Overlay | Mapping[str, Any]], *, lenient: bool, source: str) -> Any:
    where = source
    try:
        document = _copy(base)
        # As text, because True == 1 == 1.0 in Python.
        text = None if lenient else json.dumps(document)
        for overlay in overlays:
            checked = overlay if isinstance(overlay, Overlay) else parse(overlay)
            for action in checked.actions:
                where = action.where
                document = _apply_action(document, action, checked.feature_set, lenient=lenient)
                if not lenient:
                    before, text = text, json.dumps(document)
                    if text == before:
                        raise action.error("changes nothing")
    except RecursionError as error:
        raise OverlayError(f"{where}: {_TOO_DEEP}") from error
    return document


def apply_files(
    base: str | os.PathLike[str] | None, overlays: Sequence[str | os.PathLike[str]], *, lenient: bool = False
) -> dict[str, Any]:
    """Return the description in the file `base` with the overlay files applied, in order.

    Without a base the overlays' `extends` name it, relative to each overlay, and all the same one.
    With a base it is the one that counts, even if `extends` names another: `extends` tells what an overlay
    was made for, and an intermediate file of that description is as good.

    Raises:
        OverlayError: a file cannot be read or parsed, an overlay is not valid, no base is to be
            found, or an action cannot be applied.
    """
    loaded = [load(path) for path in overlays]
    path = _extended(loaded) if base is None else Path(base)
    document = _read(path)
    if not isinstance(document, dict):
        raise OverlayError(f"{path}: not an object")
    result: dict[str, Any] = _apply(
        document, loaded, lenient=lenient, source=str(path)
    )  # no action can change the root's kind
    return result


def load(path: str | os.PathLike[str]) -> Overlay:
    """Return the checked overlay in a YAML or JSON file.

    Raises:
        OverlayError: the file cannot be read or parsed, or is not a valid overlay.
    """
    return parse(_read(path), str(path))


def parse(document: Any, source: str = "overlay") -> Overlay:
    """Return a checked overlay.

    Args:
        document: the overlay as plain dicts and lists.
        source: what errors call it, usually the file's name.

    Raises:
        OverlayError: the version is not 1.0 or 1.1, a required field is missing, a field has the wrong type or is
            not known (`x-…` is), two actions are the same, a JSONPath is not valid, or the document nests too deeply.
    """
    try:
        return _parse(document, source)
    except RecursionError as error:
        raise OverlayError(f"{source}: {_TOO_DEEP}") from error


def _parse(document: Any, source: str) -> Overlay:
    feature_set = _feature_set(document, source)
    _check_fields(document, source, _ROOT_FIELDS, required=("overlay", "info", "actions"))
    info = document["info"]
    if not isinstance(info, dict):
        raise OverlayError(f"{source}: info is not an object")
    _check_fields(info, f"{source}: info", _INFO_FIELDS[feature_set], required=("title", "version"))
    actions = document["actions"]
    if not actions:
        raise OverlayError(f"{source}: actions is empty")
    parsed = tuple(_parse_action(action, index, source, feature_set) for index, action in enumerate(actions))
    # The text is silent on actions that are the same; the schema's uniqueItems refuses them.
    texts = [json.dumps(action, sort_keys=True) for action in actions]
    for index, text in enumerate(texts):
        if text in texts[:index]:
            raise parsed[index].error(f"the same as actions[{texts.index(text)}]")
    return Overlay(source, feature_set, info["title"], document.get("extends"), parsed)


_ROOT_FIELDS = {"overlay": str, "info": dict, "extends": str, "actions": list}
_INFO_FIELDS = {(1, 0): {"title": str, "version": str}, (1, 1): {"title": str, "version": str, "description": str}}
_ACTION_FIELDS: dict[tuple[int, int], dict[str, type]] = {
    (1, 0): {"target": str, "description": str, "update": object, "remove": bool},
    (1, 1): {"target": str, "description": str, "update": object, "remove": bool, "copy": str},
}
_TYPE_NAMES: dict[type, str] = {str: "a string", bool: "true or false", dict: "an object", list: "an array"}


def _feature_set(document: Any, source: str) -> tuple[int, int]:
    """Return the feature set that the document's version names; the patch number makes no difference."""
    if not isinstance(document, dict):
        raise OverlayError(f"{source}: an overlay is an object")
    if "overlay" not in document:
        raise OverlayError(f"{source}: not an overlay: the field 'overlay' (its version) is missing")
    version = document["overlay"]
    match = re.fullmatch(r"1\.([01])\.[0-9]+", version) if isinstance(version, str) else None
    if match is None:
        raise OverlayError(f"{source}: overlay version {version!r} is not supported; 1.0.x and 1.1.x are")
    return (1, int(match[1]))


def _check_fields(fields: Any, where: str, known: Mapping[str, type], required: Iterable[str]) -> None:
    """Return if all required fields are there, all have their type, and all are known or `x-…`; else raise."""
    for name in required:
        if name not in fields:
            raise OverlayError(f"{where}: the field {name!r} is missing")
    for name, value in fields.items():
        if name.startswith("x-"):
            continue
        if name not in known:
            raise OverlayError(f"{where}: unknown field {name!r}")
        if not isinstance(value, known[name]):
            raise OverlayError(f"{where}: {name} is not {_TYPE_NAMES[known[name]]}")


def _parse_action(action: Any, index: int, source: str, feature_set: tuple[int, int]) -> Action:
    where = f"{source}: actions[{index}]"
    if not isinstance(action, dict):
        raise OverlayError(f"{where}: not an object")
    description = action.get("description")
    if isinstance(description, str) and description.strip():
        words = " ".join(description.split())
        where += f' "{words if len(words) <= _EXCERPT else words[:_EXCERPT].rsplit(" ", 1)[0] + "…"}"'
    _check_fields(action, where, _ACTION_FIELDS[feature_set], required=("target",))
    target = _compile(action["target"], f"{where}: target")
    # With both, the text says of each that the other makes it void. The schema refuses the pair; so do we.
    # update with remove is refused by the schema of 1.1 only, while both texts let remove win: so it does.
    if action.get("remove"):
        return Action(where, target, "remove", None)
    if "update" in action and "copy" in action:
        raise OverlayError(f"{where}: target {target.text}: update and copy exclude each other")
    if "copy" in action:
        return Action(where, target, "copy", _compile(action["copy"], f"{where}: copy"))
    if "update" in action:
        return Action(where, target, "update", action["update"])
    if "remove" in action:
        return Action(where, target, "nothing", None)
    modifiers = "update or remove" if feature_set == (1, 0) else "update, copy or remove"
    raise OverlayError(f"{where}: target {target.text}: nothing to do: {modifiers} is missing")


def _compile(text: str, where: str) -> Query:
    try:
        return Query(text, _JSONPATH.compile(text))
    except JSONPathError as error:
        # Not str(error): it spans lines, and fails where the query is empty.
        raise OverlayError(f"{where} {text}: not a JSONPath of RFC 9535: {error.message}") from error
    except RecursionError as error:
        raise OverlayError(f"{where}: JSONPath nests too deeply") from error


# A node is told by its place, from a holder that has the document as its only member: so the root
# has a parent too, and a primitive can be replaced.
_ROOT = "$"
_Place = tuple[str | int, ...]


def _apply_action(document: Any, action: Action, feature_set: tuple[int, int], *, lenient: bool) -> Any:
    """Return the document with one action applied, which may be `document` itself, changed."""
    places = _select(action.target, document, action)
    if not places:
        if lenient:
            return document
        raise action.error("matches nothing")
    if not lenient:
        _check_names(document, action)
    holder = {_ROOT: document}
    if action.kind == "remove":
        _remove(holder, places, action)
    elif action.kind == "update":
        _update(holder, places, action.value, action, feature_set)
    elif action.kind == "copy":
        _update(holder, places, _copy_source(document, action), action, feature_set)
    return holder[_ROOT]


def _select(query: Query, document: Any, action: Action) -> list[_Place]:
    """Return the places of the selected nodes, each once: a query such as $['a','a'] gives one node twice."""
    return list(dict.fromkeys(_places(query, document, action)))


def _places(query: Query, document: Any, action: Action) -> Iterator[_Place]:
    """Yield the places of the selected nodes as they are found."""
    try:
        for match in query.path.finditer(document):
            yield (_ROOT, *match.parts)
    except (JSONPathError, RecursionError) as error:
        reason = error.message if isinstance(error, JSONPathError) else _TOO_DEEP
        raise action.error(str(reason)) from error


def _check_names(document: Any, action: Action) -> None:
    """Return if each name in the target's unions leads to a node; else raise: that part of the action is stale."""
    for name, query in _narrowed(action.target):
        if next(_places(query, document, action), None) is None:
            raise action.error(f"{name!r} in it matches nothing")


def _narrowed(query: Query) -> Iterator[tuple[str, Query]]:
    """Yield, for each name in a union of selectors, the query with this name alone in the union's place."""
    if not isinstance(query.path, JSONPath):
        return  # a query of RFC 9535 is never compound
    segments = query.path.segments
    for place, union in enumerate(segments):
        names = [selector for selector in union.selectors if isinstance(selector, NameSelector)]
        for selector in names if len(union.selectors) > 1 else ():
            alone = type(union)(env=union.env, token=union.token, selectors=(selector,))
            path = JSONPath(env=query.path.env, segments=(*segments[:place], alone, *segments[place + 1 :]))
            yield selector.name, Query(query.text, path)


def _remove(holder: dict[str, Any], places: list[_Place], action: Action) -> None:
    """Take the nodes out of their objects and arrays.

    Deepest first, and from an array's end: so that neither a removed parent nor a shifted index
    leads another removal astray.

    The text of 1.0 has no primitive targets, but its official example removes a string
    (compliant set "remove-example"): so a primitive can be removed under both versions.
    """
    if (_ROOT,) in places:
        raise action.error("the root of the document cannot be removed")
    for place in sorted(places, key=_depth_and_index, reverse=True):
        del _at(holder, place[:-1])[place[-1]]


def _depth_and_index(place: _Place) -> tuple[int, int]:
    last = place[-1]
    return len(place), last if isinstance(last, int) else 0


def _copy_source(document: Any, action: Action) -> Any:
    """Return the one node that the copy's JSONPath selects."""
    sources = _select(action.value, document, action)
    if len(sources) != 1:
        found = "nothing" if not sources else f"{len(sources)} nodes"
        raise action.error(f"copy {action.value.text} selects {found}; it must select one node")
    return _copy(_at({_ROOT: document}, sources[0]))  # for the target may be inside of it


def _update(
    holder: dict[str, Any], places: list[_Place], value: Any, action: Action, feature_set: tuple[int, int]
) -> None:
    """Merge the value into the nodes: all objects, all arrays, or (1.1) all primitives."""
    nodes = [_at(holder, place) for place in places]
    kinds = {_kind(node) for node in nodes}
    if len(kinds) > 1:
        raise action.error(f"selects {' and '.join(f'{kind}s' for kind in sorted(kinds))}, not nodes of one kind")
    kind = kinds.pop()
    for place, node in zip(places, nodes, strict=True):
        if kind == "array":
            # 1.0 appends the value as one entry; 1.1 made it that an array is concatenated.
            node.extend(_copy(value) if isinstance(value, list) and feature_set > (1, 0) else [_copy(value)])
        elif kind == "object" and isinstance(value, dict):
            _merge(node, value, "", action)
        elif kind == "primitive" and feature_set == (1, 0):
            raise action.error("selects a primitive; Overlay 1.0 updates objects and arrays only")
        elif kind == "primitive" and _kind(value) == "primitive":
            _at(holder, place[:-1])[place[-1]] = value
        else:
            raise action.error(f"the value is {_a(_kind(value))}, the target {_a(kind)}")


def _merge(node: dict[str, Any], value: dict[str, Any], inside: str, action: Action) -> None:
    """Merge the value into the object, deeply: objects merge, arrays are joined, primitives are replaced."""
    for key, new in value.items():
        place = f"{inside}[{key!r}]"
        if key not in node:
            node[key] = _copy(new)
            continue
        old = node[key]
        if _kind(old) != _kind(new):
            raise action.error(f"the value at {place} is {_a(_kind(new))}, the target's {_a(_kind(old))}")
        if isinstance(old, dict):
            _merge(old, new, place, action)
        elif isinstance(old, list):
            old.extend(_copy(new))
        else:
            node[key] = new


def _kind(value: Any) -> str:
    """Return "object", "array" or "primitive"; null is a primitive, as in RFC 9535, section 1.1."""
    return "object" if isinstance(value, dict) else "array" if isinstance(value, list) else "primitive"


def _a(kind: str) -> str:
    return f"a {kind}" if kind == "primitive" else f"an {kind}"


def _at(holder: Any, place: _Place) -> Any:
    for part in place:
        holder = holder[part]
    return holder


def _copy(value: Any) -> Any:
    """Return a copy in which no two places share an object; copy.deepcopy would keep such sharing."""
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return value


def _read(path: str | os.PathLike[str]) -> Any:
    try:
        return _yaml.load_file(path)
    except _yaml.YamlError as error:
        raise OverlayError(str(error)) from error


def _extended(overlays: Sequence[Overlay]) -> Path:
    """Return the local file that all overlays extend."""
    found: dict[Path, Path] = {}
    for overlay in overlays:
        if overlay.extends is None:
            raise OverlayError(f"{overlay.source}: no base given, and the overlay has no 'extends'")
        url = urlsplit(overlay.extends)
        if url.scheme not in ("", "file") or url.netloc or not url.path:
            raise OverlayError(f"{overlay.source}: extends {overlay.extends} is not a local file; name the base")
        path = Path(overlay.source).parent / unquote(url.path)
        found.setdefault(path.resolve(), path)
    if len(found) != 1:
        paths = ", ".join(map(str, found.values()))
        raise OverlayError(f"no base given, and the overlays do not extend one file: {paths or 'no overlays'}")
    return next(iter(found.values()))
