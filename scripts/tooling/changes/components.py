"""Compare components that nothing uses; those that are used are compared where they are."""

from __future__ import annotations

from typing import Any

from paiflow._description import Description, keys_of
from tooling.changes import security
from tooling.changes.context import Comparison
from tooling.changes.shapes import text_of
from tooling.changes.verdicts import Side
from tooling.documents import references


def unused(at: Comparison) -> None:
    """Tell of components that differ and that nothing uses."""
    old, new = at.old.document.get("components", {}), at.new.document.get("components", {})
    used = _used(at.old), _used(at.new)
    for kind in dict.fromkeys((*old, *new)):
        if kind.startswith("x-"):
            continue
        for name in dict.fromkeys((*old.get(kind, {}), *new.get(kind, {}))):
            one, other = at.old.component(kind, name), at.new.component(kind, name)
            if text_of(one) == text_of(other) or any((kind, name) in found for found in used):
                continue
            what = "added" if one is None else "removed" if other is None else "changed"
            at.tell(Side.TEXT, f"components/{kind}/{name}", "component", what)


def _used(description: Description) -> set[tuple[str, str]]:
    """Return kind and name of each component that an operation leads to."""
    document = description.document
    found = reached(description, document.get("paths", {}), document.get("webhooks", {}))
    return found | {("securitySchemes", name) for name in security.used(description)}


def reached(description: Description, *nodes: Any) -> set[tuple[str, str]]:
    """Return kind and name of each component that references in some nodes lead to."""
    found = set()
    waiting = list(nodes)
    while waiting:
        for _, reference in references(waiting.pop()):
            root, *keys = keys_of(reference)
            if root == "components" and len(keys) > 1 and (keys[0], keys[1]) not in found:
                found.add((keys[0], keys[1]))
                waiting.append(description.component(keys[0], keys[1]))
    return found
