"""Bytes of a reply to typed models with dates: ours, the vendor's, and the least that it can take."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tooling.bench.measuring import in_turns
from tooling.bench.replies import reply
from tooling.bench.results import Line, Target, compared
from tooling.bench.rows.row import Bench, Row

# What to call a reply, how many runs and as many nodes it has, whether these are over, and how often to decode it in one
# round: about a tenth of a second each.
REPLIES = [
    ("1k runs and nodes", 1_000, True, 40),
    ("1k runs and nodes that are not over", 1_000, False, 40),
    ("10k runs and nodes", 10_000, True, 4),
    ("100k runs and nodes", 100_000, True, 1),
]
VENDOR = "json.loads and the vendor's models, no dates"
LIMIT = "msgspec's strict structs, with dates (the limit)"
CORE, FAST = Target("≤", 1.0, 0.9), Target("≤", 0.7, 0.5)
STRICT = Target("≤", 2.6, 2.0)


def measure(bench: Bench) -> list[Line]:
    """Return a line for each reply, with and without the extra, against each peer."""
    lines = []
    for name, items, over, count in REPLIES:
        file = Path(bench.folder, f"{items}-{over}.json")
        file.write_bytes(reply(items, over=over))
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
        for kind, what, target in (("core", name, CORE), ("fast", f"{name}, extra fast", FAST)):
            strict = STRICT if kind == "fast" and items == 10_000 else None
            lines.append(compared("decode", what, VENDOR, samples[kind], samples["vendor"], target, by="cpu"))
            lines.append(compared("decode", what, LIMIT, samples[kind], samples["limit"], strict, by="cpu"))
    return lines


ROW = Row(
    "decode",
    "Bytes of a reply to typed models, of which each field and each date is read once, the garbage collector on: the"
    " documented sample's run and node, so many times. The vendor's models leave dates as text; msgspec's strict structs"
    " would refuse what a lenient client has to take. The time is the processor's.",
    ("core", "fast", "vendor"),
    7,
    measure,
)
