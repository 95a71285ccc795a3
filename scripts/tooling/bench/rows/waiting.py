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
    """Return lines for the processor time of a poll, for how it grows with the ids, and for the memory held."""
    worker = bench.worker("core", "wait_paiflow", RUNS)
    samples = in_turns(
        {str(open_): partial(polled, worker, open_, polls) for open_, polls in OPEN.items()}, bench.rounds
    )
    lines = [
        alone("waiting", f"a poll, {open_:,} of {RUNS:,} runs not ended", samples[str(open_)], by="cpu")
        for open_ in OPEN
    ]
    for few, many in ((100, 1_000), (1_000, 10_000)):
        each = {open_: [per_id(sample, open_) for sample in samples[str(open_)]] for open_ in (few, many)}
        lines.append(
            compared(
                "waiting",
                f"an id of a poll for {many:,}",
                f"for {few:,}",
                each[many],
                each[few],
                Target("≤", 1.2),
                by="cpu",
            )
        )
    worker.tell(f"{LONG_OPEN} {LONG_POLLS}")
    _, _, blocks, size = map(float, worker.read().split())
    what = f"held more after {LONG_POLLS:,} polls"
    lines.append(
        Line(
            row="waiting",
            what=f"memory blocks {what}, a poll",
            unit="",
            ours=blocks / LONG_POLLS,
            target=Target("≤", 0.1, figure=True),
        )
    )
    lines.append(Line(row="waiting", what=f"bytes {what}", unit="B", ours=size, target=Target("≤", 1e6, figure=True)))
    return lines


def polled(worker: Worker, open_: int, polls: int) -> Sample:
    """Return what a poll takes while so many runs have not ended."""
    worker.tell(f"{open_} {polls}")
    wall, cpu, _, _ = map(float, worker.read().split())
    return Sample(wall, cpu)


def per_id(sample: Sample, ids: int) -> Sample:
    """Return what a poll takes for each id."""
    return Sample(sample.wall / ids, None if sample.cpu is None else sample.cpu / ids)


ROW = Row(
    "waiting",
    f"A wait for {RUNS:,} runs by the blocking client, of which some have not ended, in a clock that is advanced by hand;"
    " the replies are written before, so that what counts is what the client does in a poll. Linear in the ids is a ratio of"
    f" 1 or less. The long wait makes {LONG_POLLS:,} polls for {LONG_OPEN} of them.",
    ("core",),
    5,
    measure,
)
