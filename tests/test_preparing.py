"""An argument becomes a part of the request, or is refused before any call, by the operation's data alone."""

import datetime as dt
import json

import pytest

import paiflow
from paiflow.client.preparing import named, prepare
from paiflow_api import models
from paiflow_api.calling import Call, Operation, Parameter
from paiflow_api.operations import OPERATIONS

RUN, NODE = "flow-1", "node-1"
OF_A_NODE = {"pipeline_run_id": RUN, "node_id": NODE}
CLIENT = {"workspace_id": 948}

ODD: Operation[models.Acknowledgement] = Operation(
    name="Odd",
    product="P",
    version="1",
    host="p",
    method="PUT",
    path="/odd",
    model="Acknowledgement",
    parameters=(
        Parameter(name="Since", argument="since", place="query", kind="time"),
        Parameter(name="Labels", argument="labels", place="query", kind="texts"),
        Parameter(name="Weight", argument="weight", place="query", kind="number", maximum=2),
        Parameter(name="Kind", argument="kind", place="query", values=("a", "b")),
        Parameter(name="Odd", argument="odd", place="body", kind="json"),
        Parameter(name="Things", argument="things", place="body", kind="objects"),
        Parameter(name="Counts", argument="counts", place="body", kind="texts", items="integer"),
    ),
)


def prepared(operation, arguments):
    return prepare(Call(OPERATIONS[operation] if isinstance(operation, str) else operation, arguments), CLIENT)


@pytest.mark.parametrize(
    ("value", "segment"),
    [
        ("flow-1", "flow-1"),
        (7, "7"),
        ("...", "..."),
        (".a", ".a"),
        ("a/../b", "a%2F..%2Fb"),
        ("%2e%2e", "%252e%252e"),
        ("..%2f", "..%252f"),
        ("a?b#c;d", "a%3Fb%23c%3Bd"),
        ("{NodeId}", "%7BNodeId%7D"),
        ("\\..\\", "%5C..%5C"),
        (" ", "%20"),
        ("a\r\nb\x00", "a%0D%0Ab%00"),
        ("龙", "%E9%BE%99"),
    ],
)
def test_a_path_argument_is_one_segment(value, segment):
    found = prepared("GetPipelineRunNode", {"pipeline_run_id": value, "node_id": value})

    assert f"/api/v1/pipelineruns/{segment}/nodes/{segment}" == found.target


PATHS = [
    (operation.name, parameter.argument)
    for operation in OPERATIONS.values()
    for parameter in operation.parameters
    if parameter.place == "path"
]


@pytest.mark.parametrize("value", [".", "..", "", None, "\ud800", True, 1.5, b"flow-1", ["flow-1"]])
@pytest.mark.parametrize(("operation", "argument"), PATHS)
def test_what_is_no_segment_is_refused(operation, argument, value):
    needed = {one.argument: 1 for one in OPERATIONS[operation].parameters if one.required}
    with pytest.raises(paiflow.InvalidRequest, match=argument) as caught:
        prepared(operation, {**needed, argument: value})

    assert None is caught.value.status
    assert not caught.value.maybe_done


@pytest.mark.parametrize(
    ("operation", "arguments", "target"),
    [
        ("ListPipelines", {}, "/api/v1/pipelines?WorkspaceId=948"),
        ("ListPipelines", {"workspace_id": 7}, "/api/v1/pipelines?WorkspaceId=7"),
        ("ListPipelines", {"WorkspaceId": "7"}, "/api/v1/pipelines?WorkspaceId=7"),
        ("ListPipelines", {"fuzzy_matching": False}, "/api/v1/pipelines?WorkspaceId=948&FuzzyMatching=false"),
        ("ListPipelineRuns", {"user_id": 1557702098194904}, "/api/v1/pipelineruns?WorkspaceId=948&UserId=1557702098194904"),
        ("ListPipelineRuns", {"name": "a+b &=#?/%"}, "/api/v1/pipelineruns?Name=a%2Bb%20%26%3D%23%3F%2F%25&WorkspaceId=948"),
        ("ListPipelineRuns", {"name": ""}, "/api/v1/pipelineruns?Name=&WorkspaceId=948"),
        ("ListPipelineRuns", {"pipeline_ids": ["a", "b c"]}, "/api/v1/pipelineruns?WorkspaceId=948&PipelineIds=a%2Cb%20c"),
        ("ListPipelineRuns", {"pipeline_ids": "a,b"}, "/api/v1/pipelineruns?WorkspaceId=948&PipelineIds=a%2Cb"),
        ("ListPipelineRuns", {"pipeline_ids": (one for one in "ab")}, "/api/v1/pipelineruns?WorkspaceId=948&PipelineIds=a%2Cb"),
        ("ListPipelineRuns", {"status": models.PipelineRunStatus.READY_TO_SCHEDULE}, "/api/v1/pipelineruns?Status=ReadyToSchedule&WorkspaceId=948"),
        ("ListWorkspaces", {"workspace_ids": [948, "7"]}, "/api/v1/workspaces?WorkspaceIds=948%2C7"),
        ("GetPipelineRunNode", {**OF_A_NODE, "type_": "Logical"}, "/api/v1/pipelineruns/flow-1/nodes/node-1?Type=Logical"),
        ("GetPipelineRunNode", {**OF_A_NODE, "type": "Logical"}, "/api/v1/pipelineruns/flow-1/nodes/node-1?Type=Logical"),
        ("GetPipelineRun", {"PipelineRunId": RUN, "Verbose": True}, "/api/v1/pipelineruns/flow-1?Verbose=true"),
        ("DeletePipelineRun", {"pipeline_run_id": RUN}, "/api/v1/pipelineruns/flow-1"),
        (ODD, {"since": dt.datetime(2021, 1, 21, 17, 12, 35, tzinfo=dt.timezone(dt.timedelta(hours=8)))}, "/odd?Since=2021-01-21T09%3A12%3A35.000Z"),
        (ODD, {"since": "2021-01-21"}, "/odd?Since=2021-01-21"),
        (ODD, {"labels": ["a", "b&c"], "weight": 1.5}, "/odd?Labels=a&Labels=b%26c&Weight=1.5"),
        (ODD, {"kind": "another"}, "/odd?Kind=another"),
    ],
)  # fmt: skip
def test_path_and_query(operation, arguments, target):
    assert target == prepared(operation, arguments).target


NODE_SENT = {"PipelineRunId": RUN, "NodeId": NODE}


@pytest.mark.parametrize(
    ("operation", "arguments", "body"),
    [
        ("CreatePipeline", {"manifest": "a: 'b'\n\t龙"}, {"WorkspaceId": "948", "Manifest": "a: 'b'\n\t龙"}),
        ("UpdatePipelineRun", {"pipeline_run_id": RUN, "name": 5}, {"Name": "5"}),
        ("ListPipelineRunsStatus", {"pipeline_runs": iter([RUN])}, {"PipelineRuns": [RUN], "WorkspaceId": "948"}),
        ("ListPipelineRunsStatus", {"nodes": [(RUN, NODE)]}, {"Nodes": [NODE_SENT], "WorkspaceId": "948"}),
        ("ListPipelineRunsStatus", {"nodes": [NODE_SENT]}, {"Nodes": [NODE_SENT], "WorkspaceId": "948"}),
        ("ListPipelineRunsStatus", {"nodes": [OF_A_NODE]}, {"Nodes": [NODE_SENT], "WorkspaceId": "948"}),
        (
            "ListPipelineRunsStatus",
            {"nodes": [models.NodeState.from_dict({**NODE_SENT, "Status": "Running", "New": 1})]},
            {"Nodes": [NODE_SENT], "WorkspaceId": "948"},
        ),
        (ODD, {"odd": [None, {"a": 1}], "things": [{"a": {"b": []}}], "counts": [1, 2]},
         {"Odd": [None, {"a": 1}], "Things": [{"a": {"b": []}}], "Counts": [1, 2]}),
        (ODD, {}, {}),
    ],
)  # fmt: skip
def test_body(operation, arguments, body):
    found = prepared(operation, arguments).body

    assert found is not None
    assert body == json.loads(found)
    assert "\\u" not in found.decode()


def test_an_operation_without_a_body_sends_none():
    assert {"PUT": None, "DELETE": None, "GET": None} == {
        OPERATIONS[name].method: prepared(name, {"pipeline_run_id": RUN}).body
        for name in ("StartPipelineRun", "DeletePipelineRun", "GetPipelineRun")
    }


RECURSIVE: list[object] = []
RECURSIVE.append(RECURSIVE)


@pytest.mark.parametrize(
    ("operation", "arguments", "code", "words"),
    [
        ("UpdatePipelineRun", {"pipeline_run_id": RUN}, "MissingParameter", "name is missing (Name)"),
        ("UpdatePipelineRun", {"pipeline_run_id": RUN, "name": ""}, "InvalidParameter", "name must be a text that is not empty, not ''"),
        ("CreatePipeline", {"manifest": {"a": 1}}, "InvalidParameter", "manifest must be a text that is not empty, not {'a': 1}"),
        ("CreatePipelineRun", {}, "MissingParameter", "PipelineId or PipelineManifest is mandatory: give pipeline_id or pipeline_manifest"),
        ("CreatePipelineRun", {"pipeline_id": "a", "pipeline_manifest": "b"}, "InvalidParameter", "pipeline_id and pipeline_manifest do not go together"),
        ("ListPipelineRuns", {"order": "asc"}, "InvalidParameter", "order must be one of ASC, DESC, not 'asc'"),
        ("ListPipelineRuns", {"status": "Runing"}, "InvalidParameter", "status must be one of Initialized, "),
        ("ListPipelineRuns", {"page_size": 0}, "InvalidParameter", "page_size must be at least 1, not 0"),
        ("ListPipelineRuns", {"page_size": "5"}, "InvalidParameter", "page_size must be a whole number, not '5'"),
        ("ListPipelineRuns", {"page_size": True}, "InvalidParameter", "page_size must be a whole number, not True"),
        ("ListPipelineRuns", {"pipeline_ids": []}, "InvalidParameter", "pipeline_ids must be None for no filter, or a list with an entry"),
        ("ListPipelineRuns", {"pipeline_ids": ["a,b"]}, "InvalidParameter", "pipeline_ids[0] must be one entry, without a comma, not 'a,b'"),
        ("ListPipelineRuns", {"pipeline_ids": ["a", ""]}, "InvalidParameter", "pipeline_ids[1] must be a text that is not empty"),
        ("ListPipelineRuns", {"pipeline_ids": {"a": 1}}, "InvalidParameter", "pipeline_ids must be a list"),
        ("ListPipelines", {"fuzzy_matching": "true"}, "InvalidParameter", "fuzzy_matching must be True or False, not 'true'"),
        ("ListPipelines", {"workspace": "7"}, "InvalidParameter", "there is no argument 'workspace'; did you mean workspace_id?"),
        ("ListPipelines", {"PageNumer": 7}, "InvalidParameter", "there is no argument 'PageNumer'; did you mean page_number?"),
        ("DeletePipeline", {"pipeline_id": "a", "xyz": 1}, "InvalidParameter", "there is no argument 'xyz'; there are: pipeline_id"),
        ("DeletePipeline", {"pipeline_id": "a", "PipelineId": "a"}, "InvalidParameter", "there is no argument 'PipelineId'; did you mean pipeline_id?"),
        ("ListPipelineRunsStatus", {"nodes": [{"PipelineRunId": RUN}]}, "MissingParameter", "nodes[0].node_id is missing (NodeId)"),
        ("ListPipelineRunsStatus", {"nodes": [{**OF_A_NODE, "nod_id": 1}]}, "InvalidParameter", "there is no field of nodes[0] 'nod_id'; did you mean node_id?"),
        ("ListPipelineRunsStatus", {"nodes": [5]}, "InvalidParameter", "nodes[0] must be a pair of pipeline_run_id and node_id, or a mapping, not 5"),
        ("GetPipelineRun", {"pipeline_run_id": RUN, "token_id": 1.25}, "InvalidParameter", "token_id must be a text, not a secret"),
        ("GetPipelineRun", {"pipeline_run_id": RUN, "token_id": "\ud800"}, "InvalidParameter", "token_id holds half a surrogate pair"),
        (ODD, {"since": dt.datetime(2021, 1, 21)}, "InvalidParameter", "since must be a datetime with a time zone, or text"),  # noqa: DTZ001
        (ODD, {"weight": float("nan")}, "InvalidParameter", "weight must be a finite number"),
        (ODD, {"weight": 2.5}, "InvalidParameter", "weight must be at most 2, not 2.5"),
        (ODD, {"odd": RECURSIVE}, "InvalidParameter", "odd must be what JSON can hold"),
        (ODD, {"odd": "\ud800"}, "InvalidParameter", "an argument cannot be written as JSON: half a surrogate pair"),
        (ODD, {"things": [{"a": object()}]}, "InvalidParameter", "an argument cannot be written as JSON: Object of type object"),
        (ODD, {"things": "ab"}, "InvalidParameter", "things must be a list, not 'ab'"),
        (ODD, {"counts": [1, "2"]}, "InvalidParameter", "counts[1] must be a whole number, not '2'"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_one_line_that_names_the_argument(operation, arguments, code, words):
    with pytest.raises(paiflow.InvalidRequest) as caught:
        prepared(operation, arguments)

    assert (code, None, 0) == (caught.value.code, caught.value.status, caught.value.attempts)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_operation_is_named_by_its_id():
    with pytest.raises(paiflow.InvalidRequest, match=r"no operation 'getPipelinRun'; did you mean GetPipelineRun\?"):
        named("getPipelinRun")

    assert OPERATIONS["GetPipelineRun"] is named("GetPipelineRun") is named(OPERATIONS["GetPipelineRun"])
