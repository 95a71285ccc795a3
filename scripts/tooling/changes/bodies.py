"""Compare request bodies, and the media types of requests and responses."""

from __future__ import annotations

from typing import Any

from tooling.changes.context import ADDITIVE, BREAKING, INVISIBLE, Comparison
from tooling.changes.verdicts import Side


def compare(at: Comparison, old: Any, new: Any, name: str, side: Side) -> None:
    """Compare the bodies of two operations' requests, None for none."""
    place = f"{name} request"
    if old is None and new is None:
        return
    if old is None or new is None:
        body, _ = (at.old if new is None else at.new).resolved(old or new)
        if new is None:
            at.tell(side, place, "body removed", BREAKING, BREAKING, "whoever sends one is not heard any more")
        elif body.get("required"):
            at.tell(side, place, "body added, required", BREAKING, BREAKING, "what clients send today is refused")
        else:
            at.tell(side, place, "body added", ADDITIVE, ADDITIVE, "nobody sends one yet")
        return
    before, after = at.old.resolved(old)[0], at.new.resolved(new)[0]
    at.demand(side, place, bool(before.get("required")), bool(after.get("required")))
    content(at, before.get("content", {}), after.get("content", {}), place, side, answers=False)
    at.unknown(side, place, before, after, {"required", "content"})


def content(at: Comparison, old: dict[str, Any], new: dict[str, Any], place: str, side: Side, *, answers: bool) -> None:
    """Compare media types; `answers`: these are a response's."""
    before, after = ({media_type(key): value for key, value in content.items()} for content in (old, new))
    many = len({*before, *after}) > 1
    for key in dict.fromkeys((*before, *after)):
        one, other = before.get(key), after.get(key)
        where = f"{place} {key}" if many else place
        if one is None and other is not None:
            one = _covering(before, key)
            if one is None:
                _media_type_added(at, where, key, side, answers=answers, first=not before)
                continue
        elif other is None and one is not None:
            other = _covering(after, key)
            if other is None:
                why = "clients that read it get none" if answers else "what clients send today is refused"
                at.tell(side, where, f"media type {key} removed", BREAKING, BREAKING, why)
                continue
        one, other = at.old.resolved(one)[0], at.new.resolved(other)[0]
        at.schemas.compare(one.get("schema", True), other.get("schema", True), where, side)
        at.unknown(side, where, one, other, {"schema"})


def _media_type_added(at: Comparison, where: str, key: str, side: Side, *, answers: bool, first: bool) -> None:
    if not answers:
        why, client = "nobody sends it yet", ADDITIVE
    elif first:
        why, client = "there is something to read now", ADDITIVE
    else:
        why, client = "clients say by Accept what they take; users get what the client reads", INVISIBLE
    at.tell(side, where, f"media type {key} added", ADDITIVE, client, why)


def media_type(name: str) -> str:
    """Return a media type without parameters, in small letters."""
    return name.partition(";")[0].strip().lower()


def _covering(content: dict[str, Any], media_type: str) -> Any:
    """Return what a range says of a media type, or None."""
    return content.get(f"{media_type.partition('/')[0]}/*", content.get("*/*"))
