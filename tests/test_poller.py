"""A Poller shares its polls between waits, and nothing else: each wait ends as `wait` would have ended it."""

import asyncio
import contextvars
import gc
import json
from contextlib import asynccontextmanager
from itertools import pairwise

import httpx
import pytest

import paiflow
from paiflow.mock import HandClock, HandTime, MockService, MockTransport
from paiflow.status.waiting import Wait


class PatientTime(HandTime):
    """A time whose sleepers wait until the clock is advanced by hand, as those of the real one."""

    def __init__(self, clock):
        super().__init__(clock)
        self._hand = clock

    async def asleep(self, seconds):
        await self._hand.until(self._hand.now() + seconds)


class Stage:
    """A service without a socket, a poller of it, and what it was asked: when, and for which ids."""

    def __init__(self, **options):
        self.clock = HandClock(start=1_800_000_000)
        self.service = MockService(clock=self.clock, sample=False, on_request=self._note)
        self.time = PatientTime(self.clock)
        self.asked = []
        self.gate = None
        self.delay = 0
        self.client = paiflow.AsyncPaiFlow(
            endpoint="http://127.0.0.1:1",
            workspace_id="84028",
            credentials=self.service.credentials,
            transport=Gated(self),
            time=self.time,
            **options,
        )
        self.poller = paiflow.Poller(self.client)
        self.began = self.clock.now()

    def _note(self, request):
        body = json.loads(request.body)
        ids = [*body.get("PipelineRuns", ()), *((one["PipelineRunId"], one["NodeId"]) for one in body.get("Nodes", ()))]
        self.asked.append((self.clock.now() - self.began, ids))

    def run(self, id_, *statuses):
        """Add a run with these statuses, each with when it comes; one alone is there from the start."""
        timeline = [one if isinstance(one, tuple) else (0, one) for one in statuses or ["Running"]]
        self.service.stage.add_run(id_, timeline, workspace_id="84028")

    def wait(self, *ids, **options):
        return asyncio.ensure_future(self.poller.wait(ids, **options))

    async def advance(self, seconds, step=0.5):
        """Let time pass, and everybody do what is due."""
        for _ in range(round(seconds / step)):
            await settle()
            self.clock.advance(step)
        await settle()


class Gated(MockTransport):
    """Answers when the gate is open, if there is one."""

    def __init__(self, stage):
        super().__init__(stage.service)
        self._stage = stage

    async def handle_async_request(self, request):
        response = await super().handle_async_request(request)
        if self._stage.delay:
            await self._stage.time.asleep(self._stage.delay)
        if self._stage.gate is not None:
            await self._stage.gate.wait()
        return response


async def settle():
    for _ in range(60):
        await asyncio.sleep(0)


@asynccontextmanager
async def staged(**options):
    stage = Stage(**options)
    async with asyncio.timeout(30), stage.client:  # by the real clock: a wait for time that does not pass is a fault
        yield stage
    assert 0 == stage.poller.waiting
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    assert [] == others, "nothing runs on"


async def test_two_hundred_waits_cost_two_calls_a_poll():
    async with staged() as stage:
        ids = [f"flow-{number:03}" for number in range(200)]
        for number, id_ in enumerate(ids):
            stage.run(id_, (0, "Running"), (60 + number, "Failed" if number % 3 else "Succeeded"))
        waits = [stage.wait(id_) for id_ in ids]
        await stage.advance(50)
        polls = {at for at, _ in stage.asked}

        assert 2 * len(polls) == len(stage.asked) <= 2 * 12
        assert all(100 == len(asked) for _, asked in stage.asked)
        await stage.advance(250)
        results = await asyncio.gather(*waits)
        assert [["succeeded", "failed"][bool(number % 3)] for number in range(200)] == [
            result[id_].outcome for id_, result in zip(ids, results, strict=True)
        ]


async def test_a_newcomer_joins_the_next_poll_and_what_has_ended_is_not_asked_for():
    async with staged() as stage:
        stage.run("flow-a", (0, "Running"), (300, "Succeeded"))
        stage.run("flow-b", (0, "Running"), (11, "Terminated"))
        first = stage.wait("flow-a")
        await stage.advance(10)
        before = len(stage.asked)
        second = stage.wait("flow-b")
        third = stage.wait("flow-b", "flow-a", until="any")
        await stage.advance(30)

        assert "stopped" == (await second)["flow-b"].outcome
        assert "stopped" == (await third)["flow-b"].outcome
        assert ["flow-a", "flow-b"] == stage.asked[before][1]
        assert ["flow-a"] == stage.asked[-1][1]
        assert min(late - early for (early, _), (late, _) in pairwise(stage.asked)) >= 2
        assert not first.done()
        await stage.advance(300)
        assert ["flow-a"] == (await first).succeeded


async def test_a_newcomer_during_a_poll_is_in_the_next_one_and_keeps_its_own_time():
    async with staged() as stage:
        stage.run("flow-a")
        stage.run("flow-b", "Succeeded")
        lasting = stage.wait("flow-a")
        await stage.advance(200)
        stage.delay = 1
        count = len(stage.asked)
        while len(stage.asked) == count:
            await stage.advance(0.5)
        newcomer, hasty = stage.wait("flow-b"), stage.wait("flow-b", timeout=0.01)
        await settle()
        stage.clock.advance(0.1)
        await asyncio.wait([hasty])
        assert count + 1 == len(stage.asked)
        assert isinstance(hasty.exception(), paiflow.WaitTimedOut), "the calls are still under way"
        await stage.advance(5)

        assert newcomer.done()
        assert count + 2 == len(stage.asked)
        lasting.cancel()
        await settle()


async def test_a_newcomer_does_not_wait_for_a_poll_that_is_far_off():
    async with staged() as stage:
        stage.run("flow-a")
        stage.run("flow-b", "Succeeded")
        lasting = stage.wait("flow-a")
        await stage.advance(200)
        while stage.clock.now() - stage.began - stage.asked[-1][0] != 3:
            await stage.advance(0.5)
        count = len(stage.asked)
        newcomer = stage.wait("flow-b")
        await stage.advance(0.5)
        lasting.cancel()

        assert newcomer.done()
        assert count + 1 == len(stage.asked)
        await settle()


async def test_polls_are_never_closer_than_two_seconds_even_from_one_wait_to_the_next():
    async with staged() as stage:
        stage.run("flow-a", "Succeeded")
        for _ in range(3):
            wait = stage.wait("flow-a")
            await stage.advance(3)
            assert wait.done()
            wait = stage.wait("flow-a")
            await settle()
            wait.cancel()

        times = [at for at, _ in stage.asked]
        assert min(late - early for early, late in pairwise(times)) >= 2


@pytest.mark.parametrize("fault", [{"name": "throttling"}, {"name": "throttling", "retry_after": 40}])
async def test_throttling_makes_polls_rarer_for_all(fault):
    async with staged() as stage:
        # Something changes at each poll: without throttling there would be one every 2 or 3 s.
        stage.run("flow-a", *((second, ("Running", "ReadyToSchedule")[second % 2]) for second in range(400)))
        waits = [stage.wait("flow-a", timeout=600)]
        with stage.service.faults.add(**fault):
            await stage.advance(60)
            throttled = len(stage.asked)
            waits.append(stage.wait("flow-b", timeout=600))
            await stage.advance(60)
            newcomer = len(stage.asked) - throttled
        await stage.advance(200)
        recovering = len(stage.asked)
        await stage.advance(60)
        recovered = len(stage.asked) - recovering
        for wait in waits:
            wait.cancel()

        assert throttled <= 6
        assert newcomer <= 4, "a newcomer does not hurry a service that throttles"
        assert recovered >= 15, "little by little it is as before"
        await settle()


async def test_a_slow_service_is_asked_more_rarely():
    async with staged() as stage:
        stage.run("flow-a", *((second, ("Running", "ReadyToSchedule")[second % 2]) for second in range(400)))
        stage.delay = 8
        wait = stage.wait("flow-a")
        await stage.advance(100)
        times = [at for at, _ in stage.asked]
        wait.cancel()

        assert min(late - early for early, late in pairwise(times)) >= 16
        await settle()


async def test_a_wait_that_is_cancelled_disturbs_no_other():
    async with staged() as stage:
        for id_ in ("flow-a", "flow-b"):
            stage.run(id_, (0, "Running"), (20, "Succeeded"))
        stage.gate = asyncio.Event()
        first, second = stage.wait("flow-a"), stage.wait("flow-b")
        await settle()
        first.cancel("by the user")
        with pytest.raises(asyncio.CancelledError, match="by the user"):
            await first
        stage.gate.set()
        await stage.advance(40)

        assert ["flow-b"] == (await second).succeeded
        assert ["flow-b"] == stage.asked[-1][1]


async def test_without_a_wait_nothing_is_asked():
    async with staged() as stage:
        stage.run("flow-a")
        stage.gate = asyncio.Event()
        for open_ in (False, True):
            wait = stage.wait("flow-a")
            await stage.advance(3)
            if open_:
                stage.gate.set()
                await settle()
            wait.cancel()
            await settle()
            count = len(stage.asked)
            assert 1 == len(asyncio.all_tasks())
            await stage.advance(60)

            assert count == len(stage.asked)


async def test_a_wait_that_joins_as_the_last_one_leaves_is_served():
    async with staged() as stage:
        stage.run("flow-a")
        stage.run("flow-b", "Succeeded")

        async def first_one_then_the_other():
            try:
                await stage.poller.wait(["flow-a"])
            except asyncio.CancelledError:
                return await stage.poller.wait(["flow-b"])

        waits = asyncio.ensure_future(first_one_then_the_other())
        await stage.advance(5)
        waits.cancel()
        await stage.advance(5)

        assert ["flow-b"] == (await waits).succeeded


async def test_a_poll_that_was_broken_off_counts_as_one():
    async with staged() as stage:
        stage.gate = asyncio.Event()
        stage.run("flow-a", "Succeeded")
        for _ in range(5):
            wait = stage.wait("flow-a")
            await stage.advance(0.5)
            wait.cancel()
            await settle()

        assert 2 == len(stage.asked)


async def test_each_wait_keeps_its_own_time():
    async with staged() as stage:
        stage.run("flow-a", (0, "Running"), (100, "Succeeded"))
        stage.run("flow-b", (0, "Running"), (49.5, "Succeeded"))
        long, short, last_look = (
            stage.wait("flow-a"),
            stage.wait("flow-a", timeout=25),
            stage.wait("flow-b", timeout="51s"),
        )
        await stage.advance(24.5)
        assert not short.done()
        await stage.advance(0.5)

        with pytest.raises(paiflow.WaitTimedOut, match="1 of 1 have not ended after 25 s: flow-a Running") as caught:
            await short
        assert "Running" == caught.value.result["flow-a"].status
        await stage.advance(26)
        assert ["flow-b"] == (await last_look).succeeded
        await stage.advance(80)
        assert ["flow-a"] == (await long).succeeded


async def test_time_is_up_also_while_the_service_does_not_answer():
    async with staged() as stage:
        stage.gate = asyncio.Event()
        stage.run("flow-a", "Succeeded")
        short, long = stage.wait("flow-a", timeout=0.05), stage.wait("flow-a")

        await settle()
        stage.clock.advance(0.1)  # the time of calls goes by the real clock too
        with pytest.raises(paiflow.WaitTimedOut, match=r"no answer within 0\.05 s"):
            await short
        stage.gate.set()
        assert ["flow-a"] == (await long).succeeded


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("expired-token", paiflow.AccessDenied),
        ("nonce-used", None),
        ("internal-error", None),
        ("unavailable", None),
        ("reset", None),
        ("truncated", None),
        ("nulls", None),
        ("bad-gateway", None),
    ],
)
async def test_errors_reach_all_waits_by_the_rules_of_wait(fault, error):
    async with staged() as stage:
        stage.run("flow-a", (0, "Running"), (5, "Succeeded"))
        stage.run("flow-b", (0, "Running"), (5, "Failed"))
        waits = [stage.wait("flow-a"), stage.wait("flow-b")]
        stage.service.faults.add(fault, times=1)
        await stage.advance(40)
        outcomes = await asyncio.gather(*waits, return_exceptions=True)

        if error is None:
            assert ["succeeded", "failed"] == [next(iter(result.values())).outcome for result in outcomes]
        else:
            assert [error, error] == list(map(type, outcomes))
            assert outcomes[0] is not outcomes[1]
            assert [["flow-a"], ["flow-b"]] == [list(outcome.result) for outcome in outcomes]
            assert 1 == len(stage.asked)


async def waited(ids, refused):
    """Return how the waits for ids ended, and the calls made, with a service that refuses calls for some of them."""
    calls = []

    def answer(request):
        asked = json.loads(request.content)["PipelineRuns"]
        calls.append(asked)
        if set(refused) & set(asked):
            return httpx.Response(400, json={"Code": "InvalidParameter", "Message": "m", "RequestId": "r"})
        runs = [{"PipelineRunId": id_, "Status": "Succeeded"} for id_ in asked]
        return httpx.Response(200, json={"RequestId": "r", "PipelineRuns": runs})

    settings = {"transport": httpx.MockTransport(answer), "time": HandTime(HandClock())}
    credentials = paiflow.Credentials("test-key-id", "test-key-secret")
    async with paiflow.AsyncPaiFlow("cn-hangzhou", credentials=credentials, **settings) as client:
        poller = paiflow.Poller(client)
        return await asyncio.gather(*(poller.wait([id_]) for id_ in ids), return_exceptions=True), calls


async def test_an_id_that_the_service_refuses_ends_its_own_wait_only():
    ids = [f"flow-{number:03}" for number in range(100)]
    ended, calls = await waited(ids, refused={"flow-007", "flow-099"})

    bad = [next(iter(end.result)) for end in ended if isinstance(end, paiflow.InvalidRequest)]
    assert ["flow-007", "flow-099"] == bad
    assert 98 == sum(isinstance(end, paiflow.WaitResult) for end in ended)
    assert len(calls) < 30


async def test_a_refusal_of_everything_is_not_asked_about_again_and_again():
    ids = [f"flow-{number:04}" for number in range(1000)]
    ended, calls = await waited(ids, refused=ids)

    assert {paiflow.InvalidRequest} == set(map(type, ended))
    assert 10 + 20 + 40 == len(calls)


async def test_a_fault_of_the_transport_reaches_the_waits():
    def broken(_):
        raise LookupError("not of this package")

    async with paiflow.AsyncPaiFlow(
        "cn-hangzhou", credentials=paiflow.Credentials("id", "secret"), transport=httpx.MockTransport(broken)
    ) as client:
        poller = paiflow.Poller(client)
        ended = await asyncio.gather(poller.wait(["flow-a"]), poller.wait(["flow-b"]), return_exceptions=True)

    assert [LookupError, LookupError] == list(map(type, ended))


def test_a_poller_serves_one_event_loop_after_another():
    stage = Stage()
    stage.time.asleep = HandTime(stage.clock).asleep
    stage.run("flow-a", "Succeeded")

    async def abandoned():
        asyncio.ensure_future(stage.poller.wait(["flow-b"]))  # noqa: RUF006 - the loop ends first
        await asyncio.sleep(0)

    asyncio.run(abandoned())
    for _ in range(2):
        assert ["flow-a"] == asyncio.run(stage.poller.wait(["flow-a"])).succeeded
    assert 0 == stage.poller.waiting


async def test_polls_are_not_made_in_the_context_of_the_wait_that_came_first():
    whose = contextvars.ContextVar("whose", default="nobody's")
    seen = []

    def answer(_):
        seen.append(whose.get())
        return httpx.Response(
            200, json={"RequestId": "r", "PipelineRuns": [{"PipelineRunId": "a", "Status": "Failed"}]}
        )

    credentials = paiflow.Credentials("test-key-id", "test-key-secret")
    transport = httpx.MockTransport(answer)
    async with paiflow.AsyncPaiFlow("cn-hangzhou", credentials=credentials, transport=transport) as client:
        whose.set("the first one's")
        await paiflow.Poller(client).wait(["a"])

    assert ["nobody's"] == seen


async def test_the_waits_end_when_the_polling_is_cancelled_by_others():
    async with staged() as stage:
        stage.run("flow-a")
        wait = stage.wait("flow-a")
        await settle()
        [polling] = [task for task in asyncio.all_tasks() if "Poller._poll" in repr(task.get_coro())]
        polling.cancel()

        with pytest.raises(asyncio.CancelledError):
            await wait


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"pipeline_runs": "flow-a"},
        {"pipeline_runs": ["flow-a"], "timeout": 0},
        {"pipeline_runs": ["a"], "until": "x"},
    ],
)
async def test_what_wait_refuses_is_refused(arguments):
    async with staged() as stage:
        with pytest.raises(paiflow.InvalidRequest):
            await stage.poller.wait(**arguments)
        assert [] == stage.asked


async def test_what_has_ended_is_forgotten():
    async with staged() as stage:
        stage.run("flow-a", "Succeeded")
        stage.run("flow-b")
        lasting = stage.wait("flow-b")
        for _ in range(3):
            waits = [stage.wait("flow-a") for _ in range(50)]
            await stage.advance(3)
            assert {True} == {wait.done() for wait in waits}
            del waits
        gc.collect()
        kept = sum(isinstance(one, Wait) and one._time is stage.time for one in gc.get_objects())
        tasks = len(asyncio.all_tasks())
        lasting.cancel()
        await settle()

        assert 1 == kept
        assert 5 >= tasks, "this one, the wait, the polling, and its two of a pause"
