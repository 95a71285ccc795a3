"""The command `paiflow submit`: create a run of a pipeline or of a manifest."""

from __future__ import annotations

import json
import shlex
import signal
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Final

import click

from paiflow.cli import options
from paiflow.cli.connection import Connection
from paiflow.cli.durations import duration
from paiflow.cli.exit_codes import of_signal
from paiflow.cli.files import manifest_of, text_of
from paiflow.cli.output import Output
from paiflow.cli.stopping import Stop
from paiflow.cli.texts import FILLED
from paiflow.cli.words import say
from paiflow.errors import PaiFlowError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paiflow import PaiFlow

# The options of `wait` that `submit --wait` passes on.
_PASSED_ON: Final = frozenset(
    {
        *("timeout", "interval", "workspace", "endpoint", "region", "request_timeout"),
        *("form", "quiet", "no_headers", "query", "utc"),
    }
)
_SIGNALS: Final = (of_signal(signal.SIGINT), of_signal(signal.SIGTERM))


@click.command()
@options.examples(
    "paiflow submit --manifest flow.yaml -p rate=0.1 --name nightly --workspace 948 --wait",
    "run=$(paiflow submit pipeline-hynm2bv8wqhp5esfxq --workspace 948 --once nightly-2026-11-28)",
)
@click.argument("pipeline", type=FILLED, metavar="[PIPELINE]", required=False)
@click.option(
    "--manifest",
    type=FILLED,
    metavar="FILE",
    help="Run this manifest (YAML or JSON) instead of a pipeline; - reads stdin.",
)
@click.option("--no-check", is_flag=True, help="Send the manifest as it is, without checking it first.")
@click.option(
    "-p",
    "--param",
    "parameters",
    metavar="NAME=VALUE",
    multiple=True,
    help="An argument of the run; may be repeated. JSON numbers, true, false, lists and objects keep their type.",
)
@click.option("--arguments", type=FILLED, metavar="FILE", help="The arguments of the run as YAML; - reads stdin.")
@click.option("--name", type=FILLED, metavar="NAME", help="The run's name; the service makes one up otherwise.")
@click.option(
    "--once", type=FILLED, metavar="KEY", help="Make at most one run for this key; an existing one is returned."
)
@click.option("--no-start", is_flag=True, help="Create it only: paiflow start starts it.")
@click.option("--accessibility", type=click.Choice(["PUBLIC", "PRIVATE"]), help="Who in the workspace sees the run.")
@click.option("--wait", "wait_", is_flag=True, help="Wait for its end, as paiflow wait does, and end with its code.")
@click.option("--timeout", callback=duration, metavar="DURATION", help="With --wait: wait at most so long.")
@click.option("--interval", callback=duration, metavar="DURATION", help="With --wait: ask at most so often.")
@click.option(
    "--stop-on-interrupt",
    is_flag=True,
    help="With --wait: stop the run when this is interrupted or terminated, as CI does.",
)
@options.connection()
@options.output()
@click.pass_context
def submit(
    context: click.Context,
    pipeline: str | None,
    manifest: str | None,
    no_check: bool,
    parameters: tuple[str, ...],
    arguments: str | None,
    name: str | None,
    once: str | None,
    no_start: bool,
    accessibility: str | None,
    wait_: bool,
    timeout: float | None,
    interval: float | None,
    stop_on_interrupt: bool,
    connection: Connection,
    output: Output,
) -> None:
    """Create a run and start it.

    PIPELINE is a pipeline's id. The run's id goes to stdout.

    With --once KEY the run is made at most once, also if the command is repeated; the key is stored as the run's source id.

    Ends with 0 if the run was created; with --wait as paiflow wait does.
    """
    if (pipeline is None) == (manifest is None):
        raise click.UsageError("give PIPELINE or --manifest FILE, one of them", context)
    for option, given in (("--timeout", timeout), ("--interval", interval), ("--stop-on-interrupt", stop_on_interrupt)):
        if given and not wait_:
            raise click.UsageError(f"{option} needs --wait", context)
    if wait_ and no_start:
        raise click.UsageError("--wait and --no-start do not go together: the run would not end", context)
    if arguments is not None and parameters:
        raise click.UsageError("give -p or --arguments, not both", context)
    sent: dict[str, Any] = {
        "pipeline_id": pipeline,
        "pipeline_manifest": None if manifest is None else manifest_of(manifest, check=not no_check),
        "arguments": text_of(arguments) if arguments is not None else _parameters(context, parameters) or None,
        "name": name,
        "accessibility": accessibility,
    }
    stop = context.find_object(Stop) or Stop()
    # A run whose id is not known yet cannot be stopped: a signal waits for it.
    held = stop.waking(lambda: say("stopping the run once its id is known")) if stop_on_interrupt else nullcontext()
    with connection.client(in_workspace=True) as client, held:
        run_id = _submitted(client, start=not no_start, once=once, sent=sent)
        _report(run_id, output, started=not no_start, quiet=wait_)
        if wait_:
            code = of_signal(stop.number) if stop.number else _waited(context, run_id)
            if stop_on_interrupt and code in _SIGNALS:
                _stop(client, run_id)
            context.exit(code)


def _submitted(client: PaiFlow, *, start: bool, once: str | None, sent: Mapping[str, Any]) -> str:
    """Return the id of the run; where it may exist though it is not known, say where to look."""
    try:
        return client.submit(start=start, once=once, **sent)
    except (PaiFlowError, KeyboardInterrupt) as error:
        if not isinstance(error, PaiFlowError) or error.maybe_done:
            named = (("--source", once), ("--name", sent["name"]))
            found_by = next((f" {option} {shlex.quote(value)}" for option, value in named if value), "")
            say(f"the run may have been created: paiflow list{found_by} shows it")
        raise


def _report(run_id: str, output: Output, *, started: bool, quiet: bool) -> None:
    """Write the id to stdout, unless the wait that follows writes to it."""
    if output.form in ("table", "wide", "name"):
        say(f"submitted {run_id}" if started else f"created {run_id}: paiflow start {run_id} starts it")
    if quiet:
        return
    match output.form:
        case "json":
            output.json({"PipelineRunId": run_id})
        case "jsonl":
            output.json_line({"Kind": "PipelineRun", "PipelineRunId": run_id})
        case _:
            click.echo(run_id)


def _waited(context: click.Context, run_id: str) -> int:
    """Return the exit code of `paiflow wait RUN`."""
    from paiflow.cli.wait import wait  # noqa: PLC0415 - costly to load, and for --wait only

    taken = {parameter.name for parameter in wait.params} & _PASSED_ON
    given = {name: value for name, value in context.params.items() if name in taken}
    try:
        context.invoke(wait, runs=(run_id,), **given)
    except click.exceptions.Exit as left:
        return left.exit_code
    return 0


def _stop(client: PaiFlow, run_id: str) -> None:
    """Stop the run, and say whether that was done: the signal decides what the command ends with."""
    try:
        client.terminate_pipeline_run(run_id)
    except PaiFlowError as error:
        say(f"{run_id} {'may be' if error.maybe_done else 'not'} stopped: {error}")
    else:
        say(f"stopped {run_id}")


def _parameters(context: click.Context, given: tuple[str, ...]) -> dict[str, Any]:
    """Return the arguments that -p NAME=VALUE give.

    Raises:
        click.UsageError: one has no name, or two have the same.
    """
    found: dict[str, Any] = {}
    for one in given:
        name, equals, text = one.partition("=")
        if not (name and equals):
            raise click.UsageError(f"-p takes NAME=VALUE, not {one!r:.80}", context)
        if name in found:
            raise click.UsageError(f"-p {name} is given twice", context)
        found[name] = _value(text)
    return found


def _value(text: str) -> Any:
    """Return the JSON value that a text is, or the text; a JSON text in quotes is what stands between them."""
    try:
        value = json.loads(text, parse_constant=lambda constant: constant)
    except (ValueError, RecursionError):
        return text
    return text if value is None else value
