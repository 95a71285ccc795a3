"""The contract suite accepts our mock, notices what it must, and says what it did."""

import json
import os
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
from contract.runs import FEW, judged, judged_behind, variables

from paiflow import PaiFlowError, _yaml
from paiflow.mock import MockService, serve
from tooling import generation
from tooling.contract import command
from tooling.contract.command import Options

SAMPLE = json.loads((Path(__file__).parent.parent / "data" / "documented_sample.json").read_text(encoding="utf-8"))
KEYS = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "s"}


def run(*arguments, **environ):
    """Run scripts/contract and return the finished process."""
    environment = {
        **os.environ,
        **environ,
        "PYTHONPATH": os.pathsep.join([str(generation.ROOT / "scripts"), *sys.path]),
    }
    command_line = [sys.executable, "-m", "tooling.contract", *arguments]
    return subprocess.run(command_line, env=environment, capture_output=True, text=True, check=False)


def processor_seconds():
    """What the programs that ended have used: on a busy machine the clock goes on all the same."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_our_mock_conforms_in_good_time():
    started = processor_seconds()
    finished = run()

    assert finished.returncode == 0, finished.stdout + finished.stderr
    for suite in ("lookups", "authentication", "protocol", "generated/examples", "generated/coverage", "lifecycle"):
        assert f"\n{suite}" in finished.stdout
    assert finished.stdout.rstrip().endswith("conforms")
    assert processor_seconds() - started < 20


def test_any_endpoint_can_be_judged_and_what_is_left_out_is_told():
    service = MockService()
    with serve(service) as endpoint:
        finished = judged(Options(endpoint=endpoint, examples=FEW), **variables(service.credentials))

    assert finished.status == 0, finished.text
    assert "left out: the life of runs" in finished.text


def test_runs_that_the_environment_names_are_asked_for():
    service = MockService()
    service.stage.add_run("flow-of-ours", name="ours", workspace_id="77", NodeId="node-root")
    service.stage.add_node("flow-of-ours", "node-root", name="root")
    service.stage.add_output("flow-of-ours", "node-root", "artifact-1", value={"a": 1})
    known = {"PAIFLOW_CONTRACT_RUNS": "flow-of-ours", "PAIFLOW_WORKSPACE_ID": "77"}
    with serve(service) as endpoint:
        options = Options(endpoint=endpoint, examples=FEW)
        finished = judged(options, **variables(service.credentials), **known)
        known["PAIFLOW_CONTRACT_RUNS"] += ",flow-of-nobody"
        missing = judged(options, **variables(service.credentials), **known)

    assert finished.status == 0, finished.text
    assert missing.status == 1
    assert "PipelineRuns: one that exists was asked for and left out" in missing.text


def test_a_wrong_secret_turns_it_red_with_a_plain_word():
    finished = judged_behind(None, **{command.KEY_SECRET: "wrong"})

    assert finished.status == 1
    assert {"credentials-are-accepted", "a-right-request-is-answered"} <= finished.failed
    assert "are ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET right?" in finished.text
    assert "SignatureDoesNotMatch" in finished.text


def test_one_case_can_be_repeated_alone():
    finished = judged_behind("accepts-the-unsigned", Options(only="authentication/unsigned (runs)"))

    assert finished.status == 1
    assert "400 IncompleteSignature is due, but the status is 200" in finished.text
    assert "repeat" in finished.text
    assert "'authentication/unsigned (runs)'" in finished.text
    assert "protocol" not in finished.text


def test_one_body_can_be_sent_alone():
    finished = judged_behind(
        "takes-output-types-in-any-case", Options(body='{"PipelineRuns":["a"],"OutputType":"model"}')
    )

    assert finished.status == 1
    assert "400 InvalidParameter is due" in finished.text


def test_junit_holds_every_case_and_every_failure(tmp_path):
    file = tmp_path / "junit.xml"
    judged_behind("no-allow-with-405", Options(only="protocol", junit=file))
    root = ET.fromstring(file.read_bytes())
    failed = [case.get("name") for case in root.iter("testcase") if case.find("failure") is not None]

    assert {suite.get("name") for suite in root} == {"start", "protocol"}
    assert len(list(root.iter("testcase"))) > 200
    assert "method GET" in failed
    assert "method PUT" not in failed


def test_json_holds_every_suite_and_every_failure(tmp_path):
    file = tmp_path / "contract.json"
    judged_behind("no-allow-with-405", Options(only="protocol", json=str(file)))
    told = json.loads(file.read_text(encoding="utf-8"))

    assert told["conforms"] is False
    assert {suite["suite"] for suite in told["suites"]} == {"start", "protocol"}
    assert sum(suite["cases"] for suite in told["suites"]) > 200
    assert "method GET" in {finding["case"] for finding in told["findings"]}
    assert all(finding["check"] and finding["message"] for finding in told["findings"])


def test_json_on_stdout_is_all_that_stands_there():
    done = judged(Options(only="protocol", json="-"))

    assert (0, True) == (done.status, json.loads(done.text)["conforms"])


def test_two_runs_in_one_process_do_not_know_of_each_other():
    first, second = (judged(Options(examples=FEW, only="generated")) for _ in range(2))

    assert (first.status, second.status) == (0, 0)
    assert [line.split()[:3] for line in first.text.splitlines()[1:8]] == [
        line.split()[:3] for line in second.text.splitlines()[1:8]
    ]


def test_a_service_that_falls_silent_ends_the_run():
    """It does not take the rest of the cases, each until its timeout, to say so."""
    finished = judged_behind("falls-silent-after-a-hundred")

    assert finished.status == 1
    assert {"every-call-has-a-reply", "the-service-goes-on"} <= finished.failed
    assert "closed without a reply" in finished.text or "no reply on a second connection" in finished.text


@pytest.mark.parametrize("kind", ["HTTP/1.0", "closing"])
def test_a_service_need_not_keep_connections(kind):
    service = MockService()
    with serve(service) as upstream, proxied(upstream, service.credentials, protocol=kind) as endpoint:
        finished = judged(Options(endpoint=endpoint, examples=FEW), **variables(service.credentials))

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
    ],
)
def test_what_cannot_run_ends_with_2(arguments, environ, words):
    finished = run(*arguments, **environ)

    assert finished.returncode == 2
    assert words in finished.stderr
    assert "Traceback" not in finished.stderr


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
    assert contradictions(generation.effective_description()) == []
