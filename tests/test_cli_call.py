"""`paiflow call`: a command for each operation, made from the description's data."""

import json
from functools import partial

import click
import pytest

from paiflow.cli.call import SAMPLES, call
from paiflow.samples import KINDS
from paiflow_api.operations import OPERATIONS

RUN = "flow-hynm2bv8wqhp5esfxq"


@pytest.fixture
def mock(served):
    """A mock service that the environment leads to."""
    return served


@pytest.fixture
def run(mock, run_command):
    """Run the command in this process: `code, stdout, stderr = run(…)`."""
    return partial(run_command, "call")


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: operation.name)
def test_each_operation_has_a_command_with_an_option_for_each_parameter(run, operation):
    code, out, _ = run(operation.name, "--help")
    made = call.get_command(click.Context(call), operation.name)
    made.get_help(click.Context(made))

    assert 0 == code
    assert operation.summary in out
    assert operation.repeatable == ("It is sent once" not in out)
    assert {parameter.argument for parameter in operation.parameters} <= {one.name for one in made.params}
    for one in made.params:
        assert one.help, f"the description says nothing of {one.name}"


def test_an_option_is_known_by_its_name_on_the_wire_and_in_small_letters(run, mock):
    assert run("ListPipelineRuns", "--PageSize", "1")[0] == run("list_pipeline_runs", "--page-size", "1")[0] == 0
    assert ["1", "1"] == [request.query["PageSize"] for request in mock.requests]


def test_the_reply_is_json_that_a_query_picks_from(run):
    _, whole, _ = run("ListPipelineRunsStatus", "--PipelineRuns", RUN, "--PipelineRuns", "flow-nowhere")
    _, picked, _ = run("ListPipelineRunsStatus", "--PipelineRuns", RUN, "--query", "PipelineRuns[0].Status")

    assert "Running" == json.loads(whole)["PipelineRuns"][0]["Status"]
    assert '"Running"\n' == picked


def test_a_body_comes_from_a_file_or_from_the_line(run, mock, tmp_path):
    body = tmp_path / "body.json"
    body.write_text('{"Name": "from a file"}', encoding="utf-8")
    text = tmp_path / "name"
    text.write_text("名前\n'quoted'", encoding="utf-8")
    for options in (("--body", f"@{body}"), ("--body", '{"Name": "from the line"}'), ("--Name", f"@{text}")):
        assert 0 == run("UpdatePipelineRun", "--PipelineRunId", RUN, *options)[0]

    assert ["from a file", "from the line", "名前\n'quoted'"] == [request.body["Name"] for request in mock.requests]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("GetPipelinesRun",), "there is no operation 'GetPipelinesRun'; did you mean GetPipelineRun?"),
        (("GetPipelineRun",), "pipeline_run_id is missing"),
        (("ListPipelineRuns", "--PageSize", "many"), "'many' is not a valid integer"),
        (("ListPipelineRuns", "--Order", "UP"), "order must be one of ASC, DESC, not 'UP'"),
        (("CreatePipeline", "--body", "{"), "--body is not JSON"),
        (("CreatePipeline", "--body", "[]"), "--body takes a JSON object"),
        (("CreatePipeline", "--body", '{"Manifes": ""}'), "takes no 'Manifes'; did you mean Manifest?"),
        (("CreatePipeline", "--body", "@no/such/file"), "cannot read no/such/file"),
    ],
)
def test_a_mistake_is_one_line_and_sends_nothing(run, mock, arguments, words):
    code, out, err = run(*arguments)

    assert (2, "", 1) == (code, out, err.count("\n"))
    assert words in err
    assert not mock.requests


def test_without_an_operation_they_are_listed(run):
    code, out, err = run()

    assert (2, "") == (code, out)
    assert all(name in err for name in OPERATIONS)


def test_with_show_it_prints_the_code_and_sends_nothing(run, mock):
    arguments = ("GetPipelineRun", "--PipelineRunId", RUN, "--TokenId", "share-token")
    shown = {kind: run(*arguments, "--show", kind) for kind in KINDS}

    assert tuple(KINDS) == SAMPLES
    assert {(0, "")} == {(code, err) for code, _, err in shown.values()}
    assert f'PaiFlow(endpoint="{mock.endpoint}")' in shown["python"][1]
    assert f'pipeline_run_id="{RUN}"' in shown["async"][1]
    assert [] == [kind for kind, (_, out, _) in shown.items() if "share-token" in out or "PAIFLOW_TOKEN_ID" not in out]
    assert [] == mock.requests


def test_the_code_has_the_workspace_that_the_call_would_have(run, monkeypatch, tmp_path):
    config = {"current": "a", "profiles": [{"name": "a", "workspace_id": "948"}]}
    (tmp_path / ".aliyun").mkdir()
    (tmp_path / ".aliyun" / "config.json").write_text(json.dumps(config), encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("ALIBABA_CLOUD_CLI_PROFILE_DISABLED")

    assert 'client.list_pipelines(workspace_id="948")' in run("ListPipelines", "--show", "python")[1]
