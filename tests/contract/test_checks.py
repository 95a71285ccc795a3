"""Every check fires on what it is for, and on nothing else: a right exchange passes them all."""

import base64
import json
import time
from email.utils import formatdate
from pathlib import Path

import pytest
from described import effective_description

from paiflow import Credentials
from paiflow.contract import checks, targets
from paiflow.contract.arguments import Refusal
from paiflow.contract.checks import CHECKS, Exchange, name_of
from paiflow.contract.http import Reply
from paiflow.contract.model import Answer
from paiflow.signing import parse_authorization

SAMPLE = json.loads((Path(__file__).parent.parent / "data" / "documented_sample.json").read_text(encoding="utf-8"))
STATUSES = "ListPipelineRunsStatus"
REQUEST_ID = "473469C7-0000-4000-8000-A3DC0DE3C83E"
OUTPUT = {**SAMPLE["Outputs"][0], "NodeId": SAMPLE["Outputs"][0]["NodeId"].strip()}
NODES = {
    "Nodes": [
        {"PipelineRunId": node["PipelineRunId"], "NodeId": node["NodeId"]} for node in (*SAMPLE["Nodes"], OUTPUT)
    ],
    "OutputType": "DataSet",
}
ANSWER = {"RequestId": REQUEST_ID, "PipelineRuns": [], "Nodes": SAMPLE["Nodes"], "Outputs": [OUTPUT]}
ERROR = {
    "RequestId": REQUEST_ID,
    "HostId": "127.0.0.1:1",
    "Code": "UnsupportedHTTPMethod",
    "Message": "This http method is not supported.",
    "Recommend": "https://next.api.aliyun.com/troubleshoot?q=UnsupportedHTTPMethod&product=PAIFlow",
}
PAGE = {"TotalCount": 2, "Workspaces": [{"WorkspaceId": "1", "WorkspaceName": "b"}, {"WorkspaceId": "2"}]}


@pytest.fixture(scope="module")
def session():
    """A session that knows the parts of the sample."""
    with targets.our_mock(effective_description()) as target:
        session = target.session
        session.host = "127.0.0.1:1"
        for wire in (*SAMPLE["PipelineRuns"], {"PipelineRunId": OUTPUT["PipelineRunId"]}):
            session.model.known("run", (wire["PipelineRunId"],))
        for wire in SAMPLE["Nodes"]:
            session.model.known("node", (wire["PipelineRunId"], wire["NodeId"]), **wire)
        ids = (OUTPUT["PipelineRunId"], OUTPUT["NodeId"])
        session.model.known("node", ids)
        session.model.known("output", (*ids, OUTPUT["Id"]), **OUTPUT)
        session.model.things["node"].pop(ids)
        session.model.known("node", ids).said = {}
        yield session


def headers(length, **changed):
    """Right headers of a reply, with some replaced or left away."""
    right = {
        "content-type": "application/json;charset=utf-8",
        "content-length": str(length),
        "x-acs-request-id": REQUEST_ID,
        "date": formatdate(time.time(), usegmt=True),
    }
    merged = {**right, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return tuple((name, value) for name, value in merged.items() if value is not None)


def answer(session, change=None, *, body=None, status=200, seconds=0.0, asked=NODES, name=STATUSES, **changed):
    """An exchange about nodes, right but for what is changed."""
    fields = json.loads(json.dumps(ANSWER if name == STATUSES else {"RequestId": REQUEST_ID, **PAGE}))
    if change:
        change(fields)
    content = json.dumps(fields).encode() if body is None else body
    request = session.build(name, asked)
    reply = Reply(status, headers(len(content), **changed), content, seconds)
    understood = session._understood(Exchange(request, reply))
    if name == STATUSES:
        parts = {**understood.due.parts}
        parts["Nodes"] = type(parts["Nodes"])(parts["Nodes"].things[:1])
        return understood.__class__(**{**vars(understood), "due": Answer(parts)})
    return understood


def error(session, change=None, *, status=405, code="UnsupportedHTTPMethod", **changed):
    """A refusal, right but for what is changed."""
    fields = {**ERROR, **(change or {})}
    content = json.dumps({name: value for name, value in fields.items() if value is not None}).encode()
    reply = Reply(status, headers(len(content), **{"allow": "GET, POST, PUT", **changed}), content)
    request = session.build(STATUSES, NODES, method="PATCH")
    understood = session._understood(Exchange(request, reply))
    return understood.__class__(**{**vars(understood), "due": Refusal.of(405, code)})


def fired(session, exchange):
    """The names of the checks that find something."""
    session.request_ids.clear()
    return {name_of(check) for check in CHECKS for _ in check(exchange, exchange.reply, session)}


def right_signature(session):
    """A refusal that tells the signature that would have been right."""
    exchange = error(session)
    _, _, given = parse_authorization(exchange.request.header("authorization"))
    content = json.dumps({**ERROR, "Message": f"not {given}"}).encode()
    reply = Reply(405, headers(len(content), allow="GET, POST, PUT"), content)
    return exchange.__class__(**{**vars(exchange), "reply": reply})


def page(session, change, **asked):
    """A page of workspaces, right but for what is changed."""
    return answer(session, change, name="ListWorkspaces", asked=asked)


def node(change):
    """Change the node of an answer."""
    return lambda fields: fields["Nodes"][0].update(change)


def output(change):
    """Change the output of an answer."""
    return lambda fields: fields["Outputs"][0].update(change)


BROKEN = {
    "a-reply-comes-in-time": lambda s: answer(s, seconds=checks.SLOW + 1),
    "the-status-is-described": lambda s: answer(s, status=202),
    "the-body-is-json-in-utf8": lambda s: answer(s, content_type="text/html"),
    "the-length-is-right": lambda s: answer(s, content_length="7"),
    "the-date-is-now": lambda s: answer(s, date="Mon, 01 Jan 2001 00:00:00 GMT"),
    "the-request-id-is-in-header-and-body": lambda s: answer(s, x_acs_request_id=None),
    "headers-tell-the-truth": lambda s: answer(s, content_md5="AAAA"),
    "a-page-is-one": lambda s: page(s, None, PageSize=1),
    "the-reply-fits-the-description": lambda s: answer(s, lambda fields: fields.update(Surplus=1)),
    "nothing-secret-comes-back": right_signature,
    "an-error-says-what-is-wrong": lambda s: error(s, {"Message": " "}),
    "a-refusal-names-who-refused": lambda s: error(s, {"HostId": "elsewhere"}),
    "a-405-names-the-methods": lambda s: error(s, allow=None),
    "the-refusal-is-the-right-one": lambda s: error(s, code="MissingParameter"),
    "a-right-request-is-answered": lambda s: answer(s, status=404),
    "only-what-was-asked-for-comes-back": lambda s: answer(s, output({"Type": "Model"})),
    "everything-comes-back-once": lambda s: answer(s, lambda fields: fields["Nodes"].append(fields["Nodes"][0])),
    "what-exists-is-told-as-it-is": lambda s: answer(s, node({"NodeName": "other"})),
    "times-are-utc-and-in-order": lambda s: answer(s, node({"FinishedAt": "2020-01-01T00:00:00Z"})),
    "a-value-is-json-in-a-text": lambda s: answer(s, output({"Value": "name=model"})),
}


def test_a_right_answer_and_a_right_refusal_pass_every_check(session):
    assert fired(session, answer(session)) == set()
    assert fired(session, error(session)) == set()


@pytest.mark.parametrize("name", BROKEN)
def test_a_check_fires_on_what_it_is_for(session, name):
    assert name in fired(session, BROKEN[name](session))


def test_a_request_id_that_comes_again_is_found(session):
    first, again = answer(session), answer(session)

    session.request_ids.clear()
    assert list(checks.the_request_id_is_fresh(first, first.reply, session)) == []
    assert list(checks.the_request_id_is_fresh(again, again.reply, session)) == ["a request id came again"]


def test_every_check_has_an_example():
    assert {name_of(check) for check in CHECKS} == {*BROKEN, "the-request-id-is-fresh"}


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf{}",
        b"{} x",
        b'{"a": NaN}',
        b'{"a": 1, "a": 1}',
        b'{"a": "\\ud800"}',
        b"\xff",
        b"[" * 100_000,
        b"[]",
        b"",
    ],
)
def test_what_is_no_strict_json_object_is_found(session, body):
    assert "the-body-is-json-in-utf8" in fired(session, answer(session, body=body))


@pytest.mark.parametrize("spelt", [str, lambda text: base64.b64encode(f"a{text}".encode()).decode()])
def test_a_secret_in_a_reply_is_found(session, spelt):
    assert isinstance(session.credentials, Credentials)
    leaking = answer(session, lambda fields: fields.update(Debug=spelt(session.credentials.access_key_secret)))

    assert "nothing-secret-comes-back" in fired(session, leaking)


@pytest.mark.parametrize(
    ("asked", "change"),
    [
        ({"PageSize": 1}, None),
        ({}, lambda fields: fields.update(TotalCount=1)),
        (
            {"SortBy": "GmtCreateTime", "Order": "ASC"},
            lambda fields: [
                one.update(GmtCreateTime=f"2021-01-0{3 - number}T00:00:00Z")
                for number, one in enumerate(fields["Workspaces"])
            ],
        ),
    ],
)
def test_a_page_that_is_none_is_found(session, asked, change):
    assert "a-page-is-one" in fired(session, page(session, change, **asked))
    assert "a-page-is-one" not in fired(session, page(session, None))


@pytest.mark.parametrize(
    ("header", "value"),
    [("retry_after", "soon"), ("x_acs_retry_after", "2s"), ("retry_after", "5"), ("digest", "sha-256=AAAA")],
)
def test_a_header_that_lies_is_found(session, header, value):
    assert "headers-tell-the-truth" in fired(session, answer(session, **{header: value}))
