"""The mock service itself: a request in, a reply out, no I/O.

Not mocked: replies in XML (the gateway's, where Accept does not ask for JSON), permissions, and the
older signature methods.
"""

import json
import secrets
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from email.utils import formatdate
from typing import Any

from paiflow.credentials import Credentials
from paiflow.mock import gate
from paiflow.mock.authentication import WINDOW, authenticate
from paiflow.mock.body import LIMIT_BYTES, read_body
from paiflow.mock.description import Description, effective_description
from paiflow.mock.messages import Reply, Request
from paiflow.mock.nonces import Nonces
from paiflow.mock.operations import HANDLERS
from paiflow.mock.refusals import Refusal
from paiflow.mock.store import SAMPLE_WORKSPACE, Store

__all__ = ["MockService"]

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class MockService:
    """The service. Starts with the documented sample. Safe to share between threads.

    Args:
        accounts: who may call; a lasting pair made up for this service if there are none.
        now: gives seconds since the epoch, by the service's clock.
        description: judges the requests; the effective one if there is none.

    Attributes:
        accounts: the same by access key id; add to it, or take away, at any time.
        credentials: the first account's.
        store: what the service knows.
    """

    def __init__(
        self,
        accounts: Iterable[Credentials] = (),
        *,
        now: Callable[[], float] = time.time,
        description: Description | None = None,
    ) -> None:
        self._description = description or effective_description()
        self._now = now
        # A date may lie as far ahead when its nonce is used as behind when the nonce comes again.
        self._nonces = Nonces(2 * WINDOW)
        self.accounts = {account.access_key_id: account for account in accounts or [_made_up()]}
        self.credentials = next(iter(self.accounts.values()))
        self.store = Store(self._description)
        _add_sample(self.store, self._description)

    def handle(self, request: Request) -> Reply:
        """Return the reply to a request."""
        now = self._now()
        try:
            answer = self._answer(request, now)
        except Refusal as refusal:
            return _refused(refusal, _host(request), now)
        return _reply(200, answer, now)

    def refuse(self, code: str, request: Request | None = None) -> Reply:
        """Return the reply that refuses a request with a code, None for one that could not even be read."""
        return _refused(Refusal(code), _host(request) if request else "", self._now())

    def _answer(self, request: Request, now: float) -> dict[str, Any]:
        operation = gate.route(self._description, request)
        headers = gate.headers_of(request)
        gate.check_operation(self._description, operation, headers)
        if len(request.body) > LIMIT_BYTES:  # before anything is computed from it
            raise Refusal("RequestEntityTooLarge", LIMIT_BYTES)
        authenticate(request, headers, self.accounts, self._nonces, now)
        parameters: dict[str, Any] = {}
        if operation.request_body is not None:
            parameters = read_body(headers.get("content-type"), request.body, operation.request_body)
        return HANDLERS[operation.action](self.store, parameters)


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
