"""The Python API is compared with that of a client generated from the description as it is now."""

import pytest

from tooling.changes import python_api
from tooling.changes.verdicts import Verdict

NEW = {
    "get": {
        "operationId": "GetNew",
        "parameters": [{"name": "Name", "in": "query", "schema": {"type": "string"}}],
        "responses": {"200": {"description": "", "content": {"application/json": {"schema": {
            "type": "object", "title": "GetNewResponse", "properties": {"RequestId": {"type": "string"}},
        }}}}},
    }
}  # fmt: skip
INIT = "src/paiflow/__init__.pyi"
CLIENT = "src/paiflow/client.py"


def test_the_api_has_not_changed_from_itself(project):
    status, report = project.json()

    assert (0, ["description", "Python API"], []) == (status, report["compared"], report["changes"])


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (CLIENT, "def ask(", "def inquire(", ["breaking: paiflow.Client.ask: removed", "additive: paiflow.Client.inquire: added"]),
        (CLIENT, "def _call(", "def _ring(", []),
        (CLIENT, "return name", "return name.strip()", []),
        (CLIENT, 'kind: str = "run")', 'kind: str = "run", size: int = 1)', ["additive: paiflow.Client.ask: parameter size added"]),
        (CLIENT, 'kind: str = "run")', "kind: str)", ["breaking: paiflow.Client.ask: parameter is now required"]),
        (CLIENT, 'kind: str = "run")', 'kind: str = "node")', ["breaking: paiflow.Client.ask: parameter default was changed"]),
        (CLIENT, ', *, kind: str = "run"', "", ["breaking: paiflow.Client.ask: parameter was removed"]),
        (CLIENT, 'kind: str = "run")', 'kind: str | int = "run")', ["additive: paiflow.Client.ask: parameter kind: type str → str | int"]),
        (CLIENT, "name: str", "name: int", ["breaking: paiflow.Client.ask: parameter name: type str → int"]),
        (CLIENT, "-> str | None", "-> str", ["additive: paiflow.Client.ask: type str | None → str"]),
        (CLIENT, "-> str | None", "-> bytes | None", ["breaking: paiflow.Client.ask: type str | None → bytes | None"]),
        (CLIENT, "limit: int | None", "limit: float | None", ["breaking: paiflow.Client.limit: type int | None → float | None"]),
        (INIT, ', "Kind"', "", ["breaking: paiflow.Kind: removed"]),
        (INIT, '"Kind"', '"Kind", "Nobody"', []),
        ("src/paiflow/mock/__init__.py", "serve", "run", ["breaking: paiflow.mock.serve: removed", "additive: paiflow.mock.run: added"]),
    ],
)  # fmt: skip
def test_each_change_of_the_api_is_told(project, file, old, new, told):
    project.replace(file, old, new)
    lines = project.told()

    assert len(told) == len(lines), lines
    for expected, line in zip(told, lines, strict=True):
        verdict, _, what = expected.partition(": ")
        assert line.startswith(f"invisible, {verdict}, python: {what}"), line


def test_what_the_description_tells_is_not_said_again(project):
    """A field and a status go from the description: so do their names in Python, of a client generated afresh."""
    project.overlay(
        {"target": "$.components.schemas.PipelineRun.properties.Name", "remove": True},
        {"target": "$.components.schemas.NodeStatus.enum[?@ == 'Skipped']", "remove": True},
        {"target": "$.components.schemas.NodeStatus['x-paiflow-outcomes'].Skipped", "remove": True},
        {"target": "$.components.schemas.Output.properties", "update": {"Type2": {"type": "string"}}},
    )

    assert [
        "breaking, breaking, reply: PipelineRun.Name: removed",
        "invisible, breaking, reply: NodeStatus: enum value Skipped removed",
        "additive, additive, reply: Output.Type2: added",
    ] == project.told()


def test_what_the_description_tells_of_operations_is_not_said_again_of_methods(project):
    """Of both clients, of methods and of those that page, for parameters as for fields of a body."""
    listing = "$.paths['/api/v1/pipelines'].get"
    project.overlay(
        {"target": f"{listing}.parameters[?@.name == 'FuzzyMatching']", "remove": True},
        {"target": f"{listing}.parameters[?@.name == 'PipelineVersion']", "update": {"required": True}},
        {"target": "$.components.schemas.CreatePipelineRunRequest.properties.Name", "remove": True},
        {"target": "$.paths['/api/v1/pipelineruns/{PipelineRunId}'].delete", "remove": True},
        {"target": "$.paths", "update": {"/api/v1/new": NEW}},
    )

    assert [
        "breaking, breaking, request: CreatePipelineRunRequest.Name: removed",
        "breaking, breaking, operation: DELETE /api/v1/pipelineruns/{PipelineRunId}: removed",
        "breaking, breaking, request: GET /api/v1/pipelines query FuzzyMatching: parameter removed",
        "breaking, breaking, request: GET /api/v1/pipelines query PipelineVersion: required now",
        "additive, additive, operation: GET /api/v1/new: added",
    ] == project.told()


def test_what_is_worse_in_python_than_the_description_tells_is_said(project):
    old = python_api.load(project.root / "src", project.root / "generated")
    project.replace("generated/paiflow_api/models/pipeline_run.py", "    name: str | None", "    name: int | None")
    new = python_api.load(project.root / "src", project.root / "generated")

    def told(verdict):
        return {found.place for found in python_api.findings(old, new, {"pipelinerun.name": verdict})}

    runs = ("PipelineRun", "PipelineRunState", "PipelineRunSummary", "GetPipelineRunResponse")
    assert {f"paiflow.{name}.name" for name in runs} == told(Verdict.ADDITIVE)
    assert set() == told(Verdict.BREAKING)


def test_a_component_that_has_another_name_takes_its_class_along(project):
    """Nothing changes on the wire, but users import paiflow.PipelineRunState."""
    base = (project.root / "generated/paiflow_api/openapi.yaml").read_text(encoding="utf-8").partition("\n")[2]
    project.write(
        "openapi.yaml",
        base.replace("schemas/PipelineRunState'", "schemas/State'").replace("    PipelineRunState:", "    State:"),
    )
    for overlay in (project.root / "overlays").iterdir():
        overlay.unlink()

    assert ["invisible, breaking, reply: PipelineRunState: named State now"] == project.told()


def test_a_description_that_cannot_be_generated_from_is_compared_all_the_same(project):
    project.overlay(
        {
            "target": "$.components.schemas.PipelineRun.properties",
            "update": {"Odd": {"type": "array", "items": {"type": "array"}}},
        }
    )
    _, report = project.json()

    assert ["PipelineRun.Odd"] == [change["place"] for change in report["changes"]]
    assert ["the Python API is that of generated/ as it is: "] == [
        note.partition(": ")[0] + ": " for note in report["notes"]
    ]


def test_a_base_without_packages_is_compared_by_its_description(project):
    project.git("rm", "-r", "--quiet", "--cached", "src")
    project.git("commit", "--quiet", "-m", "No sources")
    _, report = project.json("--base", "HEAD")

    assert (["description"], []) == (report["compared"], report["changes"])
    assert ["the Python API is not compared: HEAD has no packages"] == report["notes"]
