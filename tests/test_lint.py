"""The lint finds what it must, says in which line it is, and finds nothing in what we have."""

import copy
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest
from described import effective_description

from paiflow import _yaml
from paiflow._description import keys_of
from tooling import generation, lint
from tooling.lint import command, evidence, rules, style

BASE = _yaml.load_file(generation.DESCRIPTION)
EFFECTIVE = effective_description()
PATH = "/api/v1/pipelineruns"
YAMLLINT = style.linter.run


@cache
def style_of(text):
    """What yamllint says of a text, asked once."""
    return list(YAMLLINT(text, style.settings()))


@pytest.fixture(autouse=True)
def _style_is_judged_here_and_once(monkeypatch):
    """Files are the same in most tests, and yamllint takes a second for them; a module is linted as it is in one test."""
    monkeypatch.setattr(command, "ProcessPoolExecutor", ThreadPoolExecutor)
    monkeypatch.setattr(style.linter, "run", lambda text, _: style_of(text))


def put(description):
    """The operation that everything is about."""
    return description["paths"][PATH]["put"]


def answer(description):
    """What it answers with."""
    return put(description)["responses"]["200"]


def schema(description, name="Node"):
    return description["components"]["schemas"][name]


def test_what_we_have_passes(capsys):
    status = lint.main()

    assert (0, "") == (status, capsys.readouterr().err)


def test_the_lint_runs_as_a_module():
    path = {"PYTHONPATH": f"{generation.ROOT / 'scripts'}:{':'.join(sys.path)}"}
    finished = subprocess.run(
        [sys.executable, "-m", "tooling.lint"], capture_output=True, text=True, env=path, check=False
    )

    assert (0, f"linting openapi.yaml and {len(generation.overlay_files())} overlays\n", "") == (
        finished.returncode,
        finished.stdout,
        finished.stderr,
    )


def test_without_its_linter_it_fails_with_a_line(monkeypatch, capsys):
    monkeypatch.setattr(command, "find_spec", lambda _: None)

    assert 1 == lint.main()
    assert "the lint needs yamllint, which is not installed: run scripts/bootstrap\n" == capsys.readouterr().err


# Rules: how a description is broken, and what is said of it.

BROKEN = {
    "no operationId": lambda d: put(d).pop("operationId"),
    "no summary": lambda d: put(d).pop("summary"),
    "no tags": lambda d: put(d).pop("tags"),
    "no link to the vendor's page": lambda d: put(d).pop("externalDocs"),
    "no link to the vendor's page (externalDocs.url)": lambda d: d.pop("externalDocs"),
    "the tag zoo is not among": lambda d: put(d).update(tags=["zoo"]),
    "operationId list_runs is not spelt like": lambda d: put(d).update(operationId="list_runs"),
    "operationId ListPipelineRunsStatus is that of": lambda d: d["paths"].update({"/api/v1/b": {"put": put(d)}}),
    "the path /API/v1/b is not spelt like": lambda d: d["paths"].update({"/API/v1/b": {}}),
    "the path /api/v1/b/ is not spelt like": lambda d: d["paths"].update({"/api/v1/b/": {}}),
    "the tag Pipeline_Runs is not spelt like": lambda d: d["tags"].append({"name": "Pipeline_Runs"}),
    "the component node is not spelt like": lambda d: d["components"]["schemas"].update(node={"type": "string"}),
    "info has no title": lambda d: d["info"].update(title=""),
    "info has no summary": lambda d: d["info"].pop("summary"),
    "info has no description": lambda d: d["info"].pop("description"),
    "info.version is not the vendor's": lambda d: d["info"].update(version="1.0"),
    "not OpenAPI 3.1: ": lambda d: answer(d).pop("description"),
    "$ref #/components/schemas/Lost names nothing": lambda d: schema(d).update(allOf=[{"$ref": "#/components/schemas/Lost"}]),
    "there is no security scheme Lost": lambda d: put(d).update(security=[{"Lost": []}]),
    "the link http://example.net.cn/a is not https": lambda d: schema(d).update(description="See http://example.net.cn/a."),
    "the link https://10.0.0.1/x leads to a host that is not public": lambda d: d["externalDocs"].update(url="https://10.0.0.1/x"),
}  # fmt: skip

BROKEN_ONCE_APPLIED = {
    "no errors among its responses": lambda d: put(d).update(responses={"200": answer(d)}),
    "nothing refers to the component Lonely": lambda d: d["components"]["schemas"].update(Lonely={"type": "string"}),
    "nothing refers to the component Myself": lambda d: d["components"]["schemas"].update(
        Myself={"type": "array", "items": {"$ref": "#/components/schemas/Myself"}}
    ),
    "nothing refers to the component Unused": lambda d: d["components"].update(headers={"Unused": {"schema": {}}}),
    "nothing refers to the component Nobody": lambda d: d["components"]["securitySchemes"].update(
        Nobody={"type": "http", "scheme": "basic"}
    ),
}


def of_descriptions(description):
    return [fault for rule in lint.OF_DESCRIPTIONS for fault in rule(description)]


def of_effective(description):
    return [fault for rule in lint.OF_EFFECTIVE for fault in rule(description)]


def faults(rule, description, break_it):
    broken = copy.deepcopy(description)
    before = set(rule(broken))
    break_it(broken)
    return [fault for fault in rule(broken) if fault not in before]


@pytest.mark.parametrize("words", BROKEN)
def test_a_broken_description_is_found(words):
    found = faults(of_descriptions, BASE, BROKEN[words])

    assert [fault.message for fault in found if words in fault.message]


@pytest.mark.parametrize("words", BROKEN_ONCE_APPLIED)
def test_what_is_due_once_the_overlays_are_applied_is_found(words):
    found = faults(of_effective, EFFECTIVE, BROKEN_ONCE_APPLIED[words])

    assert [fault.message for fault in found if words in fault.message]


def test_the_base_tells_no_errors_and_the_overlays_do():
    assert {f"{operation.title}: no errors among its responses" for operation in rules.operations(BASE)} == {
        fault.message for fault in lint.error_faults(BASE)
    }
    assert [] == list(lint.error_faults(EFFECTIVE))


# Examples: wherever one can stand. Each is put in right and wrong.


def in_schema(key, listed):
    return lambda d, example: schema(d)["properties"]["StartedAt"].update({key: [example] if listed else example})


def in_header(key):
    def put_in(d, example):
        shown = example if key == "example" else {"one": {"value": example}}
        answer(d)["headers"] = {"x-a": {"schema": {"type": "string", "format": "date-time"}, key: shown}}

    return put_in


def in_parameter(d, example):
    schema_of_it = {"type": "string", "format": "date-time"}
    put(d)["parameters"] = [
        {"name": "a", "in": "query", "schema": schema_of_it, "examples": {"one": {"value": example}}}
    ]


def in_parameter_with_content(d, example):
    content = {"text/plain": {"schema": {"type": "string", "format": "date-time"}, "example": example}}
    put(d)["parameters"] = [{"name": "a", "in": "query", "content": content}]


def in_request(d, example):
    content = put(d)["requestBody"]["content"]["application/json"]
    content["example"] = {"PipelineRuns": ["flow-a"], "WorkspaceId": example}
    content["schema"] = {"type": "object", "properties": {"WorkspaceId": {"type": "string", "format": "date-time"}}}


def in_reply(d, example):
    content = answer(d)["content"]["application/json"]["examples"]
    content["mine"] = {"value": {"RequestId": "R", "Nodes": [{"StartedAt": example}]}}


def among_components(d, example):
    d["components"]["examples"] = {"Mine": {"value": {"RequestId": "R", "Nodes": [{"StartedAt": example}]}}}
    answer(d)["content"]["application/json"]["examples"]["mine"] = {"$ref": "#/components/examples/Mine"}


def in_property_of_an_awkward_name(d, example):
    schema(d)["properties"]["example"] = {"type": "string", "format": "date-time", "examples": [example]}


def in_webhook(d, example):
    body = {"content": {"application/json": {"schema": {"type": "string", "format": "date-time"}, "example": example}}}
    d["webhooks"] = {"done": {"post": {"requestBody": body, "responses": {"200": {"description": "ok"}}}}}


EXAMPLES = {
    "schema examples": in_schema("examples", listed=True),
    "schema example": in_schema("example", listed=False),
    "schema default": in_schema("default", listed=False),
    "header example": in_header("example"),
    "header examples": in_header("examples"),
    "parameter": in_parameter,
    "parameter with content": in_parameter_with_content,
    "request": in_request,
    "reply": in_reply,
    "component": among_components,
    "awkward name": in_property_of_an_awkward_name,
    "webhook": in_webhook,
}


@pytest.mark.parametrize("place", EXAMPLES)
def test_an_example_that_does_not_hold_is_found_wherever_it_stands(place):
    right = faults(lint.example_faults, EFFECTIVE, lambda d: EXAMPLES[place](d, "2021-01-21T17:12:35.232Z"))
    wrong = faults(lint.example_faults, EFFECTIVE, lambda d: EXAMPLES[place](d, "yesterday"))

    assert [] == right
    assert wrong
    assert all("the example does not hold" in fault.message for fault in wrong)


def test_what_is_data_is_no_example():
    def data(d):
        answer(d)["content"]["application/json"]["examples"]["mine"] = {
            "value": {"RequestId": "R", "schema": {"type": "string"}, "example": 1, "examples": {"a": {"value": 1}}}
        }
        d["x-notes"] = {"schema": {"type": "string"}, "example": 1}
        d["servers"] = [{"url": "https://{host}", "variables": {"host": {"default": "a", "enum": ["b"]}}}]

    assert [] == faults(lint.example_faults, EFFECTIVE, data)


@pytest.mark.parametrize(
    ("example", "words"),
    [
        (
            {"externalValue": "https://www.alibabacloud.com/a.json"},
            "an externalValue cannot be held against its schema",
        ),
        ({"summary": "nothing"}, "an example without a value"),
    ],
)
def test_an_example_that_nobody_can_judge_is_found(example, words):
    def put_in(d):
        answer(d)["content"]["application/json"]["examples"]["mine"] = example

    [fault] = faults(lint.example_faults, EFFECTIVE, put_in)

    assert words in fault.message
    assert fault.pointer.endswith("/examples/mine")


def test_example_and_examples_exclude_each_other():
    [fault] = faults(
        lint.example_faults,
        EFFECTIVE,
        lambda d: answer(d)["content"]["application/json"].update(example={"RequestId": "R"}),
    )

    assert "example and examples exclude each other" == fault.message


def test_the_sample_does_not_hold_under_the_pages_own_types():
    """Which is what the overlay on account ids is for."""
    found = list(lint.example_faults(BASE))

    assert 2 == len(found)
    assert all(
        fault.pointer.endswith("/examples/documented") and "1557702098194904" in fault.message for fault in found
    )


# Overlays as documents


def overlay(folder, *actions, name="010-x.yaml", head="overlay: 1.1.0"):
    path = folder / "overlays" / name
    path.parent.mkdir(exist_ok=True)
    listed = "".join(f"  - {{target: $.info, {action}}}\n" for action in actions)
    path.write_text(f"{head}\ninfo: {{title: t, version: '1'}}\nactions:\n{listed}", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("description", "words"),
    [
        ("update: {a: 1}", "no 'Evidence:' with a link"),
        ("description: 'Evidence: a feeling', update: {b: 1}", "no 'Evidence:' with a link"),
        ("description: See https://help.aliyun.com/, update: {c: 1}", "no 'Evidence:' with a link"),
        ("description: 'Evidence: http://help.aliyun.com/a.', update: {c: 1}", "http://help.aliyun.com/a is not https"),
        ("description: 'Evidence: https://192.168.0.1/a', update: {c: 1}", "not public"),
        ("description: 'Evidence: https://localhost/a', update: {c: 1}", "not public"),
        ("description: 'Evidence: https://wiki/a', update: {c: 1}", "not public"),
        ("description: 'Evidence: https://wiki.corp/a', update: {c: 1}", "not public"),
        ("description: 'Evidence: https://example.com/a', update: {c: 1}", "not public"),
        ("description: 'Evidence: https://[::1]/a', update: {c: 1}", "not public"),
        (
            "description: 'Evidence: https://help.aliyun.com/', update: {c: 1}, remove: true",
            "update and remove exclude",
        ),
    ],
)
def test_an_action_without_public_evidence_is_found(tmp_path, description, words):
    path = overlay(tmp_path, "description: 'Evidence: https://help.aliyun.com/.', update: {a: 1}", description)
    [fault] = lint.evidence_faults(_yaml.load_file(path))

    assert "#/actions/1" == fault.pointer
    assert words in fault.message


def test_an_overlay_of_another_version_is_found(tmp_path):
    path = overlay(tmp_path, "description: 'Evidence: https://help.aliyun.com/', update: {a: 1}", head="overlay: 1.0.0")

    assert ["#/overlay"] == [fault.pointer for fault in lint.evidence_faults(_yaml.load_file(path))]


def test_overlays_of_odd_names_or_the_same_number_are_found(tmp_path):
    names = ["010-a.yaml", "010-b.yaml", "2-c.yaml", "020-D.yaml", "030-d.yaml"]
    found = [(path.name, fault.message) for path, fault in evidence.file_faults(tmp_path / name for name in names)]

    assert [
        ("010-b.yaml", "010-a.yaml has the number 010, too"),
        ("2-c.yaml", "the file's name is not NNN-topic.yaml"),
        ("020-D.yaml", "the file's name is not NNN-topic.yaml"),
    ] == found


# What is printed: on a copy of the description and its overlays.


@pytest.fixture
def ours(tmp_path, monkeypatch):
    """A copy of what is linted, and where it is looked for."""
    (tmp_path / "overlays").mkdir()
    for path in [generation.DESCRIPTION, *generation.overlay_files()]:
        (tmp_path / path.relative_to(generation.ROOT)).write_bytes(path.read_bytes())
    monkeypatch.setattr(generation, "DESCRIPTION", tmp_path / "openapi.yaml")
    monkeypatch.setattr(generation, "OVERLAYS", tmp_path / "overlays")
    monkeypatch.setattr(command, "DESCRIPTION", tmp_path / "openapi.yaml")
    monkeypatch.setattr(command, "ROOT", tmp_path)
    return tmp_path


def edited(path, old, new):
    """Change a file, and return the number of the line that was changed."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def printed(capsys):
    status = lint.main()
    return status, capsys.readouterr().err.splitlines()


def test_a_finding_names_file_and_line(ours, capsys):
    line = edited(ours / "openapi.yaml", "operationId: ListPipelineRunsStatus", "operationId: list-pipeline-runs")

    status, [said] = printed(capsys)

    assert 1 == status
    assert said.startswith(f"openapi.yaml:{line}: PUT {PATH}: operationId list-pipeline-runs is not spelt like")


def test_what_an_overlay_breaks_is_told_of_its_action(ours, capsys):
    path = ours / "overlays" / "040-timestamps.yaml"
    text = path.read_text(encoding="utf-8")
    first = text.index("  - target:")
    path.write_text(
        text[:first] + "  - target: $.components.schemas.Node.properties.NodeName\n"
        "    description: 'Evidence: https://help.aliyun.com/'\n    update: {examples: [5]}\n" + text[first:],
        encoding="utf-8",
    )

    status, [said] = printed(capsys)

    assert 1 == status
    assert said.startswith(f"overlays/040-timestamps.yaml:{text[:first].count(chr(10)) + 1}: the example does not hold")


def test_many_faults_take_one_reading_of_each_file(ours, capsys, monkeypatch):
    """The overlays break an operation that the base has right, and the base many that it has not."""
    path = ours / "openapi.yaml"
    text = path.read_text(encoding="utf-8")
    wrong = "".join(
        f"  /api/v1/things/{{Thing{number}}}:\n    get:\n      operationId: get-{number}\n      responses:\n"
        "        '200': {description: d}\n"
        for number in range(30)
    )
    path.write_text(text.replace("\ncomponents:", f"\n{wrong}components:", 1), encoding="utf-8")
    overlay = ours / "overlays" / "040-timestamps.yaml"
    broken = (
        "  - target: $.paths[*][*]\n    description: 'Evidence: https://help.aliyun.com/'\n    update: {tags: [lost]}\n"
    )
    overlay.write_text(overlay.read_text(encoding="utf-8") + broken, encoding="utf-8")
    read, judged = [], []
    locate, invalid = _yaml.locate_file, rules.operation_faults
    monkeypatch.setattr(_yaml, "locate_file", lambda path: read.append(path) or locate(path))
    counted = lambda description: judged.append(description) or invalid(description)  # noqa: E731
    monkeypatch.setattr(
        command, "OF_EFFECTIVE", tuple(counted if rule is invalid else rule for rule in rules.OF_EFFECTIVE)
    )

    status, said = printed(capsys)

    assert 1 == status
    line = path.read_text(encoding="utf-8").splitlines().index("  /api/v1/things/{Thing7}:") + 2
    assert any(
        f"openapi.yaml:{line + 1}: GET /api/v1/things/{{Thing7}}: operationId get-7 is not" in one for one in said
    )
    action = overlay.read_text(encoding="utf-8").splitlines().index("  - target: $.paths[*][*]") + 1
    assert 30 + len(rules.operations(BASE)) == sum(
        f"040-timestamps.yaml:{action}: " in one and "the tag lost" in one for one in said
    )
    assert len(read) == len(set(read))
    assert len(judged) < 10


def test_style_is_judged_too(ours, capsys):
    line = edited(ours / "openapi.yaml", "required: false", "required: no")

    status, said = printed(capsys)

    assert 1 == status
    assert f"openapi.yaml:{line}: truthy value should be one of [false, true] (truthy)" in said


def test_a_key_that_is_there_twice_is_found_though_it_cannot_be_read(ours, capsys):
    edited(ours / "openapi.yaml", "  title: PAIFlow\n", "  title: PAIFlow\n  title: PAI\n")

    status, [said] = printed(capsys)

    assert 1 == status
    assert re.match(r".*openapi\.yaml:\d+:\d+: .*title", said)


def test_an_overlay_that_does_not_apply_is_a_line(ours, capsys):
    edited(ours / "overlays" / "040-timestamps.yaml", "target: $..properties[", "target: $..propertys[")

    status, [said] = printed(capsys)

    assert 1 == status
    assert "040-timestamps.yaml" in said
    assert "matches nothing" in said


TEXT = """a:
  b/c: 1
  list:
    - x
    - {y: 2,
       z: 3}
"""


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("#", 1),
        ("#/a", 1),
        ("#/a/b~1c", 2),
        ("#/a/list", 3),
        ("#/a/list/1", 5),
        ("#/a/list/1/z", 6),
        ("#/a/list/7/q", 3),
    ],
)
def test_a_place_is_a_line(pointer, line):
    place = tuple(int(key) if key.isdecimal() else key for key in keys_of(pointer))

    assert line == _yaml.locate(TEXT).line(place)


# Workflows: they cannot be run here, but what they call can be looked for.

WORKFLOWS = {path.name: _yaml.load_file(path) for path in sorted((generation.ROOT / ".github/workflows").glob("*.yml"))}
STEPS = [
    step["run"]
    for workflow in WORKFLOWS.values()
    for job in workflow["jobs"].values()
    for step in job.get("steps", [])  # a job may use another workflow
    if "run" in step
]


def test_what_the_workflows_call_is_there():
    called = {
        word for run in STEPS for word in re.findall(r"(?<![\w./-])(?:scripts|\.ci|tests|generated)/[\w./-]+", run)
    }

    assert {".ci/run", "scripts/upcoming", "scripts/contract", "scripts/changes", "scripts/bootstrap"} <= called
    assert [] == [path for path in called if not (generation.ROOT / path).exists()]


@pytest.mark.parametrize(("gate", "job"), [(0, 0), (1, 1), (2, 2), (3, 0)])
@pytest.mark.parametrize("base", ["", "main"])
def test_only_a_missing_base_is_no_failure_of_the_change_gate(tmp_path, gate, job, base):
    [step] = [run for run in STEPS if "scripts/changes" in run]
    script = tmp_path / "scripts" / "changes"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\necho "asked $*"\nexit {gate}\n', encoding="utf-8")
    script.chmod(0o755)
    environ = {"PATH": "/usr/bin:/bin", "BASE": base, "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    # As GitHub runs a step whose shell is bash.
    command_line = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step]
    finished = subprocess.run(
        command_line, cwd=tmp_path, env=environ, capture_output=True, encoding="utf-8", check=False
    )

    assert job == finished.returncode
    assert f"asked {'--base origin/main' if base else ''}\n" == (tmp_path / "summary").read_text(encoding="utf-8")
    assert (gate == 3) == ("::notice::" in finished.stdout)
