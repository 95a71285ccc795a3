"""Replies for the workers: the documented sample's run and node, many times over."""

from __future__ import annotations

import json
from typing import Any

from paiflow.mock.description import effective_description
from tooling.bench.workers.timing import run_id

STATUSES = ("Running", "Succeeded", "Failed")


def reply(items: int) -> bytes:
    """Return a reply with so many runs and as many nodes, as the service writes it.

    All fields are the sample's but ids, statuses and times, which differ from item to item.
    """
    runs, nodes = [], []
    for number in range(items):
        id_ = run_id(number)
        runs.append(run(id_, STATUSES[number % 3]))
        nodes.append(
            {
                **_sample("Nodes"),
                "PipelineRunId": id_,
                "NodeId": f"node-{number:018d}",
                "Status": STATUSES[number % 3],
                "StartedAt": f"2021-01-21T{number % 24:02d}:{number % 60:02d}:35.{number % 1000:03d}Z",
                "FinishedAt": f"2021-01-22T{number % 24:02d}:{number % 60:02d}:35.{number % 1000:03d}Z",
            }
        )
    fields = {"RequestId": "473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E", "PipelineRuns": runs, "Nodes": nodes, "Outputs": []}
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def run(id_: str, status: str) -> dict[str, Any]:
    """Return the sample's run with this id and status."""
    return {**_sample("PipelineRuns"), "PipelineRunId": id_, "Status": status}


def _sample(kind: str) -> dict[str, Any]:
    first: dict[str, Any] = effective_description().operations["ListPipelineRunsStatus"].sample[kind][0]
    return first
