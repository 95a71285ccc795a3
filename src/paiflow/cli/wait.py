"""The command `paiflow wait`: what has become of runs and nodes, once they have ended."""

from __future__ import annotations

import signal
import sys

import click

from paiflow.cli import exit_codes, ids, options
from paiflow.cli.connection import Connection
from paiflow.cli.durations import duration
from paiflow.cli.exit_codes import ExitCode
from paiflow.cli.output import Output
from paiflow.cli.stopping import Stop
from paiflow.cli.words import discard, say
from paiflow.status.ids import ids_of
from paiflow.status.waiting import UNTIL, Limits, Until, calls_per_hour, follow


@click.command()
@options.ids
@click.option(
    "--until",
    type=click.Choice(UNTIL),
    default="all",
    show_default=True,
    help="All have ended; any one has; or one has failed, was stopped or is missing, else all.",
)
@click.option("--timeout", callback=duration, metavar="DURATION", help="Wait at most so long: 90, 90s, 15m, 1h30m, 2d.")
@click.option("--interval", callback=duration, metavar="DURATION", help="Ask at most so often; 2s at least.")
@options.connection()
@options.output(("table", "json", "jsonl"))
@click.pass_context
def wait(
    context: click.Context,
    runs: tuple[str, ...],
    nodes: tuple[str, ...],
    until: Until,
    timeout: float | None,
    interval: float | None,
    connection: Connection,
    output: Output,
) -> None:
    """Wait for runs and nodes to end, and report each change.

    RUN is a run's id. A - in its place, or in that of RUN/NODE, reads ids from stdin, one a line. A terminal shows a live
    table; elsewhere each change is a line, or with jsonl an object, and stderr gets a line when nothing was said for a
    minute. Throttling and faults on the way are waited out;
    a status that is not known ends nothing; an id that is not found for 60 s is missing.

    Ends with 0 if all succeeded, 1 if something failed, 3 was stopped, 4 is missing, 5 when the time was up, 7 without
    credentials or permission, 8 if the service or the way to it failed, 130 and 143 when interrupted or terminated.
    """
    # asyncio is costly to load, and no other command needs it.
    from paiflow.cli import displays, formats, polling  # noqa: PLC0415
    from paiflow.cli.progress import Progress  # noqa: PLC0415

    wanted = ids.wanted(context, runs, nodes)
    stop = context.find_object(Stop) or Stop()
    progress = Progress(wanted)
    client = connection.async_client()
    form = output.form
    limits = Limits.of(until, timeout, interval)
    steps = follow(
        *ids_of(wanted.runs, wanted.nodes),
        limits,
        client.time,
        refreshes=client.refreshes,
    )
    changes = polling.polled(client, steps, progress)
    cost = calls_per_hour(len(wanted.runs), interval) + calls_per_hour(len(wanted.nodes), interval)
    say(f"waiting for {len(wanted)} {'id' if len(wanted) == 1 else 'ids'}, at most {cost} calls an hour, retries aside")
    display = formats.display_for(form, progress)
    with stop.waking(lambda: None):  # what is known is told to the end, whatever comes meanwhile
        ending = polling.run(client, changes, progress, display, stop)
        code = exit_codes.of_wait(ending.result, until, error=ending.error, signal_number=ending.signal_number)
        cause = _cause(ending.signal_number) or (str(ending.error) if ending.error else None)
        # An error before any answer leaves nothing to tell.
        something = ending.result.answered or ending.signal_number is not None
        told = display.tells_all and not ending.early
        try:
            if ending.closed:
                raise BrokenPipeError
            if form == "json" or (something and not told):
                displays.write_state(form, ending.result, code, cause)
        except BrokenPipeError:
            discard(sys.stdout)
            context.exit(code if ending.early or code == ExitCode.SUCCEEDED else ExitCode.CLOSED_PIPE)
        if cause:
            say(cause)
        if something:
            say(progress.summary(ending.result))
    context.exit(code)


def _cause(number: int | None) -> str | None:
    """Return the word for what a signal did."""
    return None if number is None else "terminated" if number == signal.SIGTERM else "interrupted"
