"""A server that returns one reply to every request, at once. Argument: a file with the body of the reply.

Writes its endpoint, and serves until its input ends.
"""

import asyncio
import re
import sys
from pathlib import Path

body = Path(sys.argv[1]).read_bytes()
HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json;charset=utf-8\r\nx-acs-request-id: 473469C7\r\n"
REPLY = f"{HEAD}content-length: {len(body)}\r\n\r\n".encode() + body
LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


class Canned(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where replies go."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - of a TCP connection
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        """Reply to each request that is whole."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n") + 4) >= 4:
            found = LENGTH.search(self._received, 0, end)
            end += int(found[1]) if found else 0
            if len(self._received) < end:
                return
            self._received = self._received[end:]
            self._transport.write(REPLY)


async def main() -> None:
    """Serve until stdin ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Canned, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(main())
