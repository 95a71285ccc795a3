"""What is repeated, when, and for how long; by either client, through hours in no time."""

import asyncio
import contextlib
import email.utils
import gzip
import logging
import queue
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paiflow
from paiflow import RetryPolicy
from paiflow._time import Time

CREDENTIALS = paiflow.Credentials("test-key-id", "test-key-secret")
NOW = 1_445_412_480.0  # Wed, 21 Oct 2015 07:28:00 GMT
SHORT = {"content-length": "100"}


class FakeTime(Time):
    """A clock that moves by what is slept."""

    def __init__(self, random: float = 0.5) -> None:
        self.passed = 0.0
        self.slept: list[float] = []
        self.chance = random

    def now(self) -> float:
        return NOW + self.passed

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.slept.append(float(seconds))
        self.passed += seconds

    async def asleep(self, seconds: float) -> None:
        self.sleep(seconds)

    def random(self) -> float:
        return self.chance


Script = list[httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]]


@dataclass
class Call:
    """What came of one call: the reply or the error, the requests that were sent, and the waits between them."""

    time: FakeTime
    requests: list[httpx.Request] = field(default_factory=list)
    reply: Any = None
    error: Any = None

    @property
    def slept(self) -> list[float]:
        return self.time.slept

    def of(self, header: str) -> list[str]:
        """Return that header of each request."""
        return [request.headers[header] for request in self.requests]


def fresh(step: httpx.Response) -> httpx.Response:
    """Return a copy: a reply can be read but once."""
    stream = step.stream if not isinstance(step.stream, httpx.ByteStream) else None
    if stream is not None:
        return httpx.Response(step.status_code, headers=step.headers, stream=stream)
    return httpx.Response(step.status_code, headers=step.headers.raw, stream=httpx.ByteStream(b"".join(step.stream)))


def transport_of(script: Script, call: Call) -> httpx.MockTransport:
    """Return a transport that answers by the script, step by step, and by the last one from then on."""

    def answer(request: httpx.Request) -> httpx.Response:
        call.requests.append(request)
        step = script[min(len(call.requests), len(script)) - 1]
        if isinstance(step, Exception):
            raise step
        return fresh(step) if isinstance(step, httpx.Response) else step(request)

    return httpx.MockTransport(answer)


def make(client: Any, script: Script, time: Time | None, settings: dict[str, Any]) -> tuple[Any, Call]:
    call = Call(time if isinstance(time, FakeTime) else FakeTime())
    settings = {"credentials": CREDENTIALS, "time": time or call.time, **settings}
    return client("cn-hangzhou", transport=transport_of(script, call), **settings), call


def in_sync(script: Script, *, time: Time | None = None, calls: int = 1, **settings: Any) -> Call:
    """Make a call, or several one after another, with the blocking client."""
    client, call = make(paiflow.PaiFlow, script, time, settings)
    with client:
        for _ in range(calls):
            try:
                call.reply = client.list_pipeline_runs_status(pipeline_runs=["a"])
            except paiflow.PaiFlowError as error:
                call.error = error
    return call


def in_async(script: Script, *, time: Time | None = None, calls: int = 1, **settings: Any) -> Call:
    """Make the same with the client to await."""

    async def run() -> Call:
        client, call = make(paiflow.AsyncPaiFlow, script, time, settings)
        async with client:
            for _ in range(calls):
                try:
                    call.reply = await client.list_pipeline_runs_status(pipeline_runs=["a"])
                except paiflow.PaiFlowError as error:
                    call.error = error
        return call

    return asyncio.run(run())


@pytest.fixture(params=[in_sync, in_async], ids=["sync", "async"])
def call(request):
    """Make calls by either client, against a script: `call(script, **settings)`."""
    return request.param


def refused(status: int, code: str = "", **headers: str) -> httpx.Response:
    """Return what the service says no with."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(
        status, json={"Code": code, "Message": "words", "RequestId": "R"} if code else {}, headers=names
    )


class Broken(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that breaks off on the way."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __iter__(self):
        yield b'{"Pipe'
        raise self.error

    async def __aiter__(self):
        yield b'{"Pipe'
        raise self.error


OK = httpx.Response(200, json={"RequestId": "R-OK"})
BUSY = refused(503, "ServiceUnavailable")

PASSING: dict[str, Any] = {
    "Throttling": refused(400, "Throttling"),
    "Throttling.User": refused(400, "Throttling.User"),
    "a Throttling code that nobody listed": refused(403, "Throttling.Tomorrow"),
    "Throttling as a success of its status's class": refused(404, "throttling.api"),
    "429": httpx.Response(429),
    "429 with another code": refused(429, "Forbidden"),
    "500": refused(500, "InternalError"),
    "502 with a page": httpx.Response(502, html="<html><title>502 Bad Gateway</title></html>"),
    "503 without a body": httpx.Response(503),
    "504 that lasts": httpx.Response(504, content=b"x" * 5_000_000),
    "520": httpx.Response(520, content=b"\xff\xfe"),
    "599": httpx.Response(599, json=[]),
    "500 that does not decompress": httpx.Response(
        500, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"not gzip")
    ),
    "500 in a coding not asked for": httpx.Response(
        500, headers={"content-encoding": "br"}, stream=httpx.ByteStream(b"what?")
    ),
    "500 that explodes": httpx.Response(
        500, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(gzip.compress(b" " * 70_000_000))
    ),
    "no connection": httpx.ConnectError("[Errno 111] Connection refused"),
    "no connection in time": httpx.ConnectTimeout(""),
    "nothing received in time": httpx.ReadTimeout(""),
    "nothing sent in time": httpx.WriteTimeout(""),
    "no place in the pool": httpx.PoolTimeout(""),
    "a reset": httpx.ReadError("[Errno 104] Connection reset by peer"),
    "a reset while sending": httpx.WriteError("[Errno 32] Broken pipe"),
    "no reply": httpx.RemoteProtocolError("Server disconnected without sending a response."),
    "a broken proxy": httpx.ProxyError("502 Bad Gateway"),
    "a body cut off": httpx.Response(200, headers=SHORT, stream=Broken(httpx.RemoteProtocolError("incomplete"))),
    "a body that stops": httpx.Response(200, stream=Broken(httpx.ReadTimeout(""))),
    "a body reset": httpx.Response(500, stream=Broken(httpx.ReadError(""))),
}

LASTING: dict[str, Any] = {
    "400": refused(400, "MissingParameter"),
    "401": refused(401, "Unauthorized"),
    "403": refused(403, "NoPermission"),
    "403 with a time": refused(403, "NoPermission", retry_after="1"),
    "404": refused(404, "InvalidApi.NotFound"),
    "408": httpx.Response(408),
    "413": httpx.Response(413, html="<title>too large</title>"),
    "501": refused(501, "NotImplemented"),
    "a wrong key": refused(404, "InvalidAccessKeyId.NotFound"),
    "a wrong signature": refused(400, "SignatureDoesNotMatch"),
    "an expired token": refused(400, "InvalidSecurityToken.Expired"),
    "a redirect": httpx.Response(302, headers={"location": "https://example.com"}),
    "not JSON": httpx.Response(200, content=b"<html>"),
    "empty": httpx.Response(200),
    "no content": httpx.Response(204),
    "another shape": httpx.Response(200, json=[]),
    "a reply that does not decompress": httpx.Response(
        200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"not gzip")
    ),
    "a header that cannot be written": httpx.LocalProtocolError("Illegal header value"),
}


# What


@pytest.mark.parametrize("failure", PASSING.values(), ids=PASSING)
def test_what_may_pass_is_repeated(call, failure):
    made = call([failure, failure, OK])

    assert (None, 3) == (made.error, len(made.requests))
    assert "R-OK" == made.reply.request_id


@pytest.mark.parametrize("failure", LASTING.values(), ids=LASTING)
def test_what_does_not_pass_is_not_repeated(call, failure):
    made = call([failure, OK])

    assert ([], 1) == (made.slept, len(made.requests))
    assert isinstance(made.error, paiflow.PaiFlowError)


def test_missing_credentials_are_not_repeated(call):
    asked = []

    def none() -> paiflow.Credentials:
        asked.append(1)
        raise paiflow.CredentialsError("none today")

    made = call([OK], credentials=none)

    assert (1, 0, []) == (len(asked), len(made.requests), made.slept)
    assert "none today" == str(made.error)


@pytest.mark.parametrize("failure", PASSING.values(), ids=PASSING)
def test_after_four_attempts_the_error_counts_them(call, failure):
    made = call([failure])

    assert (4, 4) == (len(made.requests), made.error.attempts)
    assert 3 == len(made.slept)


def test_the_error_of_the_last_attempt_is_raised_and_no_other(call):
    made = call([BUSY, httpx.ReadTimeout(""), refused(429, "Throttling"), refused(403, "NoPermission")])

    assert (paiflow.AccessDenied, 4) == (type(made.error), made.error.attempts)
    assert made.error.__cause__ is None


# Signed afresh


def test_each_attempt_is_signed_afresh(call):
    given = iter([paiflow.Credentials(f"key-{number}", "s", f"token-{number}") for number in range(1, 5)])
    made = call([BUSY, BUSY, httpx.ReadTimeout(""), OK], credentials=lambda: next(given), time=FakeTime(random=0.9))

    assert ["token-1", "token-2", "token-3", "token-4"] == made.of("x-acs-security-token")
    assert 4 == len(set(made.of("x-acs-signature-nonce")))
    assert 4 == len(set(made.of("authorization")))
    assert ["2015-10-21T07:28:00Z", "2015-10-21T07:28:00Z", "2015-10-21T07:28:01Z", "2015-10-21T07:28:03Z"] == made.of(
        "x-acs-date"
    )


def test_a_nonce_that_was_used_is_replaced_once_and_at_once(call):
    used = refused(400, "SignatureNonceUsed")

    once, twice = call([used, OK]), call([used, used, OK])

    assert (2, [0.0], None) == (len(once.requests), once.slept, once.error)
    assert 2 == len(set(once.of("x-acs-signature-nonce")))
    assert (2, [0.0], "SignatureNonceUsed") == (len(twice.requests), twice.slept, twice.error.code)
    assert 2 == twice.error.attempts


def test_a_clock_that_is_off_is_set_by_the_services_at_once_and_for_later_calls(call):
    stale = refused(400, "InvalidTimeStamp.Expired", date=email.utils.formatdate(NOW + 7200, usegmt=True))

    made = call([stale, OK], calls=2)

    assert ["2015-10-21T07:28:00Z", "2015-10-21T09:28:00Z", "2015-10-21T09:28:00Z"] == made.of("x-acs-date")
    assert [0.0] == made.slept
    assert made.error is None


@pytest.mark.parametrize("date", ["yesterday", "", "Wed, 99 Oct 99999 07:29:30 GMT"])
def test_a_clock_that_stays_refused_is_an_error_after_two_attempts(call, date):
    made = call([refused(400, "InvalidTimeStamp.Expired", date=date)])

    assert (2, 2, "InvalidTimeStamp.Expired") == (len(made.requests), made.error.attempts, made.error.code)
    assert ["2015-10-21T07:28:00Z"] * 2 == made.of("x-acs-date")


def test_a_nonce_and_a_clock_are_forgiven_once_each_between_other_failures(call):
    nonce, clock = refused(400, "SignatureNonceUsed"), refused(400, "InvalidTimeStamp.Expired")

    assert call([nonce, clock, BUSY, OK]).error is None
    assert 3 == len(call([nonce, BUSY, nonce, OK]).requests)


# When


@pytest.mark.parametrize(
    ("seconds", "headers"),
    [
        (1.5, {"x_acs_retry_after": "1500"}),
        (1.5, {"x_acs_retry_after": "1500", "retry_after": "7"}),
        (7.0, {"retry_after": "7"}),
        (0.0, {"retry_after": "0"}),
        (90 - 60, {"retry_after": "Wed, 21 Oct 2015 07:28:30 GMT"}),
        (0.0, {"retry_after": "Wed, 21 Oct 2015 07:00:00 GMT"}),
        (45.0, {"retry_after": "45"}),
    ],
)
@pytest.mark.parametrize("failure", [(400, "Throttling"), (429, ""), (503, "")], ids=str)
def test_the_service_is_left_alone_for_as_long_as_it_asks(call, failure, seconds, headers):
    made = call([refused(*failure, **headers), OK])

    assert ([seconds], 2) == (made.slept, len(made.requests))


@pytest.mark.parametrize(
    ("expected", "random"),
    [([0.0] * 5, 0.0), ([0.25, 0.5, 1.0, 2.0, 4.0], 0.5), ([0.495, 0.99, 1.98, 3.96, 7.92], 0.99)],
)
def test_otherwise_the_wait_is_a_random_part_of_what_doubles_each_time(call, expected, random):
    made = call([BUSY], retries=5, time=FakeTime(random))

    assert pytest.approx(expected) == made.slept


def test_the_backoff_grows_up_to_its_most(call):
    made = call([BUSY], retries=RetryPolicy(attempts=8, total=1000, base=2, max_delay=10), time=FakeTime(0.9))

    assert pytest.approx([1.8, 3.6, 7.2, 9, 9, 9, 9]) == made.slept


@pytest.mark.parametrize("seconds", ["60", "61", "999999999999999"])
def test_a_wait_past_the_deadline_is_not_begun(call, seconds):
    made = call([refused(400, "Throttling.User", retry_after=seconds), OK])

    assert ([], 1) == (made.slept, len(made.requests))
    assert (paiflow.Throttled, 1, float(seconds)) == (type(made.error), made.error.attempts, made.error.retry_after)


def test_the_deadline_is_for_all_waits_together(call):
    made = call([refused(503, retry_after="25")], retries=100)

    assert ([25.0, 25.0], 3) == (made.slept, made.error.attempts)


def test_the_deadline_counts_the_attempts_too(call):
    clock = FakeTime()

    def slow(_: httpx.Request) -> httpx.Response:
        clock.passed += 29
        return httpx.Response(503)

    made = call([slow], time=clock, retries=100)

    assert 3 == len(made.requests) == made.error.attempts


# How often


@pytest.mark.parametrize(
    ("attempts", "retries"), [(1, 0), (2, 1), (6, 5), (1, RetryPolicy(attempts=1)), (3, RetryPolicy(attempts=3))]
)
def test_retries_are_a_number_or_a_policy(call, attempts, retries):
    made = call([BUSY], retries=retries)

    assert attempts == len(made.requests) == made.error.attempts


def test_by_default_there_are_four_attempts_in_sixty_seconds():
    assert (4, 60) == (RetryPolicy().attempts, RetryPolicy().total)


@pytest.mark.parametrize("retries", [-1, 1.5, True, None, "3", float("nan"), [1]], ids=repr)
@pytest.mark.parametrize("client", [paiflow.PaiFlow, paiflow.AsyncPaiFlow])
def test_what_is_no_number_of_retries_is_refused(client, retries):
    with pytest.raises(paiflow.ConfigurationError) as caught:
        client("cn-hangzhou", retries=retries)

    assert f"retries must be a RetryPolicy, or how often to repeat a call, not {retries!r}" == str(caught.value)


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), True, "4", None, [1]], ids=repr)
@pytest.mark.parametrize("name", ["attempts", "total", "base", "max_delay"])
def test_what_is_no_policy_is_refused_by_its_name(name, value):
    what = "a whole number" if name == "attempts" else "a finite number"
    with pytest.raises(paiflow.ConfigurationError) as caught:
        RetryPolicy(**{name: value})

    assert f"RetryPolicy: {name} must be {what} above 0, not {value!r}" == str(caught.value)


def test_a_policy_may_have_more_fields_of_any_type():
    @dataclass(frozen=True, kw_only=True)
    class Named(RetryPolicy):
        name: str = "n"

    assert Named(attempts=2).name == "n"
    with pytest.raises(paiflow.ConfigurationError, match="attempts must be a whole number above 0, not 0"):
        Named(attempts=0)


def test_half_an_attempt_is_refused():
    with pytest.raises(paiflow.ConfigurationError, match="attempts must be a whole number"):
        RetryPolicy(attempts=2.5)


# The loop


def test_each_attempt_is_a_line_at_debug(call, caplog):
    caplog.set_level(logging.DEBUG, logger="paiflow")
    call([httpx.ReadTimeout(""), BUSY, OK])
    lines = [record.getMessage() for record in caplog.records if record.name == "paiflow"]

    assert lines[0].startswith("ListPipelineRunsStatus attempt 1: ")
    assert [
        "ListPipelineRunsStatus attempt 2: status 503 (request id None)",
        "ListPipelineRunsStatus attempt 3: status 200 (request id None)",
    ] == lines[1:]


def test_an_interrupt_is_not_repeated():
    def interrupt(_: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    for script in ([interrupt], [BUSY, interrupt]):
        client, made = make(paiflow.PaiFlow, script, None, {})
        with pytest.raises(KeyboardInterrupt):
            client.list_pipeline_runs_status(pipeline_runs=["a"])

        assert len(script) == len(made.requests)


# Any script, any policy

FAILURES: dict[str, tuple[Any, float | None]] = {
    "throttled": (refused(400, "Throttling"), None),
    "throttled for 3 s": (refused(429, "Throttling", x_acs_retry_after="3000"), 3.0),
    "throttled for 20 s": (refused(400, "Throttling.Api", retry_after="20"), 20.0),
    "fault": (refused(502), None),
    "fault for 0 s": (refused(503, retry_after="0"), 0.0),
    "reset": (httpx.ReadError("reset"), None),
    "timeout": (httpx.ReadTimeout(""), None),
    "nonce": (refused(400, "SignatureNonceUsed"), 0.0),
    "clock": (refused(400, "InvalidTimeStamp.Expired"), 0.0),
    "denied": (refused(403, "NoPermission"), None),
    "not implemented": (refused(501), None),
    "page": (httpx.Response(200, html="<html>"), None),
    "ok": (OK, None),
}


def oracle(names: list[str], policy: RetryPolicy, random: float) -> tuple[int, float, str]:
    """Say what must come of a script: attempts, seconds slept, and the step that ends it."""
    slept, met = 0.0, set()
    for attempt, name in enumerate(names, 1):
        wish = FAILURES[name][1]
        if name in ("ok", "denied", "not implemented", "page") or name in met:
            return attempt, slept, name
        if name in ("nonce", "clock"):
            met.add(name)
        pause = wish if wish is not None else random * min(policy.max_delay, policy.base * 2 ** (attempt - 1))
        if attempt == policy.attempts or slept + pause >= policy.total:
            return attempt, slept, name
        slept += pause
    raise AssertionError("the script is longer than any policy")


POLICIES = st.builds(
    RetryPolicy,
    attempts=st.integers(1, 12),
    total=st.sampled_from([0.75, 1.0, 10.0, 60.0, 600.0]),
    base=st.sampled_from([0.25, 0.5, 4.0]),
    max_delay=st.sampled_from([0.125, 2.0, 20.0]),
)


@pytest.mark.parametrize("make_call", [in_sync, in_async], ids=["sync", "async"])
@given(
    names=st.lists(st.sampled_from(sorted(FAILURES)), min_size=12, max_size=12),
    policy=POLICIES,
    random=st.sampled_from([0.0, 0.25, 0.5, 0.75]),
)
def test_any_script_goes_as_the_policy_says(make_call, names, policy, random):
    made = make_call([FAILURES[name][0] for name in names], retries=policy, time=FakeTime(random))
    attempts, slept, last = oracle(names, policy, random)

    assert (attempts, slept) == (len(made.requests), sum(made.slept))
    assert (made.error is None) == (last == "ok")
    assert sum(made.slept) < policy.total
    if last not in ("ok", "page"):
        assert attempts == made.error.attempts


# Timeouts, by phase and in all


@pytest.mark.parametrize(
    ("expected", "settings"),
    [
        ({"connect": 5, "read": 10, "write": 10, "pool": 10}, {}),
        ({"connect": 3, "read": 3, "write": 3, "pool": 3}, {"timeout": 3}),
        (
            {"connect": 1, "read": 2, "write": 3, "pool": 4},
            {"timeout": httpx.Timeout(connect=1, read=2, write=3, pool=4)},
        ),
    ],
)
def test_the_timeout_of_each_phase_reaches_httpx(call, expected, settings):
    made = call([OK], **settings)

    assert expected == made.requests[0].extensions["timeout"]


class Server:
    """Listens on loopback, takes what comes and does not answer: one connection after another, each to its end."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.connections: list[socket.socket] = []
        self._clients: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.arrived = threading.Event()
        self.ended = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, client = self.socket.accept()
                self.connections.append(connection)
                self._clients.put(client)
                while connection.recv(65536):
                    self.arrived.set()
                self.ended.set()

    def opened(self) -> int:
        """Return how many connections there have been since this was asked before, once all have been closed."""
        with socket.create_connection(self.socket.getsockname()) as last:  # they are taken in their order
            return len(list(iter(lambda: self._clients.get(timeout=30), last.getsockname())))

    def close(self) -> None:
        for one in (self.socket, *self.connections):
            one.close()


@pytest.fixture
def silent():
    """A server that does not answer."""
    server = Server()
    yield server
    server.close()


def ask_blocking(settings: dict[str, Any]) -> None:
    """Make one real call."""
    with paiflow.PaiFlow(credentials=CREDENTIALS, **settings) as client:
        client.list_pipeline_runs_status(pipeline_runs=["a"])


def ask_awaiting(settings: dict[str, Any]) -> None:
    """Make one real call."""

    async def run() -> None:
        async with paiflow.AsyncPaiFlow(credentials=CREDENTIALS, **settings) as client:
            await client.list_pipeline_runs_status(pipeline_runs=["a"])

    asyncio.run(run())


@pytest.mark.parametrize("ask", [ask_blocking, ask_awaiting], ids=["sync", "async"])
def test_the_total_cuts_an_attempt_that_is_under_way(ask, silent):
    opened = 0
    for total in (0.2, 2, 20):
        if opened == 0:  # or else the time was up before there was a connection, as it may be on a busy machine
            began = time.monotonic()
            with pytest.raises(paiflow.TransportError) as caught:
                ask({"endpoint": silent.endpoint, "retries": RetryPolicy(total=total), "timeout": 40})
            assert total <= time.monotonic() - began < total + 15
            opened = silent.opened()

    assert (1, 1) == (caught.value.attempts, opened)


@pytest.mark.parametrize("ask", [ask_blocking, ask_awaiting], ids=["sync", "async"])
def test_an_attempt_that_times_out_is_repeated_on_another_connection(ask, silent):
    policy = RetryPolicy(attempts=3, base=0.001)
    with pytest.raises(paiflow.TransportError, match="in 3 attempts: nothing was received within the timeout"):
        ask({"endpoint": silent.endpoint, "retries": policy, "timeout": httpx.Timeout(30, read=0.1)})

    assert 3 == silent.opened()


def test_a_reply_still_coming_in_when_the_time_is_up_counts_its_attempts(call):
    class Slow(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self):
            while True:
                yield b" "

        async def __aiter__(self):
            while True:
                await asyncio.sleep(0)
                yield b" "

    def drip(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Slow())

    # Of its minute, the backoff, which takes no time, leaves a tenth of a second to the second attempt.
    made = call([BUSY, drip], retries=RetryPolicy(total=60, base=119.8, max_delay=119.8))

    assert (paiflow.TransportError, 2, 2) == (type(made.error), made.error.attempts, len(made.requests))


# Cancelled


def test_a_call_cancelled_in_a_request_leaves_nothing_behind(silent):
    async def run() -> set[asyncio.Task[Any]]:
        async with paiflow.AsyncPaiFlow(endpoint=silent.endpoint, credentials=CREDENTIALS) as client:
            asked = asyncio.create_task(client.list_pipeline_runs_status(pipeline_runs=["a"]))
            await asyncio.to_thread(silent.arrived.wait, 10)
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert await asyncio.to_thread(silent.ended.wait, 10), "the connection stayed open"
            assert [] == client._connections.transports().to(client.endpoint)._pool.connections
        return left

    assert set() == asyncio.run(run())
    assert 1 == len(silent.connections)


def test_a_call_cancelled_in_a_backoff_leaves_nothing_behind():
    pausing = asyncio.Event()

    class Endless(FakeTime):
        async def asleep(self, seconds: float) -> None:
            pausing.set()
            await asyncio.Event().wait()

    async def run() -> tuple[set[asyncio.Task[Any]], int]:
        client, made = make(paiflow.AsyncPaiFlow, [BUSY], Endless(), {})
        async with client:
            asked = asyncio.create_task(client.list_pipeline_runs_status(pipeline_runs=["a"]))
            await pausing.wait()
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
            return asyncio.all_tasks() - {asyncio.current_task()}, len(made.requests)

    assert (set(), 1) == asyncio.run(run())
