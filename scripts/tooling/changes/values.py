"""Compare the values that enums and consts name."""

from __future__ import annotations

from tooling.changes import containment
from tooling.changes.keywords import shown
from tooling.changes.rules import RULES
from tooling.changes.schema_place import SchemaPlace
from tooling.changes.shapes import Facet, Named
from tooling.changes.verdicts import Direction, Side, Verdict


def compare(at: SchemaPlace, json_type: str, old: Facet, new: Facet) -> None:
    """Add the changes of values that are named: by name where both sides name some."""
    if old.named and new.named:
        _values(at, json_type, old, new)
        if bool(old.branches) != bool(new.branches):
            opened = bool(new.branches)
            direction = Direction.WIDER if opened else Direction.NARROWER
            what = "enum opened to other values" if opened else "enum closed to other values"
            at.tell(what, direction, about="enum", home=_home(old.named, new.named))
        return
    named = new.named or old.named
    what = f"enum {shown([known.value for known in named.values()])} {'added' if new.named else 'removed'}"
    if old.branches and new.branches:
        # What the names alone do; what else is allowed is compared by itself.
        new = Facet(new.named, old.branches)
        what += ", open to other values" if new.named else ""
    direction = at.direction(old.schema(json_type), new.schema(json_type))
    if new.named and direction is Direction.SAME:
        at.add(what, RULES["names of values"], about="names")
    elif new.named:
        client, why = (Verdict.ADDITIVE, "values get names") if at.side is Side.REPLY else (None, "")
        at.tell(what, direction, about="names", client=client, why=why)
    else:
        client, why = (Verdict.BREAKING, "their names in Python are gone") if at.side is Side.REPLY else (None, "")
        at.tell(what, direction, about="names", client=client, why=why)


def _values(at: SchemaPlace, json_type: str, old: Facet, new: Facet) -> None:
    for key, named in old.named.items():
        if key not in new.named:
            still = bool(new.branches) and containment.admits(new.schema(json_type), named.value, at.whole.new.document)
            direction = Direction.SAME if still else Direction.NARROWER
            where = {"about": "value", "home": _home({key: named}, new.named), "member": str(named.value)}
            what, why = f"enum value {shown(named.value)} removed", "its name in Python is gone"
            at.tell(what, direction, client=Verdict.BREAKING, why=why, **where)
    for key, named in new.named.items():
        if key not in old.named:
            before = bool(old.branches) and containment.admits(
                old.schema(json_type), named.value, at.whole.old.document
            )
            where = {"about": "value", "home": _home(old.named, {key: named}), "member": str(named.value)}
            what = f"enum value {shown(named.value)} added"
            if before:
                at.add(what, RULES["value of an open enum"], **where)
            else:
                why = "users read values that are not listed too" if at.side is Side.REPLY else ""
                at.tell(what, Direction.WIDER, client=Verdict.ADDITIVE, why=why, **where)


def _home(old: dict[str, Named], new: dict[str, Named]) -> str:
    """Return the component that names the values, where it is the same before and after."""
    homes = {named.home for named in (*old.values(), *new.values())}
    return homes.pop() if len(homes) == 1 else ""
