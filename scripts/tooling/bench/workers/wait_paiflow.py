"""A wait for many runs by the blocking client, on a fake clock. Argument: how many runs.

Each line of the input asks for one wait, by two numbers: how many of the runs do not end, and how many polls to make. The
first tenth of the polls warms up. The answer is a line about the others: seconds of the clock and of the processor that
each took, by how many memory blocks of the interpreter they grew what is held, by how many bytes the process's memory, and
the process's peak of memory.
Within the time is all that a client does, but for the network: a transport gives the replies, which were written before.
"""

import gc
import json
import os
import sys
import time
from pathlib import Path

import httpx

from paiflow import Credentials, PaiFlow
from paiflow._time import Time
from paiflow.status.ids import BATCH_SIZE
from tooling.bench.ids import run_id
from tooling.bench.workers.timing import peak


class Over(BaseException):
    """All polls are made; not an Exception, so that nothing on the way handles it."""


class Replies(httpx.BaseTransport):
    """Gives each request the reply that is due to its body; what does not end is Running, the rest has succeeded."""

    def __init__(self, runs: int, open_: int) -> None:
        self._replies = {}
        ids = [run_id(number) for number in range(runs)]
        for start in range(0, runs, BATCH_SIZE):
            asked = ids[start : start + BATCH_SIZE]
            returned = [
                {"PipelineRunId": id_, "Status": "Running" if start + offset < open_ else "Succeeded", "Name": "train"}
                for offset, id_ in enumerate(asked)
            ]
            reply = {"RequestId": "473469C7", "PipelineRuns": returned, "Nodes": [], "Outputs": []}
            self._replies[tuple(asked)] = json.dumps(reply).encode()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the reply."""
        body = json.loads(request.read())
        return httpx.Response(200, content=self._replies[tuple(body["PipelineRuns"])])


class Polls(Time):
    """A time that passes when somebody sleeps, which is once after each poll; looks at what the polls take."""

    def __init__(self, polls: int) -> None:
        self._passed = 0.0
        self._number = 0
        self._first, self._last = max(1, polls // 10), max(1, polls // 10) + polls
        self._polls = polls
        self._before: list[float] = []
        self.taken: list[float] = []

    def now(self) -> float:
        """Return seconds since the epoch."""
        return 1_800_000_000 + self._passed

    def monotonic(self) -> float:
        """Return seconds since some moment."""
        return self._passed

    def sleep(self, seconds: float) -> None:
        """Let the time pass, and count the poll."""
        self._passed += seconds
        self._number += 1
        if self._number == self._first:
            memory = held()
            self._before = [*memory, time.perf_counter(), time.process_time()]
        elif self._number == self._last:
            now = [time.perf_counter(), time.process_time()]
            blocks, size, wall, cpu = (a - b for a, b in zip([*held(), *now], self._before, strict=True))
            self.taken = [wall / self._polls, cpu / self._polls, blocks, size]
            raise Over


def held() -> list[float]:
    """Return how many memory blocks the interpreter has, and how many bytes the process; 0 where that is not told."""
    gc.collect()
    pages = Path("/proc/self/statm")
    size = int(pages.read_text(encoding="utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE") if pages.exists() else 0
    return [sys.getallocatedblocks(), size]


runs = int(sys.argv[1])
print("ready", flush=True)
for line in sys.stdin:
    open_, polls = map(int, line.split())
    polled = Polls(polls)
    credentials = Credentials("bench-key-id", "bench-key-secret")
    with PaiFlow(endpoint="127.0.0.1", credentials=credentials, transport=Replies(runs, open_), time=polled) as client:
        try:
            client.wait(pipeline_runs=[run_id(number) for number in range(runs)])
        except Over:
            print(*polled.taken, peak(), flush=True)
