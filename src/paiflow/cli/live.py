"""A table that follows a wait on a terminal: what each id is doing, how many have ended, when the next look is due.

It never takes more lines than there are: what does not fit is counted, and what has failed comes first.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from math import ceil
from types import TracebackType
from typing import Final, Self, TextIO, TypeAlias

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from paiflow import Change, PaiFlowError, Waited
from paiflow._durations import spelled
from paiflow.cli import tables
from paiflow.cli.displays import Display, name_of, shown_status
from paiflow.cli.progress import Progress, counted
from paiflow.status.ids import shown
from paiflow.status.waiting import BAD

# Columns of the bar, at most.
_BAR: Final = 40

# Returns a moment as the view shows it.
Clock: TypeAlias = Callable[[datetime], str]


class LiveTable(Display):
    """Shows the progress of a wait on a terminal, and takes it away at the end."""

    def __init__(self, progress: Progress, stream: TextIO, *, utc: bool = True) -> None:
        self._due = False
        self._live = Live(
            View(progress, utc=utc),
            console=tables.console(stream),
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # the terminal has gone
            self._live.stop()

    def change(self, _: Change) -> None:
        """Show it, together with what else came of the same poll."""
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self.tick)

    def trouble(self, _: PaiFlowError | None) -> None:
        """Show it: it stands in the view."""
        self.tick()

    def hint(self, _: str) -> None:
        """Show it: it stands in the view."""
        self.tick()

    def quiet(self, _: str) -> None:
        """Say nothing: the view shows how things are."""

    def tick(self) -> None:
        """Show how things are now."""
        self._due = False
        if self._live.is_started:
            with contextlib.suppress(OSError):  # the terminal has gone
                self._live.refresh()


class View:
    """What the terminal shows of a wait, made for the size that it has at the moment."""

    def __init__(self, progress: Progress, *, utc: bool = True) -> None:
        self._progress = progress
        self._utc = utc

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table, as far as it fits, then the bar and what there is to say."""
        width = options.max_width
        # A line is left for the cursor.
        room = max(1, console.size.height - 1)
        footer = self._footer(width)[:room]
        items = self._progress.items()
        today = datetime.fromtimestamp(self._progress.time.now(), UTC)
        clock = partial(_clock, now=today, utc=self._utc)
        yield from _lines(items, console, width, room - len(footer), clock)
        yield from footer

    def _footer(self, width: int) -> list[RenderableType]:
        progress = self._progress
        items = progress.items()
        ended = sum(item.ended for item in items)
        bad = any(item.outcome in BAD for item in items)
        told = f" {ended} of {len(items)} ended"
        bar = Table.grid()
        bar.add_row(
            ProgressBar(
                total=len(items),
                completed=ended,
                width=max(1, min(_BAR, width - len(told))),
                complete_style="red" if bad else "green",
                finished_style="red" if bad else "green",
            ),
            _one_line(Text(told)),
        )
        left = progress.next_look()
        look = "asking now" if left is None else f"next look in {spelled(ceil(left))}"
        words = f"{counted(items)} · waited {spelled(progress.waited())} · {look}"
        footer: list[RenderableType] = [bar, _one_line(Text(words))]
        troubles = [progress.hint] if progress.hint is not None else []
        if progress.trouble is not None:
            troubles.append(f"still waiting: {progress.trouble}")
        for trouble in troubles:
            said = tables.cell(trouble)
            said.stylize("yellow")
            footer.append(_one_line(said))
        return footer


def _lines(items: Sequence[Waited], console: Console, width: int, room: int, clock: Clock) -> Iterator[Text]:
    """Yield the lines of a table of these, no more than there is room for; the items that do not fit are counted."""
    if len(items) < room:
        whole = [line for lines in _groups(items, console, width, clock) for line in lines]
        if len(whole) <= room:
            yield from whole
            return
    items = sorted(items, key=_urgency)
    shown = -1  # the first group is that of the headings
    left = room - 1
    for lines in _groups(items[: max(0, left)], console, width, clock):
        left -= len(lines)
        if left < 0:
            break
        shown += 1
        yield from lines
    if room > 1:
        rest = items[max(0, shown) :]
        yield _one_line(Text(f"and {len(rest)} more: {counted(rest)}", "dim"))


def _groups(items: Sequence[Waited], console: Console, width: int, clock: Clock) -> Iterator[list[Text]]:
    """Yield the lines of the headings, then those of each item. An id that is wider than the terminal is folded."""
    for lines in _table(items, clock).groups(width):
        yield [part for line in lines for part in line.wrap(console, width, overflow="fold")]


def _table(items: Sequence[Waited], clock: Clock) -> tables.Table:
    """Return the table of these."""
    heading = "Run/Node" if any(not isinstance(item.id, str) for item in items) else "Run"
    named = any(name_of(item) is not None for item in items)
    table = tables.Table(heading, *(["Name"] if named else []), "Status", "Outcome", "Since")
    for item in items:
        name = [tables.cell(name_of(item))] if named else []
        about = (tables.cell(shown_status(item)), tables.outcome_cell(item.outcome), Text(clock(item.since)))
        table.add_row(tables.cell(shown(item.id)), *name, *about)
    return table


def _urgency(item: Waited) -> int:
    """Return a key that puts first what has ended badly, then what has not ended; otherwise the order stays."""
    return 1 if not item.ended else 0 if item.outcome in BAD else 2


def _clock(moment: datetime, now: datetime, *, utc: bool = True) -> str:
    """Return the time of today, the date of any other day; in UTC or in the reader's zone."""
    if not utc:
        moment, now = moment.astimezone(), now.astimezone()
    return f"{moment:%H:%M:%S}{'Z' if utc else ''}" if moment.date() == now.date() else f"{moment:%b %d}"


def _one_line(text: Text) -> Text:
    text.no_wrap, text.overflow = True, "ellipsis"
    return text
