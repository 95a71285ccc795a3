"""The mock service itself: a request in, a reply out, no I/O.

Not mocked: replies in XML (the gateway's, where Accept does not ask for JSON), permissions, and the
older signature methods.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from email.utils import formatdate
from functools import lru_cache
from hashlib import sha256
from typing import Any, ClassVar

import attrs

from paiflow.credentials import Credentials
from paiflow.mock import gate
from paiflow.mock.authentication import WINDOW, authenticate
from paiflow.mock.behaviour import Behaviour
from paiflow.mock.body import LIMIT_BYTES, read_body
from paiflow.mock.call import Call
from paiflow.mock.clock import Clock
from paiflow.mock.contents import Contents
from paiflow.mock.description import Description, Operation, effective_description
from paiflow.mock.encoding import written
from paiflow.mock.fault_kinds import Effect
from paiflow.mock.faults import Faults
from paiflow.mock.http_messages import AT_ONCE, Reply, Request
from paiflow.mock.nonces import Nonces
from paiflow.mock.operations import ROWS
from paiflow.mock.query import read_parameters
from paiflow.mock.refusals import Refusal
from paiflow.mock.repeating import Repeating
from paiflow.mock.routing import Route, Routes
from paiflow.mock.sample import SAMPLE_USER, add_sample, cleaned
from paiflow.mock.scenario import Scenario
from paiflow.mock.store import Store

__all__ = ["MockService"]


class MockService:
    """The service. Starts with the documented samples. Safe to share between threads.

    Args:
        accounts: who may call; a lasting pair made up for this service if there are none.
        scenario: what else exists, and what happens to it, from now on.
        sample: whether it starts with the documented samples; the scenario's wish if not given.
        clock: the service's time; the scenario's if not given.
        behaviour: how it behaves where the pages leave it open; the scenario's if not given.
        description: validates the requests; the effective one if there is none.
        on_request: called with each request, before it is looked at, in the thread that brings it.
        on_reply: called with each request and its reply, in the same thread.

    Attributes:
        accounts: the same by access key id; add to it, or take away, at any time.
        users: the user ids of accounts, by access key id. An account that is not there has an id of its own.
        credentials: the first account's.
        clock: the time of the service.
        store: all items, as they are on the wire.
        contents: adds things that change with time, and plays scenarios.
        faults: what goes wrong on demand.
        behaviour: how it behaves where the pages leave it open.
        static: the operations that always return their documented sample.
    """

    validate: ClassVar[bool] = False
    """Whether each reply is validated by the description before it is sent. For tests of the mock itself: it is slow."""

    def __init__(
        self,
        accounts: Iterable[Credentials] = (),
        *,
        scenario: Scenario | None = None,
        sample: bool | None = None,
        clock: Clock | None = None,
        behaviour: Behaviour | None = None,
        description: Description | None = None,
        on_request: Callable[[Request], None] | None = None,
        on_reply: Callable[[Request, Reply], None] | None = None,
    ) -> None:
        self._description = description or effective_description()
        self._routes = Routes(self._description.operations.values())
        self._on_request = on_request
        self._on_reply = on_reply
        # A date may lie as far ahead when its nonce is used as behind when the nonce comes again.
        self._nonces = Nonces(2 * WINDOW)
        self.accounts: dict[str, Credentials] = {account.access_key_id: account for account in accounts or [_made_up()]}
        self.credentials: Credentials = next(iter(self.accounts.values()))
        self.users: dict[str, str] = {self.credentials.access_key_id: SAMPLE_USER}
        self.clock: Clock = clock or (scenario.clock() if scenario else Clock())
        self.behaviour: Behaviour = behaviour or (scenario.behaviour if scenario else Behaviour())
        self.static: tuple[str, ...] = tuple(action for action in self._description.operations if action not in ROWS)
        self.store: Store = Store(self._description, self.clock, SAMPLE_USER)
        self.faults: Faults = Faults(self._description.operations)
        self.contents: Contents = Contents(self.store, self.faults, self.clock)
        if sample if sample is not None else scenario is None or scenario.sample:
            add_sample(self.store, self._description)
            self.store.mark_sample()
        if scenario:
            self.contents.play(scenario)
        self._repeating: Repeating | None = None
        if scenario and scenario.repeat_after is not None:
            self.store.mark_sample()
            self._repeating = Repeating(scenario, self.store, self.faults, self.clock)

    @property
    def stage(self) -> Contents:
        """The name that `contents` had in 0.1."""
        return self.contents

    def add_user(self) -> Credentials:
        """Return the credentials of a new user, who may call from now on."""
        credentials = _made_up()
        self.accounts[credentials.access_key_id] = credentials
        return credentials

    def user_of(self, access_key_id: str) -> str:
        """Return the id of the user that an access key belongs to."""
        if (user := self.users.get(access_key_id)) is None:
            user = self.users[access_key_id] = str(
                10**15 + int(sha256(access_key_id.encode()).hexdigest(), 16) % 10**15
            )
        return user

    def handle(self, request: Request) -> Reply:
        """Return the reply to a request."""
        now = self.clock.now()
        if self._on_request:
            self._on_request(request)
        route = self._routes.find(request.method, request.path)
        effect = self.faults.strike(now, route.operation.action if route.operation else None)
        try:
            reply = self._outcome(request, route, effect, now)
        except Refusal as refusal:
            reply = self._refused(refusal, request, route.operation, now + effect.skew)
        if effect.delivery is not AT_ONCE:
            reply = attrs.evolve(reply, delivery=effect.delivery)
        if self._repeating:
            self._repeating.answered(request, reply, now)
        if self._on_reply:
            self._on_reply(request, reply)
        return reply

    def refuse(self, code: str, request: Request | None = None) -> Reply:
        """Return the reply that refuses a request with a code, None for one that could not even be read."""
        return self._refused(Refusal(code), request, None, self.clock.now())

    def _outcome(self, request: Request, route: Route, effect: Effect, now: float) -> Reply:
        """Return the reply that is no refusal.

        Raises:
            Refusal: the service says no, or a fault does.
        """
        if isinstance(effect.instead, Refusal):
            raise effect.instead
        if effect.instead is not None:
            return effect.instead
        if self._repeating:
            self._repeating.asked(request, now)
        if route.operation is None:
            raise route.refusal or Refusal("InvalidApi.NotFound")
        answer = self._answer(request, route.operation, route.values, now, effect.skew)
        if self.validate and route.operation.reply is not None:
            route.operation.reply.validate({"RequestId": "-", **answer})
        return _reply(200, effect.change(answer) if effect.change else answer, now + effect.skew)

    def _answer(
        self, request: Request, operation: Operation, path: Mapping[str, str], now: float, skew: float
    ) -> dict[str, Any]:
        headers = gate.headers_of(request)
        gate.check_operation(operation, headers)
        if len(request.body) > LIMIT_BYTES:  # before anything is computed from it
            raise Refusal("RequestEntityTooLarge", LIMIT_BYTES)
        readings = [reading + skew for reading in self.clock.readings()]
        key = authenticate(request, headers, self.accounts, self._nonces, now, readings)
        parameters = read_parameters(operation, path, request.query) if operation.parameters else {}
        parameters |= read_body(operation, headers.get("content-type"), request.body)
        row = ROWS.get(operation.action)
        if row is None:
            return {name: value for name, value in cleaned(operation.sample).items() if name != "RequestId"}
        with self.store.lock:
            self.store.catch_up(now)
            return row(Call(operation, parameters, self.user_of(key), self.store, self.behaviour))

    def _refused(self, refusal: Refusal, request: Request | None, operation: Operation | None, now: float) -> Reply:
        product = operation.product if operation else self._description.service["product"]
        fields = {
            "HostId": _host(request) if request else "",
            "Code": refusal.code,
            "Message": refusal.message,
            "Recommend": f"https://next.api.aliyun.com/troubleshoot?q={refusal.code}&product={product}",
        }
        if self.validate:
            self._description.error_reply.validate({"RequestId": "-", **fields})
        return _reply(refusal.status, fields, now, refusal.headers)


def _reply(status: int, fields: dict[str, Any], now: float, headers: Sequence[tuple[str, str]] = ()) -> Reply:
    """Return a reply with these fields, a request id, and the service's own date: a client may set its clock by it."""
    digits = secrets.token_hex(16).upper()  # as of a UUID, but made in half the time
    request_id = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
    body = written({"RequestId": request_id, **fields})
    common = [
        ("content-type", "application/json;charset=utf-8"),
        ("x-acs-request-id", request_id),
        ("date", _date(int(now))),
    ]
    return Reply(status, [*common, *headers], body.encode())


@lru_cache(maxsize=16)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def _host(request: Request) -> str:
    return next((value for name, value in request.headers if name.lower() == "host"), "")


def _made_up() -> Credentials:
    """Return a new unique pair of long-lived credentials, in the vendor's form."""
    return Credentials(f"LTAI5tMock{secrets.token_hex(7)}", secrets.token_hex(15))
