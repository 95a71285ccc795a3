"""The context of all comparisons around schemas: the two descriptions, and the list of findings."""

from __future__ import annotations

from typing import Any

from paiflow._description import Description, Place
from tooling.changes.keywords import shown
from tooling.changes.rules import RULES
from tooling.changes.schemas import SchemaComparison
from tooling.changes.shapes import text_of
from tooling.changes.texts import TEXTS
from tooling.changes.verdicts import Finding, Side


class Comparison:
    """Two descriptions, what differs around their schemas (`findings`), and what differs in those (`schemas`)."""

    def __init__(self, old: Description, new: Description) -> None:
        self.old = old
        self.new = new
        self.findings: list[Finding] = []
        self.schemas = SchemaComparison(old, new)
        self._known: set[tuple[Side, Place]] = set()

    @property
    def all_findings(self) -> list[Finding]:
        """All that differs."""
        return [*self.findings, *self.schemas.findings]

    def is_known(self, side: Side, home: Place, home_now: Place) -> bool:
        """Whether two nodes are one component, which has been compared already."""
        known = home == home_now and home != () and (side, home) in self._known
        self._known.add((side, home))
        return known

    def tell(self, side: Side, place: str, rule: str, what: str = "") -> None:
        """Add a change that a rule judges; in the rule's own words, unless others are given."""
        self.findings.append(Finding(side, place, what or rule, *RULES[rule]))

    def unknown(self, side: Side, place: str, old: dict[str, Any], new: dict[str, Any], known: set[str]) -> None:
        """Add what differs between two nodes under keys that are not `known`, and do not only describe."""
        for key in dict.fromkeys((*old, *new)):
            if key in known or key in TEXTS or key == "$ref" or key.startswith("x-"):
                continue
            one, other = (found.get(key) or None for found in (old, new))  # false, or an empty list, says nothing
            if text_of(one) != text_of(other):
                self.tell(side, place, "not known", f"{key} {shown(one)} → {shown(other)}")

    def demand(self, side: Side, place: str, before: bool, after: bool) -> None:
        """Add that something a client sends must be given now, or may be left out."""
        if before != after:
            self.tell(side, place, "required now" if after else "optional now")
