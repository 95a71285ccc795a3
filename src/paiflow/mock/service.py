"""The mock service itself: a request in, a reply out, no I/O.

Not mocked: replies in XML (the gateway's, where Accept does not ask for JSON), permissions, and the
older signature methods.
"""

import json
import secrets
import uuid
from collections.abc import Callable, Iterable, Sequence
from email.utils import formatdate
from typing import Any

import attrs

from paiflow.credentials import Credentials
from paiflow.mock import gate
from paiflow.mock.authentication import WINDOW, authenticate
from paiflow.mock.body import LIMIT_BYTES, read_body
from paiflow.mock.clock import Clock
from paiflow.mock.contents import Contents
from paiflow.mock.description import Description, effective_description
from paiflow.mock.fault_kinds import Effect
from paiflow.mock.faults import Faults
from paiflow.mock.http_messages import Reply, Request
from paiflow.mock.nonces import Nonces
from paiflow.mock.operations import HANDLERS
from paiflow.mock.refusals import Refusal
from paiflow.mock.scenario import Scenario
from paiflow.mock.store import SAMPLE_WORKSPACE, Store

__all__ = ["MockService"]

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class MockService:
    """The service. Starts with the documented sample. Safe to share between threads.

    Args:
        accounts: who may call; a lasting pair made up for this service if there are none.
        scenario: what else exists, and what happens to it, from now on.
        clock: the service's time; the scenario's if not given.
        description: judges the requests; the effective one if there is none.
        on_request: called with each request, before it is looked at, in the thread that brings it.

    Attributes:
        accounts: the same by access key id; add to it, or take away, at any time.
        credentials: the first account's.
        clock: the service's time.
        store: what the service knows, as the wire has it.
        stage: adds runs, nodes and outputs that change with time, and plays scenarios.
        faults: what goes wrong on demand.
    """

    def __init__(
        self,
        accounts: Iterable[Credentials] = (),
        *,
        scenario: Scenario | None = None,
        clock: Clock | None = None,
        description: Description | None = None,
        on_request: Callable[[Request], None] | None = None,
    ) -> None:
        self._description = description or effective_description()
        self._on_request = on_request
        # A date may lie as far ahead when its nonce is used as behind when the nonce comes again.
        self._nonces = Nonces(2 * WINDOW)
        self.accounts = {account.access_key_id: account for account in accounts or [_made_up()]}
        self.credentials = next(iter(self.accounts.values()))
        self.clock = clock or (scenario.clock() if scenario else Clock())
        self.store = Store(self._description)
        self.faults = Faults()
        self.stage = Contents(self.store, self.faults, self.clock)
        _add_sample(self.store, self._description)
        if scenario:
            self.stage.play(scenario)

    def handle(self, request: Request) -> Reply:
        """Return the reply to a request."""
        now = self.clock.now()
        if self._on_request:
            self._on_request(request)
        effect = self.faults.strike(now)
        try:
            reply = self._outcome(request, effect, now)
        except Refusal as refusal:
            reply = _refused(refusal, _host(request), now + effect.skew)
        return attrs.evolve(reply, delivery=effect.delivery)

    def refuse(self, code: str, request: Request | None = None) -> Reply:
        """Return the reply that refuses a request with a code, None for one that could not even be read."""
        return _refused(Refusal(code), _host(request) if request else "", self.clock.now())

    def _outcome(self, request: Request, effect: Effect, now: float) -> Reply:
        """Return the reply that is no refusal.

        Raises:
            Refusal: the service says no, or a fault does.
        """
        if isinstance(effect.instead, Refusal):
            raise effect.instead
        if effect.instead is not None:
            return effect.instead
        answer = self._answer(request, now, effect.skew)
        return _reply(200, effect.change(answer) if effect.change else answer, now + effect.skew)

    def _answer(self, request: Request, now: float, skew: float) -> dict[str, Any]:
        operation = gate.route(self._description, request)
        headers = gate.headers_of(request)
        gate.check_operation(self._description, operation, headers)
        if len(request.body) > LIMIT_BYTES:  # before anything is computed from it
            raise Refusal("RequestEntityTooLarge", LIMIT_BYTES)
        readings = [reading + skew for reading in self.clock.readings()]
        authenticate(request, headers, self.accounts, self._nonces, now, readings)
        parameters: dict[str, Any] = {}
        if operation.request_body is not None:
            parameters = read_body(headers.get("content-type"), request.body, operation.request_body)
        return HANDLERS[operation.action](self.store, parameters, now)


def _reply(status: int, fields: dict[str, Any], now: float, headers: Sequence[tuple[str, str]] = ()) -> Reply:
    """Return a reply with these fields, a request id, and the service's own date: a client may set its clock by it."""
    request_id = str(uuid.uuid4()).upper()
    body = _ENCODER.encode({"RequestId": request_id, **fields})
    common = [
        ("content-type", "application/json;charset=utf-8"),
        ("x-acs-request-id", request_id),
        ("date", formatdate(now, usegmt=True)),
    ]
    return Reply(status, [*common, *headers], body.encode())


def _refused(refusal: Refusal, host: str, now: float) -> Reply:
    fields = {
        "HostId": host,
        "Code": refusal.code,
        "Message": refusal.message,
        "Recommend": f"https://next.api.aliyun.com/troubleshoot?q={refusal.code}&product=PAIFlow",
    }
    return _reply(refusal.status, fields, now, refusal.headers)


def _host(request: Request) -> str:
    return next((value for name, value in request.headers if name.lower() == "host"), "")


def _made_up() -> Credentials:
    """Return a lasting pair that looks like the vendor's, and that nobody else has."""
    return Credentials(f"LTAI5tMock{secrets.token_hex(7)}", secrets.token_hex(15))


def _add_sample(store: Store, description: Description) -> None:
    sample = description.sample()
    for run in sample["PipelineRuns"]:
        store.add_run(run, workspace_id=SAMPLE_WORKSPACE)
    for node in sample["Nodes"]:
        store.add_node(node)
    for output in sample["Outputs"]:
        store.add_output(output, workspace_id=SAMPLE_WORKSPACE)
