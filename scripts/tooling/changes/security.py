"""Compare how clients authenticate."""

from __future__ import annotations

from typing import Any

from paiflow._description import Description
from tooling.changes.context import Comparison
from tooling.changes.documents import bare
from tooling.changes.keywords import shown
from tooling.changes.shapes import text_of
from tooling.changes.texts import TEXTS
from tooling.changes.verdicts import Side


def compare(at: Comparison, name: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    """Compare the ways to authenticate at an operation: its own, or else those of the whole description.

    Args:
        at: where findings go.
        name: the operation's.
        old: the operation as it was.
        new: the operation as it is.
    """
    place = f"{name} security" if "security" in old or "security" in new else "security"
    before, after = (
        node.get("security", whole.document.get("security")) for node, whole in ((old, at.old), (new, at.new))
    )
    _ways(at, place, before, after)


def _ways(at: Comparison, place: str, old: Any, new: Any) -> None:
    """Compare lists of requirements, of which a client meets one."""
    same = _same_schemes(at)
    before = [{(name, None) for name in way} | _scopes(way) for way in old or [{}]]
    after = [
        {(same.get(name, name), scope) for name, scope in {(name, None) for name in way} | _scopes(way)}
        for way in new or [{}]
    ]
    for way in before:
        if not any(now <= way for now in after):
            at.tell(Side.REQUEST, place, "way to authenticate removed", f"{_way(way)} is not enough any more")
    for now in after:
        if not any(way <= now for way in before):
            at.tell(Side.REQUEST, place, "way to authenticate added", f"{_way(now)} will do")


def _same_schemes(at: Comparison) -> dict[str, str]:
    """Return the old names of schemes that have only got another name."""
    old, new = (found.document.get("components", {}).get("securitySchemes", {}) for found in (at.old, at.new))
    texts = {bare(at.old, scheme): name for name, scheme in old.items() if name not in new}
    return {
        name: texts[text] for name, scheme in new.items() if name not in old and (text := bare(at.new, scheme)) in texts
    }


def schemes(at: Comparison) -> None:
    """Compare the schemes that both descriptions ask for."""
    for name in sorted(used(at.old) & used(at.new)):
        old = at.old.resolved(at.old.component("securitySchemes", name) or {})[0]
        new = at.new.resolved(at.new.component("securitySchemes", name) or {})[0]
        for key in dict.fromkeys((*old, *new)):
            one, other = old.get(key), new.get(key)
            if text_of(one) == text_of(other) or key in TEXTS or key.startswith("x-"):
                continue
            has_no_case = key == "scheme" or (key == "name" and "header" in (old.get("in"), new.get("in")))
            if has_no_case and str(one).lower() == str(other).lower():
                continue
            if key == "flows" and (offered := _offered(one or {})) <= (offered_now := _offered(other or {})):
                for what in sorted(offered_now - offered):
                    at.tell(Side.REQUEST, f"security scheme {name}", "way to authenticate added", f"{what} added")
                continue
            rule = "place of a key" if key in ("in", "name") else "security scheme"
            at.tell(Side.REQUEST, f"security scheme {name}", rule, f"{key} {shown(one)} → {shown(other)}")


def _offered(flows: dict[str, Any]) -> set[str]:
    """Return the offers of flows, each in words: a flow, a URL, a scope."""
    return {
        f"{name} {key} {value}"
        for name, flow in flows.items()
        for key, held in {"flow": "", **flow}.items()
        for value in (held if key == "scopes" else [held])
    }


def _scopes(way: dict[str, list[str]]) -> set[tuple[str, str | None]]:
    return {(name, scope) for name, scopes in way.items() for scope in scopes}


def _way(way: set[tuple[str, str | None]]) -> str:
    scoped = {name for name, scope in way if scope}
    names = sorted(f"{name} {scope}" if scope else name for name, scope in way if scope or name not in scoped)
    return " with ".join(names) or "no authentication"


def used(description: Description) -> set[str]:
    """Return the names of the schemes that operations ask for."""
    nodes = [description.document, *(operation.node for operation in description.operations)]
    return {name for node in nodes for way in node.get("security", []) for name in way}
