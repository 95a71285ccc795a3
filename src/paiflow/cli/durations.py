"""Read the durations that options give: 90, 90s, 15m, 1h30m, 2d."""

from __future__ import annotations

from typing import Any

import click

from paiflow import _durations
from paiflow.cli.param_type import ParamType


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


class DurationOrZero(ParamType[float]):
    """A duration that may be 0."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return its seconds.

        Raises:
            click.BadParameter: it is no duration.
        """
        seconds = _durations.duration(value)
        if seconds is None or seconds < 0:
            self.fail(f"{value!r:.80} is not a duration, such as 90s, 15m or 0", param, ctx)
        return seconds
