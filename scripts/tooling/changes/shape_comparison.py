"""Compare what two shapes allow at one place."""

from __future__ import annotations

from dataclasses import replace

from openapi_python_client import strings

from paiflow._description import Description
from tooling.changes import branches, kinds, values
from tooling.changes.keywords import changed, shown
from tooling.changes.rules import BREAKING, INVISIBLE, RULES
from tooling.changes.schema_place import SchemaPlace
from tooling.changes.shapes import INTEGER, MISSING, TYPES, Facet, Shape, text_of
from tooling.changes.verdicts import LENIENT, Direction, Side, joined
from tooling.changes.words import types_of

# Which of a place's changes tell that its Python type changes.
TELLS_TYPE = ("type", "format", INTEGER, "variants", "enum")


class ShapeComparison:
    """Compare what two shapes allow at a place."""

    def __init__(self, at: SchemaPlace, old: Shape, new: Shape) -> None:
        self.at = at
        self.old = old
        self.new = new

    def compare(self) -> None:
        """Add all that differs."""
        self._types()
        for json_type in (name for name in TYPES if name in self.old.facets and name in self.new.facets):
            self._facet(json_type, self.old.facets[json_type], self.new.facets[json_type])
        self._python_type()
        self._classes()
        self._default()
        self._flags()
        self._outcomes()

    def _types(self) -> None:
        before, after = self.old.facets.keys(), self.new.facets.keys()
        if before != after:
            direction = joined([Direction.NARROWER] * bool(before - after) + [Direction.WIDER] * bool(after - before))
            self.at.tell(f"type {types_of(self.old)} → {types_of(self.new)}", direction, about="type")

    def _facet(self, json_type: str, old: Facet, new: Facet) -> None:
        if old.named or new.named:
            values.compare(self.at, json_type, old, new)
        if old.branches and new.branches:
            branches.compare(self.at, json_type, old, new)

    def _python_type(self) -> None:
        """Let users know where the Python type of a value changes."""
        if self.at.side is Side.REPLY:
            before, after = kinds.in_reply(self.old), kinds.in_reply(self.new)
            # What was Any, as it came, and is one of these now, is still as it came.
            changed = not after <= before | (kinds.AS_THEY_CAME if "Any" in before else set())
        else:
            before, after = kinds.in_request(self.old), kinds.in_request(self.new)
            changed = not before <= after
        if not changed or not self.old.facets or not self.new.facets:
            return
        types, types_now = (" | ".join(sorted(found)) for found in (before, after))
        why = f"the Python type changes: {types} → {types_now}"
        tellers = [index for index in self.at.own if self.at.whole.findings[index].about in TELLS_TYPE]
        for index in tellers:
            found = self.at.whole.findings[index]
            reason = found.why.removesuffix(f"; {LENIENT}")
            self.at.whole.findings[index] = replace(found, client=BREAKING, why=f"{reason}; {why}")
        if not tellers:
            self.at.add(f"Python type {types} → {types_now}", (INVISIBLE, BREAKING, why), about="type")

    def _classes(self) -> None:
        """Add the models and enums of replies whose class has another name now.

        It is the title, else the name of the component, else made of the place's.
        """
        if self.at.side is not Side.REPLY:
            return
        place = self.at.subject.replace(".", "").replace("[]", "Item")
        for names in (kinds.models, kinds.enums):
            before, after = names(self.old), names(self.new)
            if len(before) == len(after) == 1:
                (one,), (other,) = before, after
                was, now = _class(self.at.whole.old, one, self.old), _class(self.at.whole.new, other, self.new)
                if _pascal(was or place) == _pascal(now) or was == now:
                    continue
                if not now and was == place and names is kinds.models:
                    continue
                what = f"named {now} now" if now else "written out where it is used"
                self.at.add(what, RULES["class"], about="class", home=one or self.at.place)
        self._bases()

    def _bases(self) -> None:
        """Add the classes that the model of a place extended, and that have another name now or are no base of it."""
        before, after = kinds.bases(self.old), kinds.bases(self.new)
        if not before or not after:
            return
        whole = self.at.whole
        for name in sorted(before & after):
            if _pascal(_class(whole.old, name)) != _pascal(now := _class(whole.new, name)):
                self.at.add(f"named {now} now", RULES["class"], about="class", home=name)
        gone, come = before - after - kinds.models(self.old), after - before - kinds.models(self.new)
        lost = {name for name in gone if whole.new.component("schemas", name) is None}
        fresh = {name for name in come if whole.old.component("schemas", name) is None}
        if len(lost) == len(fresh) == 1:
            (one,), (other,) = lost, fresh
            now = _class(whole.new, other)
            if _pascal(_class(whole.old, one)) != _pascal(now):
                self.at.add(f"named {now} now", RULES["class"], about="class", home=one)
            gone -= lost
        for name in sorted(gone):
            self.at.add(f"is no {name} any more", RULES["base"], about="class")

    def _default(self) -> None:
        before, after = (found.place.get("default", MISSING) for found in (self.old, self.new))
        if (before is MISSING) == (after is MISSING) and (before is MISSING or text_of(before) == text_of(after)):
            return
        rule = "default added" if before is MISSING else "default changed"
        self.at.add(changed("default", before, after), RULES[f"{self.at.side}'s {rule}"], about="default")

    def _flags(self) -> None:
        """Add what is only about the other side: there, the field comes or goes (fields.py)."""
        flag, others = ("writeOnly", "replies") if self.at.side is Side.REQUEST else ("readOnly", "requests")
        before, after = (bool(found.place.get(flag)) for found in (self.old, self.new))
        if before != after:
            what = f"{flag} {'added' if after else 'removed'}"
            self.at.add(what, (INVISIBLE, INVISIBLE, f"it is about {others}"), about=flag)

    def _outcomes(self) -> None:
        """Add the statuses whose outcome changes; those of statuses that come or go are told with them."""
        before, after = self.old.outcomes, self.new.outcomes
        names = [{key for facet in found.facets.values() for key in facet.named} for found in (self.old, self.new)]
        for status in dict.fromkeys((*before, *after)):
            if before.get(status) != after.get(status) and all(text_of(status) in known for known in names):
                home = self.new.outcomes_home if self.old.outcomes_home == self.new.outcomes_home else ""
                what = f"outcome of {status} {shown(before.get(status))} → {shown(after.get(status))}"
                self.at.add(what, RULES["outcome"], about="x-paiflow-outcomes", home=home)


def _class(description: Description, component: str, at: Shape | None = None) -> str:
    """Return the name that a component's class has, or that of a schema written out; "" where it follows from its place."""
    if not component:
        return at.title if at else ""
    schema = description.component("schemas", component)
    return str((schema.get("title") if isinstance(schema, dict) else "") or component)


def _pascal(name: str) -> str:
    """Return a name as the generator writes it."""
    return strings.pascal_case(name)
