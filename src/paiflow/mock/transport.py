"""Drive the mock as an httpx transport: no socket, no thread, for fast unit tests."""

import httpx

from paiflow.mock.messages import Request
from paiflow.mock.service import MockService

__all__ = ["MockTransport"]


class MockTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers for the service, in httpx's sync and async clients alike. Safe to share between threads.

    What the service refuses over a socket it refuses here. What goes wrong in the mock itself is raised.
    """

    def __init__(self, service: MockService) -> None:
        self._service = service

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the service's reply."""
        request.read()
        return self._handle(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the service's reply."""
        await request.aread()
        return self._handle(request)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        path, _, query = request.url.raw_path.partition(b"?")
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
        reply = self._service.handle(Request(request.method, path, query, headers, request.content))
        content = b"" if request.method == "HEAD" else reply.body
        return httpx.Response(reply.status, headers=list(reply.headers), content=content)
