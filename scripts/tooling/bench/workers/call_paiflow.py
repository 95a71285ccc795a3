"""One call for one run, signed and typed, over a connection that stays open. Arguments: an endpoint, a run's id."""

import sys

from paiflow import Credentials, PaiFlow, PipelineRunStatus
from tooling.bench.workers.reading import RUN, read
from tooling.bench.workers.timing import serve

endpoint, run = sys.argv[1:]
client = PaiFlow(endpoint=endpoint, credentials=Credentials("bench-key-id", "bench-key-secret"))


def call() -> None:
    """Ask, and look at the answer."""
    reply = client.list_pipeline_runs_status(pipeline_runs=[run])
    read(reply.pipeline_runs, RUN)
    if reply.pipeline_runs[0].status != PipelineRunStatus.RUNNING:
        sys.exit("the reply is not the one that was given")


serve(call)
