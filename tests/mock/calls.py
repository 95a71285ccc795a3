"""Sign requests to the mock as a client does, and read its replies as the description says.

The clock stands at NOW; no nonce is ever given twice.
"""

import json
import re
from collections.abc import Collection
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from paiflow.credentials import Credentials
from paiflow.mock import HandClock, MockService, Reply, Request
from paiflow.mock.description import effective_description
from paiflow.signing import authorization, canonical_request, parse_authorization, sign, signature, string_to_sign

NOW = 1_757_925_000.0  # 2025-09-15T08:30:00Z
PATH = b"/api/v1/pipelineruns"
HOST = "127.0.0.1:8080"

LASTING = Credentials("ExampleKeyId", "ExampleSecret")
TEMPORARY = Credentials("STS.ExampleKeyId", "ExampleStsSecret", "Example+Sts/Token==")

PAGE_SAMPLE: dict[str, Any] = json.loads(
    Path(__file__).parents[1].joinpath("data", "documented_sample.json").read_text(encoding="utf-8")
)
# What the service holds: without the stray newline behind a node's id.
SAMPLE: dict[str, Any] = json.loads(json.dumps(PAGE_SAMPLE).replace(r"\n", ""))
RUN = "flow-hynm2bv8wqhp5esfxq"
NODE = {"PipelineRunId": RUN, "NodeId": "node-hynm2bv8wqhp5esfx1"}
MASKED_NODE = {"PipelineRunId": "flow-dsjfk******jdskls", "NodeId": "node-obpzu*******418grb7"}

_REQUEST_ID = re.compile(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")
_nonces = map(str, count(1))
_reply_schema = effective_description().validator(("components", "schemas", "ListPipelineRunsStatusResponse"))
_error_schema = effective_description().validator(("components", "schemas", "ErrorReply"))


def new_service(now: float = NOW) -> MockService:
    """Return a service with both accounts, whose clock stands still."""
    return MockService([LASTING, TEMPORARY], clock=HandClock(now))


def signed(
    parameters: Any = None,
    *,
    body: bytes | None = None,
    content_type: str | None = "application/json",
    method: str = "PUT",
    path: bytes = PATH,
    query: bytes = b"",
    headers: Collection[tuple[str, str]] = (),
    credentials: Credentials = LASTING,
    now: float = NOW,
    nonce: str | None = None,
    action: str = "ListPipelineRunsStatus",
    version: str = "2021-02-02",
) -> Request:
    """Return a request that is right unless asked for otherwise: for the documented run if for nothing else."""
    if body is None:
        body = json.dumps({"PipelineRuns": [RUN]} if parameters is None else parameters).encode()
    sent = [("host", HOST), ("accept", "application/json"), *headers]
    if content_type is not None:
        sent.append(("content-type", content_type))
    ours = sign(
        method,
        path,
        query,
        sent,
        body,
        credentials=credentials,
        action=action,
        version=version,
        now=now,
        nonce=nonce or next(_nonces),
    )
    return Request(method, path, query, [*sent, *ours.items()], body)


def ask(
    service: MockService, action: str, body: Any = None, *, credentials: Credentials = LASTING, **parameters: Any
) -> Reply:
    """Return the reply to an operation of the description. Parameters are those of path and query."""
    operation = effective_description().operations[action]
    path = operation.path
    for name in [name for name in parameters if f"{{{name}}}" in path]:
        path = path.replace(f"{{{name}}}", quote(parameters.pop(name), safe=""))
    query = urlencode({name: str(value) for name, value in parameters.items()}, quote_via=quote)
    request = signed(
        body=b"" if body is None else json.dumps(body).encode(),
        method=operation.method,
        path=path.encode(),
        query=query.encode(),
        credentials=credentials,
        now=service.clock.now(),
        action=action,
        version=operation.version,
    )
    return service.handle(request)


def got(service: MockService, action: str, body: Any = None, **parameters: Any) -> dict[str, Any]:
    """Return what an operation answers, without the request's id."""
    parsed = _parsed(reply := ask(service, action, body, **parameters))
    assert reply.status == 200, parsed
    del parsed["RequestId"]
    return parsed


def with_header(request: Request, name: str, value: str | None) -> Request:
    """Return the request with a header replaced, or with None left away, and the signature as it was."""
    headers = [(other, old) for other, old in request.headers if other != name]
    if value is not None:
        headers.append((name, value))
    return Request(request.method, request.path, request.query, headers, request.body)


def signed_over(request: Request, names: Collection[str], credentials: Credentials = LASTING) -> Request:
    """Return the request, rightly signed, but over these headers only."""
    content_sha256 = dict(request.headers)["x-acs-content-sha256"]
    canonical = canonical_request(request.method, request.path, request.query, request.headers, names, content_sha256)
    value = signature(credentials.access_key_secret, string_to_sign(canonical))
    return with_header(request, "authorization", authorization(credentials.access_key_id, sorted(names), value))


def signed_headers(request: Request) -> set[str]:
    """Return the names of the headers that the request's signature covers."""
    return set(parse_authorization(dict(request.headers)["authorization"])[1])


def answer(reply: Reply) -> dict[str, Any]:
    """Return what a 200 says, having seen that it is what the description promises."""
    parsed = _parsed(reply)
    assert reply.status == 200, parsed
    _reply_schema.validate(parsed)
    return parsed


def refusal(reply: Reply) -> tuple[int, str]:
    """Return status and code of an error, having seen that it has the service's form."""
    parsed = _parsed(reply)
    _error_schema.validate(parsed)
    assert set(parsed) == {"RequestId", "HostId", "Code", "Message", "Recommend"}
    return reply.status, parsed["Code"]


def message(reply: Reply) -> str:
    """Return the words of an error."""
    refusal(reply)
    words: str = json.loads(reply.body)["Message"]
    return words


def _parsed(reply: Reply) -> dict[str, Any]:
    headers = dict(reply.headers)
    parsed: dict[str, Any] = json.loads(reply.body)
    assert headers["content-type"] == "application/json;charset=utf-8"
    assert headers["x-acs-request-id"] == parsed["RequestId"]
    assert _REQUEST_ID.fullmatch(parsed["RequestId"])
    return parsed
