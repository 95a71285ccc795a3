"""A wait is right in every case: against scenarios made up at random, with faults, by a clock that nobody waits for.

The oracle is the scenario's own timeline and what went over the wire; it uses none of the client's code. Waiters broken
by hand must fail it.
"""

import asyncio
import json
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import inf
from types import SimpleNamespace

import attrs
import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import paiflow
from paiflow.status import waiting
from paiflow.steps import Ask, Pause
from paiflow_api.decoding import undisturbed

CREDENTIALS = paiflow.Credentials("test-key-id", "test-key-secret")

# The table of outcomes, by hand: what a status means for a run, and for a node.
RUN_OUTCOMES = {
    "Succeeded": "succeeded",
    "Failed": "failed",
    "Terminated": "stopped",
    "Suspended": "stopped",
    "Skipped": "stopped",
    **dict.fromkeys(
        ["Running", "Starting", "WorkflowServiceStarting", "ReadyToSchedule", "Terminating", "Initialized"], "active"
    ),
}
NODE_OUTCOMES = {**RUN_OUTCOMES, "Skipped": "succeeded"}
ENDED = {"succeeded", "failed", "stopped"}


class FakeTime:
    """A clock that sleep moves on."""

    def __init__(self, chance=0.5):
        self.elapsed = 0.0
        self.chance = chance

    def now(self):
        return 1_800_000_000.0 + self.elapsed

    def monotonic(self):
        return 1000.0 + self.elapsed

    def sleep(self, seconds):
        assert seconds >= 0
        self.elapsed += seconds

    async def asleep(self, seconds):
        self.sleep(seconds)

    def random(self):
        return self.chance


@attrs.frozen
class State:
    """What the service says of an id for a while; `absent`, that it does not return it."""

    status: str | None = None
    absent: bool = False
    deleted: bool = False
    contradicted: bool = False

    def outcome(self, *, node):
        if self.absent:
            return "missing"
        if self.contradicted:
            return "unknown"
        found = (NODE_OUTCOMES if node else RUN_OUTCOMES).get(self.status, "unknown")
        return "stopped" if self.deleted and not node and found == "active" else found


@attrs.frozen
class Scenario:
    """Lives of ids: for each the seconds at which a state begins. And faults: from when to when, and of which kind."""

    lives: dict
    faults: tuple = ()

    def state(self, id_, at):
        return [state for start, state in self.lives[id_] if start <= at][-1]

    def fault(self, at):
        return next((kind for start, end, kind in self.faults if start <= at < end), None)

    def settled(self):
        """The second from which on nothing changes and nothing fails."""
        return max([start for life in self.lives.values() for start, _ in life] + [end for _, end, _ in self.faults])


FAULTS = {
    "throttled": lambda: httpx.Response(400, json={"Code": "Throttling.User", "Message": "m", "RequestId": "r"}),
    "throttled for 40 s": lambda: httpx.Response(
        429, json={"Code": "Throttling", "Message": "m", "RequestId": "r"}, headers={"x-acs-retry-after": "40000"}
    ),
    "500": lambda: httpx.Response(500, json={"Code": "InternalError", "Message": "m", "RequestId": "r"}),
    "502 with HTML": lambda: httpx.Response(502, content=b"<html><title>Bad Gateway</title></html>"),
    "503": lambda: httpx.Response(503, content=b""),
    "reset": lambda: httpx.ReadError("connection reset"),
    "no connection": lambda: httpx.ConnectError("refused"),
    "truncated": lambda: httpx.Response(200, content=b'{"RequestId": "r", "PipelineRuns": ['),
}


class Wire:
    """The service as the scenario has it, over an httpx transport; keeps what was asked, when, and how it went."""

    def __init__(self, scenario, time):
        self.scenario = scenario
        self.time = time
        self.asked = []

    def answer(self, request):
        self.time.elapsed += 0.05
        at = self.time.elapsed
        body = json.loads(request.content)
        assert not ("PipelineRuns" in body and "Nodes" in body), "both lists in one request"
        ids = [
            *body.get("PipelineRuns", []),
            *((node["PipelineRunId"], node["NodeId"]) for node in body.get("Nodes", [])),
        ]
        fault = self.scenario.fault(at)
        self.asked.append(SimpleNamespace(at=at, ids=ids, fault=fault))
        if fault:
            reply = FAULTS[fault]()
            if isinstance(reply, Exception):
                raise reply
            return reply
        runs = [item for id_ in ids if isinstance(id_, str) for item in self.items(id_, at)]
        nodes = [item for id_ in ids if not isinstance(id_, str) for item in self.items(id_, at)]
        unasked = {"PipelineRunId": "flow-of-others", "Status": "Failed"}
        return httpx.Response(
            200, json={"RequestId": "r", "PipelineRuns": [unasked, *runs], "Nodes": nodes, "Outputs": None}
        )

    def items(self, id_, at):
        state = self.scenario.state(id_, at)
        if state.absent:
            return []
        names = {"PipelineRunId": id_} if isinstance(id_, str) else {"PipelineRunId": id_[0], "NodeId": id_[1]}
        item = {**names, "Status": state.status, "IsDeleted": state.deleted, "Surprise": 1}
        return [item, item, {**item, "Status": "Failed"}] if state.contradicted else [item, item]


@attrs.frozen
class Outcome:
    """What came of a wait: its result, whether it timed out, and when it was over."""

    result: object
    timed_out: bool
    over: float


def wait_for(scenario, until, timeout, *, asynchronous, chance=0.5, **settings_):
    """Wait for all ids of a scenario, and return the Outcome and the Wire."""
    time = FakeTime(chance)
    wire = Wire(scenario, time)
    settings_ = {"credentials": CREDENTIALS, "time": time, "transport": httpx.MockTransport(wire.answer), **settings_}
    arguments = {
        "pipeline_runs": [id_ for id_ in scenario.lives if isinstance(id_, str)],
        "nodes": [id_ for id_ in scenario.lives if not isinstance(id_, str)],
        "until": until,
        "timeout": timeout,
    }

    async def acall():
        async with paiflow.AsyncPaiFlow("cn-hangzhou", **settings_) as client:
            return await client.wait(**arguments)

    def call():
        with paiflow.PaiFlow("cn-hangzhou", **settings_) as client:
            return client.wait(**arguments)

    try:
        result = asyncio.run(acall()) if asynchronous else call()
    except paiflow.WaitTimedOut as error:
        return Outcome(error.result, True, time.elapsed), wire
    return Outcome(result, False, time.elapsed), wire


def check(scenario, until, timeout, outcome, wire, *, retries):
    """Hold what came of a wait against the scenario's timeline."""
    result = outcome.result
    assert list(result) == list(scenario.lives), "every id is named, in the order asked"
    answered = {id_: [poll.at for poll in wire.asked if id_ in poll.ids and not poll.fault] for id_ in scenario.lives}
    ended = set()
    for id_, polls in answered.items():
        node = not isinstance(id_, str)
        states = [scenario.state(id_, at) for at in polls]
        expected = states[-1].outcome(node=node) if states else "unknown"
        assert expected == result[id_].outcome, f"{id_} was {expected} when it was last answered for"
        assert all(state.outcome(node=node) not in ENDED for state in states[:-1]), "what has ended is not asked again"
        if expected in ENDED:
            ended.add(id_)
        elif expected == "missing":
            absent_since = polls[-1]
            for at, state in zip(reversed(polls), reversed(states), strict=True):
                if not state.absent:
                    break
                absent_since = at
            # A round of runs and nodes is taken in when it is whole: a little after its first answer.
            slack = 0.5 if len({type(other) for other in scenario.lives}) > 1 else 1e-6
            span = polls[-1] - absent_since
            if span >= 60 + slack or (span >= 60 - 1e-6 and result[id_].ended):
                ended.add(id_)
    bad = {id_ for id_ in ended if result[id_].outcome in ("failed", "stopped", "missing")}
    over = len(ended) == len(scenario.lives) or (until == "any" and ended) or (until == "first-failure" and bad)
    assert bool(over) is not outcome.timed_out, "it is over when it is over, and not before"
    assert ended == {id_ for id_, item in result.items() if item.ended}
    if timeout is not None:
        assert outcome.over <= timeout + 0.2, "the deadline is kept"  # requests that were under way take 0.05 s each
    check_pace(wire, retries=retries)
    if outcome.timed_out and timeout > scenario.settled() + 150:
        # Nothing has changed for 150 s, and nothing failed: whatever was going to end has been seen to.
        final = [scenario.lives[id_][-1][1].outcome(node=not isinstance(id_, str)) for id_ in scenario.lives]
        assert not set(final) <= {*ENDED, "missing"}, "what has ended is noticed"


def check_pace(wire, *, retries):
    """No poll comes sooner than allowed after the one before, and none sooner than the service asked for."""
    polls = sorted({round(poll.at, 6) for poll in wire.asked})
    if not retries and len(wire.scenario.lives) <= 100:
        rounds = [polls[0]]
        for at in polls[1:]:
            if at - rounds[-1] > 1.0:  # runs and nodes are two requests of one round
                assert at - rounds[-1] >= 2.0, f"polled at {rounds[-1]} and again at {at}"
                rounds.append(at)
    throttled = [poll for poll in wire.asked if poll.fault == "throttled for 40 s"]
    for poll in throttled:
        after = [other.at for other in wire.asked if other.at > poll.at and set(other.ids) & set(poll.ids)]
        assert not after or after[0] - poll.at >= 40.0, "the service asked to be left alone"


RUNS = ["flow-a", "flow-b", "flow-c"]
NODES = [("flow-a", "node-x"), ("flow-b", "node-y")]
STATUSES = [*RUN_OUTCOMES, "Unknown", "Hibernating", "", None]

states = st.one_of(
    st.sampled_from(STATUSES).map(State),
    st.sampled_from(["Succeeded", "Running", "Failed"]).map(State),
    st.just(State(absent=True)),
    st.sampled_from(["Running", "Succeeded", "Unknown"]).map(lambda status: State(status, deleted=True)),
    st.sampled_from(["Running", "Succeeded"]).map(lambda status: State(status, contradicted=True)),
)


@st.composite
def lives(draw):
    """A life: states from second 0 on, each for a while."""
    at, life = 0.0, []
    for state in draw(st.lists(states, min_size=1, max_size=4)):
        life.append((at, state))
        at += draw(st.sampled_from([1.0, 5.0, 30.0, 70.0, 200.0]))
    return life


@st.composite
def scenarios(draw):
    """A scenario of a few runs and nodes, with a few faults."""
    ids = draw(st.lists(st.sampled_from([*RUNS, *NODES]), min_size=1, max_size=4, unique=True))
    ids.sort(key=lambda id_: isinstance(id_, tuple))
    windows = st.tuples(
        st.sampled_from([0.0, 3.0, 20.0, 65.0, 300.0]),
        st.sampled_from([1.0, 10.0, 80.0, 500.0]),
        st.sampled_from(list(FAULTS)),
    )
    faults = [(start, start + length, kind) for start, length, kind in draw(st.lists(windows, max_size=2))]
    return Scenario({id_: draw(lives()) for id_ in ids}, tuple(faults))


untils = st.sampled_from(["all", "all", "any", "first-failure"])
timeouts = st.sampled_from([1.0, 2.5, 30.0, 61.0, 100.0, 400.0, 1200.0])


def drive(examples, *, asynchronous=False, shrink=True):
    """Hold random waits against their scenarios, and return what occurred, counted."""
    seen = Counter()
    phases = [phase for phase in Phase if shrink or phase is not Phase.shrink]

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
    @given(scenarios(), untils, timeouts, st.sampled_from([0, 3]), st.floats(0, 0.999))
    def one(scenario, until, timeout, retries, chance):
        if not asynchronous or retries:
            # Runs and nodes are asked for side by side: in threads, which would race for the made-up clock, or in tasks,
            # whose backoffs would add up on it.
            kind = type(next(iter(scenario.lives)))
            kept = {id_: life for id_, life in scenario.lives.items() if isinstance(id_, kind)}
            scenario = attrs.evolve(scenario, lives=kept)
        outcome, wire = wait_for(scenario, until, timeout, asynchronous=asynchronous, chance=chance, retries=retries)
        check(scenario, until, timeout, outcome, wire, retries=retries)
        seen.update({until, "timed out" if outcome.timed_out else "over"})
        seen.update(item.outcome for item in outcome.result.values())
        seen.update(poll.fault for poll in wire.asked if poll.fault)

    one()
    return seen


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_a_wait_is_right_in_every_case(asynchronous):
    seen = drive(examples=settings.default.max_examples * 6, asynchronous=asynchronous)
    wanted = {
        *("all", "any", "first-failure"),
        *("succeeded", "failed", "stopped", "missing", "unknown", "active"),
        *("timed out", "over"),
        *FAULTS,
    }

    assert wanted == set(seen), "everything really occurred"


def unlisted_is_success(monkeypatch):
    """A loop that ends on any status it does not take for a running one."""
    right = waiting.outcome_of
    monkeypatch.setattr(waiting, "outcome_of", lambda item: "succeeded" if right(item) == "unknown" else right(item))


def stopped_is_success(monkeypatch):
    """A loop that asks only whether the run still runs."""
    right = waiting.outcome_of
    monkeypatch.setattr(waiting, "outcome_of", lambda item: "succeeded" if right(item) == "stopped" else right(item))


def dies_of_a_fault(monkeypatch):
    """A loop without a net: one 503 ends it."""
    monkeypatch.setattr(waiting, "mends", lambda error, refreshes: False)


def forgets_the_deadline(monkeypatch):
    """A loop that looks at the clock only after it has slept."""
    right = waiting.Wait.left
    monkeypatch.setattr(waiting.Wait, "left", lambda self: left if (left := right(self)) <= 0 else inf)


def hurries(monkeypatch):
    """A loop that polls as fast as it can."""
    monkeypatch.setattr(waiting, "SHORTEST", 0.1)
    monkeypatch.setattr(waiting, "LONGEST", 0.2)


def gives_up_on_the_absent(monkeypatch):
    """A loop that takes an id left out once for gone."""
    monkeypatch.setattr(waiting, "MISSING_GRACE", 0.0)


def never_gives_up_on_the_absent(monkeypatch):
    """A loop that waits for ever for an id that does not exist."""
    monkeypatch.setattr(waiting, "MISSING_GRACE", 1e9)


def deaf_to_the_service(monkeypatch):
    """A loop that does not heed how long the service asked to be left alone."""
    monkeypatch.setattr(waiting, "wished", lambda error: 0.0)


def trusts_the_first_of_two(monkeypatch):
    """A loop that does not notice contradictions."""
    right = waiting.Wait._seen
    monkeypatch.setattr(waiting.Wait, "_seen", lambda self, before, replies: right(self, before, replies[:1]))


BROKEN = [
    unlisted_is_success,
    stopped_is_success,
    dies_of_a_fault,
    forgets_the_deadline,
    hurries,
    gives_up_on_the_absent,
    never_gives_up_on_the_absent,
    deaf_to_the_service,
    trusts_the_first_of_two,
]


@pytest.mark.parametrize("break_it", BROKEN)
def test_a_broken_waiter_is_caught(break_it, monkeypatch):
    break_it(monkeypatch)

    with pytest.raises((AssertionError, paiflow.PaiFlowError, BaseExceptionGroup)):
        drive(examples=150, shrink=False)


# By hand


def life(*statuses, every=10.0):
    """A life of these statuses, one after the other."""
    return [(place * every, State(status)) for place, status in enumerate(statuses)]


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def asynchronous(request):
    """Whether the client to await waits."""
    return request.param


@pytest.mark.parametrize("status", sorted(RUN_OUTCOMES))
@pytest.mark.parametrize("id_", ["flow-a", ("flow-a", "node-x")], ids=["run", "node"])
def test_each_status_ends_a_wait_or_does_not(asynchronous, status, id_):
    expected = (RUN_OUTCOMES if isinstance(id_, str) else NODE_OUTCOMES)[status]
    outcome, _ = wait_for(Scenario({id_: life(status)}), "all", 600.0, asynchronous=asynchronous)

    assert (expected == "active") is outcome.timed_out
    assert expected == outcome.result[id_].outcome
    assert status == outcome.result[id_].status


@pytest.mark.parametrize("status", ["Unknown", "Hibernating", "", None])
def test_a_status_nobody_listed_never_ends_a_wait(asynchronous, status):
    outcome, _ = wait_for(Scenario({"flow-a": life(status)}), "any", 36_000.0, asynchronous=asynchronous)

    assert outcome.timed_out
    assert outcome.result.unknown == ["flow-a"]


def test_hours_pass_in_no_time_and_few_calls(asynchronous):
    hours = 10 * 3600.0
    scenario = Scenario({"flow-a": [(0.0, State("Running")), (hours, State("Succeeded"))]})
    outcome, wire = wait_for(scenario, "all", None, asynchronous=asynchronous)

    assert outcome.result.succeeded == ["flow-a"]
    assert hours <= outcome.over <= hours + 31
    assert len(wire.asked) < 160 * 10
    assert len(wire.asked) == outcome.result.calls


def test_polls_grow_apart_and_start_small_again_when_something_changes():
    scenario = Scenario(
        {"flow-a": [(0.0, State("Running")), (500.0, State("Terminating")), (700.0, State("Terminated"))]}
    )
    _, wire = wait_for(scenario, "all", None, asynchronous=False, chance=0.0)
    times = [poll.at for poll in wire.asked]
    pauses = [later - earlier - 0.05 for earlier, later in pairwise(times)]
    changed = next(place for place, at in enumerate(times) if at >= 500.0)

    assert pauses[:9] == pytest.approx([2, 3, 4.5, 6.75, 10.125, 15.1875, 22.78125, 30, 30])
    assert pauses[changed : changed + 3] == pytest.approx([2, 3, 4.5])


def lines_of_a_poll(ended):
    """How many lines of the module a poll for one run takes, after so many others have ended."""
    time, counted = FakeTime(), 0
    ids = [f"flow-{number}" for number in range(ended + 1)]

    def answer(call):
        runs = [{"PipelineRunId": id_, "Status": "Running" if id_ == ids[-1] else "Succeeded"} for id_ in call]
        return paiflow.ListPipelineRunsStatusResponse.from_dict({"RequestId": "r", "PipelineRuns": runs})

    def count(frame, event, _):
        nonlocal counted
        counted += event == "line" and frame.f_code.co_filename == waiting.__file__
        return count

    steps = waiting.follow(ids, [], waiting.Limits(), time, refreshes=False)
    step, asked = next(steps), []
    while asked != [ids[-1:]]:
        if isinstance(step, Ask):
            asked = [list(call.arguments["pipeline_runs"]) for call in step.calls]
            if asked != [ids[-1:]]:
                step = steps.send([answer(call) for call in asked])
        else:
            time.sleep(step.seconds if isinstance(step, Pause) else 0)
            step = next(steps)
    before, last = sys.gettrace(), answer(ids[-1:])
    sys.settrace(count)
    try:
        step = undisturbed(lambda: steps.send([last]))  # no garbage of another test ends meanwhile
    finally:
        sys.settrace(before)
    assert isinstance(step, Pause)
    return counted


def test_a_poll_costs_nothing_for_what_has_ended():
    assert 0 < lines_of_a_poll(2) == lines_of_a_poll(250)


def test_jitter_shortens_a_pause_by_a_quarter_at_most():
    pauses = {}
    for chance in (0.0, 0.999):
        _, wire = wait_for(Scenario({"flow-a": life("Running")}), "all", 900.0, asynchronous=False, chance=chance)
        times = [poll.at for poll in wire.asked][8:-2]
        pauses[chance] = [later - earlier - 0.05 for earlier, later in pairwise(times)]

    assert set(map(round, pauses[0.0])) == {30}
    assert all(22.5 <= pause < 22.6 for pause in pauses[0.999])


def test_there_is_a_last_look_before_the_time_is_up(asynchronous):
    scenario = Scenario({"flow-a": [(0.0, State("Running")), (295.0, State("Succeeded"))]})
    outcome, _ = wait_for(scenario, "all", 300.0, asynchronous=asynchronous)

    assert outcome.result.succeeded == ["flow-a"]


def test_the_grace_of_a_missing_id_starts_again_whenever_it_is_seen(asynchronous):
    there, gone = State("Running"), State(absent=True)
    flickering = [(place * 45.0, there if place % 2 else gone) for place in range(40)]
    outcome, _ = wait_for(Scenario({"flow-a": flickering}), "all", 1700.0, asynchronous=asynchronous)

    assert outcome.timed_out
    assert outcome.result.missing + outcome.result.active == ["flow-a"]


def test_a_missing_id_ends_as_such_soon_after_its_grace(asynchronous):
    outcome, _ = wait_for(Scenario({"flow-a": [(0.0, State(absent=True))]}), "all", None, asynchronous=asynchronous)

    assert outcome.result.missing == ["flow-a"]
    assert 60 <= outcome.over <= 63
    with pytest.raises(paiflow.WaitFailed, match="1 of 1 ended badly: flow-a missing"):
        outcome.result.raise_for_outcome()


def test_first_failure_ends_with_the_first_one_and_any_with_whatever_ends(asynchronous):
    scenario = Scenario(
        {
            "flow-a": life("Running", "Succeeded", every=20.0),
            "flow-b": life("Running", "Suspended", every=100.0),
            "flow-c": life("Running"),
        }
    )
    any_, _ = wait_for(scenario, "any", None, asynchronous=asynchronous)
    first, _ = wait_for(scenario, "first-failure", None, asynchronous=asynchronous)

    assert (["flow-a"], ["flow-b", "flow-c"]) == (any_.result.succeeded, any_.result.active)
    assert (["flow-a"], ["flow-b"], ["flow-c"]) == (first.result.succeeded, first.result.stopped, first.result.active)
    any_.result.raise_for_outcome()
    with pytest.raises(paiflow.WaitFailed, match="1 of 3 ended badly: flow-b Suspended"):
        first.result.raise_for_outcome()


def test_what_is_missing_for_a_moment_is_no_failure_of_the_others(asynchronous):
    scenario = Scenario({"flow-a": life("Running", "Succeeded", every=20.0), "flow-b": [(0.0, State(absent=True))]})
    outcome, _ = wait_for(scenario, "any", None, asynchronous=asynchronous)

    assert (["flow-a"], ["flow-b"]) == (outcome.result.succeeded, outcome.result.missing)
    outcome.result.raise_for_outcome()


def test_a_timeout_tells_what_has_not_ended():
    scenario = Scenario({f"flow-{place}": life("Running") for place in range(5)})
    with pytest.raises(paiflow.WaitTimedOut) as caught:
        wait_with_time(scenario)

    assert "5 of 5 have not ended after 10 s: flow-0 Running, flow-1 Running, flow-2 Running and 2 more" == str(
        caught.value
    )


NODES = [paiflow.NodeRef("flow-a", "node-a"), paiflow.NodeRef("flow-b", "node-b")]


@pytest.mark.parametrize(
    ("lives", "words"),
    [
        ({"flow-a": life("Initialized")}, "flow-a is still Initialized: has it been started"),
        ({"flow-a": life("Running", "Initialized")}, "flow-a is still Initialized: has it been started"),
        ({NODES[0]: life("Initialized")}, "flow-a/node-a is still Initialized: has it been started"),
        ({"flow-a": life("Running"), NODES[0]: life("Initialized")}, None),
        (
            {"flow-a": life("Initialized"), "flow-c": life("Running"), NODES[1]: life("Initialized")},
            "flow-a, flow-b/node-b are still Initialized: have they been started",
        ),
        ({"flow-a": life("Initialized", "Running", every=15)}, None),
        ({"flow-a": life("Starting")}, None),
    ],
)
def test_what_stays_initialized_is_asked_about_once(asynchronous, caplog, lives, words):
    """A run that was made without being started waits for ever."""
    outcome, _ = wait_for(Scenario(lives), "all", 300.0, asynchronous=asynchronous)

    assert outcome.timed_out
    assert [words or ""] * bool(words) == [record.message[: len(words or "")] for record in caplog.records]
    assert all(record.levelname == "WARNING" for record in caplog.records)


def test_a_timeout_asks_whether_a_run_has_been_started():
    with pytest.raises(
        paiflow.WaitTimedOut, match="flow-a Initialized; flow-a is still Initialized: has it been started"
    ):
        wait_with_time(Scenario({"flow-a": life("Initialized")}))


def wait_with_time(scenario):
    """Wait 10 s for the scenario's runs, and raise what the wait raises."""
    time = FakeTime()
    transport = httpx.MockTransport(Wire(scenario, time).answer)
    with paiflow.PaiFlow("cn-hangzhou", credentials=CREDENTIALS, transport=transport, time=time) as client:
        client.wait(pipeline_runs=list(scenario.lives), timeout=10)


def test_no_answer_at_all_is_told(asynchronous):
    scenario = Scenario({"flow-a": life("Succeeded")}, faults=((0.0, 1e9, "503"),))
    outcome, _ = wait_for(scenario, "all", 100.0, asynchronous=asynchronous)

    assert outcome.timed_out
    assert outcome.result.answered is False
    assert outcome.result.unknown == ["flow-a"]


def wait_with(asynchronous, reply, **settings_):
    """Wait for one run at a service that always replies so; raises what the wait raises."""
    time = FakeTime()
    settings_ = {
        "credentials": CREDENTIALS,
        "time": time,
        "transport": httpx.MockTransport(lambda request: reply()),
        **settings_,
    }

    async def acall():
        async with paiflow.AsyncPaiFlow("cn-hangzhou", **settings_) as client:
            await client.wait(pipeline_runs=["flow-a"], timeout=1000)

    def call():
        with paiflow.PaiFlow("cn-hangzhou", **settings_) as client:
            client.wait(pipeline_runs=["flow-a"], timeout=1000)

    asyncio.run(acall()) if asynchronous else call()


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, "NoPermission", paiflow.AccessDenied),
        (404, "InvalidAccessKeyId.NotFound", paiflow.AccessDenied),
        (400, "InvalidSecurityToken.Expired", paiflow.AccessDenied),
        (400, "InvalidParameter", paiflow.InvalidRequest),
        (404, "InvalidApi.NotFound", paiflow.NotFound),
    ],
)
def test_what_waiting_does_not_mend_ends_it_early_with_the_result(asynchronous, status, code, error):
    with pytest.raises(error) as caught:
        wait_with(asynchronous, lambda: httpx.Response(status, json={"Code": code, "Message": "m", "RequestId": "r"}))

    assert caught.value.result.unknown == ["flow-a"]


@pytest.mark.parametrize("retries", [0, 1, 3])
@pytest.mark.parametrize("code", ["SignatureNonceUsed", "InvalidTimeStamp.Expired"])
def test_a_wait_survives_a_refused_nonce_or_clock(asynchronous, code, retries):
    refusal = httpx.Response(400, json={"Code": code, "Message": "m", "RequestId": "r"})
    found = {"RequestId": "r", "PipelineRuns": [{"PipelineRunId": "flow-a", "Status": "Succeeded"}]}
    replies = [refusal] * 6 + [httpx.Response(200, json=found)]
    wait_with(asynchronous, lambda: replies.pop(0), retries=retries)

    assert replies == []
    with pytest.raises(paiflow.WaitTimedOut):  # and not of what the last poll met
        wait_with(asynchronous, lambda: refusal, retries=retries)


def test_missing_credentials_end_it_early_with_the_result(asynchronous):
    with pytest.raises(paiflow.CredentialsError) as caught:
        wait_with(asynchronous, lambda: httpx.Response(200, json={}), credentials=lambda: None)

    assert caught.value.result.unknown == ["flow-a"]


def test_an_expired_token_is_waited_out_where_credentials_refresh(asynchronous):
    replies = [httpx.Response(400, json={"Code": "InvalidSecurityToken.Expired", "Message": "m", "RequestId": "r"})] * 3
    replies.append(httpx.Response(200, json={"PipelineRuns": [{"PipelineRunId": "flow-a", "Status": "Succeeded"}]}))
    wait_with(asynchronous, lambda: replies.pop(0), credentials=lambda: CREDENTIALS)

    assert replies == []


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"pipeline_runs": ["a"], "until": "some"},
        {"pipeline_runs": ["a"], "timeout": 0},
        {"pipeline_runs": ["a"], "timeout": -1},
        {"pipeline_runs": "flow-a"},
    ],
)
@pytest.mark.parametrize("method", ["wait", "watch"])
def test_a_wait_that_cannot_be_kept_to_is_refused_before_any_call(method, arguments):
    sent = []
    client = paiflow.PaiFlow("cn-hangzhou", credentials=CREDENTIALS, transport=httpx.MockTransport(sent.append))
    with pytest.raises(paiflow.InvalidRequest):
        getattr(client, method)(**arguments)

    assert sent == []


def test_watch_yields_changes_only(asynchronous):
    scenario = Scenario(
        {
            "flow-a": life("Running", "Running", "Terminating", "Terminated", every=60.0),
            ("flow-a", "node-x"): life("Skipped"),
        }
    )
    time = FakeTime()
    wire = Wire(scenario, time)
    settings_ = {"credentials": CREDENTIALS, "time": time, "transport": httpx.MockTransport(wire.answer)}
    wanted = {"pipeline_runs": ["flow-a"], "nodes": [("flow-a", "node-x")]}

    async def acall():
        async with paiflow.AsyncPaiFlow("cn-hangzhou", **settings_) as client:
            return [change async for change in client.watch(**wanted)]

    def call():
        with paiflow.PaiFlow("cn-hangzhou", **settings_) as client:
            return list(client.watch(**wanted))

    changes = asyncio.run(acall()) if asynchronous else call()

    assert [(change.id, change.before.status, change.after.status, change.after.outcome) for change in changes] == [
        ("flow-a", None, "Running", "active"),
        (("flow-a", "node-x"), None, "Skipped", "succeeded"),
        ("flow-a", "Running", "Terminating", "active"),
        ("flow-a", "Terminating", "Terminated", "stopped"),
    ]
    assert [change.after.since.timestamp() - 1_800_000_000 for change in changes] == sorted(
        change.after.since.timestamp() - 1_800_000_000 for change in changes
    )


def test_the_cost_is_told():
    assert [waiting.calls_per_hour(ids) for ids in (1, 100, 101, 1000)] == [1800, 1800, 3600, 18000]
    assert [waiting.calls_per_hour(101, interval) for interval in (None, 1, 60)] == [3600, 3600, 120]


def test_the_deadline_holds_for_any_number_of_batches(asynchronous):
    """Each batch times out only when the whole wait has: what has its turn later has less time, or none."""
    time = FakeTime()
    asked = []

    def hang(request):
        asked.append(time.elapsed)
        time.elapsed += 1.0
        raise httpx.ReadTimeout("")

    settings_ = {"credentials": CREDENTIALS, "time": time, "transport": httpx.MockTransport(hang)}
    arguments = {"pipeline_runs": [f"flow-{place}" for place in range(3200)], "timeout": 2}

    async def acall():
        async with paiflow.AsyncPaiFlow("cn-hangzhou", **settings_) as client:
            await client.wait(**arguments)

    def call():
        with paiflow.PaiFlow("cn-hangzhou", **settings_) as client:
            client.wait(**arguments)

    with pytest.raises(paiflow.WaitTimedOut):
        asyncio.run(acall()) if asynchronous else call()

    assert max(asked) < 2 + 8, "of those that were in flight, none began after the deadline had passed for all"
    assert len(asked) <= 16


@pytest.mark.parametrize(
    "headers",
    [{"retry-after": "99999999999"}, {"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, {"x-acs-retry-after": "9" * 15}],
)
def test_a_wish_to_be_left_alone_for_ever_is_not_believed(asynchronous, headers):
    throttled = [httpx.Response(429, json={"Code": "Throttling", "Message": "m", "RequestId": "r"}, headers=headers)]
    done = httpx.Response(200, json={"PipelineRuns": [{"PipelineRunId": "flow-a", "Status": "Succeeded"}]})
    replies = [*throttled, done]
    with pytest.raises(paiflow.WaitTimedOut):
        wait_with(asynchronous, lambda: replies[0])

    assert waiting.wished(paiflow.Throttled("Op", 429, retry_after=1e12)) == 3600


def test_one_attempt_is_a_poll_and_the_next_poll_the_next(asynchronous):
    scenario = Scenario({"flow-a": life("Succeeded")}, faults=((0.0, 1.0, "503"),))
    outcome, wire = wait_for(scenario, "all", None, asynchronous=asynchronous, retries=3)

    assert outcome.result.succeeded == ["flow-a"]
    assert [round(poll.at) for poll in wire.asked] == [0, 3]


@pytest.mark.parametrize(("status", "mends"), [(408, True), (425, True), (500, True), (501, False), (400, False)])
def test_what_may_pass_is_waited_out(status, mends):
    kind = paiflow.ServerFault if status >= 500 else paiflow.InvalidRequest

    assert mends is waiting.mends(kind("Op", status), refreshes=False)


def test_ids_may_be_positional_and_a_workspace_a_number(asynchronous):
    time, life_ = FakeTime(), life("Succeeded")
    wire = Wire(Scenario({"flow-a": life_}), time)
    settings_ = {"credentials": CREDENTIALS, "time": time, "transport": httpx.MockTransport(wire.answer)}

    async def acall():
        async with paiflow.AsyncPaiFlow("cn-hangzhou", workspace_id=948, **settings_) as client:
            changes = [change async for change in client.watch(["flow-a"])]
            return await client.wait(["flow-a"], workspace_id=949), changes, await client.statuses(["flow-a"])

    def call():
        with paiflow.PaiFlow("cn-hangzhou", workspace_id=948, **settings_) as client:
            changes = list(client.watch(["flow-a"]))
            return client.wait(["flow-a"], workspace_id=949), changes, client.statuses(["flow-a"])

    result, [change], report = asyncio.run(acall()) if asynchronous else call()

    assert ["flow-a"] * 3 == [*result.succeeded, change.id, report.runs[0].pipeline_run_id]


def test_what_was_never_returned_has_a_reply_with_its_ids_and_no_more():
    run, node = (
        waiting.Waited(id=id_, since=datetime.now(UTC)) for id_ in ("flow-a", paiflow.NodeRef("flow-a", "node-b"))
    )

    assert ("flow-a", None, None) == (run.reply.pipeline_run_id, run.reply.name, run.reply.status)
    assert ("flow-a", "node-b", None) == (node.reply.pipeline_run_id, node.reply.node_id, node.reply.node_name)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("flow-tarin", "flow-tarin: it was not asked for; did you mean flow-train?"),
        (("flow-a", "node-c"), "flow-a/node-c: it was not asked for; did you mean flow-a/node-b?"),
        ("zzz", "zzz: it was not asked for"),
    ],
)
def test_an_id_that_a_result_does_not_hold_is_a_key_error_that_says_what_is_near(key, words):
    result = paiflow.WaitResult(
        [waiting.Waited(id=id_, since=datetime.now(UTC)) for id_ in ("flow-train", paiflow.NodeRef("flow-a", "node-b"))]
    )
    with pytest.raises(KeyError) as caught:
        result[key]

    assert words == str(caught.value)
    assert key == caught.value.args[0]
    assert key not in result
    assert result.get(key) is None


@pytest.mark.parametrize("name", ["timeout", "interval"])
@pytest.mark.parametrize("value", ["soon", "1h 30m", "-5", "0", True, timedelta(0), [5]])
def test_what_is_no_duration_is_refused(name, value):
    client = paiflow.PaiFlow("cn-hangzhou", credentials=CREDENTIALS)
    with pytest.raises(paiflow.InvalidRequest, match=f"{name} must be seconds above 0, text such as"):
        client.wait(pipeline_runs=["a"], **{name: value})


@pytest.mark.parametrize("value", ["5400", "5400s", "90m", "1h30m", timedelta(hours=1.5)])
def test_a_duration_is_written_as_a_person_does(value):
    time = FakeTime()
    wire = Wire(Scenario({"flow-a": life("Running")}), time)
    transport = httpx.MockTransport(wire.answer)
    client = paiflow.PaiFlow("cn-hangzhou", credentials=CREDENTIALS, time=time, transport=transport)
    with client, pytest.raises(paiflow.WaitTimedOut, match="have not ended after 5400 s"):
        client.wait(pipeline_runs=["flow-a"], timeout=value)

    assert 5400 == pytest.approx(time.elapsed, abs=1)


@pytest.mark.parametrize(("interval", "shortest", "longest"), [(None, 2, 30), (1, 2, 30), ("1m", 60, 60), (20, 20, 30)])
def test_polls_are_no_closer_than_the_interval(interval, shortest, longest):
    time = FakeTime()
    wire = Wire(Scenario({"flow-a": life("Starting", "Running", "Succeeded", every=600.0)}), time)
    transport = httpx.MockTransport(wire.answer)
    with paiflow.PaiFlow("cn-hangzhou", credentials=CREDENTIALS, time=time, transport=transport) as client:
        client.wait(pipeline_runs=["flow-a"], interval=interval)
    gaps = [later.at - earlier.at for earlier, later in pairwise(wire.asked)]

    assert shortest <= min(gaps) <= max(gaps) <= longest + 0.2
    assert max(gaps) >= longest * 0.75
