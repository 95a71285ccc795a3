"""Runs, nodes and outputs that change as the service's time goes by."""

import pytest
from mock.calls import LASTING, NOW, answer, signed

from paiflow.errors import ConfigurationError
from paiflow.mock import HandClock, MockService
from paiflow.mock.timeline import timestamp


@pytest.fixture
def clock():
    return HandClock(NOW)


@pytest.fixture
def service(clock):
    return MockService([LASTING], clock=clock)


def ask(service, **parameters):
    return answer(service.handle(signed(parameters, now=service.clock.now())))


def run(service, run_id="flow-1", **parameters):
    """What a reply holds of a run, None if nothing."""
    return next(iter(ask(service, PipelineRuns=[run_id], **parameters)["PipelineRuns"]), None)


def node(service, node_id="node-1"):
    """What a reply holds of a node of flow-1 and of its outputs."""
    reply = ask(service, Nodes=[{"PipelineRunId": "flow-1", "NodeId": node_id}])
    return next(iter(reply["Nodes"]), None), reply["Outputs"]


def test_a_run_goes_through_its_statuses(service, clock):
    service.stage.add_run("flow-1", [(0, "Initialized"), ("5s", "Running"), ("2m", "Hibernating")], name="train")
    seen = [run(service)]
    for seconds in (5, 114, 1):
        clock.advance(seconds)
        seen.append(run(service))

    assert ["Initialized", "Running", "Running", "Hibernating"] == [one["Status"] for one in seen]
    assert {"PipelineRunId": "flow-1", "Name": "train", "Status": "Initialized", "IsDeleted": False} == seen[0]


def test_a_run_has_one_status_that_stays_if_no_more_is_said(service, clock):
    service.stage.add_run("flow-1")
    service.stage.add_run("flow-2", "Failed")

    clock.advance(86_400)

    assert ["Running", "Failed"] == [run(service, run_id)["Status"] for run_id in ("flow-1", "flow-2")]


def test_times_are_counted_from_when_a_run_is_added(service, clock):
    clock.advance(100)
    service.stage.add_run("flow-1", [(0, "Running"), (10, "Succeeded")])

    clock.advance(9)
    assert "Running" == run(service)["Status"]
    clock.advance(1)
    assert "Succeeded" == run(service)["Status"]


def test_a_run_appears_with_its_first_status(service, clock):
    service.stage.add_run("flow-1", [(10, "Running")])
    assert run(service) is None

    clock.advance(10)

    assert "Running" == run(service)["Status"]


def test_a_run_vanishes_and_comes_back_with_all_that_belongs_to_it(service, clock):
    service.stage.add_run("flow-1", vanishes=[(10, "20s"), (60, 10)])
    service.stage.add_node("flow-1", "node-1")
    service.stage.add_output("flow-1", "node-1", "artifact-1")
    there = []
    for seconds in (9, 1, 19, 1, 30, 10):
        clock.advance(seconds)
        there.append((run(service) is not None, node(service)[0] is not None, len(node(service)[1])))

    yes, no = (True, True, 1), (False, False, 0)
    assert [yes, no, no, yes, no, yes] == there


def test_a_node_vanishes_alone(service, clock):
    service.stage.add_run("flow-1")
    service.stage.add_node("flow-1", "node-1", vanishes=[(0, 30)])
    assert (None, True) == (node(service)[0], run(service) is not None)

    clock.advance(30)

    assert "Running" == node(service)[0]["Status"]


def test_a_run_is_deleted_and_still_there(service, clock):
    service.stage.add_run("flow-1", deleted="1h")
    assert run(service)["IsDeleted"] is False

    clock.advance(3600)

    assert {"PipelineRunId": "flow-1", "Status": "Running", "IsDeleted": True} == run(service)


def test_a_run_lives_in_its_workspace(service):
    service.stage.add_run("flow-1", workspace_id="15945")

    assert run(service, WorkspaceId="15945") is not None
    assert run(service, WorkspaceId="948") is None


def test_more_fields_are_given_by_their_wire_names(service):
    service.stage.add_run("flow-1", UserId=15, NodeId=None)

    assert (15, None) == (run(service)["UserId"], run(service)["NodeId"])


def test_a_node_starts_and_finishes_with_its_statuses(service, clock):
    service.stage.add_run("flow-1")
    service.stage.add_node(
        "flow-1", "node-1", [(0, "ReadyToSchedule"), (5, "Running"), (60, "Succeeded")], name="train"
    )
    seen = [node(service)[0]]
    for seconds in (5, 55, 1000):
        clock.advance(seconds)
        seen.append(node(service)[0])

    assert {
        "PipelineRunId": "flow-1",
        "NodeId": "node-1",
        "NodeName": "train",
        "Status": "ReadyToSchedule",
        "StartedAt": None,
        "FinishedAt": None,
    } == seen[0]
    assert [(None, None), (5, None), (5, 60), (5, 60)] == [
        tuple(None if one[name] is None else AFTER[one[name]] for name in ("StartedAt", "FinishedAt")) for one in seen
    ]


AFTER = {timestamp(NOW + seconds): seconds for seconds in range(100)}


def test_a_node_s_times_may_be_given_instead(service):
    service.stage.add_run("flow-1")
    service.stage.add_node("flow-1", "node-1", "Succeeded", StartedAt="", FinishedAt="2021-01-21T17:12:35Z")

    assert ("", "2021-01-21T17:12:35Z") == (node(service)[0]["StartedAt"], node(service)[0]["FinishedAt"])


def test_an_output_comes_in_its_time(service, clock):
    service.stage.add_run("flow-1")
    value = {"location": {"bucket": "日"}}
    service.stage.add_output("flow-1", "node-1", "artifact-1", output_type="Model", value=value, after="1m")
    service.stage.add_output("flow-1", "node-1", "artifact-2", name="text", value="a, b", metadata={"path": "/"})
    first = node(service)[1]

    clock.advance(60)

    assert [
        {
            "PipelineRunId": "flow-1",
            "NodeId": "node-1",
            "Id": "artifact-2",
            "Type": "DataSet",
            "GmtCreateTime": timestamp(NOW),
            "Name": "text",
            "Metadata": {"path": "/"},
            "Value": "a, b",
        }
    ] == first
    model = {output["Id"]: output for output in node(service)[1]}["artifact-1"]
    assert ("Model", timestamp(NOW + 60)) == (model["Type"], model["GmtCreateTime"])
    assert '{"location": {"bucket": "日"}}' == model["Value"]


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"statuses": [(5, "A"), (4, "B")]}, "PipelineRun 'flow-1': statuses[1] comes before statuses[0]"),
        ({"statuses": [("soon", "A")]}, "PipelineRun 'flow-1': statuses[0]: 'soon' is not a duration, such as"),
        ({"statuses": [(-1, "A")]}, "PipelineRun 'flow-1': statuses[0]: -1 is not a duration"),
        ({"statuses": [(0, 7)]}, "PipelineRun 'flow-1': statuses[0]: 7 is not text"),
        ({"statuses": []}, "PipelineRun 'flow-1': it has no status"),
        ({"statuses": ""}, "PipelineRun 'flow-1': statuses[0]: '' is not text"),
        ({"vanishes": [(0, None)]}, "PipelineRun 'flow-1': vanishes[0]: None is not a duration"),
        ({"vanishes": [("x", 1)]}, "PipelineRun 'flow-1': vanishes[0]: 'x' is not a duration"),
        ({"deleted": "x"}, "PipelineRun 'flow-1': deleted: 'x' is not a duration"),
        ({"Stauts": "Running"}, "PipelineRun: there is no field 'Stauts': known are PipelineRunId"),
        ({"name": 7}, "PipelineRun: Name: 7 is not of type"),
    ],
)
def test_a_run_that_cannot_be_added_is_one_clear_error(service, settings, fault):
    with pytest.raises(ConfigurationError) as caught:
        service.stage.add_run("flow-1", **settings)

    assert str(caught.value).startswith(fault)
    assert run(service) is None


def test_what_belongs_to_no_run_is_one_clear_error(service):
    with pytest.raises(ConfigurationError, match="Node 'node-1': there is no run 'flow-1': add the run first"):
        service.stage.add_node("flow-1", "node-1")
    with pytest.raises(ConfigurationError, match="there is no run 'flow-1': add the run first"):
        service.stage.add_output("flow-1", "node-1", "artifact-1")
    service.stage.add_run("flow-1")
    with pytest.raises(ConfigurationError, match="'node-1': after: 'x' is not a duration"):
        service.stage.add_output("flow-1", "node-1", "artifact-1", after="x")
