"""Read and write durations as people do: 500ms, 5s, 2m, 1h30m, 2d."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from itertools import pairwise
from typing import Final, TypeAlias

# Seconds, or text such as "90s" or "1h30m".
Duration: TypeAlias = float | str | timedelta

_SECONDS: Final = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
# Each unit at most once, the largest first.
_PARTS: Final = re.compile("".join(rf"(?:(?P<{unit}>[0-9]+(?:\.[0-9]+)?){unit}(?![a-z]))?" for unit in _SECONDS))


def seconds_of(text: str) -> float | None:
    """Return the seconds that a duration stands for, None if it is none."""
    if not text or not (parts := _PARTS.fullmatch(text)):
        return None
    seconds = sum(float(number) * _SECONDS[unit] for unit, number in parts.groupdict("0").items())
    return seconds if seconds < math.inf else None


def duration(value: object) -> float | None:
    """Return the seconds that a number, a text or a timedelta stands for, None if it is no duration.

    A number alone is seconds, in a text too.
    """
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, str):
        return seconds_of(f"{value}s" if value.isascii() and value.replace(".", "", 1).isdecimal() else value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def spelled(seconds: float) -> str:
    """Return whole seconds by their two largest units: 5s, 1m05s, 1h30m, 2d00h."""
    left = max(0, int(seconds))
    for (unit, size), (smaller, small) in pairwise((unit, int(size)) for unit, size in _SECONDS.items() if size >= 1):
        if left >= size:
            return f"{left // size}{unit}{left % size // small:02}{smaller}"
    return f"{left}s"
