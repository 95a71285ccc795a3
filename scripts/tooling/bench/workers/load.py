"""Send signed requests as fast as a server takes them. Arguments: an endpoint, key id, secret, run, connections, operation.

Each line of the input says how many to send. They are signed before, each with a nonce of its own, and sent over
connections that stay open, the next one on each when the reply has come. The answer is a line: the seconds of the clock
and of the processor that each took. A status other than 200 ends the program.
"""

import asyncio
import gc
import json
import secrets
import sys
import time
from collections.abc import Iterator
from functools import partial
from typing import cast

import httptools
import uvloop

from paiflow import Credentials
from paiflow.signing import sign

endpoint, key_id, secret, run, connections, operation = sys.argv[1:]
host, port = endpoint.removeprefix("http://").split(":")
credentials = Credentials(key_id, secret)
PATH = "/api/v1/pipelineruns"


METHOD, QUERY, BODY = {
    "ListPipelineRunsStatus": ("PUT", "", json.dumps({"PipelineRuns": [run]}).encode()),
    "ListPipelineRuns": ("GET", "Order=ASC&PageSize=10&SortBy=Duration&SourceType=UNKNOWN&WorkspaceId=948", b""),
}[operation]


def request() -> bytes:
    """Return a signed request for the run, or for a page of runs."""
    headers = [("host", f"{host}:{port}"), ("accept", "application/json")]
    headers += [("content-type", "application/json")] if BODY else []
    signed = sign(
        METHOD,
        PATH.encode(),
        QUERY.encode(),
        headers,
        BODY,
        credentials=credentials,
        action=operation,
        version="2021-02-02",
        now=time.time(),
        nonce=secrets.token_hex(16),
    )
    headers += [*signed.items(), ("content-length", str(len(BODY)))]
    target = f"{PATH}?{QUERY}" if QUERY else PATH
    lines = [f"{METHOD} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode() + BODY


class Sender(asyncio.Protocol):
    """One connection: sends the next request when a reply is whole."""

    def __init__(self, requests: Iterator[bytes], done: asyncio.Future[None]) -> None:
        self._requests = requests
        self._done = done
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to send."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are none by class

    def data_received(self, data: bytes) -> None:
        """Take in what has come."""
        self._parser.feed_data(data)

    def connection_lost(self, error: Exception | None) -> None:
        """Say so, if there was more to do."""
        if not self._done.done():
            self._done.set_exception(error or ConnectionError("the server closed a connection"))

    def on_message_complete(self) -> None:
        """Go on with the next one."""
        if (status := self._parser.get_status_code()) != 200:
            self._done.set_exception(ConnectionError(f"status {status} came where 200 is due"))
            return
        self._parser = httptools.HttpResponseParser(self)
        self.next()

    def next(self) -> None:
        """Send the next request, or be done."""
        request = next(self._requests, None)
        if request is not None:
            self._transport.write(request)
        elif not self._done.done():
            self._done.set_result(None)

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()


async def send(count: int) -> tuple[float, float]:
    """Return what each of so many took."""
    loop = asyncio.get_running_loop()
    requests = iter([request() for _ in range(count)])
    senders = []
    for _ in range(int(connections)):
        done = loop.create_future()
        _, sender = await loop.create_connection(partial(Sender, requests, done), host, int(port))
        senders.append((sender, done))
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    for sender, _ in senders:
        sender.next()
    await asyncio.gather(*(done for _, done in senders))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    for sender, _ in senders:
        sender.close()
    return wall / count, cpu / count


print("ready", flush=True)
for line in sys.stdin:
    print(*uvloop.run(send(int(line))), flush=True)
