"""Durations of scenarios and faults: text such as 1h30m, or a number of seconds."""

import math

from paiflow._durations import seconds_of

__all__ = ["duration"]


def duration(value: object) -> float:
    """Return the seconds that a duration stands for.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf:
        return float(value)
    if isinstance(value, str) and (seconds := seconds_of(value)) is not None:
        return seconds
    raise ValueError(f"{value!r} is not a duration, such as 500ms, 5s, 2m or 1h30m")
