"""Statuses of many runs by paiflow's async client. Arguments: endpoint, key id, secret, runs, ids a call, calls at a time."""

import asyncio
import sys

from paiflow import AsyncPaiFlow, Credentials
from tooling.bench.workers.timing import run_id, serve

endpoint, key_id, secret, *numbers = sys.argv[1:]
runs, batch_size, in_flight = map(int, numbers)
ids = [run_id(number) for number in range(runs)]


client = AsyncPaiFlow(endpoint=endpoint, credentials=Credentials(key_id, secret))


async def ask() -> None:
    """Ask for all."""
    report = await client.statuses(pipeline_runs=ids, batch_size=batch_size, in_flight=in_flight)
    if len(report.runs) != runs:
        sys.exit(f"{len(report.runs)} of {runs} runs were returned: {report.errors[:1]}")


with asyncio.Runner() as runner:
    serve(lambda: runner.run(ask()))
