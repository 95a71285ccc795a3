"""One call for one run by the vendor's SDK. Arguments: an endpoint, a run's id."""

import sys

from alibabacloud_paiflow20210202.client import Client
from alibabacloud_paiflow20210202.models import ListPipelineRunsStatusRequest
from alibabacloud_tea_openapi.models import Config

from tooling.bench.workers.reading import RUN, read
from tooling.bench.workers.timing import serve

endpoint, run = sys.argv[1:]
host = endpoint.removeprefix("http://")
client = Client(Config(endpoint=host, protocol="http", access_key_id="bench-key-id", access_key_secret="bench-secret"))  # noqa: S106 - opens nothing


def call() -> None:
    """Ask, and look at the answer."""
    reply = client.list_pipeline_runs_status(ListPipelineRunsStatusRequest(pipeline_runs=[run]))
    read(reply.body.pipeline_runs, RUN)
    if reply.body.pipeline_runs[0].status != "Running":
        sys.exit("the reply is not the one that was given")


serve(call)
