"""A change: its place, its text, and for each side two verdicts with their reasons.

Findings are what the comparisons yield, one for each side and path that leads to a place. `gathered` makes changes of
them: one for each place and wording, however many paths lead there, which keeps the sides apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """The effect of a change on existing code."""

    BREAKING = "breaking"
    ADDITIVE = "additive"
    INVISIBLE = "invisible"


SEVERITY = (Verdict.INVISIBLE, Verdict.ADDITIVE, Verdict.BREAKING)
"""From the mildest to the most severe."""


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the most severe of some verdicts; invisible where there is none."""
    return max(verdicts, key=SEVERITY.index, default=Verdict.INVISIBLE)


class Side(StrEnum):
    """From where a change is seen."""

    REQUEST = "request"
    REPLY = "reply"
    OPERATION = "operation"
    PYTHON = "python"
    TEXT = "text"


OTHER_SIDE = {Side.REQUEST: Side.REPLY, Side.REPLY: Side.REQUEST}


class Direction(StrEnum):
    """How the set of values that are allowed changes."""

    SAME = "same"
    NARROWER = "narrower"
    WIDER = "wider"
    OTHER = "other"
    """Some values come, others go."""
    UNCLEAR = "unclear"


def joined(directions: Iterable[Direction]) -> Direction:
    """Return the direction of several changes made at once, as far as they tell."""
    found = set(directions) - {Direction.SAME}
    if len(found) > 1:
        return Direction.UNCLEAR if Direction.UNCLEAR in found else Direction.OTHER
    return found.pop() if found else Direction.SAME


# Of request and reply: what a direction means on the wire, and why.
ON_THE_WIRE = {
    (Side.REQUEST, Direction.NARROWER): (Verdict.BREAKING, "what clients may send today is refused"),
    (Side.REQUEST, Direction.WIDER): (Verdict.ADDITIVE, "all that clients send today is still taken"),
    (Side.REQUEST, Direction.OTHER): (
        Verdict.BREAKING,
        "what clients may send today is refused, other things are taken",
    ),
    (Side.REQUEST, Direction.UNCLEAR): (
        Verdict.BREAKING,
        "it cannot be shown that all that clients may send today is still taken",
    ),
    (Side.REQUEST, Direction.SAME): (Verdict.INVISIBLE, "the same requests are taken"),
    (Side.REPLY, Direction.NARROWER): (Verdict.ADDITIVE, "the service promises more than before"),
    (Side.REPLY, Direction.WIDER): (Verdict.BREAKING, "replies may hold what was ruled out before"),
    (Side.REPLY, Direction.OTHER): (Verdict.BREAKING, "replies hold what was ruled out before"),
    (Side.REPLY, Direction.UNCLEAR): (
        Verdict.BREAKING,
        "it cannot be shown that replies hold nothing that was ruled out before",
    ),
    (Side.REPLY, Direction.SAME): (Verdict.INVISIBLE, "the same replies are allowed"),
}

LENIENT = "users read X | None as before"
"""Why most changes of replies are invisible to users."""


@dataclass(frozen=True)
class Finding:
    """One difference, seen from one side.

    `about` is the keyword or part that differs; `subject` what users would call it, as `PipelineRun.Name`, for
    changes that the generated client shows under a name of its own.
    """

    side: Side
    place: str
    what: str
    wire: Verdict
    client: Verdict
    why: str
    about: str = ""
    subject: str = ""


@dataclass
class Change:
    """One change: a place, what changed, and what each side says to it."""

    place: str
    what: str
    sides: dict[Side, Finding] = field(default_factory=dict)

    @property
    def wire(self) -> Verdict:
        """The verdict on the wire: the worst of the sides'."""
        return worst(finding.wire for finding in self.sides.values())

    @property
    def client(self) -> Verdict:
        """The verdict for users of the client: the worst of the sides'."""
        return worst(finding.client for finding in self.sides.values())

    @property
    def side(self) -> str:
        """The one side, or `both`."""
        return next(iter(self.sides)) if len(self.sides) == 1 else "both"

    @property
    def why(self) -> str:
        """The reasons, each once; by side where they differ."""
        reasons = {finding.why for finding in self.sides.values()}
        if len(reasons) == 1:
            return reasons.pop()
        return "; ".join(f"{side}: {finding.why}" for side, finding in sorted(self.sides.items(), reverse=True))


def gathered(findings: Iterable[Finding]) -> list[Change]:
    """Return the changes that findings tell, the most severe for users first.

    Of two findings of one place, wording and side, the more severe stands, verdict by verdict.
    """
    changes: dict[tuple[str, str], Change] = {}
    for found in findings:
        change = changes.setdefault((found.place, found.what), Change(found.place, found.what))
        known = change.sides.get(found.side)
        change.sides[found.side] = found if known is None else _severer(known, found)
    return sorted(
        changes.values(),
        key=lambda change: (-SEVERITY.index(change.client), -SEVERITY.index(change.wire), change.place, change.what),
    )


def _severer(one: Finding, other: Finding) -> Finding:
    wire, client = worst((one.wire, other.wire)), worst((one.client, other.client))
    if (one.wire, one.client) == (wire, client):
        return one
    if (other.wire, other.client) == (wire, client):
        return other
    return Finding(one.side, one.place, one.what, wire, client, f"{one.why}; {other.why}", one.about, one.subject)


def key_of(name: str) -> str:
    """Return a name without case and punctuation, so that `PipelineRun.Name` is `PipelineRun.name`, `Type` `type_`."""
    return re.sub(r"[^a-z0-9.]", "", name.lower())
