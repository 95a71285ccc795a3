"""The contract suite accepts our mock, notices what it must, and says what it did."""

import json
import os
import re
import resource
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest
import schemathesis
from contract.defects import proxied
from contract.runs import ALL, FEW, judged, judged_behind, variables
from described import effective_description

from paiflow import PaiFlowError, _yaml
from paiflow.contract import command
from paiflow.contract.answers import ANSWERS
from paiflow.contract.command import Options
from paiflow.mock import MockService, serve
from paiflow_api.operations import OPERATIONS
from tooling import generation

SAMPLE = json.loads((Path(__file__).parent.parent / "data" / "documented_sample.json").read_text(encoding="utf-8"))
KEYS = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "long enough"}
QUICK = 60
"""Seconds of a processor that the quick form may take."""


def run(*arguments, **environ):
    """Run scripts/contract and return the finished process."""
    command_line = [sys.executable, "-m", "paiflow.contract", *arguments]
    return subprocess.run(command_line, env={**os.environ, **environ}, capture_output=True, text=True, check=False)


def test_our_mock_conforms_also_after_minutes():
    """A mock whose time is advanced by hand shows what an endpoint cannot: all else is shown behind a proxy, by test_defects."""
    finished = run("--only", "by hand")

    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert re.search(r"^by hand  +\d\d  +\d{5}", finished.stdout, re.MULTILINE)
    assert finished.stdout.rstrip().endswith("conforms")


# It takes a minute, and test_defects runs the same behind a proxy. CI takes no skipped test: so it is there only when asked for.
if ALL:

    def test_our_mock_conforms_in_good_time():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        finished = run()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)

        assert finished.returncode == 0, finished.stdout + finished.stderr
        assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < QUICK


def test_progress_names_the_suite_and_its_operations():
    finished = judged(Options(examples=FEW, only="protocol/method"))

    assert re.search(r"^protocol:( [A-Z]\w+){19}", finished.text, re.MULTILINE)


@pytest.mark.parametrize("operation", ["GetPipelineRunNode", "ListWorkspaces"])
def test_one_operation_can_be_judged_alone(operation):
    finished = judged(Options(only="protocol", operation=operation))

    assert finished.status == 0, finished.text
    assert f"protocol: {operation}suite" in finished.text.replace("\n", "")
    with pytest.raises(PaiFlowError, match="no such operation"):
        judged(Options(operation=f"{operation}s"))


def test_runs_that_the_environment_names_are_asked_for():
    service = MockService()
    service.stage.add_run("flow-of-ours", name="ours", workspace_id="77", NodeId="node-root")
    service.stage.add_node("flow-of-ours", "node-root", name="root")
    service.stage.add_output("flow-of-ours", "node-root", "artifact-1", value={"a": 1})
    known = {"PAIFLOW_CONTRACT_RUNS": "flow-of-ours", "PAIFLOW_WORKSPACE_ID": "77"}
    with serve(service) as endpoint:
        options = Options(endpoint=endpoint, examples=FEW, only="lookups/runs, all")
        finished = judged(options, **variables(service.credentials), **known)
        known["PAIFLOW_CONTRACT_RUNS"] += ",flow-of-nobody"
        missing = judged(options, **variables(service.credentials), **known)

    assert finished.status == 0, finished.text
    assert missing.status == 1
    assert "flow-of-nobody is not there" in missing.text


def test_with_reads_only_nothing_is_changed():
    seen = []
    service = MockService(on_request=seen.append)
    with serve(service) as endpoint:
        finished = judged(Options(endpoint=endpoint, reads_only=True), **variables(service.credentials))
    actions = {dict(request.headers)["x-acs-action"] for request in seen}

    assert finished.status == 0, finished.text
    assert len(actions) > 5
    assert all(OPERATIONS[action].repeatable for action in actions)


def test_a_wrong_secret_turns_it_red_with_a_plain_word():
    finished = judged_behind(None, **{command.KEY_SECRET: "wrong"})

    assert finished.status == 1
    assert "credentials-are-accepted" in finished.failed
    assert "are ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET right?" in finished.text
    assert "SignatureDoesNotMatch" in finished.text


def test_one_case_can_be_repeated_alone():
    finished = judged_behind("accepts-the-unsigned", Options(only="authentication/unsigned (ListPipelineRunsStatus)"))

    assert finished.status == 1
    assert "400 IncompleteSignature is due, but the status is 200" in finished.text
    assert "repeat" in finished.text
    assert "'authentication/unsigned (ListPipelineRunsStatus)'" in finished.text
    assert "protocol" not in finished.text


def test_one_body_can_be_sent_alone():
    finished = judged_behind(
        "takes-output-types-in-any-case",
        Options(operation="ListPipelineRunsStatus", body='{"PipelineRuns":["a"],"OutputType":"model"}'),
    )

    assert finished.status == 1
    assert "400 InvalidParameter is due" in finished.text


def test_junit_holds_every_case_and_every_failure(tmp_path):
    file = tmp_path / "junit.xml"
    judged_behind("no-allow-with-405", Options(only="protocol", operation="ListPipelineRunsStatus", junit=file))
    root = ET.fromstring(file.read_bytes())
    failed = [case.get("name") for case in root.iter("testcase") if case.find("failure") is not None]

    assert {suite.get("name") for suite in root} == {"start", "protocol"}
    assert len(list(root.iter("testcase"))) > 200
    assert "method PATCH (ListPipelineRunsStatus)" in failed
    assert "path / (ListPipelineRunsStatus)" not in failed


def test_json_holds_every_suite_and_every_failure(tmp_path):
    file = tmp_path / "contract.json"
    judged_behind("no-allow-with-405", Options(only="protocol", operation="ListPipelineRunsStatus", json=str(file)))
    told = json.loads(file.read_text(encoding="utf-8"))

    assert told["conforms"] is False
    assert {suite["suite"] for suite in told["suites"]} == {"start", "protocol"}
    assert sum(suite["cases"] for suite in told["suites"]) > 200
    assert "method PATCH (ListPipelineRunsStatus)" in {finding["case"] for finding in told["findings"]}
    assert all(finding["check"] and finding["message"] for finding in told["findings"])


def test_json_on_stdout_is_all_that_stands_there():
    done = judged(Options(only="protocol/method", json="-"))

    told = json.loads(done.text)

    assert (0, True) == (done.status, told["conforms"])
    assert {one["operation"] for one in told["operations"]} == set(ANSWERS)


def test_two_runs_in_one_process_do_not_know_of_each_other():
    options = Options(examples=FEW, only="generated", operation="GetPipeline")
    first, second = (judged(options) for _ in range(2))

    def table(finished):
        return [line.split()[:3] for line in finished.text.splitlines() if line.startswith("generated/")]

    assert (first.status, second.status) == (0, 0)
    assert table(first) == table(second)


def test_a_service_that_falls_silent_ends_the_run():
    """It does not take the rest of the cases, each until its timeout, to say so."""
    finished = judged_behind("falls-silent-after-a-hundred", Options(only="lookups"))

    assert finished.status == 1
    assert {"every-call-has-a-reply", "the-service-goes-on"} <= finished.failed
    assert "closed without a reply" in finished.text or "no reply on a second connection" in finished.text


@pytest.mark.parametrize("kind", ["HTTP/1.0", "closing", "gateway"])
def test_how_a_proxy_passes_replies_on_is_no_fault_of_the_service(kind):
    service = MockService()
    with serve(service) as upstream, proxied(upstream, service.credentials, protocol=kind) as endpoint:
        finished = judged(Options(endpoint=endpoint, only="protocol/method"), **variables(service.credentials))

    assert finished.status == 0, finished.text


@pytest.mark.parametrize(
    ("arguments", "environ", "words"),
    [
        (["--examples", "0"], {}, "--examples"),
        (["--endpoint", "http://paiflow.example"], KEYS, "plain http"),
        (["--endpoint", "http://127.0.0.1:1"], {}, "no credentials"),
        (["--endpoint", "http://127.0.0.1:1"], KEYS, "cannot connect to 127.0.0.1:1"),
        (["--endpoint", "https://127.0.0.2.example"], KEYS, "PAIFLOW_CONTRACT_RUNS"),
        (["--only", "nothing/of the kind"], {}, "no case starts like"),
        (["--operation", "GetNothing"], {}, "no such operation"),
    ],
)
def test_what_cannot_run_ends_with_2(monkeypatch, capsys, arguments, environ, words):
    monkeypatch.setattr(os, "environ", environ)
    try:
        status = command.main(arguments)
    except SystemExit as left:
        status = left.code
    said = capsys.readouterr().err

    assert 2 == status
    assert words in said
    assert "Traceback" not in said


def test_nodes_of_the_environment_are_pairs():
    known = {**KEYS, "PAIFLOW_CONTRACT_NODES": "flow-a"}

    with pytest.raises(PaiFlowError, match="not RUN/NODE"):
        judged(Options(endpoint="http://127.0.0.1:1"), **known)


def contradictions(description):
    """How the vendor's sample contradicts a description, by schemathesis."""
    operation = schemathesis.openapi.from_dict(description)["/api/v1/pipelineruns"]["PUT"]
    request = httpx.Request("PUT", "http://127.0.0.1/api/v1/pipelineruns")
    response = httpx.Response(200, json=SAMPLE, headers={"x-acs-request-id": "R-1"}, request=request)
    response.elapsed = timedelta(0)
    try:
        operation.validate_response(response)
    except BaseExceptionGroup as failures:
        return [str(failure) for failure in failures.exceptions]
    except AssertionError as failure:
        return [str(failure)]
    return []


def test_the_vendors_sample_contradicts_the_vendors_types():
    """Without the overlays the base fails on what the page says of itself: account ids as numbers."""
    base = _yaml.load(generation.DESCRIPTION.read_text(encoding="utf-8"))
    found = contradictions(base)

    assert len(found) == 2, found
    assert all('1557702098194904 is not of type "string"' in contradiction for contradiction in found)


def test_the_overlays_make_the_description_true_of_the_sample():
    assert contradictions(effective_description()) == []
