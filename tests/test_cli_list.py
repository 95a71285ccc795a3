"""`paiflow list` and `paiflow workspaces`: runs and workspaces by what they are."""

import json
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from paiflow import PipelineRunSummary
from paiflow.cli import commands, tables, views
from paiflow.cli.output import Output
from paiflow.mock import MockService, serve

NOW = datetime.now(UTC).replace(microsecond=0)


def moment(**ago):
    return (NOW - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@pytest.fixture(scope="module")
def mock():
    """A mock service on loopback, with runs of several statuses and ages, and its endpoint."""
    service = MockService(sample=False)
    service.store.add_workspace({"WorkspaceId": "7", "WorkspaceName": "workspace-7"})
    for id_, name, status, ago in (
        ("flow-old", "nightly", "Failed", {"days": 3}),
        ("flow-stopped", "nightly", "Terminated", {"hours": 30}),
        ("flow-new", "nightly", "Failed", {"hours": 2}),
        ("flow-now", "other", "Running", {"minutes": 5}),
    ):
        run = {"PipelineRunId": id_, "Name": name, "Status": status, "WorkspaceId": "7", "GmtCreateTime": moment(**ago)}
        service.store.add_run({**run, "StartedAt": moment(**ago), "Message": f"of {id_}"})
    with serve(service) as endpoint:
        yield service, endpoint


@pytest.fixture
def environment(mock, monkeypatch):
    """The variables that lead to the mock service."""
    service, endpoint = mock
    monkeypatch.setenv("PAIFLOW_ENDPOINT", endpoint)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", service.credentials.access_key_id)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", service.credentials.access_key_secret)


@pytest.fixture
def run(environment, run_command):
    """Run the command in this process: `code, stdout, stderr = run(…)`."""
    return run_command


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ((), "flow-now flow-new flow-stopped flow-old"),
        (("--asc",), "flow-old flow-stopped flow-new flow-now"),
        (("--status", "failed"), "flow-new flow-old"),
        (("--status", "active"), "flow-now"),
        (("--status", "Failed", "--status", "stopped"), "flow-new flow-stopped flow-old"),
        (("--since", "1d"), "flow-now flow-new"),
        (("--since", "1d", "--asc"), "flow-new flow-now"),
        (("--name", "nightly", "--limit", "1"), "flow-new"),
        (("--status", "Failed", "--status", "stopped", "--asc"), "flow-old flow-stopped flow-new"),
        (("--workspace", "8"), ""),
    ],
)
def test_runs_are_found_by_what_they_are(run, options, ids):
    code, out, _ = run("list", *options, "-q")

    assert (0, ids.split()) == (code, out.split())


def test_a_list_that_is_cut_says_so(run):
    assert "paiflow: there are more than 3: --limit 0 lists all\n" == run("list", "--limit", "3")[2]
    assert "" == run("list", "--limit", "4")[2]


def test_a_table_shows_start_duration_and_message(run, monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    lines = run("list", "--status", "Running", "--utc")[1].splitlines()

    assert lines[0].split() == ["Run", "Name", "Status", "Age", "Started", "Duration", "Message"]
    assert lines[1].split()[:3] == ["flow-now", "other", "Running"]
    assert f"{NOW - timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}" in lines[1]
    assert lines[1].endswith("of flow-now")


def test_a_table_may_have_no_headings(run):
    whole, bare = run("list")[1].splitlines(), run("list", "--no-headers")[1].splitlines()

    assert whole[1:] == bare


def test_the_duration_of_a_run_that_has_ended_is_that_of_the_service():
    ended = PipelineRunSummary(started_at=NOW, finished_at=NOW + timedelta(seconds=61), duration=60)

    assert "1m00s" == tables.cell(views.duration(ended), now=NOW).plain
    assert "1m01s" == tables.cell(views.duration(attrs.evolve(ended, duration=None)), now=NOW).plain


def test_json_shows_all_scripts_but_nothing_that_steers_a_terminal(capsys):
    Output(form="jsonl").json_line({"Name": "夜间\x1b[2J\u202e"})

    assert '{"Name": "夜间\\u001b[2J\\u202e"}\n' == capsys.readouterr().out


def test_json_has_the_wire_names_and_a_query_picks_from_it(run):
    whole = json.loads(run("list", "-o", "json", "--name", "other")[1])
    picked = json.loads(run("list", "--query", "PipelineRuns[].[PipelineRunId, Status]", "--name", "other")[1])

    assert "Running" == whole["PipelineRuns"][0]["Status"]
    assert [["flow-now", "Running"]] == picked


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--status", "fail"), "'fail' is not a status; did you mean Failed?"),
        (("--since", "yesterday"), "'yesterday' is no time: give 90m, 1d, 2026-11-28 or 2026-11-28T14:00:00"),
        (("--since", "99999999d"), "is no time"),
        (("--query", "a["), "not a JMESPath expression"),
        (("--query", "length(PipelineRuns[9])"), "--query does not fit the JSON: In function length(), invalid type"),
        (("--query", "sum(Kind)", "-o", "jsonl"), 'without it: {"Kind": "PipelineRun", "PipelineRunId": "flow-now"'),
        (("--workspace", "nowhere"), "no workspace is named nowhere; there are: workspace-7"),
        (("--workspace", "workspace-9"), "no workspace is named workspace-9; did you mean workspace-7?"),
    ],
)
def test_a_mistake_is_one_line(run, options, words):
    code, out, err = run("list", *options)

    assert (2, "", 1) == (code, out, err.count("\n"))
    assert words in err


def test_a_workspace_is_known_by_its_name(run):
    assert run("list", "--workspace", "7", "-q") == run("list", "--workspace", "workspace-7", "-q")
    assert ["7"] == run("workspaces", "-q")[1].split()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (tables.Age(NOW - timedelta(seconds=59)), "59s"),
        (tables.Age(NOW - timedelta(minutes=119)), "1h"),
        (tables.Age(NOW - timedelta(days=90)), "90d"),
        (tables.Age(NOW + timedelta(seconds=5)), "0s"),
        (tables.Age(None), "-"),
        (tables.Span(NOW - timedelta(seconds=90)), "1m30s"),
        (tables.Span(NOW - timedelta(hours=3), NOW - timedelta(hours=1)), "2h00m"),
        (tables.Span(seconds=5), "5s"),
        (tables.Span(), "-"),
    ],
)
def test_ages_and_durations_are_short(value, shown):
    assert shown == tables.cell(value, now=NOW).plain


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        (["sta"], ["status", "start"]),
        (["list", "--status", "su"], ["Suspended", "Succeeded"]),
        (["stop", "flow-n"], ["flow-now", "flow-new"]),
        (["stop", "--end"], ["--endpoint"]),
    ],
)
def test_a_shell_completes_commands_options_statuses_and_ids(capfd, environment, monkeypatch, words, completed):
    monkeypatch.setenv("_PAIFLOW_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(["paiflow", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    commands.run([])

    assert completed == [line.partition(",")[2] for line in capfd.readouterr().out.splitlines()]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script(run, shell):
    code, out, err = run("completion", shell)

    assert (0, "") == (code, err)
    assert f"_PAIFLOW_COMPLETE={shell}_complete" in out


def test_a_completion_is_silent_without_a_service(capfd, monkeypatch):
    monkeypatch.setenv("_PAIFLOW_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "paiflow stop flow")
    monkeypatch.setenv("COMP_CWORD", "2")
    commands.run([])

    assert ("\n", "") == capfd.readouterr()
