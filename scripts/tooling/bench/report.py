"""Show what was found: as a table for a terminal, as Markdown, and as the tables of a page."""

from __future__ import annotations

import os
import platform
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tooling.bench.document import Document, Measured
from tooling.bench.results import Line, Spread, Target, Unit

HEADINGS = (
    "row",
    "what",
    "against",
    "ours",
    "theirs",
    "by the clock",
    "by the processor",
    "peak memory",
    "target (aim)",
    "",
)
SCALES = [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs")]


def table(lines: Iterable[Line]) -> str:
    """Return the lines as text in columns."""
    rows = [HEADINGS, *map(cells, lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def markdown(document: Document) -> str:
    """Return the lines as a Markdown table, and below it where they were measured."""
    return f"{_drawn(HEADINGS, map(cells, document.lines))}\n\n{where(document)}"


def page(document: Document) -> str:
    """Return a section for each row, with a table, and before them where they were measured."""
    sections = [f"Measured on {_machine(document)}."]
    for name, row in document.rows.items():
        drawn = _drawn(HEADINGS[1:], (cells(line)[1:] for line in document.lines if line.row == name))
        sections.append(f"### {name}\n\n{row.about}{_with(row.versions)}\n\n{drawn}")
    return "\n\n".join(sections)


def _drawn(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [headings, ["---"] * len(headings), *rows])


def cells(line: Line) -> Sequence[str]:
    """Return the cells of one line."""
    return (
        line.row,
        line.what,
        line.against or "–",
        amount(line.ours, line.unit),
        "–" if line.theirs is None else amount(line.theirs, line.unit),
        _spread(line, line.wall),
        _spread(line, line.cpu),
        _memory(line),
        "" if line.target is None else _target(line, line.target),
        "" if line.target is None or line.target.reach is None else "MISSED" if line.missed else "ok",
    )


def _spread(line: Line, found: Spread | None) -> str:
    if found is None:
        return "–"
    if not line.against:
        return f"{amount(found.median, line.unit)} ({amount(found.low, line.unit)}–{amount(found.high, line.unit)})"
    return f"{plain(found.median)} × ({plain(found.low)}–{plain(found.high)})"


def _memory(line: Line) -> str:
    return " / ".join(amount(one, "B") for one in (line.memory, line.their_memory) if one is not None) or "–"


def _target(line: Line, target: Target) -> str:
    def limit(value: float) -> str:
        if target.figure:
            return amount(value, line.unit)
        return f"{value:g} ×" + (" its speed" if line.unit == "/s" else "")

    reach = "" if target.reach is None else f"{target.relation} {limit(target.reach)}"
    aim = "" if target.aim is None else f"({limit(target.aim)})"
    return " ".join(part for part in (reach, aim, "by the processor" if line.by == "cpu" else "") if part)


def abouts(rows: Mapping[str, Measured]) -> str:
    """Return what each row compares, in lines that a terminal shows."""
    return "\n".join(
        textwrap.fill(f"{name}: {row.about}{_with(row.versions)}", 120, subsequent_indent="  ")
        for name, row in rows.items()
    )


def _with(versions: Mapping[str, str]) -> str:
    told = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f" With {told}." if told else ""


def amount(value: float, unit: Unit) -> str:
    """Return a figure for people: 1.23 ms, 4,080/s, 5.4 MB, 12."""
    match unit:
        case "B":
            return f"{value / 1e6:.1f} MB" if value >= 1e6 else f"{value / 1e3:.0f} kB"
        case "/s":
            return f"{value:,.0f}/s"
        case "":
            return f"{value:,.0f}" if value == int(value) else plain(value)
    scale, name = next(((scale, name) for scale, name in SCALES if abs(value) >= scale), SCALES[-1])
    return f"{plain(value / scale)} {name}"


def plain(value: float) -> str:
    """Return a number with three digits that count."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def machine() -> dict[str, str]:
    """Return what it was measured on, without its name."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def where(document: Document) -> str:
    """Return one line that tells the machine and the versions."""
    return f"Measured on {_machine(document)}.{_with(document.versions)}"


def _machine(document: Document) -> str:
    return "{cores} cores of {processor}, {system}, {python}".format_map(document.machine)


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or "an unnamed processor"
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor()
