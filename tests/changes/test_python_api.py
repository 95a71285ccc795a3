"""The Python API is compared with that of a client generated from the description as it is now."""

import functools
import re
from pathlib import Path

import pytest
from changes import conftest

from paiflow import _yaml
from tooling.changes import python_api
from tooling.changes.verdicts import Verdict, worst

NEW = {
    "get": {
        "operationId": "GetNew",
        "parameters": [{"name": "Name", "in": "query", "schema": {"type": "string"}}],
        "responses": {"200": {"description": "", "content": {"application/json": {"schema": {
            "type": "object", "title": "GetNewResponse", "properties": {"RequestId": {"type": "string"}},
        }}}}},
    }
}  # fmt: skip
DATA = Path(__file__).parent.parent / "data/changes"
SAMPLE = (DATA / "python.py.txt").read_text(encoding="utf-8")
EDITS = _yaml.load_file(DATA / "python.yaml")
NAMES = re.findall(r"(?m)^(?:class |def )?(\w+)(?:\(|:| =)", SAMPLE)

INIT = "src/paiflow/__init__.pyi"
CLIENT = "src/paiflow/client.py"
MOCK = "src/paiflow/mock/__init__.py"
FILES = {
    INIT: conftest.INIT,
    CLIENT: conftest.CLIENT,
    MOCK: conftest.MOCK,
    "src/paiflow/__init__.py": "",
    "generated/paiflow_api/__init__.py": "",
    "generated/paiflow_api/methods.py": "class Methods: ...\nclass AsyncMethods: ...\n",
    "generated/paiflow_api/models.py": "__all__ = []\n",
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """Return the API of packages whose files are given, those of a small one where nothing else is said."""

    @functools.cache
    def load(**files):
        root = tmp_path_factory.mktemp("packages")
        for name, text in (FILES | files).items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        return python_api.load(root / "src", root / "generated")

    return load


def of_sample(text):
    """The files of a package that exports the sample."""
    return {CLIENT: text, INIT: f"from paiflow.client import *\n__all__ = {NAMES!r}\n"}


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit["edit"])
def test_each_edit_of_the_sample_has_its_verdict(loaded, edit):
    assert 1 <= SAMPLE.count(edit["old"])
    old, new = (loaded(**of_sample(text)) for text in (SAMPLE, SAMPLE.replace(edit["old"], edit["new"], 1)))
    found = list(python_api.findings(old, new, {}))

    assert edit["told"] == (worst(one.client for one in found) if found else "none"), found


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
        (MOCK, "serve", "run", ["breaking: paiflow.mock.serve: removed", "additive: paiflow.mock.run: added"]),
    ],
)  # fmt: skip
def test_each_change_of_the_api_is_told(loaded, file, old, new, told):
    assert old in FILES[file]
    found = python_api.findings(loaded(), loaded(**{file: FILES[file].replace(old, new)}), {})
    lines = sorted(f"{one.client}: {one.place}: {one.what}" for one in found)

    assert len(told) == len(lines), lines
    for expected, line in zip(sorted(told), lines, strict=True):
        assert line.startswith(expected), line


def test_what_moves_between_modules_and_is_exported_as_before_has_not_changed(loaded):
    text = SAMPLE.replace('class Fault(Exception):\n    """A fault."""\n', "from paiflow.faults import Fault\n")
    moved = {"src/paiflow/faults.py": "class Fault(Exception): ...\n"}

    assert text != SAMPLE
    assert [] == list(python_api.findings(loaded(**of_sample(SAMPLE)), loaded(**of_sample(text), **moved), {}))


def test_what_is_exported_elsewhere_is_gone_from_where_it_was(loaded):
    files = {
        INIT: FILES[INIT].replace(', "Kind"', ""),
        MOCK: 'Kind = int\n__all__ = ["serve", "Kind"]\ndef serve(port: int = 0) -> None: ...\n',
    }
    found = {f"{one.client}: {one.place}: {one.what}" for one in python_api.findings(loaded(), loaded(**files), {})}

    assert {"breaking: paiflow.Kind: removed", "additive: paiflow.mock.Kind: added"} == found


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
    project.replace("openapi.yaml", 'schemas/PipelineRunState"', 'schemas/State"')
    project.replace("openapi.yaml", '"PipelineRunState":', '"State":')

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
