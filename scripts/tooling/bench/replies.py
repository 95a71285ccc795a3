"""Replies for the workers: the documented samples' items, many times over."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from typing import Any

from paiflow.mock.description import effective_description
from tooling.bench.ids import run_id

STATUSES = ("Running", "Succeeded", "Failed")
# How many runs there are to list, or to ask for.
RUNS = 10_000
LINE = "2021-01-30T12:51:33.028Z INFO worker-0: epoch 3, step 01200, loss 0.2510, 1843 samples a second"


def reply(items: int, *, over: bool = True) -> bytes:
    """Return a reply of ListPipelineRunsStatus with so many runs and as many nodes, as the service writes it.

    All fields are the sample's but ids, statuses and times, which differ from item to item. The end of a node that is
    not over is null.
    """
    runs, nodes = [], []
    for number in range(items):
        id_ = run_id(number)
        runs.append(run(id_, STATUSES[number % 3]))
        nodes.append(
            {
                **_sample("ListPipelineRunsStatus", "Nodes"),
                "PipelineRunId": id_,
                "NodeId": f"node-{number:018d}",
                "Status": STATUSES[number % 3],
                **_times(number, "StartedAt", "FinishedAt"),
                **({} if over else {"FinishedAt": None}),
            }
        )
    return _written(PipelineRuns=runs, Nodes=nodes, Outputs=[])


def statuses(ids: Iterable[str]) -> bytes:
    """Return a reply of ListPipelineRunsStatus with those of these runs that there are; they run."""
    return _written(PipelineRuns=[run(id_, "Running") for id_ in ids if id_ in _ids()], Nodes=[], Outputs=[])


def page(number: int, size: int) -> bytes:
    """Return a reply of ListPipelineRuns: a page of so many runs, the first one is 1."""
    times = ("StartedAt", "FinishedAt", "GmtCreateTime", "GmtModifiedTime")
    runs = [
        {
            **_sample("ListPipelineRuns", "PipelineRuns"),
            "PipelineRunId": run_id(index),
            "Status": STATUSES[index % 3],
            "NodeId": f"node-{index:018d}",
            **_times(index, *times),
        }
        for index in range((number - 1) * size, min(number * size, RUNS))
    ]
    return _written(TotalCount=RUNS, PipelineRuns=runs)


def lines(count: int, total: int) -> bytes:
    """Return a reply of ListPipelineRunNodeLogs with so many lines, of a log that has `total`."""
    return _written(TotalCount=total, Logs=[LINE] * count)


def node() -> bytes:
    """Return the sample of GetPipelineRunNode, whose node has ended."""
    return json.dumps(effective_description().operations["GetPipelineRunNode"].sample).encode()


def run(id_: str, status: str) -> dict[str, Any]:
    """Return the run of ListPipelineRunsStatus's sample with this id and status."""
    return {**_sample("ListPipelineRunsStatus", "PipelineRuns"), "PipelineRunId": id_, "Status": status}


def _times(number: int, *names: str) -> dict[str, str]:
    clock = f"{number % 24:02d}:{number % 60:02d}:35.{number % 1000:03d}Z"
    return {name: f"2021-01-{21 + place}T{clock}" for place, name in enumerate(names)}


def _written(**fields: Any) -> bytes:
    all_ = {"RequestId": "473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E", **fields}
    return json.dumps(all_, ensure_ascii=False, separators=(",", ":")).encode()


@functools.cache
def _ids() -> frozenset[str]:
    return frozenset(map(run_id, range(RUNS)))


@functools.cache
def _sample(operation: str, kind: str) -> dict[str, Any]:
    first: dict[str, Any] = effective_description().operations[operation].sample[kind][0]
    return {name: value.strip() if isinstance(value, str) else value for name, value in first.items()}
