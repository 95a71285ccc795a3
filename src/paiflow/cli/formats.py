"""Choose how a wait is shown: what --output asks for, and live where a terminal shows what is not the data."""

from __future__ import annotations

import sys

from paiflow.cli import tables
from paiflow.cli.displays import Display, JsonLines, Lines, Names
from paiflow.cli.output import Output
from paiflow.cli.progress import Progress


def display_for(output: Output, progress: Progress) -> Display:
    """Return what tells of a wait in this format: live, if a terminal shows what is not the data."""
    stream = {"table": sys.stdout, "wide": sys.stdout, "json": sys.stderr}.get(output.form)
    if stream is not None and tables.on_terminal(stream):
        from paiflow.cli.live import LiveTable  # noqa: PLC0415 - costly to load, and for terminals only

        return LiveTable(progress, stream, utc=output.utc)
    match output.form:
        case "json":
            return Display()
        case "jsonl":
            return JsonLines(output)
        case "name":
            return Names()
        case _:
            return Lines(output, progress)
