"""How long it takes to learn the statuses of very many runs."""

from __future__ import annotations

from functools import partial

from tooling.bench.measuring import in_turns
from tooling.bench.replies import RUNS
from tooling.bench.results import By, Line, Target, compared
from tooling.bench.rows.row import Bench, Row

BATCH, LATENCY = 100, 0.020
IN_FLIGHT = (10, 20, 40)
ASYNC, SYNC = "the vendor's async SDK", "the vendor's sync SDK in as many threads"
# Our contender, what it is, the vendor's, what that is, what counts, and what is to be reached.
COMPARED: tuple[tuple[str, str, str, str, By, Target], ...] = (
    ("core", "async", "vendor", ASYNC, "wall", Target("≤", 1.1)),
    ("core", "async, processor", "vendor", ASYNC, "cpu", Target("≤", 1.5, 1.2)),
    ("fast", "async, extra fast", "vendor", ASYNC, "wall", Target("≤", 1.0, 0.9)),
    ("fast", "async, extra fast, processor", "vendor", ASYNC, "cpu", Target("≤", 1.1, 0.9)),
    ("sync", "sync", "vendor's sync", SYNC, "wall", Target("≤", 1.0, 0.9)),
)


def measure(bench: Bench) -> list[Line]:
    """Return lines for each number of calls in flight."""
    _, endpoint = bench.started(None, "service", LATENCY)
    lines = []
    for in_flight in IN_FLIGHT:
        workers = {
            name: bench.worker(environment, program, kind, endpoint, RUNS, BATCH, in_flight)
            for name, environment, program, kind in (
                ("core", "core", "statuses_paiflow", "async"),
                ("fast", "fast", "statuses_paiflow", "async"),
                ("vendor", "vendor", "statuses_vendor", "async"),
                ("sync", "core", "statuses_paiflow", "sync"),
                ("vendor's sync", "vendor", "statuses_vendor", "sync"),
            )
        }
        samples = in_turns({name: partial(worker.measure, 1) for name, worker in workers.items()}, bench.rounds)
        lines += [
            compared(
                "statuses", f"{in_flight} in flight, {what}", against, samples[ours], samples[theirs], target, by=by
            )
            for ours, what, theirs, against, by, target in COMPARED
        ]
    return lines


ROW = Row(
    "statuses",
    f"The statuses of {RUNS:,} runs, {BATCH} a call, from a service in a process of its own that lets each reply take"
    f" {LATENCY * 1000:.0f} ms; each field is read once.",
    ("core", "fast", "vendor"),
    11,
    measure,
)
