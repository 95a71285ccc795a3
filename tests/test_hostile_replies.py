"""A reply may be too large, too slow or compressed to explode; a call ends all the same, and soon."""

import asyncio
import gzip
import socket
import sys
import threading
import time
import tracemalloc
import zlib
from contextlib import contextmanager, nullcontext, suppress

import httpx
import pytest

import paiflow
from paiflow.client import async_network as _async_network
from paiflow.client import deadline as _deadline
from paiflow.client import network as _network
from paiflow.client import reply_body as _replies
from paiflow.client.reply_body import Intake

CREDENTIALS = paiflow.Credentials("test-key-id", "test-key-secret")


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The chunks of a body, as a server sends them."""

    def __init__(self, chunks):
        self.chunks = chunks
        self.closed = False

    def __iter__(self):
        yield from self.chunks

    async def __aiter__(self):
        for chunk in self.chunks:
            yield chunk

    def close(self):
        self.closed = True

    async def aclose(self):
        self.closed = True


def ask(asynchronous, chunks, headers=None):
    """Ask a server that answers with these chunks, and return the reply and its stream."""
    body = Body(chunks)
    transport = httpx.MockTransport(lambda request: httpx.Response(200, headers=headers, stream=body))
    if not asynchronous:
        with paiflow.PaiFlow("cn-hangzhou", credentials=CREDENTIALS, transport=transport) as client_:
            return client_.list_pipeline_runs_status(pipeline_runs=["a"]), body

    async def call():
        async with paiflow.AsyncPaiFlow("cn-hangzhou", credentials=CREDENTIALS, transport=transport) as client_:
            return await client_.list_pipeline_runs_status(pipeline_runs=["a"]), body

    return asyncio.run(call())


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def asynchronous(request):
    """Whether the client to await is used."""
    return request.param


@pytest.fixture
def small_limit(monkeypatch):
    """Replies may have 1,000 bytes."""
    monkeypatch.setattr(Intake.__init__, "__kwdefaults__", {**Intake.__init__.__kwdefaults__, "limit": 1000})


def test_a_reply_may_have_64_mib():
    assert Intake.__init__.__kwdefaults__["limit"] == 64 * 1024 * 1024 == _replies.MAX_REPLY_BYTES


def test_a_reply_at_the_limit_is_taken(asynchronous, small_limit):
    content = b'{"RequestId": "R-1"' + b" " * 980 + b"}"
    reply, body = ask(asynchronous, [content[:500], content[500:]])

    assert len(content) == 1000
    assert reply.request_id == "R-1"
    assert body.closed


def test_an_endless_reply_is_cut_off(asynchronous, small_limit):
    def endless():
        sent = 0
        while True:
            sent += 100
            assert sent < 2000, "the reader did not stop at the limit"
            yield b" " * 100

    with pytest.raises(paiflow.UnexpectedReply, match="larger than 1,000 bytes"):
        ask(asynchronous, endless())


def test_a_reply_that_announces_too_much_is_not_read(asynchronous, small_limit):
    def never():
        raise AssertionError("the body was read")
        yield b""

    with pytest.raises(paiflow.UnexpectedReply, match="larger than 1,000 bytes"):
        ask(asynchronous, never(), {"content-length": "1001"})


def test_a_compressed_bomb_is_cut_off(asynchronous, small_limit):
    bomb = gzip.compress(b" " * 10_000_000)

    with pytest.raises(paiflow.UnexpectedReply, match="larger than 1,000 bytes"):
        ask(asynchronous, [bomb[:5000], bomb[5000:]], {"content-encoding": "gzip"})


def bare(content):
    """Compress without zlib's header, as some servers do."""
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(content) + compressor.flush()


@pytest.mark.parametrize(
    ("encode", "encodings"),
    [
        (gzip.compress, ["gzip", "x-gzip", "X-GZip", " gzip ", "gzip, identity", "utf-8, gzip"]),
        (zlib.compress, ["deflate", "Deflate"]),
        (bare, ["deflate"]),
        (
            bytes,
            [
                "",
                "identity",
                "none",
                "None",
                "null",
                "utf-8",
                "UTF8",
                "us-ascii",
                "ISO-8859-1",
                "gbk",
                "GB18030",
                ",",
                "binary",
                "8bit",
                "identity, utf-8",
                "text/plain; charset=utf-8",
                "application/json",
                "json",
                "charset=utf-8",
                "aws-chunked",
                "undefined",
                "unicode",
            ],
        ),
    ],
)
def test_a_reply_is_read_by_its_content_encoding_where_it_has_one(asynchronous, encode, encodings):
    content = encode(b'{"RequestId": "R-1"}')
    for encoding in encodings:
        for chunks in ([content], [content[:1], content[1:]], [content[at : at + 1] for at in range(len(content))]):
            if encode is bare and len(chunks[0]) == 1:
                continue  # one byte does not tell
            reply, _ = ask(asynchronous, chunks, {"content-encoding": encoding})

            assert reply.request_id == "R-1", encoding


def test_headers_are_given_as_they_came():
    transport = httpx.MockTransport(
        lambda request: httpx.Response(
            200, headers={"content-encoding": "x-gzip"}, content=gzip.compress(b'{"RequestId": "r"}')
        )
    )
    client_ = paiflow.PaiFlow("cn-hangzhou", credentials=CREDENTIALS, transport=transport)

    assert "x-gzip" == client_.list_pipeline_runs_status_detailed(pipeline_runs=["a"]).headers["content-encoding"]


@pytest.mark.parametrize(
    "encoding", ["gzip, gzip", "x-gzip, gzip", "br", "zstd", "compress", "x-unheard-of", "x-deflate"]
)
def test_a_reply_encoded_as_not_asked_for_is_refused(asynchronous, encoding):
    with pytest.raises(paiflow.UnexpectedReply, match="content-encoding is not one of gzip, deflate"):
        ask(asynchronous, [b"{}"], {"content-encoding": encoding})


def test_a_reply_that_does_not_decompress_is_unexpected(asynchronous):
    with pytest.raises(paiflow.UnexpectedReply, match="cannot be decompressed"):
        ask(asynchronous, [b"{}"], {"content-encoding": "gzip"})


def test_a_compressed_reply_without_its_end_is_unexpected(asynchronous):
    with pytest.raises(paiflow.UnexpectedReply, match="cannot be decompressed: its end is missing"):
        ask(asynchronous, [gzip.compress(b'{"RequestId": "R-1"}')[:-4]], {"content-encoding": "gzip"})


def test_a_bomb_is_not_decompressed_past_the_limit(small_limit):
    """zlib gives no more than it is asked for, however much is in a chunk."""
    response = httpx.Response(
        200, headers={"content-encoding": "gzip"}, stream=Body([gzip.compress(b" " * 50_000_000)])
    )
    intake = Intake("Operation", response, deadline=float("inf"))
    tracemalloc.start()
    try:
        with pytest.raises(paiflow.UnexpectedReply, match="larger than 1,000 bytes"):
            _replies.read(intake, response)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_only_the_encodings_that_are_taken_are_asked_for():
    asked = []
    transport = httpx.MockTransport(
        lambda request: asked.append(request) or httpx.Response(200, json={"RequestId": "r"})
    )
    paiflow.PaiFlow("cn-hangzhou", credentials=CREDENTIALS, transport=transport).list_pipeline_runs_status(
        pipeline_runs=["a"]
    )

    assert asked[0].headers["accept-encoding"] == "gzip, deflate"


def test_a_drip_past_the_deadline_is_cut_off():
    """By the clock of the one who reads, chunk by chunk."""
    readings = iter([59.0, 60.0, 60.1])
    response = httpx.Response(200, stream=Body([b" ", b" ", b" ", b" "]))
    intake = Intake("Operation", response, deadline=60.0, clock=lambda: next(readings))

    with pytest.raises(paiflow.TransportError, match="still coming in when the time was up"):
        _replies.read(intake, response)
    assert list(readings) == []


@contextmanager
def stalling_server(sent):
    """A server on loopback that takes a request, sends this much, and then nothing."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            with suppress(OSError):  # a client whose time is up may go before it has asked, or never come
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(sent)
                    done.wait(30)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            done.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize(
    "sent",
    [b"", b"HTTP/1.1 200 OK\r\nx-slow: a", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"],
    ids=["nothing", "half the headers", "half the body"],
)
def test_a_server_that_stalls_cannot_hold_a_call_past_its_deadline(asynchronous, sent):
    """The timeout of a single read, 30 s, would come much later."""
    settings = {"credentials": CREDENTIALS, "timeout": 30, "retries": paiflow.RetryPolicy(total=0.2)}

    async def acall(endpoint):
        async with paiflow.AsyncPaiFlow(endpoint=endpoint, **settings) as client_:
            await client_.list_pipeline_runs_status(pipeline_runs=["a"])

    def call(endpoint):
        if asynchronous:
            asyncio.run(acall(endpoint))
        with paiflow.PaiFlow(endpoint=endpoint, **settings) as client_:
            client_.list_pipeline_runs_status(pipeline_runs=["a"])

    began = time.monotonic()
    with (
        stalling_server(sent) as endpoint,
        pytest.raises(paiflow.TransportError, match="the time for the whole call was up"),
    ):
        call(endpoint)

    assert time.monotonic() - began < 15


HUGE = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n" + b" " * 100_000
BROKEN = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 100\r\n\r\n" + b"{}"


@pytest.mark.parametrize("sent", [HUGE, BROKEN, HUGE.replace(b"200 OK", b"503 Busy")], ids=["large", "broken", "error"])
@pytest.mark.parametrize("given", [False, True], ids=["network", "transport"])
async def test_a_reply_refused_in_its_middle_leaves_no_generator_to_the_collector(small_limit, sent, given):
    """Those are ended by the event loop, later, in tasks of its own."""
    left, begun = [], []
    before = sys.get_asyncgen_hooks()
    headers = {"content-encoding": "gzip"} if sent is BROKEN else {}
    body = Body([sent[-2:], b" " * 2000, b" " * 2000])
    transport = httpx.MockTransport(lambda request: httpx.Response(200, headers=headers, stream=body))
    with nullcontext("http://127.0.0.1:1") if given else stalling_server(sent) as endpoint:
        async with paiflow.AsyncPaiFlow(
            endpoint=endpoint, credentials=CREDENTIALS, retries=0, transport=transport if given else None
        ) as client_:
            sys.set_asyncgen_hooks(begun.append, left.append)
            try:
                with pytest.raises(paiflow.PaiFlowError):
                    await client_.list_pipeline_runs_status(pipeline_runs=["a"])
                bodies = [
                    one for one in begun if "httpx" in one.ag_code.co_filename or "httpcore" in one.ag_code.co_filename
                ]
                open_ = [
                    one for one in begun if one.ag_frame is not None and one.ag_code.co_name != "_until_the_loop_ends"
                ]
            finally:
                sys.set_asyncgen_hooks(*before)
                for one in begun:
                    await one.aclose()

    assert bodies or given
    assert ([], []) == (open_, left)


@pytest.mark.parametrize("kind", [paiflow.PaiFlow, paiflow.AsyncPaiFlow], ids=["sync", "async"])
def test_a_transport_of_the_users_may_have_read_the_reply(kind):
    """To log it, say. Then its body is decompressed, whatever its headers say."""

    def answer(_):
        content = iter([gzip.compress(b'{"RequestId": "R-1"}')])  # a connection gives it once
        return httpx.Response(200, headers={"content-encoding": "gzip"}, stream=Body(content))

    class Reading(httpx.MockTransport):
        def handle_request(self, request):
            response = super().handle_request(request)
            response.read()
            return response

        async def handle_async_request(self, request):
            response = await super().handle_async_request(request)
            await response.aread()
            return response

    client_ = kind("cn-hangzhou", credentials=CREDENTIALS, transport=Reading(answer))
    reply = client_.list_pipeline_runs_status(pipeline_runs=["a"])

    assert "R-1" == (reply if kind is paiflow.PaiFlow else asyncio.run(reply)).request_id


class TestDeadline:
    """What a blocking client's reads are cut to."""

    def test_a_wait_is_cut_to_what_is_left(self, monkeypatch):
        monkeypatch.setattr(_deadline.time, "monotonic", lambda: 100.0)
        with _deadline.until(103.0):
            assert _deadline.left(10.0, OSError) == 3.0
            assert _deadline.left(2.0, OSError) == 2.0
            assert _deadline.left(None, OSError) == 3.0
        with _deadline.until(100.0), pytest.raises(OSError, match="time for the whole call"):
            _deadline.left(10.0, OSError)

        assert _deadline.left(10.0, OSError) == 10.0

    def test_every_way_out_of_a_client_heeds_it(self, monkeypatch):
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
        for kind, backend in ((paiflow.PaiFlow, _network.Backend), (paiflow.AsyncPaiFlow, _async_network.AsyncBackend)):
            client_ = kind("cn-hangzhou", credentials=CREDENTIALS)
            for service in ("paiflow", "aiworkspace"):
                pool = client_._connections.transports().to(client_.endpoint_of(service))._pool
                assert isinstance(pool._make.__self__._network_backend, backend)
