"""Known defects, one at a time, put by a proxy between the contract suite and the mock.

Each is something that a service could do wrong against a promise. The proxy looks at requests and replies, may change
both, keeps state from call to call, and signs again where it changes a request or lets in what the mock would refuse.

There are two tables: DEFECTS, along which the suite grew, and HELD_OUT, thought up from the promises alone or against
the finished suite, each with the promise that it breaks. Those of this module are of ListPipelineRunsStatus and of the
path that it is at; those of every operation are in operation_defects.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from described import effective_description

from paiflow.contract.http import Reply, Request, strict_json
from paiflow.contract.interface import Interface
from paiflow.contract.signer import Draft, sign
from paiflow.credentials import Credentials

PATH = "/api/v1/pipelineruns"
INTERFACE = Interface(effective_description(), closed=False)

Send = Callable[[Request], Reply]
Behave = Callable[["Proxy", Request, Send], Reply | None]


@dataclass
class Proxy:
    """What a defect has to work with.

    Args:
        credentials: the mock's, to sign with again.
        host: the endpoint that the suite knows, which signatures cover.
        memory: whatever a defect keeps from call to call.
    """

    credentials: Credentials
    host: str = ""
    memory: dict[str, Any] = field(default_factory=dict)
    calls: int = 0

    def signed(self, request: Request, **how: Any) -> Request:
        """Return the request signed again, rightly, by somebody who may call."""
        path, _, query = request.target.partition("?")
        operation = operation_of(request)
        action, version = (request.header(f"x-acs-{name}") for name in ("action", "version"))
        draft = Draft(
            request.method,
            path,
            action or (operation.name if operation else ""),
            version or (operation.version if operation else ""),
            query,
            request.body,
            request.header("content-type") or None,
        )
        return sign(draft, self.host, self.credentials, **how)


def operation_of(request: Request) -> Any:
    """Return the operation that a request leads to, None for none."""
    route = INTERFACE.route(request.target.partition("?")[0])
    return route.methods.get(request.method) if route else None


def at_path(request: Request) -> bool:
    """Return whether a request leads to the path of ListPipelineRunsStatus, perhaps with a slash too many."""
    return request.target.partition("?")[0].replace("//", "/") == PATH


@dataclass(frozen=True)
class Defect:
    """One defect.

    Args:
        name: of the defect.
        behave: what the proxy does.
        concerns: whether it concerns a request.
        only: the cases that are enough to find it.
        operation: the operation that they are about.
    """

    name: str
    behave: Behave
    concerns: Callable[[Request], bool] = at_path
    only: str = ""
    operation: str = "ListPipelineRunsStatus"


DEFECTS: dict[str, Defect] = {}
HELD_OUT: dict[str, Defect] = {}
OF_OPERATIONS: dict[str, Defect] = {}


def defect(behave: Behave, table: dict[str, Defect] = DEFECTS) -> Behave:
    """Add a defect under the name of its function."""
    name = behave.__name__.replace("_", "-")
    table[name] = Defect(name, behave)
    return behave


def held_out(behave: Behave) -> Behave:
    """Add a defect to the second table; its docstring is the promise that it breaks."""
    return defect(behave, HELD_OUT)


def replies(change: Callable[[dict[str, Any]], object]) -> Behave:
    """Return what changes the fields of every answer."""

    def behave(proxy: Proxy, request: Request, send: Send) -> Reply:
        return changed(send(request), change)

    return behave


def changed(reply: Reply, change: Callable[[dict[str, Any]], object], status: int = 200) -> Reply:
    """Return a reply with its fields changed, if it has the status."""
    if reply.status != status:
        return reply
    fields = json.loads(reply.body)
    with contextlib.suppress(KeyError):  # the reply of another operation at the path
        change(fields)
    return with_body(reply, json.dumps(fields, ensure_ascii=False).encode())


def with_body(reply: Reply, body: bytes) -> Reply:
    """Return a reply with another body, its length right."""
    return replace(with_header(reply, "content-length", str(len(body))), body=body)


def with_header(reply: Reply, name: str, value: str | None) -> Reply:
    """Return a reply with a header replaced, or left away."""
    kept = tuple((other, old) for other, old in reply.headers if other.lower() != name)
    return replace(reply, headers=kept if value is None else (*kept, (name, value)))


def each(fields: dict[str, Any], kind: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change every item of a list."""
    for item in fields[kind]:
        change(item)


def refused_with(reply: Reply, code: str) -> bool:
    """Return whether a reply refuses with a code that starts so."""
    return reply.status >= 400 and code in reply.body.decode("utf-8", "replace")


def lets_in(code: str) -> Behave:
    """Return what lets in what the mock refuses with a code."""

    def behave(proxy: Proxy, request: Request, send: Send) -> Reply:
        reply = send(request)
        return send(proxy.signed(request)) if refused_with(reply, f'"{code}"') else reply

    return behave


def asks(change: Callable[[dict[str, Any]], object]) -> Behave:
    """Return what changes a right request's parameters."""

    def behave(proxy: Proxy, request: Request, send: Send) -> Reply:
        reply = send(request)
        if reply.status != 200 or request.method != "PUT":
            return reply
        asked = json.loads(request.body)
        change(asked)
        return send(proxy.signed(replace(request, body=json.dumps(asked).encode())))

    return behave


# Answers.


@defect
def leaves_out_the_outputs(proxy, request, send):
    return changed(send(request), lambda fields: fields["Outputs"].clear())


@defect
def has_no_list_where_nothing_was_found(proxy, request, send):
    def change(fields):
        for kind in ("PipelineRuns", "Nodes", "Outputs"):
            if not fields[kind]:
                del fields[kind]

    return changed(send(request), change)


@defect
def adds_a_run_nobody_asked_for(proxy, request, send):
    return changed(
        send(request),
        lambda fields: fields["PipelineRuns"].append({"PipelineRunId": "flow-else", "Status": "Running"}),
    )


@defect
def answers_an_id_given_twice_twice(proxy, request, send):
    def change(fields):
        if request.body.count(b"flow-hynm2bv8wqhp5esfxq") > 1:
            fields["PipelineRuns"] *= 2

    return changed(send(request), change)


@defect
def turns_user_ids_into_texts(proxy, request, send):
    return changed(send(request), lambda f: each(f, "PipelineRuns", lambda run: run.update(UserId=str(run["UserId"]))))


@defect
def loses_precision_of_the_parent_user_id(proxy, request, send):
    return changed(
        send(request), lambda f: each(f, "PipelineRuns", lambda run: run.update(ParentUserId=run["ParentUserId"] + 1))
    )


@defect
def says_every_run_is_deleted(proxy, request, send):
    return changed(send(request), lambda f: each(f, "PipelineRuns", lambda run: run.update(IsDeleted=True)))


@defect
def cuts_milliseconds_off(proxy, request, send):
    def cut(node):
        node["StartedAt"] = node["StartedAt"].replace(".232", "")

    return changed(send(request), lambda f: each(f, "Nodes", cut))


@defect
def writes_times_with_an_offset(proxy, request, send):
    def shift(output):
        output["GmtCreateTime"] = "2021-01-30T20:51:33.028+08:00"

    return changed(send(request), lambda f: each(f, "Outputs", shift))


@defect
def ends_an_outputs_node_in_a_newline(proxy, request, send):
    return changed(send(request), lambda f: each(f, "Outputs", lambda o: o.update(NodeId=o["NodeId"] + "\n")))


@defect
def unescapes_values(proxy, request, send):
    return changed(send(request), lambda f: each(f, "Outputs", lambda o: o.update(Value=json.loads(f'"{o["Value"]}"'))))


@defect
def sends_values_as_objects(proxy, request, send):
    return changed(send(request), lambda f: each(f, "Outputs", lambda o: o.update(Value={"name": "model"})))


@defect
def leaves_an_index_of_zero_out(proxy, request, send):
    return changed(send(request), lambda f: each(f, "Outputs", lambda o: o.pop("ExpandedArtifactIndex")))


@defect
def tells_more_than_it_should(proxy, request, send):
    return changed(send(request), lambda f: each(f, "Nodes", lambda node: node.update(Pod="10.0.0.1")))


@defect
def statuses_in_capitals(proxy, request, send):
    return changed(send(request), lambda f: each(f, "Nodes", lambda node: node.update(Status=node["Status"].upper())))


# What was asked.


@defect
def ignores_the_workspace(proxy, request, send):
    return asks(lambda asked: asked.pop("WorkspaceId", None))(proxy, request, send)


@defect
def takes_any_workspace_that_starts_alike(proxy, request, send):
    def change(asked):
        if asked.get("WorkspaceId", "").startswith("94"):
            asked["WorkspaceId"] = "948"

    return asks(change)(proxy, request, send)


@defect
def ignores_the_output_type(proxy, request, send):
    return asks(lambda asked: asked.pop("OutputType", None))(proxy, request, send)


@defect
def looks_at_the_first_hundred_only(proxy, request, send):
    def change(asked):
        for name in ("PipelineRuns", "Nodes"):
            if name in asked:
                asked[name] = asked[name][:100]

    return asks(change)(proxy, request, send)


@defect
def trims_ids(proxy, request, send):
    def change(asked):
        asked["PipelineRuns"] = [run.strip() for run in asked.get("PipelineRuns", [])] or ["x"]

    return asks(change)(proxy, request, send) if b"PipelineRuns" in request.body else send(request)


@defect
def prefers_runs_to_nodes(proxy, request, send):
    def change(asked):
        if "PipelineRuns" in asked:
            asked.pop("Nodes", None)

    return asks(change)(proxy, request, send)


@defect
def refuses_what_it_does_not_know(proxy, request, send):
    reply = send(request)
    if reply.status == 200 and b"Unknown" in request.body:
        fields = {"RequestId": reply.header("x-acs-request-id"), "Code": "InvalidParameter", "Message": "no"}
        return with_body(replace(reply, status=400), json.dumps(fields).encode())
    return reply


@defect
def takes_output_types_in_any_case(proxy, request, send):
    reply = send(request)
    if reply.status == 400 and (
        found := re.search(rb'"OutputType":"(model|dataset|metrics)"', request.body, re.IGNORECASE)
    ):
        right = {b"model": b"Model", b"dataset": b"DataSet", b"metrics": b"Metrics"}[found[1].lower()]
        return send(proxy.signed(replace(request, body=request.body.replace(found[1], right))))
    return reply


# Headers and bodies.


@defect
def request_id_differs_from_the_header(proxy, request, send):
    return with_header(send(request), "x-acs-request-id", secrets.token_hex(8))


@defect
def one_request_id_for_all(proxy, request, send):
    reply = send(request)
    fields = {**json.loads(reply.body), "RequestId": "R-1"} if reply.body else {}
    return with_header(with_body(reply, json.dumps(fields).encode()), "x-acs-request-id", "R-1")


@defect
def errors_as_html(proxy, request, send):
    reply = send(request)
    if reply.status == 405:
        return with_header(with_body(reply, b"<h1>405</h1>"), "content-type", "text/html")
    return reply


@defect
def no_allow_with_405(proxy, request, send):
    return with_header(send(request), "allow", None)


@defect
def errors_without_a_message(proxy, request, send):
    return changed(send(request), lambda fields: fields.update(Message=""), status=400)


@defect
def unknown_keys_as_400(proxy, request, send):
    reply = send(request)
    return replace(reply, status=400) if reply.status == 404 and b"InvalidAccessKeyId" in reply.body else reply


@defect
def wrong_charset(proxy, request, send):
    return with_header(send(request), "content-type", "application/json; charset=gbk")


@defect
def garbage_behind_the_body(proxy, request, send):
    reply = send(request)
    return with_body(reply, reply.body + b"\x00") if reply.body else reply


@defect
def an_hour_ahead(proxy, request, send):
    stamp = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 3600))
    return with_header(send(request), "date", stamp)


# Who may call.


@defect
def accepts_the_unsigned(proxy, request, send):
    return send(request if request.header("authorization") else proxy.signed(request))


@defect
def accepts_any_signature(proxy, request, send):
    return lets_in("SignatureDoesNotMatch")(proxy, request, send)


@defect
def compares_eight_digits_of_a_signature(proxy, request, send):
    reply = send(request)
    if refused_with(reply, "SignatureDoesNotMatch"):
        given = (request.header("authorization") or "").rpartition("=")[2]
        nonce, date = request.header("x-acs-signature-nonce"), request.header("x-acs-date")
        again = proxy.signed(request, acs={"x-acs-signature-nonce": nonce, "x-acs-date": date})
        if given[:8] == (again.header("authorization") or "").rpartition("=")[2][:8]:
            return send(again)
    return reply


@defect
def accepts_weak_signatures(proxy, request, send):
    return lets_in("IncompleteSignature")(proxy, request, send) if request.header("authorization") else send(request)


@defect
def accepts_replays(proxy, request, send):
    return lets_in("SignatureNonceUsed")(proxy, request, send)


@defect
def forgets_nonces_after_five_hundred(proxy, request, send):
    nonce = request.header("x-acs-signature-nonce")
    seen = proxy.memory.setdefault("nonces", {})
    reply = send(request)
    if refused_with(reply, "SignatureNonceUsed") and proxy.calls - seen.get(nonce, 0) > 500:
        return send(proxy.signed(request))
    seen.setdefault(nonce, proxy.calls)
    return reply


@defect
def accepts_any_date(proxy, request, send):
    return lets_in("InvalidTimeStamp.Expired")(proxy, request, send)


@defect
def accepts_dates_of_the_last_five_minutes_only(proxy, request, send):
    date = request.header("x-acs-date") or ""
    with contextlib.suppress(ValueError):
        if abs(time.time() - time.mktime(time.strptime(date, "%Y-%m-%dT%H:%M:%SZ")) + time.timezone) > 300:
            return send(request.with_header("x-acs-date", "2001-01-01T00:00:00Z"))
    return send(request)


@defect
def knows_keys_in_any_case(proxy, request, send):
    key = proxy.credentials.access_key_id
    given = request.header("authorization") or ""
    return send(proxy.signed(request)) if key.swapcase() in given else send(request)


@defect
def remembers_the_caller(proxy, request, send):
    reply = send(request)
    if reply.status == 200:
        proxy.memory["in"] = True
    elif proxy.memory.pop("in", False) and not request.header("authorization"):
        return send(proxy.signed(request))
    return reply


# What shows only after a while.


@defect
def fails_once_in_fifty(proxy, request, send):
    reply = send(request)
    if proxy.calls % 50 == 0:
        return with_body(replace(reply, status=500), b'{"Code":"InternalError","Message":"?","RequestId":"?"}')
    return reply


@defect
def falls_silent_after_a_hundred(proxy, request, send):
    return None if proxy.calls > 100 else send(request)


@defect
def runs_go_backwards(proxy, request, send):
    late = proxy.calls > 600
    return changed(
        send(request), lambda f: each(f, "PipelineRuns", lambda run: run.update(Status="Initialized") if late else None)
    )


@defect
def answers_from_a_cache(proxy, request, send):
    reply = send(request)
    if reply.status != 200 or request.method != "PUT":
        return reply
    asked = json.loads(request.body)
    key = json.dumps([asked.get("PipelineRuns"), asked.get("Nodes")], sort_keys=True)
    kept = proxy.memory.setdefault(key, {k: v for k, v in json.loads(reply.body).items() if k != "RequestId"})
    return changed(reply, lambda fields: fields.update(kept))


# The second table. What is known to exist, and what defects of this table have in common.

RUN = "flow-hynm2bv8wqhp5esfxq"
NODES = ((RUN, "node-hynm2bv8wqhp5esfx1"), ("flow-dsjfk******jdskls", "node-obpzu*******418grb7"))


def finds(alike: Callable[[str, str], object]) -> Behave:
    """Return what also finds what exists by ids that are like its own: the one asked for, then the one that exists."""

    def change(asked):
        if "PipelineRuns" in asked:
            asked["PipelineRuns"] += [RUN for run in asked["PipelineRuns"] if alike(run, RUN)]
        for node in list(asked.get("Nodes", ())):
            for run, own in NODES:
                if alike(node["PipelineRunId"], run) and alike(node["NodeId"], own):
                    asked["Nodes"].append({"PipelineRunId": run, "NodeId": own})

    return asks(change)


def lets_in_changed(change: Callable[[dict[str, Any]], object]) -> Behave:
    """Return what changes a request whose parameters are refused, and tries again."""

    def behave(proxy: Proxy, request: Request, send: Send) -> Reply:
        reply = send(request)
        if not refused_with(reply, '"InvalidParameter"'):
            return reply
        with contextlib.suppress(ValueError, TypeError, AttributeError, KeyError):
            asked = strict_json(request.body)
            change(asked)
            again = send(proxy.signed(replace(request, body=json.dumps(asked).encode())))
            return again if again.status == 200 else reply
        return reply

    return behave


def asked_in(request: Request) -> dict[str, Any]:
    """Return a request's parameters, none where its body is no object."""
    with contextlib.suppress(ValueError, RecursionError):
        asked = json.loads(request.body)
        return asked if isinstance(asked, dict) else {}
    return {}


def length_of(request: Request, name: str) -> int:
    """Return how many ids a list holds."""
    listed = asked_in(request).get(name)
    return len(listed) if isinstance(listed, list) else 0


# Ids and filters.


@held_out
def splits_ids_at_commas(proxy, request, send):
    """A run that is returned was asked for by its id."""
    return finds(lambda asked, own: "," in asked and own in asked.split(","))(proxy, request, send)


@held_out
def ends_ids_at_a_zero_byte(proxy, request, send):
    """A run or node that is returned was asked for by its whole id."""
    return finds(lambda asked, own: asked.partition("\0")[0] == own)(proxy, request, send)


@held_out
def takes_a_star_for_everything(proxy, request, send):
    """An id has no pattern: a star names what is called so, not everything."""
    return finds(lambda asked, own: asked == "*")(proxy, request, send)


@held_out
def takes_ids_for_regular_expressions(proxy, request, send):
    """An id has no pattern: it names one thing."""

    def alike(asked, own):
        with contextlib.suppress(re.error):
            return re.fullmatch(asked, own)

    return finds(alike)(proxy, request, send)


@held_out
def decodes_percent_signs_in_ids(proxy, request, send):
    """An id in a JSON body is as it stands there."""
    return finds(lambda asked, own: unquote(asked) == own)(proxy, request, send)


@held_out
def does_not_count_dashes_in_ids(proxy, request, send):
    """A run or node that is returned was asked for by its id, dashes included."""
    return finds(lambda asked, own: asked.replace("-", "") == own.replace("-", ""))(proxy, request, send)


@held_out
def finds_nodes_by_any_run(proxy, request, send):
    """A node is named by its run and its own id."""

    def change(asked):
        for node in asked.get("Nodes", ()):
            node["PipelineRunId"] = dict(map(reversed, NODES)).get(node["NodeId"], node["PipelineRunId"])

    return asks(change)(proxy, request, send)


@held_out
def answers_twenty_ids_only(proxy, request, send):
    """No maximum count is documented."""

    def change(asked):
        for name in ("PipelineRuns", "Nodes"):
            if name in asked:
                asked[name] = asked[name][:20]

    return asks(change)(proxy, request, send)


@held_out
def compares_workspaces_as_numbers(proxy, request, send):
    """WorkspaceId is a text."""

    def change(asked):
        with contextlib.suppress(ValueError):
            asked.update(WorkspaceId=str(int(asked.get("WorkspaceId", "x"))))

    return asks(change)(proxy, request, send)


@held_out
def ignores_the_workspace_where_both_lists_are_given(proxy, request, send):
    """A WorkspaceId filters, whatever else is asked for."""

    def change(asked):
        if "PipelineRuns" in asked and "Nodes" in asked:
            asked.pop("WorkspaceId", None)

    return asks(change)(proxy, request, send)


@held_out
def ignores_the_workspace_in_long_lists(proxy, request, send):
    """A WorkspaceId filters however many ids there are."""

    def change(asked):
        if max(len(asked.get(name, ())) for name in ("PipelineRuns", "Nodes")) > 100:
            asked.pop("WorkspaceId", None)

    return asks(change)(proxy, request, send)


@held_out
def ignores_the_output_type_in_long_lists(proxy, request, send):
    """OutputType narrows the outputs however many nodes there are."""
    return asks(lambda asked: asked.pop("OutputType", None) if len(asked.get("Nodes", ())) > 100 else None)(
        proxy, request, send
    )


@held_out
def leaves_the_outputs_of_long_lists_out(proxy, request, send):
    """A node's outputs come with it."""
    reply = send(request)
    return changed(reply, lambda f: f["Outputs"].clear()) if length_of(request, "Nodes") > 100 else reply


@held_out
def leaves_out_nodes_without_such_an_output(proxy, request, send):
    """OutputType narrows the outputs, not the nodes."""
    reply = send(request)
    return changed(reply, lambda f: f["Outputs"] or f["Nodes"].clear()) if b"OutputType" in request.body else reply


@held_out
def answers_twice_what_is_asked_for_on_two_pages(proxy, request, send):
    """An id given twice is answered once."""
    listed = asked_in(request).get("PipelineRuns")
    reply = send(request)
    if isinstance(listed, list) and RUN in listed[:50] and RUN in listed[50:]:
        return changed(reply, lambda f: f.update(PipelineRuns=f["PipelineRuns"] * 2))
    return reply


@held_out
def answers_twice_what_is_not_asked_for_in_a_row(proxy, request, send):
    """An id given twice is answered once."""

    def change(fields):
        listed = asked_in(request)["Nodes"]
        rows = [node for node, before in zip(listed, [None, *listed], strict=False) if node != before]
        counts = Counter((node["PipelineRunId"], node["NodeId"]) for node in rows)
        fields["Nodes"] = [n for n in fields["Nodes"] for _ in range(counts[n["PipelineRunId"], n["NodeId"]])]

    return changed(send(request), change) if length_of(request, "Nodes") else send(request)


@held_out
def reads_the_workspace_from_the_query_too(proxy, request, send):
    """The filters are in the body; the description has no parameter in the query."""
    found = parse_qs(urlsplit(request.target).query).get("WorkspaceId", [])
    return asks(lambda asked: asked.update(WorkspaceId=found[0]) if found else None)(proxy, request, send)


# Requests that do not fit the description, or do.


@held_out
def takes_an_empty_list_for_none(proxy, request, send):
    """A list that is given has an entry at least."""

    def change(asked):
        for name in ("PipelineRuns", "Nodes"):
            if asked.get(name) == []:
                del asked[name]

    return lets_in_changed(change)(proxy, request, send)


@held_out
def takes_numbers_for_ids(proxy, request, send):
    """An id is a text."""

    def change(asked):
        asked["PipelineRuns"] = [str(run) if type(run) is int else run for run in asked["PipelineRuns"]]

    return lets_in_changed(change)(proxy, request, send)


@held_out
def takes_a_null_filter_for_none(proxy, request, send):
    """WorkspaceId and OutputType are texts, and not null."""

    def change(asked):
        for name in ("WorkspaceId", "OutputType"):
            if name in asked and asked[name] is None:
                del asked[name]

    return lets_in_changed(change)(proxy, request, send)


@held_out
def does_not_look_at_runs_beside_nodes(proxy, request, send):
    """What does not fit the description is refused, also where Nodes takes precedence."""
    return lets_in_changed(lambda asked: asked["Nodes"] and asked.update(PipelineRuns=["flow-x"]))(proxy, request, send)


@held_out
def looks_at_a_thousand_ids_only(proxy, request, send):
    """Every id has a letter at least, and each node both of its ids."""

    def change(asked):
        for name in ("PipelineRuns", "Nodes"):
            if name in asked:
                asked[name] = asked[name][:1000]

    return lets_in_changed(change)(proxy, request, send)


@held_out
def fails_on_a_body_that_is_no_object(proxy, request, send):
    """What does not fit the description is refused with 400."""
    reply = send(request)
    if refused_with(reply, '"InvalidParameter"') and request.body[:1] in b"[n":
        return replace(reply, status=500)
    return reply


@held_out
def does_not_know_names_with_escapes(proxy, request, send):
    """A name in JSON is the same however it is spelt."""
    reply = send(request)
    if reply.status == 200 and not re.search(rb'"(PipelineRuns|Nodes)"', request.body):
        fields = {"RequestId": reply.header("x-acs-request-id"), "Code": "MissingParameter", "Message": "PipelineRuns"}
        return with_body(replace(reply, status=400), json.dumps(fields).encode())
    return reply


@held_out
def wants_a_charset(proxy, request, send):
    """The content type is application/json."""
    reply = send(request)
    return reply if b"charset" in (request.header("content-type") or "charset").encode() else replace(reply, status=415)


@held_out
def refuses_more_than_four_kilobytes(proxy, request, send):
    """No maximum count is documented."""
    reply = send(request)
    return replace(reply, status=413) if reply.status == 200 and len(request.body) > 4096 else reply


@held_out
def answers_at_a_path_with_two_slashes(proxy, request, send):
    """The operation is at its path, and at no other."""
    reply = send(request)
    if reply.status == 404 and "//" in request.target and request.target.replace("//", "/") == PATH:
        return send(proxy.signed(replace(request, target=PATH)))
    return reply


# Replies.


@held_out
def sends_a_list_of_one_as_the_one(proxy, request, send):
    """PipelineRuns, Nodes and Outputs are lists."""

    def change(fields):
        fields.update({name: value[0] for name, value in fields.items() if isinstance(value, list) and len(value) == 1})

    return changed(send(request), change)


@held_out
def sends_null_for_an_empty_list(proxy, request, send):
    """Nothing is null but a node's times and a run's node."""
    return changed(send(request), lambda f: f.update({name: value or None for name, value in f.items()}))


@held_out
def counts_outputs_from_below(proxy, request, send):
    """ExpandedArtifactIndex counts from 0."""
    return changed(send(request), lambda f: each(f, "Outputs", lambda o: o.update(ExpandedArtifactIndex=-1)))


@held_out
def does_not_name_the_run(proxy, request, send):
    """A run that is returned was asked for, with the id asked for."""
    return changed(send(request), lambda f: each(f, "PipelineRuns", lambda run: run.pop("PipelineRunId")))


@held_out
def answers_with_201(proxy, request, send):
    """An answer's status is 200."""
    reply = send(request)
    return replace(reply, status=201) if reply.status == 200 else reply


@held_out
def starts_with_a_byte_order_mark(proxy, request, send):
    """A reply is JSON."""
    reply = send(request)
    return with_body(reply, b"\xef\xbb\xbf" + reply.body) if reply.status == 200 else reply


@held_out
def refuses_parameters_with_422(proxy, request, send):
    """What does not fit the description is refused with 400."""
    reply = send(request)
    return replace(reply, status=422) if refused_with(reply, '"InvalidParameter"') else reply


@held_out
def errors_as_plain_text(proxy, request, send):
    """An error is JSON, and its content type says so."""
    reply = send(request)
    return with_header(reply, "content-type", "text/plain; charset=utf-8") if reply.status >= 400 else reply


@held_out
def says_when_to_come_again_in_words(proxy, request, send):
    """x-acs-retry-after is a number of milliseconds."""
    reply = send(request)
    return with_header(reply, "x-acs-retry-after", "soon") if reply.status >= 400 else reply


@held_out
def mixes_up_calls_at_the_same_time(proxy, request, send):
    """Every run, node and output that is returned was asked for in this call."""
    flying = proxy.memory.setdefault("flying", set())
    flying.add(threading.get_ident())
    reply = send(request)
    mixed = len(flying) > 1 and "last" in proxy.memory
    flying.discard(threading.get_ident())
    lists = {name: value for name, value in json.loads(reply.body or b"{}").items() if isinstance(value, list)}
    last, proxy.memory["last"] = proxy.memory.get("last"), lists or proxy.memory.get("last")
    return changed(reply, lambda f: f.update(last)) if mixed and last else reply


# What was before.


@held_out
def loses_a_run_every_seventh_time(proxy, request, send):
    """What is known to exist is not left out."""
    reply = send(request)
    if RUN.encode() not in request.body:
        return reply
    proxy.memory["asked"] = proxy.memory.get("asked", 0) + 1
    return changed(reply, lambda f: f["PipelineRuns"].clear()) if proxy.memory["asked"] % 7 == 0 else reply


@held_out
def answers_anybody_what_was_asked_before(proxy, request, send):
    """Who may not call is refused, also where somebody else has just asked the same."""
    asked = proxy.memory.setdefault("asked", set())
    if request.body in asked:
        return send(proxy.signed(request))
    reply = send(request)
    if reply.status == 200:
        asked.add(request.body)
    return reply


@held_out
def remembers_the_last_nonce_only(proxy, request, send):
    """A nonce has not been seen before."""
    nonce = request.header("x-acs-signature-nonce")
    reply = send(request)
    if refused_with(reply, '"SignatureNonceUsed"') and proxy.memory.get("nonce") != nonce:
        return send(proxy.signed(request))
    proxy.memory["nonce"] = nonce
    return reply


# Who may call.


@held_out
def accepts_dates_ahead(proxy, request, send):
    """A date is within 15 minutes, before and after."""
    ahead = (request.header("x-acs-date") or "") > time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return lets_in("InvalidTimeStamp.Expired")(proxy, request, send) if ahead else send(request)


@held_out
def accepts_dates_that_are_none(proxy, request, send):
    """A date has the form yyyy-MM-ddTHH:mm:ssZ."""
    return lets_in("InvalidTimeStamp.Format")(proxy, request, send)


@held_out
def wants_no_signature_for_nodes(proxy, request, send):
    """Every call is signed."""
    return send(
        request if request.header("authorization") or not asked_in(request).get("Nodes") else proxy.signed(request)
    )


@held_out
def wants_no_signature_where_a_workspace_is_given(proxy, request, send):
    """Every call is signed."""
    unsigned = request.header("authorization") is None and asked_in(request).get("WorkspaceId")
    return send(proxy.signed(request) if unsigned else request)


@held_out
def wants_no_signature_for_long_bodies(proxy, request, send):
    """Every call is signed, over its whole body."""
    return lets_in("SignatureDoesNotMatch")(proxy, request, send) if len(request.body) > 4096 else send(request)


@held_out
def hashes_four_kilobytes_only(proxy, request, send):
    """The signature covers the whole body."""
    bodies = proxy.memory.setdefault("hashes", {})
    reply = send(request)
    if reply.status == 200:
        bodies[request.header("x-acs-content-sha256")] = request.body[:4096]
    elif len(request.body) > 4096 and bodies.get(request.header("x-acs-content-sha256")) == request.body[:4096]:
        return lets_in("SignatureDoesNotMatch")(proxy, request, send)
    return reply


@held_out
def does_not_want_the_host_signed(proxy, request, send):
    """At least host, content-type and x-acs-* are signed."""
    signed = re.search("SignedHeaders=([^,]*)", request.header("authorization") or "")
    loose = signed and "host" not in signed[1].split(";") and "x-acs-action" in signed[1]
    return lets_in("IncompleteSignature")(proxy, request, send) if loose else send(request)


@held_out
def wants_its_own_headers_signed_only(proxy, request, send):
    """The signature covers exactly the client's SignedHeaders."""
    reply = send(request)
    if reply.status == 200 and "user-agent" in (request.header("authorization") or ""):
        fields = {"RequestId": reply.header("x-acs-request-id"), "Code": "SignatureDoesNotMatch", "Message": "no"}
        return with_body(replace(reply, status=400), json.dumps(fields).encode())
    return reply


@held_out
def does_not_sign_the_query(proxy, request, send):
    """The signature covers the query."""
    return lets_in("SignatureDoesNotMatch")(proxy, request, send) if "?" in request.target else send(request)


@held_out
def does_not_know_keys_from_signatures(proxy, request, send):
    """A key that nobody has is refused with InvalidAccessKeyId.NotFound."""
    reply = send(request)
    if refused_with(reply, '"InvalidAccessKeyId.NotFound"'):
        return with_body(
            replace(reply, status=400), reply.body.replace(b"InvalidAccessKeyId.NotFound", b"SignatureDoesNotMatch")
        )
    return reply


@held_out
def does_not_read_the_version(proxy, request, send):
    """The version is 2021-02-02."""
    if refused_with(reply := send(request), '"InvalidVersion"'):
        return send(proxy.signed(request.with_header("x-acs-version", "2021-02-02")))
    return reply


@held_out
def wants_no_security_token_to_be_right(proxy, request, send):
    """A token is the one that belongs to the key."""
    return lets_in("InvalidSecurityToken.MismatchWithAccessKey")(proxy, request, send)


def _sender(address: str, opened: contextlib.ExitStack, *, gateway: bool) -> Send:
    """Return what passes requests on, over a connection for each thread; a gateway writes names in another case."""
    local = threading.local()

    def send(request: Request) -> Reply:
        connection = getattr(local, "connection", None)
        if connection is None:
            connection = local.connection = http.client.HTTPConnection(address, timeout=20)
            opened.callback(connection.close)
        connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        own = (("via", "1.1 gateway"), ("x-forwarded-for", "10.0.0.1")) if gateway else ()
        for header, value in (*request.headers, *own):
            if header.lower() not in ("content-length", "connection"):
                connection.putheader(header.title() if gateway else header, value.encode("latin-1"))
        connection.putheader("content-length", str(len(request.body)))
        connection.endheaders(request.body or None)
        response = connection.getresponse()
        return Reply(response.status, tuple(response.getheaders()), response.read())

    return send


def _send_as_a_gateway(handler: BaseHTTPRequestHandler, reply: Reply, number: int) -> None:
    """Write a reply in chunks, with a Server and a Date of its own, and names in another case."""
    handler.send_response(reply.status)
    for header, value in reply.headers:
        if header.lower() not in ("content-length", "connection", "server"):
            handler.send_header(header.title() if number % 2 else header.upper(), value)
    own = {"Via": "1.1 gateway", "X-Cache": "MISS", "Transfer-Encoding": "chunked"}
    for header, value in {**own, "Connection": "close" if number % 10 == 0 else "keep-alive"}.items():
        handler.send_header(header, value)
    handler.end_headers()
    pieces = [reply.body[start : start + 700] for start in range(0, len(reply.body), 700)]
    for piece in [*pieces, b""] if handler.command != "HEAD" else ():
        handler.wfile.write(b"%X\r\n%s\r\n" % (len(piece), piece))


@contextlib.contextmanager
def proxied(
    upstream: str, credentials: Credentials, name: str | None = None, protocol: str = "HTTP/1.1"
) -> Iterator[str]:
    """Serve a proxy in front of a mock, with one defect or with none, and give its endpoint.

    Args:
        upstream: the mock's endpoint.
        credentials: the mock's.
        name: of the defect.
        protocol: HTTP/1.1, HTTP/1.0, "closing" for HTTP/1.1 that closes connections without a word, or "gateway" for one
            that sends replies in chunks, names of headers in another case, more headers, and closes each tenth connection.
    """
    proxy = Proxy(credentials)
    defect = {**DEFECTS, **HELD_OUT, **OF_OPERATIONS}[name] if name else None
    lock = threading.Lock()
    opened = contextlib.ExitStack()
    send = _sender(urlsplit(upstream).netloc, opened, gateway=protocol == "gateway")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0" if protocol == "HTTP/1.0" else "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_any(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            request = Request(self.command, self.path, tuple(self.headers.items()), body)
            with lock:
                proxy.calls += 1
            self.close_connection = self.close_connection or protocol == "closing"
            reply = defect.behave(proxy, request, send) if defect and defect.concerns(request) else send(request)
            if reply is None:
                self.close_connection = True
                return
            if protocol == "gateway":
                _send_as_a_gateway(self, reply, proxy.calls)
                return
            self.send_response_only(reply.status)
            for header, value in reply.headers:
                self.send_header(header, value)
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else reply.body)

        do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_TRACE = handle_any  # noqa: N815 - http.server asks for these

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy.host = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    with opened:
        try:
            yield f"http://{proxy.host}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
