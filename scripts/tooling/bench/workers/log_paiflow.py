"""Follow the log of a node that has ended, by paiflow. Arguments: an endpoint, a run's id, how many lines the log has."""

import sys

from paiflow import Credentials, PaiFlow
from tooling.bench.workers.timing import serve

endpoint, run, lines = sys.argv[1:]
client = PaiFlow(endpoint=endpoint, credentials=Credentials("bench-key-id", "bench-key-secret"))


def follow() -> None:
    """Read each line."""
    count = 0
    for _ in client.iter_pipeline_run_node_logs(run, f"node-{lines}", follow=True):
        count += 1
    if count != int(lines):
        sys.exit(f"{count} of {lines} lines were returned")


serve(follow)
