"""How long a maintainer waits for the scripts."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import time
from functools import partial

from tooling.bench.environments import ROOT
from tooling.bench.errors import BenchError
from tooling.bench.measuring import Sample, in_turns
from tooling.bench.programs import environment
from tooling.bench.results import Line, alone
from tooling.bench.rows.row import Bench, Row

CHECK, DEMO = "scripts/regenerate --check", "scripts/demo"


def measure(bench: Bench) -> list[Line]:
    """Return a line for each script."""
    samples = in_turns({CHECK: partial(whole, CHECK.split()), DEMO: partial(first_line, DEMO)}, bench.rounds)
    return [
        alone("scripts", CHECK, samples[CHECK], 2.5, 1.5),
        alone("scripts", f"{DEMO}, up to its first line", samples[DEMO], 1.0),
    ]


def whole(command: list[str]) -> Sample:
    """Return what a script takes.

    Raises:
        BenchError: it fails.
    """
    wall, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    finished = subprocess.run(
        [ROOT / command[0], *command[1:]],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
        stdin=subprocess.DEVNULL,
    )
    wall, after = time.perf_counter() - wall, resource.getrusage(resource.RUSAGE_CHILDREN)
    if finished.returncode:
        said = (finished.stderr or finished.stdout).strip().splitlines() or ["it says nothing"]
        raise BenchError(f"{' '.join(command)} fails: {said[-1]}")
    return Sample(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def first_line(script: str) -> Sample:
    """Return what a script takes up to its first line, blank ones left aside, and end it then.

    Raises:
        BenchError: it ends without one.
    """
    wall = time.perf_counter()
    # In a session of its own, so that what it started ends with it.
    with subprocess.Popen(
        [ROOT / script],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        text=True,
        env=environment(),
        start_new_session=True,
    ) as process:
        assert process.stdout is not None  # noqa: S101 - Popen was told to make a pipe
        line = next((line for line in process.stdout if line.strip()), None)
        wall = time.perf_counter() - wall
        if line is None:
            raise BenchError(f"{script} writes nothing")
        os.killpg(process.pid, signal.SIGKILL)
    return Sample(wall, None)


ROW = Row(
    "scripts",
    "What a maintainer waits for, with .venv made before: a look at whether generated/ is up to date, and the demo up to the"
    " first line that it writes.",
    (),
    5,
    measure,
)
