"""Every check fires on what it is for, and on nothing else: a right exchange passes them all."""

import json
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from paiflow import Credentials
from paiflow.signing import parse_authorization
from tooling.contract import checks, targets
from tooling.contract.checks import CHECKS, Exchange, name_of
from tooling.contract.expected_replies import Refusal
from tooling.contract.http import Reply
from tooling.generation import effective_description

SAMPLE = json.loads((Path(__file__).parent.parent / "data" / "documented_sample.json").read_text(encoding="utf-8"))
REQUEST_ID = "473469C7-0000-4000-8000-A3DC0DE3C83E"
NODES = {
    "Nodes": [
        {"PipelineRunId": node["PipelineRunId"], "NodeId": node["NodeId"]}
        for node in (*SAMPLE["Nodes"], *SAMPLE["Outputs"])
    ],
    "OutputType": "DataSet",
}
ANSWER = {"RequestId": REQUEST_ID, "PipelineRuns": [], "Nodes": SAMPLE["Nodes"], "Outputs": SAMPLE["Outputs"]}
ERROR = {
    "RequestId": REQUEST_ID,
    "HostId": "127.0.0.1:1",
    "Code": "UnsupportedHTTPMethod",
    "Message": "This http method is not supported.",
    "Recommend": "https://next.api.aliyun.com/troubleshoot?q=UnsupportedHTTPMethod&product=PAIFlow",
}


@pytest.fixture(scope="module")
def session():
    with targets.our_mock(effective_description()) as target:
        target.session.host = "127.0.0.1:1"
        yield target.session


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


def answer(session, change=None, *, body=None, status=200, seconds=0.0, **changed):
    """An exchange about nodes, right but for what is changed."""
    fields = json.loads(json.dumps(ANSWER))
    if change:
        change(fields)
    content = json.dumps(fields).encode() if body is None else body
    request = session.build(NODES)
    return Exchange(
        request,
        Reply(status, headers(len(content), **changed), content, seconds),
        due=session.world.answer(NODES),
        positive=True,
    )


def error(session, change=None, *, status=405, code="UnsupportedHTTPMethod", **changed):
    """A refusal, right but for what is changed."""
    fields = {**ERROR, **(change or {})}
    content = json.dumps({name: value for name, value in fields.items() if value is not None}).encode()
    reply = Reply(status, headers(len(content), **{"allow": "PUT", **changed}), content)
    return Exchange(session.build(NODES, method="GET"), reply, due=Refusal.of(405, code))


def fired(session, exchange):
    """The names of the checks that find something."""
    session.request_ids.clear()
    return {name_of(check) for check in CHECKS for _ in check(exchange, exchange.reply, session)}


def right_signature(session):
    """A refusal that tells the signature that would have been right."""
    exchange = error(session)
    _, _, given = parse_authorization(exchange.request.header("authorization"))
    return error_of(exchange, {"Message": f"not {given}"})


def error_of(exchange, change):
    """The same exchange, with other words."""
    content = json.dumps({**ERROR, **change}).encode()
    return Exchange(exchange.request, Reply(405, headers(len(content), allow="PUT"), content), due=exchange.due)


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


def test_a_secret_in_a_reply_is_found(session):
    assert isinstance(session.credentials, Credentials)
    leaking = answer(session, lambda fields: fields.update(Debug=session.credentials.access_key_secret))

    assert "nothing-secret-comes-back" in fired(session, leaking)
