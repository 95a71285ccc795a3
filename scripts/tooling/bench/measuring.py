"""Measure contenders in turns, so that what the machine does meanwhile strikes all of them alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs


@attrs.frozen
class Sample:
    """What one operation took in one round.

    Attributes:
        wall: seconds of the clock.
        cpu: seconds of the processor, user and system; None where that cannot be told.
        peak: the most bytes of memory that the process has held so far; None where that cannot be told.
    """

    wall: float
    cpu: float | None
    peak: int | None = None


Contender = Callable[[], Sample]


def in_turns(contenders: Mapping[str, Contender], rounds: int) -> dict[str, list[Sample]]:
    """Return the samples of each contender, one a round; a first round warms up and does not count.

    Every round begins with the next contender, so that none has always the same one before it.
    """
    names = list(contenders)
    samples: dict[str, list[Sample]] = {name: [] for name in names}
    for number in range(rounds + 1):
        shift = number % len(names)
        for name in [*names[shift:], *names[:shift]]:
            sample = contenders[name]()
            if number:
                samples[name].append(sample)
    return samples
