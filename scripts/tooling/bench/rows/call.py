"""What one call costs the client."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from tooling.bench.measuring import in_turns
from tooling.bench.replies import run
from tooling.bench.results import Line, Target, compared
from tooling.bench.rows.row import Bench, Row

RUN = "flow-hynm2bv8wqhp5esfxq"
CALLS = 300


def measure(bench: Bench) -> list[Line]:
    """Return a line for each peer."""
    file = Path(bench.folder, "reply.json")
    fields = {"RequestId": "473469C7", "PipelineRuns": [run(RUN, "Running")], "Nodes": [], "Outputs": []}
    file.write_text(json.dumps(fields, separators=(",", ":")), encoding="utf-8")
    _, endpoint = bench.started(None, "canned_server", file)
    workers = {
        "paiflow": bench.worker("core", "call_paiflow", endpoint, RUN),
        "httpx": bench.worker("core", "call_httpx", endpoint, RUN),
        "vendor": bench.worker("vendor", "call_vendor", endpoint, RUN),
    }
    samples = in_turns({name: partial(worker.measure, CALLS) for name, worker in workers.items()}, bench.rounds)
    ours, what = samples["paiflow"], "one call for one run"
    by_hand, sdk = "httpx and json by hand, unsigned", "the vendor's SDK"
    return [
        compared("call", what, by_hand, ours, samples["httpx"], Target("≤", 1.35), by="cpu"),
        compared("call", what, sdk, ours, samples["vendor"], Target("≤", 1.1), by="cpu"),
    ]


ROW = Row(
    "call",
    f"One call for one run over loopback, signed and typed, against httpx with json by hand (unsigned, untyped) and against"
    f" the vendor's SDK, {CALLS} calls a round. A server in a process of its own gives all three the same reply; counted is"
    " the client's processor time.",
    ("core", "vendor"),
    9,
    measure,
)
