"""Compare the fields of two objects."""

from __future__ import annotations

from typing import Any

from paiflow._description import Description
from tooling.changes import containment
from tooling.changes.rules import RULES
from tooling.changes.schema_place import SchemaPlace
from tooling.changes.shapes import Branch, flattened, text_of
from tooling.changes.verdicts import LENIENT, ON_THE_WIRE, Direction, Side, Verdict


class FieldComparison:
    """Compare the fields of two objects."""

    def __init__(self, place: SchemaPlace, old: Branch, new: Branch) -> None:
        self.at = place
        self.old = old.keywords
        self.new = new.keywords
        self.homes = old.homes, new.homes
        self.side = place.side
        whole = place.whole
        self.before = _visible(whole.old, self.old.get("properties", {}), self.side)
        self.after = _visible(whole.new, self.new.get("properties", {}), self.side)

    def compare(self) -> None:
        """Add all that differs."""
        asked, asked_now = self.old.get("required", []), self.new.get("required", [])
        for name in dict.fromkeys((*self.before, *self.after, *asked, *asked_now)):
            if name in self.before and name not in self.after:
                self._removed(name)
            elif name in self.after and name not in self.before:
                self._added(name, required=name in asked_now)
            elif self._hidden(name):
                continue
            else:
                self._kept(name, asked=name in asked, asked_now=name in asked_now)
        self._others()
        self._patterns()
        one, other = ({"type": "string", "allOf": [words.get("propertyNames", True)]} for words in (self.old, self.new))
        if one != other and self.at.together() is not Direction.SAME:
            self.at.whole.compare(one, other, f"{self.at.place}{{names}}", self.side)

    def _home(self, kind: str, name: str) -> str:
        """Return the component in which this was changed of a field, or "" for the place that is compared.

        Args:
            kind: `properties` or `required`.
            name: the field.
        """
        before, after = (homes.get(f"{kind}/{name}", "") for homes in self.homes)
        if before == after or not (before or after):
            return before
        whole = self.at.whole
        home, other = (before, whole.new) if before else (after, whole.old)
        if (before and after) or other.component("schemas", home) is None:
            return ""
        # Where the component has it still, or had it before, it is the place that has left or joined the component.
        there = flattened(other, {"$ref": f"#/components/schemas/{home}"}).keywords.get(kind, ())
        return "" if name in there else home

    def _hidden(self, name: str) -> bool:
        """Whether a field is not for this side, before as after, by readOnly or writeOnly."""
        return name not in self.before and name in {**self.old.get("properties", {}), **self.new.get("properties", {})}

    def _removed(self, name: str) -> None:
        what = "removed"
        if name in self.new.get("properties", {}):
            what = "readOnly added" if self.side is Side.REQUEST else "writeOnly added"
        rule = RULES[f"{self.side}'s field removed"]
        self.at.add(what, rule, about="properties", home=self._home("properties", name), name=name)

    def _added(self, name: str, *, required: bool) -> None:
        what = "added, required" if required else "added"
        if name in self.old.get("properties", {}):
            what = "readOnly removed" if self.side is Side.REQUEST else "writeOnly removed"
        whole, others = self.at.whole, _others(self.old)
        held = Direction.SAME
        if others is not True:
            held = containment.direction(others, self.after[name], whole.old.document, whole.new.document)
        if self.side is Side.REQUEST:
            narrows = others not in (True, False) and held not in (Direction.SAME, Direction.WIDER)
            breaks = required or narrows
            why = "no client sends it yet"
            if breaks:
                why += ": what clients send today is refused" if required else ", or else as other fields were"
        else:
            breaks = others is not True and held not in (Direction.SAME, Direction.NARROWER)
            why = "other fields were ruled out before" if breaks else "no client reads it yet"
        wire = Verdict.BREAKING if breaks else Verdict.ADDITIVE
        client = wire if self.side is Side.REQUEST else Verdict.ADDITIVE
        if self.side is Side.REPLY:
            why += "; users get one attribute more"
        self.at.add(what, (wire, client, why), about="properties", home=self._home("properties", name), name=name)

    def _kept(self, name: str, *, asked: bool, asked_now: bool) -> None:
        at = self.at
        if name in self.before:
            home = self._home("properties", name)
            # Users know it by the component that it was in, even if another holds it now.
            former = home or self.homes[0].get(f"properties/{name}") or at.subject
            place, subject = f"{home or at.place}.{name}", f"{former}.{name}"
            at.whole.compare(self.before[name], self.after[name], place, self.side, subject)
        if asked != asked_now:
            direction = Direction.NARROWER if asked_now else Direction.WIDER
            if at.follows(direction):
                return
            wire, why = ON_THE_WIRE[self.side, direction]
            rule = (wire, Verdict.INVISIBLE, f"{why}; {LENIENT}") if self.side is Side.REPLY else (wire, wire, why)
            what = "required now" if asked_now else "optional now"
            at.add(what, rule, about="required", home=self._home("required", name), name=name)

    def _others(self) -> None:
        """Add the change of what fields that are not listed may hold."""
        before, after = _others(self.old), _others(self.new)
        if text_of(before) == text_of(after):
            return
        if isinstance(before, bool) and isinstance(after, bool):
            what = "other fields let in" if after else "other fields ruled out"
            self.at.tell(what, Direction.WIDER if after else Direction.NARROWER, about="additionalProperties")
        else:
            self.at.whole.compare(before, after, f"{self.at.place}.*", self.side)

    def _patterns(self) -> None:
        before, after = self.old.get("patternProperties", {}), self.new.get("patternProperties", {})
        for pattern in dict.fromkeys((*before, *after)):
            self.at.whole.compare(
                before.get(pattern, _others(self.old)),
                after.get(pattern, _others(self.new)),
                f"{self.at.place}.{{{pattern}}}",
                self.side,
            )


def _visible(description: Description, properties: dict[str, Any], side: Side) -> dict[str, Any]:
    """Return the fields that a side may have: requests none that is readOnly, replies none that is writeOnly."""
    hidden = "readOnly" if side is Side.REQUEST else "writeOnly"
    return {
        name: schema for name, schema in properties.items() if not flattened(description, schema).keywords.get(hidden)
    }


def _others(words: dict[str, Any]) -> Any:
    """Return the schema of fields that are not listed."""
    return words.get("additionalProperties", words.get("unevaluatedProperties", True))
