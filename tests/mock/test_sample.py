"""What the mock answers: the documented sample by every way to ask, and whatever else it was given."""

from typing import Any

import pytest
from mock.calls import LASTING, MASKED_NODE, NODE, NOW, PAGE_SAMPLE, RUN, SAMPLE, answer, got, signed

from paiflow.mock import HandClock, MockService
from paiflow.mock.description import effective_description
from paiflow.mock.sample import cleaned


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


def walk(value: Any) -> list[Any]:
    """All texts and numbers in a reply."""
    if isinstance(value, dict):
        return [one for item in value.values() for one in walk(item)]
    return [one for item in value for one in walk(item)] if isinstance(value, list) else [value]


def test_every_id_of_the_samples_leads_to_something_and_every_count_is_true(service):
    workspaces, pipelines, runs = (
        got(service, action, PageSize=100) for action in ("ListWorkspaces", "ListPipelines", "ListPipelineRuns")
    )
    replies = [workspaces, pipelines, runs]
    known = {one["WorkspaceId"] for one in workspaces["Workspaces"]}
    for pipeline in pipelines["Pipelines"]:
        got_pipeline = got(service, "GetPipeline", PipelineId=pipeline["PipelineId"])
        assert pipeline.items() <= got_pipeline.items()
        got(service, "CreatePipelineRun", {"WorkspaceId": "948", "PipelineId": pipeline["PipelineId"]})
    for run in runs["PipelineRuns"]:
        ids = {"PipelineRunId": run["PipelineRunId"]}
        replies.append(got(service, "GetPipelineRun", **ids, Verbose="true"))
        assert run.items() <= replies[-1].items()
        if "PipelineId" in run:
            got(service, "GetPipeline", PipelineId=run["PipelineId"])
        [state] = got(service, "ListPipelineRunsStatus", {"PipelineRuns": [run["PipelineRunId"]]})["PipelineRuns"]
        assert state.items() <= {**run, "IsDeleted": False}.items()
        nodes = got(service, "ListPipelineRunNodeStatus", **ids, NodeId=run["NodeId"], Depth=9)["Status"]
        found = got(service, "ListPipelineRunNodeOutputs", **ids, NodeId=run["NodeId"], Depth=9)
        for node in nodes:
            replies.append(got(service, "GetPipelineRunNode", **ids, NodeId=node["NodeId"]))
            replies.append(got(service, "ListPipelineRunNodeLogs", **ids, NodeId=node["NodeId"]))
            assert len(replies[-1]["Logs"]) == replies[-1]["TotalCount"]
        replies += [found, *nodes]
        assert {output["NodeId"] for output in found["Outputs"]} <= {node["NodeId"] for node in nodes}

    assert {one["WorkspaceId"] for one in [*runs["PipelineRuns"], *pipelines["Pipelines"]]} <= known
    assert all(
        reply["TotalCount"] == len(next(v for v in reply.values() if isinstance(v, list))) for reply in replies[:3]
    )
    assert [] == [text for reply in replies for text in walk(reply) if isinstance(text, str) and text != text.strip()]


@pytest.mark.parametrize("action", ["ListWorkspaces", "ListPipelines", "ListPipelineRuns"])
def test_the_sample_of_each_list_is_in_the_list(service, action):
    operation = effective_description().operations[action]
    name = operation.pages["items"]

    listed = got(service, action, PageSize=100)[name]

    assert all(one in listed for one in cleaned(operation.sample[name]))


def test_the_sample_of_get_pipeline_run_is_what_it_returns(service):
    sample = cleaned(effective_description().operations["GetPipelineRun"].sample)
    del sample["RequestId"]

    assert sample == got(service, "GetPipelineRun", PipelineRunId=sample["PipelineRunId"], Verbose="true")


def test_a_service_may_start_empty():
    service = MockService([LASTING], clock=HandClock(NOW), sample=False)

    assert [0, 0, 0] == [
        got(service, action)["TotalCount"] for action in ("ListWorkspaces", "ListPipelines", "ListPipelineRuns")
    ]


def test_the_workspaces_of_the_sample_can_be_told_apart_by_each_order(service):
    """Each was created before what is in it; the order of their changes is another one."""
    spaces = got(service, "ListWorkspaces")["Workspaces"]
    times = [[one[name] for one in spaces] for name in ("GmtCreateTime", "GmtModifiedTime")]

    assert all(len(set(moments)) == len(spaces) > 3 for moments in times)
    assert sorted(times[0]) == times[0]
    assert sorted(times[1]) not in (times[1], times[1][::-1])
    for kind in ("PipelineRuns", "Pipelines"):
        for one in got(service, f"List{kind}")[kind]:
            [space] = [space for space in spaces if space["WorkspaceId"] == one["WorkspaceId"]]
            assert space["GmtCreateTime"] <= one["GmtCreateTime"]
