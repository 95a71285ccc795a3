"""A table that follows a wait on a terminal: what each id is doing, how many have ended, when the next look is due.

It never takes more lines than there are: what does not fit is counted, and what has not ended comes first.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil
from types import TracebackType
from typing import Final, Self, TextIO

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from paiflow import Change, PaiFlowError, Waited
from paiflow._durations import spelled
from paiflow.cli import tables
from paiflow.cli.displays import Display, name_of, shown_id, shown_status
from paiflow.cli.progress import Progress
from paiflow.waiting import BAD, OUTCOMES

# Columns of a line: the bar at most, an id and a name at least, the time, and what stands between two.
_BAR: Final = 40
_ID: Final = 8
_NAME: Final = 6
_SINCE: Final = 9
_GAP: Final = 2


class LiveTable(Display):
    """Shows the progress of a wait on a terminal, and takes it away at the end."""

    def __init__(self, progress: Progress, stream: TextIO) -> None:
        self._due = False
        self._live = Live(
            View(progress),
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

    def tick(self) -> None:
        """Show how things are now."""
        self._due = False
        if self._live.is_started:
            with contextlib.suppress(OSError):  # the terminal has gone
                self._live.refresh()


class View:
    """What the terminal shows of a wait, made for the size that it has at the moment."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table, as far as it fits, then the bar and what there is to say."""
        width = options.max_width
        # A line is left for the cursor.
        room = max(1, console.size.height - 1)
        footer = self._footer(width)[:room]
        items = list(self._progress.known.values())
        rows = room - len(footer) - 1
        if len(items) > rows:
            rows -= 1
            items.sort(key=_urgency)
        if rows > 0:
            yield _table(items[:rows], width, datetime.fromtimestamp(self._progress.time.now(), UTC))
            if rest := items[rows:]:
                yield _one_line(Text(f"and {len(rest)} more: {_counted(rest)}", "dim"))
        yield from footer

    def _footer(self, width: int) -> list[RenderableType]:
        progress = self._progress
        items = list(progress.known.values())
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
        words = f"{_counted(items)} · waited {spelled(progress.waited())} · {look}"
        footer: list[RenderableType] = [bar, _one_line(Text(words))]
        troubles = [progress.hint] if progress.hint is not None else []
        if progress.trouble is not None:
            troubles.append(f"still waiting: {progress.trouble}")
        for trouble in troubles:
            said = tables.cell(trouble)
            said.stylize("yellow")
            footer.append(_one_line(said))
        return footer


def _table(items: Sequence[Waited], width: int, now: datetime) -> Table:
    """Return the table of these, each in one line of at most so many columns."""
    ids = [tables.cell(shown_id(item.id)) for item in items]
    names = [tables.cell(name_of(item)) for item in items]
    statuses = [tables.cell(shown_status(item)) for item in items]
    outcomes = [tables.outcome_cell(item.outcome) for item in items]
    since = [Text(_clock(item.since, now)) for item in items]
    status_width, outcome_width = (
        _width(heading, cells) for heading, cells in (("Status", statuses), ("Outcome", outcomes))
    )
    left = width - status_width - outcome_width - _SINCE - 3 * _GAP
    heading = "Run/Node" if any(not isinstance(item.id, str) for item in items) else "Run"
    id_width = min(_width(heading, ids), max(_ID, left))
    left -= id_width + _GAP
    columns: list[tuple[str, Sequence[Text], int]] = [
        (heading, [_middle_out(cell, id_width) for cell in ids], id_width),
        ("Name", names, left),
        ("Status", statuses, status_width),
        ("Outcome", outcomes, outcome_width),
        ("Since", since, _SINCE),
    ]
    if all(name.plain == "-" for name in names) or left < min(_NAME, _width("Name", names)):
        del columns[1]
    grid = Table(box=None, pad_edge=False, show_edge=False)
    for heading, _, most in columns:
        grid.add_column(heading, no_wrap=True, overflow="ellipsis", max_width=most)
    for cells in zip(*(cells for _, cells, _ in columns), strict=True):
        grid.add_row(*cells)
    return grid


def _width(heading: str, cells: Sequence[Text]) -> int:
    return max(len(heading), *(cell.cell_len for cell in cells))


def _urgency(item: Waited) -> int:
    """Return a key that puts first what has not ended, then what has ended badly; otherwise the order stays."""
    return 0 if not item.ended else 1 if item.outcome in BAD else 2


def _counted(items: Sequence[Waited]) -> str:
    counts = Counter(item.outcome for item in items)
    return ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES if counts[outcome])


def _clock(moment: datetime, now: datetime) -> str:
    """Return the time of today, the date of any other day, in UTC."""
    return f"{moment:%H:%M:%SZ}" if moment.date() == now.date() else f"{moment:%b %d}"


def _middle_out(cell: Text, width: int) -> Text:
    """Return a text that fits, without its middle: ids differ at their ends."""
    text = cell.plain
    if cell.cell_len <= width or cell.cell_len != len(text) or width < 3:
        return cell
    head = (width - 1) // 2
    return Text(f"{text[:head]}…{text[len(text) - (width - 1 - head) :]}")


def _one_line(text: Text) -> Text:
    text.no_wrap, text.overflow = True, "ellipsis"
    return text
