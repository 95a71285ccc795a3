"""What comes of samples: ratios round by round, their median and spread, and whether a target is reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any, Literal, Self

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
        relation: "≤" for at most, "≥" for at least.
        reach: the number that must be met; None if there is only an aim.
        aim: the number that would be better still, None if there is none.
        figure: it holds for our own figure, not for the ratio.
    """

    relation: Literal["≤", "≥"]
    reach: float | None
    aim: float | None = None
    figure: bool = False

    def met(self, value: float) -> bool:
        """Return whether the value reaches it."""
        if self.reach is None:
            return True
        return value <= self.reach if self.relation == "≤" else value >= self.reach


@attrs.frozen(kw_only=True)
class Line:
    """One line of the table.

    Attributes:
        row: the name of the row it belongs to.
        what: what was done.
        against: the contender; None if there is none.
        unit: of `ours` and `theirs`: seconds, operations a second, bytes, or a plain number. A ratio is of times; where the
            unit is operations a second, of speeds.
        ours: our median.
        theirs: the other's median, None if there is no contender.
        by: what counts for `ours`, `theirs` and the target, the clock or the processor.
        wall: the ratio by the clock, or our figure if there is no contender; None for what takes no time.
        cpu: the ratio by the processor, or our figure; None where it is not known.
        memory: our peak of memory, in bytes; None where it is not known.
        their_memory: the other's.
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
    memory: int | None = None
    their_memory: int | None = None
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

    The ratio is our time through theirs; where the unit is operations a second, our speed through theirs.
    """

    def ratio(kind: By) -> Spread | None:
        pairs = [(getattr(one, kind), getattr(other, kind)) for one, other in zip(ours, theirs, strict=True)]
        if any(not one or not other for one, other in pairs):
            return None
        return Spread.of(other / one if unit == "/s" else one / other for one, other in pairs)

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
        memory=_peak(ours),
        their_memory=_peak(theirs),
        target=target,
        samples={"ours": list(ours), against: list(theirs)},
    )


def alone(
    row: str,
    what: str,
    ours: Sequence[Sample],
    reach: float | None = None,
    aim: float | None = None,
    *,
    by: By = "wall",
) -> Line:
    """Return the line of a figure without a contender, in seconds: the most that it may take, and what is aimed at."""
    cpu = [one.cpu for one in ours if one.cpu is not None]
    return Line(
        row=row,
        what=what,
        ours=_figure(ours, by, "s"),
        by=by,
        wall=Spread.of(one.wall for one in ours),
        cpu=Spread.of(cpu) if cpu else None,
        memory=_peak(ours),
        target=None if reach is None and aim is None else Target("≤", reach, aim, figure=True),
        samples={"ours": list(ours)},
    )


def line_of(fields: Mapping[str, Any]) -> Line:
    """Return the line that JSON holds; whether a target is missed follows from it."""
    return Line(
        **{
            **{name: value for name, value in fields.items() if name != "missed"},
            **{kind: None if fields[kind] is None else Spread(**fields[kind]) for kind in ("wall", "cpu")},
            "target": None if fields["target"] is None else Target(**fields["target"]),
            "samples": {name: [Sample(**one) for one in taken] for name, taken in fields["samples"].items()},
        }
    )


def _figure(samples: Sequence[Sample], by: By, unit: Unit) -> float:
    seconds = median([(one.cpu if by == "cpu" else one.wall) or 0.0 for one in samples])
    return 1 / seconds if unit == "/s" else seconds


def _peak(samples: Iterable[Sample]) -> int | None:
    return max((one.peak for one in samples if one.peak is not None), default=None)
