"""Which reply is an answer: for a single call, for many, and in a wait, sync and async."""

import asyncio

import httpx
import pytest
from test_client import ONE_ATTEMPT, Wire, in_async, in_sync
from test_waiting import FakeTime

import paiflow
from paiflow.client.answering import NO_BODY, Described, judge

RUN = {"PipelineRunId": "flow-a", "Status": "Succeeded"}
FOUND = {"RequestId": "R", "PipelineRuns": [RUN]}

# Answers, and how many runs they hold.
ANSWERS = [
    (200, FOUND, 1),
    (202, FOUND, 1),
    (299, FOUND, 1),
    (200, {"PipelineRuns": [RUN]}, 1),
    (200, {"RequestId": "R"}, 0),
    (200, {"RequestId": "R", "PipelineRuns": None, "Data": None}, 0),
    (200, {"RequestId": "R", "PipelineRuns": [], "Data": {"a": 1}}, 0),
    (200, {"RequestId": "R", "TotalCount": 0, "NextToken": "t"}, 0),
    (200, {"RequestId": "R", "PipelineRuns": "", "ErrorCode": "", "ErrorMessage": None}, 0),
    (200, {"RequestId": 7}, 0),
    (200, {"Nodes": []}, 0),
    (200, {**FOUND, "Code": None}, 1),
    (200, {**FOUND, "code": "", "Success": True}, 1),
    (200, {**FOUND, "Code": "OK"}, 1),
    (200, {**FOUND, "Code": 200, "Success": "true"}, 1),
]

# No answers, by what a single call raises.
REFUSALS = [
    ({"Code": "Throttling.User", "Message": "slow", "RequestId": "R"}, paiflow.Throttled),
    ({"code": "InvalidParameter", "message": "m"}, paiflow.InvalidRequest),
    ({"CODE": "Forbidden.RAM"}, paiflow.AccessDenied),
    ({**FOUND, "Code": "InternalError"}, paiflow.ServerFault),
    ({"Code": "ServiceUnavailable"}, paiflow.ServerFault),
    ({"code": 503, "data": None}, paiflow.ServerFault),
    ({"code": 404}, paiflow.NotFound),
    ({"Code": "EntityNotExist"}, paiflow.NotFound),
    ({"Code": "200200004", "RequestId": "R", "PipelineRuns": {}}, paiflow.NotFound),
    ({"Code": "200200099", "RequestId": "R", "PipelineRuns": {}}, paiflow.ServiceError),
    ({**FOUND, "Success": False}, paiflow.ServiceError),
    ({**FOUND, "success": "False", "Code": "Throttling"}, paiflow.Throttled),
]
UNEXPECTED = [
    {},
    {"RequestId": None},
    {"code": 200, "data": {"pipelineRuns": [RUN]}},
    {"Code": 200, "RequestId": "R", "Data": FOUND},
    {"RequestId": "R", "Runs": [RUN]},
    {"RequestId": "R", "pipelineRuns": []},
    {"RequestId": "R", "Result": "eyJ9"},
    {"requestId": "R"},
    {"Message": "ok"},
    [FOUND],
    None,
    {"RequestId": ["R"]},
    {"RequestId": {}},
    {"RequestId": False, "PipelineRuns": None},
    {"RequestId": "R", "PipelineRuns": "none"},
    {"RequestId": "R", "ErrorCode": "Busy", "ErrorMessage": "m"},
    {"RequestId": "R", "error": "m"},
    {"RequestId": "R", "Nodes": {"PipelineRunId": "a"}},
    {"RequestId": "R", "PipelineRuns": [[RUN]]},
]


@pytest.fixture(params=[in_sync, in_async], ids=["sync", "async"])
def call(request):
    """One call by either client."""
    return request.param


@pytest.mark.parametrize(("status", "content", "runs"), ANSWERS)
def test_an_answer_is_one_whatever_else_is_left_out(call, status, content, runs):
    reply = call(Wire(httpx.Response(status, json=content)), {}, {"pipeline_runs": ["flow-a"]}, detailed=True)

    assert (status, runs) == (reply.status_code, len(reply.parsed.pipeline_runs))


@pytest.mark.parametrize(
    ("content", "error"), [*REFUSALS, *((content, paiflow.UnexpectedReply) for content in UNEXPECTED)]
)
def test_what_is_no_answer_is_raised_by_a_single_call(call, content, error):
    with pytest.raises(error) as caught:
        call(Wire(httpx.Response(200, json=content)), {}, {"pipeline_runs": ["flow-a"]})

    assert type(caught.value) is error
    assert caught.value.status == 200


@pytest.mark.parametrize(
    "location", ["https://me:secret@login.example:8443/path-secret?ticket=secret#secret", "//[", "/p", None]
)
def test_a_redirect_is_told_by_its_host_alone(call, location):
    headers = {} if location is None else {"location": location}
    reply = httpx.Response(307, headers=headers, text=f"Redirecting to {location}")
    with pytest.raises(paiflow.UnexpectedReply) as caught:
        call(Wire(reply), {}, {"pipeline_runs": ["flow-a"]})

    assert ("login.example;" in caught.value.reason) is ("login" in str(location))
    assert "secret" not in f"{caught.value}{caught.value!r}"
    assert "redirects are not followed: check the endpoint" in str(caught.value)


def test_a_redirect_to_a_host_that_is_named_like_the_token_does_not_show_it():
    token = "SecurityToken-4711-0815"
    client = paiflow.PaiFlow(
        "cn-hangzhou",
        credentials=paiflow.Credentials("a-long-key-id", "a-long-key-secret", token),
        transport=httpx.MockTransport(lambda request: httpx.Response(302, headers={"location": f"//{token}.example/"})),
    )
    with pytest.raises(paiflow.UnexpectedReply, match=r"redirects to \[redacted\]\.example;") as caught:
        client.list_pipeline_runs_status(pipeline_runs=["flow-a"])

    assert token.lower() not in f"{caught.value!r}".lower()


def many(asynchronous, method, replies, **arguments):
    """Return what a method of a client returns, to whom the service replies in turn; a client asks for one id a call."""
    settings = {**ONE_ATTEMPT, "time": FakeTime(), "transport": httpx.MockTransport(lambda request: replies.pop(0))}

    async def acall():
        async with paiflow.AsyncPaiFlow("cn-hangzhou", **settings) as client:
            return await getattr(client, method)(**arguments)

    if asynchronous:
        return asyncio.run(acall())
    with paiflow.PaiFlow("cn-hangzhou", **settings) as client:
        return getattr(client, method)(**arguments)


NO_ANSWERS = [content for content, _ in REFUSALS] + UNEXPECTED


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_of_many_calls_one_without_an_answer_leaves_its_ids_unanswered(asynchronous):
    for content in NO_ANSWERS:
        replies = [httpx.Response(200, json=content), httpx.Response(200, json=FOUND)]
        report = many(asynchronous, "statuses", replies, pipeline_runs=["flow-b", "flow-a"], batch_size=1, in_flight=1)

        assert (report.unanswered, report.missing, len(report.runs)) == (["flow-b"], [], 1), content
        assert len(report.errors) == 1


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_a_wait_asks_again_after_what_is_no_answer(asynchronous):
    empty = [b"", b"null", b"<html>", b'"text"']
    replies = [httpx.Response(200, json=content) for content in NO_ANSWERS]
    replies += [httpx.Response(200, content=content) for content in empty]
    replies += [httpx.Response(302, headers={"location": "https://login.example"}), httpx.Response(200, json=FOUND)]
    polls = len(replies)
    result = many(asynchronous, "wait", replies, pipeline_runs=["flow-a"])

    assert (result.succeeded, result.calls) == (["flow-a"], polls)


ONLY_ID, OBJECT, PAGED = (
    Described(("RequestId",)),
    Described(("RequestId", "Name")),
    Described(("RequestId", "Runs"), ("Runs",)),
)


@pytest.mark.parametrize(
    ("says", "described", "body"),
    [
        ("yes", ONLY_ID, NO_BODY),
        ("yes", ONLY_ID, {"RequestId": "R"}),
        ("yes", ONLY_ID, {"RequestId": "R", "Data": {}}),
        ("nothing", ONLY_ID, {}),
        ("no", ONLY_ID, {"RequestId": "R", "Code": "Busy"}),
        ("nothing", OBJECT, NO_BODY),
        ("yes", OBJECT, {"Name": "n"}),
        ("nothing", OBJECT, {"RequestId": "R", "Data": {"Name": "n"}}),
        ("yes", PAGED, {"Runs": []}),
        ("nothing", PAGED, {"RequestId": "R", "PipelineRuns": []}),
    ],
)
def test_the_table_knows_of_an_operation_what_it_is_told(says, described, body):
    assert says == judge(200, body, described).says
