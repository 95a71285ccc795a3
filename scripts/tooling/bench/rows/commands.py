"""How long the command takes to say what it can do."""

from __future__ import annotations

from functools import partial

from tooling.bench.measuring import Sample, in_turns
from tooling.bench.results import Line, alone
from tooling.bench.rows.row import Bench, Row

COMMANDS = ("--help", "version")
LEAST = "import click; print(click.__name__)"


def measure(bench: Bench) -> list[Line]:
    """Return a line for each command."""
    made = bench.environments.get("cli")
    program = made.folder / "bin" / "paiflow"
    workers = {
        "least": bench.worker(None, "commands", made.python, "-I", "-c", LEAST),
        **{command: bench.worker(None, "commands", program, command) for command in COMMANDS},
    }
    samples = in_turns({name: partial(worker.measure, 1) for name, worker in workers.items()}, bench.rounds)
    least = samples["least"]
    lines = [alone("command", "the interpreter and click", least, by="cpu")]
    for command in COMMANDS:
        more = [over(one, other) for one, other in zip(samples[command], least, strict=True)]
        lines.append(alone("command", f"paiflow {command}, over that", more, 0.2, 0.1, by="cpu"))
    return lines


def over(sample: Sample, least: Sample) -> Sample:
    """Return what a command takes more than the least that it can."""
    cpu = None if sample.cpu is None or least.cpu is None else sample.cpu - least.cpu
    return Sample(sample.wall - least.wall, cpu, sample.peak)


ROW = Row(
    "command",
    "The installed command from its start to its end, files in the system's cache, over the start of the interpreter with"
    " an import of click. The time is the processor's.",
    ("cli",),
    11,
    measure,
)
