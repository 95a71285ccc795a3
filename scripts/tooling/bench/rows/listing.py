"""How long it takes to list very many runs."""

from __future__ import annotations

from functools import partial

from tooling.bench.measuring import in_turns
from tooling.bench.replies import RUNS
from tooling.bench.results import Line, Target, compared
from tooling.bench.rows.row import Bench, Row

PAGE = 100


def measure(bench: Bench) -> list[Line]:
    """Return a line with the extra and one without."""
    _, endpoint = bench.started(None, "service", 0)
    workers = {
        "core": bench.worker("core", "list_paiflow", endpoint, RUNS, PAGE),
        "fast": bench.worker("fast", "list_paiflow", endpoint, RUNS, PAGE),
        "vendor": bench.worker("vendor", "list_vendor", endpoint, RUNS, PAGE),
    }
    samples = in_turns({name: partial(worker.measure, 1) for name, worker in workers.items()}, bench.rounds)
    target = Target("≤", 1.0, 0.9)
    return [
        compared("list", what, "the vendor's SDK", samples[name], samples["vendor"], target, by="cpu")
        for name, what in (("core", f"{RUNS:,} runs"), ("fast", f"{RUNS:,} runs, extra fast"))
    ]


ROW = Row(
    "list",
    f"All of {RUNS:,} runs, {PAGE} a page, one page after the other; each field and each date is read once. The vendor's"
    " dates are texts. The time is the processor's, of the client alone.",
    ("core", "fast", "vendor"),
    7,
    measure,
)
