"""The object of the pytest fixture `paiflow_mock`.

    with PaiFlowMock() as mock:
        mock.add_run("flow-1", [(0, "Running"), ("2m", "Succeeded")])
        client = mock.client()

So it works without pytest too.
"""

import contextlib
import json
import os
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

import attrs

from paiflow import AsyncPaiFlow, PaiFlow
from paiflow._forks import Lock
from paiflow.credentials import Credentials
from paiflow.mock.behaviour import Behaviour
from paiflow.mock.clock import HandClock, HandTime
from paiflow.mock.contents import Contents
from paiflow.mock.faults import Fault
from paiflow.mock.http_messages import Request
from paiflow.mock.scenario import Scenario, load_scenario
from paiflow.mock.server import serve
from paiflow.mock.service import MockService
from paiflow.mock.transport import MockTransport

__all__ = ["PaiFlowMock", "RecordedRequest"]


@attrs.frozen
class RecordedRequest:
    """A request that came, answered or refused.

    Args:
        method: in upper case.
        path: percent-encoded, as sent.
        headers: by name in lower case.
        query: of the URL, decoded; of a name that came twice, the last value.
        body: the JSON object that it held; empty if it held none.
    """

    method: str
    path: str
    headers: Mapping[str, str] = attrs.field(repr=False)  # they hold what signs the request
    query: Mapping[str, str] = attrs.field(repr=False)  # it may hold a share token
    body: Mapping[str, Any]

    @property
    def operation(self) -> str:
        """The operation that the request names; empty if it names none."""
        return self.headers.get("x-acs-action", "")


class PaiFlowMock(Contents):
    """A mock service on a free port of this machine, whose clock is advanced by hand. Safe to share between threads.

    Args:
        sample: whether it starts with the documented samples.
        behaviour: how it behaves where the vendor's pages leave it open.

    Attributes:
        service: the service.
        clock: its clock.
        credentials: what to sign requests with.
        endpoint: where it listens.
    """

    def __init__(self, *, sample: bool = True, behaviour: Behaviour | None = None) -> None:
        self._requests: list[RecordedRequest] = []
        self._lock = Lock()
        self._open = contextlib.ExitStack()
        self.clock: HandClock = HandClock()
        self.service: MockService = MockService(
            clock=self.clock, sample=sample, behaviour=behaviour, on_request=self._record
        )
        self.credentials: Credentials = self.service.credentials
        self.endpoint: str = self._open.enter_context(serve(self.service))
        super().__init__(self.service.store, self.service.faults, self.clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.close()

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead a client to the service."""
        return {
            "PAIFLOW_ENDPOINT": self.endpoint,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": self.credentials.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": self.credentials.access_key_secret,
        }

    @property
    def requests(self) -> list[RecordedRequest]:
        """The requests so far, in order."""
        with self._lock:
            return list(self._requests)

    def advance(self, seconds: float) -> float:
        """Move the clock on by so many seconds, and return the new time."""
        return self.clock.advance(seconds)

    def add_user(self) -> Credentials:
        """Return credentials of another user: `client(credentials=mock.add_user())` sees no private run of the first."""
        return self.service.add_user()

    def client(self, **settings: Any) -> PaiFlow:
        """Return a client of the service, by whose clock it sleeps: its waits advance the clock and take no time.

        It is closed with the fixture.

        Args:
            settings: of PaiFlow; these win over the service's endpoint and credentials.
        """
        return self._open.enter_context(PaiFlow(**self._settings(settings)))

    def async_client(self, **settings: Any) -> AsyncPaiFlow:
        """Return the same to await. Close it where it was used, best by an `async with`."""
        return AsyncPaiFlow(**self._settings(settings))

    def transport(self) -> MockTransport:
        """Return an httpx transport to the same service, without a socket: `client(transport=mock.transport())`."""
        return MockTransport(self.service)

    def fault(self, name: str, **settings: Any) -> Fault:
        """Put a fault in force, from the next call on: see Faults.add. A `with` around it ends it."""
        return self.service.faults.add(name, **settings)

    def play(self, scenario: Scenario | str | os.PathLike[str]) -> None:
        """Add what a scenario holds, or a file with one. Its clock, sample and behaviour do not count."""
        super().play(scenario if isinstance(scenario, Scenario) else load_scenario(scenario))

    def _settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        return {"endpoint": self.endpoint, "credentials": self.credentials, "time": HandTime(self.clock), **settings}

    def _record(self, request: Request) -> None:
        recorded = RecordedRequest(
            request.method,
            request.path.decode("latin-1"),
            {name.lower(): value for name, value in request.headers},
            dict(parse_qsl(request.query.decode("latin-1"), keep_blank_values=True)),
            _object(request.body),
        )
        with self._lock:
            self._requests.append(recorded)


def _object(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}
