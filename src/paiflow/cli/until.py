"""Read the options that say when a wait is over, and what statuses mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import click

from paiflow._text import close_to
from paiflow.cli.param_type import ParamType
from paiflow.cli.words import say

if TYPE_CHECKING:
    from paiflow.status.waiting import Until
    from paiflow_api.outcomes import Outcome


@attrs.frozen
class End:
    """When a wait is over.

    Attributes:
        until: as a wait takes it.
        status: what comes to have this status is waited for no more.
    """

    until: Until
    status: str | None = None


class When(ParamType[End]):
    """What --until takes: all, any, first-failure or status=STATUS."""

    name = "when"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> End:
        """Return what it means.

        Raises:
            click.BadParameter: it is none of these.
        """
        from paiflow.status.waiting import UNTIL  # noqa: PLC0415 - --help needs none of it

        if isinstance(value, End):
            return value
        for until in UNTIL:
            if value == until:
                return End(until)
        word, _, status = value.partition("=")
        if word != "status" or not status:
            known = f"{', '.join(UNTIL)}, status=STATUS{close_to(value, UNTIL)}"
            self.fail(f"{value!r:.80} is not one of {known}", param, ctx)
        return End("all", _known(status))


def outcomes_of(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, Outcome]:
    """Return what --outcome says of each status, as its callback.

    Raises:
        click.BadParameter: one is not STATUS=OUTCOME.
    """
    from paiflow.status.waiting import GIVEN  # noqa: PLC0415 - --help needs none of it

    found: dict[str, Outcome] = {}
    for value in values:
        status, _, word = value.partition("=")
        outcome = next((one for one in GIVEN if one == word), None)
        if not status or outcome is None:
            due = f"give STATUS=OUTCOME, where OUTCOME is {', '.join(GIVEN)}"
            raise click.BadParameter(f"{value!r:.80} will not do: {due}", context, parameter)
        found[status] = outcome
    return found


def _known(status: str) -> str:
    """Return a status as the service writes it. One that is not known may come all the same."""
    from paiflow_api.outcomes import NODE_STATUS, PIPELINE_RUN_STATUS  # noqa: PLC0415 - --help needs none of it

    known = {one.lower(): one for one in (*PIPELINE_RUN_STATUS, *NODE_STATUS)}
    if status.lower() not in known:
        say(f"{status!r:.80} is no status that is known{close_to(status, known.values())}; waiting for it all the same")
    return known.get(status.lower(), status)
