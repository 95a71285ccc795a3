"""The table of the performance page as bars: the client's time as a multiple of the other's."""

from __future__ import annotations

import re
from html import escape

_ROW = re.compile(
    r"^\|(?P<what>[^|]*)\|[^|]*\|(?P<against>[^|]*)\| *(?P<ratio>[0-9.]+) × \((?P<least>[0-9.]+)–(?P<most>[0-9.]+)\)"
)
_LABELS, _UNIT, _HEIGHT = 470, 100, 26


def bars(page: str) -> str:
    """Return an SVG with a bar for each row of the page's table that has a ratio with its spread, and a line at 1.

    Args:
        page: the page, as Markdown.
    """
    drawn: list[str] = []
    what = ""
    for line in page.splitlines():
        if (match := _ROW.match(line)) is None:
            what = line.split("|")[1].strip() if line.startswith("|") else what
            continue
        what = match["what"].strip() or what
        top = 34 + len(drawn) * _HEIGHT
        drawn.append(_bar(top, f"{_short(what)} / {_short(match['against'])}", *map(float, match.group(3, 4, 5))))
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


def _bar(top: int, label: str, ratio: float, least: float, most: float) -> str:
    """Return a bar, green where the client takes less, with its spread as a line and its ratio as a number."""
    middle, start = top + 9, _LABELS
    kind = "o" if ratio <= 1 else "s"
    return (
        f'<text x="{start - 10}" y="{top + 13}" text-anchor="end">{escape(label)}</text>'
        f'<rect class="{kind}" x="{start}" y="{top}" width="{ratio * _UNIT:.0f}" height="18"/>'
        f'<path class="l" d="M{start + least * _UNIT:.0f} {middle}H{start + min(most, 4.9) * _UNIT:.0f}"/>'
        f'<text x="{start + min(most, 4.9) * _UNIT + 6:.0f}" y="{top + 13}">{ratio:.2f}</text>'
    )


def _short(text: str) -> str:
    """Return a cell up to its first comma that is not in a number."""
    return text.replace("`", "").strip().partition(", ")[0]
