"""The suite cannot be green by checking nothing: each guard fires when it has to, and only then."""

import pytest
from contract.runs import FEW, judged_behind
from described import effective_description

from paiflow.contract import targets
from paiflow.contract.answers import ANSWERS
from paiflow.contract.command import Options
from paiflow.contract.guards import CHECK, DROPS, guard
from paiflow.contract.interface import Interface
from paiflow.contract.session import Session

INTERFACE = Interface(effective_description(), closed=True)


@pytest.fixture
def session():
    """A session in which each operation was called, answered, refused, and found something."""
    made = Session("http://127.0.0.1:1", (targets.LASTING,), INTERFACE)
    for counted in made.operations.values():
        counted.calls = counted.answers = counted.refusals = counted.full = 3
    return made


def messages(session, suites=(), operation=""):
    """What the guards say."""
    guard(session, suites, operation)
    return [finding.message for finding in session.findings]


def test_a_run_that_judged_every_operation_passes(session):
    assert messages(session) == []


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("calls", "was not called"),
        ("answers", "no right call was answered"),
        ("refusals", "no wrong call was refused"),
        ("full", "no answer held anything that is known"),
    ],
)
def test_an_operation_that_was_not_judged_does_not_pass(session, name, what, words):
    setattr(session.operations[name], what, 0)

    [message] = messages(session)

    assert message.startswith(name)
    assert message.endswith(words)


def test_of_one_operation_only_that_one_counts(session):
    session.operations["GetPipeline"].calls = 0

    assert messages(session, operation="GetPipelineRun") == []


def test_a_suite_that_ran_no_case_does_not_pass(session):
    assert messages(session, ["protocol"]) == ["the suite protocol ran no case"]


def test_connections_dropped_under_calls_do_not_pass(session):
    session.wire.reused, session.wire.dropped = 100, DROPS

    assert "dropped" in messages(session)[0]


def test_a_service_that_finds_nothing_is_red():
    options = Options(examples=FEW, only="lists", operation="ListPipelineRuns")
    finished = judged_behind("leaves-out-the-outputs", options)

    assert {"the-samples-are-there", "outputs-are-those-of-the-manifest"} <= finished.failed


def test_an_operation_without_a_model_is_told_of(session, monkeypatch):
    monkeypatch.setattr("paiflow.contract.guards.ANSWERS", {})

    assert messages(session) == []
    assert "ListPipelines: what it answers (there is no model of it)" in session.unchecked
    assert CHECK == "the-run-was-not-vacuous"
