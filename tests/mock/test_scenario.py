"""Scenarios: what they may say, what comes of it, and the one clear error for what they may not say."""

import json
import re

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mock.calls import LASTING, NODE, NOW, RUN, answer, got, refusal, signed

from paiflow.errors import ConfigurationError
from paiflow.mock import Clock, HandClock, MockService, load_scenario, scenario
from paiflow.mock.timeline import timestamp

NIGHTLY = """\
scenario: nightly
clock: by hand
runs:
  - id: flow-a
    name: train
    workspace: "948"
    statuses:
      - {after: 0s, status: Initialized}
      - {after: 5s, status: Running}
      - {after: 2m, status: Succeeded}
    vanishes: [{after: 1m, for: 30s}]
    deleted: 10m
    fields: {UserId: 15, NodeId: null}
    nodes:
      - id: node-a
        name: dataSource
        statuses: [{after: 5s, status: Running}, {after: 1m30s, status: Succeeded}]
        vanishes: [{after: 3m, for: 1m}]
        outputs:
          - {id: artifact-a, name: model, type: Model, after: 90s, value: {name: m}, metadata: {path: /}}
          - {id: artifact-b, fields: {ExpandedArtifactIndex: 0}}
  - id: flow-b
    status: Hibernating
    workspace: "15"
faults:
  - {fault: throttling, retry_after: 2s, times: 1}
"""


@pytest.fixture
def load(tmp_path):
    """Loads a scenario from text."""

    def load(text, name="nightly.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return load_scenario(path)

    return load


def playing(loaded, start=NOW):
    """A service whose clock is by hand, playing a scenario; faults have had their turn."""
    service = MockService([LASTING], scenario=loaded, clock=HandClock(start))
    service.faults.clear()
    return service


def ask(service, **parameters):
    return answer(service.handle(signed(parameters, now=service.clock.now())))


def test_a_scenario_gives_runs_nodes_and_outputs_a_timeline(load):
    service = playing(load(NIGHTLY))
    node = [{"PipelineRunId": "flow-a", "NodeId": "node-a"}]
    seen = {}
    for moment in (0, 5, 60, 90, 120, 180, 240, 600):
        service.clock.advance(NOW + moment - service.clock.now())
        runs = ask(service, PipelineRuns=["flow-a", "flow-b"])["PipelineRuns"]
        about = ask(service, Nodes=node)
        seen[moment] = (
            {run["PipelineRunId"]: run["Status"] for run in runs},
            [one["Status"] for one in about["Nodes"]],
            [one["Id"] for one in about["Outputs"]],
        )

    early, late = ["artifact-b"], ["artifact-a", "artifact-b"]
    assert {
        0: ({"flow-a": "Initialized", "flow-b": "Hibernating"}, [], early),
        5: ({"flow-a": "Running", "flow-b": "Hibernating"}, ["Running"], early),
        60: ({"flow-b": "Hibernating"}, [], []),
        90: ({"flow-a": "Running", "flow-b": "Hibernating"}, ["Succeeded"], late),
        120: ({"flow-a": "Succeeded", "flow-b": "Hibernating"}, ["Succeeded"], late),
        180: ({"flow-a": "Succeeded", "flow-b": "Hibernating"}, [], late),
        240: ({"flow-a": "Succeeded", "flow-b": "Hibernating"}, ["Succeeded"], late),
        600: ({"flow-a": "Succeeded", "flow-b": "Hibernating"}, ["Succeeded"], late),
    } == seen


def test_a_scenario_gives_every_field_that_it_names(load):
    service = playing(load(NIGHTLY))
    service.clock.advance(600)
    about = ask(service, Nodes=[{"PipelineRunId": "flow-a", "NodeId": "node-a"}])

    assert [
        {
            "PipelineRunId": "flow-a",
            "Name": "train",
            "Status": "Succeeded",
            "IsDeleted": True,
            "UserId": 15,
            "NodeId": None,
        }
    ] == ask(service, PipelineRuns=["flow-a", "flow-b"], WorkspaceId="948")["PipelineRuns"]
    assert [
        {
            "PipelineRunId": "flow-a",
            "NodeId": "node-a",
            "NodeName": "dataSource",
            "Status": "Succeeded",
            "StartedAt": timestamp(NOW + 5),
            "FinishedAt": timestamp(NOW + 90),
        }
    ] == about["Nodes"]
    assert {
        "PipelineRunId": "flow-a",
        "NodeId": "node-a",
        "Id": "artifact-a",
        "Name": "model",
        "Type": "Model",
        "GmtCreateTime": timestamp(NOW + 90),
        "Value": '{"name": "m"}',
        "Metadata": {"path": "/"},
    } == about["Outputs"][0]
    assert 0 == about["Outputs"][1]["ExpandedArtifactIndex"]


def test_a_scenario_s_faults_are_in_force(load):
    service = MockService([LASTING], scenario=load(NIGHTLY), clock=HandClock(NOW))
    reply = service.handle(signed())

    assert (400, "Throttling.User") == refusal(reply)
    assert "2000" == dict(reply.headers)["x-acs-retry-after"]
    answer(service.handle(signed()))


def test_the_documented_sample_is_there_too(load):
    assert 1 == len(ask(playing(load(NIGHTLY)), PipelineRuns=[RUN])["PipelineRuns"])


@pytest.mark.parametrize(
    ("line", "kind", "scale"),
    [
        ("", Clock, 1),
        ("clock: real", Clock, 1),
        ("clock: by hand", HandClock, 1),
        ("clock: {scale: 60}", Clock, 60),
        ("clock: {scale: 0.5}", Clock, 0.5),
    ],
)
def test_a_scenario_has_the_clock_that_it_asks_for(load, line, kind, scale):
    clock = MockService(scenario=load(f"scenario: s\n{line}\n")).clock

    assert (kind, scale) == (type(clock), clock.scale)


def test_a_scenario_may_be_json_tabs_and_all(load):
    service = playing(
        load('{\n\t"scenario": "s", "runs": [{"id": "flow-a", "name": "\\ud83d\\ude80", "status": "A"}]}')
    )

    assert "🚀" == ask(service, PipelineRuns=["flow-a"])["PipelineRuns"][0]["Name"]


def test_a_fault_in_json_that_is_no_yaml_is_told_all_the_same(load):
    with pytest.raises(ConfigurationError, match=r"nightly.yaml:1: runs: it has to be a list"):
        load('{\n\t"scenario": "\\ud83d\\ude80",\n\t"runs": 7}')


def test_a_scenario_can_be_played_later_and_its_times_count_from_then(load):
    service = MockService([LASTING], clock=HandClock(NOW))
    service.clock.advance(1000)

    service.stage.play(load(NIGHTLY))
    service.faults.clear()

    assert "Initialized" == ask(service, PipelineRuns=["flow-a"])["PipelineRuns"][0]["Status"]


SHORT = "scenario: s\nruns:\n  - id: flow-a\n    "


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("runs: []", "1: scenario is missing"),
        ("scenario: 7", "1: scenario: 7 is not text: put it in quotes"),
        ("scenario: s\nrun: []", "2: run: no such key; known are scenario, clock, sample, behaviour, workspaces, pipelines, runs, faults"),
        ("- scenario: s", "1: it has to be a mapping"),
        ("", "1: it has to be a mapping"),
        ("scenario: s\nscenario: t", "2:1: duplicate key 'scenario'"),
        ("scenario: [", "1:12: while parsing a flow node"),
        ("scenario: s\nclock: slow", "2: clock: 'slow' is not real, by hand or {scale: NUMBER}"),
        ("scenario: s\nclock:\n  speed: 60", "3: clock.speed: no such key; known are scale"),
        ("scenario: s\nclock: {}", "2: clock: scale is missing"),
        ("scenario: s\nclock:\n  scale: 0", "3: clock.scale: 0 is not a number above 0"),
        ("scenario: s\nclock: {scale: .inf}", "2: clock.scale: inf is not a number above 0"),
        ("scenario: s\nruns: {}", "2: runs: it has to be a list"),
        ("scenario: s\nruns:\n  - flow-a", "3: runs[0]: it has to be a mapping"),
        ("scenario: s\nruns:\n  - name: train", "3: runs[0]: id is missing"),
        ("scenario: s\nruns:\n  - id: 948", "3: runs[0].id: 948 is not text: put it in quotes"),
        (SHORT + "workspace: 948", "4: runs[0].workspace: 948 is not text: put it in quotes"),
        (SHORT + "stauts: Running", "4: runs[0].stauts: no such key; known are id, name, workspace, status,"),
        (SHORT + "status: null", "4: runs[0].status: None is not text"),
        (SHORT + "status: A\n    statuses: [{after: 0s, status: A}]", "4: runs[0].status: status and statuses exclude"),
        (SHORT + "statuses: []", "4: runs[0].statuses: it has no status"),
        (SHORT + "statuses: Running", "4: runs[0].statuses: it has to be a list"),
        (SHORT + "statuses:\n      - after: 5\n        status: A\n      - after: 5x\n        status: A",
         "7: runs[0].statuses[1].after: '5x' is not a duration, such as 500ms, 5s, 2m or 1h30m"),
        (SHORT + "statuses:\n      - after: 5s\n        status: A\n      - status: B\n        after: 4s",
         "8: runs[0].statuses[1].after: it comes before the one in front of it"),
        (SHORT + "statuses: [{status: A}]", "4: runs[0].statuses[0]: after is missing"),
        (SHORT + "statuses: [{after: 0s}]", "4: runs[0].statuses[0]: status is missing"),
        (SHORT + "statuses: [{after: 0s, status: A, at: 5s}]", "4: runs[0].statuses[0].at: no such key"),
        (SHORT + "vanishes: [{after: 0s}]", "4: runs[0].vanishes[0]: for is missing"),
        (SHORT + "vanishes: [{after: 0s, for: -1}]", "4: runs[0].vanishes[0].for: -1 is not a duration"),
        (SHORT + "vanishes: [{after: 0s, for: 1s, until: 2s}]", "4: runs[0].vanishes[0].until: no such key"),
        (SHORT + "deleted: true", "4: runs[0].deleted: True is not a duration"),
        (SHORT + "fields: []", "4: runs[0].fields: [] is not a mapping"),
        (SHORT + "fields:\n      - A", "4: runs[0].fields: ['A'] is not a mapping"),
        (SHORT + "fields: {statuses: []}", "4: runs[0].fields: 'statuses' is no field of the service: their names"),
        (SHORT + "\n  - id: flow-b\n  - id: flow-a", "6: runs[2].id: 'flow-a' is there already, at nightly.yaml:3"),
        (SHORT + "nodes:\n      - id: node-a\n        steps: []", "6: runs[0].nodes[0].steps: no such key; known are id"),
        (SHORT + "nodes:\n      - id: node-a\n      - id: node-a", "6: runs[0].nodes[1].id: 'node-a' is there already"),
        (SHORT + "nodes:\n      - id: n\n        outputs:\n          - id: a\n          - id: a",
         "8: runs[0].nodes[0].outputs[1].id: 'a' is there already"),
        (SHORT + "nodes:\n      - id: n\n        outputs:\n          - id: a\n            typ: Model",
         "8: runs[0].nodes[0].outputs[0].typ: no such key"),
        (SHORT + "nodes:\n      - id: n\n        outputs: [{id: a, metadata: none}]",
         "6: runs[0].nodes[0].outputs[0].metadata: 'none' is not a mapping"),
        ("scenario: s\nfaults:\n  - fault: slwo",
         "3: faults[0].fault: there is no fault 'slwo': known are throttling, internal-error,"),
        ("scenario: s\nfaults:\n  - delay: 5s", "3: faults[0]: fault is missing"),
        ("scenario: s\nfaults:\n  - fault: slow\n    dely: 5s",
         "4: faults[0].dely: fault 'slow': there is no setting 'dely': known are delay, rate, seed, every, times"),
        ("scenario: s\nfaults:\n  - fault: slow\n    delay: soon",
         "4: faults[0].delay: fault 'slow': delay: 'soon' is not a duration"),
        ("scenario: s\nfaults:\n  - fault: slow\n    rate: 0.5\n    every: 2",
         "5: faults[0].every: fault 'slow': rate and every exclude each other"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_one_line_with_file_line_and_name(load, monkeypatch, tmp_path, text, fault):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nightly.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(ConfigurationError) as caught:
        load_scenario("nightly.yaml")

    assert str(caught.value).startswith(f"nightly.yaml:{fault}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (SHORT + "fields: {Stauts: A}", "3: PipelineRun: there is no field 'Stauts'"),
        (SHORT + "nodes:\n      - id: n\n        fields: {StartedAt: late}", "5: Node: StartedAt: "),
    ],
)
def test_what_only_the_service_can_tell_has_file_and_line_too(load, text, fault):
    with pytest.raises(ConfigurationError) as caught:
        MockService(scenario=load(text))

    assert f"nightly.yaml:{fault}" in str(caught.value)


@pytest.mark.parametrize(("content", "reason"), [(None, "No such file or directory"), (b"\xff", "not UTF-8")])
def test_a_file_that_cannot_be_read_is_one_clear_error(tmp_path, content, reason):
    path = tmp_path / "nightly.yaml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigurationError) as caught:
        load_scenario(path)
    assert str(caught.value).startswith(f"{path}: {reason}")


def test_what_is_wrong_in_an_alias_has_the_line_of_what_it_stands_for(load):
    text = "fields:\n      Name: &wrong [{after: x}]\n  - id: flow-b\n    statuses: *wrong"

    with pytest.raises(ConfigurationError, match=r":5: runs\[1\]\.statuses\[0\]\.after: 'x' is not a duration"):
        load(SHORT + text)


def test_the_example_of_the_module_is_a_scenario(load):
    example = "\n".join(line for line in (scenario.__doc__ or "").splitlines() if line.startswith("    "))

    assert 8 == len(load(example).steps)


timelines = st.lists(
    st.tuples(st.integers(0, 600), st.sampled_from(["Running", "Failed", "Hibernating"])), min_size=1, max_size=6
).map(lambda entries: sorted(entries, key=lambda entry: entry[0]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["flow-a", "flow-b", "flow-c"]), timelines, min_size=1), st.integers(0, 700))
def test_at_every_moment_each_run_has_the_last_status_whose_time_has_come(load, runs, now):
    entries = [
        {"id": run_id, "statuses": [{"after": f"{after}s", "status": status} for after, status in timeline]}
        for run_id, timeline in runs.items()
    ]
    service = playing(load(yaml.safe_dump({"scenario": "s", "runs": entries})))
    service.clock.advance(now)
    expected = {
        run_id: past[-1][1]
        for run_id, timeline in runs.items()
        if (past := [entry for entry in timeline if entry[0] <= now])
    }

    reply = ask(service, PipelineRuns=list(runs))

    assert expected == {run["PipelineRunId"]: run["Status"] for run in reply["PipelineRuns"]}
    assert json.dumps(reply)


WORLD = """
scenario: world
sample: false
behaviour: {node_takes: 1m, terminating_takes: 5s, fails: [train], log_offset: pages}
workspaces:
  - {id: "1", name: one, fields: {Status: FROZEN}}
pipelines:
  - id: pipeline-1
    workspace: "1"
    manifest: {metadata: {identifier: train, provider: "15", version: v1}}
  - {id: pipeline-2, manifest: "metadata: {identifier: read, provider: pai, version: v1}"}
runs:
  - id: flow-a
    workspace: "1"
    fields: {NodeId: node-a}
    nodes:
      - id: node-a
        nodes:
          - id: node-b
            logs: [at once, {after: 5s, line: later}]
            outputs: [{id: artifact-b, after: 5s}]
"""


def test_a_scenario_may_start_empty_and_hold_everything(load):
    service = playing(load(WORLD))
    clock = service.clock
    node_b = {"PipelineRunId": "flow-a", "NodeId": "node-b"}
    before = got(service, "ListPipelineRunNodeLogs", **node_b)
    clock.advance(5)

    assert ["at once"] == before["Logs"]
    assert ["at once", "later"] == got(service, "ListPipelineRunNodeLogs", **node_b)["Logs"]
    assert 1 == got(service, "ListPipelineRunNodeOutputs", **node_b | {"NodeId": "node-a"}, Depth=2)["TotalCount"]
    assert ["flow-a"] == [run["PipelineRunId"] for run in got(service, "ListPipelineRuns")["PipelineRuns"]]
    assert [("1", "one", "FROZEN")] == [
        (one["WorkspaceId"], one["WorkspaceName"], one["Status"])
        for one in got(service, "ListWorkspaces")["Workspaces"]
    ]
    assert {("pipeline-1", "train", "1"), ("pipeline-2", "read", "948")} == {
        (one["PipelineId"], one["Identifier"], one["WorkspaceId"]) for one in got(service, "ListPipelines")["Pipelines"]
    }


MANY = """\
scenario: s
clok: real
runs:
  - id: flow-a
    status: Runing
  - {id: flow-a, stauts: A}
  - id: flow-c
    deleted: soon
    nodes:
      - statuses: [{after: 0s, status: succeeded}, {after: 1x, status: Odd}]
        outputs: [{id: o, type: Modle}]
faults:
  - fault: slwo
  - {fault: slow, dely: 5s}
"""


def test_all_that_is_wrong_is_told_at_once_with_what_is_near(load):
    near = "did you mean {}? Any text that is not so close to a known status will do"
    with pytest.raises(ConfigurationError) as caught:
        load(MANY)
    lines = [line.partition("nightly.yaml:")[2] for line in str(caught.value).splitlines()]
    expected = [
        ("2: clok: no such key;", "did you mean clock?"),
        ("5: runs[0].status: 'Runing' is no status; ", near.format("Running")),
        ("6: runs[1].stauts: no such key;", "did you mean status?"),
        ("6: runs[1].id: 'flow-a' is there already, at ", "nightly.yaml:4"),
        ("8: runs[2].deleted: 'soon' is not a duration", ""),
        ("10: runs[2].nodes[0]: id is missing", ""),
        ("10: runs[2].nodes[0].statuses[0].status: 'succeeded' is no status; ", near.format("Succeeded")),
        ("10: runs[2].nodes[0].statuses[1].after: '1x' is not a duration", ""),
        ("11: runs[2].nodes[0].outputs[0].type: 'Modle' is no type of outputs; ", ""),
        ("13: faults[0].fault: there is no fault 'slwo'", "did you mean slow?"),
        ("14: faults[1].dely: fault 'slow': there is no setting 'dely'", "did you mean delay?"),
    ]

    assert len(expected) == len(lines)
    for begin, end in expected:
        assert [line for line in lines if line.startswith(begin) and line.endswith(end)], (begin, end)


def test_what_only_the_service_can_tell_is_told_at_once_too(load):
    text = "    fields: {Stauts: A}\n  - {id: flow-b, fields: {Nmae: b}}"
    with pytest.raises(ConfigurationError) as caught:
        MockService(scenario=load(f"scenario: s\nruns:\n  - id: flow-a\n{text}"))

    assert ["Status", "Name"] == re.findall(r"did you mean (\w+)\?$", str(caught.value), re.MULTILINE)


@pytest.mark.parametrize(
    "status", ["Hibernating", "Odd", "Restarting", "Stopped", "Pending", "Success", "Canceled", "完成"]
)
def test_any_other_text_is_a_status(load, status):
    service = playing(load(f"{SHORT}status: {status}"))

    assert [status] == [run["Status"] for run in ask(service, PipelineRuns=["flow-a"])["PipelineRuns"]]


DOCUMENTED = f"""
scenario: s
workspaces: [{{id: "948", name: mine}}]
pipelines: [{{id: pipeline-1, manifest: "metadata: {{identifier: i, provider: p, version: v}}"}}]
runs:
  - id: {RUN}
    name: mine
    status: Failed
    nodes: [{{id: {NODE["NodeId"]}, name: ours, status: Skipped, logs: [line]}}]
"""


def test_what_a_scenario_holds_wins_over_the_sample(load):
    service = playing(load(DOCUMENTED))
    [node] = ask(service, Nodes=[NODE])["Nodes"]

    assert ("mine", "Failed") == tuple(
        got(service, "GetPipelineRun", PipelineRunId=RUN)[key] for key in ("Name", "Status")
    )
    assert ("ours", "Skipped") == (node["NodeName"], node["Status"])
    assert ["line"] == got(service, "ListPipelineRunNodeLogs", **NODE)["Logs"]
    assert [] == ask(service, Nodes=[NODE])["Outputs"]
    assert ["mine"] == [
        one["WorkspaceName"] for one in got(service, "ListWorkspaces")["Workspaces"] if one["WorkspaceId"] == "948"
    ]
    with pytest.raises(ConfigurationError, match="is there already"):
        service.stage.add_run(RUN)


def test_a_scenario_says_how_created_runs_behave(load):
    service = playing(load(WORLD))
    run_id = got(service, "CreatePipelineRun", {"WorkspaceId": "1", "PipelineId": "pipeline-1"})["PipelineRunId"]
    statuses = []
    for seconds in (0, 59, 1):
        service.clock.advance(seconds)
        statuses.append(got(service, "GetPipelineRun", PipelineRunId=run_id)["Status"])

    assert ["Running", "Running", "Failed"] == statuses


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("scenario: s\nsample: 1", "2: sample: 1 is not one of True, False"),
        ("scenario: s\nbehaviour: {node_takes: soon}", "2: behaviour.node_takes: 'soon' is not a duration"),
        ("scenario: s\nbehaviour: {log_offset: bytes}", "2: behaviour.log_offset: 'bytes' is not one of lines, pages"),
        ("scenario: s\npipelines:\n  - id: pipeline-1", "3: pipelines[0]: manifest is missing"),
        (
            SHORT + "nodes: [{id: n, logs: [7]}]",
            "4: runs[0].nodes[0].logs: 7 is not a text or {after: DURATION, line: TEXT}",
        ),
        ("scenario: s\nworkspaces:\n  - {id: a}\n  - {id: a}", "4: workspaces[1].id: 'a' is there already"),
    ],
)
def test_what_is_wrong_with_the_rest_is_told_too(load, text, fault):
    with pytest.raises(ConfigurationError) as caught:
        load(text)

    assert f"nightly.yaml:{fault}" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "scenario: s\npipelines:\n  - {id: pipeline-1, manifest: text}",
            "3: Pipeline 'pipeline-1': the manifest is not",
        ),
        ("scenario: s\nfaults:\n  - {fault: slow, operation: Other}", "3: fault 'slow': there is no operation 'Other'"),
    ],
)
def test_what_only_the_service_can_tell_of_the_rest_has_its_line_too(load, text, fault):
    with pytest.raises(ConfigurationError) as caught:
        MockService(scenario=load(text))

    assert f"nightly.yaml:{fault}" in str(caught.value)
