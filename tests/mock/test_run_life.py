"""A run's life: created of a manifest or a pipeline, started, terminated, run again, deleted."""

import json

import pytest
from mock.calls import LASTING, NOW, ask, got, message, refusal

from paiflow import _yaml
from paiflow.mock import Behaviour, HandClock, MockService
from paiflow.mock.timeline import timestamp

MANIFEST = """
apiVersion: core/v1
metadata: {identifier: nightly, provider: "1557702098194904", version: v1}
spec:
  pipelines:
  - metadata: {identifier: train, provider: pai, version: v1, displayName: Train}
    spec:
      dependencies: [read]
      outputs: {artifacts: [{name: model, metadata: {type: {Model: {}}}}]}
  - metadata: {identifier: read_table, name: read, provider: pai, version: v1}
    spec: {arguments: {parameters: [{name: table, value: t}]}}
  - metadata: {identifier: check, provider: pai, version: v1}
    spec:
      pipelines:
      - {metadata: {identifier: count}, spec: {}}
      - {metadata: {identifier: compare}, spec: {dependencies: [count]}}
"""


@pytest.fixture
def clock():
    return HandClock(NOW)


@pytest.fixture
def service(clock):
    return MockService([LASTING], clock=clock, behaviour=Behaviour(node_takes=10, terminating_takes=2))


def created(service, **fields):
    """The id of a new run."""
    body = {"WorkspaceId": "948", "PipelineManifest": MANIFEST} | fields
    return got(service, "CreatePipelineRun", {name: value for name, value in body.items() if value is not None})[
        "PipelineRunId"
    ]


def status(service, run_id):
    return got(service, "GetPipelineRun", PipelineRunId=run_id)["Status"]


def nodes(service, run_id):
    """The status of each node, by name, in order."""
    root = got(service, "GetPipelineRun", PipelineRunId=run_id)["NodeId"]
    listed = got(service, "ListPipelineRunNodeStatus", PipelineRunId=run_id, NodeId=root, Depth=9)["Status"]
    return {"root" if node["NodeId"] == root else node["NodeName"]: node["Status"] for node in listed}


READY, RUNS, DONE = "ReadyToSchedule", "Running", "Succeeded"


@pytest.mark.parametrize("text", [MANIFEST, json.dumps(_yaml.load(MANIFEST))], ids=["yaml", "json"])
def test_a_run_has_the_nodes_of_its_manifest_and_runs_them_in_order(service, clock, text):
    run_id = created(service, PipelineManifest=text)
    seen = []
    for seconds in (0, 9, 1, 10):
        clock.advance(seconds)
        seen.append(nodes(service, run_id))

    first = {"root": RUNS, "read": RUNS, "check": RUNS, "count": RUNS, "compare": READY, "train": READY}
    second = {"root": RUNS, "read": DONE, "check": RUNS, "count": DONE, "compare": RUNS, "train": RUNS}
    assert [first, first, second, dict.fromkeys(first, DONE)] == seen
    run = got(service, "GetPipelineRun", PipelineRunId=run_id)
    assert (DONE, timestamp(NOW), timestamp(NOW + 20), 20) == tuple(
        run[name] for name in ("Status", "StartedAt", "FinishedAt", "Duration")
    )


def test_a_run_of_a_pipeline_has_its_nodes_and_those_of_the_pipelines_that_it_names(service):
    service.stage.add_pipeline("pipeline-check", _yaml.load(MANIFEST))
    outer = {"metadata": {"identifier": "outer", "provider": "me", "version": "v1"}}
    inner = {"metadata": {"identifier": "nightly", "provider": "1557702098194904", "version": "v1"}}
    service.stage.add_pipeline("pipeline-1", {**outer, "spec": {"pipelines": [inner]}})

    run_id = created(service, PipelineManifest=None, PipelineId="pipeline-1")

    assert ["root", "nightly", "read", "check", "count", "compare", "train"] == list(nodes(service, run_id))
    assert "pipeline-1" == got(service, "GetPipelineRun", PipelineRunId=run_id)["PipelineId"]


def test_a_run_holds_what_it_was_created_with(service):
    fields = {"Name": "名", "SourceType": "SDK", "SourceId": "s-1", "Options": '{"a": 1}', "Accessibility": "PRIVATE"}
    run_id = created(service, **fields, Arguments="arguments:\n  parameters: [{name: a, value: b}]")

    run = got(service, "GetPipelineRun", PipelineRunId=run_id, Verbose="true")

    assert fields == {name: run[name] for name in fields}
    assert {"arguments": {"parameters": [{"name": "a", "value": "b"}]}} == json.loads(run["Arguments"])
    assert (MANIFEST, "948", timestamp(NOW)) == (run["Manifest"], run["WorkspaceId"], run["GmtCreateTime"])
    assert "Manifest" not in got(service, "GetPipelineRun", PipelineRunId=run_id)
    [listed] = got(service, "ListPipelineRuns", SourceId="s-1")["PipelineRuns"]
    assert listed.items() <= run.items()


def test_a_run_without_a_name_gets_one(service):
    assert "nightly" == got(service, "GetPipelineRun", PipelineRunId=created(service))["Name"]


@pytest.mark.parametrize("confirmed", [None, True])
def test_a_run_starts_at_once(service, confirmed):
    assert "Running" == status(service, created(service, NoConfirmRequired=confirmed))


def test_a_run_that_is_to_be_confirmed_waits_to_be_started(service, clock):
    run_id = created(service, NoConfirmRequired=False)
    clock.advance(3600)
    waiting = got(service, "GetPipelineRun", PipelineRunId=run_id)

    got(service, "StartPipelineRun", PipelineRunId=run_id)

    assert ("Initialized", None, None) == (waiting["Status"], waiting["StartedAt"], waiting["FinishedAt"])
    assert "Running" == status(service, run_id)
    assert timestamp(NOW + 3600) == got(service, "GetPipelineRun", PipelineRunId=run_id)["StartedAt"]
    clock.advance(20)
    assert "Succeeded" == status(service, run_id)


@pytest.mark.parametrize(
    "manifest",
    [
        "apiVersion: [",
        "text",
        "[]",
        "metadata: {}",
        "metadata: 7",
        "metadata: {identifier: a}\nspec: {pipelines: {}}",
        "metadata: {identifier: a}\nspec: {pipelines: [7]}",
        "metadata: {identifier: a}\nspec: {pipelines: [{metadata: {identifier: b}, spec: {dependencies: [c]}}]}",
        "metadata: {identifier: a}\nspec: {pipelines: [{metadata: {identifier: b}, spec: {dependencies: [b]}}]}",
        "metadata: {identifier: a}\nspec: {pipelines: [{metadata: {identifier: b}}, {metadata: {identifier: b}}]}",
        "{a: [" * 101,
    ],
)
def test_a_text_that_is_no_manifest_is_refused_and_makes_no_run(service, manifest):
    before = got(service, "ListPipelineRuns")["TotalCount"]

    reply = ask(service, "CreatePipelineRun", {"WorkspaceId": "948", "PipelineManifest": manifest})

    assert (400, "InvalidParameter") == refusal(reply)
    assert "PipelineManifest" in json.loads(reply.body)["Message"]
    assert before == got(service, "ListPipelineRuns")["TotalCount"]


def test_a_manifest_that_would_keep_the_parser_busy_is_refused_soon(service):
    reply = ask(service, "CreatePipelineRun", {"WorkspaceId": "948", "PipelineManifest": "[" * 100_000})

    assert "(the manifest:1:201: nests too deeply" in message(reply)


def test_a_run_is_public_and_of_an_unknown_source_unless_more_is_said(service):
    service.stage.add_run("flow-1")
    runs = [got(service, "GetPipelineRun", PipelineRunId=run_id) for run_id in ("flow-1", created(service))]

    assert [("PUBLIC", "UNKNOWN")] * 2 == [(run["Accessibility"], run["SourceType"]) for run in runs]


def test_arguments_that_are_no_yaml_are_refused(service):
    body = {"WorkspaceId": "948", "PipelineManifest": MANIFEST, "Arguments": "a: ["}

    assert (400, "InvalidParameter") == refusal(ask(service, "CreatePipelineRun", body))


def test_a_failed_node_skips_those_that_depend_on_it_and_a_rerun_repeats_no_success(clock):
    service = MockService([LASTING], clock=clock, behaviour=Behaviour(fails=["read"]))
    run_id = created(service)
    clock.advance(20)
    failed, message = nodes(service, run_id), got(service, "GetPipelineRun", PipelineRunId=run_id)["Message"]
    got(service, "RerunPipelineRun", PipelineRunId=run_id)
    rerun = nodes(service, run_id)
    clock.advance(20)

    good = {"check": DONE, "count": DONE, "compare": DONE}
    assert {"root": "Failed", "read": "Failed", "train": "Skipped", **good} == failed
    assert "failed: read" == message
    assert {"root": RUNS, "read": RUNS, "train": READY, **good} == rerun
    assert set(nodes(service, run_id).values()) == {DONE}
    assert "Message" not in got(service, "GetPipelineRun", PipelineRunId=run_id)


@pytest.mark.parametrize(
    ("container", "ends"),
    [
        ({"command": ["sh", "-c", "exit 1"]}, "Failed"),
        ({"command": ["sh"], "args": ["-c", "echo a; exit 12"]}, "Failed"),
        ({"Command": "false"}, "Failed"),
        ({"command": ["sh", "-c", "exit 0"]}, DONE),
        ({"command": ["echo", "exit 1 is an error"]}, DONE),
        ({"command": 5, "args": [None]}, DONE),
        ("exit 1", DONE),
    ],
)
def test_a_node_fails_each_time_if_its_container_exits_with_an_error(service, clock, container, ends):
    step = {"metadata": {"identifier": "a"}, "spec": {"container": container}}
    after = {"metadata": {"identifier": "b"}, "spec": {"dependencies": ["a"]}}
    manifest = {"metadata": {"identifier": "c"}, "spec": {"pipelines": [step, after]}}
    run_id = created(service, PipelineManifest=json.dumps(manifest))
    skipped = DONE if ends == DONE else "Skipped"

    for again in range(2):
        clock.advance(20)
        assert {"root": ends, "a": ends, "b": skipped} == nodes(service, run_id)
        if ends == DONE or again:
            break
        got(service, "RerunPipelineRun", {}, PipelineRunId=run_id)


def test_a_run_is_created_when_it_is_first_there_and_never_changed_before(clock):
    """The clock goes on while a request is carried out."""
    ticking = type("Ticking", (HandClock,), {"now": lambda self: (self.advance(0.004), HandClock.now(self))[1]})(NOW)
    service = MockService([LASTING], clock=ticking)

    run = got(service, "GetPipelineRun", PipelineRunId=created(service, NoConfirmRequired=False))

    assert run["GmtCreateTime"] == run["GmtModifiedTime"]


def test_a_run_is_terminated_with_the_nodes_that_have_not_ended(service, clock):
    run_id = created(service)
    clock.advance(12)

    got(service, "TerminatePipelineRun", PipelineRunId=run_id)
    at_once = status(service, run_id), nodes(service, run_id)
    clock.advance(2)
    later = status(service, run_id), nodes(service, run_id)

    ended = {"read": DONE, "count": DONE}
    others = ("root", "check", "compare", "train")
    assert ("Terminating", {**dict.fromkeys(others, "Terminating"), **ended}) == at_once
    assert ("Terminated", {**dict.fromkeys(others, "Terminated"), **ended}) == later
    clock.advance(3600)
    assert "Terminated" == status(service, run_id)


def test_a_run_that_was_not_started_is_terminated_at_once(service):
    run_id = created(service, NoConfirmRequired=False)

    got(service, "TerminatePipelineRun", PipelineRunId=run_id)

    assert "Terminated" == status(service, run_id)


ALL = (
    *("Initialized", "ReadyToSchedule", "Starting", "WorkflowServiceStarting", "Running", "Suspended"),
    *("Terminating", "Terminated", "Succeeded", "Failed", "Skipped", "Unknown"),
)


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        ("StartPipelineRun", {"Initialized"}),
        ("TerminatePipelineRun", set(ALL[:6])),
        ("RerunPipelineRun", {"Failed", "Terminated"}),
        ("DeletePipelineRun", {"Initialized", "Terminated", "Succeeded", "Failed"}),
    ],
)
def test_the_status_of_a_run_decides_what_can_be_done_with_it(service, action, allowed):
    done = set()
    for one in ALL:
        service.stage.add_run(f"flow-{one}", one)
        reply = ask(service, action, PipelineRunId=f"flow-{one}")
        if reply.status == 200:
            done.add(one)
        else:
            assert (400, "IncorrectStatus") == refusal(reply)
            assert one == status(service, f"flow-{one}")

    assert allowed == done


def test_a_deleted_run_is_found_by_list_pipeline_runs_status_only(service):
    run_id = created(service, NoConfirmRequired=False, Name="short-lived")
    got(service, "DeletePipelineRun", PipelineRunId=run_id)

    assert (404, "PipelineRunNotFound") == refusal(ask(service, "GetPipelineRun", PipelineRunId=run_id))
    assert (404, "PipelineRunNotFound") == refusal(ask(service, "DeletePipelineRun", PipelineRunId=run_id))
    assert {"TotalCount": 0, "PipelineRuns": []} == got(service, "ListPipelineRuns", Name="short-lived")
    [run] = got(service, "ListPipelineRunsStatus", {"PipelineRuns": [run_id]})["PipelineRuns"]
    assert run["IsDeleted"] is True


def test_a_run_is_renamed(service, clock):
    run_id = created(service)
    clock.advance(1)

    got(service, "UpdatePipelineRun", {"Name": "other"}, PipelineRunId=run_id)

    assert [run_id] == [run["PipelineRunId"] for run in got(service, "ListPipelineRuns", Name="other")["PipelineRuns"]]
    assert timestamp(NOW + 1) == got(service, "GetPipelineRun", PipelineRunId=run_id)["GmtModifiedTime"]


def test_a_run_that_was_put_in_lives_on_like_a_created_one(service, clock):
    service.stage.add_run("flow-1", [(0, "Running"), ("1h", "Succeeded")])
    service.stage.add_node("flow-1", "node-1", [(0, "Running"), ("1h", "Succeeded")], name="train")
    got(service, "TerminatePipelineRun", PipelineRunId="flow-1")
    clock.advance(3600)
    terminated = nodes(service, "flow-1")
    got(service, "RerunPipelineRun", PipelineRunId="flow-1")
    clock.advance(10)

    assert {"root": "Terminated", "train": "Terminated"} == terminated
    assert {"root": "Succeeded", "train": "Succeeded"} == nodes(service, "flow-1")
    assert "Succeeded" == status(service, "flow-1")


def test_ids_are_new_each_time(service):
    assert 20 == len({created(service) for _ in range(20)})
