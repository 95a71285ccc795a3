"""Bytes of a reply to paiflow's models, as the generated operation does it. Argument: a file with the reply."""

import sys
from datetime import datetime
from pathlib import Path

from paiflow_api.models import ListPipelineRunsStatusResponse
from tooling.bench.workers.reading import NODE, RUN, read
from tooling.bench.workers.timing import serve

content = Path(sys.argv[1]).read_bytes()


def decode() -> ListPipelineRunsStatusResponse:
    """Return the reply, of which each field was read."""
    reply = ListPipelineRunsStatusResponse.from_json(content)
    read(reply.pipeline_runs, RUN)
    read(reply.nodes, NODE)
    return reply


if not isinstance(decode().nodes[-1].started_at, datetime):
    sys.exit("a node's started_at is not decoded: what is measured is not what is said")
serve(decode)
