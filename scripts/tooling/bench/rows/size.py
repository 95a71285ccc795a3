"""What an install puts on the disk."""

from __future__ import annotations

from tooling.bench.results import Line, Target
from tooling.bench.rows.row import Bench, Row

AGAINST = "the vendor's SDK"


def measure(bench: Bench) -> list[Line]:
    """Return a line for the distributions and one for the size."""
    core, vendor = bench.environments.get("core"), bench.environments.get("vendor")
    return [
        Line(
            row="size",
            what="distributions, core install",
            against=AGAINST,
            unit="",
            ours=len(core.versions),
            theirs=len(vendor.versions),
            target=Target("≤", 12, figure=True),
        ),
        Line(
            row="size",
            what="bytes, core install",
            against=AGAINST,
            unit="B",
            ours=core.size_bytes,
            theirs=vendor.size_bytes,
            target=Target("≤", 8e6, figure=True),
        ),
    ]


ROW = Row(
    "size",
    "What pip puts into an empty environment, compiled files included, for the wheel with its core dependencies and for"
    " the vendor's SDK.",
    ("core", "vendor"),
    1,
    measure,
)
