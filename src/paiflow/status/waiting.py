"""Wait for runs and nodes to end: what to ask, when, and what the answers mean.

No I/O: `follow` yields steps and receives their results (steps.py), so both clients wait by the same decisions.

The outcome of each status is in paiflow_api.outcomes, which is generated from the overlays. Unknown, unlisted
and missing statuses never end a wait, and never count as success.

Cost: each poll asks for what has not ended, 100 ids a request. Polls are 2 s apart after a change, and further and further
up to 30 s while nothing changes: 120 to 160 an hour then. An interval that is given makes them fewer, and so does throttling.
`calls_per_hour` gives the most requests there can be. Several waits can be polled together: `paiflow.Poller` does.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from copy import copy
from datetime import UTC, datetime
from math import ceil, inf
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeAlias, TypeVar, overload

import attrs

from paiflow._durations import Duration, duration
from paiflow._text import visible
from paiflow._time import Time
from paiflow.errors import (
    AccessDenied,
    InvalidRequest,
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
from paiflow.status.batches import Batch, asked_for, plan
from paiflow.status.ids import BATCH_SIZE, Id, Id_co, NodeRef, UnknownId, refusal, shown
from paiflow.steps import IN_FLIGHT, Answer, Ask, Items, Pause, Steps
from paiflow_api.calling import Call, Operation
from paiflow_api.models import Node, NodeState, PipelineRun, PipelineRunState
from paiflow_api.operations import GET_PIPELINE_RUN, LIST_PIPELINE_RUN_NODE_STATUS
from paiflow_api.outcomes import NODE_STATUS, PIPELINE_RUN_STATUS
from paiflow_api.outcomes import Outcome as StatusOutcome

Outcome: TypeAlias = StatusOutcome | Literal["missing"]
Until: TypeAlias = Literal["all", "any", "first-failure"]
UNTIL: Final = ("all", "any", "first-failure")

# Seconds, but for GROWTH, EASE and JITTER. The vendor's higher SDK polls every 2 s.
SHORTEST: Final = 2.0
LONGEST: Final = 30.0
GROWTH: Final = 1.5
EASE: Final = 0.75
JITTER: Final = 0.25
# Less than this is no time: a sleep may end so much too early.
MOMENT: Final = 1e-6
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
    """Return the outcome that a status of a run or a node stands for, in the reply of any operation."""
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
        until: "all" have ended; "any" one has, with any outcome; "first-failure", one has failed, was stopped or is
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
    wait = Wait(pipeline_runs, nodes, limits, time)
    yield from rounds([wait], Pace(time, limits.interval), refreshes=refreshes, workspace_id=workspace_id)
    return wait.outcome()


def rounds(
    waits: Collection[Wait], pace: Pace, *, refreshes: bool, workspace_id: str | int | None
) -> Steps[Change, None]:
    """Poll for all waits together until each has ended. Yields the changes.

    Args:
        waits: others may join them meanwhile, and leave.
        pace: when a poll is due.
        refreshes: whether an expired token may be followed by a fresh one.
        workspace_id: instead of the client's.
    """
    while True:
        going = _going(waits)
        if not going:
            return
        if left := pace.left():
            yield Pause(min(left, *(wait.left() for wait in going)))
        else:
            yield from _round(going, pace, refreshes=refreshes, workspace_id=workspace_id)


def _round(
    waits: Collection[Wait], pace: Pace, *, refreshes: bool, workspace_id: str | int | None
) -> Steps[Change, None]:
    """Poll once."""
    pace.begin()
    answers = yield from _look(waits, workspace_id)
    errors, changed = answers.errors, False
    for wait in waits:
        runs = [id_ for id_ in wait.open() if isinstance(id_, str)] if wait.limits.follow_nodes else []
        changes = wait.take(answers)
        own: list[PaiFlowError] = []
        if wait.limits.follow_nodes:
            of_nodes, own = yield from wait.look_at_nodes(runs)
            changes, errors = changes + of_nodes, errors + own
        if changes:
            yield Items(changes)
        changed = changed or bool(changes)
        wait.conclude([*wait.errors(answers), *own], refreshes=refreshes, alone=len(waits) == 1)
    pace.end(_going(waits), errors, changed=changed)


def _going(waits: Iterable[Wait]) -> list[Wait]:
    """Return the waits that go on; those whose time is up end."""
    return [wait for wait in waits if not wait.over()]


@attrs.frozen
class _Answers:
    """What came of a poll.

    Attributes:
        replies: the runs and nodes that were returned, by id.
        failed: ids of calls that failed, with the error of the call.
        calls: the number of the call that asked for an id.
    """

    replies: dict[Id, list[State]] = attrs.field(factory=dict)
    failed: dict[Id, PaiFlowError] = attrs.field(factory=dict)
    calls: dict[Id, int] = attrs.field(factory=dict)

    @property
    def errors(self) -> list[PaiFlowError]:
        """The errors of the calls, each once."""
        return list(dict.fromkeys(self.failed.values()))

    def take(self, number: int, batch: Batch, answer: Answer) -> None:
        """Take in what came of one call."""
        self.calls.update(dict.fromkeys(batch.ids, number))
        if isinstance(answer, PaiFlowError):
            self.failed.update(dict.fromkeys(batch.ids, answer))
            return
        asked = frozenset(batch.ids)
        self.replies.update(asked_for(answer.pipeline_runs, asked))
        self.replies.update(asked_for(answer.nodes, asked))


def _look(waits: Collection[Wait], workspace_id: str | int | None) -> Steps[Any, _Answers]:
    """Ask for all that has not ended.

    Each call is attempted once: the next poll is the next attempt, and the other calls need not wait for it.
    A call that is refused because of an id must not end the waits for other ids: it is made again in halves.
    """
    open_ = dict.fromkeys(id_ for wait in waits for id_ in wait.open())
    runs = [id_ for id_ in open_ if isinstance(id_, str)]
    batches = plan(runs, [id_ for id_ in open_ if not isinstance(id_, str)])
    within = max(wait.left() for wait in waits)
    found = _Answers()
    made = halvings = 0
    while batches:
        calls = [batch.call(workspace_id) for batch in batches]
        answers = yield Ask(calls, IN_FLIGHT, None if within == inf else within, once=True)
        refused = [isinstance(answer, InvalidRequest | NotFound) for answer in answers]
        # Refused in all its parts, it is for another reason than an id.
        halving = len(waits) > 1 and not (halvings > 1 and all(refused))
        halves: list[Batch] = []
        for batch, answer, no in zip(batches, answers, refused, strict=True):
            if halving and no and len(batch.ids) > 1:
                halves += plan(batch.pipeline_runs, batch.nodes, ceil(len(batch.ids) / 2))
            else:
                found.take(made, batch, answer)
            made += 1
        batches = halves
        halvings += 1
    return found


class Pace:
    """When the next poll is due, for all waits that are polled together.

    Polls are SHORTEST apart after a change, and further and further up to LONGEST while nothing changes. A service that
    throttles is asked half as often, and only little by little as often as before; a slow one is left alone for as long
    as it took to answer.

    Args:
        time: the clock and the jitter.
        interval: seconds between two polls, at least.
    """

    def __init__(self, time: Time, interval: float | None = None) -> None:
        self._time = time
        self._shortest = self._interval = max(SHORTEST, interval or 0)
        self._floor = SHORTEST
        self._begun = self._earliest = self._due = time.monotonic()

    def left(self) -> float:
        """Return the seconds until the next poll, 0 if it is due."""
        left = self._due - self._time.monotonic()
        return left if left > MOMENT else 0.0

    def hurry(self) -> None:
        """Make the next poll as early as it may be, for there is a newcomer."""
        self._interval = self._shortest
        self._due = min(self._due, self._earliest)

    def begin(self) -> None:
        """A poll begins. If it is broken off, the next one is due as if nothing had changed by it."""
        self._begun = self._time.monotonic()
        self._earliest = self._due = self._begun + max(self._floor, self._shortest)

    def end(self, waits: Collection[Wait], errors: Collection[PaiFlowError], *, changed: bool) -> None:
        """A poll has ended.

        Args:
            waits: those that go on.
            errors: of its calls.
            changed: whether anything has.
        """
        now = self._time.monotonic()
        throttled = any(isinstance(error, Throttled) for error in errors)
        self._floor = min(LONGEST, self._floor * 2) if throttled else max(SHORTEST, self._floor * EASE)
        quiet = throttled or not changed
        self._interval = min(max(LONGEST, self._shortest), self._interval * GROWTH) if quiet else self._shortest
        pause = max(self._shortest, self._interval * (1 - JITTER * self._time.random()))
        if graces := [grace for wait in waits if (grace := wait.grace()) is not None]:
            # The first look after the grace is what ends a missing id.
            pause = min(pause, max(min(graces), self._shortest))
        took = min(now - self._begun, LONGEST)
        least = max(self._floor, took, *map(wished, errors))
        pause = max(pause, least)
        for wait in waits:
            if pause > (look := wait.left() - LAST_LOOK):
                pause = max(look, least)
        self._earliest = now + max(least, self._shortest)
        self._due = now + pause


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


class Wait:
    """One wait: what is known of each id, and since when; and how it ended.

    Attributes:
        limits: what it keeps to.
        ending: its result, or the error to raise; None while it goes on.
    """

    def __init__(self, pipeline_runs: Iterable[str], nodes: Iterable[NodeRef], limits: Limits, time: Time) -> None:
        self._time = time
        self.limits = limits
        self._deadline = inf if limits.timeout is None else time.monotonic() + limits.timeout
        ids: list[Id] = [*pipeline_runs, *nodes]
        now = self._now()
        self._items = {id_: Waited(id=id_, since=now) for id_ in ids}
        # The ids that have not ended, in the order asked; whether something has ended badly.
        self._open = dict.fromkeys(self._items)
        self._bad = False
        self._nodes: dict[NodeRef, Waited[NodeRef, NodeState]] = {}
        self._roots: dict[str, str] = {}
        self._unseen_since: dict[Id, float] = {}
        self._calls = 0
        self._answered = False
        self._hinted = False
        self.ending: WaitResult | PaiFlowError | None = None

    def left(self) -> float:
        """Return the seconds until its time is up."""
        return self._deadline - self._time.monotonic()

    def over(self) -> bool:
        """Return whether it has ended. It ends by this if its time is up."""
        if self.ending is None and self.left() <= MOMENT:
            self.ending = self._timed_out(self.limits.timeout or 0)
        return self.ending is not None

    def outcome(self) -> WaitResult:
        """Return its result once it has ended.

        Raises:
            PaiFlowError: what it ended with.
        """
        if isinstance(self.ending, PaiFlowError):
            raise self.ending
        return self.ending or self._result()

    def open(self) -> list[Id]:
        """Return the ids that have not ended."""
        return list(self._open)

    def take(self, answers: _Answers) -> list[Change]:
        """Take in what came of a poll and return what has changed by it."""
        open_ = self.open()
        self._calls += len({answers.calls[id_] for id_ in open_})
        changes: list[Change] = []
        for id_ in open_:
            if id_ in answers.failed:
                continue
            self._answered = True
            before = self._items[id_]
            after = self._seen(before, answers.replies[id_]) if id_ in answers.replies else self._unseen(before)
            if after.status is not None and after.status == self.limits.until_status:
                after = attrs.evolve(after, ended=True)
            self._items[id_], change = self._changed(before, after)
            changes += change
            if after.ended:
                self._end(after)
        return changes

    def _end(self, item: Waited) -> None:
        """Wait for an id no more."""
        del self._open[item.id]
        self._unseen_since.pop(item.id, None)
        self._bad = self._bad or item.outcome in BAD

    def errors(self, answers: _Answers) -> list[PaiFlowError]:
        """Return the errors of calls that asked for what has not ended."""
        failed = answers.failed
        return list(dict.fromkeys(failed[id_] for id_ in self._open if id_ in failed)) if failed else []

    def conclude(self, errors: Iterable[PaiFlowError], *, refreshes: bool, alone: bool) -> None:
        """End it if it has come to its end, or if waiting on does not mend an error.

        Args:
            errors: of the poll.
            refreshes: whether an expired token may be followed by a fresh one.
            alone: whether the errors are of no other wait.
        """
        if self._complete():
            self.ending = self._result()
            return
        self._hint()
        for error in errors:
            if not mends(error, refreshes=refreshes):
                self.ending = error if alone else copy(error)
                self.ending.result = self._result()
                return

    def look_at_nodes(self, runs: Iterable[str]) -> Steps[Any, tuple[list[Change], list[PaiFlowError]]]:
        """Ask for the nodes of these runs. Return what has changed, and the errors of calls that were not answered."""
        for run_id in runs:
            if root := getattr(self._items[run_id].reply, "node_id", None):
                self._roots[run_id] = root
        rootless = [run_id for run_id in runs if run_id not in self._roots and self._items[run_id].status is not None]
        found = yield from self._ask_of_runs(GET_PIPELINE_RUN, {run_id: {} for run_id in rootless})
        self._roots |= {run_id: run.node_id for run_id, run in found.items() if getattr(run, "node_id", None)}
        asked = {run_id: {"node_id": self._roots[run_id], "depth": DEPTH} for run_id in runs if run_id in self._roots}
        lists = yield from self._ask_of_runs(LIST_PIPELINE_RUN_NODE_STATUS, asked)
        changes: list[Change] = []
        for run_id, answer in lists.items():
            for node in [] if isinstance(answer, PaiFlowError) else answer.status:
                if node.node_id is not None and node.node_id != self._roots[run_id]:
                    changes += self._take_node(NodeRef(run_id, node.node_id), node)
        errors = [one for one in (*found.values(), *lists.values()) if isinstance(one, PaiFlowError)]
        # A run that is not there yet has no nodes.
        return changes, [error for error in errors if not isinstance(error, NotFound)]

    def _ask_of_runs(
        self, operation: Operation[Any], arguments: Mapping[str, Mapping[str, Any]]
    ) -> Steps[Any, dict[str, Any]]:
        """Return the answer of each run, or its error; none once the time is up."""
        left = self.left()
        if not arguments or left <= 0:
            return {}
        self._calls += len(arguments)
        calls = [Call(operation, {"pipeline_run_id": run_id, **others}) for run_id, others in arguments.items()]
        answers = yield Ask(calls, IN_FLIGHT, None if left == inf else left, once=True)
        return dict(zip(arguments, answers, strict=True))

    def _take_node(self, ref: NodeRef, node: Node) -> list[Change]:
        if ref in self._items:
            return []
        before = self._nodes.get(ref) or Waited(id=ref, since=self._now())
        reply = NodeState.from_dict({**node.to_dict(), "PipelineRunId": ref.pipeline_run_id})
        self._nodes[ref], changes = self._changed(before, self._seen(before, [reply]))
        return changes

    def _changed(self, before: Waited[Any, Any], after: Waited[Any, Any]) -> tuple[Waited[Any, Any], list[Change]]:
        """Return what is known now, and the change if there is one."""
        if (after.status, after.outcome, after.ended) == (before.status, before.outcome, before.ended):
            return after, []
        after = attrs.evolve(after, since=self._now())
        return after, [Change(before=before, after=after)]

    def _seen(self, before: Waited, replies: list[PipelineRunState | NodeState]) -> Waited:
        if self._unseen_since:
            self._unseen_since.pop(before.id, None)
        reply = replies[0]
        status = reply.status
        outcome: Outcome = self.limits.outcomes.get(status or "") or outcome_of(reply)
        if len(replies) > 1 and any(
            (other.status, outcome_of(other)) != (status, outcome_of(reply)) for other in replies[1:]
        ):
            status, outcome = None, "unknown"
        ended = outcome in ("succeeded", "failed", "stopped")
        status = None if status is None else str(status)
        # Not attrs.evolve, which takes three times as long.
        return Waited(id=before.id, status=status, outcome=outcome, since=before.since, reply=reply, ended=ended)

    def _unseen(self, before: Waited) -> Waited:
        now = self._time.monotonic()
        since = self._unseen_since.setdefault(before.id, now)
        return attrs.evolve(before, outcome="missing", ended=now - since >= MISSING_GRACE)

    def grace(self) -> float | None:
        """Return the seconds after which the next missing id ends as such, None if none is missing."""
        if not self._unseen_since:
            return None
        return max(0.0, min(self._unseen_since.values()) + MISSING_GRACE - self._time.monotonic())

    def _complete(self) -> bool:
        """Return whether the wait has come to its end."""
        if not self._open or (self.limits.until == "any" and len(self._open) < len(self._items)):
            return True
        return self.limits.until == "first-failure" and self._bad

    def _hint(self) -> None:
        """Log once, as a warning, what has perhaps not been started."""
        if self._hinted or all(self._items[id_].status != "Initialized" for id_ in self._open):
            return
        if words := unstarted(self._items.values(), self._now()):
            self._hinted = True
            logger.warning("%s", words)

    def _result(self) -> WaitResult:
        return WaitResult(self._items.values(), nodes=self._nodes.values(), calls=self._calls, answered=self._answered)

    def _timed_out(self, timeout: float) -> WaitTimedOut:
        open_ = [self._items[id_] for id_ in self._open]
        what = f"{len(open_)} of {len(self._items)} have not ended after {timeout:g} s: {_some(map(_told, open_))}"
        if any(item.outcome == "missing" for item in open_):
            what = f"{what}; a missing one {MISSING}"
        if words := unstarted(self._items.values()):
            what = f"{what}; {words}"
        return WaitTimedOut(what if self._answered else f"no answer within {timeout:g} s", self._result())

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._time.now(), UTC)


def _told(item: Waited) -> str:
    """Return an id and what is known of it, in two words; a missing one was perhaps seen before."""
    known = item.outcome if item.outcome == "missing" else item.status or item.outcome
    return f"{shown(item.id)} {visible(known)}"


def _some(texts: Iterable[str]) -> str:
    first, rest = (shown := list(texts))[:3], len(shown) - 3
    return ", ".join(first) + (f" and {rest} more" if rest > 0 else "")
