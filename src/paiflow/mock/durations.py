"""Durations, as people write them: 500ms, 5s, 2m, 1h30m, or a number of seconds."""

import math
import re

__all__ = ["duration"]

_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
# Each unit at most once, the largest first.
_DURATION = re.compile("".join(rf"(?:(?P<{unit}>[0-9]+(?:\.[0-9]+)?){unit}(?![a-z]))?" for unit in _UNITS))


def duration(value: object) -> float:
    """Return the seconds that a duration stands for.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf:
        return float(value)
    if isinstance(value, str) and value and (match := _DURATION.fullmatch(value)):
        return sum(float(number) * _UNITS[unit] for unit, number in match.groupdict("0").items())
    raise ValueError(f"{value!r} is not a duration, such as 500ms, 5s, 2m or 1h30m")
