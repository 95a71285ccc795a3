"""Check a pipeline and those in it: metadata, lists, names, values, and where references lead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from paiflow._text import close_to
from paiflow.manifests.fields import key_of, of
from paiflow.manifests.nodes import Nodes, circles, name_of
from paiflow.manifests.problems import Place, some_of
from paiflow.manifests.references import KINDS, Reference, names_one, references, texts

Problems: TypeAlias = Iterator[tuple[Place, str]]

_API_VERSION: Final = "core/v1"
_IDENTIFYING: Final = ("identifier", "provider", "version")
# What a node is told from outside, where the names of the pipeline around it hold, and those of its own.
_CONTROL: Final = ("when", "withItems", "withParam", "withSequence")
_CONTAINERS: Final = ("container", "initContainers", "sideCarContainers")
# Beyond so many names a near one is not looked for: it would take long.
_SEARCHED: Final = 500


def check(root: Any) -> Problems:
    """Yield the place and the message of each problem of a manifest."""
    if not isinstance(root, Mapping):
        yield (), "the manifest is not a mapping"
        return
    version = of(root, "apiVersion")
    if version is None:
        yield (), f"apiVersion is missing: write apiVersion: {_API_VERSION}"
    elif version != _API_VERSION:
        yield (key_of(root, "apiVersion"),), f"apiVersion is {version!r:.80}; it has to be {_API_VERSION}"
    metadata = of(root, "metadata")
    if metadata is None:
        yield (), "metadata is missing"
    elif isinstance(metadata, Mapping):
        place = (key_of(root, "metadata"),)
        for field in _IDENTIFYING:
            if of(metadata, field) in (None, ""):
                yield place, f"metadata: {field} is missing"
    yield from _pipeline(root, (), None)


def _pipeline(pipeline: Mapping[str, Any], place: Place, around: _Scope | None) -> Problems:
    """Yield the problems of a pipeline, which may be a node of the one around it."""
    yield from _metadata(pipeline, place)
    spec = of(pipeline, "spec")
    at = (*place, key_of(pipeline, "spec"))
    if spec is None:
        return
    if not isinstance(spec, Mapping):
        yield at, "spec is not a mapping"
        return
    for side in ("inputs", "outputs", "arguments"):
        yield from _side(spec, at, side)
    own = _Scope(spec)
    if around is not None:
        subject = f'node "{name_of(pipeline)}"'
        yield from _froms(spec, at, "arguments", subject, (around,))
        yield from _froms(spec, at, "inputs", subject, (around, own))
        for field in _CONTROL:
            key = key_of(spec, field)
            yield from _leading(of(spec, field), (*at, key), f"{subject}: {field}", (around, own))
    yield from _froms(spec, at, "outputs", "the pipeline" if around is None else subject, (own,))
    yield from _inside(spec, at, own)
    yield from _nodes(spec, at, own)


def _metadata(pipeline: Mapping[str, Any], place: Place) -> Problems:
    metadata = of(pipeline, "metadata")
    at = (*place, key_of(pipeline, "metadata"))
    if metadata is not None and not isinstance(metadata, Mapping):
        yield at, "metadata is not a mapping"
    for field in ("name", *_IDENTIFYING):
        value = of(metadata, field)
        if isinstance(value, Mapping | list):
            yield (*at, key_of(metadata, field)), f"metadata: {field} is not a text"


def _inside(spec: Mapping[str, Any], place: Place, own: _Scope) -> Problems:
    """Yield the references to its own inputs that lead nowhere: of its containers, and of where its outputs are."""
    told = [((*place, key_of(spec, field)), of(spec, field)) for field in _CONTAINERS]
    outputs = of(spec, "outputs")
    for kind in KINDS:
        at = (*place, key_of(spec, "outputs"), key_of(outputs, kind))
        told += [
            ((*at, index, "value"), value)
            for index, part in enumerate(_list(of(outputs, kind)))
            if (value := of(part, "value"))
        ]
    for at, value in told:
        for where, text in texts(value, at):
            for one in references(text):
                # A script may hold templates of its own: only what has the documented form is certain.
                if one.node is None and one.name is not None and (reason := own.lacks(one)):
                    yield where, f'"{{{{{one.text:.120}}}}}" leads nowhere: {reason}'


def _nodes(spec: Mapping[str, Any], place: Place, scope: _Scope) -> Problems:
    key = key_of(spec, "pipelines")
    listed = of(spec, "pipelines")
    if listed is not None and not isinstance(listed, list):
        yield (*place, key), "pipelines is not a list"
        return
    seen: dict[str, Place] = {}
    for index, node in enumerate(listed or ()):
        at = (*place, key, index)
        if not isinstance(node, Mapping):
            yield at, "a node is not a mapping"
            continue
        name = name_of(node)
        if name is None:
            yield at, "the node has no name: its metadata needs a name or an identifier"
        elif name in seen:
            yield at, f'two nodes have the name "{name}"'
        else:
            seen[name] = at
        yield from _dependencies(node, at, scope)
        yield from _pipeline(node, at, scope)
    for circle in circles(listed or ()):
        if len(circle) == 1:
            yield seen[circle[0]], f'node "{circle[0]}" depends on itself'
        else:
            yield seen[circle[0]], f"the nodes depend on each other in a circle: {' > '.join([*circle[:8], circle[0]])}"


def _dependencies(node: Mapping[str, Any], place: Place, scope: _Scope) -> Problems:
    spec = of(node, "spec")
    listed = of(spec, "dependencies")
    at = (*place, key_of(node, "spec"), key_of(spec, "dependencies"))
    if listed is not None and not isinstance(listed, list):
        yield at, "dependencies is not a list"
        return
    for index, name in enumerate(listed or ()):
        if isinstance(name, Mapping | list):
            yield (*at, index), "a dependency is not the name of a node"
        elif not scope.nodes.find(str(name)):
            yield (*at, index), f'node "{name_of(node)}" depends on "{name}", but {scope.no_node(str(name))}'


def _side(spec: Mapping[str, Any], place: Place, side: str) -> Problems:
    """Yield the problems of inputs, outputs or arguments: their lists, their names, `value` beside `from`."""
    held = of(spec, side)
    at = (*place, key_of(spec, side))
    if held is None:
        return
    if not isinstance(held, Mapping):
        yield at, f"{side} is not a mapping"
        return
    for kind in KINDS:
        listed = of(held, kind)
        key = key_of(held, kind)
        if listed is not None and not isinstance(listed, list):
            yield (*at, key), f"{side}: {kind} is not a list"
            continue
        seen: set[str] = set()
        for index, part in enumerate(listed or ()):
            where = (*at, key, index)
            if not isinstance(part, Mapping):
                yield where, f"{side}: one of {kind} is not a mapping"
                continue
            name = of(part, "name")
            if name is None or isinstance(name, Mapping | list):
                yield where, f"{side}: one of {kind} has no name"
            elif str(name) in seen:
                yield where, f'{side}: two of {kind} have the name "{name}"'
            else:
                seen.add(str(name))
            # What the service gives back has both, of which one is empty.
            if of(part, "from") and of(part, "value") not in (None, "", {}, []):
                yield (*where, key_of(part, "from")), f'{side}: "{name}" has both value and from; one of them has to go'


def _froms(spec: Mapping[str, Any], place: Place, side: str, subject: str, scopes: tuple[_Scope, ...]) -> Problems:
    """Yield the references of inputs, outputs or arguments that lead nowhere."""
    held = of(spec, side)
    for kind in KINDS:
        for index, part in enumerate(_list(of(held, kind))):
            if isinstance(part, Mapping) and isinstance(source := of(part, "from"), str):
                at = (*place, key_of(spec, side), key_of(held, kind), index, key_of(part, "from"))
                yield from _leading(source, at, f'{subject}: "{of(part, "name")}"', scopes)
                if source.strip().startswith("{{") and "}}" not in source:
                    yield at, f'{subject}: "{of(part, "name")}": the reference "{source:.80}" is not closed by }}}}'


def _leading(value: Any, place: Place, subject: str, scopes: tuple[_Scope, ...]) -> Problems:
    """Yield the references in a value that lead nowhere in any of the scopes."""
    for where, text in texts(value, place):
        for one in references(text):
            reasons = [scope.lacks(one) for scope in scopes]
            if all(reasons):
                yield where, f'{subject} comes from "{{{{{one.text:.120}}}}}", but {reasons[0]}'


class _Scope:
    """The names that hold in a pipeline: those of its inputs and of its nodes."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.nodes = Nodes(of(spec, "pipelines"))
        self._inputs = {kind: _names(of(of(spec, "inputs"), kind)) for kind in KINDS}

    def lacks(self, reference: Reference) -> str:
        """Return why a reference leads nowhere; empty if it may lead somewhere."""
        if reference.name is None:
            return "a reference is {{inputs.parameters.NAME}} or {{pipelines.NODE.outputs.artifacts.NAME}}"
        if reference.node is None:
            names = self._inputs["artifacts" if reference.kind == "artifacts" else "parameters"]
            return (
                ""
                if names_one(reference.name, names)
                else _absent("input", f"inputs.{reference.kind}", reference.name, names)
            )
        found = self.nodes.find(reference.node)
        if not found:
            return self.no_node(reference.node)
        if reference.kind is None:
            return ""
        # The outputs of a pipeline that is stored elsewhere are not known here.
        known = [_names(of(of(of(node, "spec"), "outputs"), reference.kind)) for node in found]
        if not all(known) or any(names_one(reference.name, names) for names in known):
            return ""
        return _absent("output", f'outputs.{reference.kind} of "{reference.node}"', reference.name, known[0])

    def no_node(self, name: str) -> str:
        """Return that there is no such node."""
        return _absent("node", "nodes", name, self.nodes.names)


def _names(listed: Any) -> list[str]:
    return [str(of(part, "name")) for part in _list(listed) if of(part, "name")]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _absent(thing: str, where: str, name: str, known: list[str]) -> str:
    near = close_to(name, known) if len(known) <= _SEARCHED else ""
    return f'there is no {thing} "{name:.80}"; {where} are: {some_of(known)}{near}'
