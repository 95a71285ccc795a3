"""Compare the responses of operations: statuses, what they hold, and their headers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from paiflow._description import Place
from tooling.changes import bodies, parameters
from tooling.changes.context import Comparison
from tooling.changes.rules import HEADERS, INVISIBLE
from tooling.changes.verdicts import Side


def compare(at: Comparison, old: dict[str, Any], new: dict[str, Any], name: str, side: Side) -> None:
    """Compare the responses of two operations, by status; a range or the default stands for what is not listed."""
    before, after = (
        {key.upper() if key != "default" else key: node for key, node in found.items() if not key.startswith("x-")}
        for found in (old, new)
    )
    for status in dict.fromkeys((*before, *after)):
        one = before[status] if status in before else _range(before, status)
        other = after[status] if status in after else _range(after, status)
        place = f"{name} {status}"
        if one is None:
            at.tell(side, place, "success added" if _is_success(status, after) else "error added", "response added")
        elif other is None:
            rule = "success removed" if _is_success(status, before) else "error removed"
            at.tell(side, place, rule, "response removed")
        else:
            _response(at, at.old.resolved(one), at.new.resolved(other), place, side)


def _response(at: Comparison, old: tuple[Any, Place], new: tuple[Any, Place], place: str, side: Side) -> None:
    (before, home), (after, home_now) = old, new
    if at.is_known(side, home, home_now):
        return
    place = str(home[-1]) if home and home == home_now else place
    bodies.content(at, before.get("content", {}), after.get("content", {}), place, side, answers=True)
    _headers(at, before.get("headers", {}), after.get("headers", {}), place, side)
    at.unknown(side, place, before, after, {"content", "headers", "links"})


def _headers(at: Comparison, old: dict[str, Any], new: dict[str, Any], place: str, side: Side) -> None:
    before, after = ({key.lower(): (key, value) for key, value in found.items()} for found in (old, new))
    for key in dict.fromkeys((*before, *after)):
        if key == "content-type":  # said by the media type
            continue
        where = f"{place} header {(after.get(key) or before[key])[0]}"
        if key not in before:
            at.tell(side, where, "header added")
        elif key not in after:
            at.tell(side, where, "header removed")
        else:
            (one, home), (other, home_now) = at.old.resolved(before[key][1]), at.new.resolved(after[key][1])
            if at.is_known(side, home, home_now):
                continue
            # By a comparison of its own, since what headers hold users do not see, wherever else it is used.
            aside = Comparison(at.old, at.new)
            _header(aside, one, other, f"header {home[-1]}" if home and home == home_now else where, side)
            at.findings += [
                replace(found, client=INVISIBLE, why=f"{found.why.partition(';')[0]}; {HEADERS}")
                for found in aside.all_findings
            ]


def _header(at: Comparison, old: dict[str, Any], new: dict[str, Any], place: str, side: Side) -> None:
    before, after = bool(old.get("required")), bool(new.get("required"))
    if before != after:
        now = "required now" if after else "optional now"
        at.tell(side, place, f"header {now}", now)
    parameters.held(at, old, new, place, side)
    known = {"required", "schema", "content", "style", "explode", "allowEmptyValue", "allowReserved"}
    at.unknown(side, place, old, new, known)


def _range(responses: dict[str, Any], status: str) -> Any:
    """Return the response of the range, or the default, that covers a status; or None."""
    return responses.get(f"{status[0]}XX", responses.get("default"))


def _is_success(status: str, responses: dict[str, Any]) -> bool:
    """Whether clients read what such a response holds as what they asked for."""
    if status == "default":
        return not any(key.startswith("2") for key in responses)
    return status[0] in "23"
