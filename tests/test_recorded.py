"""What was recorded once still fits: the description, the generated models, and the mock.

tests/recorded/record.py makes the recordings; an entry's comment is its name. What does not fit is known, with the reason.
"""

import json
import re
import runpy
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from contract.second_engine import Engine
from described import effective_description

import paiflow
from paiflow._redaction import redact_headers, redact_json, redact_text
from paiflow.contract.signer import Draft, sign
from paiflow.credentials import Credentials
from paiflow.mock import MockService, MockTransport
from paiflow_api.operations import OPERATIONS

FOLDER = Path(__file__).with_name("recorded")
ENTRIES = {
    entry["comment"]: entry
    for path in sorted(FOLDER.glob("*.har"))
    for entry in json.loads(path.read_text(encoding="utf-8"))["log"]["entries"]
}
REPLIED = [name for name, entry in ENTRIES.items() if entry["response"]["status"]]
ENGINE = Engine(effective_description())
KINDS = ("PipelineRuns", "Nodes", "Outputs")
TIMES = {"StartedAt", "FinishedAt", "GmtCreateTime", "GmtModifiedTime"}

# Replies that the description does not allow, and why that is right. A part of what is wrong.
KNOWN_DRIFT = {
    "http/method": ("405", "HTTP's own status: the description tells of one method"),
    "fault/bad-gateway": ("502", "a gateway's page: the service did not answer"),
    "fault/nulls": (
        "None is not of type 'array'",
        "an invention of the mock: the client has to bear what the contract forbids",
    ),
}

# Requests that a mock cannot be asked again with the same result, and why.
NOT_ASKED_AGAIN = {
    "signature/": "it was signed wrongly; here all are signed rightly",
    "fault/": "something went wrong by chance",
    "called/": "the ones before have changed what it holds; see the test of each",
    "documented/": "the page's sample answers no request that it shows; see the test of its parts",
}

FURNISH = runpy.run_path(str(FOLDER / "record.py"))["furnish"]


def headers_of(message):
    return [(header["name"], header["value"]) for header in message["headers"]]


def body_of(entry):
    return entry["response"]["content"]["text"].encode()


def operation_of(name):
    """The operation that a recorded request called."""
    return OPERATIONS[dict(headers_of(ENTRIES[name]["request"])).get("x-acs-action", "ListPipelineRunsStatus")]


def target_of(name):
    """Path and query of a recorded request."""
    return httpx.URL(ENTRIES[name]["request"]["url"]).raw_path.decode()


def comparable(value, name=""):
    """A value with its times as instants: the client writes a time in a form of its own."""
    if isinstance(value, dict):
        return {key: comparable(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    return datetime.fromisoformat(value) if name in TIMES and value else value


def received(name):
    """What the client makes of a recorded reply: the detailed reply, or the error."""
    entry = ENTRIES[name]
    reply = httpx.Response(entry["response"]["status"], headers=headers_of(entry["response"]), content=body_of(entry))
    with paiflow.PaiFlow(
        "cn-hangzhou",
        credentials=Credentials("key-id", "key-secret"),
        transport=httpx.MockTransport(lambda _: reply),
        retries=0,
    ) as client:
        try:
            return client.list_pipeline_runs_status_detailed(pipeline_runs=["flow-hynm2bv8wqhp5esfxq"])
        except paiflow.PaiFlowError as error:
            return error


@pytest.mark.parametrize("name", REPLIED)
def test_a_recorded_reply_fits_the_description(name):
    reply = ENTRIES[name]["response"]
    media_type = reply["content"]["mimeType"].partition(";")[0]
    elsewhere = name in ("http/method", "http/path")  # of which the description says nothing
    place = {} if elsewhere else {"method": ENTRIES[name]["request"]["method"], "target": target_of(name)}
    fault = ENGINE.reply_fault(reply["status"], body_of(ENTRIES[name]), dict(headers_of(reply)), media_type, **place)

    if name in KNOWN_DRIFT:
        assert KNOWN_DRIFT[name][0] in fault
    else:
        assert fault is None


@pytest.mark.parametrize("name", [name for name in REPLIED if ENTRIES[name]["response"]["status"] == 200])
def test_a_recorded_answer_decodes_and_is_given_back_whole(name):
    came = json.loads(body_of(ENTRIES[name]))
    reply = operation_of(name).reply.from_json(body_of(ENTRIES[name]))

    assert comparable(came) == comparable(reply.to_dict())
    for kind in operation_of(name).lists:
        items = getattr(reply, reply._FIELDS[kind])
        assert len(came.get(kind) or []) == len(items)
        for item in items if kind in DESCRIBED and operation_of(name).name == "ListPipelineRunsStatus" else ():
            # Nothing but what nobody described is left over.
            assert not set(item.additional_properties) & set(DESCRIBED[kind])


def test_every_operation_was_recorded_answered():
    answered = {operation_of(name).name for name in REPLIED if ENTRIES[name]["response"]["status"] == 200}

    assert set(OPERATIONS) == answered


DESCRIBED = {
    kind: effective_description()["components"]["schemas"][model]["properties"]
    for kind, model in zip(KINDS, ("PipelineRun", "Node", "Output"), strict=True)
}


@pytest.mark.parametrize("name", [name for name in REPLIED if ENTRIES[name]["response"]["status"] >= 400])
def test_a_recorded_refusal_is_the_error_that_it_says(name):
    entry = ENTRIES[name]
    error = received(name)

    assert isinstance(error, paiflow.ServiceError)
    assert entry["response"]["status"] == error.status
    if "json" in entry["response"]["content"]["mimeType"]:
        said = json.loads(body_of(entry))
        assert (said["Code"], said["RequestId"]) == (error.code, error.request_id)
    assert OF_CLASS.get(name, paiflow.ServiceError) in type(error).__mro__


OF_CLASS = {
    "fault/throttling": paiflow.Throttled,
    "fault/throttling as 429": paiflow.Throttled,
    "fault/internal-error": paiflow.ServerFault,
    "fault/bad-gateway": paiflow.ServerFault,
    "fault/unavailable": paiflow.ServerFault,
    "fault/expired-token": paiflow.AccessDenied,
    "signature/stale": paiflow.AccessDenied,
    "signature/wrong secret": paiflow.AccessDenied,
    "signature/unknown key": paiflow.AccessDenied,
    "refused/empty list": paiflow.InvalidRequest,
    "http/path": paiflow.NotFound,
}


def asked_again(name):
    """The reply of a fresh mock to a recorded request, freshly signed."""
    service = MockService([Credentials("LTAI5tRecordedMock", "SecretOfTheRecordedMock")])
    FURNISH(service)
    request = ENTRIES[name]["request"]
    url = httpx.URL(request["url"])
    operation = operation_of(name)
    body = request.get("postData", {}).get("text", "").encode()
    path, _, query = url.raw_path.decode().partition("?")
    content_type = dict(headers_of(request)).get("content-type")
    draft = Draft(request["method"], path, operation.name, operation.version, query, body, content_type)
    signed = sign(draft, url.netloc.decode(), service.credentials)
    with httpx.Client(transport=MockTransport(service)) as client:
        return client.request(signed.method, url, headers=signed.headers, content=signed.body)


def shape(value):
    """The kinds of a value, and of all in it; names and ids as they are."""
    if isinstance(value, dict):
        return {
            name: inner if name in ("PipelineRunId", "NodeId", "Id", "Status", "Code", "Type") else shape(inner)
            for name, inner in value.items()
        }
    return [shape(item) for item in value] if isinstance(value, list) else type(value)


@pytest.mark.parametrize("name", [name for name in REPLIED if not name.startswith(tuple(NOT_ASKED_AGAIN))])
def test_the_mock_answers_a_recorded_request_as_it_was_answered(name):
    reply = asked_again(name)

    assert ENTRIES[name]["response"]["status"] == reply.status_code
    assert shape(json.loads(body_of(ENTRIES[name]))) == shape(reply.json())


def test_the_mock_holds_the_parts_of_the_documented_sample():
    # The page's letter has a stray newline behind an id, which the mock has not.
    documented = json.loads(body_of(ENTRIES["documented/sample"]).replace(rb"\n", b""))
    answers = [json.loads(asked_again(f"sample/{part}").content) for part in ("run", "node", "masked output")]

    for kind, answer in zip(KINDS, answers, strict=True):
        assert shape(documented[kind]) == shape(answer[kind])
        assert redacted_accounts(documented[kind]) == redacted_accounts(answer[kind])


def redacted_accounts(items):
    return [{name: value for name, value in item.items() if not name.endswith("UserId")} for item in items]


def test_the_recordings_hold_what_they_are_to_hold():
    statuses = {entry["response"]["status"] for entry in ENTRIES.values()}
    whole = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.har"))

    assert {0, 200, 400, 404, 405, 415, 429, 500, 502, 503} == statuses
    assert len(ENTRIES) >= 50
    assert all(word in whole for word in ("null", "Hibernating", "throttling", "Tengine"))
    assert set(KNOWN_DRIFT) <= set(REPLIED)
    assert all(any(name.startswith(start) for name in REPLIED) for start in NOT_ASKED_AGAIN)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.har")), ids=lambda path: path.name)
def test_there_is_no_secret_and_no_account_in_a_recording(path):
    """What is redacted already is not changed by redacting it: nothing was left that had to go."""
    text = path.read_text(encoding="utf-8")

    assert re.findall(r"(?<![0-9a-zA-Z])[1-8][0-9]{14,}(?![0-9a-zA-Z])|LTAI\w+|Secret\w*Mock\w*", text) == []
    for entry in json.loads(text)["log"]["entries"]:
        for message in (entry["request"], entry["response"]):
            assert headers_of(message) == redact_headers(headers_of(message))
            for body in (message.get("postData", {}).get("text", ""), message.get("content", {}).get("text", "")):
                assert KEPT.sub("#", body) == KEPT.sub("#", redact_text(body))
    assert isinstance(redact_json(json.loads(text)), dict)


KEPT = re.compile(r"9[0-9]{9,17}")
"""Accounts that were replaced: the next redaction numbers them anew."""
