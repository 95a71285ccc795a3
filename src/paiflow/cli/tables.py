"""Tables for people. What the service says is shown as it is: no markup, nothing that would steer the terminal.

Ids and statuses are always whole. Where a terminal is too narrow, names are shortened first, then times, names and
outcomes are left out; where that is not enough either, the cells of a row go over several lines, none of them broken.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Final, TextIO

import attrs
import click
from rich.console import Console
from rich.text import Text

from paiflow._durations import spelled
from paiflow._text import visible

# Wide enough for any id where no terminal sets the width: what a program reads is not wrapped.
_UNBOUNDED: Final = 10_000

# Columns whose texts are shortened, to so many characters at least; and those that are left out, in this order.
_SHORTENED: Final = frozenset({"Name", "Tree", "Output", "Message", "Description", "Detail"})
_SHORTEST: Final = 8
_LEFT_OUT: Final = (
    *("Finished", "Started", "Created", "Since", "Type", "Default", "Provider"),
    *("Message", "Duration", "Age", "Name", "Output", "Outcome"),
)
_GAP: Final = 2

# Colours that tell what needs a look; a console on which there are none leaves them out.
STYLES: Final[dict[str, str]] = {
    "succeeded": "green",
    "failed": "bold red",
    "stopped": "yellow",
    "missing": "magenta",
    "unknown": "yellow",
}


@attrs.frozen
class Age:
    """A moment that is shown as the time that has passed since."""

    moment: datetime | None


@attrs.frozen
class Span:
    """A time that something took, or takes until now if it has begun and not ended."""

    begun: datetime | None = None
    ended: datetime | None = None
    seconds: float | None = None


@attrs.frozen
class Styled:
    """A text in the colour of an outcome."""

    text: str
    outcome: str


class Table:
    """Rows under headings, laid out once the width is known."""

    def __init__(self, *headings: str) -> None:
        self._headings = headings
        self._rows: list[Sequence[Text]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add_row(self, *cells: Text) -> None:
        """Add a row, of a cell for each heading."""
        self._rows.append(cells)

    def groups(self, width: int, *, rule: bool = False) -> Iterator[list[Text]]:
        """Yield the lines of the headings, then those of each row, for so many characters a line.

        Args:
            width: of the terminal. An id of more characters has a line by itself, and is longer than it.
            rule: draw a line under the headings.
        """
        headings = [Text(heading, "bold") for heading in self._headings]
        widths = _widths(self._headings, [headings, *self._rows], width)
        for number, cells in enumerate([headings, *self._rows]):
            lines = list(self._flowing(cells, width)) if widths is None else [_line(cells, widths)]
            if rule and number == 0:
                length = sum(widths.values()) + _GAP * (len(widths) - 1) if widths else width
                lines.append(Text("─" * length))
            yield lines

    def _flowing(self, cells: Sequence[Text], width: int) -> Iterator[Text]:
        """Yield the lines of a row whose cells follow each other as words do, all but the first line indented."""
        line = Text()
        for heading, cell in zip(self._headings, cells, strict=True):
            for piece in _pieces(heading, cell, width):
                if line and line.cell_len + _GAP + piece.cell_len > width:
                    yield line
                    line = Text(" " * min(_GAP, max(0, width - piece.cell_len))).append_text(piece)
                else:
                    line = line.append(" " * _GAP if line else "").append_text(piece)
        yield line


def _widths(headings: Sequence[str], rows: Sequence[Sequence[Text]], width: int) -> dict[int, int] | None:
    """Return the width of each column that is shown, by its place; None if not even the ids and statuses fit."""
    most = {place: max(row[place].cell_len for row in rows) for place in range(len(headings))}
    least = {
        place: min(size, max(_SHORTEST, len(headings[place]))) if headings[place] in _SHORTENED else size
        for place, size in most.items()
    }
    left_out = sorted(
        (_LEFT_OUT.index(heading), place) for place, heading in enumerate(headings) if heading in _LEFT_OUT
    )
    while (spare := width - sum(least.values()) - _GAP * (len(least) - 1)) < 0:
        if not left_out:
            return None
        del least[left_out.pop(0)[1]]
    for place, size in least.items():
        least[place] = min(most[place], size + spare)
        spare -= least[place] - size
    return least


def _line(cells: Sequence[Text], widths: dict[int, int]) -> Text:
    line = Text()
    for number, (place, width) in enumerate(widths.items()):
        cell = cells[place].copy()
        cell.truncate(width, overflow="ellipsis", pad=number < len(widths) - 1)
        line.append(" " * _GAP if number else "").append_text(cell)
    return line


def _pieces(heading: str, cell: Text, width: int) -> list[Text]:
    """Return a cell; one that is too wide and holds two ids, as these, and a name that is too wide, shortened."""
    if cell.cell_len <= width:
        return [cell]
    if heading in _SHORTENED:
        cell = cell.copy()
        cell.truncate(width, overflow="ellipsis")
        return [cell]
    return list(cell.divide([cell.plain.find("/") + 1])) if "/" in cell.plain else [cell]


def on_terminal(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that can do more than print line after line."""
    # Not rich's word for it: FORCE_COLOR would make a terminal of a file.
    return stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


def console(stream: TextIO) -> Console:
    """Return a console that prints to a stream, and takes nothing in a text for markup."""
    return Console(
        file=stream, highlight=False, markup=False, emoji=False, width=None if stream.isatty() else _UNBOUNDED
    )


def cell(value: object, *, utc: bool = True, now: datetime | None = None) -> Text:
    """Return what a cell shows: `-` for nothing, times to the second.

    Args:
        value: text, a number, a datetime, an Age, a Span or a Styled.
        utc: whether times are shown in UTC; else in the reader's zone.
        now: the moment that ages are counted from; needed for an Age or a Span.
    """
    match value:
        case None | Age(moment=None) | Span(begun=None, seconds=None):
            return Text("-")
        case datetime():
            return Text(moment(value) if utc else f"{value.astimezone():%Y-%m-%d %H:%M:%S}")
        case Age(moment=then):
            return Text(_age((now - then).total_seconds()) if now and then else "-")
        case Span():
            return Text(_span(value, now))
        case Styled():
            return Text(visible(value.text), STYLES.get(value.outcome, ""))
        case _:
            return Text(visible(str(value)))


def _age(seconds: float) -> str:
    """Return the largest unit of a time alone, as kubectl and docker do, but for the last minutes: 12s, 4m, 3h, 2d."""
    unit, size = next(
        ((unit, size) for unit, size in (("d", 86400), ("h", 3600), ("m", 60)) if seconds >= size), ("s", 1)
    )
    return f"{max(0, int(seconds // size))}{unit}"


def _span(span: Span, now: datetime | None) -> str:
    if span.seconds is not None:
        return spelled(span.seconds)
    end = span.ended or now
    return spelled((end - span.begun).total_seconds()) if end and span.begun else "-"


def outcome_cell(outcome: str) -> Text:
    """Return the cell of an outcome, in its colour."""
    return Text(outcome, STYLES.get(outcome, ""))


def moment(value: datetime, *, utc: bool = True) -> str:
    """Return a time to the second, in UTC or in the reader's zone; ISO 8601 either way."""
    text = (value if utc else value.astimezone()).isoformat(timespec="seconds")
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def write_facts(facts: Sequence[tuple[str, Text]]) -> None:
    """Write what is known of one thing to stdout, a name and a value a line. No value is shortened."""
    if sys.stdout is None:
        return
    printer = console(sys.stdout)
    width = max((len(name) for name, _ in facts), default=0) + _GAP
    with printer.capture() as capture:
        for name, value in facts:
            printer.print(Text(name.ljust(width), "bold").append_text(value), soft_wrap=True)
    click.echo(capture.get(), nl=False)


def write(tables: Iterable[Table], *, headers: bool = True, whole: bool = False, stream: TextIO | None = None) -> None:
    """Write those tables that have a row, a blank line between two; a terminal gets a line under headings.

    Args:
        tables: in this order.
        headers: whether to write headings.
        whole: leave no column out and shorten none, however wide the terminal is.
        stream: stdout if it is None.
    """
    if (stream := stream or sys.stdout) is None:
        return
    printer = console(stream)
    with printer.capture() as capture:
        for number, one in enumerate([one for one in tables if len(one)]):
            if number:
                printer.print()
            groups = one.groups(_UNBOUNDED if whole else printer.width, rule=stream.isatty())
            for lines in islice(groups, 0 if headers else 1, None):
                for line in lines:
                    printer.print(line, soft_wrap=True)
    for printed in capture.get().splitlines():
        click.echo(printed.rstrip(), file=stream)
