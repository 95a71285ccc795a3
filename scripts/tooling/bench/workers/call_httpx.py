"""One call for one run by hand: httpx and json, unsigned, untyped. Arguments: an endpoint, a run's id."""

import json
import sys

import httpx

from tooling.bench.workers.timing import serve

endpoint, run = sys.argv[1:]
client = httpx.Client(base_url=endpoint)


def call() -> None:
    """Ask, and look at the answer."""
    response = client.put("/api/v1/pipelineruns", json={"PipelineRuns": [run]})
    response.raise_for_status()
    if json.loads(response.content)["PipelineRuns"][0]["Status"] != "Running":
        sys.exit("the reply is not the one that was given")


serve(call)
