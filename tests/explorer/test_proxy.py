"""Plain requests go out signed; and nothing else goes out, to nowhere else, for nobody else."""

import asyncio
import json

import httpx
import pytest
from explorer.raw import ask, ask_raw
from silence import refusing

from paiflow import AsyncPaiFlow
from paiflow.credentials import Credentials
from paiflow.explorer import Settings, app, serve
from paiflow.mock import MockService
from paiflow.mock import serve as serve_mock
from paiflow.mock.description import effective_description
from paiflow_api.operations import OPERATIONS

KEYS = Credentials("STS.ExampleKeyId", "ExampleStsSecret", "Example+Sts/Token==")
STATUSES = json.dumps({"PipelineRuns": ["flow-hynm2bv8wqhp5esfxq"]}).encode()


class Services:
    """PAIFlow and AIWorkSpace, each a mock of its own, and what came to them."""

    def __init__(self):
        self.requests = []
        self.paiflow = MockService([KEYS], on_request=lambda request: self.requests.append(("paiflow", request)))
        self.aiworkspace = MockService(
            [KEYS], on_request=lambda request: self.requests.append(("aiworkspace", request))
        )

    def came(self):
        """Return what came since the last time: one request, and its service."""
        [(service, request)] = self.requests
        self.requests.clear()
        return service, request


@pytest.fixture(scope="module")
def running():
    services = Services()
    with serve_mock(services.paiflow) as endpoint, serve_mock(services.aiworkspace) as other:
        client = AsyncPaiFlow(endpoint=endpoint, aiworkspace_endpoint=other, credentials=KEYS, workspace_id="948")
        with serve(client) as address:
            yield services, address


@pytest.fixture
def services(running):
    yield running[0]
    running[0].requests.clear()


@pytest.fixture
def address(running):
    return running[1]


def client_of(answer, **settings):
    """Return a client of a service that is a function."""

    async def handle(request):
        return answer(request)

    return AsyncPaiFlow(
        **{"region": "cn-hangzhou", "credentials": KEYS, "transport": httpx.MockTransport(handle), **settings}
    )


def test_a_plain_request_goes_out_signed(services, address):
    reply = ask(address, "PUT", "/api/v1/pipelineruns", body=STATUSES)

    assert 200 == reply.status
    assert "flow-hynm2bv8wqhp5esfxq" == json.loads(reply.body)["PipelineRuns"][0]["PipelineRunId"]
    assert reply.headers["x-acs-request-id"] == json.loads(reply.body)["RequestId"]
    assert reply.headers["server-timing"].startswith("service;dur=")
    assert "paiflow" == services.came()[0]


def test_each_operation_goes_to_the_host_of_its_product(services, address):
    for path, expected in (("/api/v1/pipelines", "paiflow"), ("/api/v1/workspaces", "aiworkspace")):
        assert 200 == ask(address, "GET", path).status
        assert expected == services.came()[0]


def test_what_the_service_says_comes_as_it_is(services, address):
    reply = ask(address, "GET", "/api/v1/pipelineruns/flow-none?Verbose=perhaps")

    assert (400, "InvalidParameter") == (reply.status, reply.code)
    assert "Verbose" in reply.message


def test_a_path_and_a_query_go_out_as_they_were_meant(services, address):
    ask(address, "GET", "/api/v1/pipelineruns/a%2Fb%20%C3%A9?TokenId=x+y%26z&Verbose=true")

    _, request = services.came()
    assert b"/api/v1/pipelineruns/a%2Fb%20%C3%A9" == request.path
    assert b"TokenId=x%20y%26z&Verbose=true" == request.query


def test_no_header_of_the_request_goes_out(services, address):
    sent = {"x_acs_action": "DeletePipeline", "x_acs_version": "1", "x_http_method_override": "DELETE", "cookie": "a=b"}

    assert 200 == ask(address, "GET", "/api/v1/pipelines", authorization="Basic abc", **sent).status

    headers = dict(services.came()[1].headers)
    assert ("ListPipelines", "2021-02-02") == (headers["x-acs-action"], headers["x-acs-version"])
    assert not {"x-paiflow-token", "cookie", "x-http-method-override"} & {name.lower() for name in headers}


OTHERS = {
    "another host": {"host": "evil.example"},
    "a name that was rebound": {"host": "evil.example:{port}"},
    "localhost": {"host": "localhost:{port}"},
    "another port": {"host": "127.0.0.1:1"},
    "another origin": {"origin": "https://evil.example"},
    "an origin without a name": {"origin": "null"},
    "the origin of another port": {"origin": "http://127.0.0.1:1"},
    "an origin by another name": {"origin": "http://localhost:{port}"},
    "another site": {"sec_fetch_site": "cross-site"},
    "another port's page": {"sec_fetch_site": "same-site"},
    "the address bar": {"sec_fetch_site": "none"},
    "no token": {"x_paiflow_token": None},
    "an empty token": {"x_paiflow_token": ""},
    "a wrong token": {"x_paiflow_token": "x" * 43},
    "a token that is no text": {"x_paiflow_token": "é"},
}
CODES = {
    "host": (421, "Host"),
    "origin": (403, "Origin"),
    "sec_fetch_site": (403, "Site"),
    "x_paiflow_token": (401, "Token"),
}


@pytest.mark.parametrize("target", ["/api/v1/workspaces", "/-/description", "/-/sample"])
@pytest.mark.parametrize("other", OTHERS)
def test_nobody_else_may_use_it(services, address, other, target):
    port = str(httpx.URL(address.url).port)
    changes = {name: value and value.replace("{port}", port) for name, value in OTHERS[other].items()}
    [changed] = changes

    reply = ask(address, "GET", target, **changes)

    assert (CODES[changed][0], f"Explorer.{CODES[changed][1]}") == (reply.status, reply.code)
    assert [] == services.requests


@pytest.mark.parametrize("line", ["host: evil.example", "x-paiflow-token: x", "origin: https://evil.example"])
def test_a_header_that_comes_twice_is_refused(services, address, line):
    host = address.url.removeprefix("http://")
    own = f"host: {host}\r\nx-paiflow-token: {address.token}\r\norigin: {address.url}"
    for lines in (f"{own}\r\n{line}", f"{line}\r\n{own}"):
        reply = ask_raw(address, f"GET /api/v1/workspaces HTTP/1.1\r\n{lines}\r\n\r\n".encode())

        assert reply.status in (400, 401, 403, 421)
        assert [] == services.requests


def test_a_method_that_is_not_there_is_answered_with_those_that_are(address):
    assert "GET, POST, PUT" == ask(address, "DELETE", "/api/v1/pipelineruns").headers["allow"]


def test_a_refusal_has_the_form_of_the_service_s_own(address):
    reply = ask(address, target="/api/v1/pipelines?%F0%9F%98%80=1")

    effective_description().validator(("components", "schemas", "ErrorReply")).validate(json.loads(reply.body))
    assert "ListPipelines has no query parameter '😀'" == reply.message


def test_a_request_without_a_host_is_refused(services, address):
    reply = ask_raw(address, f"GET /api/v1/workspaces HTTP/1.0\r\nx-paiflow-token: {address.token}\r\n\r\n".encode())

    assert 421 == reply.status


def test_a_token_in_the_query_is_none(services, address):
    target = f"/api/v1/workspaces?token={address.token}&x-paiflow-token={address.token}"

    assert 401 == ask(address, target=target, x_paiflow_token=None).status


def test_no_reply_allows_another_origin(services, address):
    preflight = {"origin": "https://evil.example", "access_control_request_method": "GET", "x_paiflow_token": None}
    for reply in (ask(address, "OPTIONS", **preflight), ask(address, origin=address.url), ask(address, "OPTIONS")):
        assert not [name for name in reply.headers if name.startswith("access-control-")]
        assert ("nosniff", "DENY", "same-origin", "no-store") == tuple(
            reply.headers[name]
            for name in ("x-content-type-options", "x-frame-options", "cross-origin-resource-policy", "cache-control")
        )


@pytest.mark.parametrize(
    ("method", "target", "body", "expected"),
    [
        ("GET", "/api/v1/secrets", None, (404, "Path")),
        ("GET", "/", None, (404, "Path")),
        ("GET", "/api/v1/pipelines/", None, (404, "Path")),
        ("GET", "//evil.example/api/v1/pipelines", None, (404, "Path")),
        ("GET", "/api/v1/pipelines/..", None, (400, "Segment")),
        ("GET", "/api/v1/pipelines/%2e%2E", None, (400, "Segment")),
        ("GET", "/api/v1/pipelineruns/./nodes/x", None, (400, "Segment")),
        ("GET", "/api/v1/pipelines/%FF", None, (400, "Encoding")),
        ("PATCH", "/api/v1/pipelines", None, (405, "Method")),
        ("HEAD", "/api/v1/pipelines", None, (405, None)),
        ("GET", "/api/v1/pipelines?Action=DeletePipeline", None, (400, "Parameter")),
        ("GET", "/api/v1/pipelines?pagenumber=1", None, (400, "Parameter")),
        ("GET", "/api/v1/pipelines?PageNumber=%FF", None, (400, "Encoding")),
        ("GET", "/api/v1/pipelines", b"{}", (400, "Body")),
    ],
)
def test_only_what_the_description_describes_goes_out(services, method, target, body, expected):
    with serve(client_of(lambda _: httpx.Response(200)), Settings(page=False)) as address:
        reply = ask(address, method, target, body=body)

    assert expected == (reply.status, reply.code.removeprefix("Explorer.") if reply.body else None)


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
def test_a_body_that_a_form_of_another_page_could_send_is_refused(services, address, media_type):
    reply = ask(address, "PUT", "/api/v1/pipelineruns", body=STATUSES, content_type=media_type)

    assert (415, "Explorer.MediaType") == (reply.status, reply.code)
    assert [] == services.requests


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_only_reads_go_out_unless_more_is_allowed(operation):
    sent = []

    def answer(request):
        sent.append(request.headers["x-acs-action"])
        return httpx.Response(200, json={"RequestId": "R"})

    target = operation.path.replace("{", "a").replace("}", "")
    body = b"{}" if any(parameter.place == "body" for parameter in operation.parameters) else None
    replies = []
    for allow_writes in (False, True):
        with serve(client_of(answer), Settings(allow_writes=allow_writes)) as address:
            replies.append(ask(address, operation.method, target, body=body))

    assert 200 == replies[1].status
    if operation.repeatable:
        assert (200, [operation.name] * 2) == (replies[0].status, sent)
    else:
        assert (403, "Explorer.Writes", [operation.name]) == (replies[0].status, replies[0].code, sent)
        assert "--allow-writes" in replies[0].message


def test_a_body_that_is_too_large_is_refused(services, address):
    reply = ask(address, "PUT", "/api/v1/pipelineruns", body=b" " * (app.LIMIT_BYTES + 1))

    assert (413, "Explorer.RequestEntityTooLarge") == (reply.status, reply.code)
    assert [] == services.requests


def test_a_body_without_end_is_refused(services, address):
    head = f"PUT /api/v1/pipelineruns HTTP/1.1\r\nhost: {address.url[7:]}\r\nx-paiflow-token: {address.token}\r\n"
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"

    reply = ask_raw(address, f"{head}transfer-encoding: chunked\r\n\r\n".encode() + 5 * chunk)

    assert 413 == reply.status


def test_a_body_that_does_not_come_is_not_waited_for(services, address, monkeypatch):
    monkeypatch.setattr(app, "BODY_SECONDS", 0.05)

    reply = ask(address, "PUT", "/api/v1/pipelineruns", body=b"{", content_length="2")

    assert (408, "Explorer.Time") == (reply.status, reply.code)


def test_a_head_that_is_too_large_is_refused(services, address):
    reply = ask(address, cookie="x" * (80 << 10))

    assert (431, "Explorer.RequestHeaderFieldsTooLarge") == (reply.status, reply.code)


@pytest.mark.parametrize(
    "head",
    [
        "<html>",
        "PUT /api/v1/pipelineruns HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked",
        "PUT /api/v1/pipelineruns HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6",
        "GET /api/v1/workspaces HTTP/1.1\r\nhost : 127.0.0.1",
        "GET 127.0.0.1 HTTP/1.1",
    ],
)
def test_what_is_not_http_is_refused_as_json(services, address, head):
    sent = f"{head}\r\nhost: {address.url[7:]}\r\nx-paiflow-token: {address.token}\r\n\r\n0\r\n\r\n"

    assert "Explorer.BadRequest" == ask_raw(address, sent.encode()).code
    assert [] == services.requests


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(204), (204, b"")),
        (httpx.Response(302, headers={"location": "https://evil.example"}), (302, b"")),
        (httpx.Response(200, headers=[(b"x-acs-request-id", "龙".encode())], content=b"{}"), (200, b"{}")),
        (httpx.Response(200, headers=[(b"content-type", b"\xe9")], content=b"{}"), (200, b"{}")),
        (httpx.Response(200, content=b"\xff\x00"), (200, b"\xff\x00")),
    ],
)
def test_an_odd_reply_comes_through(answer, expected):
    with serve(client_of(lambda _: answer)) as address:
        reply = ask(address)

    assert expected == (reply.status, reply.body)


def test_a_status_that_is_none_is_an_error():
    with serve(client_of(lambda _: httpx.Response(999))) as address:
        reply = ask(address)

    assert (502, "ListWorkspaces: the service answered with the status 999") == (reply.status, reply.message)


def test_a_reply_that_does_not_come_is_not_waited_for(monkeypatch):
    async def never(_):
        await asyncio.Event().wait()

    monkeypatch.setattr(app, "REPLY_SECONDS", 0.05)
    with serve(client_of(None, transport=httpx.MockTransport(never))) as address:
        reply = ask(address)

    assert (502, "Explorer.Upstream") == (reply.status, reply.code)
    assert "time" in reply.message


def test_a_service_that_is_not_there_is_one_clear_error():
    with (
        refusing() as (host, port),
        serve(AsyncPaiFlow(endpoint=f"http://{host}:{port}", credentials=KEYS)) as address,
    ):
        reply = ask(address)

    assert (502, "Explorer.Upstream") == (reply.status, reply.code)
    assert f"127.0.0.1:{port}" in reply.message


def test_without_credentials_the_error_says_what_is_missing():
    with serve(client_of(lambda _: httpx.Response(200), credentials=None)) as address:
        reply = ask(address)

    assert (502, "Explorer.Upstream") == (reply.status, reply.code)
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in reply.message


def test_a_reply_that_is_too_large_is_refused():
    with serve(client_of(lambda _: httpx.Response(200, content=b" " * ((64 << 20) + 1)))) as address:
        reply = ask(address)

    assert (502, "Explorer.Upstream") == (reply.status, reply.code)
    assert "larger than" in reply.message


SECRETS = (*(KEYS.access_key_id, KEYS.access_key_secret, KEYS.security_token), "share-token/1")


@pytest.mark.parametrize("status", [200, 400])
def test_credentials_are_in_no_reply_and_in_no_log(status, caplog, capfd):
    """A service that echoes all that it got, in its body and in its headers."""
    caplog.set_level("DEBUG")
    signatures = []

    def answer(request):
        signatures.append(request.headers["authorization"].rpartition("=")[2])
        echo = {"url": str(request.url.raw_path), **dict(request.headers)}
        headers = {
            "x-echo": json.dumps(echo),
            "set-cookie": "a=b",
            "location": str(request.url),
            "x-acs-request-id": "R",
        }
        return httpx.Response(status, json=echo, headers={**headers, "access-control-allow-origin": "*"})

    with serve(client_of(answer)) as address:
        reply = ask(address, "GET", "/api/v1/pipelineruns/flow-1?TokenId=share-token%2F1")

    seen = f"{reply.headers} {reply.body!r} {caplog.text} {capfd.readouterr()}"
    assert "x-acs-signature-nonce" in seen
    for secret in (*SECRETS, "share-token%2F1", *signatures, address.token):
        assert secret not in seen
    assert not {"x-echo", "set-cookie", "location", "access-control-allow-origin"} & set(reply.headers)


def test_what_a_service_sends_can_run_nothing_on_the_page():
    html = httpx.Response(200, html="<script>alert(1)</script>")
    with serve(client_of(lambda _: html)) as address:
        reply = ask(address)

    assert "sandbox" in reply.headers["content-security-policy"]
    assert "default-src 'none'" in reply.headers["content-security-policy"]


def test_it_listens_on_this_machine_only_and_each_start_has_a_token_of_its_own():
    client = client_of(lambda _: httpx.Response(200))
    with serve(client) as one, serve(client) as other:
        assert one.url.startswith("http://127.0.0.1:")
        assert one.token != other.token
        assert len(one.token) > 40
        assert one.token not in repr(one)
        assert 401 == ask(one, x_paiflow_token=other.token).status


def test_without_a_page_there_is_none():
    with serve(client_of(lambda _: httpx.Response(200)), Settings(page=False)) as address:
        for target in ("/", "/page/explorer.js", "/-/description", "/-/sample"):
            assert 404 == ask(address, target=target).status
