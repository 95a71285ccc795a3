"""A second engine, which shares no code with the first, says the same of all that was sent and came."""

import json

import pytest
from contract.second_engine import PATH, Engine

from tooling.contract import targets
from tooling.contract.http import strict_json
from tooling.contract.suites import generated, lookups, protocol
from tooling.generation import effective_description

DEEP = 200
"""Levels of nesting past which the engine itself gives up."""


@pytest.fixture(scope="module")
def engine():
    return Engine(targets.closed(effective_description()))


@pytest.fixture(scope="module")
def journal():
    """Every exchange of three suites with our mock."""
    with targets.our_mock(effective_description()) as target:
        session = target.session
        session.run("lookups", lookups.cases(session.world))
        session.run("protocol", protocol.cases(session.world))
        generated.run(session, target.description, 30)
        return session.journal


def body_of(exchange):
    """The request's JSON, None where it is none or nests too deeply to be worth a try."""
    try:
        return strict_json(exchange.request.body)
    except ValueError:
        return None


def test_it_agrees_on_every_reply(engine, journal):
    judged = 0
    for exchange in journal:
        reply = exchange.reply
        if exchange.request.target == PATH and exchange.request.method == "PUT" and reply.status not in (405, 413):
            headers = {"x-acs-request-id": reply.header("x-acs-request-id")}
            fault = engine.reply_fault(reply.status, reply.body, headers)

            assert fault is None, (exchange.request.body[:200], reply.body[:500], fault)
            judged += 1
    assert judged > 400


def test_it_agrees_on_which_requests_are_right(engine, journal):
    right = wrong = 0
    for exchange in journal:
        request = exchange.request
        if request.method == "PUT" and request.target == PATH and isinstance(body_of(exchange), dict | list):
            if len(request.body) > 100_000 or exchange.reply.status in (413, 415):
                continue
            fault = engine.request_fault(request.body)

            assert (fault is None) == (exchange.reply.status == 200), (request.body[:300], exchange.reply.status, fault)
            right, wrong = right + (fault is None), wrong + (fault is not None)
    assert right > 150
    assert wrong > 100


@pytest.mark.parametrize(
    ("status", "change", "headers"),
    [
        (200, {"RequestId": None}, {"x-acs-request-id": "R-1"}),
        (200, {"Nodes": [{"StartedAt": "yesterday"}]}, {"x-acs-request-id": "R-1"}),
        (200, {"PipelineRuns": [{"UserId": True}]}, {"x-acs-request-id": "R-1"}),
        (200, {"Surplus": 1}, {"x-acs-request-id": "R-1"}),
        (200, {}, {}),
        (418, {}, {"x-acs-request-id": "R-1"}),
    ],
)
def test_it_can_tell_wrong_from_right(engine, status, change, headers):
    empty = {"RequestId": "R-1", "PipelineRuns": [], "Nodes": [], "Outputs": []}

    assert engine.reply_fault(200, json.dumps(empty).encode(), {"x-acs-request-id": "R-1"}) is None
    assert engine.reply_fault(status, json.dumps({**empty, **change}).encode(), headers) is not None
