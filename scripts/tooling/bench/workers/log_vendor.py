"""Read a log by the vendor's SDK, page after page by hand. Arguments: an endpoint, a run's id, how many lines it has."""

import sys

from alibabacloud_paiflow20210202.client import Client
from alibabacloud_paiflow20210202.models import ListPipelineRunNodeLogsRequest
from alibabacloud_tea_openapi.models import Config

from tooling.bench.workers.timing import serve

endpoint, run, lines = sys.argv[1:]
SIZE = 100
host = endpoint.removeprefix("http://")
client = Client(Config(endpoint=host, protocol="http", access_key_id="bench-key-id", access_key_secret="bench-secret"))  # noqa: S106 - opens nothing


def read() -> None:
    """Read each line; Offset counts lines."""
    count = 0
    while True:
        request = ListPipelineRunNodeLogsRequest(offset=count, page_size=SIZE)
        page = client.list_pipeline_run_node_logs(run, f"node-{lines}", request).body
        for _ in page.logs:
            count += 1
        if not page.logs:
            break
    if count != int(lines):
        sys.exit(f"{count} of {lines} lines were returned")


serve(read)
