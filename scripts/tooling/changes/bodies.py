"""Compare request bodies, and the media types of requests and responses."""

from __future__ import annotations

from typing import Any

from tooling.changes.context import Comparison
from tooling.changes.verdicts import Side

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "multipart/mixed")
"""Media types whose `encoding` says how each field is written; for others it says nothing."""


def compare(at: Comparison, old: Any, new: Any, name: str, side: Side) -> None:
    """Compare the bodies of two operations' requests, None for none."""
    place = f"{name} request"
    if old is None and new is None:
        return
    if old is None or new is None:
        required = new is not None and at.new.resolved(new)[0].get("required")
        at.tell(side, place, "body removed" if new is None else "body added, required" if required else "body added")
        return
    before, after = at.old.resolved(old)[0], at.new.resolved(new)[0]
    at.demand(side, place, bool(before.get("required")), bool(after.get("required")))
    content(at, before.get("content", {}), after.get("content", {}), place, side, answers=False)
    at.unknown(side, place, before, after, {"required", "content"})


def content(at: Comparison, old: dict[str, Any], new: dict[str, Any], place: str, side: Side, *, answers: bool) -> None:
    """Compare media types; `answers`: these are a response's."""
    before, after = ({media_type(key): value for key, value in content.items()} for content in (old, new))
    many, sent = len({*before, *after}) > 1, "reply's" if answers else "request's"
    for key in dict.fromkeys((*before, *after)):
        one, other = before.get(key), after.get(key)
        where = f"{place} {key}" if many else place
        if one is None and other is not None:
            one = _covering(before, key)
            if one is None:
                first = answers and not before
                rule = "reply's first media type added" if first else f"{sent} media type added"
                at.tell(side, where, rule, f"media type {key} added")
                continue
        elif other is None and one is not None:
            other = _covering(after, key)
            if other is None:
                at.tell(side, where, f"{sent} media type removed", f"media type {key} removed")
                continue
        one, other = at.old.resolved(one)[0], at.new.resolved(other)[0]
        at.schemas.compare(one.get("schema", True), other.get("schema", True), where, side)
        known = {"schema"} if key in FORMS else {"schema", "encoding"}
        at.unknown(side, where, one, other, known)


def media_type(name: str) -> str:
    """Return a media type without parameters, in small letters."""
    return name.partition(";")[0].strip().lower()


def _covering(content: dict[str, Any], media_type: str) -> Any:
    """Return the entry of the range that covers a media type, or None."""
    return content.get(f"{media_type.partition('/')[0]}/*", content.get("*/*"))
