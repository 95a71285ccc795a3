"""Read and write durations as people do: 90, 90s, 15m, 1h30m, 2d."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import Final

import click

_SECONDS: Final = {"d": 86400, "h": 3600, "m": 60, "s": 1}
# Each unit at most once, the largest first.
_PARTS: Final = re.compile("".join(rf"(?:([0-9]+(?:\.[0-9]+)?){unit})?" for unit in _SECONDS))
_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def seconds_of(text: str) -> float | None:
    """Return the seconds that a duration stands for, None if it is none. A number alone is seconds."""
    if _NUMBER.fullmatch(text):
        seconds = float(text)
    elif text and (parts := _PARTS.fullmatch(text)):
        seconds = sum(float(part or 0) * unit for part, unit in zip(parts.groups(), _SECONDS.values(), strict=True))
    else:
        return None
    return seconds if seconds < math.inf else None


def spelled(seconds: float) -> str:
    """Return whole seconds by their two largest units: 5s, 1m05s, 1h30m, 2d00h."""
    left = max(0, int(seconds))
    for (unit, size), (smaller, small) in pairwise(_SECONDS.items()):
        if left >= size:
            return f"{left // size}{unit}{left % size // small:02}{smaller}"
    return f"{left}s"


def duration(context: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    """Return the seconds of an option's value, as its callback.

    Raises:
        click.BadParameter: it is no duration above 0.
    """
    if value is None:
        return None
    seconds = seconds_of(value)
    if seconds is None or not seconds > 0:
        message = f"{value!r} is not a duration above 0, such as 90, 90s, 15m, 1h30m or 2d"
        raise click.BadParameter(message, context, parameter)
    return seconds
