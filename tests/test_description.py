"""The description says what the vendor's page says, the sample to the letter."""

import json
from pathlib import Path

from paiflow import _yaml
from tooling import generation

DATA = Path(__file__).with_name("data")
BASE = _yaml.load(generation.DESCRIPTION.read_text(encoding="utf-8"))
SCHEMAS = BASE["components"]["schemas"]

DOCUMENTED_VALUE = (
    r"{\"name\": \"model_flow_*********_node_**********_model\", \"location\": {\"name\": "
    r"\"model_flow_**********_node_***********_model\", \"endpoint\": \"http://service.odps.aliyun.com/api\", "
    r"\"project\": \"********\"}}"
)

# Field, documented type and example, from the tables of the vendor's page, by hand.
DOCUMENTED = {
    "ListPipelineRunsStatusRequest": {
        "PipelineRuns": ("array", None),
        "Nodes": ("array", None),
        "WorkspaceId": ("string", "948**"),
        "OutputType": ("string", "DataSet"),
    },
    "NodeReference": {
        "PipelineRunId": ("string", "flow-hynm2bv8wqhp5esfxq"),
        "NodeId": ("string", "node-hynm2bv8wqhp5esfx1"),
    },
    "ListPipelineRunsStatusResponse": {
        "RequestId": ("string", "473469C7-****-****-****-A3DC0DE3C83E"),
        "PipelineRuns": ("array", None),
        "Nodes": ("array", None),
        "Outputs": ("array", None),
    },
    "PipelineRun": {
        "PipelineRunId": ("string", "flow-hynm2bv8wqhp5esfxq"),
        "Status": ("string", "Running"),
        "Name": ("string", "myName"),
        "UserId": ("string", "1557702098194904"),
        "ParentUserId": ("string", "1557702098194904"),
        "NodeId": ("string", "node-98odqfpcjzwdf3caq3"),
        "SourceId": ("string", "lmi7d24h3kr0xczjlu"),
        "IsDeleted": ("boolean", False),
    },
    "Node": {
        "PipelineRunId": ("string", "flow-hynm2bv8wqhp5esfxq"),
        "NodeId": ("string", "node-hynm2bv8wqhp5esfx1"),
        "Status": ("string", "Running"),
        "InputArtifactArchived": ("boolean", True),
        "OutputArtifactArchived": ("boolean", True),
        "StartedAt": ("string", "2021-01-21T17:12:35.232Z"),
        "FinishedAt": ("string", "2021-01-21T17:12:35.232Z"),
        "NodeName": ("string", "dataSource"),
    },
    "Output": {
        "Name": ("string", "model_******"),
        "Type": ("string", "DataSet"),
        "Metadata": ("object", None),
        "GmtCreateTime": ("string", "2021-01-30T12:51:33.028Z"),
        "Id": ("string", "artifact-ty1xwv*******s8zf"),
        "Producer": ("string", "id-3d25-************-77856"),
        "NodeId": ("string", "node-obpzu*******418grb7"),
        "PipelineRunId": ("string", "flow-dsjfk******jdskls"),
        "Value": ("string", DOCUMENTED_VALUE),
        "ExpandedArtifactIndex": ("integer", 0),
        "ExpandableArtifactName": ("string", "inputArtifact"),
    },
}


def test_every_documented_field_is_described_and_no_other():
    described = {
        name: {
            field: (schema["type"], schema.get("examples", [None])[0]) for field, schema in model["properties"].items()
        }
        for name, model in SCHEMAS.items()
    }

    assert DOCUMENTED == described


def test_nothing_is_required_that_the_page_does_not_require():
    operation = BASE["paths"]["/api/v1/pipelineruns"]["put"]

    assert operation["requestBody"]["required"] is False
    assert [name for name, model in SCHEMAS.items() if "required" in model] == []
    assert list(operation["responses"]) == ["200"]


def test_the_sample_is_the_pages_to_the_letter():
    content = BASE["paths"]["/api/v1/pipelineruns"]["put"]["responses"]["200"]["content"]["application/json"]
    sample = (DATA / "documented_sample.json").read_text(encoding="utf-8")

    assert json.loads(sample) == content["examples"]["documented"]["value"]
    # To the letter: the very text, but for where its lines start.
    description = "".join(line.strip() for line in generation.DESCRIPTION.read_text(encoding="utf-8").splitlines())
    assert "".join(line.strip() for line in sample.splitlines()) in description


def test_the_change_history_is_data():
    history = BASE["paths"]["/api/v1/pipelineruns"]["put"]["x-change-history"]

    assert [change["date"] for change in history] == ["2024-07-24", "2022-12-15", "2022-06-14"]
