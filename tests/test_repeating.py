"""Each operation is sent again only if that is safe, and an error says whether the service may have acted.

A server on a socket counts what reached it. What only reads is sent again after all that may pass; what changes something
only after it was refused for a reason that passes.
"""

import asyncio
import contextlib
import copy
import json
import pickle
import re
import socket
import struct
import threading
from typing import Any, NamedTuple

import httpx
import pytest
from silence import refusing

import paiflow
from paiflow.mock import HandClock, HandTime
from paiflow_api.calling import Operation
from paiflow_api.operations import OPERATIONS

CREDENTIALS = paiflow.Credentials("test-key-id", "test-key-secret")
ATTEMPTS = 3


def reply(status: int, code: str = "", *, body: bytes | None = None) -> bytes:
    content = json.dumps({"Code": code, "Message": "words", "RequestId": "R"}).encode() if body is None else body
    return b"HTTP/1.1 %d X\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % (status, len(content)) + content


class Fault(NamedTuple):
    """What a server does to a request that it has received.

    Attributes:
        passes: whether a later attempt may succeed.
        refused: whether the service has certainly not acted.
        sends: the bytes of the reply; None for none.
        resets: whether the connection is reset.
    """

    error: type[paiflow.PaiFlowError]
    passes: bool
    refused: bool
    sends: bytes | None = None
    resets: bool = False


FAULTS = {
    "the reply is lost": Fault(paiflow.TransportError, True, False),
    "the connection is reset": Fault(paiflow.TransportError, True, False, resets=True),
    "the reply is cut off": Fault(
        paiflow.TransportError, True, False, b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{"
    ),
    "the reply is no HTTP": Fault(paiflow.TransportError, True, False, b"SSH-2.0\r\n\r\n"),
    "500": Fault(paiflow.ServerFault, True, False, reply(500, "InternalError")),
    "502": Fault(paiflow.ServerFault, True, False, reply(502, body=b"<title>Bad Gateway</title>")),
    "503": Fault(paiflow.ServerFault, True, False, reply(503, body=b"")),
    "504": Fault(paiflow.ServerFault, True, False, reply(504, body=b"")),
    "200 with a fault's code": Fault(paiflow.ServerFault, True, False, reply(200, "InternalError")),
    "501": Fault(paiflow.ServerFault, False, False, reply(501, "NotImplemented")),
    "not JSON": Fault(paiflow.UnexpectedReply, False, False, reply(200, body=b"<html>")),
    "an envelope": Fault(paiflow.UnexpectedReply, False, False, reply(200, body=b'{"data": {}}')),
    "throttling": Fault(paiflow.Throttled, True, True, reply(400, "Throttling.User")),
    "429": Fault(paiflow.Throttled, True, True, reply(429, body=b"")),
    "503 that throttles": Fault(paiflow.Throttled, True, True, reply(503, "Throttling.Api")),
    "400": Fault(paiflow.InvalidRequest, False, True, reply(400, "InvalidParameter")),
    "403": Fault(paiflow.AccessDenied, False, True, reply(403, "NoPermission")),
    "404": Fault(paiflow.NotFound, False, True, reply(404, "200200004")),
    "408": Fault(paiflow.InvalidRequest, False, True, reply(408, body=b"")),
    "409": Fault(paiflow.InvalidRequest, False, True, reply(409, "Conflict")),
    "302": Fault(paiflow.UnexpectedReply, False, True, reply(302, body=b"")),
    "200 with a refusal's code": Fault(paiflow.AccessDenied, False, True, reply(200, "Forbidden")),
}


class Server:
    """Does as its `fault` says to each request; counts those that came whole. Serves while in a `with`."""

    def __init__(self) -> None:
        self.fault = Fault(paiflow.PaiFlowError, False, False)
        self.came = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection:
                    self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        received = b""
        while not self._whole(received):
            if not (more := connection.recv(65536)):
                return
            received += more
        self.came += 1
        if self.fault.sends:
            connection.sendall(self.fault.sends)
        if self.fault.resets:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    @staticmethod
    def _whole(received: bytes) -> bool:
        head, end, body = received.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        return bool(end) and len(body) >= (int(length[1]) if length else 0)


@pytest.fixture(scope="module")
def server():
    with Server() as server:
        yield server


def arguments(operation: Operation[Any]) -> dict[str, Any]:
    """Return the least that an operation takes."""
    needed: dict[str, Any] = {one.argument: 1 for one in operation.parameters if one.required}
    if operation.one_of:
        needed[operation.parameter(operation.one_of[0]).argument] = "a"
    return needed | ({"pipeline_runs": ["flow-a"]} if operation.any_of else {})


def failure(endpoint: str, operation: Operation[Any], *, awaits: bool, **settings: Any) -> Any:
    """Return the error of a call, by either client."""
    given = {"credentials": CREDENTIALS, "time": HandTime(HandClock(0)), "retries": ATTEMPTS - 1, **settings}

    async def acall() -> None:
        async with paiflow.AsyncPaiFlow(endpoint=endpoint, **given) as client:
            await client.call(operation, **arguments(operation))

    def call() -> None:
        with paiflow.PaiFlow(endpoint=endpoint, **given) as client:
            client.call(operation, **arguments(operation))

    with pytest.raises(paiflow.PaiFlowError) as caught:
        asyncio.run(acall()) if awaits else call()
    return caught.value


READS = {
    "ListPipelines", "GetPipeline", "ListPipelineRuns", "ListPipelineRunsStatus", "GetPipelineRun", "GetPipelineRunNode",
    "ListPipelineRunNodeStatus", "ListPipelineRunNodeOutputs", "ListPipelineRunNodeLogs", "ListWorkspaces",
}  # fmt: skip


@pytest.mark.parametrize("awaits", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_what_reaches_the_server_and_what_the_error_says(server, operation, awaits):
    reads = operation.name in READS
    expected, found = {}, {}
    for name, fault in FAULTS.items():
        server.fault, server.came = fault, 0
        error = failure(server.endpoint, operation, awaits=awaits)
        found[name] = (type(error), server.came, error.maybe_done)
        attempts = ATTEMPTS if fault.passes and (reads or fault.refused) else 1
        expected[name] = (fault.error, attempts, not reads and not fault.refused)

        assert [error.maybe_done] * 2 == [pickle.loads(pickle.dumps(error)).maybe_done, copy.copy(error).maybe_done]

    assert expected == found


@pytest.mark.parametrize("awaits", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_what_never_left_is_sent_again_and_was_not_done(operation, awaits):
    with refusing() as (host, port):
        error = failure(f"http://{host}:{port}", operation, awaits=awaits)

    assert (paiflow.TransportError, ATTEMPTS, False) == (type(error), error.attempts, error.maybe_done)


@pytest.mark.parametrize("awaits", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize(
    ("first", "second", "came"),
    [
        ("throttling", "the reply is lost", 2),
        ("429", "500", 2),
        ("the reply is lost", "400", 1),
        ("throttling", "403", 2),
    ],
)
def test_the_last_attempt_decides(server, first, second, came, awaits):
    class Turns(HandTime):
        """After the first attempt comes the second fault."""

        def sleep(self, seconds: float) -> None:
            server.fault = FAULTS[second]

        async def asleep(self, seconds: float) -> None:
            server.fault = FAULTS[second]

    server.fault, server.came = FAULTS[first], 0
    error = failure(server.endpoint, OPERATIONS["CreatePipelineRun"], awaits=awaits, time=Turns(HandClock(0)))
    last = FAULTS[first if came == 1 else second]

    assert (came, last.error, not last.refused) == (server.came, type(error), error.maybe_done)


@pytest.mark.parametrize("awaits", [False, True], ids=["sync", "async"])
def test_a_nonce_that_was_used_means_that_the_request_came_twice(server, awaits):
    """So a create may have been done by the first one."""
    server.fault, server.came = Fault(paiflow.AccessDenied, False, False, reply(400, "SignatureNonceUsed")), 0
    error = failure(server.endpoint, OPERATIONS["CreatePipelineRun"], awaits=awaits)

    assert (1, "SignatureNonceUsed", True) == (server.came, error.code, error.maybe_done)


@pytest.mark.parametrize("awaits", [False, True], ids=["sync", "async"])
def test_a_reply_that_does_not_come_in_time_may_be_of_something_done(awaits):
    """The server reads nothing; but the request is on its way."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        soon = httpx.Timeout(30, read=0.05)
        create = failure(endpoint, OPERATIONS["CreatePipelineRun"], awaits=awaits, timeout=soon)
        read = failure(endpoint, OPERATIONS["GetPipelineRun"], awaits=awaits, timeout=soon, retries=0)

    assert (1, True) == (create.attempts, create.maybe_done)
    assert (1, False) == (read.attempts, read.maybe_done)


def test_reads_are_those_that_may_be_repeated():
    assert READS == {name for name, operation in OPERATIONS.items() if operation.repeatable}
