"""`paiflow doctor`: what works, what does not, and what to mend."""

import json

import pytest

from paiflow.cli import commands
from paiflow.client.clients import PaiFlow
from paiflow.errors import AccessDenied
from paiflow.mock import HandTime
from paiflow_api.operations import OPERATIONS


@pytest.fixture
def mock(served):
    """A mock service that the environment leads to."""
    return served


@pytest.fixture
def doctor(capsys):
    """Run the command: `code, checks = doctor(…)`, the checks by name."""

    def doctor_(*arguments):
        code = commands.run(("doctor", "-o", "json", *arguments))
        out, err = capsys.readouterr()
        assert "" == err
        return code, {check["Check"]: check for check in json.loads(out)["Checks"]}

    return doctor_


def test_all_is_well(doctor, mock):
    code, checks = doctor()

    assert 0 == code
    assert {"versions", "settings", "name", "credentials", "clock", *OPERATIONS} == checks.keys()
    for operation in OPERATIONS.values():
        assert ("ok" if operation.repeatable else "not tried") == checks[operation.name]["State"]
        assert operation.repeatable or operation.ram_action in checks[operation.name]["Detail"]
    assert {request.operation for request in mock.requests} == {
        one.name for one in OPERATIONS.values() if one.repeatable
    }


def test_a_wrong_secret_is_found_by_the_first_call(doctor, mock, monkeypatch):
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "wrong")
    code, checks = doctor()

    assert (7, 1) == (code, len(mock.requests))
    assert "Check the access key secret" in list(checks.values())[-1]["Detail"]


def test_a_lacking_permission_is_named_and_the_others_are_tried(doctor, mock, monkeypatch):
    call = PaiFlow.call

    def refusing(self, operation, **arguments):
        if operation.name == "ListPipelines":
            raise AccessDenied("ListPipelines", status=403, code="Forbidden", message="grant paiflow:ListPipelines")
        return call(self, operation, **arguments)

    monkeypatch.setattr(PaiFlow, "call", refusing)
    code, checks = doctor()

    assert (7, "failed", "ok") == (code, checks["ListPipelines"]["State"], checks["ListPipelineRuns"]["State"])
    assert "paiflow:ListPipelines" in checks["ListPipelines"]["Detail"]


@pytest.mark.parametrize(
    ("environment", "code", "check", "words"),
    [
        ({"PAIFLOW_ENDPOINT": ""}, 2, "settings", "no endpoint: give a region or an endpoint"),
        ({"PAIFLOW_ENDPOINT": "https://paiflow.nowhere.invalid"}, 8, "name", "paiflow.nowhere.invalid is not known"),
        ({"PAIFLOW_ENDPOINT": "https://paiflow.cn-hangzou.aliyuncs.com"}, 8, "name", "did you mean cn-hangzhou?"),
        ({"PAIFLOW_ENDPOINT": "http://127.0.0.1:9"}, 8, "ListPipelines", "no reply from 127.0.0.1:9"),
    ],
)
def test_the_first_thing_that_fails_ends_the_checks(doctor, mock, monkeypatch, environment, code, check, words):
    monkeypatch.setattr("paiflow.cli.doctor.socket.getaddrinfo", _unknown_names)
    monkeypatch.setattr("paiflow.client.clients.Time", lambda: HandTime(mock.clock))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    ended, checks = doctor()

    assert code == ended
    assert check == list(checks)[-1]
    assert words in checks[check]["Detail"]


def test_clocks_that_differ_are_found(doctor, mock):
    mock.clock.advance(600)
    _, checks = doctor()

    assert ("failed", True) == (checks["clock"]["State"], "behind the service" in checks["clock"]["Detail"])


def _unknown_names(host, port, *_, **__):
    if not host.startswith("127."):
        raise OSError(-2, "Name or service not known")
    return [(2, 1, 6, "", (host, 0))]
