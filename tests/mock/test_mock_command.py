"""`paiflow mock` with a scenario and faults."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

import paiflow
from paiflow.cli.commands import run

PAIFLOW = str(Path(sys.executable).with_name("paiflow"))


@contextmanager
def mock(*arguments):
    """The command, serving; gives a client of it."""
    with running(*arguments) as (_, client, _):
        yield client


@contextmanager
def running(*arguments):
    """The command, serving; gives its process, a client of it and its endpoint."""
    command = [PAIFLOW, "mock", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            said = dict(process.stdout.readline().rstrip("\n").split("=", 1) for _ in range(3))
            credentials = paiflow.Credentials(
                said["ALIBABA_CLOUD_ACCESS_KEY_ID"], said["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
            )
            with paiflow.PaiFlow(endpoint=said["PAIFLOW_ENDPOINT"], credentials=credentials, retries=0) as client:
                yield process, client, said["PAIFLOW_ENDPOINT"]
        finally:
            process.terminate()


@pytest.fixture
def scenario(tmp_path):
    path = tmp_path / "nightly.yaml"
    path.write_text(
        "scenario: nightly\n"
        "clock: {scale: 1000000}\n"
        "runs:\n"
        "  - id: flow-a\n"
        "    statuses: [{after: 0s, status: Running}, {after: 1h, status: Succeeded}]\n"
        "  - {id: flow-b, status: Hibernating}\n"
        "faults: [{fault: bad-gateway, times: 1}]\n",
        encoding="utf-8",
    )
    return str(path)


def test_it_plays_a_scenario_with_its_clock_and_its_faults(scenario):
    """By a clock that is a million times as fast, an hour is over before anybody can ask."""
    with mock("--scenario", scenario) as client:
        with pytest.raises(paiflow.ServerFault, match="502"):
            client.list_pipeline_runs_status(pipeline_runs=["flow-a"])
        reply = client.list_pipeline_runs_status(pipeline_runs=["flow-a", "flow-b"])

    assert {"flow-a": "Succeeded", "flow-b": "Hibernating"} == {
        one.pipeline_run_id: one.status for one in reply.pipeline_runs
    }


def test_it_takes_faults_from_its_options_any_number():
    codes = []
    with mock("--fault", "throttling:times=1,retry_after=2s", "--fault", "unavailable:every=2") as client:
        for _ in range(2):
            with pytest.raises(paiflow.ServiceError) as caught:
                client.list_pipeline_runs_status(pipeline_runs=["flow-a"])
            codes.append(caught.value.code)
        client.list_pipeline_runs_status(pipeline_runs=["flow-a"])

    assert ["Throttling.User", "ServiceUnavailable"] == codes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("scenario: s\nruns:\n  - id: a\n    stauts: A", "nightly.yaml:4: runs[0].stauts: no such key"),
        ("scenario: s\nfaults: [{fault: slwo}]", "nightly.yaml:2: faults[0].fault: there is no fault 'slwo'"),
        ("scenario: s\nclock: by hand", "clock: by hand is for tests, because the command cannot advance it"),
    ],
)
def test_a_scenario_that_will_not_do_is_one_line_and_a_matter_of_usage(tmp_path, capsys, text, words):
    path = tmp_path / "nightly.yaml"
    path.write_text(text, encoding="utf-8")

    code = run(["mock", "--port", "0", "--scenario", str(path)])

    out, err = capsys.readouterr()
    assert (2, "") == (code, out)
    assert words in err
    assert 1 == err.count("\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--scenario", "nowhere.yaml"], "nowhere.yaml: No such file or directory"),
        (["--fault", "slwo"], "there is no fault 'slwo': known are throttling, "),
        (["--fault", "slow:dely=1s"], "fault 'slow': there is no setting 'dely': known are delay, rate,"),
        (["--fault", "slow:delay"], "a fault is NAME or NAME:SETTING=VALUE,SETTING=VALUE, not 'slow:delay'"),
    ],
)
def test_what_is_asked_for_wrongly_is_one_line_and_a_matter_of_usage(tmp_path, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(tmp_path)

    code = run(["mock", "--port", "0", *arguments])

    out, err = capsys.readouterr()
    assert (2, "") == (code, out)
    assert words in err
    assert 1 == err.count("\n")


def test_its_help_tells_how_a_fault_is_written():
    finished = subprocess.run(
        [PAIFLOW, "mock", "--help"], capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "200"}
    )

    assert "--scenario FILE" in finished.stdout
    assert "throttling:retry_after=2s,rate=0.1" in finished.stdout


def test_it_shows_requests_when_asked_to():
    with running("--log") as (process, client, endpoint):
        httpx.get(f"{endpoint}/api/v1/pipelineruns", trust_env=False)
        client.list_pipeline_runs_status(pipeline_runs=["flow-x"])
        process.terminate()
        shown = process.stderr.read().splitlines()

    assert "GET /api/v1/pipelineruns (no operation) -> 400 MissingVersion: " in shown[0]
    assert "PUT /api/v1/pipelineruns (ListPipelineRunsStatus) " in shown[1]
    assert "-> 200 {" in shown[1]


def test_it_is_quiet_unless_asked():
    with running() as (process, client, _):
        client.list_pipeline_runs_status(pipeline_runs=["flow-x"])
        process.terminate()

        assert "" == process.stderr.read()


def test_it_may_start_empty(tmp_path):
    path = tmp_path / "empty.yaml"
    path.write_text("scenario: empty\nsample: false\n")
    with mock("--scenario", str(path)) as client:
        reply = client.list_pipeline_runs_status(pipeline_runs=["flow-hynm2bv8wqhp5esfxq"])

    assert [] == reply.pipeline_runs


def test_each_fault_of_a_scenario_is_a_line(tmp_path, capsys):
    path = tmp_path / "nightly.yaml"
    path.write_text("scenario: s\nruns:\n  - {id: a, status: Runing}\n  - {id: b, deleted: soon}\n", encoding="utf-8")

    assert 2 == run(["mock", "--port", "0", "--scenario", str(path)])
    lines = capsys.readouterr().err.splitlines()
    assert [f"paiflow: {path}:3", f"paiflow: {path}:4"] == [line.partition(": runs")[0] for line in lines]
