"""A service that is not on this machine gets a few right requests, told beforehand, and nothing that could write.

Shown against our mock under a name that is not this machine's: `--resolve` leads it here, as curl's option does.
"""

import re
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from contract.runs import judged, variables

from paiflow import PaiFlowError
from paiflow.contract.command import Options
from paiflow.contract.suites import assumptions, live
from paiflow.mock import MockService, serve
from paiflow_api.operations import OPERATIONS

RUN = "flow-hynm2bv8wqhp5esfxq"
KNOWN = {"PAIFLOW_CONTRACT_RUNS": RUN, "PAIFLOW_WORKSPACE_ID": "948"}
NODES = {"PAIFLOW_CONTRACT_NODES": f"{RUN}/node-hynm2bv8wqhp5esfx1"}


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    """The pause is there, but short: what is tested is that it is kept."""
    monkeypatch.setattr("paiflow.contract.targets.PAUSE", 0.001)


@pytest.fixture
def seen():
    """The requests that came."""
    return []


@pytest.fixture
def service(seen):
    """A mock that keeps what came."""
    return MockService(on_request=seen.append)


def judged_as_live(service, options=None, **environ):
    """Run the command against a mock as against a host elsewhere."""
    with serve(service) as endpoint:
        away = f"http://paiflow.cn-test.example.com:{urlsplit(endpoint).port}"
        options = replace(options or Options(), endpoint=away, resolve="127.0.0.1", allow_http=True)
        return judged(options, **{**variables(service.credentials), **KNOWN, **environ})


def test_it_is_green_with_few_calls_that_are_told_beforehand(service, seen):
    finished = judged_as_live(service, **NODES)
    told = int(re.search(r"at most (\d+) calls", finished.text)[1])

    assert finished.status == 0, finished.text
    assert live.CALLS + assumptions.CALLS == told
    assert 10 < len(seen) <= told


def test_every_call_is_of_an_operation_that_only_reads(service, seen):
    judged_as_live(service, **NODES)

    for request in seen:
        headers = {name.lower(): value for name, value in request.headers}
        operation = OPERATIONS[headers["x-acs-action"]]
        assert operation.repeatable
        assert request.method == operation.method
        assert request.method == "GET" or operation.name == "ListPipelineRunsStatus"


def test_calls_are_made_one_after_the_other_with_a_pause(service, monkeypatch):
    slept = []
    monkeypatch.setattr("paiflow.contract.session.time.sleep", slept.append)
    finished = judged_as_live(service)

    assert finished.status == 0, finished.text
    assert len(slept) > 10
    assert set(slept) == {0.001}


def test_the_real_pause_keeps_to_a_few_calls_a_second():
    assert 0.2 <= live.PAUSE <= 1


def test_wrong_credentials_are_red_after_one_call_with_a_plain_word(service, seen):
    finished = judged_as_live(service, ALIBABA_CLOUD_ACCESS_KEY_SECRET="wrong")

    assert finished.status == 1
    assert len(seen) == 1
    assert "are ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET right?" in finished.text
    assert service.credentials.access_key_id not in finished.text
    assert "wrong" not in finished.text.replace("wrongly", "")


def test_a_run_that_is_not_there_is_red(service):
    finished = judged_as_live(service, PAIFLOW_CONTRACT_RUNS="flow-of-nobody")

    assert finished.status == 1
    assert "one that exists was left out" in finished.text


def test_more_than_is_described_is_no_fault_of_the_real_service(service):
    service.faults.add("unknown-fields")
    finished = judged_as_live(service, **NODES)

    assert finished.status == 0, finished.text


def test_without_runs_it_does_not_start(service):
    with pytest.raises(PaiFlowError, match="PAIFLOW_CONTRACT_RUNS"):
        judged_as_live(service, PAIFLOW_CONTRACT_RUNS="")


def test_plain_http_elsewhere_needs_the_switch(service):
    with pytest.raises(PaiFlowError, match="plain http"):
        judged(Options(endpoint="http://paiflow.example.com"), **variables(service.credentials), **KNOWN)
