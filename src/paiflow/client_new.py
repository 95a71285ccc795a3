"""The clients: PaiFlow, and AsyncPaiFlow with the same methods to await.

The method of each operation is generated (paiflow_api.methods). Work that takes several calls (pages, logs, submit,
statuses, waits) is steps without I/O. All decisions stand in modules that both clients share; the two classes here do
the I/O, one blocking, one awaiting.
"""

from __future__ import annotations

import os
import time as real_time
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar

import httpx

from paiflow import _deadline, steps
from paiflow._connections import AsyncConnections, Connections, opener
from paiflow._discretion import Discretion, discreet_content
from paiflow._exchange import attempt, clock_skew, interpret, reply_of
from paiflow._hidden import Environment, Hidden
from paiflow._replies import ACCEPTED_ENCODINGS, Intake, Whole, aread, read
from paiflow._requests import BATCH_SIZE, IN_FLIGHT, NodeRef, ids_of
from paiflow._threads import in_threads
from paiflow._time import Time
from paiflow.credentials import Credentials, CredentialsSource, VendorClient
from paiflow.endpoint import Endpoints
from paiflow.errors import AccessDenied, ConfigurationError, PaiFlowError, TransportError
from paiflow.preparing import Prepared, prepare, to_url
from paiflow.retries import Attempts, RetryPolicy, policy_of
from paiflow.signing import SignatureAuth
from paiflow.steps import Ask, Answers, Steps
from paiflow_api import operations
from paiflow_api.calling import Call, Operation
from paiflow_api.methods import AsyncMethods, Methods
from paiflow_api.types import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paiflow.batches import StatusReport
    from paiflow.waiting import Change, Until, WaitResult
    from paiflow_api.models import ListPipelineRunsStatusResponse, OutputType

# As in the vendor's SDK: connect 5 s, read 10 s (darabonba-core 1.0.9, measured).
DEFAULT_TIMEOUT: Final = httpx.Timeout(10, connect=5)

HEADERS: Final = {
    "accept": "application/json",
    "accept-encoding": ", ".join(ACCEPTED_ENCODINGS),
    "user-agent": f"paiflow (python-httpx/{httpx.__version__})",
}

R = TypeVar("R")
T = TypeVar("T")
Transport = TypeVar("Transport", httpx.BaseTransport, httpx.AsyncBaseTransport)
Nodes = Iterable[NodeRef | tuple[str, str]]
# Is told of each reply: operationId, HTTP status, body. Must not raise.
Observer = Callable[[str, int, bytes], None]


class _Client(Generic[Transport]):
    """What both clients share: where requests go, who signs them, and what comes of them."""

    def __init__(
        self,
        region: str | None = None,
        *,
        endpoint: str | None = None,
        aiworkspace_endpoint: str | None = None,
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
            region: such as cn-hangzhou, for its public endpoints; else ALIBABA_CLOUD_REGION_ID.
            endpoint: of PAIFlow, a URL or a host, instead of the region's; else PAIFLOW_ENDPOINT.
            aiworkspace_endpoint: of AIWorkSpace, which serves list_workspaces; else AIWORKSPACE_ENDPOINT; else PAIFlow's
                if that is on this machine, else the region's.
            vpc: take the region's endpoints inside Alibaba Cloud's own network.
            credentials: keys; or a callable that gives them, or a client of the package alibabacloud-credentials, asked
                at each attempt. Else the environment's ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and
                ALIBABA_CLOUD_SECURITY_TOKEN; else the vendor's own chain, with the extra `credentials`.
            workspace_id: the workspace of calls that name none.
            timeout: seconds for each phase of an attempt (connect, send, receive, wait for the pool), or an
                httpx.Timeout.
            retries: a RetryPolicy, or how often to repeat a call that failed in a way that may pass; 0 for not at all.
            transport: an httpx transport to use instead of the network.
            allow_http: allow plain http to other machines than this one. Requests are signed, not secret.

        Raises:
            ConfigurationError: no endpoint was found, or an argument will not do.
            CredentialsError: what was given as credentials can give none.
        """
        # A traceback may show the locals.
        given, credentials = Hidden(credentials), None
        environ = Environment(os.environ)
        self._endpoints = Endpoints(endpoint, aiworkspace_endpoint, region, vpc, allow_http, environ)
        self.endpoint: Final = self._endpoints["paiflow"]
        # By the names that operations give them.
        self._defaults: Mapping[str, object] = {"workspace_id": workspace_id}
        self._credentials = CredentialsSource(given, environ)
        self._policy = policy_of(retries)
        self._time = Time()
        # Seconds by which the service's clock is ahead of ours, as far as it has told.
        self._skew = 0.0
        self._observers: tuple[Observer, ...] = ()
        _check_timeout(timeout)
        self._connect(timeout, transport)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(endpoint={getattr(self, 'endpoint', None)!r})"

    @abstractmethod
    def _connect(self, timeout: float | httpx.Timeout, transport: Transport | None) -> None: ...

    def _request(self, operation: Operation[Any], prepared: Prepared, http: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        headers = {} if prepared.body is None else {"content-type": "application/json"}
        request = http.build_request(operation.method, "", content=prepared.body, headers=headers)
        ...
