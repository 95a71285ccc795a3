"""The command `paiflow wait`: what has become of runs and nodes, once they have ended."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import click

from paiflow.cli import exit_codes, ids, options, selection
from paiflow.cli.connection import Connection
from paiflow.cli.durations import DurationOrZero, duration
from paiflow.cli.exit_codes import ExitCode
from paiflow.cli.ids import Wanted
from paiflow.cli.output import Output
from paiflow.cli.selection import Selection
from paiflow.cli.stopping import Stop
from paiflow.cli.until import End, When, outcomes_of
from paiflow.cli.words import discard, say
from paiflow.status.ids import ids_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paiflow.status.waiting import Limits
    from paiflow_api.outcomes import Outcome

_LINES = 10


@click.command()
@options.examples(
    "paiflow wait flow-train flow-evaluate --timeout 2h",
    "paiflow wait --name nightly --latest --nodes",
)
@options.ids
@selection.options
@click.option("--latest", is_flag=True, help="Of the runs that are selected the newest alone.")
@click.option("--nodes", "follow_nodes", is_flag=True, help="Show the nodes of these runs too, as they appear.")
@click.option(
    "--until",
    "end",
    metavar="WHEN",
    type=When(),
    default="all",
    show_default=True,
    help="all have ended; any one has; first-failure: one has failed, was stopped or is missing; or status=STATUS:"
    " each has come to have it, or has ended.",
)
@click.option("--timeout", callback=duration, metavar="DURATION", help="Wait at most so long: 90, 90s, 15m, 1h30m, 2d.")
@click.option("--interval", callback=duration, metavar="DURATION", help="Ask at most so often; 2s at least.")
@click.option(
    "--heartbeat",
    type=DurationOrZero(),
    metavar="DURATION",
    default="1m",
    show_default=True,
    help="Say how things are when nothing was said for so long; 0 for never.",
)
@click.option(
    "--logs",
    "lines",
    type=click.IntRange(0),
    metavar="N",
    default=_LINES,
    show_default=True,
    help="Show the last N lines of the log of each node that failed, of three at most; 0 for none.",
)
@click.option("--exit-zero", is_flag=True, help="End with 0 once all is over, also if something has failed.")
@click.option(
    "--outcome",
    "outcomes",
    metavar="STATUS=OUTCOME",
    multiple=True,
    callback=outcomes_of,
    help="What a status means that is not known yet: succeeded, failed, stopped or active. May be repeated.",
)
@options.connection()
@options.output()
@click.pass_context
def wait(
    context: click.Context,
    runs: tuple[str, ...],
    nodes: tuple[str, ...],
    selection: Selection,
    latest: bool,
    follow_nodes: bool,
    end: End,
    timeout: float | None,
    interval: float | None,
    heartbeat: float,
    lines: int,
    exit_zero: bool,
    outcomes: Mapping[str, Outcome],
    connection: Connection,
    output: Output,
) -> None:
    """Wait for runs and nodes to end, and report each change.

    RUN is a run's id. A - in its place, or in that of RUN/NODE, reads ids from stdin, one a line. Instead of ids a
    selection will do: it is made once, at the start. A terminal shows a live table; elsewhere each change is a line, with
    jsonl an object, with -o name the id of what has ended; and stderr gets a line when nothing was said for a minute.
    Throttling and faults on the way are waited out; a status that is not known ends nothing; an id that is not found for
    60 s is missing.

    Ends with 0 if all succeeded, 1 if something failed, 3 was stopped, 4 is missing, 5 when the time was up, 7 without
    credentials or permission, 8 if the service or the way to it failed, 130 and 143 when interrupted or terminated.
    """
    # asyncio is costly to load, and no other command needs it.
    from paiflow.cli import displays, formats, polling  # noqa: PLC0415
    from paiflow.cli.progress import Progress  # noqa: PLC0415
    from paiflow.status.waiting import Limits, follow  # noqa: PLC0415

    wanted = _wanted(context, runs, nodes, selection, connection, latest=latest)
    stop = context.find_object(Stop) or Stop()
    progress = Progress(wanted, heartbeat)
    client = connection.async_client()
    limits = Limits.of(
        end.until, timeout, interval, follow_nodes=follow_nodes, until_status=end.status, outcomes=outcomes
    )
    steps = follow(
        *ids_of(wanted.runs, wanted.nodes),
        limits,
        client.time,
        refreshes=client.refreshes,
    )
    changes = polling.polled(client, steps, progress)
    say(f"waiting for {_counted(wanted)}, at most {_cost(wanted, limits)} calls an hour, retries aside")
    display = formats.display_for(output, progress)
    with stop.waking(lambda: None):  # what is known is told to the end, whatever comes meanwhile
        ending = polling.run(client, changes, progress, display, stop)
        code = exit_codes.of_wait(
            ending.result, end.until, until_status=end.status, error=ending.error, signal_number=ending.signal_number
        )
        if exit_zero and not ending.early:
            code = ExitCode.SUCCEEDED
        cause = _cause(ending.signal_number) or (str(ending.error) if ending.error else None)
        # An error before any answer leaves nothing to tell.
        something = ending.result.answered or ending.signal_number is not None
        told = display.tells_all and not ending.early
        try:
            if ending.closed:
                raise BrokenPipeError
            if output.form == "json" or (something and not told):
                displays.write_state(output, ending.result, code, cause)
        except BrokenPipeError:
            discard(sys.stdout)
            context.exit(code if ending.early or code == ExitCode.SUCCEEDED else ExitCode.CLOSED_PIPE)
        if cause:
            say(cause)
        if something:
            say(progress.summary(ending.result))
    if lines and ending.result.failed and ending.signal_number is None:
        from paiflow.cli import failures  # noqa: PLC0415 - for a wait that ends badly

        with connection.client() as blocking:
            failures.show(blocking, ending.result, lines)
    context.exit(code)


def _wanted(
    context: click.Context,
    runs: tuple[str, ...],
    nodes: tuple[str, ...],
    selection: Selection,
    connection: Connection,
    *,
    latest: bool,
) -> Wanted:
    """Return the ids that are named, or those of the runs that are selected."""
    if not (selection or latest):
        return ids.wanted(context, runs, nodes)
    if runs or nodes:
        raise click.UsageError("give ids or a selection, not both", context)
    with connection.client() as client:
        found = [run.pipeline_run_id for run in selection.runs(client, limit=1 if latest else None)]
    chosen = Wanted([id_ for id_ in found if id_], [])
    if not chosen:
        say("no run fits the selection")
        context.exit(ExitCode.MISSING)
    some = chosen.runs[:10]
    more = len(chosen) - len(some)
    say(f"selected {', '.join(some)}{f' and {more} more' if more else ''}")
    return chosen


def _counted(wanted: Wanted) -> str:
    return f"{len(wanted)} {'id' if len(wanted) == 1 else 'ids'}"


def _cost(wanted: Wanted, limits: Limits) -> int:
    """Return the most requests an hour."""
    from paiflow.status.waiting import calls_per_hour  # noqa: PLC0415 - --help needs none of it

    each = calls_per_hour(len(wanted.runs), limits.interval, batch=1) if limits.follow_nodes else 0
    return each + sum(calls_per_hour(len(kind), limits.interval) for kind in (wanted.runs, wanted.nodes))


def _cause(number: int | None) -> str | None:
    """Return the word for what a signal did."""
    return None if number is None else "terminated" if number == signal.SIGTERM else "interrupted"
