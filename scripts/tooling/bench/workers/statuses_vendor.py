"""Statuses of many runs by the vendor's SDK. Arguments: "async" or "sync", endpoint, runs, ids a call, calls at a time.

As a user of the SDK has to: batches by hand, and a semaphore, or as many threads, for the calls at a time.
"""

import asyncio
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from alibabacloud_paiflow20210202.client import Client
from alibabacloud_paiflow20210202.models import ListPipelineRunsStatusRequest
from alibabacloud_tea_openapi.models import Config

from tooling.bench.ids import run_id
from tooling.bench.workers.reading import RUN, read
from tooling.bench.workers.timing import serve

kind, endpoint, *numbers = sys.argv[1:]
runs, batch_size, in_flight = map(int, numbers)
ids = [run_id(number) for number in range(runs)]
host = endpoint.removeprefix("http://")
client = Client(Config(endpoint=host, protocol="http", access_key_id="bench-key-id", access_key_secret="bench-secret"))  # noqa: S106 - opens nothing


def requests() -> list[Any]:
    """Return the requests for all."""
    batches = (ids[start : start + batch_size] for start in range(0, runs, batch_size))
    return [ListPipelineRunsStatusRequest(pipeline_runs=batch) for batch in batches]


def look(replies: Iterable[Any]) -> None:
    """Read each field, and end the program if not all were returned."""
    count = sum(read(reply.body.pipeline_runs, RUN) for reply in replies)
    if count != runs:
        sys.exit(f"{count} of {runs} runs were returned")


if kind == "async":

    async def ask() -> None:
        """Ask for all."""
        limit = asyncio.Semaphore(in_flight)

        async def call(request: Any) -> Any:
            async with limit:
                return await client.list_pipeline_runs_status_async(request)

        look(await asyncio.gather(*map(call, requests())))

    with asyncio.Runner() as runner:
        serve(lambda: runner.run(ask()))
else:

    def ask_in_threads() -> None:
        """Ask for all, in threads made for it, as those of paiflow's `statuses` are."""
        with ThreadPoolExecutor(in_flight) as threads:
            look(threads.map(client.list_pipeline_runs_status, requests()))

    serve(ask_in_threads)
