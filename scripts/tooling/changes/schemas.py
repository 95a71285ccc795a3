"""Compare two schemas, place by place, as seen from one side.

    what changes                          request: wire, client        reply: wire, client
    a type, a limit, a condition
      narrower                            breaking, breaking           additive, invisible
      wider                               additive, additive           breaking, invisible
      both, or it cannot be shown         breaking, breaking           breaking, invisible
    a field
      added                               additive, additive           additive, additive
      added, required                     breaking, breaking           additive, additive
      added where others were ruled out   additive, additive           breaking, additive
      removed                             breaking, breaking           breaking, breaking
      required now                        breaking, breaking           additive, invisible
      optional now                        additive, additive           breaking, invisible
    other fields ruled out                breaking, breaking           additive, invisible
    other fields let in                   additive, additive           breaking, invisible
    an enum's value
      added, where others may come        additive, additive           additive, additive
      added, where none may               additive, additive           breaking, additive
      removed, where others may come      invisible, breaking          invisible, breaking
      removed, where none may             breaking, breaking           additive, breaking
    an enum
      opened to other values              additive, additive           breaking, invisible
      closed to other values              breaking, breaking           additive, invisible
    the component of a model or an enum
      renamed, or written out             -                            invisible, breaking (users import the class)
    the Python type of a value            as for its type; breaking    as for its type; breaking
    contentMediaType: JSON                narrower; wider              narrower, additive; wider, breaking (value_json)
    the default                           breaking, breaking           breaking, invisible
      added                               additive, additive           additive, invisible
    readOnly, writeOnly                   a field that comes or goes, on the side that may not have it
    the outcome of a status               -                            invisible, breaking (`wait` says something else)

Why a removed field breaks though a schema without it allows more: clients that send it are not heard any more, clients
that read it get nothing. Why an added one does not, though its schema rules something out: no client sends or reads it yet.
A field that is renamed is one removed and one added.

Where a component is compared with one of the same name, its name is the place, so a change of it is told once.
"""

from __future__ import annotations

from typing import Any

from paiflow._description import Description
from tooling.changes.documents import component_of
from tooling.changes.schema_place import SchemaPlace
from tooling.changes.shape_comparison import ShapeComparison
from tooling.changes.shapes import Branch, Facet, Shape, shape, text_of
from tooling.changes.verdicts import Finding, Side


class SchemaComparison:
    """Compare schemas of two descriptions; `findings` grows.

    Args:
        old: the description as it was.
        new: the description as it is.
        shallow: leave components out that are one in both: they are compared by themselves.
    """

    def __init__(self, old: Description, new: Description, *, shallow: bool = False) -> None:
        self.old = old
        self.new = new
        self.findings: list[Finding] = []
        self._shallow = shallow
        self._told: set[tuple[Side, str, str, str]] = set()
        self._under_way: list[tuple[Side, str, str]] = []
        self._waiting: list[tuple[Any, Any, str, Side, str]] = []

    def compare(self, old: Any, new: Any, place: str, side: Side, subject: str = "") -> None:
        """Add what differs between two schemas.

        Args:
            old: a schema of the old description.
            new: the one in its place in the new one.
            place: where they stand.
            side: whether clients send such values, or get them.
            subject: what users call the value, as `PipelineRun.Name`.
        """
        component = self._component(old, new)
        place, subject = component or place, component or subject or place
        if component and self._shallow:
            return
        if not self._under_way:
            self._compare(old, new, place, side, subject)
            while self._waiting:
                self._compare(*self._waiting.pop())
        elif component:
            # Later, so that a long chain of components is no deep one.
            self._waiting.append((old, new, place, side, subject))
        else:
            self._compare(old, new, place, side, subject)

    def _compare(self, old: Any, new: Any, place: str, side: Side, subject: str) -> None:
        texts = text_of(old), text_of(new)
        if (side, *texts) in self._under_way or (side, place, *texts) in self._told:
            return
        if texts[0] == texts[1] and '"$ref"' not in texts[0]:
            return
        self._told.add((side, place, *texts))
        self._under_way.append((side, *texts))
        try:
            at = SchemaPlace(self, place, side, subject)
            ShapeComparison(at, shape(self.old, old), shape(self.new, new)).compare()
        finally:
            self._under_way.pop()

    def trial(self, json_type: str, old: Branch, new: Branch, side: Side) -> bool:
        """Whether two branches are equal, apart from components that are one in both."""
        aside = SchemaComparison(self.old, self.new, shallow=True)
        before, after = (Shape({json_type: Facet({}, (branch,))}, {}, {}, "", "") for branch in (old, new))
        ShapeComparison(SchemaPlace(aside, "", side, ""), before, after).compare()
        return not aside.findings

    def compare_component(self, json_type: str, old: Branch, new: Branch, side: Side) -> bool:
        """Compare two branches as the component that both are and nothing else; whether they are one."""
        reference = {"$ref": f"#/components/schemas/{old.name}"}
        for branch, description in ((old, self.old), (new, self.new)):
            if branch.name != old.name or description.component("schemas", branch.name) is None:
                return False
            if shape(description, reference).facets.get(json_type) != Facet({}, (branch,)):
                return False
        self.compare(reference, reference, old.name, side)
        return True

    def _component(self, old: Any, new: Any) -> str:
        """Return the component's name where both schemas are one component, or a renamed one; else ""."""
        before, after = component_of(old), component_of(new)
        renamed = (
            before and after and not (self.new.component("schemas", before) or self.old.component("schemas", after))
        )
        return after if before == after or renamed else ""
