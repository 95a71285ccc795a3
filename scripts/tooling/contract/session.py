"""One run of the contract: sends, judges every exchange, keeps the record.

Nothing of a run outlives its session, so two runs in one process do not know of each other.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs

from paiflow.credentials import Credentials
from tooling.contract import checks
from tooling.contract.checks import Exchange
from tooling.contract.expected_replies import Answer, Due, Refusal, World
from tooling.contract.http import Reply, Request, encoded
from tooling.contract.signer import JSON, Draft, sign
from tooling.contract.wire import NoReplyError, Wire

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
    """What one suite did."""

    cases: Counter[str] = field(default_factory=Counter)
    checks: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Case:
    """One thing to find out. `run` sends what it has to, and reports only what no check on exchanges sees."""

    name: str
    run: Callable[[Session], None]


@dataclass
class Session:
    """A run against one endpoint.

    Args:
        endpoint: the base URL.
        accounts: who may call; the first one does, where nothing else is said.
        world: what is known to exist there.
        schemas: validators of replies, by the schema's name.
        statuses: those that a reply may have.
        methods: those that the operation's path knows.
        strict: whether more is expected than the description promises: that of our mock.
        address: where to connect to, if not to what the endpoint's host resolves to.
        pause: seconds between two calls.
        now: gives seconds since the epoch, by the service's clock.
    """

    endpoint: str
    accounts: tuple[Credentials, ...]
    world: World
    schemas: Mapping[str, jsonschema_rs.Validator]
    statuses: frozenset[int]
    methods: frozenset[str]
    strict: bool = True
    address: str | None = None
    pause: float = 0.0
    now: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        """Start with an empty record."""
        self.host = urlsplit(self.endpoint).netloc
        self.wire = self.connect()
        self.journal: list[Exchange] = []
        self.findings: list[Finding] = []
        self.tallies: dict[str, Tally] = {}
        self.request_ids: dict[str, int] = {}
        self.kept: list[tuple[Request, Reply]] = []
        self._suite, self._case = "", ""
        self._silent = self._late = 0
        self._lock = threading.RLock()

    @property
    def credentials(self) -> Credentials:
        """Who calls where nothing else is said."""
        return self.accounts[0]

    def connect(self) -> Wire:
        """Return one more connection."""
        return Wire(self.endpoint, self.address)

    @contextmanager
    def suite(self, name: str) -> Iterator[Tally]:
        """Enter a suite: what is found is found in it."""
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

    def build(self, parameters: Any = None, *, credentials: Credentials | None = None, **how: Any) -> Request:
        """Return a request for these parameters, signed; `how` as for `Draft` and `sign`."""
        of_draft = {
            name: how.pop(name) for name in ("method", "path", "query", "content_type", "headers") if name in how
        }
        body = how.pop("body", None)
        draft = Draft(encoded(parameters) if body is None else body, **of_draft)
        return sign(draft, how.pop("host", self.host), credentials or self.credentials, **how)

    def ask(self, parameters: Any = None, *, first: bool = False, **how: Any) -> Reply | None:
        """Send a signed PUT, judge the reply by what is known to exist, and return it.

        Raises:
            CannotConnectError: it is the first of all, and nobody listens there.
        """
        request = self.build(parameters, **how)
        if first:
            self.wire.open()
        content_type = how.get("content_type", JSON)
        due = self.world.due(content_type, request.body)
        return self.send(request, due, positive=isinstance(due, Answer))

    def refused(self, request: Request, status: int, *codes: str) -> Reply | None:
        """Send a request that has to be refused with this status, and one of these codes."""
        return self.send(request, Refusal.of(status, *codes))

    def answered(self, request: Request) -> Reply | None:
        """Send a request that has to be answered."""
        due = self.world.due(request.header("content-type"), request.body)
        return self.send(request, due, positive=True)

    def send(
        self, request: Request, due: Due | None = None, *, positive: bool = False, wire: Wire | None = None
    ) -> Reply | None:
        """Send a request as it is, judge the exchange, and return the reply, None if there was none.

        Raises:
            GaveUpError: there was none for the third time, or they come too late.
        """
        if self.pause:
            time.sleep(self.pause)
        try:
            reply = (wire or self.wire).send(request)
        except NoReplyError as fault:
            self.judge(Exchange(request, None, str(fault), due, positive))
            self._silent += 1
            if self._silent >= PATIENCE:
                raise GaveUpError(f"no reply, {PATIENCE} times: the rest was left out") from None
            return None
        self.judge(Exchange(request, reply, "", due, positive))
        if len(self.kept) < PATIENCE and reply.status == 200 and isinstance(due, Answer):
            self.kept.append((request, reply))
        self._late += reply.seconds > LATE
        if self._late >= MOST_LATE and not self.pause:
            raise GaveUpError(f"{MOST_LATE} replies took more than {LATE:.0f} s: the rest was left out")
        return reply

    def judge(self, exchange: Exchange) -> None:
        """Run all checks on an exchange, and keep it."""
        with self._lock:
            exchange = replace(exchange, place=f"{self._suite}/{self._case}")
            self.journal.append(exchange)
            tally = self.tallies[self._suite]
            if exchange.reply is None:
                self.found("every-call-has-a-reply", exchange.fault, exchange)
                return
            for check in checks.CHECKS:
                tally.checks += 1
                for message in check(exchange, exchange.reply, self):
                    self.found(checks.name_of(check), message, exchange)

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

    def run(self, suite: str, cases: list[Case], only: str = "") -> None:
        """Run the cases of a suite whose name starts with `only`."""
        with self.suite(suite):
            for case in cases:
                if f"{suite}/{case.name}".startswith(only):
                    with self.case(case.name):
                        case.run(self)


def lists_of(reply: Reply | None) -> str:
    """Return the three lists of a reply as text, to compare two replies by."""
    fields = reply.fields if reply else {}
    return json.dumps({name: value for name, value in fields.items() if name != "RequestId"}, sort_keys=True)
