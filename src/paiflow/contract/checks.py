"""The checks of every exchange.

A check is a function of an exchange and the session; it yields faults, each in one plain sentence.
Reports use its name, with dashes for underscores. It sees only exchanges that it is meant for.
"""

# ruff: noqa: ARG001 - all checks take the same arguments
from __future__ import annotations

import json
import re
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from hashlib import md5, sha256
from typing import Any, Protocol

from paiflow.contract.answers import Call
from paiflow.contract.arguments import Refusal
from paiflow.contract.http import Reply, Request, strict_json
from paiflow.contract.interface import Described, Interface, Route
from paiflow.contract.known_secrets import KnownSecrets
from paiflow.contract.model import Answer, Due, Model, Part
from paiflow.contract.things import IDS, alike, short
from paiflow.contract.views import kind_of, shown
from paiflow.credentials import Credentials
from paiflow.signing import canonical_request, parse_authorization, signature, string_to_sign

SLOW = 5.0
"""Seconds after which a reply is late. The operation only reads; a mock takes milliseconds."""

CLOCK = 300.0
"""Seconds by which the header Date may be off. Clients correct their clocks by it; a signature may be off by 900."""

SLACK = 1.0
"""Seconds by which one time may be before another that it follows: a service may read its clock twice. Our mock does not."""

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z")
_SIGNATURE = re.compile(r"[0-9a-fA-F]{64}|[0-9A-Za-z+/]{43}=")
_REQUEST_ID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[0-9A-Fa-f]{24,40}")
_TIMES = ("StartedAt", "FinishedAt", "GmtCreateTime", "GmtModifiedTime")

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


OPEN = "open"
"""Stands for a reply that is due, but not known yet."""


@dataclass(frozen=True)
class Exchange:
    """A request, what came of it, and what was due.

    Args:
        request: as it was sent.
        reply: None if there was none.
        fault: why there was none.
        due: None where nothing is known of it.
        route: where the request led; None for nowhere.
        operation: what was called; None for nothing.
        call: the operation with its arguments; None where these are not valid.
        at: when it was over, in seconds since the epoch, by this machine's clock.
        place: the suite and case that it belongs to.
    """

    request: Request
    reply: Reply | None
    fault: str = ""
    due: Due | str | None = OPEN
    route: Route | None = None
    operation: Described | None = None
    call: Call | None = None
    at: float = field(default_factory=time.time, compare=False)
    place: str = ""

    @property
    def positive(self) -> bool:
        """Whether an answer is due."""
        return isinstance(self.due, Answer)

    @property
    def answered(self) -> bool:
        """Whether it is an answer to a valid call."""
        return self.reply is not None and self.reply.status == 200 and self.call is not None


class Context(Protocol):
    """The context of the checks. `session.Session` is one."""

    interface: Interface
    model: Model
    strict: bool
    accounts: tuple[Credentials, ...]
    secrets: KnownSecrets
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
    if reply.status not in context.interface.statuses(exchange.operation):
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
    """Content-Length is the length of the body, and a body is compressed only on request."""
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


def headers_tell_the_truth(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """Headers that say when to come again hold a time; those that say what the body's hash is are right."""
    for name, form in (("x-acs-retry-after", r"[0-9]+"), ("retry-after", r"[0-9]+|.* GMT")):
        for value in reply.values(name):
            if not re.fullmatch(form, value):
                yield f"{name} is no time: {value[:40]!r}"
            elif context.strict and reply.status < 400:
                yield f"{name} came with an answer"
    for name, hashed in (("content-md5", md5), ("digest", sha256), ("content-digest", sha256)):
        right = b64encode(hashed(reply.body).digest()).decode()
        if any(right not in value for value in reply.values(name)):
            yield f"{name} is not that of the body"


def the_reply_fits_the_description(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """The body fits its status's schema."""
    if reply.parsed is not None:
        name = exchange.operation.name if reply.status == 200 and exchange.operation else "ErrorReply"
        for where, message in context.interface.misfits(exchange.operation, reply.status, reply.parsed):
            yield f"{name} {where}: {short(message)}"


def nothing_secret_comes_back(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """No reply has a secret in any form, the signature that would have been right, or a trace of the program in it."""
    text = reply.body.decode("utf-8", "replace") + "\n".join(value for _, value in reply.headers)
    if context.secrets.are_in(text):
        yield "the reply holds an access key's secret"
    # With a wrong signature the vendor sends the canonical request back, token included.
    if reply.fields.get("Code") != "SignatureDoesNotMatch":
        tokens = [account.security_token for account in context.accounts if account.security_token]
        if any(token in text for token in tokens):
            yield "the reply holds a security token"
    if (call := exchange.call) is not None and len(token := str(call.get("TokenId", ""))) > 8 and token in text:
        yield "the reply holds the share token"
    may_tell = reply.status != 200 and _SIGNATURE.search(text)
    for right in _right_signatures(exchange.request, context.accounts) if may_tell else ():
        if any(form in text for form in (right, right.upper(), b64encode(bytes.fromhex(right)).decode())):
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
        product = exchange.operation.product if exchange.operation else "PAIFlow"
        words = ("https://", f"q={code}", f"product={product}")
        if not all(word in str(reply.fields.get("Recommend")) for word in words):
            yield f"Recommend does not lead to {code} of {product}"
    if exchange.operation and any(name in reply.fields for name in exchange.operation.lists):
        yield "an error holds what an answer holds"


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
        there = set(exchange.route.methods) if exchange.route else set()
        if named != there:
            yield f"Allow is {', '.join(sorted(named)) or 'missing'}; there is {', '.join(sorted(there))}"


def the_refusal_is_the_right_one(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """A wrong request is refused, with the expected status and code."""
    if not isinstance(exchange.due, Refusal):
        return
    due, code = exchange.due, str(reply.fields.get("Code", ""))
    right = code in due.codes if due.codes else code not in WORDS or code.endswith("Parameter")
    if reply.status != due.status:
        yield f"{_worded(due)} is due, but the status is {reply.status} {code}".rstrip()
    elif exchange.request.method != "HEAD" and not right:
        yield f"{_worded(due)} is due, but the code is {code!r}"
    elif due.about and context.strict and not any(name in str(reply.fields.get("Message")) for name in due.about):
        yield f"the message does not name {' or '.join(sorted(due.about))}"


def a_right_request_is_answered(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """A right request is answered with 200: a refused signature must not pass for an answer."""
    if exchange.positive and reply.status != 200:
        yield f"200 is due, but the status is {reply.status} {reply.fields.get('Code', '')}".rstrip()


def only_what_was_asked_for_comes_back(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """Every thing that comes back was asked for by its ids, and fits every filter."""
    if not exchange.answered or (call := exchange.call) is None:
        return
    if call.operation.name == "ListPipelineRunsStatus":
        yield from _asked_for(call, reply)
        return
    for name, ids, wire in shown(call, reply):
        kind = kind_of(call, name)
        named = dict(zip(IDS[kind], ids, strict=True)) if kind in ("run", "pipeline", "workspace") else {}
        filtered = {
            one: wire[one] for one in _FILTERS if name in _FILTERED and one in wire and (name, one) not in _LOOSE
        }
        for field_name, value in {**filtered, **named}.items():
            asked = call.get(field_name)
            if asked is not None and not alike(asked, value):
                yield f"{field_name} is {short(value)}, {short(asked)} was asked for"


_FILTERED = ("PipelineRuns", "Pipelines", "Workspaces", "Outputs")
_FILTERS = ("Status", "SourceType", "SourceId", "Name", "WorkspaceId", "UserId", "Type")
_LOOSE = {("Outputs", "Name")}
"""An output may be asked for by the name of its node, too."""


def _asked_for(call: Call, reply: Reply) -> Iterator[str]:
    keys = [(node.get("PipelineRunId"), node.get("NodeId")) for node in call.get("Nodes", ())]
    runs = [] if keys else call.get("PipelineRuns", ())
    for run in reply.items("PipelineRuns"):
        if run.get("PipelineRunId") not in runs:
            yield "a run came back that was not asked for" + (": Nodes takes precedence" if keys else "")
    for kind, one in (("Nodes", "a node"), ("Outputs", "an output")):
        for item in reply.items(kind):
            if (item.get("PipelineRunId"), item.get("NodeId")) not in keys:
                yield f"{one} came back whose run and node were not asked for"
    for output in reply.items("Outputs"):
        if call.get("OutputType") not in (None, output.get("Type")):
            yield f"an output of type {output.get('Type')!r} came back, {call.get('OutputType')} was asked for"


def everything_comes_back_once(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """Nothing comes back twice."""
    if exchange.answered and exchange.call is not None:
        seen = [(name, ids) for name, ids, _ in shown(exchange.call, reply)]
        for name in sorted(
            {name for name, ids in seen if seen.count((name, ids)) > 1} if len(set(seen)) < len(seen) else ()
        ):
            yield f"{name or 'the reply'} has one of them twice"


def a_page_is_one(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """A page holds as many as were asked for at most, in the order that was asked for, and the count is no less."""
    call = exchange.call
    if not exchange.answered or call is None or (pages := call.operation.pages) is None:
        return
    items = reply.fields.get(pages.items)
    total = reply.fields.get(pages.total) if pages.total else None
    if not isinstance(items, list) or call.get("Option") == "GetResourceLimits":
        return
    if call.get(pages.size) is not None and len(items) > call.get(pages.size):
        yield f"{pages.items} holds {len(items)}, a page of {call.get(pages.size)} was asked for"
    if isinstance(total, int) and total < len(items):
        yield f"{pages.total} is {total}, {pages.items} holds {len(items)}"
    by, order = call.get("SortBy"), call.get("Order")
    if by is not None and order is not None:
        values = [item.get(by) for item in reply.items(pages.items)]
        texts = [value for value in values if isinstance(value, str) and value.isascii()]
        if len(texts) == len(values) and texts != sorted(texts, reverse=order == "DESC"):
            yield f"{pages.items} is not sorted by {by}, {order}"


def what_exists_is_told_as_it_is(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """A reply holds all known things, no others, and each with its known values."""
    call, due = exchange.call, exchange.due
    if not exchange.answered or call is None or not isinstance(due, Answer):
        return
    found = list(shown(call, reply))
    for name, part in due.parts.items():
        if name and context.strict and not isinstance(reply.fields.get(name), list):
            yield f"there is no list {name}"
        yield from _compared(exchange, name, part, [ids for one, ids, _ in found if one == name], reply)
    for name, ids, wire in found:
        thing = context.model.thing(kind_of(call, name), *ids)
        if thing is not None:
            described = context.interface.properties.get((call.operation.name, name), frozenset())
            for difference in thing.differences(call.operation.name + due.variant, wire, described):
                yield f"{name or call.operation.name}: {difference}"
        if due.only is not None and (more := sorted(set(wire) - due.only)):
            yield f"{name}: {more[0]} is not due, but there"
    for name in sorted(due.absent.intersection(reply.fields)):
        yield f"{name} is not due, but there"
    if due.lines is not None:
        yield from _lines(due.lines, reply)


def _compared(exchange: Exchange, name: str, part: Part, found: list[tuple[str, ...]], reply: Reply) -> Iterator[str]:
    """Yield how the ids in a list differ from those that are due."""
    words, page = name or "the reply", part.page
    if not part.exact:
        if part.size is None and not {thing.ids for thing in part.things} <= set(found):
            yield f"{words}: one that exists was asked for and left out"
        return
    places = {thing.ids: thing for thing in part.things}
    if made_up := [ids for ids in found if ids not in places]:
        yield f"{words}: {short(made_up[0][-1])} came back, which is not due"
    elif len(found) < len(page):
        yield f"{words}: one that exists was asked for and left out"
    elif len(found) > len(page):
        yield f"{words} holds {len(found)}, but {len(page)} are due"
    elif (
        part.key is not None
        and part.size is not None
        and [part.key(places[ids]) for ids in found] != list(map(part.key, page))
    ):
        yield f"{words}: these are not those of the page, or not in its order"
    if part.total is not None and reply.fields.get(part.total) != len(part.things):
        yield f"{part.total} is {reply.fields.get(part.total)}, {len(part.things)} is due"


def _lines(due: tuple[Any, int], reply: Reply) -> Iterator[str]:
    lines, total = due
    if reply.fields.get("Logs") != list(lines):
        yield f"Logs: other lines are due: {len(reply.fields.get('Logs') or ())} came, {len(lines)} are due"
    if reply.fields.get("TotalCount") != total:
        yield f"TotalCount is {reply.fields.get('TotalCount')}, {total} is due"


def times_are_utc_and_in_order(exchange: Exchange, reply: Reply, context: Context) -> Iterator[str]:
    """A time is empty, null, or a date-time in UTC with Z; nothing finishes before it starts."""
    slack = 0.0 if context.strict else SLACK
    for item in _objects(reply.parsed) if reply.status == 200 else ():
        moments = {}
        for name in _TIMES:
            if isinstance(text := item.get(name), str) and text:
                try:
                    moments[name] = datetime.fromisoformat(text) if _TIME.fullmatch(text) else None
                except ValueError:
                    moments[name] = None
                if moments[name] is None:
                    yield f"{name} is no time in UTC: {text[:40]!r}"
        for first, last in (("StartedAt", "FinishedAt"), ("GmtCreateTime", "GmtModifiedTime")):
            if (start := moments.get(first)) and (end := moments.get(last)) and (start - end).total_seconds() > slack:
                yield f"{last} is before {first}"


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
    headers_tell_the_truth,
    the_reply_fits_the_description,
    nothing_secret_comes_back,
    an_error_says_what_is_wrong,
    a_refusal_names_who_refused,
    a_405_names_the_methods,
    the_refusal_is_the_right_one,
    a_right_request_is_answered,
    only_what_was_asked_for_comes_back,
    everything_comes_back_once,
    a_page_is_one,
    what_exists_is_told_as_it_is,
    times_are_utc_and_in_order,
    a_value_is_json_in_a_text,
)


def name_of(check: Callable[..., object]) -> str:
    """Return the name of a check in reports."""
    return getattr(check, "__name__", "check").replace("_", "-")


def _right_signatures(request: Request, accounts: tuple[Credentials, ...]) -> Iterator[str]:
    """Yield the right signature of the request for each of the accounts."""
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


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


def _is_json_text(text: str) -> bool:
    for candidate in (text, f'"{text}"'):
        try:
            json.loads(json.loads(candidate) if candidate is not text else candidate)
        except (ValueError, TypeError, RecursionError):
            continue
        return True
    return False


def _worded(refusal: Refusal) -> str:
    return f"{refusal.status} {' or '.join(sorted(refusal.codes)) or 'of the operation'}"
