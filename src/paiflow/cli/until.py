"""Read the options that say when a wait is over, and what statuses mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import click

from paiflow._text import close_to
from paiflow.cli.words import say
from paiflow.status.waiting import GIVEN, UNTIL, Until

if TYPE_CHECKING:
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


def end_of(context: click.Context, parameter: click.Parameter, value: str) -> End:
    """Return what --until means, as its callback.

    Raises:
        click.BadParameter: it is none of the words, and no status=STATUS.
    """
    for until in UNTIL:
        if value == until:
            return End(until)
    word, equals, status = value.partition("=")
    if word != "status" or not equals or not status:
        due = f"{', '.join(UNTIL)}, status=STATUS{close_to(value, UNTIL)}"
        raise click.BadParameter(f"{value!r:.80} is not one of {due}", context, parameter)
    return End("all", _known(status))


def outcomes_of(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, Outcome]:
    """Return what --outcome says of each status, as its callback.

    Raises:
        click.BadParameter: one is not STATUS=OUTCOME.
    """
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
