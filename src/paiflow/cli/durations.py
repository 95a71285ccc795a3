"""Read the durations that options give: 90, 90s, 15m, 1h30m, 2d."""

from __future__ import annotations

import click

from paiflow import _durations


def duration(context: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    """Return the seconds of an option's value, as its callback.

    Raises:
        click.BadParameter: it is no duration above 0.
    """
    if value is None:
        return None
    seconds = _durations.duration(value)
    if seconds is None or not seconds > 0:
        message = f"{value!r} is not a duration above 0, such as 90, 90s, 15m, 1h30m or 2d"
        raise click.BadParameter(message, context, parameter)
    return seconds


def duration_or_none(context: click.Context, parameter: click.Parameter, value: str) -> float:
    """Return the seconds of an option's value, which may be 0, as its callback.

    Raises:
        click.BadParameter: it is no duration.
    """
    return 0.0 if _durations.duration(value) == 0 else duration(context, parameter, value) or 0.0
