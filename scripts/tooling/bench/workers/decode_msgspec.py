"""Bytes of a reply to typed structs by msgspec alone: strict, no unknown fields kept. Argument: a file with the reply.

As fast as Python gets with types and dates; it refuses what the client has to accept.
"""

import enum
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from tooling.bench.workers.reading import NODE, RUN, read
from tooling.bench.workers.timing import serve


class Status(enum.Enum):
    """The statuses of the reply."""

    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


class Struct(msgspec.Struct, rename="pascal"):
    """What has the wire's names."""


class Run(Struct):
    """A run."""

    pipeline_run_id: str
    status: Status
    name: str
    user_id: int | str
    parent_user_id: int | str
    node_id: str
    source_id: str
    is_deleted: bool


class Node(Struct):
    """A node."""

    pipeline_run_id: str
    node_id: str
    status: Status
    input_artifact_archived: bool
    output_artifact_archived: bool
    started_at: datetime
    finished_at: datetime | None
    node_name: str


class Reply(Struct):
    """A reply."""

    request_id: str
    pipeline_runs: list[Run]
    nodes: list[Node]
    outputs: list[Any]


content = Path(sys.argv[1]).read_bytes()
decoder = msgspec.json.Decoder(Reply)


def decode() -> Reply:
    """Return the reply, of which each field was read."""
    reply = decoder.decode(content)
    read(reply.pipeline_runs, RUN)
    read(reply.nodes, NODE)
    return reply


if not isinstance(decode().nodes[-1].started_at, datetime):
    sys.exit("a node's started_at is not decoded: what is measured is not what is said")
serve(decode)
