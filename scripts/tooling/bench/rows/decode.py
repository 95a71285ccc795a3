"""Bytes of a reply to typed models with dates: ours, the vendor's, and the least that it can take."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tooling.bench.measuring import in_turns
from tooling.bench.replies import reply
from tooling.bench.results import Line, Target, compared
from tooling.bench.rows.row import Bench, Row

# How many runs and as many nodes, what to call it, and how often to decode in one round: about a tenth of a second each.
SIZES = [(1_000, "1k", 40), (10_000, "10k", 4), (100_000, "100k", 1)]
VENDOR = "json.loads and the vendor's models, no dates"
LIMIT = "msgspec's strict structs, with dates (the limit)"


def measure(bench: Bench) -> list[Line]:
    """Return a line for each size, with and without the extra, against each peer."""
    lines = []
    for items, size, count in SIZES:
        file = Path(bench.folder, f"{size}.json")
        file.write_bytes(reply(items))
        core = bench.worker("core", "decode_paiflow", file)
        fast = bench.worker("fast", "decode_paiflow", file)
        vendor = bench.worker("vendor", "decode_vendor", file)
        limit = bench.worker("fast", "decode_msgspec", file)
        samples = in_turns(
            {
                "core": partial(core.measure, count),
                "fast": partial(fast.measure, count),
                "vendor": partial(vendor.measure, count),
                "limit": partial(limit.measure, count),
            },
            bench.rounds,
        )
        for kind, name in (("core", f"{size} runs and nodes"), ("fast", f"{size} runs and nodes, extra fast")):
            wanted = Target("≤", 1.0 if kind == "core" or items == 100_000 else 0.8)
            lines.append(compared("decode", name, VENDOR, samples[kind], samples["vendor"], wanted, by="cpu"))
            lines.append(compared("decode", name, LIMIT, samples[kind], samples["limit"], by="cpu"))
    return lines


ROW = Row(
    "decode",
    "Bytes of a reply to typed models with dates, the garbage collector on: the documented sample's run and node, so many"
    " times, against json.loads and the vendor's models (which leave dates as text), and against msgspec decoding into"
    " strict structs, which would refuse what a lenient client has to take. What counts is the processor's"
    " time, which is the clock's where nothing else runs.",
    ("core", "fast", "vendor"),
    7,
    measure,
)
