"""What a wait for very many runs costs, and whether it grows."""

from __future__ import annotations

from functools import partial

from tooling.bench.measuring import Sample, in_turns
from tooling.bench.programs import Worker
from tooling.bench.results import Line, Target, alone, compared
from tooling.bench.rows.row import Bench, Row

RUNS = 10_000
# How many runs have not ended, and how many polls to measure: about half a second a round each.
OPEN = {100: 200, 1_000: 20, 10_000: 3}
# A poll of the long wait asks for so many, in one call.
LONG_OPEN, LONG_POLLS = 100, 10_000


def measure(bench: Bench) -> list[Line]:
    """Return lines for the processor time of an id in a poll, for how it grows with the ids, and for the memory held."""
    workers = {name: bench.worker(name, "wait_paiflow", RUNS) for name in ("core", "fast")}
    samples = in_turns(
        {
            f"{name} {open_}": partial(polled, worker, open_, polls)
            for name, worker in workers.items()
            for open_, polls in OPEN.items()
        },
        bench.rounds,
    )
    lines = []
    for name, extra in (("core", ""), ("fast", ", extra fast")):
        ids = {open_: samples[f"{name} {open_}"] for open_ in OPEN}
        for open_ in OPEN:
            aim = 8e-6 if name == "fast" else None
            what = f"an id, {open_:,} of {RUNS:,} runs not ended{extra}"
            lines.append(alone("waiting", what, ids[open_], aim=aim, by="cpu"))
        what = f"an id, 10,000 not ended{extra}"
        linear = Target("≤", 1.2)
        lines.append(compared("waiting", what, "one with 1,000 not ended", ids[10_000], ids[1_000], linear, by="cpu"))
    workers["core"].tell(f"{LONG_OPEN} {LONG_POLLS}")
    _, _, blocks, size, _ = map(float, workers["core"].read().split())
    what = f"held more after {LONG_POLLS:,} polls"
    flat = Target("≤", 0.1, figure=True)
    lines.append(
        Line(row="waiting", what=f"memory blocks {what}, a poll", unit="", ours=blocks / LONG_POLLS, target=flat)
    )
    flat = Target("≤", 1e6, figure=True)
    lines.append(Line(row="waiting", what=f"bytes {what}", unit="B", ours=size, target=flat))
    return lines


def polled(worker: Worker, open_: int, polls: int) -> Sample:
    """Return what an id takes in a poll while so many runs have not ended."""
    worker.tell(f"{open_} {polls}")
    wall, cpu, _, _, peak = worker.read().split()
    return Sample(float(wall) / open_, float(cpu) / open_, int(peak) or None)


ROW = Row(
    "waiting",
    f"A poll of a wait for {RUNS:,} runs by the blocking client, of which some have not ended, on a clock that is advanced by"
    " hand. The replies are written before, so the time is the client's: the processor's time of a poll, by the ids that it"
    " asks for. Linear is a ratio of 1. A poll for 100 ids is one call, which needs no threads, so it has no target. The long"
    f" wait makes {LONG_POLLS:,} polls for {LONG_OPEN} of them.",
    ("core", "fast"),
    5,
    measure,
)
