"""submit creates a run; with a key, at most one for the key, whatever becomes of the replies."""

import asyncio
import json

import httpx
import pytest

import paiflow
from paiflow.client.submitting import as_text, run_arguments
from paiflow.mock import HandClock, HandTime

CREDENTIALS = paiflow.Credentials("test-key-id", "test-key-secret")
OK = {"RequestId": "R"}


class Service:
    """Holds runs, and does as its faults say.

    Attributes:
        runs: those that exist, as the list shows them; `Deleted` for a deleted one.
        created: the bodies of the requests to create one.
        asked: the operations, in order.
        faults: by operation, what is done to its next requests, in turn; None for nothing.
        lag: so many lists show no run that was created since.
    """

    def __init__(self, *runs, lag=0, **faults):
        self.runs = [{"SourceType": "SDK", "SourceId": "key", "Status": "Running", **run} for run in runs]
        self.created, self.asked, self.filters = [], [], []
        self.lag = lag
        self.faults = {name: list(turns) for name, turns in faults.items()}
        self.clock = HandClock(0)

    def __call__(self, request):
        name = request.headers["x-acs-action"]
        self.asked.append(name)
        turns = self.faults.get(name, [])
        fault = turns.pop(0) if turns else None
        if isinstance(fault, int):
            return httpx.Response(fault, json={"Code": "Throttling" if fault == 429 else "Other", "Message": "no"})
        reply = {
            "CreatePipelineRun": self.create,
            "ListPipelineRuns": self.listed,
            "ListPipelineRunsStatus": self.statuses,
        }[name](request)
        if isinstance(fault, bytes):
            return httpx.Response(200, content=fault)
        if fault is not None:
            raise fault
        return httpx.Response(200, json={**OK, **reply})

    def create(self, request):
        body = json.loads(request.content)
        self.created.append(body)
        run = {"PipelineRunId": f"flow-new-{len(self.created)}", **body}
        self.runs.append(run)
        self.late = run
        return {"PipelineRunId": run["PipelineRunId"]}

    def listed(self, request):
        query = dict(request.url.params)
        self.filters.append({name: value for name, value in query.items() if not name.startswith("Page")})
        hidden = None
        if self.created and self.lag:
            self.lag -= 1
            hidden = self.late
        found = [run for run in self.runs if run is not hidden and run["SourceId"] == query["SourceId"]]
        first = (int(query["PageNumber"]) - 1) * int(query["PageSize"])
        return {"TotalCount": len(found), "PipelineRuns": found[first : first + int(query["PageSize"])]}

    def statuses(self, request):
        asked = json.loads(request.content)["PipelineRuns"]
        return {
            "PipelineRuns": [
                {"PipelineRunId": run["PipelineRunId"], "IsDeleted": run.get("Deleted", False)}
                for run in self.runs
                if run["PipelineRunId"] in asked
            ]
        }


LOST = httpx.ReadError("lost")


@pytest.fixture(params=["sync", "async"])
def submit(request):
    """submit by either client: `submit(service, **arguments)`."""

    def call(service, **arguments):
        settings = {
            "credentials": CREDENTIALS,
            "workspace_id": 948,
            "time": HandTime(service.clock),
            "transport": httpx.MockTransport(service),
        }
        arguments.setdefault("pipeline_id", "pipeline-1")

        async def acall():
            async with paiflow.AsyncPaiFlow("r", **settings) as client:
                return await client.submit(**arguments)

        if request.param == "async":
            return asyncio.run(acall())
        with paiflow.PaiFlow("r", **settings) as client:
            return client.submit(**arguments)

    return call


@pytest.mark.parametrize(("start", "sent"), [({}, True), ({"start": True}, True), ({"start": False}, False)])
def test_it_says_whether_to_start_and_returns_the_id(submit, start, sent):
    service = Service()

    assert "flow-new-1" == submit(service, name="nightly", **start)
    assert [
        {"WorkspaceId": "948", "PipelineId": "pipeline-1", "Name": "nightly", "NoConfirmRequired": sent}
    ] == service.created
    assert ["CreatePipelineRun"] == service.asked


def test_without_a_key_a_lost_reply_is_an_error_and_nothing_is_sent_twice(submit):
    service = Service(CreatePipelineRun=[LOST])
    with pytest.raises(paiflow.TransportError) as caught:
        submit(service)

    assert (["CreatePipelineRun"], True) == (service.asked, caught.value.maybe_done)


def test_with_a_key_it_is_looked_for_before(submit):
    service = Service()

    assert "flow-new-1" == submit(service, once="key", workspace_id="7")
    assert ["ListPipelineRuns", "CreatePipelineRun"] == service.asked
    assert [{"SourceId": "key", "SourceType": "SDK", "WorkspaceId": "7"}] == service.filters
    assert ("key", "SDK", "7") == tuple(service.created[0][name] for name in ("SourceId", "SourceType", "WorkspaceId"))
    assert "flow-new-1" == submit(service, once="key", workspace_id="7")
    assert 1 == len(service.created)


@pytest.mark.parametrize(
    "status", ["Initialized", "Running", "Succeeded", "Failed", "Terminated", "Suspended", "Pondering"]
)
def test_a_run_with_the_key_is_returned_whatever_its_status(submit, status):
    service = Service({"PipelineRunId": "flow-1", "Status": status})

    assert "flow-1" == submit(service, once="key")
    assert [] == service.created


def test_a_deleted_run_does_not_count(submit):
    deleted = {"PipelineRunId": "flow-1", "Deleted": True}

    assert "flow-new-1" == submit(Service(deleted), once="key")
    assert "flow-2" == submit(Service(deleted, {"PipelineRunId": "flow-2"}), once="key")


def test_any_number_of_deleted_runs_is_looked_through(submit):
    service = Service(*[{"PipelineRunId": f"flow-{number}", "Deleted": number != 120} for number in range(250)])

    assert "flow-120" == submit(service, once="key")
    assert {"ListPipelineRuns": 4, "ListPipelineRunsStatus": 3} == {
        name: service.asked.count(name) for name in set(service.asked)
    }


def test_a_run_of_another_key_does_not_count(submit):
    class Loose(Service):
        """Takes a part of the key for the key."""

        def listed(self, request):
            return {"PipelineRuns": self.runs if "PageNumber=1&" in str(request.url) else []}

    assert "flow-new-1" == submit(Loose({"PipelineRunId": "flow-1", "SourceId": "key-2"}), once="key")


def test_two_runs_with_the_key_are_an_error_that_names_both(submit):
    service = Service({"PipelineRunId": "flow-1"}, {"PipelineRunId": "flow-2"})
    with pytest.raises(
        paiflow.InvalidRequest, match=r"once='key': 2 runs have this key: flow-1, flow-2; delete all but one"
    ):
        submit(service, once="key")

    assert [] == service.created


# What becomes of the reply to a request that was done.
UNCLEAR = {"lost": LOST, "no id": b'{"RequestId": "R"}', "no JSON": b"<html>", "a fault": b'{"Code": "InternalError"}'}


@pytest.mark.parametrize("fault", UNCLEAR.values(), ids=UNCLEAR)
@pytest.mark.parametrize("lag", [0, 1, 2])
def test_after_an_unclear_failure_it_is_looked_for_and_may_be_listed_late(submit, fault, lag):
    service = Service(lag=lag, CreatePipelineRun=[fault])

    assert "flow-new-1" == submit(service, once="key")
    assert (1, [0, 1, 4][lag]) == (len(service.created), service.clock.now())


def test_a_failure_of_such_a_look_is_not_the_end(submit):
    service = Service(CreatePipelineRun=[LOST], ListPipelineRuns=[None, 403])

    assert "flow-new-1" == submit(service, once="key")


def test_a_run_that_is_not_found_after_an_unclear_failure_may_be_there_all_the_same(submit):
    service = Service(CreatePipelineRun=[502])
    with pytest.raises(paiflow.ServerFault) as caught:
        submit(service, once="key")

    assert (0, True) == (len(service.created), caught.value.maybe_done)
    assert ["ListPipelineRuns", "CreatePipelineRun", *["ListPipelineRuns"] * 3] == service.asked


def test_two_runs_after_an_unclear_failure_are_named_too(submit):
    class Other(Service):
        """Another submitter is as quick."""

        def create(self, request):
            self.runs.append({"PipelineRunId": "flow-other", "SourceId": "key"})
            return super().create(request)

    with pytest.raises(paiflow.InvalidRequest, match="flow-other, flow-new-1"):
        submit(Other(CreatePipelineRun=[LOST]), once="key")


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_refusal_is_raised_as_it_is(submit, status):
    service = Service(CreatePipelineRun=[status])
    with pytest.raises(paiflow.ServiceError) as caught:
        submit(service, once="key")

    assert (status, False) == (caught.value.status, caught.value.maybe_done)
    assert ["ListPipelineRuns", "CreatePipelineRun"] == service.asked


def test_throttling_is_waited_out(submit):
    service = Service(CreatePipelineRun=[429, 429])

    assert "flow-new-1" == submit(service, once="key")
    assert 3 == service.asked.count("CreatePipelineRun")


def test_where_the_key_cannot_be_looked_for_nothing_is_created(submit):
    service = Service(ListPipelineRuns=[403])
    with pytest.raises(paiflow.ServiceError):
        submit(service, once="key")

    assert [] == service.created


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"once": "key", "source_id": "a"}, "give once or source_id, not both"),
        ({"once": "key", "source_type": "SDK"}, "give once or source_type, not both"),
        ({"once": ""}, "once must be a text without spaces around it, not ''"),
        ({"once": " "}, "once must be a text without spaces around it"),
        ({"once": "key\n"}, "once must be a text without spaces around it"),
        ({"once": 5}, "once must be a text without spaces around it, not 5"),
        ({"no_confirm_required": False}, "give start, not no_confirm_required"),
        ({"start": 1}, "no_confirm_required must be True or False, not 1"),
        ({"pipeline_manifest": "m"}, "pipeline_id and pipeline_manifest do not go together"),
        ({"pipeline_id": None}, "give pipeline_id or pipeline_manifest"),
        ({"arguments": object()}, "are text or what JSON can hold, not object"),
        ({"nam": "a"}, r"there is no argument 'nam'; did you mean name\?"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_call(submit, arguments, words):
    service = Service()
    with pytest.raises(paiflow.InvalidRequest, match=words):
        submit(service, **arguments)

    assert [] == service.asked


def test_manifest_arguments_and_options_may_be_given_as_they_are_meant(submit):
    service = Service()
    submit(service, pipeline_id=None, pipeline_manifest={"a": ["龙"]}, arguments={"x": 1}, options={"mode": "test"})
    submit(service, arguments="arguments: {}", options="{}")
    sent = [{name: body.get(name) for name in ("PipelineManifest", "Arguments", "Options")} for body in service.created]

    assert {"PipelineManifest": None, "Arguments": "arguments: {}", "Options": "{}"} == sent[1]
    assert {"a": ["龙"]} == json.loads(sent[0]["PipelineManifest"])
    assert {"arguments": {"parameters": [{"name": "x", "value": 1}]}} == json.loads(sent[0]["Arguments"])
    assert {"mode": "test"} == json.loads(sent[0]["Options"])


def test_text_stays_as_it_is():
    assert ["a: b", None, '["龙"]'] == [as_text(value) for value in ("a: b", None, ["龙"])]
    assert ["a: b", None] == [run_arguments(value) for value in ("a: b", None)]
