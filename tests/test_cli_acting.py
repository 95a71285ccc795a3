"""The commands that change something: each id is reported once it is done, and nothing is done that was not meant."""

import json
import signal
import sys

import pytest

from paiflow import PaiFlow
from paiflow.cli import commands
from paiflow.cli.stopping import Stop

MANIFEST = """
apiVersion: core/v1
metadata: {provider: "1557702098194904", version: v1, identifier: job-root}
spec:
  inputs: {parameters: [{name: rate, type: Double, value: 0.5}]}
"""


@pytest.fixture
def mock(served_by_hand):
    """A mock service that the environment leads to, with a workspace and four runs; its clock is advanced by hand."""
    for id_, status in (("a", "Running"), ("b", "Running"), ("c", "Failed"), ("d", "Initialized")):
        served_by_hand.service.store.add_run(
            {"PipelineRunId": f"flow-{id_}", "Name": "nightly", "Status": status, "WorkspaceId": "948"}
        )
    return served_by_hand


@pytest.fixture
def run(mock, run_command):
    """Run the command in this process: `code, stdout, stderr = run(…)`."""
    return run_command


@pytest.fixture
def manifest(tmp_path):
    """A file with a manifest."""
    file = tmp_path / "flow.yaml"
    file.write_text(MANIFEST, encoding="utf-8")
    return str(file)


@pytest.fixture
def terminal(monkeypatch):
    """Somebody at a terminal who answers what is asked: `terminal("y")`."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)

    def answers(answer):
        monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: answer)

    return answers


def statuses(mock):
    with mock.client() as client:
        found = client.statuses(["flow-a", "flow-b", "flow-c", "flow-d"])
    return {run.pipeline_run_id[-1]: "deleted" if run.is_deleted else str(run.status) for run in found.runs}


def sent(mock, operation):
    return [request for request in mock.requests if request.operation == operation]


@pytest.mark.parametrize(
    ("verb", "id_", "said", "after"),
    [
        ("start", "d", "started", "Running"),
        ("stop", "a", "stopped", "Terminating"),
        ("rerun", "c", "started again", "Running"),
        ("delete", "c", "deleted", "deleted"),
    ],
)
def test_a_verb_does_it_once_and_says_so(run, mock, verb, id_, said, after):
    code, out, err = run(verb, f"flow-{id_}")

    assert (0, f"flow-{id_} {said}\n", "") == (code, out, err)
    assert after == statuses(mock)[id_]


def test_a_partial_failure_says_which_are_left_and_ends_with_9(run):
    code, out, err = run("stop", "flow-a", "flow-c", "flow-nowhere", "flow-b")

    assert 9 == code
    assert {"flow-a stopped", "flow-b stopped"} == set(out.splitlines())
    assert "paiflow: flow-c not stopped: TerminatePipelineRun: 400 IncorrectStatus" in err
    assert "paiflow: flow-nowhere not stopped: TerminatePipelineRun: 404" in err
    assert err.endswith("paiflow: 2 of 4 stopped\n")


def test_what_fails_for_all_ends_with_the_code_of_the_error(run):
    assert 4 == run("stop", "flow-nowhere")[0]
    assert 4 == run("submit", "pipeline-nowhere", "--workspace", "948")[0]


def test_a_lost_reply_is_told_from_a_refusal(run, mock):
    mock.service.faults.add("reset")
    code, out, err = run("stop", "flow-a", "-o", "jsonl")

    assert 8 == code
    assert None is json.loads(out)["Done"]
    assert "paiflow: flow-a may be stopped: " in err
    assert 1 == len(sent(mock, "TerminatePipelineRun"))


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_a_query_that_does_not_fit_hides_nothing_that_was_done(run, mock, form):
    code, out, err = run("stop", "flow-a", "flow-b", "flow-c", "-o", form, "--query", "length(Nothing)")

    assert (2, "") == (code, out)
    assert 1 == err.count("paiflow: flow-a stopped\n") == err.count("paiflow: flow-b stopped\n")
    assert 1 == err.count("paiflow: flow-c not stopped: ")
    assert "paiflow: --query does not fit the JSON: " in err.splitlines()[-1]


def test_a_selection_means_the_runs_that_the_verb_fits_and_is_shown_first(run, mock):
    code, out, err = run("stop", "--name", "nightly", "--dry-run")
    assert (0, "") == (code, out)
    assert {"flow-a", "flow-b"} == {line.split()[0] for line in err.splitlines() if line.startswith("flow-")}
    assert err.endswith("paiflow: nothing was done: would stop 2 runs: flow-b, flow-a\n")
    assert [] == sent(mock, "TerminatePipelineRun")

    code, out, _ = run("stop", "--name", "nightly", "--yes")
    assert (0, 2) == (code, len(out.splitlines()))
    assert {"a": "Terminating", "b": "Terminating", "c": "Failed", "d": "Initialized"} == statuses(mock)


def test_a_selection_is_not_done_unless_somebody_confirms_it(run, mock, terminal):
    code, out, err = run("delete", "--status", "failed", "--name", "other")
    assert (0, "", "paiflow: no runs to delete\n") == (code, out, err)

    terminal("n")
    assert (0, "") == run("delete", "--status", "failed")[:2]
    assert "Failed" == statuses(mock)["c"]

    terminal("y")
    assert (0, "flow-c deleted\n") == run("delete", "--status", "failed")[:2]


@pytest.mark.parametrize(
    ("verb", "status", "ids"),
    [
        ("stop", "active", "flow-b flow-a"),  # one that is Terminating or Initialized is not meant
        ("delete", "Active", "flow-d"),
        ("stop", "failed", "flow-c"),  # the service decides
        ("rerun", "active", ""),
        ("rerun", "stopped", "flow-e"),
    ],
)
def test_an_outcome_means_the_runs_that_the_verb_fits(run, mock, verb, status, ids):
    for id_, its in (("e", "Terminated"), ("f", "Terminating")):
        mock.service.store.add_run(
            {"PipelineRunId": f"flow-{id_}", "Name": "nightly", "Status": its, "WorkspaceId": "948"}
        )
    code, out, _ = run(verb, "--status", status, "--name", "nightly", "--dry-run", "-q")

    assert (0, ids.split()) == (code, out.split())


@pytest.mark.parametrize("chosen", [("flow-a", "flow-b"), ("--name", "nightly")])
@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("name", {"flow-a", "flow-b"}),
        (
            "jsonl",
            {
                f'{{"Kind": "Result", "PipelineRunId": "flow-{id_}", "Action": "rerun", "Done": false, "Error": null}}'
                for id_ in "ab"
            },
        ),
    ],
)
def test_a_dry_run_gives_programs_the_ids(run, mock, chosen, form, shown):
    chosen = (*chosen, "--status", "Running") if "--name" in chosen else chosen
    code, out, err = run("rerun", *chosen, "--dry-run", "-o", form)

    assert (0, shown) == (code, set(out.splitlines()))
    assert err.startswith("paiflow: nothing was done: would rerun 2 runs: flow-")
    assert not sent(mock, "RerunPipelineRun")


def test_a_selection_off_a_terminal_needs_yes(run, mock):
    code, out, err = run("stop", "--name", "nightly")

    assert (2, "") == (code, out)
    assert "paiflow: cannot ask whether to stop 2 runs: give --yes or --dry-run" in err
    assert [] == sent(mock, "TerminatePipelineRun")


def test_delete_asks_on_a_terminal_for_ids_too(run, mock, terminal):
    terminal("n")
    assert (0, "", "paiflow: nothing was done\n") == run("delete", "flow-c")

    terminal("y")
    assert (0, "flow-c deleted\n", "") == run("delete", "flow-c")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("stop",), "no runs: give RUN, - for stdin, or a selection"),
        (("stop", "flow-a", "--name", "nightly"), "give ids or a selection, not both"),
        (("stop", "--name", "", "--yes"), "--name': it is empty: is a variable not set?"),
        (("delete", "--pipeline", " ", "--yes"), "--pipeline': it is empty: is a variable not set?"),
        (("submit", "pipeline-a", "--once", ""), "--once': it is empty: is a variable not set?"),
        (("get", ""), "RUN': it is empty: is a variable not set?"),
        (("logs", "flow-a/node-a", "node-b"), "give RUN, RUN NODE or RUN/NODE"),
        (("outputs", "flow-a/"), "give RUN, RUN NODE or RUN/NODE"),
        (("submit", "pipeline-a"), "no workspace: give --workspace ID|NAME, or set one in the profile"),
        (("list", "-q", "-o", "json"), "-q prints ids alone: leave out -o json"),
        (("list", "-q", "--query", "PipelineRuns"), "--query picks from JSON, -q and -o name print ids alone"),
        (("list", "-o", "name", "--query", "PipelineRuns"), "--query picks from JSON, -q and -o name print ids alone"),
        (("completion",), "Missing argument 'SHELL'. Choose from: bash, zsh, fish (see"),
        (("submit",), "give PIPELINE or --manifest FILE, one of them"),
        (("submit", "pipeline-a", "--manifest", "f"), "give PIPELINE or --manifest FILE, one of them"),
        (("submit", "pipeline-a", "--timeout", "5"), "--timeout needs --wait"),
        (("submit", "pipeline-a", "--stop-on-interrupt"), "--stop-on-interrupt needs --wait"),
        (("submit", "pipeline-a", "--wait", "--no-start"), "do not go together: the run would not end"),
        (("submit", "pipeline-a", "-p", "rate"), "-p takes NAME=VALUE, not 'rate'"),
        (("submit", "pipeline-a", "-p", "rate=1", "-p", "rate=2"), "-p rate is given twice"),
        (("submit", "--manifest", "no/such/file"), "cannot read no/such/file: No such file or directory"),
    ],
)
def test_a_mistake_is_one_line_and_sends_nothing(run, mock, arguments, words):
    code, out, err = run(*arguments)

    assert (2, "", 1) == (code, out, err.count("\n"))
    assert words in err
    assert not mock.requests


def test_submit_prints_the_id_alone(run, mock, manifest):
    code, out, err = run(
        "submit", "--manifest", manifest, "--workspace", "948", "-p", "rate=0.1", "-p", "word=x=y", "-p", 'text="5"'
    )
    id_ = out.strip()
    body = sent(mock, "CreatePipelineRun")[0].body

    assert (0, f"paiflow: submitted {id_}\n") == (code, err)
    assert [
        {"name": "rate", "value": 0.1},
        {"name": "word", "value": "x=y"},
        {"name": "text", "value": "5"},
    ] == json.loads(body["Arguments"])["arguments"]["parameters"]
    assert MANIFEST == body["PipelineManifest"]


def test_submit_once_returns_the_run_that_exists(run, manifest):
    first, second = (
        run("submit", "--manifest", manifest, "--workspace", "948", "--once", "k", "-o", "json")[1] for _ in range(2)
    )

    assert first == second
    assert json.loads(first)["PipelineRunId"].startswith("flow-")


def test_submit_without_start_leaves_it_initialized(run, manifest):
    _, out, err = run("submit", "--manifest", manifest, "--workspace", "948", "--no-start")

    assert f"paiflow: created {out.strip()}: paiflow start {out.strip()} starts it\n" == err
    assert (0, f"{out.strip()} started\n", "") == run("start", out.strip())


def test_a_submit_whose_reply_is_lost_says_where_to_look(run, mock, manifest):
    mock.service.faults.add("reset", operation="CreatePipelineRun")
    code, out, err = run("submit", "--manifest", manifest, "--workspace", "948", "--name", "mine")

    assert (8, "") == (code, out)
    assert "paiflow: the run may have been created: paiflow list --name mine" in err
    assert 1 == len(sent(mock, "CreatePipelineRun"))


@pytest.fixture
def signalled(monkeypatch, capsys, manifest):
    """The command `submit`, which gets SIGTERM once the service has made the run: `code, stderr = signalled(…)`."""
    stop, submit = Stop(), PaiFlow.submit

    def interrupted(*arguments, **named):
        made = submit(*arguments, **named)
        stop.take(signal.SIGTERM)
        return made

    monkeypatch.setattr(PaiFlow, "submit", interrupted)

    def run_(*options):
        code = commands.run(("submit", "--manifest", manifest, "--workspace", "948", "--name", "a b", *options), stop)
        return code, capsys.readouterr().err

    return run_


@pytest.mark.parametrize(("fault", "said"), [(None, "paiflow: stopped flow-"), ("internal-error", " may be stopped: ")])
def test_a_signal_before_the_id_is_known_stops_the_run_all_the_same(signalled, mock, fault, said):
    if fault:
        mock.service.faults.add(fault, operation="TerminatePipelineRun")
    code, err = signalled("--wait", "--stop-on-interrupt")

    assert 143 == code
    assert said in err
    assert sent(mock, "TerminatePipelineRun")


def test_a_signal_before_the_id_is_known_says_where_to_look(signalled, mock):
    code, err = signalled("--wait")

    assert 143 == code
    assert "paiflow: the run may have been created: paiflow list --name 'a b' shows it\n" in err
    assert not sent(mock, "TerminatePipelineRun")


def test_submit_and_wait_ends_as_wait_does(run, mock, manifest):
    code, out, err = run(
        "submit", "--manifest", manifest, "--workspace", "948", "--wait", "--timeout", "5", "-o", "json"
    )
    whole = json.loads(out)

    assert (5, 5) == (code, whole["ExitCode"])
    assert err.startswith("paiflow: waiting for 1 id")
    assert ["Running"] == [run["Status"] for run in whole["PipelineRuns"]]


def test_pipelines_live_from_create_to_delete(run, mock, manifest, tmp_path):
    code, out, _ = run("pipelines", "create", manifest, "--workspace", "948")
    id_ = out.strip()
    assert (0, True) == (code, id_.startswith("pipeline-"))
    assert id_ in run("pipelines", "list", "--identifier", "job-root", "-q")[1].split()
    assert (0, MANIFEST.rstrip() + "\n", "") == run("pipelines", "get", id_)

    other = tmp_path / "other.yaml"
    other.write_text(MANIFEST.replace("0.5", "0.7"), encoding="utf-8")
    assert (0, f"{id_} updated\n", "") == run("pipelines", "update", id_, str(other))
    assert "0.7" in run("pipelines", "get", id_)[1]

    assert (0, f"{id_} deleted\n", "") == run("pipelines", "delete", id_, "--yes")
    assert 4 == run("pipelines", "get", id_)[0]


def test_a_manifest_in_json_is_shown_as_yaml(run, tmp_path):
    file = tmp_path / "flow.json"
    metadata = {"provider": "1557702098194904", "version": "v1", "identifier": "in-json"}
    file.write_text(json.dumps({"apiVersion": "core/v1", "metadata": metadata, "spec": {}}), encoding="utf-8")
    id_ = run("pipelines", "create", str(file), "--workspace", "948")[1].strip()

    assert run("pipelines", "get", id_)[1].startswith(
        "apiVersion: core/v1\nmetadata:\n  provider: '1557702098194904'\n"
    )


def test_a_file_that_is_too_large_is_refused(run, mock, tmp_path, monkeypatch):
    monkeypatch.setattr("paiflow.cli.files._MOST", 2**20)
    file = tmp_path / "large.yaml"
    file.write_bytes(b"#" * (2**20 + 1))
    code, _, err = run("submit", "--manifest", str(file), "--no-check", "--workspace", "948")

    assert (2, []) == (code, mock.requests)
    assert f"cannot read {file}: it has more than 1 MiB" in err
