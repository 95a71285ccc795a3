"""What the mock shows of requests and replies: a line each, and no secret."""

import pytest
from mock.calls import LASTING, NOW, TEMPORARY, ask, signed, with_header

from paiflow.credentials import Credentials
from paiflow.mock import HandClock, MockService, effective_description, request_log


@pytest.fixture
def lines():
    return []


@pytest.fixture
def service(lines):
    log = request_log(effective_description(), lines.append)
    return MockService([LASTING, TEMPORARY], clock=HandClock(NOW), on_reply=log)


def test_a_line_says_what_came_and_what_was_answered(service, lines):
    service.handle(signed({"PipelineRuns": ["flow-x"]}))
    ask(service, "ListPipelineRuns", PageSize=1, Name="a b")

    assert lines[0].startswith(
        'PUT /api/v1/pipelineruns (ListPipelineRunsStatus) {"PipelineRuns": ["flow-x"]} -> 200 {"RequestId":"'
    )
    assert lines[1].startswith("GET /api/v1/pipelineruns?PageSize=1&Name=a%20b (ListPipelineRuns) -> 200 {")


def test_a_line_says_why_not(service, lines):
    ask(service, "ListPipelineRuns", PageSize=0)
    service.handle(with_header(signed(body=b""), "x-acs-action", None))

    assert lines[0].endswith("-> 400 InvalidParameter: Specified parameter PageSize is not valid.")
    assert "(no operation) -> 400 MissingAction: " in lines[1]


def test_a_line_shows_no_secret(service, lines):
    token = "share-token-of-a-run"
    ids = {"PipelineRunId": "flow-j94y**********lf7a"}
    ask(service, "GetPipelineRun", TokenId=token, credentials=TEMPORARY, **ids)
    wrong = Credentials(TEMPORARY.access_key_id, "AnotherSecret", TEMPORARY.security_token)
    ask(service, "GetPipelineRun", TokenId=token, credentials=wrong, **ids)
    service.handle(signed(method="GET", path=b"/api/v1/pipelineruns/flow-1", query=b"%54okenId=" + token.encode()))

    assert "TokenId=[redacted] (GetPipelineRun) -> 200 " in lines[0]
    assert "-> 400 SignatureDoesNotMatch: " in lines[1]
    shown = "\n".join(lines)
    for secret in (token, TEMPORARY.security_token, TEMPORARY.access_key_id, "Signature=", "ACS3-HMAC-SHA256"):
        assert secret not in shown


def test_a_line_is_one_line_and_short(service, lines):
    service.handle(signed(body=b"\n\x1b[2J" + b"x" * 100_000, path=b"/" + b"y" * 100_000))

    [line] = lines
    assert line.isprintable()
    assert len(line) < 2000


@pytest.mark.parametrize(
    ("fault", "words"),
    [("reset", "-> connection reset, by a fault"), ("bad-gateway", "-> 502 <html>"), ("slow", "by a fault)")],
)
def test_a_line_says_what_a_fault_did(service, lines, fault, words):
    service.faults.add(fault)
    service.handle(signed())

    assert words in lines[0]
