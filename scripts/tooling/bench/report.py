"""Show lines: as a table for a terminal, as Markdown, as JSON."""

from __future__ import annotations

import json
import os
import platform
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import attrs

from tooling.bench.results import Line, Spread, Unit
from tooling.bench.rows.row import Row

HEADINGS = ("row", "what", "against", "ours", "theirs", "by the clock", "by the processor", "target", "")
SCALES = [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs")]


def table(lines: Iterable[Line]) -> str:
    """Return the lines as text in columns."""
    rows = [HEADINGS, *map(cells, lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def markdown(lines: Iterable[Line], machine: Mapping[str, str], versions: Mapping[str, str]) -> str:
    """Return the lines as a Markdown table, and below it where they were measured."""
    rows = [HEADINGS, ["---"] * len(HEADINGS), *map(cells, lines)]
    drawn = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    return f"{drawn}\n\n{where(machine, versions)}"


def document(
    lines: Iterable[Line], rows: Iterable[Row], machine: Mapping[str, str], versions: Mapping[str, str]
) -> str:
    """Return everything as JSON: sizes in bytes, times in seconds, every sample."""
    return json.dumps(
        {
            "machine": machine,
            "versions": versions,
            "rows": {row.name: row.about for row in rows},
            "lines": [{**attrs.asdict(line), "missed": line.missed} for line in lines],
        },
        ensure_ascii=False,
        indent=1,
    )


def cells(line: Line) -> Sequence[str]:
    """Return the cells of one line."""
    times = " ×" if line.against else ""

    def spread(found: Spread | None) -> str:
        if found is None:
            return "–"
        if not line.against:
            return f"{amount(found.median, line.unit)} ({amount(found.low, line.unit)}–{amount(found.high, line.unit)})"
        return f"{plain(found.median)}{times} ({plain(found.low)}–{plain(found.high)})"

    target = "" if line.target is None else f"{line.target.relation} {_limit(line)}"
    if line.target and line.by == "cpu":
        target += " by the processor"
    verdict = "" if line.target is None else "MISSED" if line.missed else "ok"
    theirs = "–" if line.theirs is None else amount(line.theirs, line.unit)
    ours = amount(line.ours, line.unit)
    return (
        line.row,
        line.what,
        line.against or "–",
        ours,
        theirs,
        spread(line.wall),
        spread(line.cpu),
        target,
        verdict,
    )


def abouts(rows: Iterable[Row]) -> str:
    """Return what each row compares, in lines that a terminal shows."""
    return "\n".join(textwrap.fill(f"{row.name}: {row.about}", 120, subsequent_indent="  ") for row in rows)


def _limit(line: Line) -> str:
    assert line.target is not None  # noqa: S101 - asked for where there is one
    if line.target.figure:
        return amount(line.target.limit, line.unit)
    return f"{line.target.limit:g} ×" + (" its speed" if line.target.relation == "≥" else "")


def amount(value: float, unit: Unit) -> str:
    """Return a figure for people: 1.23 ms, 4,080/s, 5.4 MB, 12."""
    match unit:
        case "B":
            return f"{value / 1e6:.1f} MB" if value >= 1e6 else f"{value / 1e3:.0f} kB"
        case "/s":
            return f"{value:,.0f}/s"
        case "":
            return f"{value:,.0f}" if value == int(value) else plain(value)
    scale, name = next(((scale, name) for scale, name in SCALES if value >= scale), SCALES[-1])
    return f"{plain(value / scale)} {name}"


def plain(value: float) -> str:
    """Return a number with three digits that count."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def machine() -> dict[str, str]:
    """Return what it was measured on, without its name."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def where(machine: Mapping[str, str], versions: Mapping[str, str]) -> str:
    """Return one paragraph that tells the machine and the versions."""
    told = ", ".join(f"{name} {version}" for name, version in versions.items())
    return (
        f"Measured on {machine['cores']} cores of {machine['processor']}, {machine['system']}, {machine['python']};"
        f" with {told}."
    )


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or "an unnamed processor"
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor()
