"""The clients: PaiFlow, and AsyncPaiFlow with the same methods to await.

The method of each operation is generated (paiflow_api.methods). Work that takes several calls (pages, logs, submit,
statuses, waits) is written as steps. All decisions stand in modules that both clients share; the two classes here do the
I/O, one blocking, one awaiting.
"""

from __future__ import annotations

import os
import time as real_time
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Generic, NoReturn, Self, TypedDict, TypeVar, Unpack, overload

import httpx

from paiflow._durations import Duration, duration
from paiflow._hidden import Environment, Hidden, Secret
from paiflow._text import clean
from paiflow._time import Time
from paiflow.client import deadline as _deadline
from paiflow.client.connections import AsyncConnections, Connections, is_shared, opener
from paiflow.client.discretion import Discretion
from paiflow.client.endpoint import REGION, Endpoints
from paiflow.client.environment import proxy_of
from paiflow.client.exchange import Response, attempt, clock_skew, interpret, logger
from paiflow.client.preparing import Prepared, named, prepare, url_of
from paiflow.client.reply_body import ACCEPTED_ENCODINGS, Intake, Whole, aread, read
from paiflow.client.routes import Route, route_of
from paiflow.client.threads import in_threads
from paiflow.credentials import Credentials, CredentialsSource, VendorClient
from paiflow.errors import AccessDenied, ConfigurationError, PaiFlowError, TransportError
from paiflow.retries import Attempts, RetryPolicy, policy_of
from paiflow.signing import fresh_nonce, sign
from paiflow.status.ids import BATCH_SIZE, NodeRef, ids_of
from paiflow.steps import IN_FLIGHT, Answers, Ask, AsyncIteration, Iteration, Steps
from paiflow_api import operations
from paiflow_api.calling import Call, Operation
from paiflow_api.methods import AsyncMethods, Methods

if TYPE_CHECKING:
    from paiflow.client.submitting import Arguments
    from paiflow.status.batches import StatusReport
    from paiflow.status.waiting import Change, Until, WaitResult
    from paiflow_api.decoding import Reply
    from paiflow_api.models import ListPipelineRunsStatusResponse, NodeState, OutputType, PipelineRunState
    from paiflow_api.outcomes import Outcome as StatusOutcome

# As in the vendor's SDK: connect 5 s, read 10 s (darabonba-core 1.0.9, measured).
DEFAULT_TIMEOUT: Final = httpx.Timeout(10, connect=5)

HEADERS: Final = (
    ("accept", "application/json"),
    ("accept-encoding", ", ".join(ACCEPTED_ENCODINGS)),
    ("connection", "keep-alive"),
    ("user-agent", f"paiflow (python-httpx/{httpx.__version__})"),
)

R = TypeVar("R", bound="Reply")
Item = TypeVar("Item")
Result = TypeVar("Result")
Transport = TypeVar("Transport", httpx.BaseTransport, httpx.AsyncBaseTransport)
Held = TypeVar("Held", Connections, AsyncConnections)
Nodes = Iterable[NodeRef | tuple[str, str]]


class WaitOptions(TypedDict, total=False):
    """The options of `wait` and `watch`, apart from the ids."""

    until: Until
    timeout: Duration | None
    interval: Duration | None
    workspace_id: str | int | None
    follow_nodes: bool
    until_status: str | None
    outcomes: Mapping[str, StatusOutcome] | None


class StatusOptions(TypedDict, total=False):
    """The options of `statuses`, apart from the ids."""

    workspace_id: str | int | None
    output_type: OutputType | str | None
    batch_size: int
    in_flight: int


# Is told of each reply: operationId, HTTP status, body. Must not raise.
Observer = Callable[[str, int, bytes], None]


# The level of the log below DEBUG that shows what is sent and received, and the characters of a reply that it shows.
TRACE: Final = 5
_LOGGED: Final = 2000


class _Client(Generic[Transport, Held]):
    """The base of both clients: endpoints, credentials, and decoding of replies."""

    def __init__(
        self,
        region: str | None = None,
        *,
        endpoint: str | None = None,
        aiworkspace_endpoint: str | None = None,
        vpc: bool = False,
        credentials: Credentials | Callable[[], Credentials] | VendorClient | None = None,
        workspace_id: str | int | None = None,
        timeout: Duration | httpx.Timeout = DEFAULT_TIMEOUT,
        retries: RetryPolicy | int = RetryPolicy(),  # noqa: B008 - frozen
        transport: Transport | None = None,
        allow_http: bool = False,
        time: Time | None = None,
    ) -> None:
        """Set the client up; nothing is sent, and no credentials are looked for, before the first call.

        Args:
            region: such as cn-hangzhou, for its public endpoints; else ALIBABA_CLOUD_REGION_ID, else the region of the
                profile in ~/.aliyun/config.json that ALIBABA_CLOUD_PROFILE names, or that is the current one.
            endpoint: of PAIFlow, a URL or a host, instead of the region's; else PAIFLOW_ENDPOINT.
            aiworkspace_endpoint: of AIWorkSpace, which serves `list_workspaces`; else AIWORKSPACE_ENDPOINT, else the
                same as PAIFlow's if that is on this machine, else the region's.
            vpc: take the region's endpoints inside Alibaba Cloud's own network.
            credentials: keys; or a callable that gives them, or a client of the package alibabacloud-credentials, asked
                at each attempt. Else the environment's ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and
                ALIBABA_CLOUD_SECURITY_TOKEN; else the vendor's own chain, with the extra `credentials`.
            workspace_id: the workspace of calls that name none; else the `workspace_id` of that profile, if it has one.
            timeout: seconds for each phase of an attempt (connect, send, receive, wait for the pool), text such as "10s",
                a timedelta, or an httpx.Timeout.
            retries: a RetryPolicy, or how often to repeat a call that failed in a way that may pass; 0 for not at all.
            transport: an httpx transport to use instead of the network. A forked process, or another event loop, opens
                connections of its own where it is httpx's own HTTPTransport or AsyncHTTPTransport; any other is used
                as it is.
            allow_http: allow plain http to other machines than this one. Requests are signed, not secret.
            time: the clock and sleep to go by instead of the real ones: for tests, such as a paiflow.mock.HandTime.

        Raises:
            ConfigurationError: no endpoint was found, or an argument or a proxy or certificate setting of the
                environment will not do.
            CredentialsError: what was given as credentials can give none.
        """
        # A traceback may show the locals.
        given, credentials = Hidden(credentials), None
        environ = Environment(os.environ)
        region, workspace_id = _of_profile(region, workspace_id, environ)
        hosts = {operation.host for operation in operations.OPERATIONS.values()}
        self._endpoints = Endpoints(endpoint, aiworkspace_endpoint, region, vpc, allow_http, environ, sorted(hosts))
        self.endpoint: Final = self._endpoints.of("paiflow")
        # By the names that parameters give them.
        self._defaults: Mapping[str, object] = {"workspace_id": workspace_id}
        self._credentials = CredentialsSource(given, environ)
        self._policy = policy_of(retries)
        self._time = time if time is not None else Time()
        # Seconds by which the service's clock is ahead of ours, as far as it has told.
        self._skew = 0.0
        self._observers: tuple[Observer, ...] = ()
        self._phases = _timeout_of(timeout).as_dict()
        # Who gives a transport of their own sees to proxies too.
        self._proxies = {url: None if transport is not None else proxy_of(url) for url in self._endpoints.all()}
        auths = [proxy.auth for proxy in self._proxies.values() if proxy is not None]
        self._passwords = tuple([Secret(auth[1]) for auth in auths if auth])  # a proxy may show it
        self._routes = {url: route_of(url, proxy) for url, proxy in self._proxies.items()}
        self._connections: Held = self._connect(transport)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(endpoint={getattr(self, 'endpoint', None)!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} cannot be pickled or copied: make one in each process")

    @abstractmethod
    def _connect(self, transport: Transport | None) -> Held: ...

    @property
    def time(self) -> Time:
        """The clock and sleep that the client goes by."""
        return self._time

    def endpoint_of(self, host: str) -> str:
        """Return the base URL of a service, by the first label of its host: `paiflow`, `aiworkspace`.

        Raises:
            ConfigurationError: there is none; says what to set.
        """
        return self._endpoints.of(host)

    @property
    def workspace_id(self) -> str | int | None:
        """The workspace of calls that name none."""
        given = self._defaults["workspace_id"]
        return given if isinstance(given, str | int) else None

    def credentials(self) -> Credentials:
        """Return the credentials to sign with now.

        Raises:
            CredentialsError: there are none.
        """
        return self._credentials.get()

    @property
    def refreshes(self) -> bool:
        """Whether an expired token may be followed by a fresh one."""
        return self._credentials.refreshes

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Call `observer` with the operationId, HTTP status and body of each reply, until what is returned is called."""
        self._observers = (*self._observers, observer)

        def stop() -> None:
            self._observers = tuple([one for one in self._observers if one is not observer])

        return stop

    def _prepare(self, call: Call[Any]) -> Prepared:
        self._connections.check_open()
        return prepare(call, self._defaults)

    def _request(self, operation: Operation[Any], prepared: Prepared, credentials: Credentials) -> httpx.Request:
        """Return the request, signed: from here on it must not change."""
        url = url_of(endpoint := self.endpoint_of(operation.host), prepared)
        method, body = operation.method, prepared.body or b""
        if logger.isEnabledFor(TRACE):
            shown = f"{method} {endpoint}{prepared.shown}"
            logger.log(TRACE, "%s: %s with %d bytes", operation.name, shown, len(body))
        headers = [("host", url.netloc.decode("ascii")), *HEADERS]
        if prepared.body is not None:
            headers.append(("content-type", "application/json"))
        if body or method in ("POST", "PUT"):
            headers.append(("content-length", str(len(body))))
        path, _, query = url.raw_path.partition(b"?")
        headers += sign(
            method,
            path,
            query,
            headers,
            body,
            credentials=credentials,
            action=operation.name,
            version=operation.version,
            now=self._service_time(),
            nonce=fresh_nonce(),
        ).items()
        request = httpx.Request(
            method,
            url,
            headers=[(name.encode(), value.encode()) for name, value in headers],
            stream=httpx.ByteStream(body),  # with content= it would look for headers to add
            extensions={"timeout": dict(self._phases)},
        )
        request.read()
        request.url = url  # a copy of it would show the secrets of its query
        return request

    def _route(self, operation: Operation[Any]) -> Route:
        return self._routes[self.endpoint_of(operation.host)]

    def _interpret(self, operation: Operation[R], response: Whole, number: int, discretion: Discretion) -> Response[R]:
        if logger.isEnabledFor(TRACE):
            text = discretion.content(response.content).decode(errors="replace")
            logger.log(TRACE, "%s: %s", operation.name, clean(text, _LOGGED))
        for observer in self._observers:
            observer(operation.name, response.status_code, discretion.content(response.content))
        try:
            return interpret(operation, response, number, self._service_time())
        except AccessDenied as error:
            skew = clock_skew(error, response.headers, self._time.now())
            if skew is not None:
                self._skew = skew
            raise

    def _service_time(self) -> float:
        return self._time.now() + self._skew

    def _attempts(self, operation: Operation[Any], within: float | None, once: bool) -> Attempts:
        return Attempts(self._policy, self._time, within, patient=not once, repeatable=operation.repeatable)

    def _deadline_of(self, step: Ask) -> float | None:
        within = self._policy.total if step.within is None and step.once else step.within
        return None if within is None else self._time.monotonic() + within

    def _left(self, call: Call[Any], deadline: float | None) -> float | None:
        """Return the seconds until a deadline; a call whose turn comes too late is not sent."""
        if deadline is None:
            return None
        left = deadline - self._time.monotonic()
        if left <= 0:
            raise TransportError(call.operation.name, "the time was up before its turn came", 0)
        return left

    def _statuses(
        self,
        pipeline_runs: Iterable[str],
        nodes: Nodes,
        workspace_id: str | int | None,
        output_type: str | None,
        batch_size: int,
        in_flight: int,
    ) -> Steps[Any, StatusReport]:
        from paiflow.status.batches import check_sizes, statuses  # noqa: PLC0415 - not for single calls

        check_sizes(batch_size, in_flight)
        return statuses(
            *ids_of(pipeline_runs, nodes),
            workspace_id=workspace_id,
            output_type=output_type,
            batch_size=batch_size,
            in_flight=in_flight,
        )

    def _follow(
        self,
        pipeline_runs: Iterable[str],
        nodes: Nodes,
        workspace_id: str | int | None = None,
        **options: Any,
    ) -> Steps[Change, WaitResult]:
        self._connections.check_open()
        from paiflow.status.waiting import Limits, follow  # noqa: PLC0415 - not for single calls

        limits = Limits.of(**options)
        runs, refs = ids_of(pipeline_runs, nodes)
        return follow(runs, refs, limits, self._time, refreshes=self._credentials.refreshes, workspace_id=workspace_id)

    def _pages(self, call: Call[Any], limit: int | None, page_size: int) -> Steps[Any, None]:
        from paiflow.client.paging import items  # noqa: PLC0415 - not for single calls

        return items(call, limit, page_size)

    def _log_lines(self, call: Call[Any], follow: bool, limit: int | None, page_size: int) -> Steps[str, None]:
        from paiflow.client.logs import lines  # noqa: PLC0415 - not for single calls

        return lines(call, follow=follow, limit=limit, page_size=page_size, refreshes=self._credentials.refreshes)

    def _submit(self, start: bool, once: str | None, arguments: Mapping[str, Any]) -> Steps[Any, str]:
        from paiflow.client.submitting import submit  # noqa: PLC0415 - not for single calls

        return submit(arguments, start=start, once=once)


class PaiFlow(_Client[httpx.BaseTransport, Connections], Methods):
    """The client of PAIFlow: a method for each operation, and submit, statuses, wait and watch beside them.

    Close it, or use it in a `with`. Threads may share one, and so may forked processes: each process has connections of
    its own.
    """

    def call(self, operation: Operation[R] | str, /, **arguments: Any) -> Response[R]:
        """Call any operation and return the whole reply: status, headers, content, and the model as `parsed`.

        Args:
            operation: a row of paiflow_api.operations, or an operationId such as "GetPipelineRun".
            arguments: as the operation's own method takes them; the wire's names are taken as well.

        Raises:
            PaiFlowError: as the operation's own method.
        """
        given = Hidden(arguments)
        del arguments  # a traceback may show what variables hold
        return self._send(Call(named(operation), given.reveal()))

    def ask(self, step: Ask) -> Answers:
        """Make the calls of a step and return for each its reply, or the PaiFlowError that came instead."""
        deadline = self._deadline_of(step)

        def answer(call: Call[Any]) -> Any:
            try:
                return self._send(call, self._left(call, deadline), once=step.once).parsed
            except PaiFlowError as error:
                return error

        return [answer(step.calls[0])] if len(step.calls) == 1 else in_threads(answer, step.calls, step.in_flight)

    def list_pipeline_runs_status_detailed(self, **arguments: Any) -> Response[ListPipelineRunsStatusResponse]:
        """Call `list_pipeline_runs_status`, and return its reply with status, headers and content, as `call` does."""
        return self.call(operations.LIST_PIPELINE_RUNS_STATUS, **arguments)

    def iter_pipeline_run_node_logs(
        self,
        pipeline_run_id: str,
        node_id: str,
        *,
        from_time_in_seconds: int | None = None,
        keyword: str | None = None,
        reverse: bool | None = None,
        to_time_in_seconds: int | None = None,
        token_id: str | None = None,
        follow: bool = False,
        limit: int | None = None,
        page_size: int = 100,
    ) -> Iterator[str]:
        """Yield the lines of a node's log.

        Args:
            pipeline_run_id: The run's id.
            node_id: The node's id.
            from_time_in_seconds: Only lines from this time on, in seconds since the epoch.
            keyword: Only lines that contain this text.
            reverse: Whether the newest line comes first. Lines that come meanwhile may then make others come twice.
            to_time_in_seconds: Only lines up to this time, in seconds since the epoch.
            token_id: The token of a shared run. A secret: it is never shown.
            follow: Go on until the node has ended. What may pass (throttling, faults of the service and of the network)
                is waited out. New lines are looked for every 2 to 15 s.
            limit: The number of lines to stop after; None for all.
            page_size: The number of lines to ask for at a time.

        Raises:
            PaiFlowError: as `list_pipeline_run_node_logs`.
        """
        call = Call(
            operations.LIST_PIPELINE_RUN_NODE_LOGS,
            {
                "pipeline_run_id": pipeline_run_id,
                "node_id": node_id,
                "from_time_in_seconds": from_time_in_seconds,
                "keyword": keyword,
                "reverse": reverse,
                "to_time_in_seconds": to_time_in_seconds,
                "token_id": token_id,
            },
        )
        del token_id  # a traceback may show what variables hold
        return iter(self._run(self._log_lines(call, follow, limit, page_size)))

    def submit(self, *, start: bool = True, once: str | None = None, **arguments: Unpack[Arguments]) -> str:
        """Create a run and return its id.

        Args:
            start: Start it at once; else it stays Initialized until `start_pipeline_run`.
            once: A key for which at most one run is made. If there is a run with this key, in any status, its id is
                returned; one that was deleted does not count. After a failure that leaves open whether the run was made,
                it is looked for. The key is sent as SourceId, with the SourceType SDK. Two programs that submit the same
                key in the same moment may both create a run, and so may one whose account does not see the first run.
            arguments: as those of `create_pipeline_run`: workspace_id, pipeline_id or pipeline_manifest, name,
                arguments, options, accessibility, source_id, source_type. `arguments` may be a mapping from names to
                values; it, the manifest and the options may be anything that JSON can hold.

        Raises:
            InvalidRequest: An argument is missing or not valid, or two runs have the key.
            PaiFlowError: As `create_pipeline_run`. If its `maybe_done` is true, the run may have been made.
        """
        return self._run(self._submit(start, once, arguments)).finish()

    @overload
    def statuses(self, pipeline_runs: Iterable[str], **options: Unpack[StatusOptions]) -> StatusReport[str]: ...
    @overload
    def statuses(self, *, nodes: Nodes, **options: Unpack[StatusOptions]) -> StatusReport[NodeRef]: ...
    @overload
    def statuses(
        self, pipeline_runs: Iterable[str], *, nodes: Nodes, **options: Unpack[StatusOptions]
    ) -> StatusReport: ...
    def statuses(
        self,
        pipeline_runs: Iterable[str] = (),
        *,
        nodes: Nodes = (),
        workspace_id: str | int | None = None,
        output_type: OutputType | str | None = None,
        batch_size: int = BATCH_SIZE,
        in_flight: int = IN_FLIGHT,
    ) -> StatusReport:
        """Return the statuses of any number of runs and nodes, by as many calls as they take.

        One failed call does not discard the other results: its ids are `unanswered` in the report, its error is among
        the `errors`.

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
        return self._run(
            self._statuses(pipeline_runs, nodes, workspace_id, output_type, batch_size, in_flight)
        ).finish()

    @overload
    def wait(
        self, pipeline_runs: Iterable[str], **options: Unpack[WaitOptions]
    ) -> WaitResult[str, PipelineRunState]: ...
    @overload
    def wait(self, *, nodes: Nodes, **options: Unpack[WaitOptions]) -> WaitResult[NodeRef, NodeState]: ...
    @overload
    def wait(self, pipeline_runs: Iterable[str], *, nodes: Nodes, **options: Unpack[WaitOptions]) -> WaitResult: ...
    def wait(
        self,
        pipeline_runs: Iterable[str] = (),
        *,
        nodes: Nodes = (),
        **options: Unpack[WaitOptions],
    ) -> WaitResult:
        """Wait until runs and nodes have ended, and return the outcome of each.

        Ended is what succeeded, failed or was stopped (terminated, suspended, skipped; a skipped node has succeeded), and
        an id that the service has not returned for 60 s. An unknown status ends nothing. Throttling, faults of the
        service and of the network are waited out. Polls are 2 s apart after a change, and up to 30 s otherwise.

        Args:
            pipeline_runs: ids of runs.
            nodes: nodes, each a NodeRef or a pair of run id and node id.
            until: "all" have ended; "any", the first one has, with any outcome; "first-failure", the first one has
                failed, was stopped or is missing, else as all.
            timeout: how long to wait at most: seconds, text such as "1h30m", or a timedelta; None to wait on.
            interval: how long to let pass between two polls, at least; likewise.
            workspace_id: instead of the client's.
            follow_nodes: look at the nodes of these runs too, as they appear, down to 10 levels. They are `nodes` of
                the result, and `watch` yields their changes; the wait ends with the runs all the same.
            until_status: what comes to have this status is waited for no more, such as Running.
            outcomes: what statuses mean, such as {"Completed": "succeeded"}: for one that is not known yet, or that means
                something else to you. Each of succeeded, failed, stopped and active.

        Raises:
            WaitTimedOut: the time was up. Its `result` has what is known.
            AccessDenied, CredentialsError, InvalidRequest, NotFound: waiting does not mend these. They have a `result`
                too.
        """
        return self._run(self._follow(pipeline_runs, nodes, **options)).finish()

    @overload
    def watch(
        self, pipeline_runs: Iterable[str], **options: Unpack[WaitOptions]
    ) -> Iterator[Change[str, PipelineRunState]]: ...
    @overload
    def watch(self, *, nodes: Nodes, **options: Unpack[WaitOptions]) -> Iterator[Change[NodeRef, NodeState]]: ...
    @overload
    def watch(
        self, pipeline_runs: Iterable[str], *, nodes: Nodes, **options: Unpack[WaitOptions]
    ) -> Iterator[Change]: ...
    def watch(
        self,
        pipeline_runs: Iterable[str] = (),
        *,
        nodes: Nodes = (),
        **options: Unpack[WaitOptions],
    ) -> Iterator[Change]:
        """Yield the changes of runs and nodes as they come, until `wait` would return; raise what it would raise."""
        return iter(self._run(self._follow(pipeline_runs, nodes, **options)))

    def close(self) -> None:
        """Close the connections. Closing twice does no harm."""
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _connect(self, transport: httpx.BaseTransport | None) -> Connections:
        open_ = opener(httpx.HTTPTransport, self._proxies, transport)
        return Connections(open_, shared=is_shared(transport))

    def _run(self, steps: Steps[Item, Result]) -> Iteration[Item, Result]:
        return Iteration(steps, self.ask, self._time.sleep)

    def _call(self, call: Call[R]) -> R:
        return self._send(call).parsed

    def _iterate(self, call: Call[Any], limit: int | None, page_size: int) -> Iterator[Any]:
        return iter(self._run(self._pages(call, limit, page_size)))

    def _send(self, call: Call[R], within: float | None = None, *, once: bool = False) -> Response[R]:
        prepared = self._prepare(call)
        attempts = self._attempts(call.operation, within, once)
        return attempts.run(lambda number: self._attempt(call.operation, prepared, number, attempts.left()))

    def _attempt(self, operation: Operation[R], prepared: Prepared, number: int, left: float) -> Response[R]:
        deadline = real_time.monotonic() + left
        credentials = self._credentials.get()
        with self._connections.in_use():
            transport = self._connections.transports().to(self.endpoint_of(operation.host))
            request = self._request(operation, prepared, credentials)
        with Discretion(credentials, request, (*prepared.secrets, *self._passwords)) as discretion:
            with (
                attempt(operation.name, number, deadline, self._route(operation)),
                self._connections.in_use(sending=True),
                _deadline.until(deadline),
            ):
                response = transport.handle_request(request)
                try:
                    whole = read(Intake(operation.name, response, deadline), response)
                finally:
                    response.close()
            return self._interpret(operation, whole, number, discretion)


class AsyncPaiFlow(_Client[httpx.AsyncBaseTransport, AsyncConnections], AsyncMethods):
    """PaiFlow with methods to await. Close it with `aclose`, or use it in an `async with`.

    Each event loop that uses it has connections of its own; they are closed when asyncio.run ends the loop.
    """

    async def call(self, operation: Operation[R] | str, /, **arguments: Any) -> Response[R]:
        """Return what PaiFlow.call does, and raise the same."""
        given = Hidden(arguments)
        del arguments  # a traceback may show what variables hold
        return await self._send(Call(named(operation), given.reveal()))

    async def relay(
        self, operation: Operation[Any], prepared: Prepared, within: float
    ) -> tuple[int, dict[str, str], bytes]:
        """Send a request once, signed, and return status, headers and body of its reply, also of a refusal.

        What signed the request is left out of the body.

        Args:
            operation: whose request it is.
            prepared: the parts of the request, which need not be valid.
            within: seconds until the reply must be here.

        Raises:
            CredentialsError, TransportError, UnexpectedReply: no reply came, or one that is too large.
        """
        self._connections.check_open()
        whole, discretion = await self._round_trip(operation, prepared, 1, within)
        return whole.status_code, dict(whole.headers), discretion.content(whole.content)

    async def ask(self, step: Ask) -> Answers:
        """Return what PaiFlow.ask does."""
        import asyncio  # noqa: PLC0415 - costly to load, and for async calls only

        deadline = self._deadline_of(step)
        places = asyncio.Semaphore(step.in_flight)

        async def answer(call: Call[Any]) -> Any:
            async with places:
                try:
                    return (await self._send(call, self._left(call, deadline), once=step.once)).parsed
                except PaiFlowError as error:
                    return error

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(answer(call)) for call in step.calls]
        except BaseExceptionGroup as failures:
            # Nothing of ours: a fault of a transport that the user gave, say. Raised as the blocking client raises it.
            raise failures.exceptions[0] from None
        return [task.result() for task in tasks]

    async def list_pipeline_runs_status_detailed(self, **arguments: Any) -> Response[ListPipelineRunsStatusResponse]:
        """Return what PaiFlow.list_pipeline_runs_status_detailed does, and raise the same."""
        return await self.call(operations.LIST_PIPELINE_RUNS_STATUS, **arguments)

    def iter_pipeline_run_node_logs(
        self,
        pipeline_run_id: str,
        node_id: str,
        *,
        from_time_in_seconds: int | None = None,
        keyword: str | None = None,
        reverse: bool | None = None,
        to_time_in_seconds: int | None = None,
        token_id: str | None = None,
        follow: bool = False,
        limit: int | None = None,
        page_size: int = 100,
    ) -> AsyncIterator[str]:
        """Yield what PaiFlow.iter_pipeline_run_node_logs does, and raise the same."""
        call = Call(
            operations.LIST_PIPELINE_RUN_NODE_LOGS,
            {
                "pipeline_run_id": pipeline_run_id,
                "node_id": node_id,
                "from_time_in_seconds": from_time_in_seconds,
                "keyword": keyword,
                "reverse": reverse,
                "to_time_in_seconds": to_time_in_seconds,
                "token_id": token_id,
            },
        )
        del token_id  # a traceback may show what variables hold
        return aiter(self._run(self._log_lines(call, follow, limit, page_size)))

    async def submit(self, *, start: bool = True, once: str | None = None, **arguments: Unpack[Arguments]) -> str:
        """Return what PaiFlow.submit does, and raise the same."""
        return await self._run(self._submit(start, once, arguments)).finish()

    @overload
    async def statuses(self, pipeline_runs: Iterable[str], **options: Unpack[StatusOptions]) -> StatusReport[str]: ...
    @overload
    async def statuses(self, *, nodes: Nodes, **options: Unpack[StatusOptions]) -> StatusReport[NodeRef]: ...
    @overload
    async def statuses(
        self, pipeline_runs: Iterable[str], *, nodes: Nodes, **options: Unpack[StatusOptions]
    ) -> StatusReport: ...
    async def statuses(
        self,
        pipeline_runs: Iterable[str] = (),
        *,
        nodes: Nodes = (),
        workspace_id: str | int | None = None,
        output_type: OutputType | str | None = None,
        batch_size: int = BATCH_SIZE,
        in_flight: int = IN_FLIGHT,
    ) -> StatusReport:
        """Return what PaiFlow.statuses does, and raise the same."""
        return await self._run(
            self._statuses(pipeline_runs, nodes, workspace_id, output_type, batch_size, in_flight)
        ).finish()

    @overload
    async def wait(
        self, pipeline_runs: Iterable[str], **options: Unpack[WaitOptions]
    ) -> WaitResult[str, PipelineRunState]: ...
    @overload
    async def wait(self, *, nodes: Nodes, **options: Unpack[WaitOptions]) -> WaitResult[NodeRef, NodeState]: ...
    @overload
    async def wait(
        self, pipeline_runs: Iterable[str], *, nodes: Nodes, **options: Unpack[WaitOptions]
    ) -> WaitResult: ...
    async def wait(
        self,
        pipeline_runs: Iterable[str] = (),
        *,
        nodes: Nodes = (),
        **options: Unpack[WaitOptions],
    ) -> WaitResult:
        """Return what PaiFlow.wait does, and raise the same."""
        return await self._run(self._follow(pipeline_runs, nodes, **options)).finish()

    @overload
    def watch(
        self, pipeline_runs: Iterable[str], **options: Unpack[WaitOptions]
    ) -> AsyncIterator[Change[str, PipelineRunState]]: ...
    @overload
    def watch(self, *, nodes: Nodes, **options: Unpack[WaitOptions]) -> AsyncIterator[Change[NodeRef, NodeState]]: ...
    @overload
    def watch(
        self, pipeline_runs: Iterable[str], *, nodes: Nodes, **options: Unpack[WaitOptions]
    ) -> AsyncIterator[Change]: ...
    def watch(
        self,
        pipeline_runs: Iterable[str] = (),
        *,
        nodes: Nodes = (),
        **options: Unpack[WaitOptions],
    ) -> AsyncIterator[Change]:
        """Yield what PaiFlow.watch does, and raise the same."""
        return aiter(self._run(self._follow(pipeline_runs, nodes, **options)))

    async def aclose(self) -> None:
        """Close the connections. Closing twice does no harm."""
        await self._connections.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def _connect(self, transport: httpx.AsyncBaseTransport | None) -> AsyncConnections:
        open_ = opener(httpx.AsyncHTTPTransport, self._proxies, transport)
        return AsyncConnections(open_, shared=is_shared(transport))

    def _run(self, steps: Steps[Item, Result]) -> AsyncIteration[Item, Result]:
        return AsyncIteration(steps, self.ask, self._time.asleep)

    async def _call(self, call: Call[R]) -> R:
        return (await self._send(call)).parsed

    def _iterate(self, call: Call[Any], limit: int | None, page_size: int) -> AsyncIterator[Any]:
        return aiter(self._run(self._pages(call, limit, page_size)))

    async def _send(self, call: Call[R], within: float | None = None, *, once: bool = False) -> Response[R]:
        prepared = self._prepare(call)
        attempts = self._attempts(call.operation, within, once)
        return await attempts.arun(lambda number: self._attempt(call.operation, prepared, number, attempts.left()))

    async def _attempt(self, operation: Operation[R], prepared: Prepared, number: int, left: float) -> Response[R]:
        whole, discretion = await self._round_trip(operation, prepared, number, left)
        with discretion:
            return self._interpret(operation, whole, number, discretion)

    async def _round_trip(
        self, operation: Operation[Any], prepared: Prepared, number: int, left: float
    ) -> tuple[Whole, Discretion]:
        import asyncio  # noqa: PLC0415 - costly to load, and for async calls only

        deadline = real_time.monotonic() + left
        if self._credentials.blocks:
            with attempt(operation.name, number, deadline):
                async with asyncio.timeout(left):
                    credentials = await asyncio.to_thread(self._credentials.get)
        else:
            credentials = self._credentials.get()
        with self._connections.in_use():
            transport = (await self._connections.open()).to(self.endpoint_of(operation.host))
            request = self._request(operation, prepared, credentials)
        with Discretion(credentials, request, (*prepared.secrets, *self._passwords)) as discretion:
            with (
                attempt(operation.name, number, deadline, self._route(operation)),
                self._connections.in_use(sending=True),
            ):
                async with asyncio.timeout(deadline - real_time.monotonic()):
                    response = await transport.handle_async_request(request)
                    try:
                        whole = await aread(Intake(operation.name, response, deadline), response)
                    finally:
                        await response.aclose()
            return whole, discretion


def _of_profile(
    region: str | None, workspace_id: str | int | None, environ: Mapping[str, str]
) -> tuple[str | None, str | int | None]:
    """Return region and workspace, of the vendor's profile where nothing else gives them."""
    if workspace_id is not None and (region is not None or environ.get(REGION)):
        return region, workspace_id
    from paiflow.client.profile import in_force  # noqa: PLC0415 - for those who use it

    if (profile := in_force(environ)) is None:
        return region, workspace_id
    named = region is not None or environ.get(REGION)
    return (region if named else profile.region), (profile.workspace_id if workspace_id is None else workspace_id)


def _timeout_of(timeout: object) -> httpx.Timeout:
    if isinstance(timeout, httpx.Timeout):
        return timeout
    if (seconds := duration(timeout)) is None or not seconds > 0:
        due = 'seconds above 0, text such as "10s", a timedelta or an httpx.Timeout'
        raise ConfigurationError(f"timeout must be {due}, not {timeout!r:.60}")
    return httpx.Timeout(seconds)
