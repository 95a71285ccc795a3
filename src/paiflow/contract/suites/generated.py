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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
import schemathesis
from requests.auth import AuthBase
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import Interaction

from paiflow.contract.checks import Exchange
from paiflow.contract.http import Reply, Request, encoded
from paiflow.contract.manifests import Manifest
from paiflow.contract.preparation import FLAT, Stock, spare_run
from paiflow.contract.session import Session
from paiflow.contract.signer import Draft, sign
from paiflow.contract.suites.subjects import STRANGER, existing, node_references

SETTINGS = Path(__file__).parents[1] / "schemathesis.toml"

# Of four generated ids, how many are replaced by some that exist: made-up ones find nothing, so most replies would be
# empty and most checks on them vacuous.
KNOWN_OF_FOUR = 3


class Signature(AuthBase):
    """Signs a prepared request, over the exact bytes that go out, anew each time it is sent."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        """Return the request, signed."""
        self._spare_what_is_not_ours(prepared)
        parts = urlsplit(prepared.url or "")
        body: Any = prepared.body or b""
        route = self._session.interface.route(parts.path or "/")
        operation = next(iter(route.methods.values()), None) if route else None
        operation = route.methods.get(prepared.method or "", operation) if route else None
        drafted = Draft(
            prepared.method or "",
            parts.path or "/",
            operation.name if operation else "",
            operation.version if operation else "",
            parts.query,
            body.encode() if isinstance(body, str) else body,
            _text(prepared.headers.get("content-type")),
        )
        signed = sign(drafted, self._session.host, self._session.credentials, acs={"x-acs-signature-nonce": _nonce()})
        # Overwrites what a repeated case brings along: an old nonce would be refused.
        for name, value in signed.headers:
            if name not in ("accept", "content-type"):
                prepared.headers[name] = value
        return prepared

    def _spare_what_is_not_ours(self, prepared: requests.PreparedRequest) -> None:
        """Let nothing change that the suite has not put in: examples of the description may name what is there."""
        parts = urlsplit(prepared.url or "")
        route = self._session.interface.route(parts.path)
        operation = route.methods.get(prepared.method or "") if route else None
        if route is None or operation is None or operation.repeatable:
            return
        for name, kind in (("PipelineRunId", "run"), ("PipelineId", "pipeline")):
            thing = self._session.model.thing(kind, route.values.get(name, ""))
            if thing is not None and not thing.ours:
                path = operation.path.replace(f"{{{name}}}", STRANGER)
                prepared.url = urlunsplit(parts._replace(path=path))


def run(session: Session, stock: Stock, examples: int, operation: str = "") -> None:
    """Run the phases of schemathesis.

    Args:
        session: checks every exchange.
        stock: what was put in.
        examples: how many are made at random, of each operation.
        operation: the only one; all if empty.
    """
    settings = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    generation = {**settings["generation"], "max-examples": examples}
    config = SchemathesisConfig.from_dict({**settings, "base-url": session.endpoint, "generation": generation})
    schema = schemathesis.openapi.from_dict(copy.deepcopy(session.interface.document), config=config)
    if operation:
        schema = schema.include(operation_id=operation)  # type: ignore[assignment]  # the same class
    schema.auth.set_from_requests(Signature(session))
    known = Known(session, replace(stock, runs=dict(stock.runs)))  # its spare runs are not waited for

    @schema.hook("map_case")
    def map_case(context: Any, case: Any) -> Any:  # noqa: ARG001 - schemathesis asks for the name
        if case.meta is not None and case.meta.generation.mode.is_positive:
            known.put_into(case)
        return case

    with _sessions_collected():
        _follow(session, from_schema(schema).execute())


@dataclass
class Known:
    """Puts what exists into generated cases: made-up ids find nothing, so most checks on them would be vacuous.

    Args:
        session: with the service.
        stock: what was put in.
    """

    session: Session
    stock: Stock

    def __post_init__(self) -> None:
        """Look what there is."""
        self._values = existing(self.session, self.stock)
        model = self.session.model
        self._manifest = Manifest(f"{self.stock.tag}-own", FLAT).text
        self._nodes = [node.ids for node in model.of("node")]
        self._runs = [run.id for run in model.of("run")]

    def put_into(self, case: Any) -> None:
        """Replace some values of a case; the same ones for the same case."""
        body = case.body if isinstance(case.body, dict) else {}
        dice = zlib.crc32(encoded([case.path_parameters, body, case.query]))
        if dice % 4 >= KNOWN_OF_FOUR:
            return
        ids = dict(case.path_parameters or {})
        operation = self.session.interface.operations[case.operation.definition.raw["operationId"]]
        if "NodeId" in ids and self._nodes:
            ids["PipelineRunId"], ids["NodeId"] = self._nodes[dice % len(self._nodes)]
        elif "PipelineRunId" in ids and self._runs:
            spare = None if operation.repeatable else spare_run(self.session, self.stock)
            ids["PipelineRunId"] = spare.id if spare else self._runs[dice % len(self._runs)]
        elif "PipelineId" in ids and operation.repeatable:
            ids["PipelineId"] = self._values["PipelineId"]
        if ids:
            case.path_parameters = ids
        if body:
            case.body = self._body(body, dice)
        if isinstance(case.query, dict) and "WorkspaceId" in case.query and dice // 4 % 2:
            case.query["WorkspaceId"] = self.stock.workspace_id

    def _body(self, body: dict[str, Any], dice: int) -> dict[str, Any]:
        changed = dict(body)
        for name, known in (("PipelineRuns", self._runs), ("Nodes", node_references(self.session))):
            if isinstance(changed.get(name), list) and changed[name] and known:
                changed[name] = [known[dice % len(known)], *changed[name][1:]]
        if "WorkspaceId" in changed and (dice // 4 % 4 or "PipelineRuns" not in body):
            changed["WorkspaceId"] = self.stock.workspace_id
        if "Nodes" in changed and dice // 16 % 2:
            changed.pop("OutputType", None)
        for name, value in (("PipelineId", self._values["PipelineId"]), ("PipelineManifest", self._manifest)):
            if name in changed:
                changed[name] = value
        if "NoConfirmRequired" in changed or "PipelineId" in changed or "PipelineManifest" in changed:
            changed["NoConfirmRequired"] = False
        return changed


def _follow(session: Session, stream: Iterable[events.EngineEvent]) -> None:
    for event in stream:
        if isinstance(event, events.ScenarioFinished):
            _take(session, f"generated/{event.phase.value}", event)
            session.progress(event.label or "")
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


def _take(session: Session, suite: str, event: events.ScenarioFinished) -> None:
    """Check the exchanges of schemathesis, and take over the findings of its own checks."""
    recorder = event.recorder
    with session.suite(suite) as tally:
        tally.seconds += event.elapsed_time
        for number, (case_id, interaction) in enumerate(recorder.interactions.items(), 1):
            with session.case(f"{suite.rpartition('/')[2]} {number}"):
                exchange = _exchange(interaction)
                session.judge(exchange)
                for node in recorder.checks.get(case_id, ()):
                    tally.checks += 1
                    if node.failure_info is not None:
                        session.found(f"schemathesis:{node.name}", _words(node.failure_info.failure), exchange)


def _exchange(interaction: Interaction) -> Exchange:
    sent, came = interaction.request, interaction.response
    parts = urlsplit(sent.uri)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    headers = tuple((name, _text(value) or "") for name, values in sent.headers.items() for value in values)
    request = Request(sent.method, target, headers, sent.body or b"")
    reply = None
    if came is not None:
        lines = tuple((name, value) for name, values in came.headers.items() for value in values)
        reply = Reply(came.status_code, lines, came.content, came.elapsed)
    fault = "" if reply else "schemathesis got no reply"
    return Exchange(request, reply, fault, at=interaction.timestamp + (reply.seconds if reply else 0))


def _words(failure: Failure) -> str:
    """Return the first lines of what schemathesis says, which then quotes the whole schema."""
    lines = [line.strip() for line in failure.message.splitlines() if line.strip()]
    return ": ".join([failure.title, *lines[:1]])[:200]


def _text(value: str | bytes | None) -> str | None:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _nonce() -> str:
    return secrets.token_hex(16)
