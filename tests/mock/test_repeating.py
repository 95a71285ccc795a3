"""A scenario that repeats begins when it is asked for, and anew for whoever comes next."""

import json

import pytest
from mock.calls import LASTING, NOW, answer, refusal, signed

from paiflow.mock import HandClock, MockService, load_scenario

TEXT = """\
scenario: s
repeat_after: 5m
runs:
  - id: flow-a
    statuses: [{after: 0s, status: Running}, {after: 4m, status: Succeeded}]
    nodes: [{id: node-a, statuses: [{after: 0s, status: Running}, {after: 6m, status: Succeeded}]}]
  - {id: flow-b, statuses: [{after: 0s, status: Running}, {after: 2m, status: Failed}]}
"""
NODE = {"PipelineRunId": "flow-a", "NodeId": "node-a"}


@pytest.fixture
def service(tmp_path):
    path = tmp_path / "scenario.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return MockService([LASTING], scenario=load_scenario(path), clock=HandClock(NOW))


def statuses(service, after, *runs, **others):
    """Return what the service says so many seconds later."""
    service.clock.advance(after)
    reply = answer(service.handle(signed({"PipelineRuns": list(runs)} if runs else others, now=service.clock.now())))
    return [one["Status"] for one in (*reply["PipelineRuns"], *reply["Nodes"])]


def test_its_times_are_counted_from_the_first_request_for_a_run_of_it(service):
    statuses(service, 3600, "flow-hynm2bv8wqhp5esfxq")
    assert ["Running"] == statuses(service, 3600, "flow-a")
    assert ["Running", "Failed"] == statuses(service, 120, "flow-a", "flow-b")
    assert ["Succeeded"] == statuses(service, 120, "flow-a")


def test_it_begins_anew_once_all_that_was_asked_for_was_seen_to_its_end(service):
    assert ["Running", "Running"] == statuses(service, 0, "flow-a", "flow-b")
    assert ["Succeeded"] == statuses(service, 240, "flow-a")
    assert ["Failed"] == statuses(service, 0, "flow-b")
    assert ["Running"] == statuses(service, 0, "flow-b")


def test_a_node_that_was_asked_for_is_waited_for_too(service):
    assert ["Running", "Running"] == statuses(service, 0, "flow-a") + statuses(service, 0, Nodes=[NODE])
    assert ["Succeeded", "Succeeded"] == statuses(service, 240, "flow-a") + statuses(service, 0, "flow-a")
    assert ["Succeeded"] == statuses(service, 120, Nodes=[NODE])
    assert ["Running"] == statuses(service, 0, Nodes=[NODE])


def test_an_end_that_a_fault_hid_was_not_seen(service):
    assert ["Running"] == statuses(service, 0, "flow-b")
    service.clock.advance(120)
    for fault, status in (("throttling", 400), ("reset", 200)):
        with service.faults.add(fault):
            reply = service.handle(signed({"PipelineRuns": ["flow-b"]}, now=service.clock.now()))
            assert status == reply.status
    assert ["Failed"] == statuses(service, 0, "flow-b")


def test_it_begins_anew_after_a_while_without_a_request_for_its_runs(service):
    assert ["Running"] == statuses(service, 0, "flow-a")
    assert ["Running"] == statuses(service, 239, "flow-a")
    statuses(service, 200, "flow-hynm2bv8wqhp5esfxq")
    assert ["Running"] == statuses(service, 100, "flow-a")
    assert ["Succeeded"] == statuses(service, 240, "flow-a")


def test_a_request_that_is_refused_begins_nothing_twice(service):
    bad = signed({"PipelineRuns": "flow-a"}, now=service.clock.now())

    assert 400 == refusal(service.handle(bad))[0]
    assert ["Running"] == statuses(service, 0, "flow-a")


def test_the_bundled_scenario_is_found_by_its_name():
    assert ["flow-train", "flow-evaluate", "flow-publish"] == [
        step.ids[0] for step in load_scenario("demo").steps if step.kind == "run"
    ]


def test_details_at_the_start_are_those_of_the_end_and_stay_until_statuses_are_asked_for(service):
    def get():
        asked = {"method": "GET", "path": b"/api/v1/pipelineruns/flow-b", "action": "GetPipelineRun"}
        request = signed(body=b"", content_type=None, now=service.clock.now(), **asked)
        return json.loads(service.handle(request).body)["Status"]

    assert "Failed" == get()
    assert ["Succeeded"] == statuses(service, 0, Nodes=[NODE])
    assert ["Running"] == statuses(service, 0, "flow-b")
    assert "Running" == get()
    assert ["Failed"] == statuses(service, 120, "flow-b")
    assert "Failed" == get()
    assert ["Running"] == statuses(service, 0, "flow-b")
