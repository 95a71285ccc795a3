"""The pools of connections: which one is lent, which are closed, and what happens when there is none."""

import asyncio
import inspect
import math
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import httpcore
import httpx
import pytest
from silence import SilentServer

import paiflow
from paiflow.client import async_pools, pools
from paiflow.client.async_pools import AsyncPool
from paiflow.client.deadline import until
from paiflow.client.pools import Pool

CREDENTIALS = paiflow.Credentials("test-key-id", "test-key-secret")


def request(seconds=30):
    """Return a request that waits so long for a connection."""
    return httpcore.Request("PUT", "http://127.0.0.1:1/", extensions={"timeout": {"pool": seconds}})


class Connection:
    """One of httpcore's, in either kind.

    Attributes:
        failure: what the next request raises, and what closes it.
        surplus: what came after the last reply.
    """

    def __init__(self, origin):
        self.origin = origin
        self.requests = 0
        self.idle = True
        self.closed = False
        self.failure = None
        self.surplus = b""
        self._h11_state = self

    @property
    def trailing_data(self):
        return self.surplus, False

    def handle_request(self, _):
        if self.failure is not None:
            self.closed = True
            raise self.failure
        self.requests += 1
        return httpcore.Response(200, content=Body())

    async def handle_async_request(self, request):
        return self.handle_request(request)

    def is_idle(self):
        return self.idle and not self.closed

    def is_closed(self):
        return self.closed

    def close(self):
        self.closed = True

    async def aclose(self):
        self.closed = True


class Body:
    """The body of a reply."""

    def __iter__(self):
        yield b"body"

    async def __aiter__(self):
        yield b"body"

    def close(self):
        """Nothing is to be done."""

    async def aclose(self):
        """Nothing is to be done."""


@pytest.fixture(params=["sync", "async"])
def pool(request):
    """A pool of either kind, driven alike."""
    made = []

    def make(origin):
        made.append(Connection(origin))
        return made[-1]

    with asyncio.Runner() as runner:

        def done(result):
            return runner.run(result) if inspect.iscoroutine(result) else result

        if request.param == "sync":
            own = Pool(make)
            yield SimpleNamespace(
                made=made, own=own, send=own.handle_request, end=lambda reply: reply.stream.close(), close=own.close
            )
        else:
            own = AsyncPool(make)
            yield SimpleNamespace(
                made=made,
                own=own,
                send=lambda one: done(own.handle_async_request(one)),
                end=lambda reply: done(reply.stream.aclose()),
                close=lambda: done(own.aclose()),
            )


def test_the_connection_that_was_given_back_last_is_lent_first(pool):
    replies = [pool.send(request()) for _ in range(3)]
    for reply in replies:
        pool.end(reply)
    for _ in range(5):
        pool.end(pool.send(request()))

    assert [1, 1, 6] == [connection.requests for connection in pool.made]
    assert {b"127.0.0.1"} == {connection.origin.host for connection in pool.made}


def test_a_connection_is_lent_to_one_request_at_a_time(pool):
    pool.send(request())
    second = pool.send(request())
    pool.end(second)
    pool.end(second)  # again
    pool.send(request())
    pool.send(request())

    assert [1, 2, 1] == [connection.requests for connection in pool.made]


def test_those_that_nobody_uses_are_closed_when_another_is_used(pool):
    now = 100.0
    pool.own._shelf._clock = lambda: now
    for reply in [pool.send(request()) for _ in range(3)]:
        pool.end(reply)
    now = 104.9
    pool.end(pool.send(request()))
    now = 105.1
    pool.end(pool.send(request()))

    assert [True, True, False] == [connection.closed for connection in pool.made]
    assert pool.made[2:] == pool.own.connections
    now = 110.2
    pool.end(pool.send(request()))
    assert (4, True) == (len(pool.made), pool.made[2].closed)


@pytest.mark.parametrize("failure", [httpcore.ReadError, httpcore.ConnectError, KeyboardInterrupt])
def test_one_that_fails_is_not_lent_again(pool, failure):
    pool.end(pool.send(request()))
    pool.made[0].failure = failure()
    with pytest.raises(failure):
        pool.send(request())
    pool.end(pool.send(request()))

    assert [1, 1] == [connection.requests for connection in pool.made]
    assert pool.made[1:] == pool.own.connections


def test_a_request_that_was_not_sent_goes_out_on_another(pool):
    """Of a connection on which something came that nobody had asked for."""
    replies = [pool.send(request()) for _ in range(2)]
    for reply in replies:
        pool.end(reply)
    pool.made[1].failure = httpcore.ConnectionNotAvailable()
    pool.end(pool.send(request()))

    assert [2, 1] == [connection.requests for connection in pool.made]


def test_one_with_more_than_its_reply_is_closed(pool):
    reply = pool.send(request())
    pool.made[0].surplus = b"HTTP/1.1 200 OK"
    pool.end(reply)

    assert pool.made[0].closed
    assert [] == pool.own.connections


def test_one_that_a_call_left_unfinished_is_closed(pool):
    reply = pool.send(request())
    pool.made[0].idle = False
    pool.end(reply)

    assert pool.made[0].closed
    assert [] == pool.own.connections


def test_one_that_was_still_connecting_when_the_pool_was_closed_is_closed_in_the_end(pool):
    reply = pool.send(request())
    pool.close()
    pool.made[0].closed = False  # httpcore's closes nothing before it is open
    pool.end(reply)

    assert pool.made[0].closed


@pytest.fixture
def two_places(monkeypatch):
    """Let a pool have two connections."""
    monkeypatch.setattr(pools, "PLACES", 2)
    monkeypatch.setattr(async_pools, "PLACES", 2)


def test_none_becomes_free_in_time(two_places, pool):
    replies = [pool.send(request()) for _ in range(2)]
    with pytest.raises(httpcore.PoolTimeout):
        pool.send(request(0.01))
    pool.end(replies[0])
    pool.end(pool.send(request(0.01)))

    assert [2, 1] == [connection.requests for connection in pool.made]


@pytest.mark.parametrize("failure", [httpcore.ConnectError, httpcore.ConnectionNotAvailable])
def test_what_fails_takes_no_place(two_places, pool, failure):
    for _ in range(5):
        pool.end(pool.send(request(0.01)))
        pool.made[-1].failure = failure()
        if failure is httpcore.ConnectError:
            with pytest.raises(failure):
                pool.send(request(0.01))
    pool.end(pool.send(request(0.01)))

    assert 6 == len(pool.made)


def test_making_a_connection_may_fail(two_places, pool):
    pool.own._make, make = None, pool.own._make
    for _ in range(5):
        with pytest.raises(TypeError):
            pool.send(request(0.01))
    pool.own._make = make
    pool.end(pool.send(request(0.01)))


def test_closing_closes_all(pool):
    replies = [pool.send(request()) for _ in range(2)]
    pool.end(replies[0])
    pool.close()
    pool.end(replies[1])

    assert [True, True] == [connection.closed for connection in pool.made]
    with pytest.raises(httpcore.PoolTimeout):
        pool.send(request())
    assert 2 == len(pool.made)


def test_who_waits_for_a_connection_takes_the_next_that_becomes_free(two_places):
    pool = Pool(Connection)
    replies = [pool.handle_request(request()) for _ in range(2)]
    waiting = started(pool, lambda: pool.handle_request(request()))
    replies[1].stream.close()
    waiting.result(30).stream.close()

    assert [1, 2] == sorted(connection.requests for connection in pool.connections)


async def test_who_gives_up_waiting_leaves_the_place_to_others(two_places):
    pool = AsyncPool(Connection)
    replies = [await pool.handle_async_request(request()) for _ in range(2)]
    waiting = [asyncio.create_task(pool.handle_async_request(request())) for _ in range(2)]
    await asyncio.sleep(0)
    await replies[0].stream.aclose()
    waiting[0].cancel()
    await (await waiting[1]).stream.aclose()
    await replies[1].stream.aclose()

    assert waiting[0].cancelled()
    assert [1, 2] == sorted(connection.requests for connection in pool.connections)


async def test_a_call_that_is_cancelled_while_an_old_connection_is_closed_takes_no_place(two_places):
    class Slow(Connection):
        async def aclose(self):
            await asyncio.Event().wait()

    pool = AsyncPool(Slow)
    await (await pool.handle_async_request(request())).stream.aclose()
    pool._shelf._clock = lambda: math.inf
    asked = asyncio.create_task(pool.handle_async_request(request()))
    await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked

    assert 2 == len([await pool.handle_async_request(request(0.01)) for _ in range(2)])


def test_nobody_waits_for_a_connection_past_the_deadline_of_the_call(two_places):
    pool = Pool(Connection)
    for _ in range(2):
        pool.handle_request(request())

    with until(time.monotonic()), pytest.raises(httpcore.PoolTimeout, match="the time for the whole call was up"):
        pool.handle_request(request(5))


TIMEOUT = httpx.Timeout(30, pool=0.05)


def started(pool, call):
    """Start a call in a thread, and return once it waits for a connection."""
    threads = ThreadPoolExecutor(1)
    waiting = threads.submit(call)
    while not pool._places._cond._waiters:
        assert not waiting.done()
    threads.shutdown(wait=False)
    return waiting


def test_a_call_that_waited_for_a_connection_in_vain_was_not_sent(two_places):
    with SilentServer() as server, ThreadPoolExecutor(2) as threads:
        client = paiflow.PaiFlow(endpoint=server.endpoint, credentials=CREDENTIALS, timeout=TIMEOUT, retries=0)
        asked = [threads.submit(client.start_pipeline_run, "flow-a") for _ in range(2)]
        for _ in asked:
            server.accept()
        with pytest.raises(paiflow.TransportError, match="no connection of the pool became free") as caught:
            client.start_pipeline_run("flow-a")
        assert (False, False) == (caught.value.sent, caught.value.maybe_done)
        client.close()


def test_closing_ends_the_wait_for_a_connection(two_places):
    with SilentServer() as server, ThreadPoolExecutor(2) as threads:
        client = paiflow.PaiFlow(endpoint=server.endpoint, credentials=CREDENTIALS, timeout=30, retries=0)
        asked = [threads.submit(client.start_pipeline_run, "flow-a") for _ in range(2)]
        for _ in asked:
            server.accept()
        waiting = started(
            client._connections.transports().to(client.endpoint)._pool, lambda: client.start_pipeline_run("flow-a")
        )
        client.close()

        errors = [one.exception(10) for one in [*asked, waiting]]
    assert ["the client is closed: make a new one"] * 3 == [str(error) for error in errors]
    assert [True, True, False] == [error.maybe_done for error in errors]


async def test_so_it_is_with_the_async_client(two_places):
    with SilentServer() as server:
        client = paiflow.AsyncPaiFlow(endpoint=server.endpoint, credentials=CREDENTIALS, timeout=TIMEOUT, retries=0)
        asked = [asyncio.create_task(client.start_pipeline_run("flow-a")) for _ in range(2)]
        for _ in asked:
            await asyncio.to_thread(server.accept)
        with pytest.raises(paiflow.TransportError, match="no connection of the pool became free") as caught:
            await client.start_pipeline_run("flow-a")
        assert (False, False) == (caught.value.sent, caught.value.maybe_done)
        pool = (await client._connections.open()).to(client.endpoint)._pool
        waiting = asyncio.create_task(pool.handle_async_request(request()))
        await asyncio.sleep(0)
        await client.aclose()

        errors = await asyncio.gather(*asked, waiting, return_exceptions=True)
    assert ["the client is closed: make a new one"] * 2 == [str(error) for error in errors[:2]]
    assert isinstance(errors[2], httpcore.PoolTimeout)
