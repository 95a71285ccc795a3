"""Tell of a wait while it goes on, and of its end: lines or a live table for people, JSON for programs."""

from __future__ import annotations

from collections import Counter
from types import TracebackType
from typing import Any, ClassVar, Self

import click

from paiflow import Change, NodeRef, PaiFlowError, PipelineRun, PipelineRunState, Waited, WaitResult
from paiflow._text import visible
from paiflow.cli import tables
from paiflow.cli.output import Output
from paiflow.cli.progress import Progress
from paiflow.cli.report import wire_id
from paiflow.cli.words import say
from paiflow.status.ids import shown
from paiflow.status.waiting import OUTCOMES


class Display:
    """Tells of what goes on; this one only of trouble. To be used in a `with`.

    Attributes:
        tells_all: whether what it has written to stdout tells the state of each id, once a wait ends as asked.
    """

    tells_all: ClassVar[bool] = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave the screen to what comes next."""

    def change(self, change: Change) -> None:
        """Tell of a change."""

    def trouble(self, error: PaiFlowError | None) -> None:
        """Tell that polls fail, or do no more."""
        say("answered again" if error is None else f"still waiting: {error}")

    def hint(self, words: str) -> None:
        """Ask whether something has been started."""
        say(words)

    def quiet(self, words: str) -> None:
        """Say how things are, as nothing was said for a while."""
        say(words)

    def tick(self) -> None:
        """Take note that a second has passed."""


class Lines(Display):
    """A readable line for each change, on stdout."""

    tells_all = True

    def __init__(self, output: Output, progress: Progress) -> None:
        self._output = output
        self._progress = progress

    def change(self, change: Change) -> None:
        """Write the line, at once. For a node that was not requested by id, it ends in the name."""
        name = name_of(change.after) if change.id in self._progress.nodes else None
        click.echo(line(change, utc=self._output.utc) + (f" {visible(name)}" if name else ""))


class JsonLines(Display):
    """A JSON object for each change, on stdout."""

    tells_all = True

    def __init__(self, output: Output) -> None:
        self._output = output

    def change(self, change: Change) -> None:
        """Write the object, at once."""
        self._output.json_line(change_object(change))


class Names(Display):
    """The id of what has ended, on stdout."""

    tells_all = True

    def change(self, change: Change) -> None:
        """Write the id, at once."""
        if change.after.ended:
            click.echo(shown(change.id))


def write_state(output: Output, result: WaitResult, code: int, error: str | None) -> None:
    """Write what is known to stdout: a table, an object for each id, or one for all; no names, which are written before.

    Args:
        output: how.
        result: what is known.
        code: what the command ends with.
        error: what ended the wait early.
    """
    match output.form:
        case "json":
            output.json(_whole(result, code, error))
        case "jsonl":
            for item in (*result.values(), *result.nodes.values()):
                output.json_line({"Kind": "State", **state_object(item)})
        case "table" | "wide":
            _write_table(result, output)


def line(change: Change, *, utc: bool = True) -> str:
    """Return a change as `2026-11-23T12:00:05Z flow-a Running -> Succeeded (succeeded)`."""
    before, after = change.before, change.after
    statuses = f"{shown_status(before)} -> {shown_status(after)} ({_note(after)})"
    return visible(f"{tables.moment(after.since, utc=utc)} {shown(after.id)} {statuses}")


def change_object(change: Change) -> dict[str, Any]:
    """Return a change as an object; its keys are told in the README."""
    return {
        "Kind": "Change",
        **state_object(change.after),
        "PreviousStatus": change.before.status,
        "PreviousOutcome": change.before.outcome,
    }


def state_object(item: Waited) -> dict[str, Any]:
    """Return what is known of an id as an object; its keys are told in the README."""
    return {
        **wire_id(item.id),
        "Name": name_of(item),
        "Status": item.status,
        "Outcome": item.outcome,
        "Ended": item.ended,
        "Since": tables.moment(item.since),
    }


def shown_status(item: Waited) -> str:
    """Return a status as people are shown it: `-` for none."""
    return "(not found)" if item.outcome == "missing" else item.status or "-"


def name_of(item: Waited) -> str | None:
    """Return the name that the service gave it last."""
    return item.reply.name if isinstance(item.reply, PipelineRun) else item.reply.node_name


def _note(item: Waited) -> str:
    if item.outcome == "missing" and item.ended:
        return "missing, given up"
    if isinstance(item.reply, PipelineRunState) and item.reply.is_deleted:
        return f"{item.outcome}, deleted"
    return item.outcome


def _whole(result: WaitResult, code: int, error: str | None) -> dict[str, Any]:
    counts = Counter(item.outcome for item in result.values())
    return {
        "ExitCode": code,
        "Error": error,
        "Outcomes": {outcome: counts[outcome] for outcome in OUTCOMES},
        "PipelineRuns": [state_object(item) for id_, item in result.items() if isinstance(id_, str)],
        "Nodes": [
            state_object(item) for item in (*result.values(), *result.nodes.values()) if isinstance(item.id, NodeRef)
        ],
    }


def _write_table(result: WaitResult, output: Output) -> None:
    runs = tables.Table("Run", "Name", "Status", "Outcome", "Since")
    nodes = tables.Table("Run", "Node", "Name", "Status", "Outcome", "Since")
    for item in (*result.values(), *result.nodes.values()):
        ids = item.id if isinstance(item.id, NodeRef) else (item.id,)
        cells = [tables.cell(text) for text in (*ids, name_of(item), shown_status(item))]
        grid = nodes if isinstance(item.id, NodeRef) else runs
        grid.add_row(*cells, tables.outcome_cell(item.outcome), tables.cell(item.since, utc=output.utc))
    tables.write((runs, nodes), headers=output.headers, whole=output.form == "wide")
