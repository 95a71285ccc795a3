"""What `paiflow wait` can be asked for beside ids: a selection, nodes, logs, other ends and other meanings.

Nothing sleeps: the client goes by the mock's clock, which its sleeps advance.
"""

import json
import re
import time
from datetime import UTC, datetime
from functools import partial

import pytest

import paiflow
from paiflow.cli import live
from paiflow.cli.ids import Wanted
from paiflow.cli.progress import Progress
from paiflow.status.ids import NodeRef
from paiflow.status.waiting import Change, Waited

NOW = datetime(2026, 11, 23, 12, 0, 5, tzinfo=UTC)


@pytest.fixture
def mock(served_by_hand):
    """A mock service that the environment leads to, with a run of two nodes that fails; its clock is advanced by sleeps."""
    served_by_hand.add_run("flow-a", [(0, "Running"), (40, "Failed")], name="nightly", failure="node y failed")
    served_by_hand.add_node("flow-a", "node-x", [(0, "Running"), (10, "Succeeded")], name="x")
    served_by_hand.add_node("flow-a", "node-y", [(10, "Running"), (40, "Failed")], name="y")
    served_by_hand.add_logs("flow-a", "node-y", [f"line {number} \x1b[2J" for number in range(30)])
    return served_by_hand


@pytest.fixture
def wait(mock, run_command):
    """Run the command in this process: `code, stdout, stderr = wait(…)`."""
    return partial(run_command, "wait")


@pytest.fixture
def zone():
    """The reader lives in another time zone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Asia/Shanghai")
        time.tzset()
        yield
    time.tzset()


# A selection


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (("--name", "other"), ["flow-new", "flow-old"]),
        (("--name", "other", "--latest"), ["flow-new"]),
        (("--name", "other", "--status", "failed"), ["flow-old"]),
        (("--latest",), ["flow-new"]),
    ],
)
def test_a_selection_is_made_once_and_said(wait, mock, options, ids):
    mock.clock.advance(5)
    mock.add_run("flow-old", "Failed", name="other")
    mock.clock.advance(5)
    mock.add_run("flow-new", [(0, "Running"), (5, "Succeeded")], name="other")
    _, out, err = wait(*options, "--logs", "0", "-o", "json")

    assert ids == [run["PipelineRunId"] for run in json.loads(out)["PipelineRuns"]]
    assert f"paiflow: selected {', '.join(ids)}\n" in err


def test_a_selection_that_nothing_fits_ends_with_4(wait):
    assert (4, "", "paiflow: no run fits the selection\n") == wait("--name", "nobody")


def test_ids_and_a_selection_exclude_each_other(wait):
    code, _, err = wait("flow-a", "--latest")

    assert (2, True) == (code, "give ids or a selection, not both" in err)


# Nodes


def test_nodes_are_shown_as_they_appear_by_their_names(wait):
    code, out, err = wait("flow-a", "--nodes", "--logs", "0")
    told = [line.partition(" ")[2] for line in out.splitlines()]

    assert 1 == code
    assert [
        "flow-a - -> Running (active)",
        "flow-a/node-x - -> Running (active) x",
        "flow-a/node-x Running -> Succeeded (succeeded) x",
        "flow-a/node-y - -> Running (active) y",
        "flow-a Running -> Failed (failed)",
        "flow-a/node-y Running -> Failed (failed) y",
    ] == told
    assert "paiflow: waiting for 1 id, at most 3600 calls an hour, retries aside\n" in err
    assert "paiflow: 0 of 1 succeeded, 1 failed; " in err


@pytest.mark.parametrize(("form", "kinds"), [("jsonl", {"Change"}), ("json", None), ("name", None)])
def test_other_forms_hold_the_nodes_too(wait, form, kinds):
    _, out, _ = wait("flow-a", "--nodes", "-o", form, "--logs", "0")

    match form:
        case "json":
            assert ["node-x", "node-y"] == [node["NodeId"] for node in json.loads(out)["Nodes"]]
        case "jsonl":
            assert kinds == {json.loads(line)["Kind"] for line in out.splitlines()}
            assert 4 == out.count('"NodeId"')
        case _:
            assert ["flow-a/node-x", "flow-a", "flow-a/node-y"] == out.split()


def test_a_node_that_has_not_ended_does_not_hold_a_wait_up(wait, mock):
    mock.add_run("flow-b", [(0, "Running"), (10, "Succeeded")])
    mock.add_node("flow-b", "node-z", "Running")
    mock.add_node("flow-b", "node-f", "Failed")

    assert 0 == wait("flow-b", "--nodes")[0]


def test_a_node_that_is_waited_for_is_not_followed_as_well(mock):
    with mock.client() as client:
        result = client.wait(["flow-a"], nodes=[("flow-a", "node-x")], follow_nodes=True)

    assert ["flow-a", ("flow-a", "node-x")] == list(result)
    assert [("flow-a", "node-y")] == list(result.nodes)


@pytest.mark.parametrize(("error", "code"), [(paiflow.NotFound, 0), (paiflow.AccessDenied, 7)])
def test_nodes_that_are_not_there_yet_end_no_wait(wait, mock, monkeypatch, error, code):
    mock.add_run("flow-b", [(0, "Running"), (10, "Succeeded")])
    asked = paiflow.AsyncPaiFlow.ask

    async def ask(client, step):
        name = step.calls[0].operation.name
        refused = name == "ListPipelineRunNodeStatus"
        return [error(name, 404) for _ in step.calls] if refused else await asked(client, step)

    monkeypatch.setattr(paiflow.AsyncPaiFlow, "ask", ask)

    assert code == wait("flow-b", "--nodes")[0]


def test_the_clients_follow_nodes_beside_the_runs(mock):
    with mock.client() as client:
        result = client.wait(["flow-a"], follow_nodes=True)
        changes = list(client.watch(["flow-a"], follow_nodes=True))

    assert ["flow-a"] == list(result)
    assert {("flow-a", "node-x"): "Succeeded", ("flow-a", "node-y"): "Failed"} == {
        id_: node.status for id_, node in result.nodes.items()
    }
    assert NodeRef("flow-a", "node-y") in {change.id for change in changes}
    assert "y" == result.nodes["flow-a", "node-y"].reply.node_name


def test_what_the_nodes_lack_is_waited_out_as_anything(wait, mock):
    mock.service.faults.add("throttling", every=2, operation="ListPipelineRunNodeStatus")
    code, out, err = wait("flow-a", "--nodes", "--logs", "0")

    assert 1 == code
    assert "flow-a/node-x" in out
    assert "paiflow: still waiting: ListPipelineRunNodeStatus: 400 Throttling.User" in err


# The logs of what failed


@pytest.mark.parametrize(("options", "count"), [((), 10), (("--logs", "3"), 3), (("--logs", "0"), 0)])
def test_a_wait_that_ends_badly_shows_the_end_of_the_failed_nodes_log(wait, options, count):
    code, out, err = wait("flow-a", *options)
    lines = [line for line in err.splitlines() if line.startswith("  ")]

    assert 1 == code
    assert [rf"  line {number} \x1b[2J" for number in range(30 - count, 30)] == lines
    if count:
        assert "paiflow: flow-a: node y failed\npaiflow: flow-a/node-y (y) failed; the end of its log:\n" in err
    assert "line 29" not in out


def test_the_logs_of_three_nodes_are_enough(wait, mock):
    for number in range(5):
        mock.add_run(f"flow-{number}", "Failed")
        mock.add_node(f"flow-{number}", f"node-{number}", "Failed")
        mock.add_logs(f"flow-{number}", f"node-{number}", ["x"])
    _, _, err = wait(*(f"flow-{number}" for number in range(5)))

    assert 3 == err.count("the end of its log")
    assert err.endswith("paiflow: more nodes have failed: paiflow get RUN names them\n")


def test_a_log_that_cannot_be_read_changes_nothing(wait, monkeypatch):
    def refused(*_, **__):
        raise paiflow.AccessDenied("GetPipelineRun", 403)

    monkeypatch.setattr(paiflow.PaiFlow, "get_pipeline_run", refused)
    code, _, err = wait("flow-a")

    assert 1 == code
    assert err.endswith("paiflow: the log of flow-a cannot be read: GetPipelineRun: 403.\n")


# Other ends and other meanings


@pytest.mark.parametrize(
    ("statuses", "options", "code"),
    [
        ([(0, "Initialized"), (30, "Running"), (90, "Failed")], ("--until", "status=Running"), 0),
        ([(0, "Initialized"), (30, "Running"), (90, "Failed")], ("--until", "status=running"), 0),
        ([(0, "Running"), (30, "Failed")], ("--until", "status=Suspended"), 1),
        ([(0, "Running"), (30, "Failed")], ("--until", "status=Failed"), 0),
        ([(0, "Running"), (30, "Suspended")], ("--until", "status=Suspended"), 0),
        ([(0, "Running"), (30, "Succeeded")], ("--until", "status=Suspended"), 0),
        ([(0, "Running"), (30, "Odd")], ("--until", "status=Odd"), 0),
        ([(0, "Running"), (30, "Failed")], ("--exit-zero",), 0),
        ("Running", ("--exit-zero", "--timeout", "10"), 5),
        ([(0, "Running"), (30, "Completed")], ("--outcome", "Completed=succeeded"), 0),
        ([(0, "Running"), (30, "Completed")], ("--outcome", "Completed=failed"), 1),
        ([(0, "Running"), (30, "Completed")], ("--outcome", "Other=failed", "--timeout", "60"), 5),
        ("Suspended", ("--outcome", "Suspended=active", "--timeout", "10"), 5),
    ],
)
def test_a_wait_ends_as_it_is_told_to(wait, mock, statuses, options, code):
    mock.add_run("flow-b", statuses)

    assert code == wait("flow-b", *options)[0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--until", "status="), "'status=' is not one of all, any, first-failure, status=STATUS"),
        (("--until", "first-failures"), "did you mean first-failure?"),
        (("--outcome", "Completed"), "give STATUS=OUTCOME, where OUTCOME is succeeded, failed, stopped, active"),
        (("--outcome", "Completed=missing"), "'Completed=missing' will not do"),
        (("--heartbeat", "often"), "'often' is not a duration"),
    ],
)
def test_a_mistake_is_one_line(wait, options, words):
    code, out, err = wait("flow-a", *options)

    assert (2, "", 1) == (code, out, err.count("\n"))
    assert words in err


def test_a_status_that_is_not_known_is_asked_about(wait, mock):
    mock.add_run("flow-b", "Succeeded")

    assert "'Runing' is no status that is known; did you mean Running?" in wait("flow-b", "--until", "status=Runing")[2]


@pytest.mark.parametrize(("outcomes", "words"), [({"Completed": "done"}, "'done'"), ({"Odd": "missing"}, "'missing'")])
def test_the_clients_refuse_an_outcome_that_is_none(mock, outcomes, words):
    with mock.client() as client, pytest.raises(paiflow.InvalidRequest, match=words):
        client.wait(["flow-a"], outcomes=outcomes)


@pytest.mark.parametrize(("heartbeat", "count"), [("10m", 5), ("0", 0)])
def test_the_quiet_line_comes_as_often_as_asked_for(wait, mock, heartbeat, count):
    mock.add_run("flow-b", [(0, "Running"), ("1h", "Succeeded")])

    assert count == wait("flow-b", "--heartbeat", heartbeat)[2].count(" ended: ")


# Forms and zones


@pytest.mark.parametrize("form", ["-q", "-oname"])
def test_names_are_those_of_what_has_ended(wait, mock, form):
    mock.add_run("flow-b", "Running")
    code, out, _ = wait("flow-a", "flow-b", form, "--timeout", "60")

    assert (1, "flow-a\n") == (code, out)


def test_a_query_and_wide_and_no_headers_are_heeded(wait):
    assert '"Failed"\n' == wait("flow-a", "--query", "PipelineRuns[0].Status", "--logs", "0")[1]
    _, out, _ = wait("flow-a", "-o", "wide", "--no-headers", "--timeout", "1")

    assert re.fullmatch(r"\S+ flow-a - -> Failed \(failed\)\n", out)


@pytest.mark.parametrize(("options", "zone_"), [((), "+08:00"), (("--utc",), "Z")])
def test_lines_are_in_the_readers_zone_unless_utc_is_asked_for(wait, zone, options, zone_):
    _, out, _ = wait("flow-a", "--logs", "0", *options)

    assert {zone_} == {line.partition(" ")[0][19:] for line in out.splitlines()}


@pytest.mark.parametrize(("utc", "moment"), [(True, "12:00:05Z"), (False, "20:00:05")])
def test_the_live_table_is_in_the_readers_zone_unless_utc_is_asked_for(zone, utc, moment):
    assert moment == live._clock(NOW, NOW, utc=utc)


def test_followed_nodes_stand_below_their_run():
    progress = Progress(Wanted(["flow-a", "flow-b"], []))
    for run in ("b", "a"):
        node = Waited(id=NodeRef(f"flow-{run}", f"node-{run}"), status="Running", outcome="active", since=NOW)
        progress.take(Change(before=node, after=node))

    assert ["flow-a", ("flow-a", "node-a"), "flow-b", ("flow-b", "node-b")] == [item.id for item in progress.items()]
    assert ["flow-a", "flow-b"] == list(progress.result())
