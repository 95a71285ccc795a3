"""Do one thing to many runs or pipelines. Each is reported as it is done, and what is left at the end."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import attrs
import click

from paiflow.cli import exit_codes, ids, options, selection
from paiflow.cli.connection import Connection
from paiflow.cli.exit_codes import ExitCode
from paiflow.cli.output import Column, Output, QueryError, View
from paiflow.cli.selection import Selection
from paiflow.cli.words import say
from paiflow.errors import ConfigurationError, CredentialsError, PaiFlowError
from paiflow.steps import IN_FLIGHT

if TYPE_CHECKING:
    from paiflow import PaiFlow, PipelineRunSummary


@attrs.frozen(kw_only=True)
class Verb:
    """What is done to a run or a pipeline.

    Attributes:
        word: such as stop.
        done: such as stopped.
        thing: run or pipeline.
        call: does it to an id.
        statuses: the runs that a selection without a status, or by an outcome, means.
        asks: whether ids that are named are confirmed as well, on a terminal.
    """

    word: str
    done: str
    call: Callable[[PaiFlow, str], object]
    thing: str = "run"
    statuses: tuple[str, ...] = ()
    asks: bool = False


@attrs.frozen
class Result:
    """What has become of an id; nothing, where it is only planned."""

    id: str
    verb: Verb
    error: PaiFlowError | None = None
    planned: bool = False

    def words(self) -> str:
        """Return it as a line for people."""
        if self.error is None:
            return f"{self.id} {self.verb.done}"
        return f"{self.id} {'may be' if self.error.maybe_done else 'not'} {self.verb.done}: {self.error}"

    def wire(self) -> dict[str, Any]:
        """Return it as JSON has it. Done is null if it is not known."""
        unclear = self.error is not None and self.error.maybe_done
        return {
            "PipelineId" if self.verb.thing == "pipeline" else "PipelineRunId": self.id,
            "Action": self.verb.word,
            "Done": None if unclear else self.error is None and not self.planned,
            "Error": None if self.error is None else str(self.error),
        }


_RESULTS: Final[View[Result]] = View(
    kind="Result",
    plural="Results",
    name=lambda one: one.id if one.error is None else None,
    columns=(Column("Id", lambda one: one.id), Column("Done", lambda one: one.verb.done)),
    wire=Result.wire,
)

# Ids that a line of words has at most.
_SOME: Final = 5

CONFIRMING: Final = (
    click.option("-y", "--yes", is_flag=True, help="Do not ask."),
    click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing."),
)


def on_runs(verb: Verb, help_: str, *examples: str) -> click.Command:
    """Return the command that does this to runs, by their ids or by a selection.

    Args:
        verb: what it does.
        help_: its help.
        examples: commands that use it.
    """

    def command(
        context: click.Context,
        runs: tuple[str, ...],
        selection: Selection,
        yes: bool,
        dry_run: bool,
        connection: Connection,
        output: Output,
    ) -> None:
        if bool(runs) == bool(selection):
            raise click.UsageError(
                "give ids or a selection, not both" if runs else "no runs: give RUN, - for stdin, or a selection",
                context,
            )
        named = ids.wanted(context, runs, ()).runs if runs else []
        with connection.client() as client:
            if not runs:
                chosen = selection.fitting(verb.statuses)
                named = _shown(list(chosen.runs(client)), output) if chosen else []
                if not named:
                    say(f"no runs to {verb.word}")
                    return
            if dry_run:
                show_plan(verb, named, output)
                return
            if not confirmed(verb, len(named), yes=yes, chosen=not runs):
                say("nothing was done")
                return
            context.exit(act(client, verb, named, output))

    command.__doc__ = help_
    made: Any = command
    decorators: tuple[Callable[[Any], Any], ...] = (
        click.pass_context,
        options.output(),
        options.connection(),
        *reversed(CONFIRMING),
        selection.options,
        options.run_ids,
        options.examples(*examples),
        click.command(verb.word),
    )
    for decorate in decorators:
        made = decorate(made)
    return cast("click.Command", made)


def act(client: PaiFlow, verb: Verb, named: Sequence[str], output: Output) -> int:
    """Do this to each id, some at a time, and return the exit code: 9 if it was done to some ids only.

    Raises:
        PaiFlowError: the credentials or the settings will not do, for any id.
        QueryError: --query does not fit; what was done is said all the same.
    """
    from paiflow.client.threads import in_threads  # noqa: PLC0415 - --help needs none of it

    report = _Report(output)

    def one(id_: str) -> None:
        error = None
        try:
            verb.call(client, id_)
        except (ConfigurationError, CredentialsError):
            raise
        except PaiFlowError as raised:
            error = raised
        report.take(Result(id_, verb, error))

    try:
        in_threads(one, named, IN_FLIGHT)
    finally:
        report.end()
        if left := [id_ for id_ in named if id_ not in report.results]:
            some = f"{', '.join(left[:_SOME])}{', …' if len(left) > _SOME else ''}"
            say(f"not known of {_counted(verb, len(left))}: {some}")
    if report.misfit is not None:
        raise report.misfit
    errors = [result.error for result in report.results.values() if result.error is not None]
    if errors and len(named) > 1:
        say(f"{len(named) - len(errors)} of {len(named)} {verb.done}")
    if not errors:
        return ExitCode.SUCCEEDED
    return exit_codes.of_error(errors[0]) if len(errors) == len(named) else ExitCode.PARTIAL


class _Report:
    """Writes each result as it comes, from any thread; with -o json all of them at the end.

    Attributes:
        results: by id.
        misfit: the query that does not fit a result, if one does not. The result is a line on stderr then.
    """

    def __init__(self, output: Output) -> None:
        self.results: dict[str, Result] = {}
        self.misfit: QueryError | None = None
        self._output = output
        self._lock = threading.Lock()

    def take(self, result: Result) -> None:
        """Write a result."""
        with self._lock:
            self.results[result.id] = result
            if self._output.form == "jsonl":
                self._write(lambda: self._output.json_line({"Kind": _RESULTS.kind, **result.wire()}), [result])
            elif self._output.form != "json" and result.error is None:
                click.echo(result.id if self._output.form == "name" else result.words())
            if result.error is not None:
                say(result.words())

    def end(self) -> None:
        """Write what is left to the end."""
        if self._output.form == "json":
            found = list(self.results.values())
            self._write(lambda: self._output.json({"Results": [result.wire() for result in found]}), found)

    def _write(self, write: Callable[[], None], about: Sequence[Result]) -> None:
        try:
            write()
        except QueryError as misfit:
            self.misfit = misfit
            for result in about:
                if result.error is None:  # else it is said anyway
                    say(result.words())


def show_plan(verb: Verb, named: Sequence[str], output: Output) -> None:
    """Write the ids that this would be done to, as `act` would, and that nothing was done."""
    if output.machine:
        output.write(_RESULTS, [Result(id_, verb, planned=True) for id_ in named])
    some = f": {', '.join(named)}" if len(named) <= _SOME else ""
    say(f"nothing was done: would {verb.word} {_counted(verb, len(named))}{some}")


def confirmed(verb: Verb, count: int, *, yes: bool, chosen: bool = False) -> bool:
    """Return whether it is to be done; asks on a terminal.

    Args:
        verb: what is to be done.
        count: the number of ids.
        yes: of --yes.
        chosen: whether a selection names the ids; then somebody must confirm them.

    Raises:
        click.UsageError: a selection is not confirmed, and there is no terminal to ask on.
    """
    if yes or not (chosen or verb.asks):
        return True
    if sys.stdin is not None and sys.stdin.isatty():
        return click.confirm(f"{verb.word.capitalize()} {_counted(verb, count)}?", err=True)
    if chosen:
        raise click.UsageError(f"cannot ask whether to {verb.word} {_counted(verb, count)}: give --yes or --dry-run")
    return True


def _shown(runs: Sequence[PipelineRunSummary], output: Output) -> list[str]:
    """Write the runs that were selected to stderr, and return their ids."""
    from paiflow.cli import views  # noqa: PLC0415 - --help needs none of it

    if not output.machine:
        output.tables((views.RUNS, runs), stream=sys.stderr)
    return [run.pipeline_run_id for run in runs if run.pipeline_run_id]


def _counted(verb: Verb, count: int) -> str:
    return f"{count} {verb.thing}{'' if count == 1 else 's'}"
