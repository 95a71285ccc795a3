"""Requests that schemathesis makes up from the description: examples, every boundary, and at random.

It runs in this process, through its engine: its events hold every exchange, so our own checks see them all. Everything
is registered with one schema object and nothing with schemathesis itself, so nothing is left behind.
"""

from __future__ import annotations

import contextlib
import copy
import gc
import secrets
import tomllib
import warnings
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import Interaction

from tooling.contract.checks import Exchange
from tooling.contract.expected_replies import Due, Refusal, World
from tooling.contract.http import PATH, Reply, Request, encoded
from tooling.contract.session import Session
from tooling.contract.signer import Draft, sign
from tooling.contract.suites.lookups import node_references

SETTINGS = Path(__file__).parents[4] / "tests" / "contract" / "schemathesis.toml"

# Of four generated ids, how many are replaced by some that exist: made-up ones find nothing, so most replies would be
# empty and most checks on them vacuous.
KNOWN_OF_FOUR = 3


class Signature(requests.auth.AuthBase):
    """Signs a prepared request, over the exact bytes that go out, anew each time it is sent."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        """Return the request, signed."""
        parts = urlsplit(prepared.url or "")
        body: Any = prepared.body or b""
        drafted = Draft(
            body.encode() if isinstance(body, str) else body,
            prepared.method or "",
            parts.path or "/",
            parts.query,
            _text(prepared.headers.get("content-type")),
        )
        signed = sign(drafted, self._session.host, self._session.credentials, acs={"x-acs-signature-nonce": _nonce()})
        # Overwrites what a repeated case brings along: an old nonce would be refused.
        for name, value in signed.headers:
            if name not in ("accept", "content-type"):
                prepared.headers[name] = value
        return prepared


def run(session: Session, description: dict[str, Any], examples: int) -> None:
    """Run all phases of schemathesis.

    Args:
        session: judges every exchange.
        description: what requests are made from.
        examples: how many are made at random.
    """
    settings = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    generation = {**settings["generation"], "max-examples": examples}
    config = SchemathesisConfig.from_dict({**settings, "base-url": session.endpoint, "generation": generation})
    schema = schemathesis.openapi.from_dict(copy.deepcopy(description), config=config)
    schema.auth.set_from_requests(Signature(session))

    @schema.hook("map_case")
    def map_case(context: Any, case: Any) -> Any:  # noqa: ARG001 - schemathesis asks for the name
        if case.meta is not None and case.meta.generation.mode.is_positive and isinstance(case.body, dict):
            case.body = with_known_ids(session.world, case.body)
        return case

    with _sessions_collected():
        _follow(session, from_schema(schema).execute())


def _follow(session: Session, stream: Iterable[events.EngineEvent]) -> None:
    for event in stream:
        if isinstance(event, events.ScenarioFinished):
            _take(session, f"generated/{event.phase.value}", event)
        elif isinstance(event, events.NonFatalError):
            with session.suite("generated"), session.case(str(event.label)):
                session.found(
                    "every-call-has-a-reply", f"{event.info.title}: {' '.join(event.info.message.split())[:200]}"
                )
        elif isinstance(event, events.Interrupted):
            raise KeyboardInterrupt


@contextlib.contextmanager
def _sessions_collected() -> Iterator[None]:
    """Schemathesis leaves its connections to the garbage collector: let it collect them here, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


def with_known_ids(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """Return a generated body with some of its ids replaced by ids that exist; the same for the same body."""
    dice = zlib.crc32(encoded(body))
    changed = dict(body)
    for name, known in (("PipelineRuns", list(world.runs)), ("Nodes", node_references(world))):
        ids = changed.get(name)
        if isinstance(ids, list) and ids and known and dice % 4 < KNOWN_OF_FOUR:
            changed[name] = [known[dice % len(known)], *ids[1:]]
    if "WorkspaceId" in changed and world.workspace_id and dice // 4 % 4 < KNOWN_OF_FOUR:
        changed["WorkspaceId"] = world.workspace_id
    if "Nodes" in changed and "OutputType" in changed and dice // 16 % 2:
        del changed["OutputType"]
    return changed


def _take(session: Session, suite: str, event: events.ScenarioFinished) -> None:
    """Judge what schemathesis sent, and take over what its own checks found."""
    recorder = event.recorder
    with session.suite(suite) as tally:
        tally.seconds += event.elapsed_time
        for number, (case_id, interaction) in enumerate(recorder.interactions.items(), 1):
            case = recorder.cases[case_id].value
            positive = case.meta is not None and case.meta.generation.mode.is_positive
            with session.case(f"{suite.rpartition('/')[2]} {number}"):
                exchange = _exchange(session, interaction, positive=positive)
                session.judge(exchange)
                for node in recorder.checks.get(case_id, ()):
                    tally.checks += 1
                    if node.failure_info is not None:
                        session.found(f"schemathesis:{node.name}", _words(node.failure_info.failure), exchange)


def _exchange(session: Session, interaction: Interaction, *, positive: bool) -> Exchange:
    sent, came = interaction.request, interaction.response
    parts = urlsplit(sent.uri)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    headers = tuple((name, _text(value) or "") for name, values in sent.headers.items() for value in values)
    request = Request(sent.method, target, headers, sent.body or b"")
    reply = None
    if came is not None:
        lines = tuple((name, value) for name, values in came.headers.items() for value in values)
        reply = Reply(came.status_code, lines, came.content, came.elapsed)
    due: Due | None = None
    if request.method not in session.methods:
        due = Refusal.of(405, "UnsupportedHTTPMethod")
    elif parts.path == PATH:
        due = session.world.due(request.header("content-type"), request.body)
    fault = "" if reply else "schemathesis got no reply"
    return Exchange(request, reply, fault, due, positive, interaction.timestamp + (reply.seconds if reply else 0))


def _words(failure: Failure) -> str:
    """Return the first lines of what schemathesis says, which then quotes the whole schema."""
    lines = [line.strip() for line in failure.message.splitlines() if line.strip()]
    return ": ".join([failure.title, *lines[:1]])[:200]


def _text(value: str | bytes | None) -> str | None:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _nonce() -> str:
    return secrets.token_hex(16)
