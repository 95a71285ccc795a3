"""A server that keeps each request as it came over the wire, and answers all of them with one reply."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Raw(NamedTuple):
    """A request, as it came.

    Attributes:
        target: path and query, percent-encoded.
        headers: by name in lower case.
    """

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class WireServer(ThreadingHTTPServer):
    """Serves while in a `with`.

    Attributes:
        requests: those that came, in order.
        endpoint: its URL.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, content: bytes = b'{"RequestId": "R"}') -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = content
        self.requests: list[Raw] = []
        self.endpoint = f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """A client that goes away is no error."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: WireServer

    def keep(self) -> None:
        """Keep the request and answer it."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        self.server.requests.append(Raw(self.command, self.path, headers, body))
        content = self.server.content
        # In one piece, as real servers send small replies.
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
        self.wfile.write(head.encode() + content)

    do_GET = do_PUT = do_POST = do_DELETE = keep  # noqa: N815 - as http.server wants them

    def log_message(self, *_):
        """Say nothing."""
