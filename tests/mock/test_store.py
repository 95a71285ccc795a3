"""What can be put into the mock, and the one clear error for what cannot."""

import threading

import pytest
from mock.calls import NODE, RUN, SAMPLE, answer, signed

from paiflow.errors import ConfigurationError


def runs(service, *run_ids, **parameters):
    return answer(service.handle(signed({"PipelineRuns": run_ids, **parameters})))["PipelineRuns"]


def about(service, node, **parameters):
    return answer(service.handle(signed({"Nodes": [node], **parameters})))


def test_what_is_added_comes_back_as_it_was_given(service):
    run = {"PipelineRunId": "flow-1", "Status": "Brooding", "UserId": "15", "NodeId": None}
    node = {"PipelineRunId": "flow-1", "NodeId": "node-1", "StartedAt": "", "FinishedAt": None}
    output = {**SAMPLE["Outputs"][0], "PipelineRunId": "flow-1", "NodeId": "node-1"}
    service.store.add_run(run)
    service.store.add_node(node)
    service.store.add_output(output)

    assert [run] == runs(service, "flow-1")
    assert [node] == about(service, node_key := {"PipelineRunId": "flow-1", "NodeId": "node-1"})["Nodes"]
    assert [output] == about(service, node_key)["Outputs"]


def test_what_is_added_cannot_be_changed_from_outside(service):
    output = {**NODE, "Id": "artifact-1", "Metadata": {"type": {}}}
    service.store.add_output(output)

    output["Metadata"]["type"]["Model"] = {}

    assert {"type": {}} == about(service, NODE)["Outputs"][0]["Metadata"]


def test_a_run_lives_in_its_workspace_and_its_nodes_and_outputs_with_it(service):
    node = {"PipelineRunId": "flow-1", "NodeId": "node-1"}
    service.store.add_run({"PipelineRunId": "flow-1"}, workspace_id="1")
    service.store.add_node(node)
    service.store.add_output({**node, "Id": "artifact-1"})

    assert 1 == len(runs(service, "flow-1", WorkspaceId="1"))
    assert [] == runs(service, "flow-1", WorkspaceId="948")
    assert 1 == len(about(service, node, WorkspaceId="1")["Nodes"])
    assert 1 == len(about(service, node, WorkspaceId="1")["Outputs"])
    assert [] == about(service, node, WorkspaceId="2")["Outputs"]


@pytest.mark.parametrize(
    ("run", "fault"),
    [
        (
            {"PipelineRunId": "flow-1", "State": "Running"},
            "PipelineRun: there is no field 'State': known are PipelineRunId",
        ),
        ({"PipelineRunId": "flow-1", "IsDeleted": "no"}, "PipelineRun: IsDeleted: "),
        ({"PipelineRunId": 1}, "PipelineRun: PipelineRunId: "),
        ({"PipelineRunId": ""}, "PipelineRun: PipelineRunId is missing"),
        ({"Status": "Running"}, "PipelineRun: PipelineRunId is missing"),
        ({"PipelineRunId": "flow-1", "Name": "\ud800"}, "PipelineRun: it cannot be sent as JSON: "),
        ({"PipelineRunId": "flow-1", "Name": b"a"}, "PipelineRun: it cannot be sent as JSON: "),
        ({"PipelineRunId": "flow-1", "UserId": float("nan")}, "PipelineRun: it cannot be sent as JSON: "),
        ({"PipelineRunId": RUN}, f"PipelineRun '{RUN}' is there already"),
    ],
)
def test_a_run_that_cannot_be_added_is_one_clear_error(service, run, fault):
    with pytest.raises(ConfigurationError) as caught:
        service.store.add_run(run)

    assert str(caught.value).startswith(fault)
    assert [] == runs(service, "flow-1")


@pytest.mark.parametrize(
    ("node", "fault"),
    [
        (NODE, f"Node '{NODE['NodeId']}' of '{RUN}' is there already"),
        (
            {"PipelineRunId": "flow-1", "NodeId": "node-1"},
            "Node 'node-1': there is no run 'flow-1': add the run first",
        ),
        ({"PipelineRunId": RUN}, "Node: NodeId is missing"),
        ({**NODE, "StartedAt": "yesterday"}, "Node: StartedAt: "),
        ({**NODE, "Outputs": []}, "Node: there is no field 'Outputs'"),
    ],
)
def test_a_node_that_cannot_be_added_is_one_clear_error(service, node, fault):
    with pytest.raises(ConfigurationError) as caught:
        service.store.add_node(node)

    assert str(caught.value).startswith(fault)


@pytest.mark.parametrize(
    ("output", "fault"),
    [
        (SAMPLE["Outputs"][0], "Output 'artifact-ty1xwv*******s8zf' of 'flow-dsjfk******jdskls', "),
        ({**NODE, "Name": "model"}, "Output: Id is missing"),
        ({**NODE, "Id": "artifact-1", "Metadata": "none"}, "Output: Metadata: "),
        (
            {**NODE, "Id": "artifact-1", "PipelineRunId": "flow-1"},
            f"Output 'artifact-1' of 'flow-1', '{NODE['NodeId']}': there is no run 'flow-1': add the run first",
        ),
    ],
)
def test_an_output_that_cannot_be_added_is_one_clear_error(service, output, fault):
    with pytest.raises(ConfigurationError) as caught:
        service.store.add_output(output)

    assert str(caught.value).startswith(fault)


def test_threads_add_and_ask_at_once(service):
    """Of the same run, one thread adds it and the others are told."""
    added, refused = [], []

    def add():
        for number in range(50):
            try:
                service.store.add_run({"PipelineRunId": f"flow-{number}"})
                added.append(number)
            except ConfigurationError:
                refused.append(number)
            runs(service, f"flow-{number}", RUN)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert list(range(50)) == sorted(added)
    assert 150 == len(refused)
