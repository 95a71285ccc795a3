"""Texts that options and arguments give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    _Base = click.ParamType[str]  # generic only in newer releases
else:
    _Base = click.ParamType


class Filled(_Base):
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
