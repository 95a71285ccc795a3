"""Bytes of a reply to paiflow's models, as the generated operation does it. Argument: a file that holds the reply."""

import sys
from datetime import datetime
from pathlib import Path
from types import MemberDescriptorType

from paiflow_api.models import ListPipelineRunsStatusResponse
from tooling.bench.workers.timing import serve

content = Path(sys.argv[1]).read_bytes()


def decode() -> ListPipelineRunsStatusResponse:
    """Return the reply."""
    return ListPipelineRunsStatusResponse.from_json(content)


node = decode().nodes[-1]
in_a_slot = isinstance(getattr(type(node), "started_at", None), MemberDescriptorType)
if not in_a_slot or not isinstance(node.started_at, datetime):
    sys.exit("a node's started_at is not decoded with the reply: what is measured is not what is said")
serve(decode)
