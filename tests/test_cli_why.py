"""`paiflow get`, `logs` and `outputs`: why a run failed, what its nodes wrote, and where its outputs are."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

import paiflow
from paiflow.cli import logs

PAIFLOW = str(Path(sys.executable).with_name("paiflow"))


@pytest.fixture
def mock(served_by_hand):
    """A mock service that the environment leads to, with a run that has failed; its clock is advanced by hand."""
    served_by_hand.add_run("flow-a", "Failed", name="nightly", failure="first line\nsecond \x1b[31mline")
    served_by_hand.add_node("flow-a", "node-load", "Succeeded", name="load")
    served_by_hand.add_logs("flow-a", "node-load", ["loaded"])
    served_by_hand.add_node("flow-a", "node-check", "Failed", name="check")
    conditions = {"StatusInfo": {"Conditions": [{"Message": "exit code 1"}]}}
    served_by_hand.add_node("flow-a", "node-score", "Failed", name="score", parent="node-check", **conditions)
    served_by_hand.add_logs(
        "flow-a", "node-score", ["begun", "tab\there \x1b[2Jand \u202eback", "two\nlines\r\n", "broken"]
    )
    served_by_hand.add_node("flow-a", "node-report", "Skipped", name="report", parent="node-check")
    return served_by_hand


@pytest.fixture
def run(mock, run_command):
    """Run the command in this process: `code, stdout, stderr = run(…)`."""
    return run_command


@pytest.fixture
def refuse(monkeypatch):
    """Have the next call of an operation end in an error: `refuse(NotFound("GetPipelineRunNode"))`."""

    def refuse_(error):
        asked, errors = paiflow.PaiFlow.ask, [error]

        def ask(client, step):
            answers = asked(client, step)
            due = bool(errors) and step.calls[0].operation.name == error.operation
            return [errors.pop(), *answers[1:]] if due else answers

        monkeypatch.setattr(paiflow.PaiFlow, "ask", ask)

    return refuse_


# get


def test_the_reason_comes_first_and_the_nodes_are_a_tree(run):
    code, out, err = run("get", "flow-a", "--utc")
    lines = out.splitlines()

    assert (0, "paiflow: for the end of its log: paiflow logs flow-a node-score --tail 20\n") == (code, err)
    assert [
        "Status     Failed",
        "Message    first line",
        r"           second \x1b[31mline",
        "Failed     score (node-score): exit code 1",
        "Run        flow-a",
        "Name       nightly",
    ] == lines[:6]
    assert any(line.startswith("Console    https://") for line in lines)
    assert ["nightly", "├─ load", "└─ check", "   ├─ score", "   └─ report"] == [
        line[:12].rstrip() for line in lines[-5:]
    ]


@pytest.mark.parametrize("width", [30, 40, 80, 120])
def test_at_any_width_names_and_ids_and_statuses_are_there(run, mock, monkeypatch, width):
    mock.add_node("flow-a", "node-hynm2bv8wqhp5esfx1", "Succeeded", name="a-long-name-of-a-node")
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    table = re.sub(r"\x1b\[[0-9;]*m", "", run("get", "flow-a")[1]).partition("\n\n")[2]

    assert max(map(len, table.splitlines())) <= width
    assert {"node-hynm2bv8wqhp5esfx1", "node-score", "Failed", "Succeeded", "└─", "load"} <= set(table.split())


@pytest.mark.parametrize("named", ["flow-a check", "flow-a node-check", "flow-a/node-check", "flow-a/check"])
def test_a_node_is_known_by_its_name_and_its_id(run, named):
    code, out, _ = run("get", *named.split(), "-q")

    assert (0, ["flow-a/node-check", "flow-a/node-score", "flow-a/node-report"]) == (code, out.split())


def test_json_has_the_nodes_in_a_row_with_their_depth(run):
    whole = json.loads(run("get", "flow-a", "-o", "json")[1])
    lines = [json.loads(line) for line in run("get", "flow-a", "-o", "jsonl")[1].splitlines()]

    assert "Failed" == whole["PipelineRun"]["Status"]
    assert [0, 1, 1, 2, 2] == [node["Depth"] for node in whole["Nodes"]]
    assert ["PipelineRun", *["Node"] * 5] == [line["Kind"] for line in lines]
    assert all("Pipelines" not in node["Spec"] for node in whole["Nodes"])


@pytest.mark.parametrize("command", ["get", "logs", "outputs"])
def test_what_is_not_there_ends_with_4(run, command):
    assert 4 == run(command, "flow-nowhere")[0]
    code, out, err = run(command, "flow-a", "scor")

    assert (4, "") == (code, out)
    assert "paiflow: 'scor' of flow-a: no node is called so; did you mean score?\n" == err


def test_a_name_of_several_nodes_asks_for_an_id(run, mock):
    mock.add_node("flow-a", "node-again", "Succeeded", name="load")
    code, _, err = run("get", "flow-a", "load")

    assert 4 == code
    assert "several nodes are called so: give an id, one of node-load, node-again" in err


def test_nodes_are_found_at_any_depth(run, mock):
    parent = "node-score"
    for depth in range(25):
        mock.add_node("flow-a", f"node-{depth}", "Succeeded", name=f"n{depth}", parent=parent)
        parent = f"node-{depth}"

    assert f"flow-a/{parent}" in run("get", "flow-a", "-q")[1].split()


def test_a_run_is_shown_though_its_nodes_cannot_be_read(run, refuse):
    refuse(paiflow.AccessDenied("GetPipelineRunNode", 403))
    code, out, err = run("get", "flow-a")

    assert 7 == code
    assert out.startswith("Status     Failed\n")
    assert "GetPipelineRunNode: 403" in err


# logs


def test_the_lines_of_all_nodes_have_their_names_in_front_and_steer_no_terminal(run):
    code, out, err = run("logs", "flow-a")

    assert (0, "") == (code, err)
    assert [
        "load | loaded",
        "score | begun",
        "score | tab\there \\x1b[2Jand \\u202eback",
        "score | two",
        "score | lines",
        "score | broken",
    ] == out.split("\n")[:-1]


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        (("--tail", "1"), ["broken"]),
        (("--tail", "1", "-f"), ["broken"]),
        (("--tail", "0"), []),
        (("--tail", "9", "--grep", "b"), ["begun", "tab\there \\x1b[2Jand \\u202eback", "broken"]),
        (("--since", "2099-01-01"), []),
    ],
)
def test_of_one_node_the_lines_that_are_wanted_as_they_are(run, options, lines):
    code, out, _ = run("logs", "flow-a", "score", *options)

    assert (0, lines) == (code, out.split("\n")[:-1])


def test_a_line_as_json_is_the_services_own(run):
    lines = [json.loads(line) for line in run("logs", "flow-a", "check", "-o", "jsonl")[1].splitlines()]

    assert {"Kind": "LogLine", "NodeId": "node-score", "NodeName": "score", "Line": "two\nlines\r\n"} == lines[2]


@pytest.mark.parametrize("fault", [None, "throttling", "reset", "bad-gateway"])
def test_following_takes_up_nodes_as_they_start_and_ends_with_the_run(run, mock, fault):
    mock.add_run("flow-b", [(0, "Initialized"), (10, "Running"), (100, "Succeeded")])
    for number, name in enumerate("xy"):
        begin = 20 + 30 * number
        statuses = [(0, "ReadyToSchedule"), (begin, "Running"), (begin + 25, "Succeeded")]
        mock.add_node("flow-b", f"node-{name}", statuses, name=name)
        mock.add_logs("flow-b", f"node-{name}", [(begin + step, f"{name}{step}") for step in range(26)])
    mock.add_node("flow-b", "node-never", [(0, "ReadyToSchedule"), (60, "Skipped")], name="never")
    if fault:
        mock.service.faults.add(fault, every=5)
    code, out, err = run("logs", "flow-b", "--follow")

    assert (0, "") == (code, err)
    assert [f"{name} | {name}{step}" for name in "xy" for step in range(26)] == out.splitlines()


def test_following_a_node_ends_with_the_node(run, mock):
    mock.add_run("flow-b", "Running")
    mock.add_node("flow-b", "node-x", [(0, "Running"), (60, "Succeeded")], name="x")
    mock.add_logs("flow-b", "node-x", ["one", (60, "two")])

    assert (0, "one\ntwo\n", "") == run("logs", "flow-b", "x", "-f", "--tail", "1")


@pytest.mark.parametrize("follow", [(), ("-f",)])
def test_a_log_that_is_refused_leaves_the_others(run, refuse, follow):
    refuse(paiflow.NotFound("ListPipelineRunNodeLogs", 404))
    code, out, err = run("logs", "flow-a", *follow)

    assert 4 == code
    assert 5 == len(out.splitlines())
    assert err.startswith("paiflow: load (node-load): ListPipelineRunNodeLogs: 404")


def test_each_node_has_its_colour_on_a_terminal_alone(run, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(logs.click, "echo", print)
    coloured = run("logs", "flow-a")[1]
    monkeypatch.setenv("NO_COLOR", "1")

    assert "\x1b[36mload | \x1b[0mloaded\n\x1b[32mscore | \x1b[0mbegun\n" == coloured[: coloured.index("begun") + 6]
    assert "\x1b" not in run("logs", "flow-a")[1]


@pytest.mark.parametrize(("closes", "code", "said"), [(True, 141, ""), (False, 130, "\npaiflow: interrupted\n")])
def test_a_closed_pipe_and_ctrl_c_end_it_at_once_though_no_line_comes(mock, closes, code, said):
    mock.add_run("flow-b", "Running")
    mock.add_node("flow-b", "node-x", "Running", name="x")
    mock.add_logs("flow-b", "node-x", ["one"])
    command = [PAIFLOW, "logs", "flow-b", "-f"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if closes:
            process.stdout.close()
        else:
            process.send_signal(signal.SIGINT)
        ended = process.wait(timeout=60)
        assert process.stderr is not None

        assert ("x | one\n", code, said) == (line, ended, process.stderr.read())


# outputs


def test_an_output_is_shown_by_its_location(run, mock):
    place = {"location": {"project": "shop", "table": "orders"}}
    mock.add_output("flow-a", "node-load", "artifact-1", name="table", value=place)
    mock.add_output("flow-a", "node-score", "artifact-2", name="auc", output_type="Metrics", value={"auc": 0.61})
    code, out, _ = run("outputs", "flow-a")

    assert 0 == code
    assert ["node-load table DataSet odps://shop/tables/orders", 'node-score auc Metrics {"auc": 0.61}'] == [
        " ".join(line.split()) for line in out.splitlines()[1:]
    ]
    assert "odps://shop/tables/orders\n" == run("outputs", "flow-a", "-q")[1]
    assert "" == run("outputs", "flow-a", "check", "-q")[1]
    found = json.loads(run("outputs", "flow-a", "load", "-o", "json")[1])["Outputs"][0]
    assert (place, {"Kind": "MaxComputeTable", "Text": "odps://shop/tables/orders"}) == (
        found["Value"],
        found["Location"],
    )


def test_no_outputs_are_said(run):
    assert (0, "", "paiflow: no outputs\n") == run("outputs", "flow-a")


def test_each_error_of_outputs_is_said_and_the_first_decides(run, monkeypatch):
    errors = [
        paiflow.AccessDenied("ListPipelineRunsStatus", 403, "Forbidden", "no"),
        paiflow.Throttled("ListPipelineRunsStatus", 400, "Throttling", "slow"),
    ]
    statuses = paiflow.PaiFlow.statuses
    monkeypatch.setattr(
        paiflow.PaiFlow, "statuses", lambda *given, **more: attrs.evolve(statuses(*given, **more), errors=errors)
    )
    code, _, err = run("outputs", "flow-a")

    assert 7 == code
    assert [str(error) for error in errors] == [line.removeprefix("paiflow: ") for line in err.splitlines()[-2:]]
