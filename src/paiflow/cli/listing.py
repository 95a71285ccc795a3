"""The command `paiflow list`: find runs by what they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from paiflow.cli import options, selection
from paiflow.cli.connection import Connection
from paiflow.cli.output import Output
from paiflow.cli.selection import NEWEST, SORTS, Selection
from paiflow.cli.words import say

if TYPE_CHECKING:
    from paiflow import PipelineRunSummary

_LIMIT = 20


@click.command("list")
@options.examples(
    "paiflow list --status failed --since 1d",
    "paiflow list --name nightly --status active -q | paiflow wait -",
)
@selection.options
@click.option("--sort", type=click.Choice(list(SORTS)), default=NEWEST, show_default=True, help="What to sort by.")
@click.option("--asc", "ascending", is_flag=True, help="Smallest or oldest first.")
@click.option(
    "--limit",
    type=click.IntRange(0),
    metavar="N",
    default=_LIMIT,
    show_default=True,
    help="At most so many runs; 0 for all.",
)
@options.connection()
@options.output()
def list_(selection: Selection, sort: str, ascending: bool, limit: int, connection: Connection, output: Output) -> None:
    """List runs, newest first.

    Ends with 0, also if there are none.
    """
    from paiflow.cli import views  # noqa: PLC0415 - --help needs none of it

    with connection.client() as client:
        runs = selection.runs(client, sort=sort, ascending=ascending, limit=limit + 1 if limit else None)
        more = False

        def up_to_limit() -> Iterator[PipelineRunSummary]:
            nonlocal more
            for number, run in enumerate(runs):
                if limit and number == limit:
                    more = True
                    return
                yield run

        count = output.write(views.RUNS, up_to_limit())
    if more:
        say(f"there are more than {limit}: --limit 0 lists all")
    elif not count and not output.machine:
        say("no runs")
