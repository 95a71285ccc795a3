"""What is known while a wait goes on, and how its polling goes."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from math import ceil
from typing import Any, Final

from paiflow import Change, PaiFlowError, Waited, WaitResult
from paiflow._durations import spelled
from paiflow._time import Time
from paiflow.cli.ids import Wanted
from paiflow.status.ids import Id
from paiflow.status.waiting import OUTCOMES, unstarted

# Seconds without a word after which a line says that the wait goes on: some CI systems end silent jobs.
QUIET: Final = 60.0


class Progress:
    """The state of a wait so far.

    Args:
        wanted: what is waited for.
        heartbeat: seconds without a word after which a line says that the wait goes on; 0 for never.

    Attributes:
        known: of each id, in the order asked: runs first.
        nodes: of the nodes of those runs that are followed, in the order in which they appeared.
        calls: requests made, retries left aside.
        trouble: why the last poll, or a part of it, was not answered; None if it was.
        on_trouble: called when that changes.
        hint: the question whether something has been started, once there is reason to ask it.
        on_hint: called with it, once.
        on_quiet: called with a line on how things are, when nothing was said for a while.
    """

    def __init__(self, wanted: Wanted, heartbeat: float = QUIET) -> None:
        self._wanted = wanted
        self._heartbeat = heartbeat
        self._sleeps: list[float] = []
        self._answered = False
        self.on_trouble: Callable[[PaiFlowError | None], None] = lambda _: None
        self.on_hint: Callable[[str], None] = lambda _: None
        self.on_quiet: Callable[[str], None] = lambda _: None
        self.trouble: PaiFlowError | None = None
        self.hint: str | None = None
        self.calls: int = 0
        self.time = Time()

    @property
    def time(self) -> Time:
        """The clock to go by; setting it starts anew."""
        return self._time

    @time.setter
    def time(self, time: Time) -> None:
        self._time = time
        self._started = self._said = time.monotonic()
        now = datetime.fromtimestamp(time.now(), UTC)
        ids: list[Id] = [*self._wanted.runs, *self._wanted.nodes]
        self.known: dict[Id, Waited] = {id_: Waited(id=id_, since=now) for id_ in ids}
        self.nodes: dict[Id, Waited] = {}

    def take(self, change: Change) -> None:
        """Take in a change."""
        self._said = self._time.monotonic()
        (self.known if change.id in self.known else self.nodes)[change.id] = change.after

    def items(self) -> list[Waited]:
        """Return what is known of each id, and after each run of its nodes that are followed."""
        nodes: dict[Id, list[Waited]] = {}
        for node in self.nodes.values():
            nodes.setdefault(node.id[0], []).append(node)
        return [one for item in self.known.values() for one in (item, *nodes.get(item.id, ()))]

    def looked(self, calls: int, answered: int, trouble: PaiFlowError | None) -> None:
        """Take in how a poll went: how many calls it took, how many were answered, and what passing trouble there was."""
        self.calls += calls
        self._answered = self._answered or answered > 0
        before, self.trouble = self.trouble, trouble
        if _kind(before) != _kind(trouble):
            self._said = self._time.monotonic()
            self.on_trouble(trouble)

    @contextlib.contextmanager
    def sleeping(self, seconds: float) -> Iterator[None]:
        """Note that nothing is asked for so many seconds: all that was answered has been taken in."""
        before, now = self.hint, datetime.fromtimestamp(self.time.now(), UTC)
        self.hint = unstarted(self.known.values(), now)
        if self.hint is not None and before is None:
            self._said = self._time.monotonic()
            self.on_hint(self.hint)
        moment = self.time.monotonic() + seconds
        self._sleeps.append(moment)
        self.beat()
        try:
            yield
        finally:
            self._sleeps.remove(moment)

    def beat(self) -> None:
        """Say how things are, if nothing was said for a while."""
        now = self.time.monotonic()
        if self._heartbeat and now - self._said >= self._heartbeat:
            self._said = now
            self.on_quiet(self._status())

    def next_look(self) -> float | None:
        """Return the seconds until the service is asked again, None while it is being asked."""
        return max(0.0, min(self._sleeps) - self.time.monotonic()) if self._sleeps else None

    def waited(self) -> float:
        """Return the seconds since the wait began."""
        return self.time.monotonic() - self._started

    def result(self) -> WaitResult:
        """Return what is known."""
        nodes: Any = self.nodes.values()
        return WaitResult(self.known.values(), nodes=nodes, calls=self.calls, answered=self._answered)

    def _status(self) -> str:
        ended = sum(item.ended for item in self.known.values())
        left = self.next_look()
        look = "asking now" if left is None else f"next look in {spelled(ceil(left))}"
        trouble = "" if self.trouble is None else f"; {self.trouble}"
        waited = f"waited {spelled(self.waited())}, {look}"
        return f"{ended} of {len(self.known)} ended: {counted(self.known.values())}; {waited}{trouble}"

    def summary(self, result: WaitResult) -> str:
        """Return in a line what has come of the ids, and what it took."""
        counts = Counter(item.outcome for item in result.values())
        told = [f"{counts['succeeded']} of {len(result)} succeeded"]
        told += [f"{counts[outcome]} {outcome}" for outcome in OUTCOMES if outcome != "succeeded" and counts[outcome]]
        calls = "1 call" if self.calls == 1 else f"{self.calls} calls"
        return f"{', '.join(told)}; waited {spelled(self.waited())}, {calls}"


def counted(items: Iterable[Waited]) -> str:
    """Return how many there are of each outcome, in words."""
    counts = Counter(item.outcome for item in items)
    return ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES if counts[outcome])


def _kind(error: PaiFlowError | None) -> tuple[object, ...]:
    """Return what two errors have in common that need no second mention."""
    return (type(error), getattr(error, "status", None), getattr(error, "code", None), getattr(error, "reason", None))
