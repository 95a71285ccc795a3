"""One call for one run by hand: httpx and json, unsigned, untyped. Arguments: an endpoint, a run's id."""

import json
import sys
from operator import itemgetter

import httpx

from tooling.bench.workers.timing import serve

endpoint, run = sys.argv[1:]
client = httpx.Client(base_url=endpoint)
FIELDS = itemgetter("PipelineRunId", "Status", "Name", "UserId", "ParentUserId", "NodeId", "SourceId", "IsDeleted")


def call() -> None:
    """Ask, and look at the answer."""
    response = client.put("/api/v1/pipelineruns", json={"PipelineRuns": [run]})
    response.raise_for_status()
    reply = json.loads(response.content)
    for one in reply["PipelineRuns"]:
        FIELDS(one)
    if reply["PipelineRuns"][0]["Status"] != "Running":
        sys.exit("the reply is not the one that was given")


serve(call)
