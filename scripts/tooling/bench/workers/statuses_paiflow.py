"""Statuses of many runs by paiflow. Arguments: "async" or "sync", endpoint, runs, ids a call, calls at a time."""

import asyncio
import sys

from paiflow import AsyncPaiFlow, Credentials, PaiFlow
from tooling.bench.ids import run_id
from tooling.bench.workers.reading import RUN, read
from tooling.bench.workers.timing import serve

kind, endpoint, *numbers = sys.argv[1:]
runs, batch_size, in_flight = map(int, numbers)
ids = [run_id(number) for number in range(runs)]
credentials = Credentials("bench-key-id", "bench-key-secret")


def check(count: int) -> None:
    """End the program if not all were returned."""
    if count != runs:
        sys.exit(f"{count} of {runs} runs were returned")


if kind == "async":
    client = AsyncPaiFlow(endpoint=endpoint, credentials=credentials)

    async def ask() -> None:
        """Ask for all, and read each field."""
        report = await client.statuses(pipeline_runs=ids, batch_size=batch_size, in_flight=in_flight)
        check(read(report.runs, RUN))

    with asyncio.Runner() as runner:
        serve(lambda: runner.run(ask()))
else:
    blocking = PaiFlow(endpoint=endpoint, credentials=credentials)
    serve(
        lambda: check(read(blocking.statuses(pipeline_runs=ids, batch_size=batch_size, in_flight=in_flight).runs, RUN))
    )
