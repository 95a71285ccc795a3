"""List all runs by the vendor's SDK, page after page by hand. Arguments: an endpoint, how many runs there are, runs a page."""

import sys
from itertools import count

from alibabacloud_paiflow20210202.client import Client
from alibabacloud_paiflow20210202.models import ListPipelineRunsRequest
from alibabacloud_tea_openapi.models import Config

from tooling.bench.workers.reading import SUMMARY, read
from tooling.bench.workers.timing import serve

endpoint, *numbers = sys.argv[1:]
runs, size = map(int, numbers)
host = endpoint.removeprefix("http://")
client = Client(Config(endpoint=host, protocol="http", access_key_id="bench-key-id", access_key_secret="bench-secret"))  # noqa: S106 - opens nothing


def ask() -> None:
    """Ask for all, and read each field."""
    found = 0
    for number in count(1):
        page = client.list_pipeline_runs(ListPipelineRunsRequest(page_number=number, page_size=size)).body
        found += read(page.pipeline_runs, SUMMARY)
        if not page.pipeline_runs or found >= page.total_count:
            break
    if found != runs:
        sys.exit(f"{found} of {runs} runs were returned")


serve(ask)
