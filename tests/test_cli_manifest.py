"""`paiflow manifest check` and the check before a manifest is sent; `paiflow policy`."""

import io
import json
import shlex
from pathlib import Path

import pytest

from paiflow.cli import commands
from paiflow.cli.manifest import check, manifest
from paiflow.cli.needs import COMMANDS, operations_of
from paiflow.cli.policy import policy
from paiflow.mock import HandTime, PaiFlowMock
from paiflow_api.operations import OPERATIONS

GOOD = (Path(__file__).parent / "data" / "manifests" / "CreatePipelineRun.yaml").read_text(encoding="utf-8")
BAD = GOOD.replace('- "data_source"', '- "data_sorce"')


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder that the command is started in, with files in it."""
    monkeypatch.chdir(tmp_path)
    for name, content in {
        "flow.yaml": GOOD.encode(),
        "train.yaml": GOOD.encode(),
        "bad.yaml": BAD.encode(),
        "worse.yaml": b"spec: {}",
        "latin.yaml": b"a: \xe4",
    }.items():
        Path(name).write_bytes(content)
    return tmp_path


@pytest.fixture
def run(folder, capsys, monkeypatch):
    """Run the command in this process: `code, stdout, stderr = run(…)`."""

    def run_(*arguments, stdin=""):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = commands.run(arguments)
        return code, *capsys.readouterr()

    return run_


def examples(command):
    text = command.help.partition("Examples:\n")[2]
    return [line.strip() for line in text.splitlines() if line.startswith("  ")]


@pytest.mark.parametrize("example", [line for one in (check, manifest, policy) for line in examples(one)])
def test_examples_of_the_help_work(run, example):
    line = example.rpartition("| ")[2].removeprefix("paiflow ")  # what stands before a | writes a manifest

    assert 0 == run(*shlex.split(line), stdin=GOOD)[0]


@pytest.mark.parametrize("command", [check, manifest, policy])
def test_each_has_two_examples(command):
    assert 2 == len(examples(command))


@pytest.mark.parametrize(
    ("files", "code", "out", "err"),
    [
        (["flow.yaml"], 0, "", ""),
        (["-"], 1, "stdin:1:1: the manifest is empty\n", ""),
        (["flow.yaml", "worse.yaml"], 1,
         "worse.yaml:1:1: apiVersion is missing: write apiVersion: core/v1\nworse.yaml:1:1: metadata is missing\n", ""),
        (["latin.yaml"], 2, "", "paiflow: cannot read latin.yaml: it is not UTF-8 (byte 3)\n"),
        (["nowhere.yaml", "-"], 2, "stdin:1:1: the manifest is empty\n",
         "paiflow: cannot read nowhere.yaml: No such file or directory\n"),
    ],
)  # fmt: skip
def test_each_problem_is_a_line_with_its_place(run, files, code, out, err):
    assert (code, out, err) == run("manifest", "check", *files)


def test_problems_as_json(run):
    code, out, _ = run("manifest", "check", "flow.yaml", "bad.yaml", "-o", "json")
    _, line, _ = run("manifest", "check", "bad.yaml", "-o", "jsonl")
    (problem,) = json.loads(out)["Problems"]

    assert 1 == code
    assert ("bad.yaml", 47, 9, "spec.pipelines[1].spec.dependencies[0]") == tuple(
        problem[key] for key in ("File", "Line", "Column", "Path")
    )
    assert "did you mean data_source?" in problem["Message"]
    assert {"Kind": "Problem", **problem} == json.loads(line)


@pytest.mark.parametrize("command", [("submit", "--manifest"), ("pipelines", "create")])
def test_a_manifest_with_a_problem_is_not_sent(run, monkeypatch, command):
    with PaiFlowMock() as mock:
        for name, value in mock.environment.items():
            monkeypatch.setenv(name, value)
        code, _, err = run(*command, "worse.yaml", "--workspace", "948")

        assert 2 == code
        assert "worse.yaml:1:1: apiVersion is missing" in err
        assert "1 more: paiflow manifest check shows them; --no-check sends it as it is" in err
        assert [] == mock.requests
        run(*command, "worse.yaml", "--workspace", "948", "--no-check")
        assert 1 == len(mock.requests)


def actions(out):
    (statement,) = json.loads(out)["Statement"]
    assert ("1", "Allow", "*") == (json.loads(out)["Version"], statement["Effect"], statement["Resource"])
    return statement["Action"]


READS = {one.ram_action for one in OPERATIONS.values() if one.repeatable and one.ram_action}


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (("list",), {"paiflow:ListPipelineRuns"}),
        (("GetPipelineRun", "get_pipeline_run"), {"paiflow:GetPipelineRun"}),
        (("stop", "list"), {"paiflow:ListPipelineRuns", "paiflow:TerminatePipelineRun"}),
        (("workspaces",), {"paiworkspace:ListWorkspaces"}),
        (("--read-only",), READS),
        (("--read-only", "DeletePipeline"), {*READS, "paiflow:DeletePipeline"}),
        (("--all",), {one.ram_action for one in OPERATIONS.values() if one.ram_action}),
    ],
)
def test_a_policy_allows_no_more_than_what_is_named(run, arguments, wanted):
    code, out, err = run("policy", *arguments)

    assert (0, "") == (code, err)
    assert sorted(wanted) == actions(out)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name commands or operations"),
        (("lits",), "there is no command or operation 'lits' that needs a permission; did you mean list?"),
        (("GetPipelinRun",), "did you mean GetPipelineRun?"),
        (("version",), "there is no command or operation 'version' that needs a permission"),
    ],
)
def test_what_is_not_known_is_one_line(run, arguments, words):
    code, out, err = run("policy", *arguments)

    assert (2, "") == (code, out)
    assert words in err


def test_each_operation_has_an_action():
    assert [] == [name for name, operation in OPERATIONS.items() if not operation.ram_action]


def test_commands_that_need_permissions_are_in_the_table():
    """The others call nothing, or what they are told to."""
    assert set(commands.ROWS) - set(COMMANDS) == {
        *("call", "explore", "mock", "contract", "drift", "manifest", "config", "policy", "completion", "version"),
    }


@pytest.mark.parametrize(
    "line",
    [
        "list",
        "status flow-hynm2bv8wqhp5esfxq",
        "get flow-hynm2bv8wqhp5esfxq",
        "logs flow-hynm2bv8wqhp5esfxq",
        "outputs flow-hynm2bv8wqhp5esfxq",
        "wait flow-hynm2bv8wqhp5esfxq --timeout 1s",
        "submit --manifest flow.yaml --workspace 948 --once key --wait --timeout 1s",
        "start --name nightly --dry-run",
        "stop flow-hynm2bv8wqhp5esfxq",
        "rerun flow-hynm2bv8wqhp5esfxq",
        "delete flow-hynm2bv8wqhp5esfxq --yes",
        "pipelines list",
        "pipelines create flow.yaml --workspace 948",
        "pipelines get pipeline-hynm2bv8wqhp5esfxq",
        "pipelines update pipeline-hynm2bv8wqhp5esfxq flow.yaml",
        "pipelines delete pipeline-hynm2bv8wqhp5esfxq --yes",
        "workspaces",
        "doctor",
    ],
)
def test_a_command_calls_nothing_that_its_policy_does_not_allow(run, monkeypatch, line):
    words = shlex.split(line)
    with PaiFlowMock() as mock:
        for name, value in mock.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("paiflow.client.clients.Time", lambda: HandTime(mock.clock))
        _, _, err = run(*words)

        called = {request.operation for request in mock.requests}
    assert called, err
    assert set() == called - {operation.name for operation in operations_of(words[0])}
