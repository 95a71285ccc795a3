"""Our description is the vendor's, and each way in which the vendor's may come to differ is found."""

import copy
import json
from pathlib import Path

import pytest

from tooling.generation import ROOT
from tooling.vendor import command, ours

FILE = Path(__file__).with_name("data") / "vendor-api.json"
VENDOR = json.loads(FILE.read_text())


def body(api, name):
    """The fields of an operation's body."""
    [parameter] = [one for one in api[name]["parameters"] if one["in"] == "body"]
    return parameter["schema"]["properties"]


def query(api, name, parameter):
    """One parameter."""
    return next(one for one in api[name]["parameters"] if one["name"] == parameter)


def reply(api, name):
    """The fields of an operation's reply."""
    return api[name]["response"]["properties"]


RUN = "/api/v1/pipelineruns/{PipelineRunId}"
EDITS = {
    "new     operation GetPipelineSchema (method GET, path /x, version 2021-02-02)": lambda api: api.update(
        GetPipelineSchema={"version": "2021-02-02", "method": "get", "path": "/x", "parameters": []}
    ),
    f"removed operation GetPipelineRun (method GET, path {RUN}, version 2021-02-02)": lambda api: api.pop(
        "GetPipelineRun"
    ),
    "changed operation CreatePipeline: method POST is PUT there": lambda api: api["CreatePipeline"].update(
        method="put"
    ),
    f"changed operation StartPipelineRun: path {RUN}/start is {RUN}/begin there": lambda api: api[
        "StartPipelineRun"
    ].update(path=f"{RUN}/begin"),
    "changed operation ListWorkspaces: version 2021-02-04 is 2026-01-01 there": lambda api: api[
        "ListWorkspaces"
    ].update(version="2026-01-01"),
    "new     parameter ListPipelines: query Label (type string, required yes)": lambda api: api["ListPipelines"][
        "parameters"
    ].append({"in": "query", "name": "Label", "schema": {"type": "string", "required": True}}),
    "removed parameter GetPipelineRun: query TokenId": lambda api: api["GetPipelineRun"]["parameters"].remove(
        query(api, "GetPipelineRun", "TokenId")
    ),
    "changed parameter ListPipelineRuns: query PageSize: type integer is string there": lambda api: query(
        api, "ListPipelineRuns", "PageSize"
    )["schema"].update(type="string"),
    "changed parameter ListPipelineRuns: query PageSize: format int32 is int64 there": lambda api: query(
        api, "ListPipelineRuns", "PageSize"
    )["schema"].update(format="int64"),
    "changed parameter ListPipelineRunNodeOutputs: query Depth: required yes is no there": lambda api: query(
        api, "ListPipelineRunNodeOutputs", "Depth"
    )["schema"].update(required=False),
    "changed parameter ListPipelineRuns: query Name: place query is header there": lambda api: query(
        api, "ListPipelineRuns", "Name"
    ).update({"in": "header"}),
    "changed parameter CreatePipelineRun: body: required no is yes there": lambda api: query(
        api, "CreatePipelineRun", "body"
    )["schema"].update(required=True),
    "new     parameter CreatePipelineRun: body Token (type object, required no)": lambda api: body(
        api, "CreatePipelineRun"
    ).update(Token={"type": "object", "properties": {"Id": {"type": "string"}}}),
    "removed parameter CreatePipelineRun: body Options": lambda api: body(api, "CreatePipelineRun").pop("Options"),
    "removed parameter UpdatePipeline: body": lambda api: api["UpdatePipeline"]["parameters"].remove(
        query(api, "UpdatePipeline", "body")
    ),
    "changed field     ListPipelineRunsStatus: body Nodes[].NodeId: required no is yes there": lambda api: body(
        api, "ListPipelineRunsStatus"
    )["Nodes"]["items"]["properties"]["NodeId"].update(required=True),
    "changed field     ListPipelineRunsStatus: body PipelineRuns[]: type string is integer there": lambda api: body(
        api, "ListPipelineRunsStatus"
    )["PipelineRuns"]["items"].update(type="integer"),
    "new     field     ListWorkspaces: reply Workspaces[].DisplayName (type string, required no)": lambda api: reply(
        api, "ListWorkspaces"
    )["Workspaces"]["items"]["properties"].update(DisplayName={"type": "string"}),
    "removed field     GetPipelineRun: reply SourceId": lambda api: reply(api, "GetPipelineRun").pop("SourceId"),
    "removed field     ListPipelineRunsStatus: reply Nodes": lambda api: reply(api, "ListPipelineRunsStatus").pop(
        "Nodes"
    ),
    "changed field     ListPipelineRunsStatus: reply Nodes: type array is object there": lambda api: reply(
        api, "ListPipelineRunsStatus"
    ).update(Nodes={"type": "object"}),
    "changed field     ListPipelineRuns: reply PipelineRuns: required yes is no there": lambda api: reply(
        api, "ListPipelineRuns"
    )["PipelineRuns"].update(required=False),
}


def run(tmp_path, capsys, api, *options):
    """Run the command on a file: its exit status, and what it prints."""
    path = tmp_path / "vendor.json"
    path.write_text(json.dumps(api))
    status = command.main([str(path), *options])
    return status, capsys.readouterr().out


def test_ours_is_the_vendors(capsys):
    assert 0 == command.main([str(FILE)])
    assert "no difference; the vendor's file has 19 operations\n" == capsys.readouterr().out


def test_a_schema_that_holds_itself_is_read_once():
    tree = {
        "type": "object",
        "properties": {"Trees": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}},
    }
    reply = {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tree"}}}}
    get = {"operationId": "GetTree", "x-paiflow-service": {"host": "trees"}, "responses": {"200": reply}}
    document = {
        "openapi": "3.1.0",
        "x-paiflow-service": {"product": "PAIFlow", "version": "2021-02-02", "host": "paiflow"},
        "paths": {"/tree": {"get": get}},
        "components": {"schemas": {"Tree": tree}},
    }
    read = ours.operations(document)["GetTree"]

    assert "2021-02-02" == read.version
    assert [("object", ""), ("array", "Trees"), ("object", "Trees[]")] == [
        (entry.type, place.name) for place, entry in read.entries.items()
    ]


@pytest.mark.parametrize("told", EDITS)
def test_each_edit_is_told_once_with_its_place(told, tmp_path, capsys):
    api = copy.deepcopy(VENDOR)
    EDITS[told](api)

    status, printed = run(tmp_path, capsys, api)

    assert 1 == status
    difference, _ = printed.splitlines()
    assert difference.startswith(told)


def test_the_report_is_json_on_request(tmp_path, capsys):
    api = copy.deepcopy(VENDOR)
    query(api, "ListPipelineRuns", "PageSize")["schema"]["type"] = "string"

    status, printed = run(tmp_path, capsys, api, "--json")

    assert 1 == status
    assert {
        "operations": 19,
        "differences": [
            {
                "change": "changed",
                "what": "parameter",
                "operation": "ListPipelineRuns",
                "place": "query PageSize",
                "ours": {"type": "integer"},
                "theirs": {"type": "string"},
            }
        ],
    } == json.loads(printed)


@pytest.mark.parametrize("api", [{}, [], {"GetPipeline": {"method": "get"}}, {"GetPipeline": None}, "text"])
def test_a_file_of_another_form_is_a_line(api, tmp_path, capsys):
    (tmp_path / "vendor.json").write_text(json.dumps(api))

    assert 2 == command.main([str(tmp_path / "vendor.json")])
    assert 1 == capsys.readouterr().err.count("\n")


def test_a_file_that_is_not_there_is_a_line(tmp_path, capsys):
    assert 2 == command.main([str(tmp_path / "lost.json")])
    assert "lost.json" in capsys.readouterr().err


def test_the_nightly_workflow_runs_it_on_a_file_that_is_given():
    workflow = (ROOT / ".github/workflows/nightly.yml").read_text()

    assert 'scripts/vendor "$VENDOR_API"' in workflow
