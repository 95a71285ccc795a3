"""Tables for people. What the service says is shown as it is: no markup, nothing that would steer the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Final, TextIO

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from paiflow._text import visible

# Wide enough for any id where no terminal sets the width: what a program reads is not wrapped.
_UNBOUNDED: Final = 10_000

# Columns that are never broken: their width is known.
_WHOLE: Final = frozenset({"Outcome", "Since", "Started", "Finished", "Created"})

# Colours that tell what needs a look; a console on which there are none leaves them out.
STYLES: Final[dict[str, str]] = {
    "succeeded": "green",
    "failed": "bold red",
    "stopped": "yellow",
    "missing": "magenta",
    "unknown": "yellow",
}


def on_terminal(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that can do more than print line after line."""
    # Not rich's word for it: FORCE_COLOR would make a terminal of a file.
    return stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


def console(stream: TextIO) -> Console:
    """Return a console that prints to a stream, and takes nothing in a text for markup."""
    return Console(
        file=stream, highlight=False, markup=False, emoji=False, width=None if stream.isatty() else _UNBOUNDED
    )


def table(*columns: str) -> Table:
    """Return an empty table with these columns: lines for a terminal, none for anything else."""
    on_tty = sys.stdout is not None and sys.stdout.isatty()
    padding = (0, 1, 0, 0) if on_tty else (0, 1)
    grid = Table(box=box.SIMPLE_HEAD if on_tty else None, pad_edge=False, show_edge=False, padding=padding)
    for column in columns:
        grid.add_column(column, overflow="fold", no_wrap=column in _WHOLE)
    return grid


def cell(value: str | datetime | None) -> Text:
    """Return what a cell shows: `-` for nothing, times in UTC to the second."""
    if value is None:
        return Text("-")
    if isinstance(value, datetime):
        return Text(moment(value))
    return Text(visible(value))


def outcome_cell(outcome: str) -> Text:
    """Return the cell of an outcome, in its colour."""
    return Text(outcome, STYLES.get(outcome, ""))


def moment(value: datetime) -> str:
    """Return a time in UTC, to the second."""
    return f"{value:%Y-%m-%dT%H:%M:%SZ}"


def write(tables: Iterable[Table]) -> None:
    """Write those tables to stdout that have a row, a blank line between two."""
    if sys.stdout is None:
        return
    to_stdout = console(sys.stdout)
    with to_stdout.capture() as capture:
        for number, one in enumerate([one for one in tables if one.row_count]):
            if number:
                to_stdout.print()
            to_stdout.print(one)
    for line in capture.get().splitlines():
        click.echo(line.rstrip())
