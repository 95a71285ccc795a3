"""What is judged: our mock, started here, or an endpoint, with what is known to exist there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import jsonschema_rs

from paiflow import PaiFlowError, overlays
from paiflow.credentials import Credentials, from_environment
from paiflow.endpoint import is_loopback, resolve_endpoint
from paiflow.mock import HandClock, MockService, serve
from tooling.contract.expected_replies import SAMPLE_RUN, SAMPLE_WORKSPACE, NodeKey, World, learned_world, sample_world
from tooling.contract.http import PATH, Reply
from tooling.contract.session import Session
from tooling.contract.suites.live import PAUSE
from tooling.generation import ROOT

FOLDER = ROOT / "tests" / "contract"
RUNS = "PAIFLOW_CONTRACT_RUNS"
NODES = "PAIFLOW_CONTRACT_NODES"
WORKSPACE = "PAIFLOW_WORKSPACE_ID"

# HTTP's own, which the description need not list: the path's other methods, and a body that is too large.
OF_HTTP = frozenset({405, 413})

# Who may call the mock that is started here: a lasting pair, and a temporary one, so that tokens are tried too.
LASTING = Credentials("LTAI5tContractTests", "ContractTestsSecretOfOurOwnMock")
TEMPORARY = Credentials("STS.ContractTests", "ContractTestsTemporarySecret", "Contract+Tests/Token==")


@dataclass(frozen=True)
class Hand:
    """A mock that nobody else uses, its clock, and a session with it."""

    service: MockService
    clock: HandClock
    session: Session


@dataclass(frozen=True)
class Target:
    """What is judged.

    Args:
        session: with the service.
        hand: on a mock, if there is one.
        description: what requests are made from.
        run_ids: of the runs that exist there.
        keys: of nodes that exist there.
        live: whether it is not on this machine, and so gets a few right requests only.
    """

    session: Session
    hand: Hand | None
    description: dict[str, Any]
    run_ids: list[str]
    keys: list[NodeKey]
    live: bool


@contextlib.contextmanager
def our_mock(description: dict[str, Any]) -> Iterator[Target]:
    """Start our mock, and a second one whose clock is advanced by hand, and give both."""
    clock = HandClock()
    service, by_hand = MockService([LASTING, TEMPORARY]), MockService([LASTING], clock=clock)
    world = sample_world(sample(description))
    with serve(service) as endpoint, serve(by_hand) as second:
        session = _session(endpoint, (LASTING, TEMPORARY), world, description)
        stories = _session(second, (LASTING,), world, description)
        stories.now = clock.now
        with contextlib.closing(session.wire), contextlib.closing(stories.wire):
            yield Target(
                session, Hand(by_hand, clock, stories), with_known(description, world), [SAMPLE_RUN], [], live=False
            )


@contextlib.contextmanager
def at_endpoint(
    endpoint: str, address: str | None, allow_http: bool, environ: Mapping[str, str], description: dict[str, Any]
) -> Iterator[Target]:
    """Give an endpoint, with credentials and what exists there from the environment.

    Raises:
        PaiFlowError: the endpoint will not do, there are no credentials, or no run is named.
    """
    endpoint = resolve_endpoint(endpoint, None, vpc=False, allow_http=allow_http, environ={})
    accounts = (from_environment(environ),)
    live = not is_loopback(endpoint)
    run_ids = [run for run in environ.get(RUNS, "").split(",") if run]
    keys = [_key(text) for text in environ.get(NODES, "").split(",") if text]
    workspace_id = environ.get(WORKSPACE) or None
    if not run_ids and live:
        raise PaiFlowError(f"set {RUNS} to the ids of runs that exist there, separated by commas")
    run_ids = run_ids or [SAMPLE_RUN]
    world = World(workspace_id=workspace_id)
    if not live and SAMPLE_RUN in run_ids and workspace_id in (None, SAMPLE_WORKSPACE):
        world = sample_world(sample(description))
    strangers = {run: {"PipelineRunId": run} for run in run_ids if run not in world.runs}
    world = replace(world, runs={**world.runs, **strangers}, learned=frozenset(strangers))
    session = _session(endpoint, accounts, world, description, live=live, address=address)
    with contextlib.closing(session.wire):
        yield Target(session, None, with_known(description, world), run_ids, keys, live)


def start(target: Target) -> bool:
    """Make the first calls: find out whether the credentials are accepted, and what exists. Return whether they are.

    Raises:
        CannotConnectError: nobody listens there.
    """
    session, world = target.session, target.session.world
    with session.suite("start"), session.case("a right request"):
        reply = _first(session, {"PipelineRuns": target.run_ids})
        if reply is None or reply.status != 200:
            return False
        if world.whole and not target.keys:
            return True
        pairs = [(run.get("PipelineRunId"), run.get("NodeId")) for run in reply.items("PipelineRuns")]
        found = [(run, node) for run, node in pairs if isinstance(node, str) and node and run in world.learned]
        keys = list(dict.fromkeys([*target.keys, *found]))
        nodes = [{"PipelineRunId": run, "NodeId": node} for run, node in keys]
        of_nodes = session.ask({"Nodes": nodes}) if nodes else None
        session.world = learned_world(world, reply, of_nodes, target.run_ids, target.keys)
    return True


def with_known(description: dict[str, Any], world: World) -> dict[str, Any]:
    """Return the description with requests for what exists among its examples, replies closed."""
    examples: dict[str, Any] = {"runs": {"summary": "Runs that exist", "value": {"PipelineRuns": list(world.runs)}}}
    if keys := world.node_keys:
        nodes = [{"PipelineRunId": run, "NodeId": node} for run, node in keys]
        examples["nodes"] = {"summary": "Nodes that exist", "value": {"Nodes": nodes}}
    for example in list(examples.values()):
        if world.workspace_id:
            value = {**example["value"], "WorkspaceId": world.workspace_id, "OutputType": "DataSet"}
            examples[f"{len(examples)}"] = {"summary": f"{example['summary']}, narrowed", "value": value}
    action = {
        "target": f"$.paths['{PATH}'].put.requestBody.content['application/json']",
        "update": {"examples": examples},
    }
    known = {"overlay": "1.1.0", "info": {"title": "What exists", "version": "1.0.0"}, "actions": [action]}
    changed: dict[str, Any] = overlays.apply(closed(description), known)
    return changed


def closed(description: dict[str, Any]) -> dict[str, Any]:
    """Return the description as our mock has to keep it: it sends what is described, and no more."""
    changed: dict[str, Any] = overlays.apply(description, overlays.load(FOLDER / "closed-objects.yaml"))
    return changed


def sample(description: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the vendor's sample reply."""
    ok = description["paths"][PATH]["put"]["responses"]["200"]
    value: Mapping[str, Any] = ok["content"]["application/json"]["examples"]["documented"]["value"]
    return value


def _session(
    endpoint: str,
    accounts: tuple[Credentials, ...],
    world: World,
    description: dict[str, Any],
    *,
    live: bool = False,
    address: str | None = None,
) -> Session:
    judged = description if live else closed(description)
    operations = description["paths"][PATH]
    return Session(
        endpoint,
        accounts,
        world,
        _validators(judged),
        frozenset(map(int, operations["put"]["responses"])) | OF_HTTP,
        frozenset(method.upper() for method in operations),
        strict=not live,
        address=address,
        pause=PAUSE if live else 0.0,
    )


def _validators(description: dict[str, Any]) -> dict[str, jsonschema_rs.Validator]:
    """Return the validators of the replies' schemas. Formats count."""
    uri = "urn:paiflow:contract"
    registry = jsonschema_rs.Registry([(uri, description)])
    return {
        name: jsonschema_rs.validator_for(
            {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "$ref": f"{uri}#/components/schemas/{name}",
            },
            registry=registry,
            validate_formats=True,
        )
        for name in ("ListPipelineRunsStatusResponse", "ErrorReply")
    }


def _first(session: Session, asked: dict[str, Any]) -> Reply | None:
    """Return the reply to the first call of all, having noted it where it is no answer."""
    reply = session.ask(asked, first=True)
    if reply is not None and reply.status != 200:
        code, message = (str(reply.fields.get(name, "")) for name in ("Code", "Message"))
        words = message.partition(" server StringToSign")[0]
        session.found(
            "credentials-are-accepted", f"the service refuses a right request: {reply.status} {code}: {words}"
        )
    return reply


def _key(text: str) -> NodeKey:
    run, slash, node = text.partition("/")
    if not (run and slash and node):
        raise PaiFlowError(f"{NODES} holds {text!r}, which is not RUN/NODE")
    return run, node
