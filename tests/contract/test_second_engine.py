"""A second engine, which shares no code with the first, says the same of all that was sent and came."""

import json
import re
from collections import Counter

import pytest
from contract.second_engine import Engine
from described import effective_description

from paiflow.cli import commands
from paiflow.contract import discovery, targets
from paiflow.contract.known_secrets import KnownSecrets
from paiflow.contract.preparation import add_stock
from paiflow.contract.recording import archive
from paiflow.contract.suites import life, lists, lookups, protocol


@pytest.fixture(scope="module")
def engine():
    return Engine(effective_description())


@pytest.fixture(scope="module")
def journal():
    """Exchanges of four suites with our mock, a few of each kind."""
    with targets.our_mock(effective_description()) as target:
        session = target.session
        with session.suite("start"), session.case("all"):
            discovery.discover(session)
            stock = add_stock(session, None)
        session.run("life", life.beginnings(stock))
        for suite, cases in (("protocol", protocol), ("lookups", lookups), ("lists", lists)):
            session.run(suite, cases.cases(session, stock)[::7])
        assert [(one.message, one.case) for one in session.findings] == []
        return session.journal


def test_it_agrees_on_every_reply(engine, journal):
    judged = Counter()
    for exchange in journal:
        request, reply = exchange.request, exchange.reply
        if exchange.operation is not None and reply.status != 405:
            headers = {"x-acs-request-id": reply.header("x-acs-request-id")}
            place = {"method": request.method, "target": plain(request.target)}
            fault = engine.reply_fault(reply.status, reply.body, headers, **place)

            assert fault is None, (request.target, request.body[:200], reply.body[:500], fault)
            judged[exchange.operation.name, reply.status == 200] += 1
    assert {name for name, answered in judged if answered} == set(exchange_names(journal))
    assert sum(judged.values()) > 600


def plain(target):
    """A target without needless percent-encoding, which the other engine does not see through (RFC 3986, 6.2.2.2)."""
    path, mark, query = target.partition("?")
    return re.sub(r"%([46][1-9A-Fa-f]|[57][0-9Aa])", lambda code: chr(int(code[1], 16)), path) + mark + query


def exchange_names(journal):
    """The operations that were called and answered."""
    return {one.operation.name for one in journal if one.answered}


@pytest.mark.parametrize(
    ("status", "change", "headers"),
    [
        (200, {"RequestId": None}, {"x-acs-request-id": "R-1"}),
        (200, {"Nodes": [{"StartedAt": "yesterday"}]}, {"x-acs-request-id": "R-1"}),
        (200, {"PipelineRuns": [{"UserId": True}]}, {"x-acs-request-id": "R-1"}),
        (200, {}, {}),
        (418, {}, {"x-acs-request-id": "R-1"}),
    ],
)
def test_it_can_tell_wrong_from_right(engine, status, change, headers):
    empty = {"RequestId": "R-1", "PipelineRuns": [], "Nodes": [], "Outputs": []}

    assert engine.reply_fault(200, json.dumps(empty).encode(), {"x-acs-request-id": "R-1"}) is None
    assert engine.reply_fault(status, json.dumps({**empty, **change}).encode(), headers) is not None


def test_it_agrees_on_which_requests_are_right(engine, journal):
    """What our own reading of the operations' data lets through fits the description, and the reverse."""
    judged = Counter()
    for exchange in journal:
        request, operation = exchange.request, exchange.operation
        if operation is None or "=&" in f"{request.target}&" or len(request.body) > 100_000:
            continue  # an empty text is the same as none, which no schema can say
        if exchange.reply.status in (413, 415) or exchange.due is None:
            continue
        code = exchange.reply.fields.get("Code", "")
        if exchange.reply.status != 200 and (code not in ("InvalidParameter", "MissingParameter") or exchange.call):
            continue
        place = {"method": request.method, "target": plain(request.target)}
        fault = engine.request_fault(request.body, request.header("content-type"), **place)
        if "true" in request.target.lower() or "false" in request.target.lower():
            continue  # openapi-core takes 1 and 0 for booleans, too

        if exchange.reply.status == 200:
            assert fault is None, (request.target, request.body[:300], fault)
        judged[exchange.reply.status] += 1
        judged["agreed"] += (fault is None) == (exchange.reply.status == 200)
    assert judged[200] > 300
    assert judged[400] > 100
    assert judged["agreed"] > 0.9 * (judged[200] + judged[400])


def test_the_drift_report_agrees_on_a_recording_of_it(journal, tmp_path, capsys):
    """What `scripts/contract --record` keeps of our mock shows no drift, of any operation or status."""
    replies = [exchange for exchange in journal if exchange.operation is not None and exchange.reply.status != 405]
    path = tmp_path / "recording.har"
    path.write_text(
        archive([("http://127.0.0.1", exchange) for exchange in journal], KnownSecrets([])), encoding="utf-8"
    )
    code = commands.run(("drift", str(path)))
    said = capsys.readouterr()

    assert (0, "") == (code, said.out)
    assert f"{len(replies)} replies, no drift" in said.err
    assert {200, 400, 404, 413, 415} <= {exchange.reply.status for exchange in replies}
