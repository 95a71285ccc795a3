"""Restart a scenario, so that its examples work at any time, in any order and again.

Its times are counted from when something of it is first asked for. It begins anew at the next request for statuses of its
runs once all that was asked for has been seen to its end, and when nothing of it was asked for during a while. Details
(a run, its nodes, logs and outputs) that are asked for at the start, or after such a while, are those of the end.
"""

import json
from collections.abc import Iterator
from functools import partial

import attrs

from paiflow._forks import Lock
from paiflow.mock.clock import Clock, HandClock
from paiflow.mock.contents import Contents
from paiflow.mock.faults import Faults
from paiflow.mock.http_messages import Reply, Request
from paiflow.mock.items import Item
from paiflow.mock.scenario import Scenario
from paiflow.mock.store import Store

__all__ = ["Repeating"]


class Repeating:
    """Plays a scenario again and again.

    Args:
        scenario: says after how long without a request it begins anew.
        store: of the service.
        faults: of the service.
        clock: the service's.
    """

    def __init__(self, scenario: Scenario, store: Store, faults: Faults, clock: Clock) -> None:
        self._scenario = attrs.evolve(scenario, steps=[step for step in scenario.steps if step.kind != "fault"])
        self._runs = frozenset(step.ids[0] for step in scenario.steps if step.kind == "run")
        self._contents = partial(Contents, store, faults)
        self._clock = clock
        self._length = max(_moments(scenario), default=0.0)
        self._store = store
        self._lock = Lock()
        self._asked: float | None = None
        self._looking = False
        # What was asked for since it began, and not been seen to its end yet.
        self._open: set[tuple[str, ...]] = set()

    def asked(self, request: Request, now: float) -> None:
        """Begin anew before a request at a moment, if it is time to."""
        ids = set(self._ids_in(request))
        if not ids:
            return
        with self._lock:
            quiet = self._scenario.repeat_after or 0.0
            going_on = self._asked is not None and now - self._asked < quiet
            details = request.method == "GET"
            # Outputs are asked for by the ids of nodes, after details of their run.
            looks = details or (self._looking and all(len(one) > 1 for one in ids))
            if not going_on or not (self._open or looks):
                self._contents(HandClock(now - self._length) if looks else self._clock).play(self._scenario)
                self._store.mark_sample()
                self._open = set()
            self._looking = looks and not self._open
            self._asked = now
            if not details:
                self._open |= ids

    def answered(self, request: Request, reply: Reply, now: float) -> None:
        """Take note that a request was answered with how things were at a moment."""
        if reply.status != 200 or reply.delivery.reset or reply.delivery.truncated:
            return
        with self._lock:
            self._open -= {ids for ids in self._ids_in(request) if self._has_ended(ids, now)}

    def _has_ended(self, ids: tuple[str, ...], now: float) -> bool:
        item: Item | None = self._store.runs.get(*ids) if len(ids) == 1 else self._store.nodes.get(*ids)
        return item is None or item.timeline.next_change(now) is None

    def _ids_in(self, request: Request) -> Iterator[tuple[str, ...]]:
        """Yield the ids of the scenario's runs, and of their nodes, that a request names."""
        segments = request.path.decode("latin-1").split("/")
        yield from [(segment,) for segment in segments if segment in self._runs]
        if not any(run_id.encode() in request.body for run_id in self._runs):
            return
        try:
            body = json.loads(request.body)
            yield from [(run_id,) for run_id in body.get("PipelineRuns", ()) if run_id in self._runs]
            for node in body.get("Nodes", ()):
                if node["PipelineRunId"] in self._runs:
                    yield node["PipelineRunId"], node["NodeId"]
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return  # the service refuses it


def _moments(scenario: Scenario) -> Iterator[float]:
    """Yield when something changes in a scenario, in seconds after its start."""
    for step in scenario.steps:
        statuses = step.settings.get("statuses")
        yield from (after for after, _ in statuses) if isinstance(statuses, list) else ()
        yield step.settings.get("after", 0.0)
        if step.kind == "logs":
            yield from (after for after, _ in step.ids[2])
