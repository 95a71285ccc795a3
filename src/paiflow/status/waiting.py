"""Wait for runs and nodes to end: what to ask, when, and what the answers mean.

No I/O: `follow` yields steps and receives their results (steps.py), so both clients wait by the same decisions.

What a status means stands in paiflow_api.outcomes, which is generated from the overlays. Unknown, a status that nobody
listed, and none at all never end a wait, and never count as success.

Cost: each poll asks for what has not ended, 100 ids a request. Polls are 2 s apart after a change, and further and further
up to 30 s while nothing changes: 120 to 160 an hour then. An interval that is given makes them fewer. `calls_per_hour` gives
the most requests there can be.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from math import ceil
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeAlias, TypeVar, overload

import attrs

from paiflow._durations import Duration, duration
from paiflow._text import visible
from paiflow._time import Time
from paiflow.errors import (
    AccessDenied,
    NotFound,
    PaiFlowError,
    ServerFault,
    ServiceError,
    Throttled,
    TransportError,
    UnexpectedReply,
    WaitFailed,
    WaitTimedOut,
)
from paiflow.retries import ONCE
from paiflow.status.batches import StatusReport, id_of, join, plan
from paiflow.status.ids import BATCH_SIZE, Id, Id_co, NodeRef, UnknownId, refusal, shown
from paiflow.steps import IN_FLIGHT, Ask, Item, Pause, Steps
from paiflow_api.calling import Call, Operation
from paiflow_api.models import Node, NodeState, PipelineRun, PipelineRunState
from paiflow_api.operations import GET_PIPELINE_RUN, LIST_PIPELINE_RUN_NODE_STATUS
from paiflow_api.outcomes import NODE_STATUS, PIPELINE_RUN_STATUS
from paiflow_api.outcomes import Outcome as StatusOutcome

Outcome: TypeAlias = StatusOutcome | Literal["missing"]
Until: TypeAlias = Literal["all", "any", "first-failure"]
UNTIL: Final = ("all", "any", "first-failure")

# Seconds, but for GROWTH and JITTER. The vendor's higher SDK polls every 2 s.
SHORTEST: Final = 2.0
LONGEST: Final = 30.0
GROWTH: Final = 1.5
JITTER: Final = 0.25
MISSING_GRACE: Final = 60.0
LONGEST_WISH: Final = 3600.0
# Ours: levels of nodes that one call asks for. The vendor documents no greatest depth.
DEPTH: Final = 10
# Before the time is up there is a last look, so much earlier that it can be answered.
LAST_LOOK: Final = 1.0
# A run that is Initialized for so long has perhaps not been started.
UNSTARTED: Final = 20.0

logger: Final = logging.getLogger("paiflow")

State: TypeAlias = PipelineRunState | NodeState

if TYPE_CHECKING:
    from typing_extensions import TypeVar as _TypeVar  # as in paiflow.status.ids

    # The models of a result: of runs, of nodes, or of both if nothing is said.
    State_co = _TypeVar("State_co", bound=State, default=State, covariant=True)
else:
    State_co = TypeVar("State_co", covariant=True)


def outcome_of(item: PipelineRun | Node) -> Outcome:
    """Return what the status of a run or a node means to whoever waits for it, whichever operation returned it."""
    table = NODE_STATUS if isinstance(item, Node) else PIPELINE_RUN_STATUS
    outcome = table.get(item.status or "", "unknown")
    # Nothing will come of a run that was deleted on the way.
    deleted = isinstance(item, PipelineRunState) and item.is_deleted is True
    return "stopped" if outcome == "active" and deleted else outcome


def _unseen(item: Waited[Any, Any]) -> Any:
    """Return the model of an id that was never returned: it holds the ids, and no more."""
    if isinstance(item.id, str):
        return PipelineRunState(pipeline_run_id=item.id)
    return NodeState(pipeline_run_id=item.id.pipeline_run_id, node_id=item.id.node_id)


@attrs.frozen(kw_only=True)
class Waited(Generic[Id_co, State_co]):
    """What is known of one id.

    Attributes:
        id: of a run, or the NodeRef of a node.
        status: the last one seen, None if there was none or replies contradict each other.
        outcome: what that means: succeeded, failed, stopped, active, unknown; missing if the last answer left it out.
        since: when this status and outcome were first seen here, in UTC.
        reply: the run or node as it was last returned; one that holds its ids and no more if it never was.
        ended: whether it is waited for no more.
    """

    id: Id_co
    status: str | None = None
    outcome: Outcome = "unknown"
    since: datetime
    reply: State_co = attrs.field(default=attrs.Factory(_unseen, takes_self=True))
    ended: bool = False


@attrs.frozen(kw_only=True)
class Change(Generic[Id_co, State_co]):
    """One id's status or outcome has changed.

    Attributes:
        before: what was known before the answer.
        after: what is known now.
    """

    before: Waited[Id_co, State_co]
    after: Waited[Id_co, State_co]

    @property
    def id(self) -> Id_co:
        """The run's id, or the node's NodeRef."""
        return self.after.id


class WaitResult(Mapping[Id_co, Waited[Id_co, State_co]], Generic[Id_co, State_co]):  # type: ignore[type-var]  # only read
    """What is known of each id, in the order asked: `result["flow-a"].status`, `result["flow-a", "node-b"].outcome`.

    Attributes:
        nodes: what is known of the nodes that were followed beside the ids.
        calls: requests made, retries left aside.
        answered: whether there was any answer at all.
    """

    def __init__(
        self,
        items: Iterable[Waited[Id_co, State_co]],
        *,
        nodes: Iterable[Waited[NodeRef, NodeState]] = (),
        calls: int = 0,
        answered: bool = True,
    ) -> None:
        self._items = {item.id: item for item in items}
        self.nodes: dict[NodeRef, Waited[NodeRef, NodeState]] = {item.id: item for item in nodes}
        self.calls = calls
        self.answered = answered

    @overload  # type: ignore[override]  # an id of the wrong kind is a KeyError, as any that was not waited for
    def __getitem__(self, key: str) -> Waited[str, PipelineRunState]: ...
    @overload
    def __getitem__(self, key: tuple[str, str]) -> Waited[NodeRef, NodeState]: ...
    def __getitem__(self, key: str | tuple[str, str]) -> Waited[Any, Any]:
        """Return what is known of an id.

        Raises:
            KeyError: it was not waited for.
        """
        try:
            return self._items[key]  # type: ignore[index]  # a plain pair equals its NodeRef
        except KeyError:
            raise UnknownId(key, None, self._items) from None

    def __iter__(self) -> Iterator[Id_co]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        if not hasattr(self, "_items"):
            return "WaitResult()"  # half-made
        shown = ", ".join(f"{outcome}={ids!r}" for outcome in OUTCOMES if (ids := self._with(outcome)))
        return f"WaitResult({shown})"

    @property
    def succeeded(self) -> list[Id_co]:
        """The ids that succeeded."""
        return self._with("succeeded")

    @property
    def failed(self) -> list[Id_co]:
        """The ids that failed."""
        return self._with("failed")

    @property
    def stopped(self) -> list[Id_co]:
        """The ids that were stopped: terminated, suspended, skipped (runs), deleted on the way."""
        return self._with("stopped")

    @property
    def unknown(self) -> list[Id_co]:
        """The ids whose status is unknown, or of which nothing is known."""
        return self._with("unknown")

    @property
    def missing(self) -> list[Id_co]:
        """The ids that the last answer left out."""
        return self._with("missing")

    @property
    def active(self) -> list[Id_co]:
        """The ids that have not ended."""
        return self._with("active")

    def raise_for_outcome(self) -> None:
        """Do nothing if all that has ended has succeeded.

        Raises:
            WaitFailed: something has failed, was stopped, or has ended as missing.
        """
        bad = [item for item in self.values() if item.ended and item.outcome in BAD]
        if bad:
            raise WaitFailed(f"{len(bad)} of {len(self)} ended badly: {_some(map(_told, bad))}", self)

    def _with(self, outcome: Outcome) -> list[Id_co]:
        return [id_ for id_, item in self._items.items() if item.outcome == outcome]


OUTCOMES: Final = ("succeeded", "failed", "stopped", "missing", "unknown", "active")
# Those that a status can be given.
GIVEN: Final = ("succeeded", "failed", "stopped", "active")
# Why an id is missing. Source: the vendor's table of permissions; a private run is visible to its owner alone.
MISSING: Final = "does not exist, or is not visible to this account"
BAD: Final = frozenset({"failed", "stopped", "missing"})


def calls_per_hour(ids: int, interval: float | None = None, *, batch: int = BATCH_SIZE) -> int:
    """Return how many requests an hour a wait for so many runs makes at most: when each poll finds a change."""
    return int(3600 / max(SHORTEST, interval or 0)) * ceil(ids / batch)


@attrs.frozen
class Limits:
    """What a wait keeps to.

    Attributes:
        until: "all" have ended; "any" one has, whatever its outcome; "first-failure", one has failed, was stopped or is
            missing, else as all.
        timeout: seconds, None to wait on.
        interval: the seconds between two polls, at least.
        follow_nodes: whether the nodes of runs are looked at too.
        until_status: a status that ends the wait for what comes to have it.
        outcomes: what statuses mean that mean something else otherwise.
    """

    until: Until = "all"
    timeout: float | None = None
    interval: float | None = None
    follow_nodes: bool = False
    until_status: str | None = None
    outcomes: Mapping[str, StatusOutcome] = attrs.field(factory=dict)

    @classmethod
    def of(
        cls,
        until: Until = "all",
        timeout: Duration | None = None,
        interval: Duration | None = None,
        *,
        follow_nodes: bool = False,
        until_status: str | None = None,
        outcomes: Mapping[str, StatusOutcome] | None = None,
    ) -> Limits:
        """Return them, checked.

        Raises:
            InvalidRequest: `until` or an outcome is not a known one, or a duration is not above 0.
        """
        if until not in UNTIL:
            raise refusal("InvalidParameter", f"until must be one of {', '.join(UNTIL)}, not {until!r:.60}")
        for status, outcome in (outcomes or {}).items():
            if outcome not in GIVEN:
                due = f"must be one of {', '.join(GIVEN)}, not {outcome!r:.60}"
                raise refusal("InvalidParameter", f"outcomes[{status!r:.60}] {due}")
        return cls(
            until,
            _above_zero(timeout, "timeout"),
            _above_zero(interval, "interval"),
            follow_nodes,
            until_status,
            dict(outcomes or {}),
        )


def _above_zero(value: Duration | None, name: str) -> float | None:
    if value is None:
        return None
    if (seconds := duration(value)) is None or not seconds > 0:
        due = 'seconds above 0, text such as "1h30m", a timedelta, or None'
        raise refusal("InvalidParameter", f"{name} must be {due}, not {value!r:.60}")
    return seconds


def follow(
    pipeline_runs: Iterable[str],
    nodes: Iterable[NodeRef],
    limits: Limits,
    time: Time,
    *,
    refreshes: bool,
    workspace_id: str | int | None = None,
) -> Steps[Change, WaitResult]:
    """Yield each change until the wait is over, then return its result.

    Args:
        pipeline_runs: ids of runs, at least one of these or of the nodes.
        nodes: nodes.
        limits: when it is over, and how often it asks.
        time: the clock and the jitter.
        refreshes: whether an expired token may be followed by a fresh one.
        workspace_id: instead of the client's.

    Raises:
        WaitTimedOut: the time was up.
        PaiFlowError: an error that waiting does not mend, with what was known as its `result`.
    """
    wait = _Wait(pipeline_runs, nodes, limits, workspace_id, time)
    deadline = None if limits.timeout is None else time.monotonic() + limits.timeout
    shortest = interval = max(SHORTEST, limits.interval or 0)
    while True:
        within = None if deadline is None else deadline - time.monotonic()
        if within is not None and within <= 0:
            raise wait.timed_out(limits.timeout or 0)
        changes, errors = yield from wait.look(within)
        for change in changes:
            yield Item(change)
        if wait.over():
            return wait.result()
        wait.hint()
        for error in errors:
            if not mends(error, refreshes=refreshes):
                error.result = wait.result()
                raise error
        interval = shortest if changes else min(max(LONGEST, shortest), interval * GROWTH)
        pause = max(shortest, interval * (1 - JITTER * time.random()))
        if (grace := wait.grace()) is not None:
            # The first look after the grace is what ends a missing id.
            pause = min(pause, max(grace, shortest))
        pause = max(pause, wish := max(map(wished, errors), default=0.0))
        if deadline is not None and pause > (left := max(0.0, deadline - time.monotonic())) - LAST_LOOK:
            pause = left if wish >= left else max(left - LAST_LOOK, min(left, SHORTEST), wish)
        yield Pause(pause)


def mends(error: PaiFlowError, *, refreshes: bool) -> bool:
    """Return whether waiting on may mend an error: the service is busy, broken or out of reach, or a token has expired.

    So may a request that is signed afresh, where a nonce or the clock was refused; and the next poll an error in a reply
    whose status is a success, for such a reply contradicts itself.
    """
    if isinstance(error, ServiceError) and error.status is not None and error.status < 300:
        return True
    if isinstance(error, AccessDenied):
        if (error.code or "").startswith(ONCE):
            return True
        return refreshes and (error.code or "").startswith("InvalidSecurityToken.Expired")
    if isinstance(error, ServiceError) and error.status in (408, 425, 501):
        return error.status != 501  # a gateway that had no time; an operation that will not come into being
    return isinstance(error, Throttled | ServerFault | TransportError | UnexpectedReply)


def wished(error: PaiFlowError) -> float:
    """Return the seconds for which the service asked to be left alone; more than an hour is not believed."""
    return min(error.retry_after or 0.0, LONGEST_WISH) if isinstance(error, ServiceError) else 0.0


def unstarted(items: Iterable[Waited], now: datetime | None = None) -> str | None:
    """Return the question whether something has been started, for it waits for ever if not; None if all seems well.

    Asked of what is Initialized, together with all that is known of the same run.

    Args:
        items: what is known of each id.
        now: ask only of what has been Initialized for a while; None to ask of all.
    """
    items = list(items)
    begun = {_run_of(item) for item in items if item.status not in (None, "Initialized")}
    ids = [
        shown(item.id)
        for item in items
        if item.status == "Initialized"
        and item.outcome == "active"
        and _run_of(item) not in begun
        and (now is None or (now - item.since).total_seconds() >= UNSTARTED)
    ]
    if not ids:
        return None
    be, what = ("is", "has it") if len(ids) == 1 else ("are", "have they")
    return f"{_some(ids)} {be} still Initialized: {what} been started (StartPipelineRun)?"


def _run_of(item: Waited) -> str:
    return item.id if isinstance(item.id, str) else item.id.pipeline_run_id


class _Wait:
    """What is known of each id, and since when."""

    def __init__(
        self,
        pipeline_runs: Iterable[str],
        nodes: Iterable[NodeRef],
        limits: Limits,
        workspace_id: str | int | None,
        time: Time,
    ) -> None:
        self._limits = limits
        self._time = time
        self._workspace_id = workspace_id
        ids: list[Id] = [*pipeline_runs, *nodes]
        now = self._now()
        self._items = {id_: Waited(id=id_, since=now) for id_ in ids}
        self._nodes: dict[NodeRef, Waited[NodeRef, NodeState]] = {}
        self._roots: dict[str, str] = {}
        self._unseen_since: dict[Id, float] = {}
        self._calls = 0
        self._answered = False
        self._hinted = False

    def look(self, within: float | None) -> Steps[Any, tuple[list[Change], list[PaiFlowError]]]:
        """Ask for what has not ended. Return what has changed, and the errors of calls that were not answered.

        Each call is attempted once: the next poll is the next attempt, and the other calls need not wait for it.
        """
        deadline = None if within is None else self._time.monotonic() + within
        open_ = [id_ for id_, item in self._items.items() if not item.ended]
        runs = [id_ for id_ in open_ if isinstance(id_, str)]
        batches = plan(runs, [id_ for id_ in open_ if not isinstance(id_, str)])
        self._calls += len(batches)
        answers = yield Ask([batch.call(self._workspace_id) for batch in batches], IN_FLIGHT, within, once=True)
        try:
            report = join(batches, answers)
        except PaiFlowError as error:
            return [], [error]
        changes, errors = self.take(report), report.errors
        if self._limits.follow_nodes:
            of_nodes, others = yield from self._look_at_nodes(runs, deadline)
            changes, errors = changes + of_nodes, errors + others
        return changes, errors

    def _look_at_nodes(
        self, runs: Iterable[str], deadline: float | None
    ) -> Steps[Any, tuple[list[Change], list[PaiFlowError]]]:
        """Ask for the nodes of these runs, as `look` does for what is waited for."""
        for run_id in runs:
            if root := getattr(self._items[run_id].reply, "node_id", None):
                self._roots[run_id] = root
        rootless = [run_id for run_id in runs if run_id not in self._roots and self._items[run_id].status is not None]
        found = yield from self._ask_of_runs(GET_PIPELINE_RUN, {run_id: {} for run_id in rootless}, deadline)
        self._roots |= {run_id: run.node_id for run_id, run in found.items() if getattr(run, "node_id", None)}
        asked = {run_id: {"node_id": self._roots[run_id], "depth": DEPTH} for run_id in runs if run_id in self._roots}
        lists = yield from self._ask_of_runs(LIST_PIPELINE_RUN_NODE_STATUS, asked, deadline)
        changes: list[Change] = []
        for run_id, answer in lists.items():
            for node in [] if isinstance(answer, PaiFlowError) else answer.status:
                if node.node_id is not None and node.node_id != self._roots[run_id]:
                    changes += self._take_node(NodeRef(run_id, node.node_id), node)
        errors = [one for one in (*found.values(), *lists.values()) if isinstance(one, PaiFlowError)]
        # A run that is not there yet has no nodes.
        return changes, [error for error in errors if not isinstance(error, NotFound)]

    def _ask_of_runs(
        self, operation: Operation[Any], arguments: Mapping[str, Mapping[str, Any]], deadline: float | None
    ) -> Steps[Any, dict[str, Any]]:
        """Return the answer of each run, or its error; none once the time is up."""
        within = None if deadline is None else deadline - self._time.monotonic()
        if not arguments or (within is not None and within <= 0):
            return {}
        self._calls += len(arguments)
        calls = [Call(operation, {"pipeline_run_id": run_id, **others}) for run_id, others in arguments.items()]
        answers = yield Ask(calls, IN_FLIGHT, within, once=True)
        return dict(zip(arguments, answers, strict=True))

    def _take_node(self, ref: NodeRef, node: Node) -> list[Change]:
        if ref in self._items:
            return []
        before = self._nodes.get(ref) or Waited(id=ref, since=self._now())
        reply = NodeState.from_dict({**node.to_dict(), "PipelineRunId": ref.pipeline_run_id})
        self._nodes[ref], changes = self._changed(before, self._seen(before, [reply]))
        return changes

    def take(self, report: StatusReport) -> list[Change]:
        """Take in an answer and return what has changed by it."""
        self._answered = True
        replies: dict[Id, list[PipelineRunState | NodeState]] = {}
        returned: list[PipelineRunState | NodeState] = [*report.runs, *report.nodes]
        for reply in returned:
            if (id_ := id_of(reply)) is not None:
                replies.setdefault(id_, []).append(reply)
        unanswered = frozenset(report.unanswered)
        changes: list[Change] = []
        for id_, before in self._items.items():
            if before.ended or id_ in unanswered:
                continue
            after = self._seen(before, replies[id_]) if id_ in replies else self._unseen(before)
            if after.status is not None and after.status == self._limits.until_status:
                after = attrs.evolve(after, ended=True)
            self._items[id_], change = self._changed(before, after)
            changes += change
        return changes

    def _changed(self, before: Waited[Any, Any], after: Waited[Any, Any]) -> tuple[Waited[Any, Any], list[Change]]:
        """Return what is known now, and the change if there is one."""
        if (after.status, after.outcome, after.ended) == (before.status, before.outcome, before.ended):
            return after, []
        after = attrs.evolve(after, since=self._now())
        return after, [Change(before=before, after=after)]

    def _seen(self, before: Waited, replies: list[PipelineRunState | NodeState]) -> Waited:
        self._unseen_since.pop(before.id, None)
        reply = replies[0]
        status = reply.status
        outcome: Outcome = self._limits.outcomes.get(status or "") or outcome_of(reply)
        if any((other.status, outcome_of(other)) != (status, outcome_of(reply)) for other in replies[1:]):
            status, outcome = None, "unknown"
        ended = outcome in ("succeeded", "failed", "stopped")
        return attrs.evolve(
            before, status=None if status is None else str(status), outcome=outcome, reply=reply, ended=ended
        )

    def _unseen(self, before: Waited) -> Waited:
        now = self._time.monotonic()
        since = self._unseen_since.setdefault(before.id, now)
        return attrs.evolve(before, outcome="missing", ended=now - since >= MISSING_GRACE)

    def grace(self) -> float | None:
        """Return the seconds after which the next missing id ends as such, None if none is missing."""
        open_ = [since for id_, since in self._unseen_since.items() if not self._items[id_].ended]
        return max(0.0, min(open_) + MISSING_GRACE - self._time.monotonic()) if open_ else None

    def over(self) -> bool:
        """Return whether the wait has come to its end."""
        until = self._limits.until
        ended = [item for item in self._items.values() if item.ended]
        if len(ended) == len(self._items):
            return True
        if until == "any":
            return bool(ended)
        return until == "first-failure" and any(item.outcome in BAD for item in ended)

    def hint(self) -> None:
        """Log once, as a warning, what has perhaps not been started."""
        if not self._hinted and (words := unstarted(self._items.values(), self._now())):
            self._hinted = True
            logger.warning("%s", words)

    def result(self) -> WaitResult:
        """Return what is known."""
        return WaitResult(self._items.values(), nodes=self._nodes.values(), calls=self._calls, answered=self._answered)

    def timed_out(self, timeout: float) -> WaitTimedOut:
        """Return the error for a wait whose time is up."""
        open_ = [item for item in self._items.values() if not item.ended]
        what = f"{len(open_)} of {len(self._items)} have not ended after {timeout:g} s: {_some(map(_told, open_))}"
        if any(item.outcome == "missing" for item in open_):
            what = f"{what}; a missing one {MISSING}"
        if words := unstarted(self._items.values()):
            what = f"{what}; {words}"
        return WaitTimedOut(what if self._answered else f"no answer within {timeout:g} s", self.result())

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._time.now(), UTC)


def _told(item: Waited) -> str:
    """Return an id and what is known of it, in two words; a missing one was perhaps seen before."""
    known = item.outcome if item.outcome == "missing" else item.status or item.outcome
    return f"{shown(item.id)} {visible(known)}"


def _some(texts: Iterable[str]) -> str:
    first, rest = (shown := list(texts))[:3], len(shown) - 3
    return ", ".join(first) + (f" and {rest} more" if rest > 0 else "")
