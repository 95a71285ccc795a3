"""`paiflow.observe`: what a client's replies hold that the description lacks, at no cost to its calls."""

import asyncio
import json
import threading

import httpx
import pytest
from drift import shapes

import paiflow
from paiflow import _yaml, overlays
from paiflow.drift import RepairError, Reply, Schemas, load, observing
from paiflow.drift.replies import judge
from paiflow.mock import HandClock, HandTime, MockService, MockTransport

CREDENTIALS = paiflow.Credentials("my-key-id", "my-key-secret")


def answering(*replies, kind=paiflow.PaiFlow, **settings):
    """A client that gets these replies, the last one for ever; bytes as they are, else a status and JSON."""
    waiting = list(replies)

    def answer(request):
        reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(reply, bytes):
            return httpx.Response(200, content=reply)
        status, value = reply if isinstance(reply, tuple) else (200, reply)
        return httpx.Response(status, json=value)

    return kind("cn-hangzhou", credentials=CREDENTIALS, transport=httpx.MockTransport(answer), **settings)


def ask(client):
    return client.list_pipeline_runs_status(pipeline_runs=["flow-a"])


def told(drift):
    return [(one.kind, one.path, one.count, one.example) for one in drift.findings]


def runs(*fields):
    return {"RequestId": "r", "PipelineRuns": [{"PipelineRunId": "flow-a", **one} for one in fields]}


def applied(drift):
    return Schemas(overlays.apply(load().document, _yaml.load(drift.overlay())))


def test_replies_are_counted_and_drift_is_told():
    with answering(runs({"Queue": "night"}, {"Queue": "day"}), runs({"Status": "Hibernating"})) as client:
        with paiflow.observe(client) as drift:
            for _ in range(3):
                ask(client)
        ask(client)

    assert 3 == drift.replies
    assert [
        ("unknown-field", "$.PipelineRuns[*].Queue", 2, '"night"'),
        ("unknown-value", "$.PipelineRuns[*].Status", 2, '"Hibernating"'),
    ] == told(drift)
    assert "unknown-field  $.PipelineRuns[*].Queue   2" in drift.report()
    assert "Observation(3 replies, 2 findings)" == repr(drift)


def test_without_drift_there_is_nothing_to_report_and_no_overlay():
    with answering(shapes.SAMPLE) as client, paiflow.observe(client) as drift:
        ask(client)

    assert ((), "", None) == (drift.findings, drift.report(), drift.overlay())


def test_an_overlay_of_what_was_observed_makes_the_replies_fit():
    replies = [
        runs({"Queue": "night", "Labels": [1]}, {"Queue": None, "Labels": ["x"], "Name": 5}),
        runs({"Queue": 7, "Labels": [], "IsDeleted": "no"}, {"Status": "Hibernating", "Name": {"a": [1]}}),
        {
            "PipelineRuns": {"flow-a": {"Status": None}},
            "Nodes": [{"StartedAt": "yesterday", "Deep": {"a": [[1]]}}, None],
        },
    ]
    with answering(*replies) as client, paiflow.observe(client) as drift:
        for reply in replies:
            try:
                ask(client)
            except paiflow.UnexpectedReply:
                assert isinstance(reply["PipelineRuns"], dict)

    description = applied(drift)
    for reply in replies:
        assert [] == judge(description, Reply("r", "ListPipelineRunsStatus", 200, reply))[1]


def test_a_map_with_other_keys_each_time_needs_few_witnesses():
    replies = [runs({"Tags": {f"{letter}{number}": {"a": number} for letter in "qrst"}}) for number in range(300)]
    with answering(*replies) as client, paiflow.observe(client) as drift:
        for _ in replies:
            ask(client)

    schemas = applied(drift).document["components"]["schemas"]
    assert {"$ref": "#/components/schemas/TagsValue"} == schemas["Tags"]["additionalProperties"]
    assert {"a": {"type": "integer"}} == schemas["TagsValue"]["properties"]
    assert 3 > len(drift._witnesses.replies)


def test_errors_of_the_service_and_repeated_attempts_are_observed(monkeypatch):
    clock = HandClock()
    monkeypatch.setattr("paiflow.client.clients.Time", lambda: HandTime(clock))
    error = {"Code": "ServiceUnavailable", "Message": "m", "RequestId": "r", "Hint": "later"}
    with answering((503, error), shapes.SAMPLE) as client, paiflow.observe(client) as drift:
        ask(client)

    assert (2, [("503", "$.Hint")]) == (drift.replies, [(one.status, one.path) for one in drift.findings])


def test_what_is_no_json_is_skipped_and_the_calls_error_is_its_own():
    with answering(b"<html>", b"[" * 100_000, b"") as client, paiflow.observe(client) as drift:
        for _ in range(3):
            with pytest.raises(paiflow.UnexpectedReply):
                ask(client)

    assert 0 == drift.replies
    assert {
        "ListPipelineRunsStatus 200 whose body is not JSON": 2,
        "ListPipelineRunsStatus 200 without a body": 1,
    } == drift.skipped


def test_a_fault_of_the_observer_reaches_no_call(monkeypatch):
    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("paiflow.drift.collecting.judge", fail)
    with answering(shapes.SAMPLE) as client, paiflow.observe(client) as drift:
        reply = ask(client)

    assert "flow-hynm2bv8wqhp5esfxq" == reply.pipeline_runs[0].pipeline_run_id
    assert {"ListPipelineRunsStatus that could not be judged: ZeroDivisionError": 1} == drift.skipped


async def test_an_async_client_is_observed():
    async with answering(runs({"Queue": "night"}), kind=paiflow.AsyncPaiFlow) as client:
        with paiflow.observe(client) as drift:
            await asyncio.gather(*(ask(client) for _ in range(5)))

    assert [("unknown-field", "$.PipelineRuns[*].Queue", 5, '"night"')] == told(drift)


def test_waits_and_batches_are_observed(monkeypatch):
    clock = HandClock()
    service = MockService(clock=clock)
    service.stage.add_run("flow-a", [(0, "Running"), ("5s", "Hibernating"), ("1m", "Succeeded")])
    monkeypatch.setattr("paiflow.client.clients.Time", lambda: HandTime(clock))
    transport = MockTransport(service)
    with (
        paiflow.PaiFlow("cn-hangzhou", credentials=service.credentials, transport=transport) as client,
        paiflow.observe(client) as drift,
    ):
        client.wait(pipeline_runs=["flow-a"], timeout=600)
        polls = drift.replies
        client.statuses(pipeline_runs=[f"flow-{number}" for number in range(250)])

    assert polls > 2
    assert 3 == drift.replies - polls
    assert ["$.PipelineRuns[*].Status"] == [one.path for one in drift.findings]


def test_threads_share_an_observation():
    with answering(runs({"Queue": "night"})) as client, paiflow.observe(client) as drift:
        threads = [threading.Thread(target=lambda: [ask(client) for _ in range(20)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert (80, 80) == (drift.replies, drift.findings[0].count)


def test_several_may_observe_one_client_and_each_stops_by_itself():
    with answering(runs({})) as client:
        first = paiflow.observe(client)
        with paiflow.observe(client) as second:
            ask(client)
        ask(client)
        first.stop()
        first.stop()
        ask(client)

    assert (2, 1) == (first.replies, second.replies)


def test_another_description_may_be_observed_by(tmp_path):
    document = load().document
    repaired = overlays.apply(
        document,
        {
            "overlay": "1.1.0",
            "info": {"title": "t", "version": "1"},
            "actions": [
                {"target": "$.components.schemas.PipelineRun.properties", "update": {"Queue": {"type": "string"}}}
            ],
        },
    )
    (tmp_path / "d.yaml").write_text(_yaml.dump(repaired), encoding="utf-8")
    (tmp_path / "other.yaml").write_text(_yaml.dump(shapes.description({}).document), encoding="utf-8")
    with answering(runs({"Queue": "night"})) as client:
        with paiflow.observe(client, description=str(tmp_path / "d.yaml")) as drift:
            ask(client)
        with paiflow.observe(client, description=str(tmp_path / "other.yaml")) as other:
            ask(client)

    assert (1, ()) == (drift.replies, drift.findings)
    assert {"ListPipelineRunsStatus is not described": 1} == other.skipped


def test_what_is_kept_is_redacted_and_small():
    secret, account = "hush-hush-hush", 1234567890123456
    many = [{"UserId": account, "Note": {"SecurityToken": secret, "More": ["x" * 500] * 50}}] * 100
    with (
        answering({**runs(*many), "Outputs": [{"Value": "v" * 10_000}] * 100}) as client,
        paiflow.observe(client) as drift,
    ):
        for _ in range(10):
            ask(client)

    [witness] = drift._witnesses.replies
    kept = json.dumps(witness.value)
    assert len(kept) < 1000
    for text in (kept, drift.report(), drift.overlay()):
        assert secret not in text
        assert str(account) not in text


def test_what_signed_the_request_is_not_shown_wherever_a_service_puts_it():
    echo = {**runs({"Status": "my-key-secret"}), "Note": "signed with my-key-secret by my-key-id"}
    with answering(echo) as client, paiflow.observe(client) as drift:
        ask(client)

    assert ['"[redacted]"', '"signed with [redacted] by [redacted]"'] == sorted(one.example for one in drift.findings)
    with pytest.raises(RepairError, match="looks like a secret, not like a known value") as caught:
        drift.overlay()
    assert "my-key" not in drift.report() + str(caught.value)


def test_more_drift_than_there_is_room_for_is_counted_and_no_overlay_claims_to_mend_it(monkeypatch):
    monkeypatch.setattr(observing, "MAX_FINDINGS", 3)
    with answering(runs({f"Field{number}": 1 for number in range(10)})) as client, paiflow.observe(client) as drift:
        ask(client)

    assert (3, 7) == (len(drift.findings), drift.left_out)
    assert "Observation(1 reply, 3 findings and 7 values more)" == repr(drift)
    with pytest.raises(RepairError, match="more drift than was kept"):
        drift.overlay()


@pytest.mark.parametrize(("name", "limit"), [("MAX_WITNESSES", 1), ("MAX_WITNESS_CHARACTERS", 90)])
def test_more_replies_than_there_is_room_for_make_no_overlay(monkeypatch, name, limit):
    monkeypatch.setattr(observing, name, limit)
    with answering(runs({"A": 1}), runs({"A": 1, "B": "some more text"})) as client, paiflow.observe(client) as drift:
        ask(client)
        assert drift.overlay() is not None
        ask(client)

    assert 2 == len(drift.findings)
    with pytest.raises(RepairError, match="more drift than was kept"):
        drift.overlay()


def test_a_witness_that_does_not_survive_its_redaction_makes_no_overlay():
    with answering(runs({"Status": "LTAI5tExampleExample1234"})) as client, paiflow.observe(client) as drift:
        ask(client)

    with pytest.raises(RepairError, match="more drift than was kept"):
        drift.overlay()
