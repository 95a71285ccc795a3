"""Read single values of scenarios and faults. Each check gives the value, or a ValueError that says what is wrong."""

import math
from collections.abc import Callable
from typing import Any

from paiflow.mock.durations import duration

__all__ = ["Check", "above_zero", "chance", "line_of_text", "one_of", "positive", "signed_duration", "text", "whole"]

Check = Callable[[object], Any]


def text(value: object) -> str:
    """Return text that is not empty."""
    if not isinstance(value, str) or not value:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        raise ValueError(f"{value!r} is not text{': put it in quotes' if number else ''}")
    return value


def line_of_text(value: object) -> str:
    """Return text, which may be empty."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not text")  # noqa: TRY004 - its callers tell values, not types
    return value


def whole(value: object) -> int:
    """Return a whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{value!r} is not a whole number")  # noqa: TRY004 - its callers tell values, not types
    return value


def positive(value: object) -> int:
    """Return a whole number from 1 on."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{value!r} is not a whole number from 1 on")
    return value


def above_zero(value: object) -> float:
    """Return a number above 0."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < math.inf:
        raise ValueError(f"{value!r} is not a number above 0")
    return float(value)


def chance(value: object) -> float:
    """Return a number above 0, up to 1."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= 1:
        raise ValueError(f"{value!r} is not a number above 0, up to 1")
    return float(value)


def signed_duration(value: object) -> float:
    """Return the seconds of a duration, which may be negative."""
    try:
        if isinstance(value, str) and value.startswith("-"):
            return -duration(value[1:])
        if isinstance(value, int | float) and value < 0:
            return -duration(-value)
        return duration(value)
    except ValueError:
        raise ValueError(f"{value!r} is not a duration, such as 20m or -20m") from None


def one_of(*known: object) -> Check:
    """Return the check for one of these values."""

    def check(value: object) -> object:
        if type(value) not in map(type, known) or value not in known:
            raise ValueError(f"{value!r} is not one of {', '.join(map(str, known))}")
        return value

    return check
