"""Bytes of a reply to the models of the vendor's SDK, which leave dates as text. Argument: a file with the reply."""

import json
import sys
from pathlib import Path
from typing import Any

from alibabacloud_paiflow20210202.models import ListPipelineRunsStatusResponseBody

from tooling.bench.workers.reading import NODE, RUN, read
from tooling.bench.workers.timing import serve

content = Path(sys.argv[1]).read_bytes()


def decode() -> Any:
    """Return the reply, of which each field was read."""
    reply = ListPipelineRunsStatusResponseBody().from_map(json.loads(content))
    read(reply.pipeline_runs, RUN)
    read(reply.nodes, NODE)
    return reply


if not decode().nodes[-1].started_at:
    sys.exit("a node's started_at is not there: what is measured is not what is said")
serve(decode)
