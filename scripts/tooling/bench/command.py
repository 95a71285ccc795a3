"""Measure what a user feels, side by side with what else there is, and print a table with ratios.

Each round measures every contender once, and begins with another; a ratio is the median over the rounds, with the lowest
and the highest behind it. By the clock is what a user waits, by the processor what it costs, user and system.
Peers are installed into environments of their own, kept in build/bench or in the folder of --environments.
Exit status: 0 measured, 1 a target is missed and --check was given, 2 usage or something cannot be measured, 130
interrupted, 143 terminated.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tooling.arguments import parser_of
from tooling.bench import pages, report
from tooling.bench.document import Document, Measured
from tooling.bench.environments import ROOT, Environments
from tooling.bench.errors import BenchError
from tooling.bench.results import Line
from tooling.bench.rows import ROWS
from tooling.bench.rows.row import Bench, Row
from tooling.regenerate import termination_raised

QUICK = 3


def main(arguments: list[str] | None = None, rows: Sequence[Row] = ROWS) -> int:
    """Run the command and return its exit status."""
    options = parsed(arguments, rows)
    if options.list:
        print(report.abouts({row.name: Measured(row.about, {}) for row in rows}))
        return 0
    chosen = [row for row in rows if row.name in options.row] if options.row else list(rows)
    try:
        document = options.figures or found(chosen, Environments(options.environments), options.rounds)
        show(document, options)
    except (BenchError, OSError) as error:
        print(f"scripts/bench: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("scripts/bench: interrupted", file=sys.stderr)
        return 130
    return 1 if options.check and any(line.missed for line in document.lines) else 0


def found(rows: Sequence[Row], environments: Environments, rounds: int | None) -> Document:
    """Measure rows, one after the other.

    Raises:
        BenchError: a peer is missing, or broke off.
    """
    with termination_raised(), environments.kept():
        # Before anything is measured: what is missing is said at once.
        about = {row.name: Measured(row.about, environments.versions(row.needs)) for row in rows}
        lines = [line for row in rows for line in measured(row, environments, rounds)]
    return Document(report.machine(), about, lines)


def parsed(arguments: list[str] | None, rows: Sequence[Row]) -> argparse.Namespace:
    """Return the options, or leave with 2."""
    parser = parser_of("bench", __doc__)
    parser.add_argument("row", nargs="*", help=f"only these: {', '.join(row.name for row in rows)}")
    parser.add_argument("--list", action="store_true", help="say what each row compares, and measure nothing")
    parser.add_argument("--rounds", metavar="N", type=positive, help="rounds of every row, instead of the row's own")
    parser.add_argument(
        "--quick",
        dest="rounds",
        action="store_const",
        const=QUICK,
        help=f"{QUICK} rounds of every row, for a first look",
    )
    parser.add_argument(
        "--check", action="store_true", help="exit 1 if a target is missed; a noisy machine misses some"
    )
    parser.add_argument(
        "--json", metavar="FILE", help="also write everything as JSON; - for stdout, instead of the table"
    )
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument(
        "--page", action="store_true", help="also write docs/maintainers/performance.json and the tables of the page"
    )
    parser.add_argument(
        "--from",
        dest="figures",
        metavar="FILE",
        type=Path,
        help="measure nothing: show what --json wrote into this file",
    )
    parser.add_argument(
        "--environments", metavar="DIR", type=Path, default=ROOT / "build" / "bench", help="where to keep the peers"
    )
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.row if name not in {row.name for row in rows}]:
        parser.error(f"there is no row {unknown[0]!r}: known are {', '.join(row.name for row in rows)}")
    if options.json not in (None, "-") and not Path(options.json).absolute().parent.is_dir():
        parser.error(f"--json {options.json}: there is no such folder")
    if options.page and options.row:
        parser.error("--page takes no rows: the page shows all of one run")
    if options.figures is not None:
        if options.row:
            parser.error("--from takes no rows: the file has its own")
        try:
            options.figures = Document.read(options.figures.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            parser.error(f"--from {options.figures}: {error}")
    options.environments = options.environments.absolute()
    return options


def positive(text: str) -> int:
    """Return a whole number above 0."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def measured(row: Row, environments: Environments, rounds: int | None) -> list[Line]:
    """Return a row's lines.

    Raises:
        BenchError: a peer is missing, or broke off.
    """
    print(f"bench: measuring {row.name}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        return row.measure(Bench(environments, Path(folder), rounds or row.rounds, stack))


def show(document: Document, options: argparse.Namespace) -> None:
    """Print the table, and write the JSON and the page, as the options say.

    Raises:
        BenchError: the page has no place for its tables.
    """
    if options.page:
        pages.write(document)
    if options.json == "-":
        print(document.json(), end="")
        return
    if options.json is not None:
        Path(options.json).write_text(document.json(), encoding="utf-8")
    if options.markdown:
        print(report.markdown(document))
        return
    print(report.table(document.lines))
    print(f"\n{report.where(document)}")
    print(report.abouts(document.rows))
