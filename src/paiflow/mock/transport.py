"""Drive the mock as an httpx transport: no socket, no thread, for fast unit tests."""

from collections.abc import AsyncIterator, Iterator

import attrs
import httpx

from paiflow.mock.clock import Clock
from paiflow.mock.http_messages import Reply, Request
from paiflow.mock.service import MockService

__all__ = ["MockTransport"]


class MockTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers for the service, in httpx's sync and async clients alike. Safe to share between threads.

    What the service refuses over a socket it refuses here. What goes wrong in the mock itself is raised.
    Faults that break connections raise what httpx raises over a socket. A slow reply takes its time by the
    service's clock, up to the request's read timeout.
    """

    def __init__(self, service: MockService) -> None:
        self._service = service

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the service's reply."""
        request.read()
        reply = self._reply(request)
        course = _Course(self._service.clock, request)
        if reply.delivery.delay:
            self._service.clock.sleep(course.bounded(reply.delivery.delay))
            course.check(reply.delivery.delay)
        return course.response(reply)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the service's reply."""
        await request.aread()
        reply = self._reply(request)
        course = _Course(self._service.clock, request)
        if reply.delivery.delay:
            await self._service.clock.asleep(course.bounded(reply.delivery.delay))
            course.check(reply.delivery.delay)
        return course.response(reply)

    def _reply(self, request: httpx.Request) -> Reply:
        path, _, query = request.url.raw_path.partition(b"?")
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
        return self._service.handle(Request(request.method, path, query, headers, request.content))


@attrs.frozen
class _Course:
    """The delivery of one reply, from the service to the client."""

    clock: Clock
    request: httpx.Request

    @property
    def patience(self) -> float:
        """The read timeout, in seconds of the service's clock."""
        seconds: float | None = self.request.extensions.get("timeout", {}).get("read")
        return float("inf") if seconds is None else seconds * self.clock.scale

    def bounded(self, seconds: float) -> float:
        """Return how long the client waits for something that takes so long."""
        return min(seconds, self.patience)

    def check(self, seconds: float) -> None:
        """Check that the client waited for something that took so long.

        Raises:
            httpx.ReadTimeout: it did not.
        """
        if seconds > self.patience:
            raise httpx.ReadTimeout("The read operation timed out", request=self.request)

    def response(self, reply: Reply) -> httpx.Response:
        """Return the response, its body to come as the delivery says.

        Raises:
            httpx.ReadError: the connection is reset.
        """
        if reply.delivery.reset:
            raise httpx.ReadError("[Errno 104] Connection reset by peer", request=self.request)
        if self.request.method == "HEAD":
            return httpx.Response(reply.status, headers=list(reply.headers))
        if not (reply.delivery.truncated or reply.delivery.gap):
            return httpx.Response(reply.status, headers=list(reply.headers), content=reply.body)
        headers = [*reply.headers, ("content-length", str(len(reply.body)))]
        return httpx.Response(reply.status, headers=headers, stream=_Stream(reply, self))


class _Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that comes slowly, or not to its end."""

    def __init__(self, reply: Reply, course: _Course) -> None:
        self._reply = reply
        self._course = course

    def __iter__(self) -> Iterator[bytes]:
        gap = self._reply.delivery.gap
        for piece in self._reply.delivery.pieces(self._reply.body):
            if gap:
                self._course.clock.sleep(self._course.bounded(gap))
                self._course.check(gap)
            yield piece
        self._end()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        gap = self._reply.delivery.gap
        for piece in self._reply.delivery.pieces(self._reply.body):
            if gap:
                await self._course.clock.asleep(self._course.bounded(gap))
                self._course.check(gap)
            yield piece
        self._end()

    def _end(self) -> None:
        if self._reply.delivery.truncated:
            raise httpx.RemoteProtocolError(
                "peer closed connection without sending complete message body", request=self._course.request
            )
