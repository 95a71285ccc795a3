"""Texts that options and arguments give."""

from __future__ import annotations

from typing import Any, Final

import click

from paiflow.cli.param_type import ParamType


class Filled(ParamType[str]):
    """A text that is not empty.

    An empty one is a variable that is not set: `stop --name "$NAME" --yes` must not mean all runs.
    """

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return it.

        Raises:
            click.BadParameter: it is empty.
        """
        text = str(value)
        if not text.strip():
            self.fail("it is empty: is a variable not set?", param, ctx)
        return text


FILLED: Final = Filled()
