"""What comes of samples: ratios round by round, their median and spread, and whether a target is reached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Literal, Self

import attrs

from tooling.bench.measuring import Sample

Unit = Literal["s", "/s", "B", ""]
By = Literal["wall", "cpu"]


@attrs.frozen
class Spread:
    """The median of several rounds, with the lowest and the highest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """Return the spread of values, at least one."""
        found = list(values)
        return cls(median(found), min(found), max(found))


@attrs.frozen
class Target:
    """What is to be reached.

    Attributes:
        relation: "≤" for times of the other's time, "≥" for times of the other's speed.
        limit: the number.
        figure: it holds for our own figure alone.
    """

    relation: Literal["≤", "≥"]
    limit: float
    figure: bool = False

    def met(self, value: float) -> bool:
        """Return whether the value reaches it."""
        return value <= self.limit if self.relation == "≤" else value >= self.limit


@attrs.frozen(kw_only=True)
class Line:
    """One line of the table.

    Attributes:
        row: the name of the row it belongs to.
        what: what was done.
        against: the contender; None if there is none.
        unit: of `ours` and `theirs`: seconds, operations a second, bytes, or a plain number.
        ours: our median.
        theirs: the other's median, None if there is no contender.
        by: what counts for the target, the clock or the processor.
        wall: the ratio by the clock, or our figure if there is no contender; None for what takes no time.
        cpu: the ratio by the processor, or our figure; None where it is not known.
        target: what is to be reached, None if the line only tells.
        samples: all that was measured, by contender.
    """

    row: str
    what: str
    against: str | None = None
    unit: Unit = "s"
    ours: float
    theirs: float | None = None
    by: By = "wall"
    wall: Spread | None = None
    cpu: Spread | None = None
    target: Target | None = None
    samples: dict[str, list[Sample]] = attrs.field(factory=dict)

    @property
    def missed(self) -> bool:
        """Whether there is a target, and it is not reached."""
        if self.target is None:
            return False
        if self.target.figure:
            return not self.target.met(self.ours)
        ratio = self.wall if self.by == "wall" else self.cpu
        return ratio is None or not self.target.met(ratio.median)


def compared(
    row: str,
    what: str,
    against: str,
    ours: Sequence[Sample],
    theirs: Sequence[Sample],
    target: Target | None = None,
    *,
    by: By = "wall",
    unit: Unit = "s",
) -> Line:
    """Return the line that sets our samples against another's, round by round.

    The ratio is our time through theirs; where the target is a "≥", our speed through theirs.
    """
    faster = target is not None and target.relation == "≥"

    def ratio(kind: By) -> Spread | None:
        pairs = [(getattr(one, kind), getattr(other, kind)) for one, other in zip(ours, theirs, strict=True)]
        if any(not one or not other for one, other in pairs):
            return None
        return Spread.of(other / one if faster else one / other for one, other in pairs)

    return Line(
        row=row,
        what=what,
        against=against,
        unit=unit,
        ours=_figure(ours, by, unit),
        theirs=_figure(theirs, by, unit),
        by=by,
        wall=ratio("wall"),
        cpu=ratio("cpu"),
        target=target,
        samples={"ours": list(ours), against: list(theirs)},
    )


def alone(row: str, what: str, ours: Sequence[Sample], limit: float | None = None, *, by: By = "wall") -> Line:
    """Return the line of a figure without a contender, in seconds; a limit is the most that it may take."""
    cpu = [one.cpu for one in ours if one.cpu is not None]
    return Line(
        row=row,
        what=what,
        ours=_figure(ours, by, "s"),
        by=by,
        wall=Spread.of(one.wall for one in ours),
        cpu=Spread.of(cpu) if cpu else None,
        target=None if limit is None else Target("≤", limit, figure=True),
        samples={"ours": list(ours)},
    )


def _figure(samples: Sequence[Sample], by: By, unit: Unit) -> float:
    seconds = median([(one.cpu if by == "cpu" else one.wall) or 0.0 for one in samples])
    return 1 / seconds if unit == "/s" else seconds
