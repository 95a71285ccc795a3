"""The nodes of a pipeline: their names, and circles among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

from paiflow.manifests.fields import of, parts
from paiflow.manifests.references import KINDS, references

# Each is found by a walk over all nodes; a person mends these first.
_MOST_CIRCLES: Final = 10


def name_of(node: Any) -> str | None:
    """Return what references call a node: its name, else its identifier, else its guid."""
    metadata = of(node, "metadata")
    for field in ("name", "identifier", "guid"):
        value = of(metadata, field)
        if value not in (None, "") and not isinstance(value, Mapping | list):
            return str(value)
    return None


class Nodes:
    """The nodes of a pipeline, by name and by identifier: the pages refer to them by both.

    Attributes:
        names: of all.
    """

    def __init__(self, listed: Any) -> None:
        nodes = [node for node in listed if isinstance(node, Mapping)] if isinstance(listed, list) else []
        self.names: list[str] = [name for node in nodes if (name := name_of(node))]
        self._found: dict[str, list[Mapping[str, Any]]] = {}
        for node in nodes:
            metadata = of(node, "metadata")
            called = (of(metadata, field) for field in ("name", "identifier", "guid"))
            for name in {str(one) for one in called if one not in (None, "") and not isinstance(one, Mapping | list)}:
                self._found.setdefault(name, []).append(node)

    def find(self, name: str) -> Sequence[Mapping[str, Any]]:
        """Return the nodes that a name or an identifier may mean."""
        return self._found.get(name, ())


def circles(listed: Sequence[Any]) -> Iterator[list[str]]:
    """Yield circles of nodes that need each other, by dependency or by reference; each names its nodes in their order."""
    nodes = Nodes(listed)
    needed = {
        name: {target for used in _used(node) if (target := _only(nodes, used)) is not None}
        for node in listed
        if isinstance(node, Mapping) and (name := name_of(node)) is not None
    }
    order = {name: index for index, name in enumerate(needed)}
    for _ in range(_MOST_CIRCLES):
        try:
            TopologicalSorter(needed).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1][:-1]
            first = min(range(len(circle)), key=lambda index: order[circle[index]])
            yield circle[first:] + circle[:first]
            for name in circle:
                needed[name] = set()
        else:
            return


def _only(nodes: Nodes, name: str) -> str | None:
    """Return the name of the node that a name certainly means, None if it may mean several or none."""
    found = nodes.find(name)
    both = [node for node in found if name_of(node) == name == of(of(node, "metadata"), "identifier")]
    certain = both or found
    return name_of(certain[0]) if len(certain) == 1 else None


def _used(node: Mapping[str, Any]) -> Iterator[str]:
    """Yield the nodes that a node needs, as it calls them."""
    spec = of(node, "spec")
    dependencies = of(spec, "dependencies")
    yield from (str(one) for one in (dependencies if isinstance(dependencies, list) else ()))
    for kind in KINDS:
        for part in parts(spec, "arguments", kind):
            if isinstance(source := of(part, "from"), str):
                yield from (one.node for one in references(source) if one.node is not None)
