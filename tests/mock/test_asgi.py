"""The mock as an ASGI application."""

import asyncio
import json
from types import SimpleNamespace

import pytest
from mock.calls import NOW, signed

from paiflow.mock import Clock, HandClock, MockService, Reply, asgi_app

MEBIBYTE = 1024 * 1024


async def call(service, scope, messages):
    sent = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    await asgi_app(service)(scope, receive, send)
    return sent


SCOPE = {"type": "http", "method": "PUT", "raw_path": b"/", "query_string": b"", "headers": [(b"host", b"h\xe9")]}


def test_a_client_that_goes_away_is_not_answered(service):
    messages = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    assert [] == asyncio.run(call(service, SCOPE, messages))


def test_headers_are_bytes_of_any_kind(service):
    start, body = asyncio.run(call(service, SCOPE, [{"type": "http.request"}]))

    assert 404 == start["status"]
    assert '"HostId":"hé"'.encode() in body["body"]


def body_in(*chunks):
    return [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks] + [{"type": "http.request"}]


def test_a_body_may_come_in_pieces():
    """Also one of a byte more than is allowed, of which the service has to see the byte."""
    seen = []
    service = SimpleNamespace(clock=Clock(), handle=lambda request: seen.append(request.body) or Reply(200, [], b""))

    sent = asyncio.run(call(service, SCOPE, body_in(b"a", b"", b"b" * (MEBIBYTE - 1), b"c")))

    assert {"type": "http.response.body", "body": b"", "more_body": False} == sent[-1]
    assert [b"a" + b"b" * (MEBIBYTE - 1) + b"c"] == seen


def test_of_a_body_that_is_too_large_no_more_is_kept_than_shows_it():
    seen = []
    service = SimpleNamespace(clock=Clock(), handle=lambda request: seen.append(request.body) or Reply(200, [], b""))

    asyncio.run(call(service, SCOPE, body_in(*[b" " * MEBIBYTE] * 5)))

    assert [2 * MEBIBYTE] == [len(body) for body in seen]


def test_a_body_without_end_is_answered_and_the_connection_closed(service):
    piece = {"type": "http.request", "body": b" " * MEBIBYTE, "more_body": True}

    class Endless(list):
        taken = 0

        def pop(self, _):
            self.taken += 1
            return piece

    messages = Endless()
    start, _ = asyncio.run(call(service, SCOPE, messages))

    assert (b"connection", b"close") in start["headers"]
    assert 17 == messages.taken


def test_the_pieces_are_verified_as_one(service):
    request = signed()
    headers = [(name.encode(), value.encode()) for name, value in request.headers]
    scope = {**SCOPE, "raw_path": request.path, "headers": headers}

    start, body = asyncio.run(call(service, scope, body_in(request.body[:7], request.body[7:])))

    assert 200 == start["status"], json.loads(body["body"])


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
def test_it_speaks_http_only(service, kind):
    with pytest.raises(NotImplementedError, match=kind):
        asyncio.run(call(service, {"type": kind}, []))


def queue_of(*messages):
    """What `receive` gives: the messages, then nothing until more are put in."""
    queue = asyncio.Queue()
    for message in messages:
        queue.put_nowait(message)
    return queue


@pytest.fixture
def slow():
    """A service whose replies drip out, on a clock by hand."""
    service = MockService(clock=HandClock(NOW))
    service.faults.add("slow", delay=30)
    service.faults.add("drip", gap=1, piece_bytes=100)
    return service


async def settled():
    """Return when all that can run has run."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_slow_reply_goes_out_as_the_clock_gets_there(slow):
    queue, sent = queue_of({"type": "http.request"}), []
    put = sent.append

    async def send(message):
        put(message["type"].rpartition(".")[2])

    serving = asyncio.ensure_future(asgi_app(slow)(SCOPE, queue.get, send))
    counts = []
    for seconds in (0, 29, 1, 1, 1, 60):
        slow.clock.advance(seconds)
        await settled()
        counts.append(len(sent))

    await serving
    assert [0, 0, 1, 2, 3] == counts[:5]
    assert ["start"] + ["body"] * (counts[5] - 1) == sent


@pytest.mark.parametrize("after", [0, 30, 31])
async def test_a_slow_reply_ends_when_the_client_goes(slow, after):
    queue, sent = queue_of({"type": "http.request"}), []

    async def send(message):
        sent.append(message)

    serving = asyncio.ensure_future(asgi_app(slow)(SCOPE, queue.get, send))
    await settled()
    slow.clock.advance(after)
    await settled()
    before = len(sent)

    queue.put_nowait({"type": "http.disconnect"})
    async with asyncio.timeout(10):
        await serving

    assert [] == slow.clock._waiting
    assert before == len(sent) < 4
