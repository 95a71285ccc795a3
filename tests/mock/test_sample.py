"""What the mock answers: the documented sample by every way to ask, and whatever else it was given."""

from typing import Any

import pytest
from mock.calls import MASKED_NODE, NODE, PAGE_SAMPLE, RUN, SAMPLE, answer, signed

from paiflow.mock import MockService
from paiflow.mock.description import effective_description


def lists(service: MockService, parameters: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Return PipelineRuns, Nodes and Outputs of the answer; all three are always there."""
    answered = answer(service.handle(signed(parameters)))
    return answered["PipelineRuns"], answered["Nodes"], answered["Outputs"]


def test_the_shipped_sample_is_the_page_s_to_the_letter():
    assert PAGE_SAMPLE == effective_description().operations["ListPipelineRunsStatus"].sample


@pytest.mark.parametrize("workspace", [{}, {"WorkspaceId": "948"}])
def test_the_documented_run_is_returned(service, workspace):
    assert (SAMPLE["PipelineRuns"], [], []) == lists(service, {"PipelineRuns": [RUN], **workspace})


@pytest.mark.parametrize("workspace", [{}, {"WorkspaceId": "948"}])
def test_the_documented_node_is_returned(service, workspace):
    assert ([], SAMPLE["Nodes"], []) == lists(service, {"Nodes": [NODE], **workspace})


@pytest.mark.parametrize("workspace", [{}, {"WorkspaceId": "948"}])
def test_the_masked_output_is_returned_with_a_node_that_it_belongs_to(service, workspace):
    runs, nodes, outputs = lists(service, {"Nodes": [MASKED_NODE], **workspace})

    assert ([], SAMPLE["Outputs"]) == (runs, outputs)
    assert [MASKED_NODE] == [{name: node[name] for name in MASKED_NODE} for node in nodes]


def test_ids_are_compared_whole(service):
    """What came back for part of an id would be of a node that was not asked for."""
    node = {**MASKED_NODE, "NodeId": f"{MASKED_NODE['NodeId']}\n"}

    assert ([], [], []) == lists(service, {"Nodes": [node]})


def test_user_ids_of_the_sample_are_numbers(service):
    runs, _, _ = lists(service, {"PipelineRuns": [RUN]})

    assert [1557702098194904] == [run["UserId"] for run in runs]


@pytest.mark.parametrize("asked", [{"PipelineRuns": [RUN]}, {"Nodes": [NODE]}, {"Nodes": [MASKED_NODE]}])
def test_another_workspace_holds_nothing_of_the_sample(service, asked):
    assert ([], [], []) == lists(service, {**asked, "WorkspaceId": "949"})


def test_with_both_lists_only_nodes_are_answered(service):
    runs, nodes, outputs = lists(service, {"PipelineRuns": [RUN], "Nodes": [NODE, MASKED_NODE]})

    assert ([], SAMPLE["Outputs"]) == (runs, outputs)
    assert [NODE["NodeId"], MASKED_NODE["NodeId"]] == [node["NodeId"] for node in nodes]


@pytest.mark.parametrize(
    "asked",
    [
        {"PipelineRuns": ["flow-other", RUN.upper(), f"{RUN}\n", "\ud800", "名"]},
        {"Nodes": [{**NODE, "NodeId": "node-other"}, {**NODE, "PipelineRunId": "flow-other"}]},
        {"Nodes": [{**NODE, "PipelineRunId": MASKED_NODE["PipelineRunId"]}]},
    ],
)
def test_what_is_not_known_is_left_out(service, asked):
    assert ([], [], []) == lists(service, asked)


@pytest.mark.parametrize(
    ("output_type", "expected"),
    [("DataSet", SAMPLE["Outputs"]), ("Model", []), ("Metrics", []), ("ModelEvaluation", [])],
)
def test_output_type_narrows_the_outputs_and_nothing_else(service, output_type, expected):
    runs, nodes, outputs = lists(service, {"Nodes": [NODE, MASKED_NODE], "OutputType": output_type})

    assert ([], expected) == (runs, outputs)
    assert [NODE["NodeId"], MASKED_NODE["NodeId"]] == [node["NodeId"] for node in nodes]


def test_unknown_parameters_are_ignored(service):
    asked = {"PipelineRuns": [RUN], "Later": {"a": [1, None]}, "nodes": "x"}

    assert (SAMPLE["PipelineRuns"], [], []) == lists(service, asked)


def test_runs_come_once_and_in_the_order_asked(service):
    for run_id in ("flow-1", "flow-2"):
        service.store.add_run({"PipelineRunId": run_id})

    runs, _, _ = lists(service, {"PipelineRuns": ["flow-2", RUN, "flow-2", "flow-1", RUN]})

    assert ["flow-2", RUN, "flow-1"] == [run["PipelineRunId"] for run in runs]


def test_nodes_and_outputs_come_once_and_in_the_order_asked(service):
    ids = {"PipelineRunId": "flow-1", "NodeId": "node-1"}
    service.store.add_run({"PipelineRunId": "flow-1"})
    service.store.add_node(ids)
    for output_id in ("artifact-2", "artifact-1"):
        service.store.add_output({**ids, "Id": output_id, "Type": "Model"})

    _, nodes, outputs = lists(service, {"Nodes": [MASKED_NODE, ids, NODE, ids, MASKED_NODE]})

    assert [MASKED_NODE["NodeId"], "node-1", NODE["NodeId"]] == [node["NodeId"] for node in nodes]
    assert [SAMPLE["Outputs"][0]["Id"], "artifact-2", "artifact-1"] == [output["Id"] for output in outputs]


def test_every_reply_has_a_request_id_of_its_own(service):
    replies = [answer(service.handle(signed()))["RequestId"] for _ in range(3)]

    assert 3 == len(set(replies))


def test_replies_carry_the_date_of_the_service_s_clock(service):
    assert "Mon, 15 Sep 2025 08:30:00 GMT" == dict(service.handle(signed()).headers)["date"]


def test_text_travels_in_utf_8_unescaped(service):
    service.store.add_run({"PipelineRunId": "flow-名", "Name": "名"})

    reply = service.handle(signed({"PipelineRuns": ["flow-名"]}))

    assert "名" == answer(reply)["PipelineRuns"][0]["Name"]
    assert "名".encode() in reply.body
