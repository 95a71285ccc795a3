"""Known defects, one at a time, put by a proxy between the contract suite and the mock.

Each is something that a service could do wrong against a promise. The proxy looks at requests and replies, may change
both, keeps state from call to call, and signs again where it changes a request or lets in what the mock would refuse.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from paiflow.credentials import Credentials
from tooling.contract.messages import Reply, Request
from tooling.contract.signer import Draft, sign

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
        parts = urlsplit(request.target)
        draft = Draft(request.body, request.method, parts.path, parts.query, request.header("content-type") or None)
        kept = {name: request.header(name) for name in ("x-acs-action", "x-acs-version") if request.header(name)}
        return sign(draft, self.host, self.credentials, **{"acs": kept, **how})


@dataclass(frozen=True)
class Defect:
    """One defect: its name, and what the proxy does."""

    name: str
    behave: Behave


DEFECTS: dict[str, Defect] = {}


def defect(behave: Behave) -> Behave:
    """Add a defect under the name of its function."""
    name = behave.__name__.replace("_", "-")
    DEFECTS[name] = Defect(name, behave)
    return behave


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
        if reply.status != 200:
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
def trims_the_newline_of_an_outputs_node(proxy, request, send):
    return changed(send(request), lambda f: each(f, "Outputs", lambda o: o.update(NodeId=o["NodeId"].strip())))


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
    if reply.status != 200:
        return reply
    asked = json.loads(request.body)
    key = json.dumps([asked.get("PipelineRuns"), asked.get("Nodes")], sort_keys=True)
    kept = proxy.memory.setdefault(key, {k: v for k, v in json.loads(reply.body).items() if k != "RequestId"})
    return changed(reply, lambda fields: fields.update(kept))


@contextlib.contextmanager
def proxied(
    upstream: str, credentials: Credentials, name: str | None = None, protocol: str = "HTTP/1.1"
) -> Iterator[str]:
    """Serve a proxy in front of a mock, with one defect or with none, and give its endpoint.

    Args:
        upstream: the mock's endpoint.
        credentials: the mock's.
        name: of the defect.
        protocol: HTTP/1.1, HTTP/1.0, or "closing" for HTTP/1.1 that closes connections without a word.
    """
    proxy = Proxy(credentials)
    behave = DEFECTS[name].behave if name else None
    lock = threading.Lock()
    local = threading.local()
    opened = contextlib.ExitStack()
    address = urlsplit(upstream).netloc

    def send(request: Request) -> Reply:
        connection = getattr(local, "connection", None)
        if connection is None:
            connection = local.connection = http.client.HTTPConnection(address, timeout=20)
            opened.callback(connection.close)
        connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        for header, value in request.headers:
            if header.lower() not in ("content-length", "connection"):
                connection.putheader(header, value.encode("latin-1"))
        connection.putheader("content-length", str(len(request.body)))
        connection.endheaders(request.body or None)
        response = connection.getresponse()
        return Reply(response.status, tuple(response.getheaders()), response.read())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0" if protocol == "HTTP/1.0" else "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_any(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            request = Request(self.command, self.path, tuple(self.headers.items()), body)
            with lock:
                proxy.calls += 1
            self.close_connection = self.close_connection or protocol == "closing"
            reply = behave(proxy, request, send) if behave else send(request)
            if reply is None:
                self.close_connection = True
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
