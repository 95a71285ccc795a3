"""What holds of every exchange, whoever sent it and whatever for.

A check is a function of an exchange and the session; it yields what is wrong, in words that a stranger understands.
Its name, with dashes for underscores, is what a report calls it. It sees only exchanges that it is meant for.
"""

# ruff: noqa: ARG001 - all checks take the same arguments
from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any, Protocol

import jsonschema_rs

from paiflow.credentials import Credentials
from paiflow.signing import canonical_request, parse_authorization, signature, string_to_sign
from tooling.contract.expected_replies import FIXED, KINDS, Answer, Due, Refusal, Wire, World
from tooling.contract.http import Reply, Request, same, strict_json

SLOW = 5.0
"""Seconds after which a reply is late. The operation only reads; a mock takes milliseconds."""

CLOCK = 300.0
"""Seconds by which the header Date may be off. Clients correct their clocks by it; a signature may be off by 900."""

IDS = dict(
    zip(KINDS, (("PipelineRunId",), ("PipelineRunId", "NodeId"), ("PipelineRunId", "NodeId", "Id")), strict=True)
)
"""What makes two of a kind the same one."""

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z")
_REQUEST_ID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[0-9A-Fa-f]{24,40}")
_TIMES = ("StartedAt", "FinishedAt", "GmtCreateTime")

# The vendor's words for its codes. Sources: the tables of common error codes that overlays/010-errors.yaml names.
_MANDATORY = "is mandatory for this action"
_NOT_VALID = "is not valid"
WORDS = {
    "InvalidApi.NotFound": "Specified api is not found",
    "IncompleteSignature": "does not conform to Aliyun standards",
    "InvalidTimeStamp.Format": "not well formatted",
    "InvalidTimeStamp.Expired": "is expired",
    "InvalidAccessKeyId.NotFound": "Specified access key is not found",
    "SignatureDoesNotMatch": "does not match our calculation. server StringToSign is [ACS3-HMAC-SHA256",
    "SignatureNonceUsed": "nonce was used already",
    "InvalidParameter": _NOT_VALID,
    "InvalidVersion": _NOT_VALID,
    "InvalidAction": _NOT_VALID,
    **dict.fromkeys(
        [
            *("MissingParameter", "MissingVersion", "MissingAction", "MissingTimeStamp", "MissingSignatureNonce"),
            *("MissingContentSha256", "MissingSecurityToken"),
        ],
        _MANDATORY,
    ),
}


@dataclass(frozen=True)
class Exchange:
    """A request, what came of it, and what was due.

    Args:
        request: as it was sent.
        reply: None if there was none.
        fault: why there was none.
        due: None where nothing is known of it.
        positive: whether the request is a right one.
        at: when it was over, in seconds since the epoch, by this machine's clock.
        place: the suite and case that it belongs to, once it was judged.
    """

    request: Request
    reply: Reply | None
    fault: str = ""
    due: Due | None = None
    positive: bool = False
    at: float = field(default_factory=time.time, compare=False)
    place: str = ""


class Context(Protocol):
    """What checks know beside the exchange. `session.Session` is one."""

    world: World
    strict: bool
    accounts: tuple[Credentials, ...]
    schemas: Mapping[str, jsonschema_rs.Validator]
    statuses: frozenset[int]
    methods: frozenset[str]
    request_ids: dict[str, int]

    @property
    def now(self) -> Callable[[], float]:
        """Gives seconds since the epoch, by the service's clock."""


Check = Callable[[Exchange, Reply, Context], Iterator[str]]


def a_reply_comes_in_time(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """The reply is not late."""
    if reply.seconds > SLOW:
        yield f"the reply took more than {SLOW:.0f} s"


def the_status_is_described(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """The description, or HTTP for what it does not reach, knows the status; a refusal is no server error."""
    if reply.status not in context.statuses:
        yield f"status {reply.status} is not in the description"
    elif reply.status >= 500:
        yield f"the service failed with status {reply.status}"


def the_body_is_json_in_utf8(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """The content type says JSON in UTF-8, and so it is: no byte order mark, no name twice, nothing behind it."""
    values = reply.values("content-type")
    if len(values) != 1:
        yield f"there are {len(values)} headers content-type, not one"
    elif not re.fullmatch(r'application/json(\s*;\s*charset="?utf-8"?)?', values[0].strip(), re.IGNORECASE):
        yield f"the content type is {values[0]!r}, not application/json in UTF-8"
    if exchange.request.method == "HEAD":
        return
    try:
        parsed = strict_json(reply.body)
    except ValueError as fault:
        yield f"the body is not strict JSON: {fault}"
    else:
        if not isinstance(parsed, dict):
            yield f"the body is a JSON {type(parsed).__name__}, not an object"


def the_length_is_right(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """Content-Length is what came, and nothing is compressed that nobody asked to be."""
    lengths = reply.values("content-length")
    encoding = reply.header("content-encoding")
    if len(set(lengths)) > 1:
        yield f"Content-Length comes with several values: {', '.join(lengths)}"
    elif lengths and not encoding and exchange.request.method != "HEAD" and lengths[0] != str(len(reply.body)):
        yield f"Content-Length is {lengths[0]}, the body has {len(reply.body)} bytes"
    if encoding and "gzip" not in (exchange.request.header("accept-encoding") or "") and encoding != "identity":
        yield f"the body is encoded with {encoding}, which the request did not accept"


def the_date_is_now(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """Date is there and right: clients correct their clocks by it."""
    values = reply.values("date")
    if not values:
        yield "there is no header Date"
    for value in values:
        try:
            off = abs(parsedate_to_datetime(value).timestamp() - context.now())
        except (ValueError, TypeError):
            yield f"Date is no date: {value!r}"
        else:
            if off > CLOCK:
                yield f"Date is off by more than {CLOCK / 60:.0f} minutes"


def the_request_id_is_in_header_and_body(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """x-acs-request-id is there once, is not empty, and is the body's RequestId."""
    values = reply.values("x-acs-request-id")
    if context.strict and values and not all(map(_REQUEST_ID.fullmatch, values)):
        yield "x-acs-request-id is neither a UUID nor a trace id in hexadecimal"
    if len(values) != 1 or not values[0].strip():
        yield f"x-acs-request-id must come once and not be empty, but comes {len(values)} times"
    elif exchange.request.method != "HEAD" and reply.fields.get("RequestId") != values[0]:
        yield "x-acs-request-id and the body's RequestId differ"


def the_request_id_is_fresh(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """No two replies have the same request id."""
    seen = context.request_ids
    for request_id in {reply.header("x-acs-request-id"), reply.fields.get("RequestId")}:
        if isinstance(request_id, str) and request_id:
            seen[request_id] = seen.get(request_id, 0) + 1
            if seen[request_id] > 1:
                yield "a request id came again"


def the_reply_fits_the_description(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """The body fits its status's schema."""
    if reply.parsed is None:
        return
    name = "ListPipelineRunsStatusResponse" if reply.status == 200 else "ErrorReply"
    for error in context.schemas[name].iter_errors(reply.parsed):
        where = ".".join("[]" if isinstance(key, int) else str(key) for key in error.instance_path)
        yield f"{name} {where or '(whole)'}: {_short(error.message)}"


def nothing_secret_comes_back(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """No reply has a secret, the signature that would have been right, or a trace of the program in it."""
    text = reply.body.decode("utf-8", "replace") + "\n".join(value for _, value in reply.headers)
    for account in context.accounts:
        if account.access_key_secret in text:
            yield "the reply holds the access key's secret"
    for right in _right_signatures(exchange.request, context.accounts) if reply.status != 200 else ():
        if right in text:
            yield "the reply tells the signature that would have been right"
    if "Traceback (most recent call last)" in text or re.search(r'File "[^"]+\.py"', text):
        yield "the reply holds a stack trace"
    if reply.values("set-cookie"):
        yield "the reply sets a cookie; calls have no state"


def an_error_says_what_is_wrong(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """An error has Code, Message, RequestId, HostId and Recommend, none of them empty, in the vendor's words."""
    if reply.status < 400 or exchange.request.method == "HEAD":
        return
    due = ("Code", "Message", "RequestId", *(("HostId", "Recommend") if context.strict else ()))
    for name in due:
        value = reply.fields.get(name)
        if not isinstance(value, str) or not value.strip():
            yield f"the error has no {name}"
    code, message = reply.fields.get("Code"), reply.fields.get("Message")
    if context.strict and isinstance(code, str) and isinstance(message, str):
        if WORDS.get(code, "") not in message:
            yield f"the message of {code} does not say {WORDS[code]!r}"
        if code.startswith("Missing") and "Parameter" not in code and code.removeprefix("Missing") not in message:
            yield f"the message of {code} does not name {code.removeprefix('Missing')}"
        if not all(word in str(reply.fields.get("Recommend")) for word in ("https://", f"q={code}", "product=PAIFlow")):
            yield f"Recommend does not lead to {code} of PAIFlow"
    if any(name in reply.fields for name in KINDS):
        yield "an error holds runs, nodes or outputs"


def a_refusal_names_who_refused(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """HostId is the host that was asked."""
    host = exchange.request.header("host") or ""
    named = reply.fields.get("HostId")
    if (
        context.strict
        and reply.status >= 400
        and isinstance(named, str)
        and named not in (host, host.partition(":")[0])
    ):
        yield f"HostId is {named!r}, not the host that was asked"


def a_405_names_the_methods(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """Allow is there with a 405, says what there is, and does not say what there is not (RFC 9110, section 15.5.6)."""
    if reply.status == 405:
        named = {method.strip() for value in reply.values("allow") for method in value.split(",")}
        if named != context.methods:
            yield f"Allow is {', '.join(reply.values('allow')) or 'missing'}; there is {', '.join(context.methods)}"


def the_refusal_is_the_right_one(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """What must be refused is refused, with the status and the code that are due."""
    if not isinstance(exchange.due, Refusal):
        return
    due = exchange.due
    if reply.status != due.status:
        yield f"{_worded(due)} is due, but the status is {reply.status} {reply.fields.get('Code', '')}".rstrip()
    elif exchange.request.method != "HEAD" and reply.fields.get("Code") not in due.codes:
        yield f"{_worded(due)} is due, but the code is {reply.fields.get('Code')!r}"
    elif due.about and context.strict and not any(name in str(reply.fields.get("Message")) for name in due.about):
        yield f"the message does not name {' or '.join(sorted(due.about))}"


def a_right_request_is_answered(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """What is right is answered with 200: a refused signature must not pass for an answer."""
    if (exchange.positive or isinstance(exchange.due, Answer)) and reply.status != 200:
        yield f"200 is due, but the status is {reply.status} {reply.fields.get('Code', '')}".rstrip()


def only_what_was_asked_for_comes_back(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """Every run, node and output was asked for by its ids, and an output by its type too."""
    if reply.status != 200 or (asked := _parameters(exchange.request)) is None:
        return
    nodes = [node for node in _list(asked.get("Nodes")) if isinstance(node, dict)]
    keys = [(node.get("PipelineRunId"), node.get("NodeId")) for node in nodes]
    runs = [] if nodes else _list(asked.get("PipelineRuns"))
    for run in reply.items("PipelineRuns"):
        if run.get("PipelineRunId") not in runs:
            yield "a run came back that was not asked for" + (": Nodes takes precedence" if nodes else "")
    for kind, one in (("Nodes", "a node"), ("Outputs", "an output")):
        for item in reply.items(kind):
            if (item.get("PipelineRunId"), item.get("NodeId")) not in keys:
                yield f"{one} came back whose run and node were not asked for"
    for output in reply.items("Outputs"):
        if asked.get("OutputType") not in (None, output.get("Type")):
            yield f"an output of type {output.get('Type')!r} came back, {asked['OutputType']} was asked for"


def everything_comes_back_once(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """No run, node or output comes back twice."""
    for kind, names in IDS.items():
        ids = [json.dumps([item.get(name) for name in names]) for item in reply.items(kind)]
        if len(set(ids)) != len(ids):
            yield f"{kind} has one of them twice"


def what_exists_is_told_as_it_is(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """What is known to exist is not left out, what is not is not made up, and each value is the known one."""
    if not isinstance(exchange.due, Answer) or reply.status != 200:
        return
    for kind, due in exchange.due.lists().items():
        found = reply.items(kind)
        if context.strict and not isinstance(reply.fields.get(kind), list):
            yield f"there is no list {kind}"
        for wire in due:
            match = next((item for item in found if _is_same(kind, item, wire)), None)
            if match is None:
                yield f"{kind}: one that exists was asked for and left out"
            else:
                whole = wire.get("PipelineRunId") not in context.world.learned
                yield from _differences(kind, wire, match, whole=whole)
        if context.world.whole and len(found) > len(due):
            yield f"{kind} holds {len(found)}, but {len(due)} are due"


def times_are_utc_and_in_order(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """A time is empty, null, or a date-time in UTC with Z; nothing finishes before it starts."""
    for item in [*reply.items("Nodes"), *reply.items("Outputs")]:
        moments = {}
        for name in _TIMES:
            if isinstance(text := item.get(name), str) and text:
                try:
                    moments[name] = datetime.fromisoformat(text) if _TIME.fullmatch(text) else None
                except ValueError:
                    moments[name] = None
                if moments[name] is None:
                    yield f"{name} is no time in UTC: {text[:40]!r}"
        started, finished = moments.get("StartedAt"), moments.get("FinishedAt")
        if started and finished and finished < started:
            yield "FinishedAt is before StartedAt"


def a_value_is_json_in_a_text(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """An output's Value is JSON in a text, perhaps escaped once more as in the vendor's sample."""
    for output in reply.items("Outputs") if context.strict else ():
        value = output.get("Value")
        if isinstance(value, str) and value and not _is_json_text(value):
            yield "Value is a text, but no JSON is in it"


CHECKS: tuple[Check, ...] = (
    a_reply_comes_in_time,
    the_status_is_described,
    the_body_is_json_in_utf8,
    the_length_is_right,
    the_date_is_now,
    the_request_id_is_in_header_and_body,
    the_request_id_is_fresh,
    the_reply_fits_the_description,
    nothing_secret_comes_back,
    an_error_says_what_is_wrong,
    a_refusal_names_who_refused,
    a_405_names_the_methods,
    the_refusal_is_the_right_one,
    a_right_request_is_answered,
    only_what_was_asked_for_comes_back,
    everything_comes_back_once,
    what_exists_is_told_as_it_is,
    times_are_utc_and_in_order,
    a_value_is_json_in_a_text,
)


def name_of(check: Callable[..., object]) -> str:
    """Return what a report calls a check."""
    return getattr(check, "__name__", "check").replace("_", "-")


def _right_signatures(request: Request, accounts: tuple[Credentials, ...]) -> Iterator[str]:
    """Yield what the signature would be if each of the accounts had signed the request as it is."""
    path, _, query = request.target.partition("?")
    try:
        _, names, _ = parse_authorization(request.header("authorization") or "")
        canonical = canonical_request(
            request.method, path.encode(), query.encode(), request.headers, names, sha256(request.body).hexdigest()
        )
    except ValueError:
        return
    for account in accounts:
        yield signature(account.access_key_secret, string_to_sign(canonical))


def _parameters(request: Request) -> dict[str, Any] | None:
    try:
        parsed = strict_json(request.body)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_same(kind: str, left: Wire, right: Wire) -> bool:
    """Return whether two are the same run, node or output."""
    return all(left.get(name) == right.get(name) for name in IDS[kind])


def _differences(kind: str, due: Wire, found: Wire, *, whole: bool) -> Iterator[str]:
    for name in sorted({*due, *found} if whole else FIXED.intersection(due)):
        if name not in found:
            yield f"{kind}: {name} is missing, {_short(due[name])} is due"
        elif name not in due:
            yield f"{kind}: {name} is not due, but there"
        elif not same(due[name], found[name]):
            yield f"{kind}: {name} is {_short(found[name])}, {_short(due[name])} is due"


def _is_json_text(text: str) -> bool:
    for candidate in (text, f'"{text}"'):
        try:
            json.loads(json.loads(candidate) if candidate is not text else candidate)
        except (ValueError, TypeError, RecursionError):
            continue
        return True
    return False


def _worded(refusal: Refusal) -> str:
    return f"{refusal.status} {' or '.join(sorted(refusal.codes))}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) and " " in value else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 100 else f"{text[:97]}…"
