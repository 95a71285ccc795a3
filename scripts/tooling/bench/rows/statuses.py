"""How long it takes to learn the statuses of very many runs."""

from __future__ import annotations

from functools import partial

from tooling.bench.measuring import Sample, in_turns
from tooling.bench.programs import Worker
from tooling.bench.results import Line, Target, compared
from tooling.bench.rows.row import Bench, Row

RUNS, BATCH, IN_FLIGHT, LATENCY = 10_000, 100, 10, 0.020
# One id a call takes too long to do for all of them.
PART = 500


def measure(bench: Bench) -> list[Line]:
    """Return a line for each peer."""
    _, access = bench.started(None, "mock_server", RUNS, LATENCY)
    ours = bench.worker("core", "statuses_paiflow", *access.split(), RUNS, BATCH, IN_FLIGHT)
    same = bench.worker("vendor", "statuses_vendor", *access.split(), RUNS, BATCH, IN_FLIGHT)
    single = bench.worker("vendor", "statuses_vendor", *access.split(), PART, 1, IN_FLIGHT)
    samples = in_turns(
        {"ours": partial(ours.measure, 1), "same": partial(same.measure, 1), "single": partial(scaled, single)},
        bench.rounds,
    )
    what = f"statuses of {RUNS:,} runs, async"
    return [
        compared(
            "statuses",
            what,
            f"the vendor's async SDK, {BATCH} a call, {IN_FLIGHT} in flight",
            samples["ours"],
            samples["same"],
            Target("≤", 1.0),
        ),
        compared("statuses", what, "the same, one id a call", samples["ours"], samples["single"], Target("≥", 20)),
    ]


def scaled(worker: Worker) -> Sample:
    """Return what all would take, by a part of them."""
    sample = worker.measure(1)
    factor = RUNS / PART
    return Sample(sample.wall * factor, None if sample.cpu is None else sample.cpu * factor)


ROW = Row(
    "statuses",
    f"The statuses of {RUNS:,} runs by the async clients, {BATCH} a call and {IN_FLIGHT} calls in flight, from the mock"
    f" service in a process of its own, which lets each reply take {LATENCY * 1000:.0f} ms; and with the vendor's async SDK"
    f" asking for one id a call, {IN_FLIGHT} in flight, measured on {PART} runs and multiplied.",
    ("core", "vendor"),
    7,
    measure,
)
