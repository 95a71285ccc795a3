"""Statuses of many runs by the vendor's async SDK. Arguments: endpoint, key id, secret, runs, ids a call, calls at a time."""

import asyncio
import sys
from typing import Any

from alibabacloud_paiflow20210202.client import Client
from alibabacloud_paiflow20210202.models import ListPipelineRunsStatusRequest
from alibabacloud_tea_openapi.models import Config

from tooling.bench.workers.timing import run_id, serve

endpoint, key_id, secret, *numbers = sys.argv[1:]
runs, batch_size, in_flight = map(int, numbers)
ids = [run_id(number) for number in range(runs)]
host = endpoint.removeprefix("http://")
client = Client(Config(endpoint=host, protocol="http", access_key_id=key_id, access_key_secret=secret))


async def ask() -> None:
    """Ask for all, as a user of the SDK has to: batches by hand, a semaphore for the calls at a time."""
    limit = asyncio.Semaphore(in_flight)

    async def call(batch: list[str]) -> Any:
        async with limit:
            return await client.list_pipeline_runs_status_async(ListPipelineRunsStatusRequest(pipeline_runs=batch))

    batches = [ids[start : start + batch_size] for start in range(0, runs, batch_size)]
    replies = await asyncio.gather(*map(call, batches))
    returned = sum(len(reply.body.pipeline_runs) for reply in replies)
    if returned != runs:
        sys.exit(f"{returned} of {runs} runs were returned")


with asyncio.Runner() as runner:
    serve(lambda: runner.run(ask()))
