"""The figures of the performance page as bars: the client's time as a multiple of the other's."""

from __future__ import annotations

import json
from html import escape
from typing import Any

_LABELS, _UNIT, _HEIGHT = 560, 100, 26
_MOST = 3.4  # the longest bar, in multiples


def bars(figures: str) -> str:
    """Return an SVG with a bar for each line that compares times or speeds, and a mark at 1.

    A ratio of speeds is turned round, so that each bar is of times.

    Args:
        figures: what scripts/bench --page wrote as JSON.
    """
    drawn: list[str] = []
    for line in json.loads(figures)["lines"]:
        ratio = line[line["by"]]
        if line["against"] is None or ratio is None:
            continue
        found = [ratio["median"], ratio["low"], ratio["high"]]
        if line["unit"] == "/s":
            found = [1 / found[0], 1 / found[2], 1 / found[1]]
        drawn.append(_bar(34 + len(drawn) * _HEIGHT, _label(line), *found))
    height = 40 + len(drawn) * _HEIGHT
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 980 {height}" font-family="sans-serif" font-size="13">',
            "<style>text{fill:#777}.o{fill:#4caf50}.s{fill:#9e9e9e}.l{stroke:#777}</style>",
            f'<text x="{_LABELS + _UNIT}" y="16" text-anchor="middle">1 ×</text>',
            f'<path class="l" d="M{_LABELS + _UNIT} 22V{height - 6}" stroke-dasharray="4 3"/>',
            *drawn,
            "</svg>",
        ]
    )


def _label(line: dict[str, Any]) -> str:
    return f"{line['row']}: {line['what']} / {line['against'].partition(', ')[0]}"


def _bar(top: int, label: str, ratio: float, least: float, most: float) -> str:
    """Return a bar, green where the client takes less, with its spread as a line and its ratio as a number."""
    middle, start, end = top + 9, _LABELS, min(max(ratio, most), _MOST) * _UNIT
    kind = "o" if ratio <= 1 else "s"
    return (
        f'<text x="{start - 10}" y="{top + 13}" text-anchor="end">{escape(label)}</text>'
        f'<rect class="{kind}" x="{start}" y="{top}" width="{min(ratio, _MOST) * _UNIT:.0f}" height="18"/>'
        f'<path class="l" d="M{start + min(least, _MOST) * _UNIT:.0f} {middle}H{start + end:.0f}"/>'
        f'<text x="{start + end + 6:.0f}" y="{top + 13}">{ratio:.2f}</text>'
    )
