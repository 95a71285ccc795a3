"""One place in the schemas of two descriptions: collect the findings there, and descend from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from paiflow._description import Description
from tooling.changes import containment
from tooling.changes.keywords import PROVABLE
from tooling.changes.rules import Rule
from tooling.changes.shapes import REST, Branch
from tooling.changes.verdicts import LENIENT, ON_THE_WIRE, Direction, Finding, Side, Verdict

# Changes that may follow from others at the same place.
FOLLOW = PROVABLE | {REST, "required"}


class Whole(Protocol):
    """The comparison that a place is part of; see schemas.py."""

    old: Description
    new: Description
    findings: list[Finding]

    def compare(self, old: Any, new: Any, place: str, side: Side, subject: str = "") -> None:
        """Add what differs between two schemas."""

    def trial(self, json_type: str, old: Branch, new: Branch, side: Side) -> bool:
        """Whether two branches are equal, apart from components that are one in both."""

    def compare_component(self, json_type: str, old: Branch, new: Branch, side: Side) -> bool:
        """Compare two branches as the component that both are and nothing else; whether they are one."""


class SchemaPlace:
    """A place in the schemas that are compared.

    Args:
        whole: the comparison.
        place: its name in reports.
        side: whether clients send such values, or get them.
        subject: what users call the value, as `PipelineRun.Name`.

    Attributes:
        own: the indices of the findings that are about the value itself.
        together: how all that changes at once changes what is allowed, of the branches that are compared.
    """

    def __init__(self, whole: Whole, place: str, side: Side, subject: str) -> None:
        self.whole = whole
        self.place = place
        self.side = side
        self.subject = subject
        self.own: list[int] = []
        self.together: Callable[[], Direction] = lambda: Direction.UNCLEAR

    def tell(
        self, what: str, direction: Direction, *, about: str, client: Verdict | None = None, why: str = "", **where: str
    ) -> None:
        """Add a change of what is allowed here.

        Args:
            what: the change, in words.
            direction: how it changes what is allowed.
            about: the keyword.
            client: the verdict for users, where it is not the usual one.
            why: its reason.
            where: as for `add`.
        """
        if about in FOLLOW and self.follows(direction):
            return
        wire, because = ON_THE_WIRE[self.side, direction]
        usual = Verdict.INVISIBLE if self.side is Side.REPLY else wire
        if self.side is Side.REPLY and client is None and direction is not Direction.SAME:
            because = f"{because}; {LENIENT}"
        because = f"{because}; {why}" if why else because
        self.add(what, (wire, usual if client is None else client, because), about=about, **where)

    def follows(self, direction: Direction) -> bool:
        """Whether a change does nothing that others do not do already: a limit under a tighter one, say."""
        if direction is Direction.SAME:
            return False
        opposite = {Direction.NARROWER: Direction.WIDER, Direction.WIDER: Direction.NARROWER}.get(direction)
        return self.together() in (Direction.SAME, opposite)

    def add(self, what: str, rule: Rule, *, about: str = "", home: str = "", member: str = "", name: str = "") -> None:
        """Add a finding: of this place, of the component `home`, of its value `member`, or of the field `name` here."""
        place = f"{home or self.place}.{name}" if name else home or self.place
        subject = ".".join(filter(None, (home or self.subject, name or member)))
        if not name:
            self.own.append(len(self.whole.findings))
        self.whole.findings.append(Finding(self.side, place, what, *rule, about, subject))

    def direction(self, old: Any, new: Any) -> Direction:
        """Return how the values that a schema allows change; for what is compared here."""
        return containment.direction(old, new, self.whole.old.document, self.whole.new.document)
