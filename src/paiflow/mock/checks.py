"""Validate single values of scenarios and faults. Each check returns the value, or raises a ValueError with the reason."""

import math
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

from paiflow.mock.durations import duration
from paiflow_api.models import NodeStatus, OutputType, PipelineRunStatus

__all__ = [
    "Check",
    "above_zero",
    "chance",
    "line_of_text",
    "one_of",
    "output_type",
    "positive",
    "signed_duration",
    "status",
    "text",
    "whole",
]

Check = Callable[[object], Any]


def text(value: object) -> str:
    """Return text that is not empty."""
    if not isinstance(value, str) or not value:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        raise ValueError(f"{value!r} is not text{': put it in quotes' if number else ''}")
    return value


def unless_near(known: Iterable[str], what: str) -> Check:
    """Return the check for a text that is one of these, or nothing like one of them: else it is a slip of the pen."""
    by_lower = {one.lower(): one for one in known}

    def check(value: object) -> str:
        given = text(value)
        if given in by_lower.values():
            return given
        for near in get_close_matches(given.lower(), by_lower, 1, _NEAR):
            if near not in given.lower() or len(given) - len(near) < 2:  # Restarting is another word than Starting
                hint = f"did you mean {by_lower[near]}? Any text that is not so close to a known {what} will do"
                raise ValueError(f"{given!r} is no {what}; {hint}")
        return given

    return check


# Of two texts: from here on they differ by a letter or two. "Hibernating" and "Terminating" share 0.73.
_NEAR = 0.8

status: Check = unless_near([*PipelineRunStatus, *NodeStatus], "status")
output_type: Check = unless_near(OutputType, "type of outputs")


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
