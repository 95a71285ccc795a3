"""Compare two descriptions: operations, parameters, bodies, responses, security and servers; schemas.py has the rest.

    what changes                                  wire        client      why
    an operation or webhook added                 additive    additive
    an operation or webhook removed               breaking    breaking
    an operation at another path or method,
      by its operationId                          breaking    invisible   the client sends it there by itself
    an operationId                                breaking    breaking    x-acs-action; methods have their names from it
    a path's parameter renamed                    invisible   breaking    it is not sent; users call it by its name
    a parameter or body added                     additive    additive
      required                                    breaking    breaking
    a parameter or body removed                   breaking    breaking
    a parameter or body required now              breaking    breaking
      optional now                                additive    additive
    how a parameter is written (style, explode)   breaking    invisible   the client writes it by itself
    a request's media type added                  additive    additive
      removed                                     breaking    breaking
    a response's media type added                 additive    invisible   clients say by Accept what they take
      removed                                     breaking    breaking
    a success status added, or removed            breaking    breaking    clients know the one they were told of
    an error's status added                       additive    invisible   clients must know its class (RFC 9110, 15)
      removed                                     additive    invisible
    a response's header added, or required now    additive    invisible   headers are no attributes
      removed, or optional now                    breaking    invisible
    a way to authenticate added                   additive    additive
      removed, or more asked of it                breaking    breaking
    where an API key goes                         breaking    invisible   the client puts it there by itself
    a server added                                additive    invisible   the client finds its endpoint by the region
      removed                                     breaking    invisible
    what nothing uses                             invisible   invisible
    anything that is not known here               breaking    breaking    it cannot be told

A status, or a media type, that a range (4XX, default, text/*) covered before is compared with that range. In callbacks
and webhooks the service sends the request, so there request and reply change sides.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from paiflow._description import METHODS, Description, Operation
from tooling.changes import bodies, components, parameters, responses, security, servers
from tooling.changes.context import ADDITIVE, BREAKING, INVISIBLE, Comparison
from tooling.changes.keywords import shown
from tooling.changes.texts import text_findings
from tooling.changes.verdicts import OTHER_SIDE, Finding, Side


def findings(old: Description, new: Description) -> list[Finding]:
    """Return all that differs between two descriptions."""
    at = Comparison(old, new)
    _items(at, old.document.get("paths"), new.document.get("paths"), "", Side.REQUEST)
    _items(at, old.document.get("webhooks"), new.document.get("webhooks"), "webhook ", Side.REPLY)
    servers.compare(at, old.document, new.document, "servers")
    security.schemes(at)
    components.unused(at)
    known = {"openapi", "info", "paths", "webhooks", "components", "servers", "security", "tags"}
    at.unknown(Side.OPERATION, "description", old.document, new.document, known)
    return [*at.all_findings, *text_findings(old.document, new.document)]


def _key(operation: Operation) -> tuple[str, str]:
    """Return what an operation is on the wire: path parameters have no names there."""
    return re.sub(r"\{[^}]*\}", "{}", operation.path), operation.method


def _items(at: Comparison, old: Any, new: Any, prefix: str, sent: Side) -> None:
    """Compare path items; `sent` is the side of what their requests hold."""
    before, after = list(at.old.operations_of(old)), list(at.new.operations_of(new))
    pairs, gone, come = _paired(before, after)
    for one, other in pairs:
        if _key(one) != _key(other):
            at.tell(
                Side.OPERATION,
                f"{prefix}{other.title}",
                f"moved from {one.title}",
                BREAKING,
                INVISIBLE,
                "clients call where it was; the client's method stays, and calls where it is",
            )
        _operation(at, one, other, f"{prefix}{other.title}", sent)
    for operation in gone:
        at.tell(
            Side.OPERATION, f"{prefix}{operation.title}", "removed", BREAKING, BREAKING, "nobody can use it any more"
        )
    for operation in come:
        at.tell(Side.OPERATION, f"{prefix}{operation.title}", "added", ADDITIVE, ADDITIVE, "nobody uses it yet")
    for path, item in (new or {}).items():
        if path in (old or {}) and not path.startswith("x-"):
            one, other = at.old.resolved(old[path])[0], at.new.resolved(item)[0]
            servers.compare(at, one, other, f"{prefix}{path} servers")
            at.unknown(Side.OPERATION, f"{prefix}{path}", one, other, {*METHODS, "parameters", "servers"})


def _operation(at: Comparison, old: Operation, new: Operation, name: str, sent: Side) -> None:
    parameters.compare(at, (old.path, old.parameters), (new.path, new.parameters), name, sent)
    bodies.compare(at, old.node.get("requestBody"), new.node.get("requestBody"), name, sent)
    responses.compare(at, old.node.get("responses", {}), new.node.get("responses", {}), name, OTHER_SIDE[sent])
    servers.compare(at, old.node, new.node, f"{name} servers")
    security.compare(at, name, old.node, new.node)
    _operation_id(at, name, old.node.get("operationId"), new.node.get("operationId"))
    calls, calls_now = old.node.get("callbacks", {}), new.node.get("callbacks", {})
    for key in dict.fromkeys((*calls, *calls_now)):
        one = at.old.resolved(calls.get(key, {}))[0]
        other = at.new.resolved(calls_now.get(key, {}))[0]
        _items(at, one, other, f"{name} callback {key} ", OTHER_SIDE[sent])
    known = {"operationId", "parameters", "requestBody", "responses", "servers", "security", "callbacks"}
    at.unknown(Side.OPERATION, name, old.node, new.node, known)


def _operation_id(at: Comparison, place: str, old: str | None, new: str | None) -> None:
    if old != new:
        at.tell(
            Side.OPERATION,
            place,
            f"operationId {shown(old)} → {shown(new)}",
            BREAKING,
            BREAKING,
            "clients send it as x-acs-action; users call the method that is named after it",
        )


def _paired(
    old: list[Operation], new: list[Operation]
) -> tuple[list[tuple[Operation, Operation]], list[Operation], list[Operation]]:
    """Return the operations that belong together, by their place or else by their operationId; those gone; those come."""
    gone, come = list(old), list(new)
    pairs = []
    keys: tuple[Callable[[Operation], Any], ...] = (
        _key,
        lambda found: found.node.get("operationId"),
    )
    for key in keys:
        for one in list(gone):
            match = next((other for other in come if key(one) is not None and key(one) == key(other)), None)
            if match:
                pairs.append((one, match))
                gone.remove(one)
                come.remove(match)
    return pairs, gone, come
