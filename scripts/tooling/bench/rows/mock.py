"""How many requests a second the mock service takes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tooling.bench import servers
from tooling.bench.errors import BenchError
from tooling.bench.measuring import Sample, in_turns
from tooling.bench.programs import Worker
from tooling.bench.results import Line, Target, compared
from tooling.bench.rows.row import Bench, Row
from tooling.bench.workers.timing import peak

RUN = "flow-hynm2bv8wqhp5esfxq"
STATUSES, RUNS = "ListPipelineRunsStatus", "ListPipelineRuns"
MANY = 10_000
CONNECTIONS = 8
# Requests in a round: some seconds' worth.
OURS, STATIC, DYNAMIC = 6_000, 3_000, 500
# The most of its own time that the load generator may take of the processor; above, it would be what is measured.
MOST_LOAD = 0.5


def measure(bench: Bench) -> list[Line]:
    """Return a line for each way of Prism, and for a page of many runs."""
    folder = bench.environments.get("prism").folder
    server, access = bench.started(None, "mock_server", 0, 0)
    many, access_to_many = bench.started(None, "mock_server", MANY, 0)
    (endpoint, *key), (endpoint_of_many, *key_of_many) = access.split(), access_to_many.split()
    static = bench.stack.enter_context(servers.prism(folder))
    dynamic = bench.stack.enter_context(servers.prism(folder, "--dynamic"))

    def contender(
        endpoint: str, pid: int, count: int, operation: str = STATUSES, key: Sequence[str] = key
    ) -> partial[Sample]:
        load = bench.worker(None, "load", endpoint, *key, RUN, CONNECTIONS, operation)
        return partial(loaded, load, pid, count)

    samples = in_turns(
        {
            "paiflow": contender(endpoint, server.pid, OURS),
            "static": contender(*static, STATIC),
            "dynamic": contender(*dynamic, DYNAMIC),
            "paiflow, a page": contender(endpoint_of_many, many.pid, OURS, RUNS, key_of_many),
            "static, a page": contender(*static, STATIC, RUNS),
        },
        bench.rounds,
    )
    what, of_page = "requests a second, ListPipelineRunsStatus", f"requests a second, a page of {MANY:,} runs"
    return [
        compared("mock", what, "Prism, static", samples["paiflow"], samples["static"], Target("≥", 2.2, 3), unit="/s"),
        compared("mock", what, "Prism, dynamic", samples["paiflow"], samples["dynamic"], Target("≥", 12), unit="/s"),
        compared(
            "mock",
            of_page,
            "Prism, static",
            samples["paiflow, a page"],
            samples["static, a page"],
            Target("≥", 2, 3),
            unit="/s",
        ),
    ]


def loaded(load: Worker, pid: int, count: int) -> Sample:
    """Return what a request takes: by the clock, and of the server's processor time and memory.

    Raises:
        BenchError: the load generator was too busy to tell.
    """
    before = servers.cpu_seconds(pid)
    sample = load.measure(count)
    after = servers.cpu_seconds(pid)
    if sample.cpu is not None and sample.cpu > MOST_LOAD * sample.wall:
        raise BenchError(f"the load generator takes {sample.cpu / sample.wall:.0%} of a core: the server may be faster")
    cpu = None if before is None or after is None else (after - before) / count
    return Sample(sample.wall, cpu, peak(pid) or None)


ROW = Row(
    "mock",
    "Requests a second that one process takes, each signed afresh before the time begins, over"
    f" {CONNECTIONS} connections: the mock service, which verifies signatures, keeps state, and filters and sorts a page, and"
    " Prism, silent, on the same effective description. The processor's time and the memory are the server's. The load"
    " generator takes less than half of a core, which is checked in every round.",
    ("prism",),
    5,
    measure,
)
