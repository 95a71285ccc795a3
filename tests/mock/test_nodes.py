"""The nodes of a run: how deep they are shown, which type, and their outputs and logs."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock.calls import LASTING, NOW, ask, got, refusal

from paiflow.mock import Behaviour, HandClock, MockService
from paiflow.mock.timeline import timestamp

ROOT = {"PipelineRunId": "flow-1", "NodeId": "node-root-1"}
TRAIN = {"PipelineRunId": "flow-1", "NodeId": "node-train"}
EPOCH = {"PipelineRunId": "flow-1", "NodeId": "node-epoch"}
MANIFEST = """
metadata: {identifier: nightly}
spec:
  pipelines:
  - metadata: {identifier: read, provider: pai, version: v2, displayName: Read it}
    spec:
      arguments: {parameters: [{name: table, value: t}, {name: rows, from: "{{inputs.parameters.rows}}"}, 7]}
      outputs: {artifacts: [{name: table, metadata: {type: {DataSet: {}}}, value: {location: x}}]}
  - {metadata: {identifier: train}, spec: {dependencies: [read], outputs: {artifacts: {}}}}
"""


@pytest.fixture
def clock():
    return HandClock(NOW)


@pytest.fixture
def service(clock):
    """Has a run with a root node, train in it, and epoch in train."""
    service = MockService([LASTING], clock=clock, sample=False)
    service.stage.add_run("flow-1", [(0, "Running"), ("1m", "Succeeded")], name="nightly")
    service.stage.add_node("flow-1", "node-train", [(0, "Running"), ("1m", "Succeeded")], name="train")
    service.stage.add_node("flow-1", "node-epoch", "Succeeded", name="epoch", parent="node-train")
    return service


def tree(node):
    """The names of a node and the nodes in it."""
    return {node["Metadata"]["DisplayName"]: [tree(child) for child in node["Spec"]["Pipelines"]]}


def ids(service, **parameters):
    return [node["NodeId"] for node in got(service, "ListPipelineRunNodeStatus", **parameters)["Status"]]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"Depth": 1}, {"nightly": []}),
        ({}, {"nightly": [{"train": []}]}),
        ({"Depth": 2}, {"nightly": [{"train": []}]}),
        ({"Depth": 3}, {"nightly": [{"train": [{"epoch": []}]}]}),
        ({"Depth": 2_147_483_647}, {"nightly": [{"train": [{"epoch": []}]}]}),
    ],
)
def test_depth_says_how_many_levels_of_nodes_are_shown(service, parameters, expected):
    assert expected == tree(got(service, "GetPipelineRunNode", **ROOT, **parameters))


def test_a_node_says_whether_it_holds_others_and_how_many_have_ended(service):
    node = got(service, "GetPipelineRunNode", **TRAIN, Depth=2)

    assert ("Dag", True, "1/1") == (
        node["Metadata"]["NodeType"],
        node["Spec"]["HasPipelines"],
        node["StatusInfo"]["Progress"],
    )
    [child] = node["Spec"]["Pipelines"]
    assert ("Pod", False, "Succeeded") == (
        child["Metadata"]["NodeType"],
        child["Spec"]["HasPipelines"],
        child["StatusInfo"]["Status"],
    )


@pytest.mark.parametrize(
    ("depth", "expected"),
    [(1, ["node-root-1"]), (2, ["node-root-1", "node-train"]), (3, ["node-root-1", "node-train", "node-epoch"])],
)
def test_statuses_are_of_the_node_and_the_nodes_in_it(service, depth, expected):
    assert expected == ids(service, **ROOT, Depth=depth)


def test_the_root_node_does_what_its_run_does(service, clock):
    clock.advance(60)

    [root] = got(service, "ListPipelineRunNodeStatus", **ROOT, Depth=1)["Status"]

    assert {
        "NodeId": "node-root-1",
        "NodeName": "flow-1",
        "Status": "Succeeded",
        "StartedAt": timestamp(NOW),
        "FinishedAt": timestamp(NOW + 60),
        "RuntimeInfo": "{}",
    } == root
    assert "node-root-1" == got(service, "GetPipelineRun", PipelineRunId="flow-1")["NodeId"]


def test_physical_nodes_stand_in_the_place_of_those_that_hold_no_others(service):
    physical = ids(service, **ROOT, Depth=3, Type="Physical")
    shown = got(service, "GetPipelineRunNode", PipelineRunId="flow-1", NodeId=physical[-1], Type="Physical")

    assert ["node-root-1", "node-train"] == physical[:2]
    assert "node-epoch" != physical[2] == shown["Metadata"]["NodeId"]
    assert ["node-epoch"] == shown["Metadata"]["RelatedNodeIds"]
    assert physical[2:] == got(service, "GetPipelineRunNode", **EPOCH)["Metadata"]["RelatedNodeIds"]
    assert (404, "NodeNotFound") == refusal(ask(service, "GetPipelineRunNode", **{**ROOT, "NodeId": physical[2]}))


def test_a_created_node_shows_what_its_manifest_says(service, clock):
    run_id = got(service, "CreatePipelineRun", {"WorkspaceId": "1", "PipelineManifest": MANIFEST})["PipelineRunId"]
    root = got(service, "GetPipelineRun", PipelineRunId=run_id)["NodeId"]
    clock.advance(10)

    node = got(service, "GetPipelineRunNode", PipelineRunId=run_id, NodeId=root)
    read, train = node["Spec"]["Pipelines"]
    [output] = got(service, "ListPipelineRunNodeOutputs", PipelineRunId=run_id, NodeId=root, Depth=2)["Outputs"]

    names = ("Provider", "Identifier", "Version", "Name", "DisplayName")
    assert ["pai", "read", "v2", "read", "Read it"] == [read["Metadata"][name] for name in names]
    parameters = [{"Name": "table", "Value": "t"}, {"Name": "rows", "Value": "{{inputs.parameters.rows}}"}]
    assert parameters == read["Spec"]["Inputs"]["Parameters"]
    assert (["read"], "Running") == (train["Spec"]["Dependencies"], train["StatusInfo"]["Status"])
    assert ("table", "DataSet", read["Metadata"]["NodeId"]) == (output["Name"], output["Type"], output["NodeId"])
    assert timestamp(NOW + 10) == output["GmtCreateTime"]


@pytest.fixture
def with_outputs(service):
    for number, (node_id, kind) in enumerate(
        [("node-train", "Model"), ("node-epoch", "DataSet"), ("node-train", "Metrics")]
    ):
        service.stage.add_output(
            "flow-1", node_id, f"artifact-{number}", name="cab"[number], output_type=kind, after=number * 10
        )
    return service


@pytest.mark.parametrize(
    ("parameters", "expected", "total"),
    [
        ({**ROOT, "Depth": 1}, "", 0),
        ({**ROOT, "Depth": 2}, "20", 2),
        ({**ROOT, "Depth": 3}, "210", 3),
        ({**EPOCH, "Depth": 1}, "1", 1),
        ({**ROOT, "Depth": 3, "Order": "ASC"}, "012", 3),
        ({**ROOT, "Depth": 3, "SortBy": "Name", "Order": "ASC"}, "120", 3),
        ({**ROOT, "Depth": 3, "SortBy": "Type"}, "021", 3),
        ({**ROOT, "Depth": 3, "Type": "Metrics"}, "2", 1),
        ({**ROOT, "Depth": 3, "Name": "train"}, "20", 2),
        ({**ROOT, "Depth": 3, "Name": "a"}, "1", 1),
        ({**ROOT, "Depth": 3, "Name": "tra"}, "", 0),
        ({**ROOT, "Depth": 3, "PageSize": 2}, "21", 3),
        ({**ROOT, "Depth": 3, "PageSize": 2, "PageNumber": 2}, "0", 3),
        ({**ROOT, "Depth": 3, "PageSize": 2, "PageNumber": 3}, "", 3),
    ],
)
def test_outputs_are_those_of_a_node_and_the_nodes_in_it(with_outputs, clock, parameters, expected, total):
    clock.advance(60)

    reply = got(with_outputs, "ListPipelineRunNodeOutputs", **parameters)

    assert [f"artifact-{number}" for number in expected] == [output["Id"] for output in reply["Outputs"]]
    assert total == reply["TotalCount"]


def test_an_output_that_has_not_come_is_not_counted(with_outputs, clock):
    clock.advance(10)

    assert 2 == got(with_outputs, "ListPipelineRunNodeOutputs", **ROOT, Depth=3)["TotalCount"]


LINES = ["start", ("5s", "step 1"), ("10s", "Step 2"), ("15s", ""), ("20s", "end")]
SECOND = int(NOW)


def logs(service, **parameters):
    reply = got(service, "ListPipelineRunNodeLogs", **TRAIN, **parameters)
    return reply["TotalCount"], reply["Logs"]


@pytest.fixture
def with_logs(service):
    service.stage.add_logs("flow-1", "node-train", LINES)
    return service


def test_a_log_grows(with_logs, clock):
    seen = [logs(with_logs)]
    for seconds in (4, 1, 15):
        clock.advance(seconds)
        seen.append(logs(with_logs))

    every = ["start", "step 1", "Step 2", "", "end"]
    assert [(1, every[:1]), (1, every[:1]), (2, every[:2]), (5, every)] == seen


@pytest.mark.parametrize(
    ("parameters", "expected", "total"),
    [
        ({"PageSize": 2}, ["start", "step 1"], 5),
        ({"PageSize": 2, "Offset": 1}, ["step 1", "Step 2"], 5),
        ({"Offset": 4}, ["end"], 5),
        ({"Offset": 5}, [], 5),
        ({"Reverse": "true", "PageSize": 2}, ["end", ""], 5),
        ({"Keyword": "tep"}, ["step 1", "Step 2"], 2),
        ({"Keyword": "step", "Reverse": "true"}, ["step 1"], 1),
        ({"FromTimeInSeconds": SECOND + 5}, ["step 1", "Step 2", "", "end"], 4),
        ({"ToTimeInSeconds": SECOND + 5}, ["start", "step 1"], 2),
        ({"FromTimeInSeconds": SECOND + 6, "ToTimeInSeconds": SECOND + 10, "Keyword": "2"}, ["Step 2"], 1),
        ({"FromTimeInSeconds": SECOND + 10, "ToTimeInSeconds": SECOND + 5}, [], 0),
    ],
)
def test_lines_are_selected_by_offset_time_and_keyword(with_logs, clock, parameters, expected, total):
    clock.advance(60)

    assert (total, expected) == logs(with_logs, **parameters)


def test_an_offset_may_count_pages_instead(clock):
    service = MockService([LASTING], clock=clock, behaviour=Behaviour(log_offset="pages"))
    service.stage.add_run("flow-1")
    service.stage.add_node("flow-1", "node-train")
    service.stage.add_logs("flow-1", "node-train", ["a", "b", "c"])

    assert [["a", "b"], ["c"], []] == [logs(service, Offset=offset, PageSize=2)[1] for offset in range(3)]


@given(st.lists(st.integers(0, 20), max_size=12), st.integers(1, 5), st.booleans())
def test_pages_of_a_log_hold_each_line_once(moments, size, reverse):
    clock = HandClock(NOW)
    service = MockService([LASTING], clock=clock, sample=False)
    service.stage.add_run("flow-1")
    service.stage.add_node("flow-1", "node-train")
    service.stage.add_logs(
        "flow-1", "node-train", [(moment, f"{moment} {index}") for index, moment in enumerate(moments)]
    )
    clock.advance(30)

    page = partial(logs, service, PageSize=size, Reverse=str(reverse).lower())
    lines = [line for offset in range(0, len(moments) + 1, size) for line in page(Offset=offset)[1]]

    due = [f"{moment} {index}" for moment, index in sorted((moment, index) for index, moment in enumerate(moments))]
    assert (due[::-1] if reverse else due) == lines


def test_a_created_node_writes_while_it_runs_and_no_more_when_it_is_terminated(service, clock):
    run_id = got(service, "CreatePipelineRun", {"WorkspaceId": "1", "PipelineManifest": MANIFEST})["PipelineRunId"]
    root = got(service, "GetPipelineRun", PipelineRunId=run_id)["NodeId"]
    node_id = ids(service, PipelineRunId=run_id, NodeId=root)[1]
    counts = []
    for seconds in (0, 5):
        clock.advance(seconds)
        counts.append(got(service, "ListPipelineRunNodeLogs", PipelineRunId=run_id, NodeId=node_id)["TotalCount"])
    got(service, "TerminatePipelineRun", PipelineRunId=run_id)
    clock.advance(60)

    assert [1, 3] == counts
    assert 3 == got(service, "ListPipelineRunNodeLogs", PipelineRunId=run_id, NodeId=node_id)["TotalCount"]
    assert 0 == got(service, "ListPipelineRunNodeOutputs", PipelineRunId=run_id, NodeId=root, Depth=2)["TotalCount"]


def test_a_node_of_another_run_is_not_found(service):
    service.stage.add_run("flow-2")

    assert (404, "NodeNotFound") == refusal(ask(service, "GetPipelineRunNode", **{**TRAIN, "PipelineRunId": "flow-2"}))
