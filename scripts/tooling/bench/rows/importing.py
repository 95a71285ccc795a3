"""How long the import takes, in a fresh interpreter each time."""

from __future__ import annotations

import subprocess
from functools import partial

from tooling.bench.environments import ROOT
from tooling.bench.errors import BenchError
from tooling.bench.measuring import Sample, in_turns
from tooling.bench.programs import environment
from tooling.bench.results import Line, Target, compared
from tooling.bench.rows.row import Bench, Row

OURS = "from paiflow import PaiFlow"
HTTPX = "import httpx"
VENDOR = "from alibabacloud_paiflow20210202.client import Client"
# With a first client, so that nothing gets quick by being put off until then.
OUR_CLIENT = f"{OURS}; PaiFlow('cn-hangzhou')"
HTTPX_CLIENT = f"{HTTPX}; httpx.Client()"
VENDOR_CLIENT = (
    f"{VENDOR}; from alibabacloud_tea_openapi.models import Config;"
    " Client(Config(region_id='cn-hangzhou', access_key_id='a', access_key_secret='b'))"
)
# Only the import is within the time, not the interpreter's start, which would make the ratios look better.
PROGRAM = (
    "import time; w, c = time.perf_counter(), time.process_time(); {};"
    " w, c = time.perf_counter() - w, time.process_time() - c;"
    f" import sys; sys.path.append({str(ROOT / 'scripts')!r}); from tooling.bench.workers.timing import peak;"
    " print(w, c, peak())"
)


def measure(bench: Bench) -> list[Line]:
    """Return a line for each peer."""
    core, vendor = bench.environments.get("core").python, bench.environments.get("vendor").python
    statements = {core: [OURS, HTTPX, OUR_CLIENT, HTTPX_CLIENT], vendor: [VENDOR, VENDOR_CLIENT]}
    samples = in_turns(
        {statement: partial(imported, python, statement) for python in statements for statement in statements[python]},
        bench.rounds,
    )

    def line(what: str, against: str, ours: str, theirs: str, target: Target | None = None) -> Line:
        return compared("import", what, against, samples[ours], samples[theirs], target, by="cpu")

    return [
        line(OURS, HTTPX, OURS, HTTPX, Target("≤", 1.4, 1.25)),
        line(OURS, "the vendor's client module", OURS, VENDOR, Target("≤", 0.4)),
        line("the same, and a first client", f"{HTTPX}, and a first client", OUR_CLIENT, HTTPX_CLIENT),
        line("the same, and a first client", "the vendor's, and a first client", OUR_CLIENT, VENDOR_CLIENT),
    ]


def imported(python: str, statement: str) -> Sample:
    """Return what an import takes in a fresh interpreter.

    Raises:
        BenchError: it fails.
    """
    finished = subprocess.run(
        [python, "-I", "-c", PROGRAM.format(statement)],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    if finished.returncode:
        raise BenchError(f"{statement!r} fails: {finished.stderr.strip().splitlines()[-1]}")
    wall, cpu, peak = finished.stdout.split()
    return Sample(float(wall), float(cpu), int(peak) or None)


ROW = Row(
    "import",
    "The import of the client in a fresh interpreter, files in the system's cache, against httpx alone in the same"
    " environment and against the vendor's client module in its own; the interpreter's start is left aside."
    " The time is the processor's.",
    ("core", "vendor"),
    15,
    measure,
)
