"""The page of the documentation that holds the figures of one run, beside them as JSON."""

from __future__ import annotations

from tooling.bench.document import Document
from tooling.bench.environments import ROOT
from tooling.bench.errors import BenchError
from tooling.bench.report import page

FOLDER = ROOT / "docs" / "maintainers"
FIGURES, PAGE = "performance.json", "performance.md"
BEGIN, END = "<!-- scripts/bench --page writes from here -->", "<!-- to here -->"


def write(document: Document) -> None:
    """Write the figures, without every sample, and the page's tables of them.

    Raises:
        BenchError: the page has no place for them.
    """
    path = FOLDER / PAGE
    text = with_tables(path.read_text(encoding="utf-8"), document)
    (FOLDER / FIGURES).write_text(document.json(samples=False), encoding="utf-8")
    path.write_text(text, encoding="utf-8")


def with_tables(text: str, document: Document) -> str:
    """Return a page with these tables between its marks, in place of those that stand there.

    Raises:
        BenchError: a mark is missing.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise BenchError(f"{PAGE} has no line {(END if begin else BEGIN)!r}")
    return f"{before}{BEGIN}\n\n{page(document)}\n\n{END}{after}"
