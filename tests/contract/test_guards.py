"""The suite cannot be green by checking nothing: each guard fires when it has to, and only then."""

import json

import pytest
from contract.runs import judged_behind

from tooling.contract import targets
from tooling.contract.checks import Exchange
from tooling.contract.guards import DROPS, guard
from tooling.contract.http import Reply, Request
from tooling.generation import effective_description

RIGHT = Request("PUT", "/api/v1/pipelineruns", ())
CHECK = "the-run-was-not-vacuous"


@pytest.fixture
def session():
    """A session with our mock that has not done anything."""
    with targets.our_mock(effective_description()) as target:
        yield target.session


def replied(**lists):
    """A reply to a right request that holds these lists."""
    return Exchange(RIGHT, Reply(200, (), json.dumps(lists).encode()), positive=True)


ALL = replied(PipelineRuns=[{}], Nodes=[{}], Outputs=[{}])
NONE = replied(PipelineRuns=[], Nodes=[], Outputs=[])


def messages(session, suites=()):
    """What the guards say."""
    guard(session, suites)
    return [finding.message for finding in session.findings]


def test_a_run_that_held_enough_of_each_kind_passes(session):
    session.journal += [ALL] * 3 + [NONE] * 7

    assert messages(session) == []


def test_too_few_replies_that_hold_something_do_not_pass(session):
    session.journal += [ALL] * 2 + [NONE] * 8

    assert messages(session) == [
        "2 of 10 replies to right requests hold a run, a node or an output; 30% are due",
    ]


@pytest.mark.parametrize("kind", ["PipelineRuns", "Nodes", "Outputs"])
def test_a_kind_that_never_came_does_not_pass(session, kind):
    held = {name: [{}] for name in ("PipelineRuns", "Nodes", "Outputs") if name != kind}
    session.journal += [replied(**held)] * 5

    assert messages(session) == [f"no reply holds anything in {kind}"]


def test_refused_requests_count_as_empty(session):
    session.journal += [Exchange(RIGHT, Reply(400, (), b"{}"), positive=True)] * 9 + [ALL]

    assert "1 of 10" in messages(session)[0]


def test_no_call_at_all_does_not_pass(session):
    assert len(messages(session)) == 4


def test_a_suite_that_ran_no_case_does_not_pass(session):
    session.journal.append(ALL)

    assert messages(session, ["protocol"]) == ["the suite protocol ran no case"]


def test_connections_dropped_under_calls_do_not_pass(session):
    session.journal.append(ALL)
    session.wire.reused, session.wire.dropped = 100, DROPS

    assert "dropped" in messages(session)[0]


def test_generated_requests_find_something_by_themselves():
    """Not only our own questions: of what schemathesis makes up, 30 % of the right requests find something too."""
    from tooling.contract.suites import generated

    with targets.our_mock(effective_description()) as target:
        generated.run(target.session, target.description, 40)
        positive = [exchange for exchange in target.session.journal if exchange.positive]
        full = [
            exchange for exchange in positive if any(map(exchange.reply.items, ("PipelineRuns", "Nodes", "Outputs")))
        ]

    assert len(positive) > 40
    assert len(full) / len(positive) >= 0.3


def test_a_service_that_finds_nothing_is_red():
    finished = judged_behind("leaves-out-the-outputs")

    assert CHECK in finished.failed
    assert "no reply holds anything in Outputs" in finished.text
