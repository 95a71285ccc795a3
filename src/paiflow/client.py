"""The client: PaiFlow, and AsyncPaiFlow with the same methods to await.

What a call asks for and what comes of it is decided in functions that both share (_requests, _exchange, _replies,
signing); the two classes here open connections and do the I/O, one blocking, one awaiting.
"""

from __future__ import annotations

import os
import time
from abc import abstractmethod
from collections.abc import Callable, Iterable
from functools import partial
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

import httpx

from paiflow import _deadline
from paiflow._exchange import attempt, interpret, reply_of
from paiflow._replies import ACCEPTED_ENCODINGS, Intake, aread, read
from paiflow._requests import LIST_PIPELINE_RUNS_STATUS, NodeRef, status_request
from paiflow.credentials import Credentials, resolve
from paiflow.endpoint import is_loopback, resolve_endpoint
from paiflow.errors import ConfigurationError
from paiflow.signing import SignatureAuth
from paiflow_api.api.pipeline_runs import list_pipeline_runs_status as operation
from paiflow_api.models import ListPipelineRunsStatusResponse, OutputType
from paiflow_api.types import Response

API_VERSION: Final = "2021-02-02"

# As in the vendor's SDK: connect 5 s, read 10 s (darabonba-core 1.0.9, measured).
DEFAULT_TIMEOUT: Final = httpx.Timeout(10, connect=5)

# The most that one call may take in all, however the server stretches it.
TOTAL_SECONDS: Final = 60.0

Transport = TypeVar("Transport", httpx.BaseTransport, httpx.AsyncBaseTransport)
Http = TypeVar("Http", httpx.Client, httpx.AsyncClient)


class _Client(Generic[Transport, Http]):
    """What both clients share: where requests go, who signs them, and how one is built."""

    def __init__(
        self,
        region: str | None = None,
        *,
        endpoint: str | None = None,
        vpc: bool = False,
        credentials: Credentials | Callable[[], Credentials] | None = None,
        workspace_id: str | None = None,
        timeout: float | httpx.Timeout = DEFAULT_TIMEOUT,
        transport: Transport | None = None,
        allow_http: bool = False,
    ) -> None:
        """Set the client up; nothing is sent, and no credentials are looked for, before the first call.

        Args:
            region: such as cn-hangzhou, for its public endpoint; else ALIBABA_CLOUD_REGION_ID.
            endpoint: a URL or a host, instead of the region's; else PAIFLOW_ENDPOINT.
            vpc: take the region's endpoint inside Alibaba Cloud's own network.
            credentials: keys, or a callable that gives them and is asked at each attempt; else the environment's
                ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and ALIBABA_CLOUD_SECURITY_TOKEN.
            workspace_id: the workspace of calls that name none.
            timeout: seconds for each phase of a call (connect, send, receive, wait for the pool), or an httpx.Timeout.
            transport: an httpx transport to use instead of the network.
            allow_http: allow plain http to other machines than this one. Requests are signed, not secret.

        Raises:
            ConfigurationError: no endpoint was found, or an argument will not do.
        """
        self.endpoint: Final = resolve_endpoint(endpoint, region, vpc, allow_http, os.environ)
        self._workspace_id = workspace_id
        self._auth = SignatureAuth(LIST_PIPELINE_RUNS_STATUS, API_VERSION, partial(resolve, credentials, os.environ))
        if not isinstance(timeout, httpx.Timeout) and not timeout > 0:
            raise ConfigurationError(f"timeout must be seconds above 0 or an httpx.Timeout, not {timeout!r:.60}")
        host = httpx.URL(self.endpoint).host
        # No proxy can reach this machine's loopback, whatever the environment says.
        unproxied = {f"all://[{host}]" if ":" in host else f"all://{host}": None}
        self._http: Http = self._open(
            base_url=self.endpoint,
            timeout=timeout,
            transport=transport,
            headers={"accept": "application/json", "accept-encoding": ", ".join(ACCEPTED_ENCODINGS)},
            mounts=unproxied if is_loopback(self.endpoint) else None,
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}(endpoint={self.endpoint!r})"

    @abstractmethod
    def _open(self, **settings: Any) -> Http: ...

    def _request(
        self,
        pipeline_runs: Iterable[str],
        nodes: Iterable[NodeRef | tuple[str, str]],
        workspace_id: str | None,
        output_type: OutputType | str | None,
    ) -> httpx.Request:
        if self._http.is_closed:
            raise ConfigurationError("the client is closed: make a new one")
        workspace_id = self._workspace_id if workspace_id is None else workspace_id
        body = status_request(pipeline_runs, nodes, workspace_id, output_type)
        return self._http.build_request(**operation._get_kwargs(body=body))


class PaiFlow(_Client[httpx.BaseTransport, httpx.Client]):
    """Asks PAIFlow for the statuses of runs and nodes. Threads may share one. Close it, or use it in a `with`."""

    def list_pipeline_runs_status(
        self,
        *,
        pipeline_runs: Iterable[str] = (),
        nodes: Iterable[NodeRef | tuple[str, str]] = (),
        workspace_id: str | None = None,
        output_type: OutputType | str | None = None,
    ) -> ListPipelineRunsStatusResponse:
        """Return the statuses of runs, or of nodes with their outputs, by exactly one call of the service.

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
        detailed = self.list_pipeline_runs_status_detailed(
            pipeline_runs=pipeline_runs, nodes=nodes, workspace_id=workspace_id, output_type=output_type
        )
        return reply_of(detailed)

    def list_pipeline_runs_status_detailed(
        self,
        *,
        pipeline_runs: Iterable[str] = (),
        nodes: Iterable[NodeRef | tuple[str, str]] = (),
        workspace_id: str | None = None,
        output_type: OutputType | str | None = None,
    ) -> Response[ListPipelineRunsStatusResponse]:
        """Return the same with its status, headers and content; the reply is its `parsed`."""
        request = self._request(pipeline_runs, nodes, workspace_id, output_type)
        deadline = time.monotonic() + TOTAL_SECONDS
        with attempt(LIST_PIPELINE_RUNS_STATUS, 1), _deadline.until(deadline):
            response = self._http.send(request, auth=self._auth, stream=True)
            try:
                whole = read(Intake(LIST_PIPELINE_RUNS_STATUS, response, deadline), response)
            finally:
                response.close()
        return interpret(LIST_PIPELINE_RUNS_STATUS, whole, attempts=1)

    def close(self) -> None:
        """Close the connections. Closing twice does no harm."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _open(self, **settings: Any) -> httpx.Client:
        client = httpx.Client(**settings)
        _deadline.enforce(client)
        return client


class AsyncPaiFlow(_Client[httpx.AsyncBaseTransport, httpx.AsyncClient]):
    """PaiFlow with methods to await. Belongs to one event loop. Close it with `aclose`, or use it in an `async with`."""

    async def list_pipeline_runs_status(
        self,
        *,
        pipeline_runs: Iterable[str] = (),
        nodes: Iterable[NodeRef | tuple[str, str]] = (),
        workspace_id: str | None = None,
        output_type: OutputType | str | None = None,
    ) -> ListPipelineRunsStatusResponse:
        """Return what PaiFlow.list_pipeline_runs_status does, and raise the same."""
        detailed = await self.list_pipeline_runs_status_detailed(
            pipeline_runs=pipeline_runs, nodes=nodes, workspace_id=workspace_id, output_type=output_type
        )
        return reply_of(detailed)

    async def list_pipeline_runs_status_detailed(
        self,
        *,
        pipeline_runs: Iterable[str] = (),
        nodes: Iterable[NodeRef | tuple[str, str]] = (),
        workspace_id: str | None = None,
        output_type: OutputType | str | None = None,
    ) -> Response[ListPipelineRunsStatusResponse]:
        """Return the same with its status, headers and content; the reply is its `parsed`."""
        import asyncio  # noqa: PLC0415 - costly to load, and for async calls only

        request = self._request(pipeline_runs, nodes, workspace_id, output_type)
        deadline = time.monotonic() + TOTAL_SECONDS
        with attempt(LIST_PIPELINE_RUNS_STATUS, 1):
            async with asyncio.timeout(TOTAL_SECONDS):
                response = await self._http.send(request, auth=self._auth, stream=True)
                try:
                    whole = await aread(Intake(LIST_PIPELINE_RUNS_STATUS, response, deadline), response)
                finally:
                    await response.aclose()
        return interpret(LIST_PIPELINE_RUNS_STATUS, whole, attempts=1)

    async def aclose(self) -> None:
        """Close the connections. Closing twice does no harm."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def _open(self, **settings: Any) -> httpx.AsyncClient:
        return httpx.AsyncClient(**settings)
