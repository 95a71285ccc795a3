"""The contract suite accepts our mock, notices what it must, and cannot pass by checking nothing."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import schemathesis

from paiflow import _yaml
from paiflow.mock import MockService, serve
from tooling import contract, generation

SAMPLE = json.loads((Path(__file__).parent.parent / "data" / "documented_sample.json").read_text())


def run(*arguments, **variables):
    """Run scripts/contract and return the finished process."""
    environment = {**os.environ, **variables, "PYTHONPATH": str(generation.ROOT / "scripts")}
    command = [sys.executable, "-m", "tooling.contract", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_our_mock_conforms():
    finished = run("--examples", "40")

    assert finished.returncode == 0, finished.stdout + finished.stderr
    for phase in ("Examples", "Coverage", "Fuzzing"):
        assert f"✅ {phase}" in finished.stdout


@pytest.fixture
def endpoint():
    """A mock on loopback, and the variables that hold its credentials."""
    service = MockService()
    with serve(service) as started:
        yield started, contract.as_environment(service.credentials)


def test_any_endpoint_can_be_judged(endpoint):
    url, variables = endpoint
    finished = run("--endpoint", url, "--examples", "5", **variables)

    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert url in finished.stdout


def test_a_wrong_secret_turns_it_red(endpoint):
    url, variables = endpoint
    finished = run("--endpoint", url, "--examples", "5", **{**variables, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "wrong"})

    assert finished.returncode == 1
    assert "SignatureDoesNotMatch" in finished.stdout


@pytest.mark.parametrize(
    ("arguments", "variables", "words"),
    [
        (["--examples", "0"], {}, "--examples"),
        (["--endpoint", "http://paiflow.example"], {"key": "1"}, "plain http"),
        (["--endpoint", "http://127.0.0.1:1"], {}, "no credentials"),
        (["--endpoint", "https://127.0.0.2.example"], {"key": "1"}, "PAIFLOW_CONTRACT_RUNS"),
    ],
)
def test_what_cannot_run_ends_with_2(arguments, variables, words):
    keys = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "s"} if variables else {}
    finished = run(*arguments, **keys)

    assert finished.returncode == 2
    assert words in finished.stderr
    assert "Traceback" not in finished.stderr


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
    base = _yaml.load(generation.DESCRIPTION.read_text())
    found = contradictions(base)

    assert len(found) == 2, found
    assert all('1557702098194904 is not of type "string"' in contradiction for contradiction in found)


def test_the_overlays_make_the_description_true_of_the_sample():
    assert contradictions(generation.effective_description()) == []
