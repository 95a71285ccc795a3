"""List all runs by paiflow. Arguments: an endpoint, how many runs there are, runs a page."""

import sys

from paiflow import Credentials, PaiFlow
from tooling.bench.workers.reading import SUMMARY, read
from tooling.bench.workers.timing import serve

endpoint, *numbers = sys.argv[1:]
runs, size = map(int, numbers)
client = PaiFlow(endpoint=endpoint, credentials=Credentials("bench-key-id", "bench-key-secret"))


def ask() -> None:
    """Ask for all, and read each field."""
    count = read(client.iter_pipeline_runs(page_size=size), SUMMARY)
    if count != runs:
        sys.exit(f"{count} of {runs} runs were returned")


serve(ask)
