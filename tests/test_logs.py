"""A node's log: all lines once and in order, by both readings of Offset, while it grows and in spite of faults."""

import asyncio
import gc

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import paiflow
from paiflow.client.logs import Log, lines
from paiflow.errors import AccessDenied, NotFound, ServerFault, Throttled, TransportError, UnexpectedReply
from paiflow.mock import HandClock, HandTime
from paiflow.steps import Ask, Items, Pause
from paiflow_api.calling import Call
from paiflow_api.operations import LIST_PIPELINE_RUN_NODE_LOGS, OPERATIONS

CREDENTIALS = paiflow.Credentials("test-key-id", "test-key-secret")
WHERE = {"pipeline_run_id": "flow-1", "node_id": "node-1"}
READINGS = st.sampled_from(["lines", "pages"])


class Service:
    """A service with one log, whose time passes by the pauses of those who read it.

    Attributes:
        asked: the offset and size of each page, and the word "node" for each look at the node.
        passed: the time.
        total: the TotalCount that it tells.
        faults: by the count of requests, the error that is returned instead.
        latency: the seconds that each request takes.
    """

    latency = 0.0

    def __init__(
        self, log, reading="lines", *, cap=1000, every=0.0, ends_at=0.0, status="Succeeded", faults=None, total=None
    ):
        self.log = list(log)
        self.reading, self.cap, self.every, self.ends_at, self.status = reading, cap, every, ends_at, status
        self.total = total
        self.asked = []
        self.passed = 0.0
        self.faults = dict(faults or {})

    @property
    def there(self):
        """The lines that have come."""
        return self.log[: int(self.passed / self.every) + 1] if self.every else self.log

    def answer(self, call):
        self.passed += self.latency
        fault = self.faults.get(len(self.asked))
        if call.operation.name == "GetPipelineRunNode":
            self.asked.append("node")
            status = self.status if self.passed >= self.ends_at else "Running"
            return fault or call.operation.reply.from_dict({"RequestId": "R", "StatusInfo": {"Status": status}})
        offset, size = call.arguments["offset"], min(call.arguments["page_size"], self.cap)
        self.asked.append((offset, call.arguments["page_size"]))
        shown = self.there[::-1] if call.arguments.get("reverse") else self.there
        first = offset * size if self.reading == "pages" else offset
        fields = {"RequestId": "R", "TotalCount": self.total, "Logs": shown[first : first + size]}
        return fault or call.operation.reply.from_dict(fields)


def read(service, *, most=100_000, follow=False, limit=None, page_size=10, **filters):
    """Return the lines that are yielded."""
    steps = lines(
        Call(LIST_PIPELINE_RUN_NODE_LOGS, {**WHERE, **filters}), follow=follow, limit=limit, page_size=page_size
    )
    found = []
    try:
        step = next(steps)
        while len(service.asked) < most:
            match step:
                case Items(values):
                    found += values
                    step = next(steps)
                case Ask(calls):
                    [call] = calls
                    step = steps.send([service.answer(call)])
                case Pause(seconds):
                    service.passed += seconds
                    step = next(steps)
    except StopIteration:
        return found
    raise AssertionError(f"it goes on after {most} requests")


def numbered(count):
    return [f"line {number}" for number in range(count)]


@given(
    count=st.integers(0, 60),
    kinds=st.integers(1, 60),
    reading=READINGS,
    page_size=st.integers(1, 12),
    cap=st.integers(1, 12),
    limit=st.none() | st.integers(1, 70),
)
@example(count=250, kinds=1, reading="pages", page_size=100, cap=1000, limit=None)
@example(count=250, kinds=1, reading="lines", page_size=100, cap=1000, limit=None)
@example(count=250, kinds=2, reading="pages", page_size=100, cap=30, limit=None)
def test_all_lines_once_by_both_readings(count, kinds, reading, page_size, cap, limit):
    """Lines repeat: in some logs all are the same, so that no content tells where one is."""
    log = [f"line {number % kinds}" for number in range(count)]

    assert log[:limit] == read(Service(log, reading, cap=cap), page_size=page_size, limit=limit)


@pytest.mark.parametrize("reading", ["lines", "pages"])
def test_newest_first(reading):
    log = numbered(45)

    assert log[::-1] == read(Service(log, reading), reverse=True)


@pytest.mark.parametrize("count", range(11))
def test_a_log_of_one_page_takes_two_requests(count):
    service = Service(numbered(count))

    assert (service.log, 2 if count else 1) == (read(service), len(service.asked))


@pytest.mark.parametrize(("reading", "most"), [("lines", 108), ("pages", 108)])
def test_to_decide_takes_few_requests(reading, most):
    service = Service(numbered(1000), reading)

    assert service.log == read(service)
    assert len(service.asked) <= most + 8


def test_no_more_lines_are_asked_for_than_are_wanted():
    service = Service(numbered(1000))

    assert numbered(5) == read(service, limit=5)
    assert [(0, 5)] == service.asked


@given(
    count=st.integers(1, 60),
    reading=READINGS,
    every=st.floats(0.05, 20),
    page_size=st.integers(1, 12),
    cap=st.integers(1, 12),
    faulty=st.sets(st.integers(0, 40), max_size=10),
    latency=st.sampled_from([0.0, 0.1, 1.0]),
    fault=st.sampled_from(
        [
            Throttled("a", 429, retry_after=7.0),
            ServerFault("a", 500),
            TransportError("a", "reset", 1, may_pass=True, sent=True),
            UnexpectedReply("a", 200, "", None, "no JSON"),
        ]
    ),
)
def test_a_log_that_grows_is_followed_until_its_node_has_ended(
    count, reading, every, page_size, cap, faulty, latency, fault
):
    service = Service(
        numbered(count), reading, every=every, cap=cap, ends_at=count * every, faults=dict.fromkeys(faulty, fault)
    )
    service.latency = latency

    assert service.log == read(service, follow=True, page_size=page_size)
    assert "node" in service.asked


@pytest.mark.parametrize("status", ["Succeeded", "Failed", "Terminated", "Skipped", "Suspended"])
def test_following_ends_when_the_node_has_ended(status):
    service = Service(["a"], status=status)

    assert ["a"] == read(service, follow=True)
    assert [(0, 10), (1, 1), "node", (1, 1)] == service.asked


@pytest.mark.parametrize("status", ["Running", "Unknown", "Pondering", None])
def test_a_node_of_unknown_status_has_not_ended(status):
    with pytest.raises(AssertionError, match="goes on"):
        read(Service(["a"], status=status), follow=True, most=30)


def test_lines_that_come_while_the_node_ends_are_not_lost():
    class Late(Service):
        def answer(self, call):
            reply = super().answer(call)
            if self.asked[-1] == "node":
                self.log.append("the last words")
            return reply

    assert ["a", "the last words"] == read(Late(["a"]), follow=True)


def test_the_pauses_grow_and_begin_anew_with_new_lines():
    service = Service(numbered(2), every=30.0, ends_at=61.0)
    steps = lines(Call(LIST_PIPELINE_RUN_NODE_LOGS, WHERE), follow=True, limit=None)
    seen, step = [], next(steps)
    while len(seen) < 8:
        if isinstance(step, Ask):
            step = steps.send([service.answer(step.calls[0])])
            continue
        if isinstance(step, Pause):
            service.passed += step.seconds
        seen += step.values if isinstance(step, Items) else [step.seconds]
        step = next(steps)

    assert ["line 0", 2.0, 3.0, 4.5, 6.75, 10.125, 15.0, "line 1"] == seen


@pytest.mark.parametrize(
    ("error", "follow"), [(AccessDenied("a", 403), True), (NotFound("a", 404), True), (ServerFault("a", 500), False)]
)
def test_other_errors_are_raised(error, follow):
    with pytest.raises(type(error)):
        read(Service(numbered(3), faults={1: error}), follow=follow)


def test_a_service_that_pays_no_heed_to_offset_is_not_asked_for_ever():
    class Heedless(Service):
        def answer(self, call):
            call.arguments["offset"] = 0
            return super().answer(call)

    service = Heedless(numbered(20))

    assert 30 == len(read(service, limit=30, most=60))


def driven(service, steps):
    """Return what steps return."""
    answers = None
    try:
        while True:
            step = steps.send(answers)
            answers = [service.answer(call) for call in step.calls]
    except StopIteration as end:
        return end.value


@given(
    count=st.integers(0, 60),
    tail=st.integers(0, 70),
    reading=READINGS,
    page_size=st.integers(1, 20),
    cap=st.integers(1, 12),
    total=st.none() | st.integers(0, 80),
)
@example(count=60, tail=5, reading="pages", page_size=10, cap=1000, total=10)
def test_the_last_lines_are_found_whatever_the_service_says_of_their_count(count, tail, reading, page_size, cap, total):
    service = Service(numbered(count), reading, cap=cap, total=total)
    log = Log(Call(LIST_PIPELINE_RUN_NODE_LOGS, WHERE), page_size)
    driven(service, log.seek(tail))
    found = []
    while new := driven(service, log.more()):
        found += new

    assert service.log[max(0, count - tail) :] == found


def test_to_find_the_last_lines_takes_few_requests():
    service = Service(numbered(100_000), total=100_000)
    log = Log(Call(LIST_PIPELINE_RUN_NODE_LOGS, WHERE))
    driven(service, log.seek(10))

    assert numbered(100_000)[-10:] == driven(service, log.more())
    assert len(service.asked) <= 10


def test_memory_does_not_grow_with_the_log():
    class Endless(Service):
        def answer(self, call):
            offset, size = call.arguments["offset"], call.arguments["page_size"]
            first = min(offset, 1_000_000)
            logs = [f"line {number}" for number in range(first, min(first + size, 50_000))]
            return call.operation.reply.from_dict({"RequestId": "R", "Logs": logs})

    service = Endless([])
    steps = lines(Call(LIST_PIPELINE_RUN_NODE_LOGS, WHERE), follow=False, limit=None, page_size=500)
    objects, seen, step = [], 0, next(steps)
    try:
        while True:
            if isinstance(step, Items):
                seen += len(step.values)
                if seen in (2_000, 49_000):
                    gc.collect()
                    objects.append(len(gc.get_objects()))
                step = next(steps)
            else:
                step = steps.send([service.answer(step.calls[0])])
    except StopIteration:
        pass

    assert 50_000 == seen
    assert objects[1] - objects[0] < 200


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"follow": True, "reverse": True}, "follow and reverse do not go together"),
        ({"limit": 0}, "limit must be a whole number of at least 1"),
        ({"page_size": 0}, "page_size must be a whole number of at least 1"),
    ],
)
def test_what_makes_no_sense_is_refused_before_any_call(arguments, words):
    with pytest.raises(paiflow.InvalidRequest, match=words):
        read(Service([]), **arguments)


# By the clients


def transport(service, clock, queries):
    def answer(request):
        service.passed = clock.now()
        query = dict(request.url.params)
        queries.append(query)
        operation = OPERATIONS[request.headers["x-acs-action"]]
        arguments = {"offset": int(query.get("Offset", 0)), "page_size": int(query.get("PageSize", 0))}
        return httpx.Response(200, json=service.answer(Call(operation, arguments)).to_dict())

    return httpx.MockTransport(answer)


FILTERS = {"from_time_in_seconds": 1, "to_time_in_seconds": 9, "keyword": "line", "token_id": "shared-secret"}


@pytest.mark.parametrize("awaits", [False, True], ids=["sync", "async"])
def test_the_clients_follow_lazily_and_with_all_filters(awaits):
    clock, queries = HandClock(0), []
    service = Service(numbered(30), "pages", every=1.0, ends_at=31.0)
    settings = {"credentials": CREDENTIALS, "time": HandTime(clock), "transport": transport(service, clock, queries)}

    def call():
        with paiflow.PaiFlow("r", **settings) as client:
            found = client.iter_pipeline_run_node_logs(**WHERE, follow=True, page_size=7, **FILTERS)
            assert not queries
            return [next(found), len(queries), *found]

    async def acall():
        async with paiflow.AsyncPaiFlow("r", **settings) as client:
            found = client.iter_pipeline_run_node_logs(**WHERE, follow=True, page_size=7, **FILTERS)
            assert not queries
            return [await anext(found), len(queries), *[line async for line in found]]

    first, asked, *rest = asyncio.run(acall()) if awaits else call()

    assert (service.log, 1) == ([first, *rest], asked)
    assert {"shared-secret"} == {query["TokenId"] for query in queries}
    assert all(
        {"FromTimeInSeconds", "ToTimeInSeconds", "Keyword"} <= query.keys() for query in queries if "Offset" in query
    )
