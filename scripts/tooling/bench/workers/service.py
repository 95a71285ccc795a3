"""A service that returns replies written before, each after a latency. Argument: the latency in seconds.

Writes its endpoint, and serves until its input ends. It looks at no signature. There are replies.RUNS runs, which
ListPipelineRunsStatus and ListPipelineRuns return. The log of a node has as many lines as the number in the node's id says,
and Offset counts lines.
"""

import asyncio
import functools
import json
import re
import sys
from urllib.parse import parse_qs, urlsplit

import uvloop

from tooling.bench import replies

latency = float(sys.argv[1])
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json;charset=utf-8\r\nx-acs-request-id: 473469C7\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
LOGS = re.compile(r"/nodes/[^/]*?([0-9]+)/logs$")
NODE = re.compile(r"/nodes/[^/]*$")


@functools.cache
def statuses(body: bytes) -> bytes:
    """Return the reply of ListPipelineRunsStatus, whole."""
    return whole(replies.statuses(json.loads(body)["PipelineRuns"]))


@functools.cache
def page(number: int, size: int) -> bytes:
    """Return the reply of ListPipelineRuns, whole."""
    return whole(replies.page(number, size))


@functools.cache
def lines(count: int, total: int) -> bytes:
    """Return the reply of ListPipelineRunNodeLogs with so many lines, whole."""
    return whole(replies.lines(count, total))


@functools.cache
def node() -> bytes:
    """Return the reply of GetPipelineRunNode, whole: the node has ended."""
    return whole(replies.node())


def whole(body: bytes) -> bytes:
    """Return the response with this body."""
    return HEAD + b"content-length: %d\r\n\r\n" % len(body) + body


def reply(target: str, body: bytes) -> bytes:
    """Return the reply to a request."""
    if body:
        return statuses(body)
    path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
    if logs := LOGS.search(path):
        total, offset, size = int(logs[1]), *(int(query[name][0]) for name in ("Offset", "PageSize"))
        return lines(max(0, min(size, total - offset)), total)
    return node() if NODE.search(path) else page(*(int(query[name][0]) for name in ("PageNumber", "PageSize")))


class Connection(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where replies go."""
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        """Reply to each request that is whole."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n") + 4) >= 4:
            found = LENGTH.search(self._received, 0, end)
            length = int(found[1]) if found else 0
            if len(self._received) < end + length:
                return
            target = self._received.split(b" ", 2)[1].decode()
            due = reply(target, self._received[end : end + length])
            self._received = self._received[end + length :]
            if latency:
                asyncio.get_running_loop().call_later(latency, self._send, due)
            else:
                self._send(due)

    def _send(self, due: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(due)  # type: ignore[attr-defined]  # uvloop's are no Transport by class


async def main() -> None:
    """Serve until stdin ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


uvloop.run(main())
