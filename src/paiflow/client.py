"""The client: PaiFlow, and AsyncPaiFlow with the same methods to await.

What a call asks for and what comes of it, when it is repeated, how many make a batch, and what to wait for is decided in
modules that both share; the two classes here open connections and do the I/O, one blocking, one awaiting.
"""

from __future__ import annotations

import os
import time as real_time
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Sequence
from functools import lru_cache
from types import TracebackType
from typing import TYPE_CHECKING, Final, Generic, NoReturn, Self, TypeVar

import httpx

from paiflow import _deadline
from paiflow._connections import AsyncConnections, Connections, is_shared, opener
from paiflow._exchange import attempt, clock_skew, discreet, discreet_content, interpret, reply_of
from paiflow._httpx import attend
from paiflow._replies import ACCEPTED_ENCODINGS, Intake, Whole, aread, read
from paiflow._requests import BATCH_SIZE, IN_FLIGHT, LIST_PIPELINE_RUNS_STATUS, NodeRef, ids_of, status_request
from paiflow._threads import in_threads
from paiflow._time import Time
from paiflow.credentials import Credentials, CredentialsSource, VendorClient
from paiflow.endpoint import resolve_endpoint
from paiflow.errors import AccessDenied, ConfigurationError, PaiFlowError, TransportError
from paiflow.retries import Attempts, RetryPolicy, policy_of
from paiflow.signing import SignatureAuth
from paiflow_api.api.pipeline_runs import list_pipeline_runs_status as operation
from paiflow_api.models import ListPipelineRunsStatusRequest, ListPipelineRunsStatusResponse, OutputType
from paiflow_api.types import Response

if TYPE_CHECKING:
    from paiflow.batches import Batch, StatusReport
    from paiflow.waiting import Answer, Change, Step, Until, WaitResult

API_VERSION: Final = "2021-02-02"

# As in the vendor's SDK: connect 5 s, read 10 s (darabonba-core 1.0.9, measured).
DEFAULT_TIMEOUT: Final = httpx.Timeout(10, connect=5)

HEADERS: Final = {
    "accept": "application/json",
    "accept-encoding": ", ".join(ACCEPTED_ENCODINGS),
    "user-agent": f"paiflow (python-httpx/{httpx.__version__})",
}

Transport = TypeVar("Transport", httpx.BaseTransport, httpx.AsyncBaseTransport)
Held = TypeVar("Held", Connections, AsyncConnections)
Reply = Response[ListPipelineRunsStatusResponse]
Nodes = Iterable[NodeRef | tuple[str, str]]
# Is told of each reply: operationId, HTTP status, body. Must not raise.
Observer = Callable[[str, int, bytes], None]


class _Client(Generic[Transport, Held]):
    """What both clients share: where requests go, who signs them, and how one is built."""

    def __init__(
        self,
        region: str | None = None,
        *,
        endpoint: str | None = None,
        vpc: bool = False,
        credentials: Credentials | Callable[[], Credentials] | VendorClient | None = None,
        workspace_id: str | None = None,
        timeout: float | httpx.Timeout = DEFAULT_TIMEOUT,
        retries: RetryPolicy | int = RetryPolicy(),  # noqa: B008 - frozen
        transport: Transport | None = None,
        allow_http: bool = False,
    ) -> None:
        """Set the client up; nothing is sent, and no credentials are looked for, before the first call.

        Args:
            region: such as cn-hangzhou, for its public endpoint; else ALIBABA_CLOUD_REGION_ID.
            endpoint: a URL or a host, instead of the region's; else PAIFLOW_ENDPOINT.
            vpc: take the region's endpoint inside Alibaba Cloud's own network.
            credentials: keys; or a callable that gives them, or a client of the package alibabacloud-credentials, asked
                at each attempt. Else the environment's ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and
                ALIBABA_CLOUD_SECURITY_TOKEN; else the vendor's own chain, with the extra `credentials`.
            workspace_id: the workspace of calls that name none.
            timeout: seconds for each phase of an attempt (connect, send, receive, wait for the pool), or an
                httpx.Timeout.
            retries: a RetryPolicy, or how often to repeat a call that failed in a way that may pass; 0 for not at all.
            transport: an httpx transport to use instead of the network. A forked process, or another event loop, opens
                connections of its own where it is httpx's own HTTPTransport or AsyncHTTPTransport; any other is used
                as it is.
            allow_http: allow plain http to other machines than this one. Requests are signed, not secret.

        Raises:
            ConfigurationError: no endpoint was found, or an argument or a proxy or certificate setting of the
                environment will not do.
            CredentialsError: what was given as credentials can give none.
        """
        self.endpoint: Final = resolve_endpoint(endpoint, region, vpc, allow_http, os.environ)
        self._workspace_id = workspace_id
        self._credentials = CredentialsSource(credentials, os.environ)
        self._policy = policy_of(retries)
        self._time = Time()
        # Seconds by which the service's clock is ahead of ours, as far as it has told.
        self._skew = 0.0
        self._observers: tuple[Observer, ...] = ()
        _check_timeout(timeout)
        self._connections: Held = self._connect(transport, timeout)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(endpoint={getattr(self, 'endpoint', None)!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} cannot be pickled or copied: make one in each process")

    @abstractmethod
    def _connect(self, transport: Transport | None, timeout: float | httpx.Timeout) -> Held: ...

    @property
    def _http(self) -> httpx.Client | httpx.AsyncClient:
        return self._connections.client()

    def _body(
        self,
        pipeline_runs: Iterable[str],
        nodes: Nodes,
        workspace_id: str | None,
        output_type: OutputType | str | None,
    ) -> ListPipelineRunsStatusRequest:
        self._connections.check_open()
        workspace_id = self._workspace_id if workspace_id is None else workspace_id
        return status_request(pipeline_runs, nodes, workspace_id, output_type)

    def _bodies(
        self, batches: Iterable[Batch], workspace_id: str | None, output_type: OutputType | str | None
    ) -> list[ListPipelineRunsStatusRequest]:
        return [self._body(batch.pipeline_runs, batch.nodes, workspace_id, output_type) for batch in batches]

    def _request(
        self, http: httpx.Client | httpx.AsyncClient, body: ListPipelineRunsStatusRequest, deadline: float
    ) -> httpx.Request:
        kwargs = operation._get_kwargs(body=body)
        request = http.build_request(**{**kwargs, "url": _url(self.endpoint, kwargs["url"])})
        timeouts = request.extensions["timeout"]
        left = max(0.0, deadline - real_time.monotonic())
        # Of the phases, this is the one in which nothing is sent or received, and so nothing else would cut it.
        timeouts["pool"] = left if timeouts["pool"] is None else min(timeouts["pool"], left)
        return request

    def _auth(self, credentials: Credentials) -> SignatureAuth:
        return SignatureAuth(LIST_PIPELINE_RUNS_STATUS, API_VERSION, lambda: credentials, clock=self._service_time)

    def _observe(self, observer: Observer) -> None:
        self._observers = (*self._observers, observer)

    def _unobserve(self, observer: Observer) -> None:
        self._observers = tuple([one for one in self._observers if one != observer])

    def _interpret(self, response: Whole, number: int, credentials: Credentials) -> Reply:
        for observer in self._observers:
            content = discreet_content(response.content, credentials)
            observer(LIST_PIPELINE_RUNS_STATUS, response.status_code, content)
        try:
            return interpret(LIST_PIPELINE_RUNS_STATUS, response, number, self._service_time())
        except AccessDenied as error:
            skew = clock_skew(error, response.headers, self._time.now())
            if skew is not None:
                self._skew = skew
            raise

    def _service_time(self) -> float:
        return self._time.now() + self._skew

    def _deadline_of(self, within: float | None) -> float | None:
        return None if within is None else self._time.monotonic() + within

    def _left(self, deadline: float | None) -> float | None:
        """Return the seconds until a deadline; a batch whose turn comes too late is not sent."""
        if deadline is None:
            return None
        left = deadline - self._time.monotonic()
        if left <= 0:
            raise TransportError(LIST_PIPELINE_RUNS_STATUS, "the time was up before its turn came", 0)
        return left

    def _steps(
        self, pipeline_runs: Iterable[str], nodes: Nodes, until: Until, timeout: float | None
    ) -> Generator[Step, Answer, WaitResult]:
        self._connections.check_open()
        from paiflow.waiting import check_wait, follow  # noqa: PLC0415 - whoever makes single calls needs none of it

        check_wait(until, timeout)
        runs, refs = ids_of(pipeline_runs, nodes)
        return follow(runs, refs, until, timeout, self._time, refreshes=self._credentials.refreshes)


class PaiFlow(_Client[httpx.BaseTransport, Connections]):
    """Asks PAIFlow for the statuses of runs and nodes. Close it, or use it in a `with`.

    Threads may share one, and so may forked processes: each process has connections of its own.
    """

    def list_pipeline_runs_status(
        self,
        *,
        pipeline_runs: Iterable[str] = (),
        nodes: Nodes = (),
        workspace_id: str | None = None,
        output_type: OutputType | str | None = None,
    ) -> ListPipelineRunsStatusResponse:
        """Return the statuses of runs, or of nodes with their outputs, by one call of the service.

        Given both lists, the service takes the nodes and leaves the runs out.

        Args:
            pipeline_runs: ids of runs.
            nodes: nodes, each a NodeRef or a pair of run id and node id.
            workspace_id: instead of the client's.
            output_type: return outputs of this type only.

        Raises:
            InvalidRequest: neither list has an entry, or an argument cannot be asked for; nothing was sent.
            CredentialsError: there are none, or half a pair.
            TransportError: no reply came.
            ServiceError: the service said no; its subclasses say what a caller can do.
            UnexpectedReply: what came is no reply of this operation.

        Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-paiflow-2021-02-02-listpipelinerunsstatus
        """
        return reply_of(self._call(self._body(pipeline_runs, nodes, workspace_id, output_type)))

    def list_pipeline_runs_status_detailed(
        self,
        *,
        pipeline_runs: Iterable[str] = (),
        nodes: Nodes = (),
        workspace_id: str | None = None,
        output_type: OutputType | str | None = None,
    ) -> Response[ListPipelineRunsStatusResponse]:
        """Return the same with its status, headers and content; the reply is its `parsed`."""
        return self._call(self._body(pipeline_runs, nodes, workspace_id, output_type))

    def statuses(
        self,
        *,
        pipeline_runs: Iterable[str] = (),
        nodes: Nodes = (),
        workspace_id: str | None = None,
        output_type: OutputType | str | None = None,
        batch_size: int = BATCH_SIZE,
        in_flight: int = IN_FLIGHT,
    ) -> StatusReport:
        """Return the statuses of any number of runs and nodes, by as many calls as they take.

        A call that fails does not lose the others: its ids are `unanswered` in the report, its error among the `errors`.

        Args:
            pipeline_runs: ids of runs; duplicates are asked for once.
            nodes: nodes, each a NodeRef or a pair of run id and node id.
            workspace_id: instead of the client's.
            output_type: return outputs of this type only.
            batch_size: ids in one call. The vendor documents no limit.
            in_flight: calls at a time.

        Raises:
            PaiFlowError: as `list_pipeline_runs_status`, when no call was answered.
        """
        from paiflow.batches import check_sizes, join, plan  # noqa: PLC0415 - whoever makes single calls needs none of it

        check_sizes(batch_size, in_flight)
        batches = plan(*ids_of(pipeline_runs, nodes), batch_size)
        return join(batches, self._answers(self._bodies(batches, workspace_id, output_type), in_flight, None))

    def wait(
        self,
        *,
        pipeline_runs: Iterable[str] = (),
        nodes: Nodes = (),
        until: Until = "all",
        timeout: float | None = None,
        workspace_id: str | None = None,
    ) -> WaitResult:
        """Return what became of runs and nodes, once they have ended.

        Ended is what succeeded, failed or was stopped (terminated, suspended, skipped; a skipped node has succeeded), and
        an id that the service has not returned for 60 s. A status that nobody knows ends nothing. Throttling, faults of
        the service and of the network are waited out. Polls are 2 s apart after a change, and up to 30 s otherwise.

        Args:
            pipeline_runs: ids of runs.
            nodes: nodes, each a NodeRef or a pair of run id and node id.
            until: "all" have ended; "any", the first one has, whatever its outcome; "first-failure", the first one has
                failed, was stopped or is missing, else as all.
            timeout: seconds to wait at most; None to wait on.
            workspace_id: instead of the client's.

        Raises:
            WaitTimedOut: the time was up. Its `result` tells what is known.
            AccessDenied, CredentialsError, InvalidRequest, NotFound: waiting does not mend these. So do their `result`s.
        """
        watching = self._watch(self._steps(pipeline_runs, nodes, until, timeout), workspace_id)
        while True:
            try:
                next(watching)
            except StopIteration as ended:
                result: WaitResult = ended.value
                return result

    def watch(
        self,
        *,
        pipeline_runs: Iterable[str] = (),
        nodes: Nodes = (),
        until: Until = "all",
        timeout: float | None = None,
        workspace_id: str | None = None,
    ) -> Iterator[Change]:
        """Yield the changes of runs and nodes as they come, until `wait` would return; raise what it would raise."""
        return self._watch(self._steps(pipeline_runs, nodes, until, timeout), workspace_id)

    def close(self) -> None:
        """Close the connections. Closing twice does no harm."""
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _connect(self, transport: httpx.BaseTransport | None, timeout: float | httpx.Timeout) -> Connections:
        open_ = opener(httpx.Client, self.endpoint, transport, timeout, HEADERS)
        return Connections(open_, shared=is_shared(transport))

    def _call(self, body: ListPipelineRunsStatusRequest, within: float | None = None) -> Reply:
        # Within a wait only one attempt is made: the next poll is the next one, and the other batches need not wait.
        attempts = Attempts(self._policy, self._time, within, patient=within is None)
        return attempts.run(lambda number: self._attempt(body, number, attempts.left()))

    def _attempt(self, body: ListPipelineRunsStatusRequest, number: int, left: float) -> Reply:
        deadline = real_time.monotonic() + left
        credentials = self._credentials.get()
        with discreet(credentials):
            with (
                attempt(LIST_PIPELINE_RUNS_STATUS, number, deadline),
                self._connections.in_use(),
                _deadline.until(deadline),
            ):
                http = self._connections.client()
                request = self._request(http, body, deadline)
                response = attend(http.send(request, auth=self._auth(credentials), stream=True))
                try:
                    whole = read(Intake(LIST_PIPELINE_RUNS_STATUS, response, deadline), response)
                finally:
                    response.close()
            return self._interpret(whole, number, credentials)

    def _answers(
        self, bodies: Sequence[ListPipelineRunsStatusRequest], in_flight: int, within: float | None
    ) -> list[ListPipelineRunsStatusResponse | PaiFlowError]:
        deadline = self._deadline_of(within)

        def answer(body: ListPipelineRunsStatusRequest) -> ListPipelineRunsStatusResponse | PaiFlowError:
            try:
                return reply_of(self._call(body, self._left(deadline)))
            except PaiFlowError as error:
                return error

        return [answer(bodies[0])] if len(bodies) == 1 else in_threads(answer, bodies, in_flight)

    def _watch(
        self, steps: Generator[Step, Answer, WaitResult], workspace_id: str | None
    ) -> Generator[Change, None, WaitResult]:
        from paiflow.batches import plan  # noqa: PLC0415 - whoever makes single calls needs none of it
        from paiflow.waiting import Ask, Change, Pause  # noqa: PLC0415 - whoever makes single calls needs none of it

        answer: Answer = None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration as over:
                result: WaitResult = over.value
                return result
            answer = None
            match step:
                case Change():
                    yield step
                case Pause():
                    self._time.sleep(step.seconds)
                case Ask():
                    batches = plan(step.pipeline_runs, step.nodes)
                    bodies = self._bodies(batches, workspace_id, None)
                    answer = _joined(batches, self._answers(bodies, IN_FLIGHT, step.within or self._policy.total))


class AsyncPaiFlow(_Client[httpx.AsyncBaseTransport, AsyncConnections]):
    """PaiFlow with methods to await. Close it with `aclose`, or use it in an `async with`.

    Each event loop that uses it has connections of its own; they are closed when asyncio.run ends the loop.
    """

    async def list_pipeline_runs_status(
        self,
        *,
        pipeline_runs: Iterable[str] = (),
        nodes: Nodes = (),
        workspace_id: str | None = None,
        output_type: OutputType | str | None = None,
    ) -> ListPipelineRunsStatusResponse:
        """Return what PaiFlow.list_pipeline_runs_status does, and raise the same."""
        return reply_of(await self._call(self._body(pipeline_runs, nodes, workspace_id, output_type)))

    async def list_pipeline_runs_status_detailed(
        self,
        *,
        pipeline_runs: Iterable[str] = (),
        nodes: Nodes = (),
        workspace_id: str | None = None,
        output_type: OutputType | str | None = None,
    ) -> Response[ListPipelineRunsStatusResponse]:
        """Return the same with its status, headers and content; the reply is its `parsed`."""
        return await self._call(self._body(pipeline_runs, nodes, workspace_id, output_type))

    async def statuses(
        self,
        *,
        pipeline_runs: Iterable[str] = (),
        nodes: Nodes = (),
        workspace_id: str | None = None,
        output_type: OutputType | str | None = None,
        batch_size: int = BATCH_SIZE,
        in_flight: int = IN_FLIGHT,
    ) -> StatusReport:
        """Return what PaiFlow.statuses does, and raise the same."""
        from paiflow.batches import check_sizes, join, plan  # noqa: PLC0415 - whoever makes single calls needs none of it

        check_sizes(batch_size, in_flight)
        batches = plan(*ids_of(pipeline_runs, nodes), batch_size)
        return join(batches, await self._answers(self._bodies(batches, workspace_id, output_type), in_flight, None))

    async def wait(
        self,
        *,
        pipeline_runs: Iterable[str] = (),
        nodes: Nodes = (),
        until: Until = "all",
        timeout: float | None = None,  # noqa: ASYNC109 - ends with what is known, where a cancellation would lose it
        workspace_id: str | None = None,
    ) -> WaitResult:
        """Return what PaiFlow.wait does, and raise the same."""
        results: list[WaitResult] = []
        async for _ in self._watch(self._steps(pipeline_runs, nodes, until, timeout), workspace_id, results):
            pass
        return results[0]

    def watch(
        self,
        *,
        pipeline_runs: Iterable[str] = (),
        nodes: Nodes = (),
        until: Until = "all",
        timeout: float | None = None,
        workspace_id: str | None = None,
    ) -> AsyncIterator[Change]:
        """Yield what PaiFlow.watch does, and raise the same."""
        return self._watch(self._steps(pipeline_runs, nodes, until, timeout), workspace_id, [])

    async def aclose(self) -> None:
        """Close the connections. Closing twice does no harm."""
        await self._connections.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def _connect(self, transport: httpx.AsyncBaseTransport | None, timeout: float | httpx.Timeout) -> AsyncConnections:
        open_ = opener(httpx.AsyncClient, self.endpoint, transport, timeout, HEADERS)
        return AsyncConnections(open_, shared=is_shared(transport))

    async def _call(self, body: ListPipelineRunsStatusRequest, within: float | None = None) -> Reply:
        attempts = Attempts(self._policy, self._time, within, patient=within is None)
        return await attempts.arun(lambda number: self._attempt(body, number, attempts.left()))

    async def _attempt(self, body: ListPipelineRunsStatusRequest, number: int, left: float) -> Reply:
        import asyncio  # noqa: PLC0415 - costly to load, and for async calls only

        deadline = real_time.monotonic() + left
        source = self._credentials
        with attempt(LIST_PIPELINE_RUNS_STATUS, number, deadline):
            async with asyncio.timeout(left):
                credentials = await asyncio.to_thread(source.get) if source.blocks else source.get()
        with discreet(credentials):
            with attempt(LIST_PIPELINE_RUNS_STATUS, number, deadline), self._connections.in_use():
                async with asyncio.timeout(deadline - real_time.monotonic()):
                    http = await self._connections.open()
                    request = self._request(http, body, deadline)
                    response = attend(await http.send(request, auth=self._auth(credentials), stream=True))
                    try:
                        whole = await aread(Intake(LIST_PIPELINE_RUNS_STATUS, response, deadline), response)
                    finally:
                        await response.aclose()
            return self._interpret(whole, number, credentials)

    async def _answers(
        self, bodies: Sequence[ListPipelineRunsStatusRequest], in_flight: int, within: float | None
    ) -> list[ListPipelineRunsStatusResponse | PaiFlowError]:
        import asyncio  # noqa: PLC0415 - costly to load, and for async calls only

        deadline = self._deadline_of(within)
        places = asyncio.Semaphore(in_flight)

        async def answer(body: ListPipelineRunsStatusRequest) -> ListPipelineRunsStatusResponse | PaiFlowError:
            async with places:
                try:
                    return reply_of(await self._call(body, self._left(deadline)))
                except PaiFlowError as error:
                    return error

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(answer(body)) for body in bodies]
        except BaseExceptionGroup as failures:
            # Nothing of ours: a fault of a transport that the user gave, say. Raised as the blocking client raises it.
            raise failures.exceptions[0] from None
        return [task.result() for task in tasks]

    async def _watch(
        self, steps: Generator[Step, Answer, WaitResult], workspace_id: str | None, results: list[WaitResult]
    ) -> AsyncIterator[Change]:
        """Yield the changes; the result, which an async generator cannot return, goes into `results`."""
        from paiflow.batches import plan  # noqa: PLC0415 - whoever makes single calls needs none of it
        from paiflow.waiting import Ask, Change, Pause  # noqa: PLC0415 - whoever makes single calls needs none of it

        answer: Answer = None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration as over:
                results.append(over.value)
                return
            answer = None
            match step:
                case Change():
                    yield step
                case Pause():
                    await self._time.asleep(step.seconds)
                case Ask():
                    batches = plan(step.pipeline_runs, step.nodes)
                    bodies = self._bodies(batches, workspace_id, None)
                    answer = _joined(batches, await self._answers(bodies, IN_FLIGHT, step.within or self._policy.total))


@lru_cache
def _url(endpoint: str, path: str) -> httpx.URL:
    """Return where a request goes: taking a URL apart takes as long as signing."""
    return httpx.URL(endpoint + path)


def _check_timeout(timeout: object) -> None:
    if isinstance(timeout, httpx.Timeout):
        return
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout > 0:
        raise ConfigurationError(f"timeout must be seconds above 0 or an httpx.Timeout, not {timeout!r:.60}")


def _joined(
    batches: Sequence[Batch], answers: Sequence[ListPipelineRunsStatusResponse | PaiFlowError]
) -> StatusReport | PaiFlowError:
    """Return the report, or the error where no batch was answered: a wait decides about it."""
    from paiflow.batches import join  # noqa: PLC0415 - whoever makes single calls needs none of it

    try:
        return join(batches, answers)
    except PaiFlowError as error:
        return error
