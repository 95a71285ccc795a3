"""How fast a very long log is followed, and whether memory grows."""

from __future__ import annotations

from functools import partial

from tooling.bench.measuring import Sample, in_turns
from tooling.bench.programs import Worker
from tooling.bench.results import Line, Target, compared
from tooling.bench.rows.row import Bench, Row

RUN = "flow-hynm2bv8wqhp5esfxq"
LINES, PART = 1_000_000, 100_000
FLAT = 1e6
AIM = 200_000


def measure(bench: Bench) -> list[Line]:
    """Return a line with the extra, one without, and one for the memory of a log ten times as long."""
    _, endpoint = bench.started(None, "service", 0)
    workers = {
        "core": bench.worker("core", "log_paiflow", endpoint, RUN, PART),
        "fast": bench.worker("fast", "log_paiflow", endpoint, RUN, PART),
        "vendor": bench.worker("vendor", "log_vendor", endpoint, RUN, PART),
    }
    samples = in_turns({name: partial(per_line, worker, PART) for name, worker in workers.items()}, bench.rounds)
    lines = []
    for name, what in (("core", "lines a second"), ("fast", "lines a second, extra fast")):
        aim = Target("≥", None, AIM, figure=True)
        lines.append(
            compared("log", what, "the vendor's SDK", samples[name], samples["vendor"], aim, by="cpu", unit="/s")
        )
    part, whole = (_peak(bench, endpoint, count) for count in (PART, LINES))
    what = f"memory for {LINES:,} lines, over that for {PART:,}"
    lines.append(Line(row="log", what=what, unit="B", ours=whole - part, target=Target("≤", FLAT, figure=True)))
    return lines


def _peak(bench: Bench, endpoint: str, lines: int) -> int:
    """Return the peak of memory of a process that follows one log of so many lines."""
    worker = bench.worker("core", "log_paiflow", endpoint, RUN, lines)
    return worker.measure(1).peak or 0


def per_line(worker: Worker, lines: int) -> Sample:
    """Return what a line takes."""
    whole = worker.measure(1)
    return Sample(whole.wall / lines, None if whole.cpu is None else whole.cpu / lines, whole.peak)


ROW = Row(
    "log",
    f"The log of a node that has ended, {PART:,} lines in pages of 100, followed to its end. The time is the processor's, of"
    f" the client alone. Memory is flat if following {LINES:,} lines takes no more.",
    ("core", "fast", "vendor"),
    5,
    measure,
)
