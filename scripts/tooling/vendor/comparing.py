"""Compare operations with the vendor's: new there, missing there, or different."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from tooling.vendor.operation import Entry, Operation, Place

Change = Literal["new", "removed", "changed"]
What = Literal["operation", "parameter", "field"]
Said = dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """One difference.

    Attributes:
        change: new at the vendor's, removed there, or changed.
        what: which kind of thing differs.
        operation: its name.
        place: where in the operation, as we have it; as the vendor has it, if it is new. None for an operation.
        ours, theirs: what differs, by name; None where there is nothing.
    """

    change: Change
    what: What
    operation: str
    place: Place | None
    ours: Said | None
    theirs: Said | None


def differences(ours: dict[str, Operation], theirs: dict[str, Operation]) -> list[Difference]:
    """Return all differences, in our order; what only the vendor has comes last."""
    found: list[Difference] = []
    for name in {**ours, **theirs}:
        mine, yours = ours.get(name), theirs.get(name)
        if mine is None:
            found.append(Difference("new", "operation", name, None, None, _of(theirs[name])))
        elif yours is None:
            found.append(Difference("removed", "operation", name, None, _of(mine), None))
        else:
            if _of(mine) != _of(yours):
                found.append(Difference("changed", "operation", name, None, *_differing(_of(mine), _of(yours))))
            found += _in_operation(mine, yours)
    return found


def _of(operation: Operation) -> Said:
    return {"method": operation.method, "path": operation.path, "version": operation.version}


def _in_operation(ours: Operation, theirs: Operation) -> Iterator[Difference]:
    moved = dict(_moved(ours, theirs))
    whole: list[Place] = []  # what is inside of these is not told as well
    for place in {**ours.entries, **theirs.entries}:
        if place in moved.values() or any(other.holds(place) for other in whole):
            continue
        what: What = "field" if place.is_field else "parameter"
        there = moved.get(place, place)
        mine, yours = ours.entries.get(place), theirs.entries.get(there)
        if mine is None:
            yield Difference("new", what, ours.name, place, None, _said(theirs.entries[place], place))
        elif yours is None:
            yield Difference("removed", what, ours.name, place, _said(mine, place), None)
        elif (before := _said(mine, place)) != (after := _said(_comparable(mine, yours), there)):
            yield Difference("changed", what, ours.name, place, *_differing(before, after))
        if mine is None or yours is None or mine.type != yours.type or place in moved:
            whole += [place, there]


def _moved(ours: Operation, theirs: Operation) -> Iterator[tuple[Place, Place]]:
    """Yield our place and the vendor's of each parameter that stands elsewhere, as in the body instead of the query."""
    lost = {place.name: place for place in ours.entries if not place.is_field and place not in theirs.entries}
    for place in theirs.entries:
        if not place.is_field and place not in ours.entries and place.name in lost:
            yield lost[place.name], place


def _comparable(ours: Entry, theirs: Entry) -> Entry:
    """Return the vendor's entry without its format where we say none: the pages do not always name one."""
    return theirs if ours.format else replace(theirs, format=None)


def _said(entry: Entry, place: Place) -> Said:
    said = {"place": place.part, "type": entry.type, "format": entry.format, "required": entry.required}
    return {name: value for name, value in said.items() if value is not None}


def _differing(ours: Said, theirs: Said) -> tuple[Said, Said]:
    names = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]
    return {name: ours.get(name) for name in names}, {name: theirs.get(name) for name in names}
