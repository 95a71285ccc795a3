"""Compare two descriptions: operations, parameters, bodies, responses, security and servers, by the table in rules.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from paiflow._description import METHODS, Description, Operation
from tooling.changes import bodies, components, parameters, responses, security, servers
from tooling.changes.context import Comparison
from tooling.changes.keywords import changed, shown
from tooling.changes.shapes import MISSING
from tooling.changes.texts import text_findings
from tooling.changes.verdicts import OTHER_SIDE, Finding, Side

DIALECTS = ("https://spec.openapis.org/oas/3.1/dialect/base", "https://json-schema.org/draft/2020-12/schema")
"""The dialect of schemas where nothing is said, and what it builds on; OpenAPI 3.1.1, section 4.8.24.7."""

# What an extension that comes (True, False) or goes (False, True) does; anything else changes the client's way.
CHECK = {(True, False): "the client's check added", (False, True): "the client's check removed"}
EXTENSIONS = {
    **dict.fromkeys(("one_of", "any_of", "exclusive"), CHECK),
    "pages": {(True, False): "iterator added"},
}


def findings(old: Description, new: Description) -> list[Finding]:
    """Return all that differs between two descriptions."""
    at = Comparison(old, new)
    _items(at, old.document.get("paths"), new.document.get("paths"), "", Side.REQUEST)
    _items(at, old.document.get("webhooks"), new.document.get("webhooks"), "webhook ", Side.REPLY)
    security.schemes(at)
    components.unused(at)
    known = {"openapi", "info", "paths", "webhooks", "components", "servers", "security", "tags"}
    one, other = (dict(found.document) for found in (old, new))
    for document in (one, other):
        if document.get("jsonSchemaDialect") in DIALECTS:
            del document["jsonSchemaDialect"]
    at.unknown(Side.OPERATION, "description", one, other, known)
    return [*at.all_findings, *text_findings(old.document, new.document)]


def _key(operation: Operation) -> tuple[str, str]:
    """Return the identity of an operation on the wire: path parameters have no names there."""
    return re.sub(r"\{[^}]*\}", "{}", operation.path), operation.method


def _items(at: Comparison, old: Any, new: Any, prefix: str, sent: Side) -> None:
    """Compare path items; `sent` is the side of what their requests hold."""
    before, after = list(at.old.operations_of(old)), list(at.new.operations_of(new))
    pairs, gone, come = _paired(before, after)
    for one, other in pairs:
        if _key(one) != _key(other):
            at.tell(Side.OPERATION, f"{prefix}{other.title}", "operation moved", f"moved from {one.title}")
        _operation(at, one, other, f"{prefix}{other.title}", sent)
        if not prefix:  # elsewhere, the receiver of a callback chooses the path
            servers.compare(at, one, other)
    for operation in gone:
        at.tell(Side.OPERATION, f"{prefix}{operation.title}", "operation removed", "removed")
    for operation in come:
        at.tell(Side.OPERATION, f"{prefix}{operation.title}", "operation added", "added")
    for path, item in (new or {}).items():
        if path in (old or {}) and not path.startswith("x-"):
            one, other = at.old.resolved(old[path])[0], at.new.resolved(item)[0]
            at.unknown(Side.OPERATION, f"{prefix}{path}", one, other, {*METHODS, "parameters", "servers"})


def _operation(at: Comparison, old: Operation, new: Operation, name: str, sent: Side) -> None:
    parameters.compare(at, (old.path, old.parameters), (new.path, new.parameters), name, sent)
    bodies.compare(at, old.node.get("requestBody"), new.node.get("requestBody"), name, sent)
    responses.compare(at, old.node.get("responses", {}), new.node.get("responses", {}), name, OTHER_SIDE[sent])
    security.compare(at, name, old.node, new.node)
    before, after = old.node.get("operationId"), new.node.get("operationId")
    if before != after:
        at.tell(Side.OPERATION, name, "operationId", f"operationId {shown(before)} → {shown(after)}")
    calls, calls_now = old.node.get("callbacks", {}), new.node.get("callbacks", {})
    for key in dict.fromkeys((*calls, *calls_now)):
        one = at.old.resolved(calls.get(key, {}))[0]
        other = at.new.resolved(calls_now.get(key, {}))[0]
        _items(at, one, other, f"{name} callback {key} ", OTHER_SIDE[sent])
    _extensions(at, old.node, new.node, name)
    known = {"operationId", "parameters", "requestBody", "responses", "servers", "security", "callbacks"}
    at.unknown(Side.OPERATION, name, old.node, new.node, known)


def _extensions(at: Comparison, old: dict[str, Any], new: dict[str, Any], name: str) -> None:
    """Compare what only extensions say: which service has the operation, and what the client does with its calls."""
    one, other = (
        {**whole.document.get("x-paiflow-service", {}), **node.get("x-paiflow-service", {})}
        for node, whole in ((old, at.old), (new, at.new))
    )
    for key in one:
        if key in other and one[key] != other[key]:
            at.tell(Side.OPERATION, name, "service", changed(key, one[key], other[key]))
    one, other = old.get("x-paiflow", {}), new.get("x-paiflow", {})
    for key in dict.fromkeys((*one, *other)):
        before, after = one.get(key, MISSING), other.get(key, MISSING)
        if before != after:
            rule = EXTENSIONS.get(key, {}).get((before is MISSING, after is MISSING), "the client's way")
            at.tell(Side.OPERATION, name, rule, changed(key, before, after))


def _paired(
    old: list[Operation], new: list[Operation]
) -> tuple[list[tuple[Operation, Operation]], list[Operation], list[Operation]]:
    """Return the operations that belong together, by their place or else by their operationId; those gone; those come."""
    gone, come = list(old), list(new)
    pairs = []
    keys: tuple[Callable[[Operation], Any], ...] = (_key, lambda found: found.node.get("operationId"))
    for key in keys:
        for one in list(gone):
            match = next((other for other in come if key(one) is not None and key(one) == key(other)), None)
            if match:
                pairs.append((one, match))
                gone.remove(one)
                come.remove(match)
    return pairs, gone, come
