"""One call: what goes over the wire, what comes back, and what can go wrong on the way."""

import asyncio
import json
import logging
import threading
import time
import traceback
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

import paiflow
from paiflow.client.exchange import attempt
from paiflow.client.preparing import prepare
from paiflow_api.calling import Call
from paiflow_api.operations import LIST_PIPELINE_RUNS_STATUS

SAMPLE = Path(__file__).with_name("data").joinpath("documented_sample.json").read_bytes()
CREDENTIALS = paiflow.Credentials("test-key-id", "test-key-secret")
HOST = "paiflow.cn-hangzhou.aliyuncs.com:443"
ONE_ATTEMPT = {"credentials": CREDENTIALS, "retries": 0}
RUN, NODE = "flow-hynm2bv8wqhp5esfxq", "node-hynm2bv8wqhp5esfx1"


class Wire:
    """A transport that keeps what was sent and answers with one reply, or by a function."""

    def __init__(self, reply=None):
        self.reply = reply if reply is not None else httpx.Response(200, content=SAMPLE)
        self.requests = []
        self.transport = httpx.MockTransport(self.answer)

    def answer(self, request):
        self.requests.append(request)
        return self.reply(request) if callable(self.reply) else self.reply

    @property
    def bodies(self):
        return [json.loads(request.content) for request in self.requests]


def in_sync(wire, settings, arguments, *, detailed=False):
    """Make one call with the blocking client."""
    with paiflow.PaiFlow("cn-hangzhou", transport=wire.transport, **{**ONE_ATTEMPT, **settings}) as client:
        return (client.list_pipeline_runs_status_detailed if detailed else client.list_pipeline_runs_status)(
            **arguments
        )


def in_async(wire, settings, arguments, *, detailed=False):
    """Make one call with the client to await."""

    async def call():
        async with paiflow.AsyncPaiFlow("cn-hangzhou", transport=wire.transport, **ONE_ATTEMPT | settings) as client:
            method = client.list_pipeline_runs_status_detailed if detailed else client.list_pipeline_runs_status
            return await method(**arguments)

    return asyncio.run(call())


@pytest.fixture(params=[in_sync, in_async], ids=["sync", "async"])
def call(request):
    """One call by either client: `call(wire, settings, arguments)`."""
    return request.param


def test_a_call_is_one_signed_request_and_a_typed_reply(call):
    wire = Wire()
    reply = call(wire, {"workspace_id": "948"}, {"pipeline_runs": [RUN]})
    [request] = wire.requests

    assert ("PUT", "https://paiflow.cn-hangzhou.aliyuncs.com/api/v1/pipelineruns") == (request.method, str(request.url))
    assert request.content == b'{"PipelineRuns":["flow-hynm2bv8wqhp5esfxq"],"WorkspaceId":"948"}'
    assert request.headers["x-acs-action"] == "ListPipelineRunsStatus"
    assert request.headers["x-acs-version"] == "2021-02-02"
    assert request.headers["authorization"].startswith("ACS3-HMAC-SHA256 Credential=test-key-id,")
    assert reply.pipeline_runs[0].status is paiflow.PipelineRunStatus.RUNNING


def test_the_detailed_call_gives_status_headers_and_content_too(call):
    wire = Wire(httpx.Response(200, content=SAMPLE, headers={"x-acs-request-id": "R-1"}))
    response = call(wire, {}, {"pipeline_runs": [RUN]}, detailed=True)

    assert (200, SAMPLE, "R-1") == (response.status_code, response.content, response.headers["x-acs-request-id"])
    assert response.parsed.request_id == "473469C7-****-****-****-A3DC0DE3C83E"


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ({"pipeline_runs": [RUN]}, {"PipelineRuns": [RUN]}),
        ({"pipeline_runs": {"a": 1, "b": 2}.keys()}, {"PipelineRuns": ["a", "b"]}),
        ({"nodes": [paiflow.NodeRef(RUN, NODE)]}, {"Nodes": [{"PipelineRunId": RUN, "NodeId": NODE}]}),
        ({"nodes": [(RUN, NODE)]}, {"Nodes": [{"PipelineRunId": RUN, "NodeId": NODE}]}),
        (
            {"nodes": [("b", "c")], "output_type": "Model", "workspace_id": "1"},
            {
                "Nodes": [{"PipelineRunId": "b", "NodeId": "c"}],
                "OutputType": "Model",
                "WorkspaceId": "1",
            },
        ),
        ({"nodes": [("b", "c")], "output_type": paiflow.OutputType.DATASET}, {"OutputType": "DataSet"}),
        ({"pipeline_runs": ["日本", 'a"#;']}, {"PipelineRuns": ["日本", 'a"#;']}),
    ],
)
def test_a_request_says_what_was_asked_and_no_more(call, arguments, body):
    wire = Wire()
    call(wire, {}, arguments)

    assert body.items() <= wire.bodies[0].items()
    assert set(wire.bodies[0]) - set(body) <= {"Nodes"}


def test_the_workspace_of_a_call_wins_over_the_clients(call):
    wire = Wire()
    call(wire, {"workspace_id": "948"}, {"pipeline_runs": ["a"], "workspace_id": "7"})
    call(wire, {"workspace_id": "948"}, {"pipeline_runs": ["a"]})
    call(wire, {}, {"pipeline_runs": ["a"]})

    assert [body.get("WorkspaceId") for body in wire.bodies] == ["7", "948", None]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ({}, "MissingParameter", "give pipeline_runs or nodes"),
        ({"pipeline_runs": [], "nodes": []}, "MissingParameter", "give pipeline_runs or nodes"),
        ({"pipeline_runs": RUN}, "InvalidParameter", "pipeline_runs must be a list, not 'flow-"),
        ({"pipeline_runs": None}, "MissingParameter", "PipelineRuns or Nodes is mandatory"),
        ({"pipeline_runs": 5}, "InvalidParameter", "pipeline_runs must be a list, not 5"),
        ({"pipeline_runs": ["a", ""]}, "InvalidParameter", "pipeline_runs[1] must be a text that is not empty"),
        ({"pipeline_runs": [5]}, "InvalidParameter", "pipeline_runs[0] must be a text that is not empty, not 5"),
        ({"pipeline_runs": ["\ud800"]}, "InvalidParameter", "pipeline_runs[0] holds half a surrogate pair"),
        (
            {"pipeline_runs": ["a"], "nodes": [("a", "b")]},
            "InvalidParameter",
            "use statuses(), which takes pipeline_runs",
        ),
        (
            {"pipeline_runs": ["a,b"]},
            "InvalidParameter",
            "pipeline_runs[0] cannot be an id, for it holds a comma: 'a,b'",
        ),
        ({"pipeline_runs": ["a", "a/b"]}, "InvalidParameter", "holds a slash: 'a/b'; give a node in nodes, as a pair"),
        ({"pipeline_runs": [" a"]}, "InvalidParameter", "holds a space"),
        ({"pipeline_runs": ["a\n"]}, "InvalidParameter", "holds a line break"),
        ({"pipeline_runs": ["a\x00"]}, "InvalidParameter", "holds the character U+0000"),
        ({"pipeline_runs": ["\ufeffa"]}, "InvalidParameter", "holds a byte order mark"),
        ({"nodes": [("a", "b\t")]}, "InvalidParameter", "nodes[0].node_id cannot be an id, for it holds a space"),
        ({"pipeline_runs": ["a"], "workspace_id": "9 48"}, "InvalidParameter", "workspace_id cannot be an id"),
        ({"nodes": "ab"}, "InvalidParameter", "nodes must be a list, not 'ab'"),
        ({"nodes": ["ab"]}, "InvalidParameter", "nodes[0] must be a pair of pipeline_run_id and node_id"),
        ({"nodes": [("a", "b", "c")]}, "InvalidParameter", "nodes[0] must be a pair of pipeline_run_id and node_id"),
        ({"nodes": [("a", "")]}, "InvalidParameter", "nodes[0].node_id must be a text that is not empty"),
        ({"pipeline_runs": ["a"], "workspace_id": 9.48}, "InvalidParameter", "workspace_id must be a text"),
        (
            {"pipeline_runs": ["a"], "output_type": "dataset"},
            "InvalidParameter",
            "output_type must be one of Model, DataSet, Metrics",
        ),
    ],
)
def test_a_request_that_cannot_be_made_is_refused_before_any_call(call, arguments, code, words):
    wire = Wire()
    with pytest.raises(paiflow.InvalidRequest) as caught:
        call(wire, {}, arguments)

    assert wire.requests == []
    assert (code, None, 0) == (caught.value.code, caught.value.status, caught.value.attempts)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_node_ref_is_equal_to_a_plain_pair():
    assert paiflow.NodeRef("a", "b") == ("a", "b")
    assert {paiflow.NodeRef("a", "b"): 1}["a", "b"] == 1


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, "MissingParameter", paiflow.InvalidRequest),
        (400, "Throttling.User", paiflow.Throttled),
        (429, "Busy", paiflow.Throttled),
        (404, "InvalidAccessKeyId.NotFound", paiflow.AccessDenied),
        (403, "NoPermission", paiflow.AccessDenied),
        (404, "InvalidApi.NotFound", paiflow.NotFound),
        (503, "ServiceUnavailable", paiflow.ServerFault),
        (520, "Odd", paiflow.ServerFault),
    ],
)
def test_a_refusal_is_raised_as_what_a_caller_can_do_about_it(call, status, code, error):
    content = {"Code": code, "Message": "Words.", "RequestId": "R-1", "HostId": "h"}
    with pytest.raises(error) as caught:
        call(Wire(httpx.Response(status, json=content)), {}, {"pipeline_runs": ["a"]})

    needs = "; it needs the permission paiflow:ListPipelineRunsStatus" if code == "NoPermission" else ""

    assert f"ListPipelineRunsStatus: {status} {code}: Words{needs} (request id R-1)." == str(caught.value)
    assert caught.value.attempts == 1


@pytest.mark.parametrize(
    ("status", "content", "reason"),
    [
        (200, b"<html>hello</html>", "not JSON"),
        (200, b"", "not JSON"),
        (200, b"[]", "an object is due, not list"),
        (200, b'"text"', "an object is due, not str"),
        (200, b'{"Nodes": {}}', "a list is due, not an object"),
        (200, b'{"Nodes": [[]]}', "an object is due, not a list"),
        (200, b"[" * 200_000, "nests too deeply"),
        (200, b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
        (200, b'{"a": NaN}', "not JSON"),
        (200, b'{"a": 1} {"b": 2}', "not JSON"),
        (200, b'{"a": "\xff\xfe"}', "not text"),
        (201, b"{}", "neither RequestId nor PipelineRuns nor Nodes nor Outputs"),
        (204, b"", "the body is empty"),
        (200, b'{"RequestId": "R", "Runs": []}', "holds Runs in the place of PipelineRuns or Nodes or Outputs"),
        (302, b"", "redirects are not followed"),
    ],
)
def test_what_is_no_reply_of_this_operation_is_unexpected(call, status, content, reason):
    wire = Wire(
        lambda request: httpx.Response(status, content=content, headers={"location": "http://elsewhere.example/"})
    )
    with pytest.raises(paiflow.UnexpectedReply) as caught:
        call(wire, {}, {"pipeline_runs": ["a"]})

    assert reason in caught.value.reason
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    "location",
    [
        *(b"/x", b"//", b"mailto:me", b"http://[", b"http://h:99999999", b"\xff", b"http://xn--\x80.example", b"\t"),
        b"https://" + b"a" * 70_000,
    ],
)
def test_a_redirect_is_unexpected_wherever_it_leads(call, location):
    wire = Wire(lambda request: httpx.Response(302, headers=[(b"location", location), (b"x-acs-request-id", b"R-1")]))
    with pytest.raises(paiflow.UnexpectedReply, match="302") as caught:
        call(wire, {"retries": 3}, {"pipeline_runs": ["a"]})

    assert ("R-1", 1) == (caught.value.request_id, len(wire.requests))


def test_a_location_does_not_harm_a_reply_and_is_among_its_headers(call):
    reply = httpx.Response(200, json={"RequestId": "R-1"}, headers={"location": "mailto:me"})

    assert "mailto:me" == call(Wire(reply), {}, {"pipeline_runs": ["a"]}, detailed=True).headers["location"]


def test_a_byte_order_mark_and_another_content_type_do_no_harm(call):
    reply = httpx.Response(200, content=b'\xef\xbb\xbf{"RequestId": "R-1"}', headers={"content-type": "text/plain"})

    assert call(Wire(reply), {}, {"pipeline_runs": ["a"]}).request_id == "R-1"


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (httpx.ConnectError("[Errno 111] Connection refused"), "[Errno 111] Connection refused"),
        (httpx.ConnectTimeout(""), "no connection within the timeout"),
        (httpx.ReadTimeout(""), "nothing was received within the timeout"),
        (httpx.ReadError("[Errno 104] Connection reset by peer"), "[Errno 104] Connection reset by peer"),
        (OSError("[Errno 5] Input/output error"), "[Errno 5] Input/output error"),
    ],
)
def test_no_reply_is_a_transport_error_with_its_cause(call, raised, words):
    def fail(request):
        raise raised

    with pytest.raises(paiflow.TransportError) as caught:
        call(Wire(fail), {}, {"pipeline_runs": ["a"]})

    assert f"ListPipelineRunsStatus: no reply from {HOST} in 1 attempt: {words}." == str(caught.value)
    assert caught.value.__cause__ is raised


@pytest.mark.parametrize(
    "raised",
    [
        httpx.LocalProtocolError("Illegal header value b'x-acs-security-token: the-token\\n'"),
        httpx.RemoteProtocolError("illegal header line: bytearray(b'X-Echo: x-acs-security-token: the-token\\x00')"),
    ],
)
def test_an_error_that_quotes_a_header_does_not_show_it(call, raised):
    def fail(request):
        raise raised

    with pytest.raises(paiflow.TransportError) as caught:
        call(Wire(fail), {}, {"pipeline_runs": ["a"]})

    assert "the-token" not in "".join(traceback.format_exception(caught.value))
    assert (None, True) == (caught.value.__cause__, caught.value.__suppress_context__)


def test_a_transports_long_words_are_cut(call):
    def fail(request):
        raise httpx.RemoteProtocolError("x" * 60_000)

    with pytest.raises(paiflow.TransportError) as caught:
        call(Wire(fail), {}, {"pipeline_runs": ["a"]})

    assert len(str(caught.value)) < 500


def test_a_users_own_transport_is_left_as_it_is(tmp_path):
    transport = httpx.HTTPTransport(uds=str(tmp_path / "socket"))
    before = transport._pool._network_backend
    paiflow.PaiFlow(endpoint="http://localhost", credentials=CREDENTIALS, transport=transport).close()

    assert before is transport._pool._network_backend


def test_credentials_are_read_from_the_environment_at_call_time(call, monkeypatch):
    wire = Wire()
    with pytest.raises(paiflow.CredentialsError, match="ALIBABA_CLOUD_ACCESS_KEY_ID"):
        call(wire, {"credentials": None}, {"pipeline_runs": ["a"]})
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "from-the-environment")
    with pytest.raises(paiflow.CredentialsError, match="ALIBABA_CLOUD_ACCESS_KEY_SECRET is not"):
        call(wire, {"credentials": None}, {"pipeline_runs": ["a"]})
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "s")
    monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", "the-token")
    call(wire, {"credentials": None}, {"pipeline_runs": ["a"]})
    [request] = wire.requests

    assert "Credential=from-the-environment," in request.headers["authorization"]
    assert request.headers["x-acs-security-token"] == "the-token"


def test_a_callable_for_credentials_is_asked_at_each_call():
    given = iter([paiflow.Credentials("first", "s"), paiflow.Credentials("second", "s")])
    wire = Wire()
    client = paiflow.PaiFlow("cn-hangzhou", credentials=lambda: next(given), transport=wire.transport)
    client.list_pipeline_runs_status(pipeline_runs=["a"])
    client.list_pipeline_runs_status(pipeline_runs=["a"])

    assert [r.headers["authorization"].split(",")[0].split("=")[1] for r in wire.requests] == ["first", "second"]


@pytest.mark.parametrize("client_class", [paiflow.PaiFlow, paiflow.AsyncPaiFlow])
class TestSettingUp:
    """Building a client."""

    def test_an_endpoint_is_needed(self, client_class):
        with pytest.raises(paiflow.ConfigurationError, match="PAIFLOW_ENDPOINT"):
            client_class()

    def test_the_environment_names_the_endpoint(self, client_class, monkeypatch):
        monkeypatch.setenv("ALIBABA_CLOUD_REGION_ID", "cn-shanghai")
        by_region = client_class(vpc=True).endpoint
        monkeypatch.setenv("PAIFLOW_ENDPOINT", "http://127.0.0.1:8080")

        assert by_region == "https://paiflow-vpc.cn-shanghai.aliyuncs.com"
        assert client_class().endpoint == "http://127.0.0.1:8080"

    @pytest.mark.parametrize("timeout", [0, -1, float("nan"), None, "x", (1, 2), True])
    def test_a_timeout_is_above_zero(self, client_class, timeout):
        with pytest.raises(paiflow.ConfigurationError, match="timeout must be seconds above 0"):
            client_class("cn-hangzhou", timeout=timeout)

    @pytest.mark.parametrize("timeout", [90, "90s", "1m30s", timedelta(seconds=90)])
    def test_a_timeout_is_written_as_a_person_does(self, client_class, timeout):
        assert httpx.Timeout(90).as_dict() == client_class("cn-hangzhou", timeout=timeout)._phases

    def test_the_default_timeouts_are_per_phase(self, client_class):
        phases = client_class("cn-hangzhou")._phases

        assert (5, 10) == (phases["connect"], phases["read"])

    def test_its_repr_tells_the_endpoint_and_no_more(self, client_class):
        client = client_class("cn-hangzhou", credentials=CREDENTIALS)

        assert f"{client_class.__name__}(endpoint='https://paiflow.cn-hangzhou.aliyuncs.com')" == repr(client)


def test_a_closed_client_says_so():
    client = paiflow.PaiFlow("cn-hangzhou", credentials=CREDENTIALS)
    client.close()
    client.close()

    with pytest.raises(paiflow.ConfigurationError, match="closed"):
        client.list_pipeline_runs_status(pipeline_runs=["a"])


def test_threads_share_a_client():
    replies = []
    wire = Wire(lambda request: httpx.Response(200, json={"RequestId": json.loads(request.content)["PipelineRuns"][0]}))
    client = paiflow.PaiFlow("cn-hangzhou", credentials=CREDENTIALS, transport=wire.transport)

    def ask(name):
        replies.extend((name, client.list_pipeline_runs_status(pipeline_runs=[name]).request_id) for _ in range(20))

    threads = [threading.Thread(target=ask, args=(f"flow-{index}",)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(replies) == 160
    assert all(asked == answered for asked, answered in replies)
    assert len({request.headers["x-acs-signature-nonce"] for request in wire.requests}) == 160


def test_an_attempt_is_one_line_at_debug(call, caplog):
    caplog.set_level(logging.DEBUG, logger="paiflow")
    call(Wire(httpx.Response(200, content=SAMPLE, headers={"x-acs-request-id": "R-1"})), {}, {"pipeline_runs": ["a"]})
    [record] = [record for record in caplog.records if record.name == "paiflow"]

    assert record.getMessage() == "ListPipelineRunsStatus attempt 1: status 200 (request id R-1)"


def test_every_known_output_type_can_be_asked_for():
    asked = [
        prepare(Call(LIST_PIPELINE_RUNS_STATUS, {"pipeline_runs": ["a"], "output_type": known}), {}).body
        for known in paiflow.OutputType
    ]

    assert asked == [f'{{"PipelineRuns":["a"],"OutputType":"{known.value}"}}'.encode() for known in paiflow.OutputType]


def test_a_timer_that_goes_off_one_tick_before_the_deadline_is_the_deadline():
    with (
        pytest.raises(paiflow.TransportError, match="the time for the whole call was up"),
        attempt("ListPipelines", 1, time.monotonic() + 60),
    ):
        raise TimeoutError


def test_a_transport_that_changes_the_timeouts_of_a_request_changes_no_others():
    seen = []

    def answer(request):
        seen.append(request.extensions["timeout"].pop("read"))
        return httpx.Response(200, json={"RequestId": "R-1"})

    client = paiflow.PaiFlow("cn-hangzhou", credentials=CREDENTIALS, transport=httpx.MockTransport(answer))
    for _ in range(2):
        client.list_pipeline_runs_status(pipeline_runs=["a"])

    assert [10, 10] == seen
