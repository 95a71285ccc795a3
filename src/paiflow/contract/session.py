"""One run of the contract: send requests, check every exchange, keep the record.

Nothing of a run outlives its session, so two runs in one process do not know of each other.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from paiflow.contract import checks
from paiflow.contract.answers import ANSWERS, Call
from paiflow.contract.arguments import Refusal, drafted, read
from paiflow.contract.checks import OPEN, Exchange
from paiflow.contract.http import Reply, Request
from paiflow.contract.interface import Interface
from paiflow.contract.known_secrets import KnownSecrets
from paiflow.contract.model import Answer, Due, Model
from paiflow.contract.signer import Draft, sign
from paiflow.contract.views import kind_of, learn, shown
from paiflow.contract.wire import NoReplyError, Wire
from paiflow.credentials import Credentials

PATIENCE = 3
"""Calls without a reply after which the rest of a run is not worth waiting for."""

LATE, MOST_LATE = 1.0, 10
"""Seconds after which a reply is late, and how many such replies end a run that would otherwise take for ever."""


class GaveUpError(Exception):
    """The service does not answer any more, or may not be called any more; the findings say why."""


@dataclass(frozen=True)
class Finding:
    """Something that does not hold.

    Args:
        check: the name of the check that found it.
        message: what is wrong; the same words for the same cause.
        suite: where it was found.
        case: which case of the suite.
        exchange: what was sent and what came, if it is about one.
    """

    check: str
    message: str
    suite: str
    case: str
    exchange: Exchange | None = None


@dataclass
class Tally:
    """The counts of one suite."""

    cases: Counter[str] = field(default_factory=Counter)
    checks: int = 0
    seconds: float = 0.0


@dataclass
class OfOperation:
    """The counts of one operation.

    Args:
        calls: requests that led to it.
        answers: of them, those that had to be answered, and were.
        refusals: of them, those that had to be refused, and were.
        full: answers that held a thing that is known.
        predicted: answers that were compared with what was due.
    """

    calls: int = 0
    answers: int = 0
    refusals: int = 0
    full: int = 0
    predicted: int = 0


@dataclass(frozen=True)
class Case:
    """One thing to find out. `run` sends what it has to, and reports only what no check on exchanges sees.

    Args:
        name: of the case.
        run: finds it out.
        operation: that it is about; empty for several.
    """

    name: str
    run: Callable[[Session], object]
    operation: str = ""


@dataclass
class Session:
    """A run against one endpoint.

    Args:
        endpoint: the base URL.
        accounts: who may call; the first one does, where nothing else is said.
        interface: the description.
        strict: whether more is expected than the description promises: that of our mock.
        address: where to connect to, if not to what the endpoint's host resolves to.
        pause: seconds between two calls.
        now: gives seconds since the epoch, by the service's clock.
        progress: is told what is being done.
    """

    endpoint: str
    accounts: tuple[Credentials, ...]
    interface: Interface
    strict: bool = True
    address: str | None = None
    pause: float = 0.0
    now: Callable[[], float] = time.time
    progress: Callable[[str], object] = str

    def __post_init__(self) -> None:
        """Start with an empty record."""
        self.host: str = urlsplit(self.endpoint).netloc
        self.wire: Wire = self.connect()
        self.model: Model = Model(self.interface, self.strict)
        self.secrets: KnownSecrets = KnownSecrets(one.access_key_secret for one in self.accounts)
        self.journal: list[Exchange] = []
        self.findings: list[Finding] = []
        self.tallies: dict[str, Tally] = {}
        self.operations: dict[str, OfOperation] = {name: OfOperation() for name in self.interface.operations}
        self.request_ids: dict[str, int] = {}
        self.kept: dict[str, Request] = {}
        self.unchecked: list[str] = []
        self.assumptions: dict[str, str] = {}
        self._suite, self._case = "", ""
        self._silent = self._late = 0
        self._lock = threading.RLock()

    @property
    def credentials(self) -> Credentials:
        """The account that calls by default."""
        return self.accounts[0]

    def connect(self) -> Wire:
        """Return one more connection."""
        return Wire(self.endpoint, self.address)

    @contextmanager
    def suite(self, name: str) -> Iterator[Tally]:
        """Enter a suite: what is found is found in it."""
        self.progress(f"{name}:")
        tally = self.tallies.setdefault(name, Tally())
        self._suite, started = name, time.monotonic()
        try:
            yield tally
        finally:
            tally.seconds += time.monotonic() - started

    @contextmanager
    def case(self, name: str) -> Iterator[None]:
        """Enter a case of the suite."""
        self._case = name
        self.tallies[self._suite].cases[name] += 1
        yield

    def draft(self, name: str, arguments: dict[str, Any], **how: Any) -> Draft:
        """Return a request of an operation, not signed yet; `how` as for `Draft`."""
        return drafted(self.interface.operations[name], arguments, **how)

    def build(
        self, name: str, arguments: dict[str, Any], *, credentials: Credentials | None = None, **how: Any
    ) -> Request:
        """Return a request of an operation, signed; `how` as for `Draft` and `sign`."""
        of_draft = {one: how.pop(one) for one in Draft.__dataclass_fields__ if one in how}
        draft = self.draft(name, arguments, **of_draft)
        return sign(draft, how.pop("host", self.host), credentials or self.credentials, **how)

    def ask(
        self, name: str, arguments: dict[str, Any], *, first: bool = False, discovering: bool = False, **how: Any
    ) -> Reply | None:
        """Call an operation, check the reply against the model, and return it.

        Args:
            name: of the operation.
            arguments: by name on the wire.
            first: it is the first call of all.
            discovering: what is not known yet is no fault, but noted.
            how: as for `build`.

        Raises:
            CannotConnectError: it is the first of all, and no server listens there.
        """
        request = self.build(name, arguments, **how)
        if first:
            self.wire.open()
        return self.send(request, discovering=discovering)

    def refused(self, request: Request, status: int, *codes: str) -> Reply | None:
        """Send a request that has to be refused with this status, and one of these codes."""
        return self.send(request, Refusal.of(status, *codes))

    def send(
        self, request: Request, due: Due | str | None = OPEN, *, wire: Wire | None = None, discovering: bool = False
    ) -> Reply | None:
        """Send a request as it is, check the exchange, and return the reply; None if there was none.

        Raises:
            GaveUpError: there was none for the third time, or they come too late.
        """
        if self.pause:
            time.sleep(self.pause)
        try:
            reply = (wire or self.wire).send(request)
        except NoReplyError as fault:
            self.judge(Exchange(request, None, str(fault), due))
            self._silent += 1
            if self._silent >= PATIENCE:
                raise GaveUpError(f"no reply, {PATIENCE} times: the rest was left out") from None
            return None
        self.judge(Exchange(request, reply, "", due), discovering=discovering)
        if due == OPEN and reply.status == 200 and (name := request.header("x-acs-action")):
            self.kept.setdefault(name, request)
        self._late += reply.seconds > LATE and wire is None  # among many at once each waits for the others
        if self._late >= MOST_LATE and not self.pause:
            raise GaveUpError(f"{MOST_LATE} replies took more than {LATE:.0f} s: the rest was left out")
        return reply

    def judge(self, exchange: Exchange, *, discovering: bool = False) -> None:
        """Run all checks on an exchange, keep it, and take note of what it says and did."""
        with self._lock:
            exchange = replace(self._understood(exchange), place=f"{self._suite}/{self._case}")
            self.journal.append(exchange)
            tally = self.tallies[self._suite]
            reply = exchange.reply
            if reply is None:
                self.found("every-call-has-a-reply", exchange.fault, exchange)
                return
            if discovering and exchange.call is not None:
                for kind, ids in discovered(exchange.call, reply):
                    self.model.known(kind, ids)
                exchange = replace(exchange, due=self._due(exchange.call))
            for check in checks.CHECKS:
                tally.checks += 1
                for message in check(exchange, reply, self):
                    self.found(checks.name_of(check), message, exchange)
            self._count(exchange, reply)
            if exchange.answered and exchange.call is not None and isinstance(exchange.due, Answer | None):
                variant = exchange.due.variant if exchange.due else None
                learn(exchange.call, reply, variant)

    def _understood(self, exchange: Exchange) -> Exchange:
        """Return an exchange with what the request asks for, and what is due to it."""
        request = exchange.request
        path, _, query = request.target.partition("?")
        route = self.interface.route(path)
        operation = route.methods.get(request.method) if route else None
        exchange = replace(exchange, route=route, operation=operation)
        if route is None or operation is None:
            refusal = Refusal.of(405, "UnsupportedHTTPMethod") if route else Refusal.of(404, "InvalidApi.NotFound")
            return replace(exchange, due=refusal) if exchange.due == OPEN else exchange
        if exchange.due == OPEN:
            for name, right in (("action", operation.name), ("version", operation.version)):
                if request.header(f"x-acs-{name}") != right:
                    return replace(exchange, due=Refusal.of(400, f"Invalid{name.title()}", f"Missing{name.title()}"))
        asked = read(operation, route.values, query, request.header("content-type"), request.body)
        if not isinstance(asked, dict):
            return replace(exchange, due=asked) if exchange.due == OPEN else exchange
        signer = re.search(r"Credential=([^,]*)", request.header("authorization") or "")
        call = Call(self.model, operation, asked, signer[1] if signer else "")
        due = self._due(call) if exchange.due == OPEN else exchange.due
        return replace(exchange, call=call, due=due)

    def _due(self, call: Call) -> Due | None:
        answer = ANSWERS.get(call.operation.name)
        return None if answer is None else answer(call)

    def _count(self, exchange: Exchange, reply: Reply) -> None:
        if exchange.operation is None:
            return
        counted = self.operations[exchange.operation.name]
        counted.calls += 1
        counted.answers += exchange.positive and reply.status == 200
        counted.refusals += isinstance(exchange.due, Refusal) and reply.status == exchange.due.status
        if exchange.positive and exchange.answered and exchange.call is not None:
            counted.predicted += 1
            counted.full += (
                bool(reply.fields.get("Logs"))
                or exchange.operation.method != "GET"
                or any(self.model.thing(kind, *ids) for kind, ids in discovered(exchange.call, reply))
            )

    def found(self, check: str, message: str, exchange: Exchange | None = None) -> None:
        """Note that something does not hold."""
        with self._lock:
            self.findings.append(Finding(check, message, self._suite, self._case, exchange))

    def expect(self, check: str, holds: object, message: str) -> None:
        """Note a message unless it holds: for what no check of single exchanges can see."""
        with self._lock:
            self.tallies[self._suite].checks += 1
        if not holds:
            last = self.journal[-1] if self.journal else None
            self.found(check, message, last)

    def run(self, suite: str, cases: list[Case], only: str = "", operation: str = "") -> None:
        """Run the cases of a suite whose name starts with `only`, of one operation if one is named."""
        with self.suite(suite):
            before = None
            for case in cases:
                if f"{suite}/{case.name}".startswith(only) and operation in ("", case.operation):
                    if case.operation != before:
                        self.progress(case.operation)
                        before = case.operation
                    with self.case(case.name):
                        case.run(self)


def discovered(call: Call, reply: Reply) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield kind and ids of the things in a reply."""
    for name, ids, _ in shown(call, reply):
        yield kind_of(call, name), ids


def asking(name: str, arguments: dict[str, Any]) -> Callable[[Session], object]:
    """Return a case that calls an operation and does no more."""
    return lambda session: session.ask(name, arguments)


def fields_of(reply: Reply | None) -> str:
    """Return a reply without its request id as text, to compare two replies by."""
    fields = reply.fields if reply else {}
    return json.dumps({name: value for name, value in fields.items() if name != "RequestId"}, sort_keys=True)
