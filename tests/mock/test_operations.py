"""Every operation, judged and answered from the description: routes, versions, parameters, refusals."""

import copy
import json
from typing import Any

import pytest
from mock.calls import LASTING, NOW, ask, got, message, refusal, signed

from paiflow import _yaml
from paiflow._description import EFFECTIVE, effective_text
from paiflow.mock import Description, HandClock, MockService, effective_description

RUN = {"PipelineRunId": "flow-j94y**********lf7a"}
NODE = {**RUN, "NodeId": "node-n06d**********fc53"}
PIPELINE = {"PipelineId": "pipeline-hynm2bv8wqhp5e****"}
MANIFEST = "apiVersion: core/v1\nmetadata: {identifier: train, provider: me, version: v1}\nspec: {}\n"

REQUESTS: dict[str, tuple[dict[str, Any], Any]] = {
    "ListWorkspaces": ({}, None),
    "ListPipelines": ({}, None),
    "CreatePipeline": ({}, {"WorkspaceId": "948", "Manifest": MANIFEST}),
    "GetPipeline": (PIPELINE, None),
    "UpdatePipeline": (PIPELINE, {"Manifest": MANIFEST}),
    "DeletePipeline": (PIPELINE, None),
    "ListPipelineRuns": ({}, None),
    "CreatePipelineRun": ({}, {"WorkspaceId": "948", "PipelineManifest": MANIFEST}),
    "ListPipelineRunsStatus": ({}, {"PipelineRuns": [RUN["PipelineRunId"]]}),
    "GetPipelineRun": (RUN, None),
    "UpdatePipelineRun": (RUN, {"Name": "other"}),
    "DeletePipelineRun": (RUN, None),
    "StartPipelineRun": ({"PipelineRunId": "flow-new"}, None),
    "TerminatePipelineRun": ({"PipelineRunId": "flow-hynm2bv8wqhp5esfxq"}, None),
    "RerunPipelineRun": ({"PipelineRunId": "flow-failed"}, None),
    "GetPipelineRunNode": (NODE, None),
    "ListPipelineRunNodeStatus": (NODE, None),
    "ListPipelineRunNodeOutputs": ({**NODE, "Depth": 2}, None),
    "ListPipelineRunNodeLogs": (NODE, None),
}

every_operation = pytest.mark.parametrize("action", REQUESTS)


def test_there_is_a_request_for_every_operation():
    assert set(effective_description().operations) == set(REQUESTS)


@every_operation
def test_it_is_answered(service, action):
    service.stage.add_run("flow-new", "Initialized")
    service.stage.add_run("flow-failed", "Failed")
    parameters, body = REQUESTS[action]

    got(service, action, body, **parameters)


@every_operation
def test_an_unsigned_request_is_refused(service, action):
    operation = effective_description().operations[action]
    request = signed(method=operation.method, path=operation.path.encode(), action=action, version=operation.version)
    request.headers[:] = [(name, value) for name, value in request.headers if name != "authorization"]

    assert (400, "IncompleteSignature") == refusal(service.handle(request))


@every_operation
@pytest.mark.parametrize(
    ("other", "code"), [({"version": "2021-02-03"}, "InvalidVersion"), ({"action": "Other"}, "InvalidAction")]
)
def test_it_has_its_own_version_and_action(service, action, other, code):
    operation = effective_description().operations[action]
    names = {"action": action, "version": operation.version} | other

    reply = service.handle(signed(method=operation.method, path=operation.path.encode(), **names))

    assert (400, code) == refusal(reply)


def test_workspaces_have_the_version_of_their_own_service():
    operations = effective_description().operations

    assert "2021-02-04" == operations["ListWorkspaces"].version
    assert {"2021-02-02"} == {one.version for name, one in operations.items() if name != "ListWorkspaces"}


def test_a_refusal_links_to_its_service(service):
    reply = ask(service, "ListWorkspaces", PageNumber=0)

    assert json.loads(reply.body)["Recommend"].endswith("&product=AIWorkSpace")


@pytest.mark.parametrize(
    ("path", "methods"),
    sorted(
        {
            (
                one.path,
                ", ".join(
                    other.method for other in effective_description().operations.values() if other.path == one.path
                ),
            )
            for one in effective_description().operations.values()
        }
    ),
)
def test_another_method_is_refused_and_the_reply_names_those_there_are(service, path, methods):
    reply = service.handle(signed(method="PATCH", path=path.replace("{", "").replace("}", "").encode()))

    assert (405, "UnsupportedHTTPMethod") == refusal(reply)
    assert methods == dict(reply.headers)["allow"]


@pytest.mark.parametrize(
    ("path", "run_id"),
    [
        (b"/api/v1/pipelineruns/flow-%E5%90%8D", "flow-名"),
        (b"/api/v1/pipelineruns/a%2Fb", "a/b"),
        (b"/api/v1/pipelineruns/%66low-1", "flow-1"),
        (b"/api/v1/pipelineruns/a+b", "a+b"),
        (b"/api/v1/pipelineruns/..", ".."),
        (b"/api/v1/pipelineruns/%2e%2E", ".."),
        (b"/api/v1/pipelineruns/.", "."),
        (b"/api/v1/pipelineruns/%25", "%"),
        (b"/%61pi/v1/pipelineruns/flow-1", "flow-1"),
    ],
)
def test_a_segment_is_decoded_and_is_one_id(service, path, run_id):
    service.stage.add_run(run_id)

    reply = service.handle(signed(method="GET", path=path, body=b"", action="GetPipelineRun"))

    assert run_id == json.loads(reply.body)["PipelineRunId"]


@pytest.mark.parametrize(
    "path",
    [
        b"/api/v1/pipelineruns//nodes/node-1",
        b"/api/v1/pipelineruns/flow-1/",
        b"/api/v1/pipelineruns/flow-1/stop",
        b"/api/v1/pipelineruns/flow-1/nodes",
        b"/api/v1/pipelineruns%2Fflow-1",
        b"/api/v1/pipelineruns/%ff",
        b"/api/v1/../v1/pipelineruns",
    ],
)
def test_what_fits_no_path_is_not_found(service, path):
    assert (404, "InvalidApi.NotFound") == refusal(service.handle(signed(method="GET", path=path)))


@pytest.mark.parametrize(
    ("action", "query", "code", "name"),
    [
        ("ListPipelineRuns", b"PageNumber=0", "InvalidParameter", "PageNumber"),
        ("ListPipelineRuns", b"PageNumber=", "InvalidParameter", "PageNumber"),
        ("ListPipelineRuns", b"PageNumber=1.0", "InvalidParameter", "PageNumber"),
        ("ListPipelineRuns", b"PageNumber=%2B1", "InvalidParameter", "PageNumber"),
        ("ListPipelineRuns", b"PageNumber=2147483648", "InvalidParameter", "PageNumber"),
        ("ListPipelineRuns", b"PageNumber=" + b"1" * 5000, "InvalidParameter", "PageNumber"),
        ("ListPipelineRuns", "PageNumber=１".encode(), "InvalidParameter", "PageNumber"),
        ("ListPipelineRuns", b"PageSize=-1", "InvalidParameter", "PageSize"),
        ("ListPipelineRuns", b"Order=desc", "InvalidParameter", "Order"),
        ("ListPipelineRuns", b"SortBy=Name", "InvalidParameter", "SortBy"),
        ("ListPipelineRuns", b"Status=Done", "InvalidParameter", "Status"),
        ("ListPipelineRuns", b"SourceType=sdk", "InvalidParameter", "SourceType"),
        ("ListPipelineRuns", b"WorkspaceId=", "InvalidParameter", "WorkspaceId"),
        ("ListPipelineRuns", b"Name=a&Name=a", "InvalidParameter", "Name"),
        ("ListPipelineRuns", b"PipelineIds=a&PipelineIds=b", "InvalidParameter", "PipelineIds"),
        ("ListPipelineRuns", b"PipelineIds=a,,b", "InvalidParameter", "PipelineIds"),
        ("ListPipelineRuns", b"Name=%ff", "InvalidParameter", "Name"),
        ("ListPipelines", b"FuzzyMatching=yes", "InvalidParameter", "FuzzyMatching"),
        ("ListWorkspaces", b"Option=All", "InvalidParameter", "Option"),
    ],
)
def test_a_query_that_does_not_fit_the_description_is_refused(service, action, query, code, name):
    operation = effective_description().operations[action]

    reply = service.handle(
        signed(
            method="GET", path=operation.path.encode(), query=query, body=b"", action=action, version=operation.version
        )
    )

    assert (400, code) == refusal(reply)
    assert f" {name} " in message(reply)


@pytest.mark.parametrize(
    "query",
    [
        b"",
        b"Later=1&Later=2&%ff=%ff",
        b"name=no",
        b"Name=",
        b"PipelineIds=",
        b"&&",
        b"=",
        b"Name=testName%20",
        b"Verbose",
    ],
)
def test_unknown_names_and_empty_values_change_nothing(service, query):
    reply = service.handle(
        signed(method="GET", path=b"/api/v1/pipelineruns", query=query, body=b"", action="ListPipelineRuns")
    )

    assert (0 if b"20" in query else 3) == json.loads(reply.body)["TotalCount"]


@pytest.mark.parametrize(
    ("action", "parameters", "body", "expected"),
    [
        ("ListPipelineRunNodeOutputs", NODE, None, (400, "MissingParameter", "Depth is mandatory")),
        ("GetPipelineRunNode", {**NODE, "Depth": 0}, None, (400, "InvalidParameter", "Depth")),
        ("GetPipelineRunNode", {**NODE, "Type": "Virtual"}, None, (400, "InvalidParameter", "Type")),
        ("ListPipelineRunNodeLogs", {**NODE, "Offset": -1}, None, (400, "InvalidParameter", "Offset")),
        ("CreatePipelineRun", {}, None, (400, "MissingParameter", "WorkspaceId")),
        ("CreatePipelineRun", {}, {"WorkspaceId": "1"}, (400, "MissingParameter", "PipelineId or PipelineManifest")),
        (
            "CreatePipelineRun",
            {},
            {"WorkspaceId": "1", "PipelineId": "a", "PipelineManifest": "b"},
            (400, "InvalidParameter", "PipelineId and PipelineManifest"),
        ),
        (
            "CreatePipelineRun",
            {},
            {"WorkspaceId": "1", "PipelineId": "a", "Accessibility": "SECRET"},
            (400, "InvalidParameter", "Accessibility"),
        ),
        ("UpdatePipelineRun", RUN, {"Name": ""}, (400, "InvalidParameter", "Name")),
        ("UpdatePipelineRun", RUN, {}, (400, "MissingParameter", "Name")),
        ("GetPipeline", {"PipelineId": "pipeline-x"}, None, (404, "200200004", "pipeline-x")),
        ("CreatePipelineRun", {}, {"WorkspaceId": "1", "PipelineId": "x"}, (404, "200200004", "x")),
        ("GetPipelineRun", {"PipelineRunId": "flow-x"}, None, (404, "PipelineRunNotFound", "flow-x")),
        ("GetPipelineRunNode", {**RUN, "NodeId": "node-x"}, None, (404, "NodeNotFound", "node-x")),
        ("ListPipelineRunNodeLogs", {**NODE, "PipelineRunId": "flow-x"}, None, (404, "PipelineRunNotFound", "flow-x")),
    ],
)
def test_a_request_that_cannot_be_answered_is_refused(service, action, parameters, body, expected):
    reply = ask(service, action, body, **parameters)

    assert expected[:2] == refusal(reply)
    assert expected[2] in message(reply)


@pytest.fixture
def extended():
    """The description with a twentieth operation, of which the mock knows nothing."""
    document = copy.deepcopy(_yaml.load(effective_text(), EFFECTIVE))
    get = copy.deepcopy(document["paths"]["/api/v1/pipelineruns/{PipelineRunId}"]["get"])
    get["operationId"] = "ListPipelineRunSources"
    get.pop("x-paiflow", None)
    document["paths"]["/api/v1/pipelineruns/{PipelineRunId}/sources"] = {"get": get}
    return Description(document)


def test_an_operation_without_a_row_answers_its_cleaned_sample_and_is_named(extended):
    service = MockService([LASTING], clock=HandClock(NOW), description=extended)
    path = b"/api/v1/pipelineruns/flow-any/sources"
    request = signed(method="GET", path=path, body=b"", action="ListPipelineRunSources")

    sample = json.loads(service.handle(request).body)

    assert ("ListPipelineRunSources",) == service.static
    assert ("flow-j94y**********lf7a", 60) == (sample["PipelineRunId"], sample["Duration"])
    assert () == MockService().static


def test_an_operation_without_a_row_is_judged_all_the_same(extended):
    service = MockService([LASTING], clock=HandClock(NOW), description=extended)
    path = b"/api/v1/pipelineruns/flow-any/sources"

    reply = service.handle(
        signed(method="GET", path=path, query=b"Verbose=2", body=b"", action="ListPipelineRunSources")
    )

    assert (400, "InvalidParameter") == refusal(reply)
