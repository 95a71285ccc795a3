"""One poll for all waits of an asyncio program.

Two hundred tasks that each wait for a run of their own cost two calls a poll, not two hundred. Each wait keeps its own
deadline and outcome, by the rules of `wait`; only the polls are shared.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Iterable
from math import inf
from typing import Any, Protocol, overload

from paiflow._durations import Duration
from paiflow._time import Time
from paiflow.errors import ConfigurationError
from paiflow.status.ids import NodeRef, ids_of
from paiflow.status.waiting import Limits, Pace, Until, Wait, WaitResult, rounds
from paiflow.steps import Answers, Ask, AsyncIteration
from paiflow_api.models import NodeState, PipelineRunState


class Asker(Protocol):
    """The part of an AsyncPaiFlow that a poller needs."""

    @property
    def time(self) -> Time:
        """The clock and sleep to go by."""

    @property
    def refreshes(self) -> bool:
        """Whether an expired token may be followed by a fresh one."""

    def ask(self, step: Ask) -> Awaitable[Answers]:
        """Make the calls of a step."""


class Poller:
    """Waits for runs and nodes, with one poll for all waits.

    Use one for each endpoint, account and workspace, in one event loop at a time. A new wait joins the next poll. While the
    service is slow or throttles, it is asked more rarely for all waits. Without a wait, nothing is asked.

    Example:
        ```python
        async with paiflow.AsyncPaiFlow("cn-hangzhou", workspace_id="948") as client:
            poller = paiflow.Poller(client)
            first, second = await asyncio.gather(poller.wait(["flow-a"]), poller.wait(["flow-b"], timeout="1h"))
        ```

    Args:
        client: makes the calls. Close it after the last wait.
        workspace_id: instead of the client's.
        interval: how long to let pass between two polls, at least: seconds, text such as "1m", or a timedelta.

    Raises:
        InvalidRequest: the interval is not above 0.
    """

    def __init__(
        self, client: Asker, *, workspace_id: str | int | None = None, interval: Duration | None = None
    ) -> None:
        self._client = client
        self._workspace_id = workspace_id
        self._pace = Pace(client.time, Limits.of("all", None, interval).interval)
        self._waits: dict[Wait, asyncio.Future[None]] = {}
        self._polling: asyncio.Task[None] | None = None
        self._joined = asyncio.Event()

    @property
    def waiting(self) -> int:
        """The number of waits that go on."""
        return len(self._waits)

    @overload
    async def wait(
        self, pipeline_runs: Iterable[str], *, until: Until = "all", timeout: Duration | None = None
    ) -> WaitResult[str, PipelineRunState]: ...
    @overload
    async def wait(
        self,
        *,
        nodes: Iterable[NodeRef | tuple[str, str]],
        until: Until = "all",
        timeout: Duration | None = None,
    ) -> WaitResult[NodeRef, NodeState]: ...
    @overload
    async def wait(
        self,
        pipeline_runs: Iterable[str],
        *,
        nodes: Iterable[NodeRef | tuple[str, str]],
        until: Until = "all",
        timeout: Duration | None = None,
    ) -> WaitResult: ...
    async def wait(
        self,
        pipeline_runs: Iterable[str] = (),
        *,
        nodes: Iterable[NodeRef | tuple[str, str]] = (),
        until: Until = "all",
        timeout: Duration | None = None,
    ) -> WaitResult:
        """Wait until runs and nodes have ended, and return the outcome of each, as `PaiFlow.wait` does.

        The first poll may be due a little later, if there was one just before. A wait that is cancelled disturbs no
        other.

        Args:
            pipeline_runs: ids of runs.
            nodes: nodes, each a NodeRef or a pair of run id and node id.
            until: as for `PaiFlow.wait`.
            timeout: how long to wait at most; None to wait on.

        Raises:
            PaiFlowError: as `PaiFlow.wait`. An error of a call is raised by the waits whose ids it asked for.
        """
        wait = Wait(*ids_of(pipeline_runs, nodes), Limits.of(until, timeout, None), self._client.time)
        ended = self._join(wait)
        try:
            await ended
        finally:
            self._leave(wait)
        return wait.outcome()

    def _join(self, wait: Wait) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        polling = self._polling
        if polling is not None and not polling.done() and polling.get_loop() is not loop:
            if not polling.get_loop().is_closed():
                raise ConfigurationError("a Poller serves one event loop at a time: make one for each")
            self._waits.clear()
            polling = None
        ended = self._waits[wait] = loop.create_future()
        self._pace.hurry()
        self._joined.set()
        if polling is None or polling.done():
            self._joined = asyncio.Event()
            # In a context of its own: it serves others than the wait that comes first.
            self._polling = loop.create_task(self._poll(), context=contextvars.Context())
        return ended

    def _leave(self, wait: Wait) -> None:
        self._waits.pop(wait, None)
        if not self._waits and self._polling is not None:
            self._polling.cancel()
            self._polling = None

    async def _poll(self) -> None:
        """Poll until no wait is left."""
        task = asyncio.current_task()
        steps = rounds(self._waits, self._pace, refreshes=self._client.refreshes, workspace_id=self._workspace_id)
        try:
            await AsyncIteration(steps, self._ask, self._sleep).finish()
            self._settle()
        except asyncio.CancelledError:
            if self._polling is task:  # by someone else: nothing will wake the waits any more
                for ended in self._waits.values():
                    ended.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - no error of the service, but a fault of a transport, say
            for ended in self._waits.values():
                if not ended.done():
                    ended.set_exception(error)

    def _settle(self) -> None:
        """Wake the waits that have ended, or whose time is up."""
        for wait, ended in list(self._waits.items()):
            if wait.over():
                del self._waits[wait]
                if not ended.done():
                    ended.set_result(None)

    async def _ask(self, step: Ask) -> Answers:
        """Make the calls. Waits whose time is up end meanwhile."""
        self._settle()
        calls = asyncio.ensure_future(self._client.ask(step))
        try:
            while not calls.done():
                left = min((wait.left() for wait in self._waits), default=inf)
                await self._done_or_joined(calls, None if left == inf else left)
                self._settle()
            return calls.result()
        finally:
            calls.cancel()

    async def _sleep(self, seconds: float) -> None:
        """Return after so many seconds, or when a wait has joined."""
        self._settle()
        sleeping = asyncio.ensure_future(self._client.time.asleep(seconds))
        try:
            await self._done_or_joined(sleeping)
            if sleeping.done():
                sleeping.result()
        finally:
            sleeping.cancel()

    async def _done_or_joined(self, task: asyncio.Future[Any], seconds: float | None = None) -> None:
        """Return when a task is done, when a wait has joined, or after so many seconds."""
        self._joined.clear()
        joining = asyncio.ensure_future(self._joined.wait())
        try:
            await asyncio.wait({task, joining}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            joining.cancel()
