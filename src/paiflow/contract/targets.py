"""The target of a run: our mock, started here, or an endpoint."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from paiflow import PaiFlowError
from paiflow.client.endpoint import is_loopback, resolve_endpoint
from paiflow.contract.interface import Interface
from paiflow.contract.preparation import FLAKY
from paiflow.contract.session import Session
from paiflow.contract.suites.live import PAUSE
from paiflow.contract.things import Ids
from paiflow.credentials import Credentials, from_environment
from paiflow.mock import Behaviour, HandClock, MockService, serve

RUNS = "PAIFLOW_CONTRACT_RUNS"
NODES = "PAIFLOW_CONTRACT_NODES"
WORKSPACE = "PAIFLOW_WORKSPACE_ID"
OTHER_ID = "PAIFLOW_CONTRACT_OTHER_ACCESS_KEY_ID"
OTHER_SECRET = "PAIFLOW_CONTRACT_OTHER_ACCESS_KEY_SECRET"  # noqa: S105 - the name of a variable

SAMPLE_RUN = "flow-hynm2bv8wqhp5esfxq"
SAMPLE_WORKSPACE = "948"

# Who may call the mock that is started here: a lasting pair, and a temporary one, so that tokens are tried too.
LASTING = Credentials("LTAI5tContractTests", "ContractTestsSecretOfOurOwnMock")
TEMPORARY = Credentials("STS.ContractTests", "ContractTestsTemporarySecret", "Contract+Tests/Token==")


@dataclass(frozen=True)
class Hand:
    """A mock for one case alone, its clock, and a session with it."""

    service: MockService
    clock: HandClock
    session: Session


@dataclass(frozen=True)
class Target:
    """The target.

    Args:
        session: with the service.
        hand: on a mock, if there is one.
        workspace_id: where to look and to create; None if none is named.
        run_ids: of runs that exist there, as promised.
        keys: of nodes that exist there, as promised.
        live: whether it is not on this machine, and so gets a few right reads only.
    """

    session: Session
    hand: Hand | None = None
    workspace_id: str | None = None
    run_ids: list[str] = field(default_factory=list)
    keys: list[Ids] = field(default_factory=list)
    live: bool = False

    @property
    def sample(self) -> bool:
        """Whether the vendor's samples are expected to be there."""
        return not self.live and SAMPLE_RUN in self.run_ids and self.workspace_id in (None, SAMPLE_WORKSPACE)


@contextlib.contextmanager
def our_mock(document: dict[str, Any], progress: Callable[[str], object] = str) -> Iterator[Target]:
    """Start our mock, and a second one whose clock is advanced by hand, and give both."""
    clock = HandClock()
    accounts, failing = [LASTING, TEMPORARY], Behaviour(fails=[FLAKY[0].name])
    service, by_hand = MockService(accounts), MockService(accounts, clock=clock, behaviour=failing)
    interface = Interface(document, closed=True)
    with serve(service) as endpoint, serve(by_hand) as second:
        session = Session(endpoint, (LASTING, TEMPORARY), interface, progress=progress)
        stories = Session(second, (LASTING, TEMPORARY), interface, now=clock.now, progress=progress)
        with contextlib.closing(session.wire), contextlib.closing(stories.wire):
            yield Target(session, Hand(by_hand, clock, stories), run_ids=[SAMPLE_RUN])


@contextlib.contextmanager
def at_endpoint(
    endpoint: str,
    address: str | None,
    allow_http: bool,
    environ: Mapping[str, str],
    document: dict[str, Any],
    progress: Callable[[str], object] = str,
) -> Iterator[Target]:
    """Give what is at an endpoint, by what the environment says of it.

    Raises:
        PaiFlowError: the endpoint will not do, there are no credentials, or no run is named.
    """
    endpoint = resolve_endpoint(endpoint, None, vpc=False, allow_http=allow_http, environ={})
    accounts = [from_environment(environ)]
    if environ.get(OTHER_ID) and environ.get(OTHER_SECRET):
        accounts.append(Credentials(environ[OTHER_ID], environ[OTHER_SECRET]))
    live = not is_loopback(endpoint)
    run_ids = [run for run in environ.get(RUNS, "").split(",") if run]
    keys = [_key(text) for text in environ.get(NODES, "").split(",") if text]
    if not run_ids and live:
        raise PaiFlowError(f"set {RUNS} to the ids of runs that exist there, separated by commas")
    interface = Interface(document, closed=not live)
    pause = PAUSE if live else 0.0
    session = Session(
        endpoint, tuple(accounts), interface, strict=not live, address=address, pause=pause, progress=progress
    )
    with contextlib.closing(session.wire):
        yield Target(session, None, environ.get(WORKSPACE) or None, run_ids or [SAMPLE_RUN], keys, live)


def _key(text: str) -> Ids:
    run, slash, node = text.partition("/")
    if not (run and slash and node):
        raise PaiFlowError(f"{NODES} holds {text!r}, which is not RUN/NODE")
    return run, node
