"""What one call costs the client."""

from __future__ import annotations

from functools import partial

from tooling.bench.ids import run_id
from tooling.bench.measuring import in_turns
from tooling.bench.results import Line, Target, compared
from tooling.bench.rows.row import Bench, Row

CALLS = 300


def measure(bench: Bench) -> list[Line]:
    """Return a line for each peer."""
    _, endpoint = bench.started(None, "service", 0)
    run = run_id(0)
    workers = {
        "paiflow": bench.worker("core", "call_paiflow", endpoint, run),
        "httpx": bench.worker("core", "call_httpx", endpoint, run),
        "vendor": bench.worker("vendor", "call_vendor", endpoint, run),
    }
    samples = in_turns({name: partial(worker.measure, CALLS) for name, worker in workers.items()}, bench.rounds)
    ours, what = samples["paiflow"], "one call for one run"
    by_hand, sdk = "httpx and json by hand, unsigned", "the vendor's SDK"
    return [
        compared("call", what, by_hand, ours, samples["httpx"], Target("≤", 1.3, 1.15), by="cpu"),
        compared("call", what, sdk, ours, samples["vendor"], Target("≤", 1.1), by="cpu"),
    ]


ROW = Row(
    "call",
    f"One call for one run over loopback, signed and typed, against httpx with json by hand (unsigned, untyped) and against"
    f" the vendor's SDK, {CALLS} calls a round; each field is read once. The time is the processor's, of the client alone.",
    ("core", "vendor"),
    9,
    measure,
)
