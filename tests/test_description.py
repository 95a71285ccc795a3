"""The description says what the vendor's pages say, the samples to the letter; with the overlays, what is true.

Names, types, places and what is required: tests/test_vendor.py compares them with the vendor's own description.
"""

import json
import re
from pathlib import Path

import pytest
from described import effective_description
from judgements import operations, resolved, validator

from paiflow import _yaml
from tooling import generation
from tooling.documents import walk

DATA = Path(__file__).with_name("data")
BASE = _yaml.load(generation.DESCRIPTION.read_text(encoding="utf-8"))
EFFECTIVE = effective_description()
OPERATIONS = {operation["operationId"]: operation for operation in operations(BASE)}
SAMPLES = {path.stem: path.read_text(encoding="utf-8") for path in DATA.joinpath("samples").iterdir()} | {
    "ListPipelineRunsStatus": (DATA / "documented_sample.json").read_text(encoding="utf-8")
}
# Operation, field and example, from the tables of the vendor's pages; without a newline where one follows it.
EXAMPLES = json.loads((DATA / "documented_examples.json").read_text(encoding="utf-8"))


def content(operation):
    """The content of an operation's reply."""
    return operation["responses"]["200"]["content"]["application/json"]


def parts(schema):
    """A schema, and those that it extends."""
    schema = resolved(BASE, schema)
    yield schema
    for part in schema.get("allOf", []):
        yield from parts(part)


def fields(schema, name):
    """Each field that a schema leads to, with its schema."""
    yield name, resolved(BASE, schema)
    for part in parts(schema):
        for key, inner in part.get("properties", {}).items():
            yield from fields(inner, f"{name}.{key}")
        if "items" in part:
            yield from fields(part["items"], f"{name}[]")


def described(operation):
    """Each parameter and field of an operation, with its schema."""
    for parameter in operation.get("parameters", []):
        yield f"request.{parameter['name']}", parameter["schema"]
    if body := operation.get("requestBody"):
        yield from fields(body["content"]["application/json"]["schema"], "request.body")
    yield from fields(content(operation)["schema"], "response")


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_documented_example_stands_at_its_field(name):
    given = {
        field: [json.dumps(one) if isinstance(one, bool) else str(one).strip() for one in schema.get("examples", [])]
        for field, schema in described(OPERATIONS[name])
    }

    assert [] == [field for field, example in EXAMPLES[name].items() if example not in given[field]]


def test_all_operations_are_described():
    assert 19 == len(OPERATIONS)
    assert set(EXAMPLES) == set(SAMPLES) == set(OPERATIONS)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_the_pages_to_the_letter(name):
    sample = SAMPLES[name]

    assert json.loads(sample) == content(OPERATIONS[name])["examples"]["documented"]["value"]
    # To the letter: the very text, but for where its lines start.
    description = "".join(line.strip() for line in generation.DESCRIPTION.read_text(encoding="utf-8").splitlines())
    assert "".join(line.strip() for line in sample.splitlines()) in description


def test_strict_readers_of_yaml_take_the_samples():
    """YAML 1.2 wants all lines of a flow collection deeper than its key, the last one too; PyYAML does not mind."""
    assert not re.search(r"^ *\w+: [\[{]$", generation.DESCRIPTION.read_text(encoding="utf-8"), re.MULTILINE)


def test_nothing_is_sent_by_default():
    assert [] == [pointer for pointer, node in walk(BASE) if isinstance(node, dict) and "default" in node]


def test_the_base_knows_neither_errors_nor_enums():
    assert {("200",)} == {tuple(operation["responses"]) for operation in OPERATIONS.values()}
    assert [] == [pointer for pointer, node in walk(BASE) if isinstance(node, dict) and "enum" in node]


def test_every_operation_has_its_service_and_its_link():
    for name, operation in OPERATIONS.items():
        service = operation.get("x-paiflow-service", BASE["x-paiflow-service"])
        assert operation["externalDocs"]["url"].endswith(
            f"/api-{service['product'].lower()}-{service['version']}-{name.lower()}"
        )
    assert "aiworkspace" == OPERATIONS["ListWorkspaces"]["x-paiflow-service"]["host"]


def test_the_change_history_is_data_newest_first():
    histories = {
        name: [change["date"] for change in operation.get("x-change-history", [])]
        for name, operation in OPERATIONS.items()
    }

    assert ["2024-07-24", "2022-12-15", "2022-06-14"] == histories["ListPipelineRunsStatus"]
    assert ["ListWorkspaces"] == [name for name, dates in histories.items() if not dates]
    assert all(dates == sorted(dates, reverse=True) for dates in histories.values())


def test_every_operation_names_its_ram_action():
    actions = {operation["operationId"]: operation["x-ram-action"] for operation in operations(EFFECTIVE)}

    assert actions.pop("ListWorkspaces") == "paiworkspace:ListWorkspaces"
    assert actions == {name: f"paiflow:{name}" for name in actions}
    undisclosed = {name for name, operation in OPERATIONS.items() if "x-ram-action" not in operation}
    assert {"ListPipelineRunsStatus", "StartPipelineRun", "DeletePipelineRun"} == undisclosed


def test_the_words_of_a_parameter_name_all_values_of_its_enum():
    missing = []
    for operation in operations(EFFECTIVE):
        for parameter in operation.get("parameters", []):
            for part in parameter["schema"].get("allOf", []):
                values = resolved(EFFECTIVE, part)["enum"]
                missing += [value for value in values if value not in parameter["description"]]

    # A run's status that the filter's list leaves out.
    assert {"ReadyToSchedule", "Starting", "WorkflowServiceStarting", "Suspended"} == set(missing)


@pytest.mark.parametrize(
    ("base", "extended"),
    [
        ("PipelineRun", ["PipelineRunSummary", "PipelineRunState"]),
        ("PipelineRunSummary", ["GetPipelineRunResponse"]),
        ("Node", ["NodeState", "NodeRuntime"]),
        ("Output", ["OutputValue", "OutputInfo"]),
        ("Pipeline", ["GetPipelineResponse"]),
        ("NodeDetails", ["GetPipelineRunNodeResponse"]),
    ],
)
def test_replies_of_the_same_thing_extend_one_base(base, extended):
    assert extended == [
        name
        for name, schema in BASE["components"]["schemas"].items()
        if {"$ref": f"#/components/schemas/{base}"} in schema.get("allOf", [])
    ]


# With the overlays: what fits a component, and what does not.

REQUEST_ID = {"RequestId": "R-1"}
FITS = [
    ("PipelineRunState", {"Status": "New", "UserId": 1, "ParentUserId": "1", "NodeId": None}),
    ("PipelineRunSummary", {"WorkspaceId": 15945, "StartedAt": None, "FinishedAt": "", "SourceType": "NEW"}),
    ("PipelineRunSummary", {"StartedAt": "2021-01-30T12:51:33.028Z\n", "GmtCreateTime": "2021-01-30T12:51:33.028Z\n"}),
    ("NodeState", {"Status": "New", "StartedAt": None, "FinishedAt": ""}),
    ("NodeStatusInfo", {"Status": "New", "StartedAt": "2021-10-15T10:39:58.000Z"}),
    ("NodeSpec", {"Pipelines": [{"Metadata": {"NodeId": "node-1"}, "Spec": {"Pipelines": [{"test": 1}]}}]}),
    ("OutputValue", {"Type": "Any", "Value": "text", "Metadata": {"a": 1}}),
    ("Workspace", {"Creator": 122424353535, "Status": "NEW", "ExtraInfos": {}}),
    ("GetPipelineResponse", {**REQUEST_ID, "Manifest": "apiVersion: ****"}),
    ("Acknowledgement", REQUEST_ID),
    ("ErrorReply", {"Code": "200200004", "Message": "no such pipeline", **REQUEST_ID}),
    ("ListPipelineRunsStatusRequest", {"PipelineRuns": ["flow-1"]}),
    ("ListPipelineRunsStatusRequest", {"Nodes": [{"PipelineRunId": "flow-1", "NodeId": "node-1"}]}),
    ("CreatePipelineRunRequest", {"WorkspaceId": "1", "PipelineId": "pipeline-1", "SourceType": "SDK"}),
]
DOES_NOT_FIT = [
    ("PipelineRunState", {"UserId": True}),
    ("PipelineRunState", {"NodeId": 1}),
    ("PipelineRunSummary", {"WorkspaceId": True}),
    ("PipelineRunSummary", {"StartedAt": "soon"}),
    ("PipelineRunSummary", {"StartedAt": "soon\n"}),
    ("PipelineRunSummary", {"GmtModifiedTime": None}),
    ("NodeRuntime", {"FinishedAt": "soon"}),
    ("OutputInfo", {"GmtCreateTime": ""}),
    ("NodeSpec", {"Pipelines": [{"Metadata": "node-1"}]}),
    ("Acknowledgement", {}),
    ("ListPipelineRunsResponse", REQUEST_ID),
    ("ErrorReply", {"Message": "no such pipeline", **REQUEST_ID}),
    ("ListPipelineRunsStatusRequest", {}),
    ("ListPipelineRunsStatusRequest", {"PipelineRuns": []}),
    ("ListPipelineRunsStatusRequest", {"PipelineRuns": [""]}),
    ("ListPipelineRunsStatusRequest", {"Nodes": [{"NodeId": "node-1"}]}),
    ("ListPipelineRunsStatusRequest", {"PipelineRuns": ["flow-1"], "WorkspaceId": 1}),
    ("ListPipelineRunsStatusRequest", {"PipelineRuns": ["flow-1"], "OutputType": "model"}),
    ("CreatePipelineRunRequest", {"PipelineId": "pipeline-1"}),
    ("CreatePipelineRunRequest", {"WorkspaceId": "1"}),
    ("CreatePipelineRunRequest", {"WorkspaceId": "1", "PipelineId": "pipeline-1", "PipelineManifest": "a"}),
    ("CreatePipelineRunRequest", {"WorkspaceId": "1", "PipelineId": "pipeline-1", "Accessibility": "public"}),
    ("UpdatePipelineRequest", {"Manifest": ""}),
    ("UpdatePipelineRunRequest", {}),
]


@pytest.mark.parametrize(("name", "value"), FITS)
def test_what_the_service_may_send_or_take_fits(name, value):
    assert validator(EFFECTIVE, f"#/components/schemas/{name}")(value)


@pytest.mark.parametrize(("name", "value"), DOES_NOT_FIT)
def test_what_it_may_not_does_not_fit(name, value):
    assert not validator(EFFECTIVE, f"#/components/schemas/{name}")(value)


def test_what_may_be_repeated_paged_filled_in_and_shown_is_data():
    said = {operation["operationId"]: operation for operation in operations(EFFECTIVE)}
    calls = {name: operation.get("x-paiflow", {}) for name, operation in said.items()}

    assert ["ListPipelineRunsStatus"] == [name for name, call in calls.items() if call.get("repeatable")]
    assert {
        "ListPipelineRuns": ("page", "PipelineRuns", "PipelineRunId"),
        "ListPipelines": ("page", "Pipelines", "PipelineId"),
        "ListPipelineRunNodeOutputs": ("page", "Outputs", "Id"),
        "ListPipelineRunNodeLogs": ("offset", "Logs", None),
        "ListWorkspaces": ("page", "Workspaces", "WorkspaceId"),
    } == {
        name: (pages["by"], pages["items"], pages.get("id"))
        for name, call in calls.items()
        if (pages := call.get("pages"))
    }
    assert {"ListPipelineRuns", "ListPipelines", "ListPipelineRunsStatus", "CreatePipeline", "CreatePipelineRun"} == {
        name for name, call in calls.items() if call.get("defaults")
    }
    secrets = {
        (name, parameter["name"])
        for name, operation in said.items()
        for parameter in operation.get("parameters", [])
        if parameter["schema"].get("x-paiflow-secret")
    }
    of_nodes = {f"ListPipelineRunNode{what}" for what in ("Status", "Outputs", "Logs")}
    assert {(name, "TokenId") for name in {"GetPipelineRun", "GetPipelineRunNode"} | of_nodes} == secrets


def test_comma_lists_are_lists_in_one_parameter():
    lists = {
        (operation["operationId"], parameter["name"]): (parameter["schema"]["type"], parameter.get("explode"))
        for operation in operations(EFFECTIVE)
        for parameter in operation.get("parameters", [])
        if parameter["name"] in ("PipelineIds", "ModuleList", "Fields", "WorkspaceIds")
    }

    assert 4 == len(lists)
    assert {("array", False)} == set(lists.values())


def test_workspaces_can_be_filtered_as_newer_sources_say():
    names = [parameter["name"] for parameter in EFFECTIVE["paths"]["/api/v1/workspaces"]["get"]["parameters"]]

    assert ["ResourceGroupId", "UserId"] == names[-2:]
    assert "ResourceGroupId" not in [parameter["name"] for parameter in OPERATIONS["ListWorkspaces"]["parameters"]]
