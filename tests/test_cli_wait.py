"""`paiflow wait`: it tells each change, ends when it should, and its exit code can be relied on.

Nothing sleeps: the client goes by the mock's clock, which its sleeps advance, so hours pass in no time.
"""

import asyncio
import contextlib
import fcntl
import io
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from silence import SilentServer

import paiflow
from paiflow._durations import duration, spelled
from paiflow.cli import commands, displays, exit_codes, live, polling, stopping, tables
from paiflow.cli.ids import Wanted
from paiflow.cli.progress import Progress
from paiflow.cli.stopping import Stop
from paiflow.mock import HandClock, HandTime
from paiflow.status.waiting import Limits, Waited, WaitResult, follow

PAIFLOW = str(Path(sys.executable).with_name("paiflow"))
NOW = datetime(2026, 11, 23, 12, 0, 5, tzinfo=UTC)
COST = "paiflow: waiting for 1 id, at most 1800 calls an hour, retries aside"
SECRET = "not-to-be-seen-anywhere"


@pytest.fixture
def mock(served_by_hand):
    """A mock service that the environment leads to, and by whose clock the command's clients go."""
    return served_by_hand


@pytest.fixture
def stop():
    """What the command is told by a signal."""
    return Stop()


@pytest.fixture
def wait(capsys, stop):
    """Run the command in this process: `code, stdout, stderr = wait(…)`."""

    def wait_(*arguments):
        code = commands.run(["wait", *arguments], stop)
        said = capsys.readouterr()
        return code, said.out, said.err

    return wait_


@pytest.fixture
def answer(monkeypatch, mock):
    """Put a function in the place of the network: `answer(lambda request: httpx.Response(…))`, async or not."""

    def answer_(handler):
        transport = httpx.MockTransport(handler)
        monkeypatch.setattr(
            httpx.AsyncHTTPTransport, "handle_async_request", lambda _, request: transport.handle_async_request(request)
        )

    return answer_


def objects(text):
    return [json.loads(line) for line in text.splitlines()]


# What it prints


def test_each_change_is_a_line(wait, mock):
    start = mock.clock.now()
    mock.add_run("flow-a", [(0, "Running"), (5, "Succeeded")], name="train")
    code, out, err = wait("flow-a", "--utc")
    ended = datetime.fromtimestamp(mock.clock.now(), UTC)
    began = datetime.fromtimestamp(start, UTC)

    assert code == 0
    assert out == (
        f"{began:%Y-%m-%dT%H:%M:%SZ} flow-a - -> Running (active)\n"
        f"{ended:%Y-%m-%dT%H:%M:%SZ} flow-a Running -> Succeeded (succeeded)\n"
    )
    assert re.fullmatch(rf"{COST}\npaiflow: 1 of 1 succeeded; waited \d+s, \d calls\n", err)


def test_the_line_of_a_change_reads_as_documented():
    before = Waited(id="flow-a", status="Running", outcome="active", since=NOW)
    after = Waited(id="flow-a", status="Succeeded", outcome="succeeded", since=NOW, ended=True)

    line = displays.line(paiflow.Change(before=before, after=after))

    assert "2026-11-23T12:00:05Z flow-a Running -> Succeeded (succeeded)" == line


ASKED = "flow-a is still Initialized: has it been started (StartPipelineRun)?"


@pytest.mark.parametrize("form", ["table", "jsonl", "json"])
def test_a_run_that_stays_initialized_is_asked_about_once(wait, mock, form):
    mock.add_run("flow-a", [(0, "Initialized"), (600, "Succeeded")])
    code, _, err = wait("flow-a", "--format", form)

    assert code == 0
    going_on = r"(paiflow: 0 of 1 ended: 1 active; .*\n)+"
    assert re.fullmatch(rf"{COST}\npaiflow: {re.escape(ASKED)}\n{going_on}paiflow: 1 of 1 succeeded; .*\n", err)


def test_the_view_asks_about_a_run_that_stays_initialized():
    progress = Progress(Wanted(["flow-a"], []))
    progress.time = HandTime(HandClock((NOW + timedelta(hours=1)).timestamp()))
    progress.known["flow-a"] = Waited(id="flow-a", status="Initialized", outcome="active", since=NOW)
    with progress.sleeping(1):
        pass

    assert ASKED in shown(live.View(progress), 100)


@pytest.mark.parametrize("form", ["table", "jsonl", "json"])
def test_off_a_terminal_a_line_says_that_the_wait_goes_on(wait, mock, form):
    mock.add_run("flow-a", [(0, "Running"), ("1h", "Succeeded")])
    mock.add_run("flow-b", "Succeeded")
    _, _, err = wait("flow-a", "flow-b", "--format", form)
    lines = [line for line in err.splitlines() if " of 2 ended: " in line]

    assert 40 <= len(lines) <= 60, "one a minute"
    assert re.fullmatch(r"paiflow: 1 of 2 ended: 1 succeeded, 1 active; waited 1m\d\ds, next look in \d+s", lines[0])


def test_nothing_is_added_to_what_was_just_said(wait, mock):
    mock.add_run("flow-a", [(minute * 50, f"Odd {minute}") for minute in range(20)] + [(1001, "Succeeded")])
    _, _, err = wait("flow-a")

    assert "ended: " not in err


def test_the_interval_bounds_the_polls(wait, mock):
    mock.add_run("flow-a", [(0, "Running"), ("1h", "Succeeded")])
    code, _, err = wait("flow-a", "--interval", "10m")

    assert code == 0
    assert "at most 6 calls an hour" in err
    assert re.search(r"waited 1h\d\dm, [78] calls\n", err)


def test_what_vanishes_and_what_is_deleted_says_so(wait, mock):
    mock.add_run("flow-gone", "Running", vanishes=[(1, 600)])
    mock.add_run("flow-deleted", "Running", deleted=1)
    code, out, _ = wait("flow-gone", "flow-deleted")

    assert code == 3
    assert "flow-gone Running -> (not found) (missing)\n" in out
    assert "flow-gone (not found) -> (not found) (missing, given up)\n" in out
    assert "flow-deleted Running -> Running (stopped, deleted)\n" in out


def test_jsonl_is_an_object_for_each_change_with_the_documented_keys(wait, mock):
    mock.add_run("flow-a", [(0, "Running"), (5, "Succeeded")], name="train")
    mock.add_node("flow-a", "node-a", [(0, "Running"), (3, "Skipped")], name="split")
    code, out, _ = wait("flow-a", "--node", "flow-a/node-a", "--format", "jsonl")
    told = objects(out)

    assert code == 0
    assert [(item["PipelineRunId"], item.get("NodeId"), item["Status"], item["Outcome"]) for item in told] == [
        ("flow-a", None, "Running", "active"),
        ("flow-a", "node-a", "Running", "active"),
        ("flow-a", "node-a", "Skipped", "succeeded"),
        ("flow-a", None, "Succeeded", "succeeded"),
    ]
    keys = ["Name", "Status", "Outcome", "Ended", "Since", "PreviousStatus", "PreviousOutcome"]
    assert list(told[0]) == ["Kind", "PipelineRunId", *keys]
    assert list(told[1]) == ["Kind", "PipelineRunId", "NodeId", *keys]
    assert {"Change"} == {item["Kind"] for item in told}
    assert ("Running", "active", True) == tuple(told[-1][key] for key in ("PreviousStatus", "PreviousOutcome", "Ended"))


def test_json_is_one_object_at_the_end(wait, mock):
    mock.add_run("flow-a", [(0, "Running"), (5, "Failed")], name="train")
    mock.add_node("flow-a", "node-a", "Succeeded", name="split")
    code, out, _ = wait("flow-a", "--node", "flow-a/node-a", "--format", "json")
    whole = json.loads(out)

    assert code == 1
    assert whole["ExitCode"] == 1
    assert whole["Error"] is None
    assert whole["Outcomes"] == {
        "succeeded": 1,
        "failed": 1,
        "stopped": 0,
        "missing": 0,
        "unknown": 0,
        "active": 0,
    }
    [run], [node] = whole["PipelineRuns"], whole["Nodes"]
    assert ("flow-a", "train", "Failed", "failed", True) == tuple(list(run.values())[:5])
    assert ("flow-a", "node-a", "split", "Succeeded", "succeeded", True) == tuple(list(node.values())[:6])


def test_what_is_known_is_printed_in_each_format_when_the_time_is_up(wait, mock):
    mock.add_run("flow-a", "Running")
    code, lines, err = wait("flow-a", "--timeout", "10")
    assert code == 5
    assert lines.splitlines()[-2].split() == ["Run", "Name", "Status", "Outcome", "Since"]
    assert lines.splitlines()[-1].split()[:4] == ["flow-a", "-", "Running", "active"]
    assert "paiflow: 1 of 1 have not ended after 10 s: flow-a Running\n" in err

    state = objects(wait("flow-a", "--timeout", "10", "--format", "jsonl")[1])
    assert [(item["Kind"], item["Status"]) for item in state] == [("Change", "Running"), ("State", "Running")]

    whole = json.loads(wait("flow-a", "--timeout", "10", "--format", "json")[1])
    assert (5, "active") == (whole["ExitCode"], whole["PipelineRuns"][0]["Outcome"])
    assert whole["Error"].startswith("1 of 1 have not ended after 10 s")


def test_the_cost_of_polling_is_told_first(wait, mock):
    ids = [f"flow-{index}" for index in range(150)]
    for run_id in ids:
        mock.add_run(run_id, "Succeeded")
    mock.add_node("flow-0", "node-a", "Succeeded")
    code, _, err = wait(*ids, "--node", "flow-0/node-a", "flow-0")

    assert code == 0
    assert err.startswith("paiflow: waiting for 151 ids, at most 5400 calls an hour, retries aside\n")


def test_hours_of_waiting_survive_throttling_and_faults_and_tell_of_them_once(wait, mock):
    mock.add_run("flow-a", [(0, "Running"), ("1h", "Succeeded")])
    throttling = mock.fault("throttling", retry_after="2s", rate=0.2, seed=1)
    code, _, err = wait("flow-a")

    assert code == 0
    assert "waited 1h" in err

    mock.service.faults.remove(throttling)
    mock.fault("bad-gateway", times=40)
    mock.add_run("flow-b", [(0, "Running"), ("1h", "Succeeded")])
    code, _, err = wait("flow-b", "--timeout", "2h")

    assert code == 0
    assert err.count("paiflow: still waiting: ListPipelineRunsStatus: 502") == 1
    assert err.count("paiflow: answered again\n") == 1


def test_what_steers_a_terminal_is_shown_and_not_obeyed(wait, mock):
    mock.add_run("flow-a", [(0, "\x1b[2J[red]x[/]\n"), (3, "Succeeded")], name="\x1b]0;title\x07[b]\u202e")
    mock.add_run("flow-b", "Odd\x9b1m", name="\x1b[2J[b]")
    for form in ("table", "json", "jsonl"):
        code, out, err = wait("flow-a", "flow-b", "--timeout", "20", "--format", form)

        assert code == 5
        assert all(character.isprintable() or character == "\n" for character in out + err)
    assert r"\x1b[2J[red]x[/]\n" in wait("flow-b", "flow-a", "--timeout", "5")[1] + displays.line(
        paiflow.Change(before=Waited(id="a", since=NOW), after=Waited(id="a", status="\x1b[2J[red]x[/]\n", since=NOW))
    )


# What it takes


def test_ids_come_from_stdin_too(wait, mock, monkeypatch):
    mock.add_run("flow-a", "Succeeded")
    mock.add_run("flow-b", "Succeeded")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("\ufeffflow-a\r\n\n flow-b \nflow-a\n".encode())))
    code, out, err = wait("-", "flow-b", "--format", "jsonl")

    assert code == 0
    assert err.startswith("paiflow: waiting for 2 ids, ")
    assert ["flow-a", "flow-b"] == [item["PipelineRunId"] for item in objects(out)]


def test_an_empty_stdin_is_usage(wait, mock, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\n\r\n")))
    code, out, err = wait("-")

    assert (2, "", 1) == (code, out, err.count("\n"))
    assert "no ids" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "no ids: give RUN, --node RUN/NODE, or - to read them from stdin (see paiflow wait --help)"),
        (["flow-a", "--colour"], "No such option '--colour'"),
        (["--node", "node-only"], "--node takes RUN/NODE, the ids of a run and of a node of it, not 'node-only'"),
        (["--node", "/node"], "not '/node'"),
        ([""], "an id is empty: is a variable not set?"),
        (["-", "--node", "-"], "give - once"),
        (["flow-a", "--until", "never"], "'never' is not one of"),
        (["flow-a", "--timeout", "soon"], "'soon' is not a duration above 0, such as 90, 90s, 15m, 1h30m or 2d"),
        (["flow-a", "--timeout", "-5"], "'-5' is not a duration above 0"),
        (["flow-a", "--timeout", "0"], "'0' is not a duration above 0"),
        (["flow-a", "--timeout", ""], "'' is not a duration above 0"),
        (["flow-a", "--interval", "often"], "'often' is not a duration above 0"),
        (["flow-a", "--format", "xml"], "'xml' is not one of"),
        (["flow-a", "--request-timeout", "0"], "--request-timeout"),
        (["flow-a", "--workspace", ""], "Invalid value for '--workspace'"),
        (["flow-a", "--endpoint", "http://paiflow.example"], "plain http to paiflow.example"),
        (["flow-a", "--endpoint", f"https://u:{SECRET}@h"], "must not hold a user name or password"),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_ends_with_2(wait, mock, arguments, words):
    code, out, err = wait(*arguments)

    assert (2, "") == (code, out)
    assert words in err
    assert [line for line in err.splitlines() if line != COST] == err.splitlines()[-1:]
    assert SECRET not in err


def test_a_bad_region_and_none_are_usage(wait, mock, monkeypatch):
    monkeypatch.delenv("PAIFLOW_ENDPOINT")

    for arguments, words in [(["flow-a"], "no endpoint"), (["flow-a", "--region", "CN Hangzhou"], "'CN Hangzhou'")]:
        code, out, err = wait(*arguments)
        assert (2, "", 1) == (code, out, err.count("\n"))
        assert words in err


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("90s", 90),
        ("15m", 900),
        ("1h30m", 5400),
        ("2d", 172800),
        ("1d1h1m1s", 90061),
        ("1.5h", 5400),
        ("0", 0),
        ("", None),
        ("h", None),
        ("1h 30m", None),
        ("30m1h", None),
        ("1h1h", None),
        ("-1", None),
        ("+1", None),
        ("1e3", None),
        ("nan", None),
        ("inf", None),
        ("٣", None),
        ("9" * 400, None),
        ("5 minutes", None),
    ],
)
def test_a_duration_is_as_people_write_it(text, seconds):
    assert seconds == duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0s"), (0, "0s"), (59.9, "59s"), (60, "1m00s"), (125, "2m05s"), (3600, "1h00m"), (90000, "1d01h")],
)
def test_a_duration_is_spelled_by_its_two_largest_units(seconds, text):
    assert text == spelled(seconds)


# What goes wrong


def test_credentials_that_are_half_wrong_or_expired_end_with_7(wait, mock, answer, monkeypatch):
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)
    wrong = wait("flow-a")
    monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")
    half = wait("flow-a")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)
    monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", f"token-{SECRET}")
    expired_token = {"Code": "InvalidSecurityToken.Expired", "Message": "Specified SecurityToken is expired."}
    answer(lambda request: httpx.Response(403, json=expired_token))
    expired = wait("flow-a")

    for (code, out, err), words in [
        (wrong, "400 SignatureDoesNotMatch"),
        (half, "ALIBABA_CLOUD_ACCESS_KEY_SECRET is not"),
        (expired, "InvalidSecurityToken.Expired"),
    ]:
        assert (7, "") == (code, out)
        assert 1 == len([line for line in err.splitlines() if line != COST])
        assert words in err
        assert SECRET not in err


def test_no_credentials_end_with_7(wait, mock, monkeypatch):
    for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
        monkeypatch.delenv(name)
    # The vendor's chain would ask the network.
    monkeypatch.setitem(sys.modules, "alibabacloud_credentials.client", None)
    code, out, err = wait("flow-a", "--format", "json")

    assert code == 7
    assert err.startswith(f"{COST}\npaiflow: no credentials: ")
    assert err.count("\n") == 2
    assert (7, err.splitlines()[1]) == (json.loads(out)["ExitCode"], f"paiflow: {json.loads(out)['Error']}")


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (httpx.Response(200, text='{"PipelineRuns": ['), "unexpected reply"),
        (httpx.Response(200, html="<html>\x1b[2J[red]Welcome</html>"), "unexpected reply"),
        (httpx.Response(502, html="<html>Bad Gateway</html>"), "502"),
        (httpx.Response(400, json={"Code": "Throttling.User", "Message": "Slow"}), "400 Throttling.User"),
        (httpx.ConnectError("Name or service not known"), "in 1 attempt"),
    ],
    ids=["broken JSON", "HTML", "gateway", "throttled", "wrong region"],
)
def test_no_answer_at_all_within_the_time_ends_with_8(wait, answer, reply, words):
    def reply_(request):
        if isinstance(reply, Exception):
            raise reply
        return httpx.Response(reply.status_code, headers=reply.headers, content=reply.content)

    answer(reply_)
    code, out, err = wait("flow-a", "--timeout", "5m")

    assert (8, "") == (code, out)
    assert len([line for line in err.splitlines() if " of 1 ended: " not in line]) == 3
    assert err.startswith(f"{COST}\npaiflow: still waiting: ListPipelineRunsStatus: ")
    assert words in err
    assert err.endswith("paiflow: no answer within 300 s\n")
    assert all(character.isprintable() or character == "\n" for character in err)


def test_an_endpoint_that_nobody_listens_on_ends_with_8(wait, mock):
    code, out, err = wait("flow-a", "--endpoint", "http://127.0.0.1:1", "--timeout", "1m")

    assert (8, "") == (code, out)
    assert re.search(r"paiflow: still waiting: ListPipelineRunsStatus: no reply from \S+ in 1 attempt: ", err)
    assert err.endswith("paiflow: no answer within 60 s\n")


def test_a_request_that_the_service_refuses_ends_with_8(wait, answer):
    answer(lambda request: httpx.Response(400, json={"Code": "InvalidParameter", "Message": "No"}))

    assert 8 == wait("flow-a")[0]


# Exit codes


def result(*items, answered=True):
    """A result of items such as `succeeded`, `failed` or `active`; a ! means that one has ended as missing."""
    return WaitResult(
        [
            Waited(
                id=f"flow-{number}",
                outcome=item.rstrip("!"),
                since=NOW,
                ended=item in ("succeeded", "failed", "stopped", "missing!"),
            )
            for number, item in enumerate(items)
        ],
        answered=answered,
    )


def timed_out(*items, answered=True):
    found = result(*items, answered=answered)
    return {"result": found, "error": paiflow.WaitTimedOut("late", found)}


DENIED = paiflow.AccessDenied("Op", 403, "NoPermission")
NONE = paiflow.CredentialsError("none")
REFUSED = paiflow.InvalidRequest("Op", 400, "InvalidParameter")
UNSENT = paiflow.InvalidRequest("Op", None, "InvalidParameter")
THROTTLED = paiflow.Throttled("Op", 400, "Throttling")
NOT_FOUND = paiflow.NotFound("Op", 404)

EVERYTHING = ("failed", "stopped", "missing!", "active", "succeeded")


@pytest.mark.parametrize(
    ("code", "until", "given"),
    [
        (0, "all", {"result": result("succeeded", "succeeded")}),
        (1, "all", {"result": result("succeeded", "failed", "stopped", "missing!")}),
        (3, "all", {"result": result("succeeded", "missing!", "stopped")}),
        (4, "all", {"result": result("succeeded", "missing!")}),
        (5, "all", timed_out("succeeded", "active")),
        (5, "all", timed_out("succeeded", "unknown")),
        (4, "all", timed_out("active", "missing")),
        (3, "all", timed_out("active", "missing!", "stopped")),
        (1, "all", timed_out(*EVERYTHING)),
        (8, "all", timed_out("unknown", answered=False)),
        (8, "any", timed_out("unknown", answered=False)),
        (7, "all", {"result": result(*EVERYTHING), "error": DENIED}),
        (7, "all", {"result": result(*EVERYTHING), "error": NONE}),
        (8, "all", {"result": result(*EVERYTHING), "error": REFUSED}),
        (8, "all", {"result": result(*EVERYTHING), "error": NOT_FOUND}),
        (8, "all", {"result": result(*EVERYTHING), "error": THROTTLED}),
        (2, "all", {"result": result("unknown", answered=False), "error": UNSENT}),
        (130, "all", {"result": result(*EVERYTHING), "error": DENIED, "signal_number": signal.SIGINT}),
        (143, "any", {"result": result("succeeded"), "signal_number": signal.SIGTERM}),
        (0, "any", {"result": result("active", "succeeded", "missing")}),
        (1, "any", {"result": result("active", "failed")}),
        (3, "any", {"result": result("active", "stopped")}),
        (4, "any", {"result": result("active", "missing!")}),
        (1, "any", {"result": result("succeeded", "failed")}),
        (5, "any", timed_out("active", "active")),
        (4, "any", timed_out("active", "missing")),
        (7, "any", {"result": result("succeeded"), "error": DENIED}),
        (0, "first-failure", {"result": result("succeeded", "succeeded")}),
        (1, "first-failure", {"result": result("active", "failed")}),
        (3, "first-failure", {"result": result("active", "stopped")}),
        (4, "first-failure", {"result": result("active", "missing!")}),
        (5, "first-failure", timed_out("active", "succeeded")),
    ],
)
def test_the_exit_code_follows_from_how_the_wait_ended(code, until, given):
    assert code == exit_codes.of_wait(given.pop("result"), until, **given)


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (0, ["ok"]),
        (1, ["ok", "bad", "halted", "nowhere"]),
        (3, ["ok", "halted", "nowhere"]),
        (4, ["ok", "nowhere"]),
        (5, ["ok", "busy", "--timeout", "1h"]),
        (5, ["strange", "--timeout", "1h"]),
        (0, ["busy", "ok", "--until", "any"]),
        (1, ["busy", "bad", "--until", "any"]),
        (4, ["busy", "nowhere", "--until", "any"]),
        (1, ["busy", "bad", "--until", "first-failure"]),
        (3, ["--node", "ok/halted"]),
        (0, ["--node", "ok/skipped"]),
    ],
)
def test_the_command_ends_with_that_code(wait, mock, code, arguments):
    mock.add_run("ok", [(0, "Running"), (20, "Succeeded")])
    mock.add_run("bad", [(0, "Running"), (40, "Failed")])
    mock.add_run("halted", [(0, "Running"), (30, "Suspended")])
    mock.add_run("busy", "Running")
    mock.add_run("strange", "Hibernating")
    mock.add_node("ok", "skipped", "Skipped")
    mock.add_node("ok", "halted", "Terminated")

    assert code == wait(*arguments, "--format", "jsonl")[0]


# Signals and pipes


@pytest.mark.parametrize(("kind", "code", "word"), [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "terminated")])
@pytest.mark.parametrize("form", ["table", "json", "jsonl"])
def test_a_signal_in_the_middle_of_a_request_prints_what_is_known(
    wait, answer, stop, kind, code, word, form, monkeypatch
):
    monkeypatch.setattr(stopping, "_SAME", 60)  # a second one that comes later would end pytest
    asked = []

    async def reply(request):
        asked.append(request)
        if len(asked) == 1:
            return httpx.Response(200, json={"RequestId": "1", "PipelineRuns": [RUNNING]})
        stop.take(signal.Signals[kind])
        stop.take(signal.Signals[kind])  # who was passed the same Ctrl-C twice
        return await asyncio.Event().wait()

    answer(reply)
    ended, out, err = wait("flow-a", "flow-b", "--format", form)

    assert code == ended
    assert err.splitlines()[1] == f"paiflow: {word}"
    assert err.splitlines()[2].startswith("paiflow: 0 of 2 succeeded, 1 missing, 1 active; waited ")
    match form:
        case "table":
            assert [line.split()[:4] for line in out.splitlines()[-2:]] == [
                ["flow-a", "-", "Running", "active"],
                ["flow-b", "-", "(not", "found)"],
            ]
        case "json":
            assert (code, word) == (json.loads(out)["ExitCode"], json.loads(out)["Error"])
            assert ["Running", None] == [item["Status"] for item in json.loads(out)["PipelineRuns"]]
        case "jsonl":
            assert [("State", "flow-a", "active"), ("State", "flow-b", "missing")] == [
                (item["Kind"], item["PipelineRunId"], item["Outcome"]) for item in objects(out)[-2:]
            ]


RUNNING = {"PipelineRunId": "flow-a", "Status": "Running"}


@pytest.fixture
def silent():
    """A server that takes connections and never answers."""
    with SilentServer() as server:
        yield server


@pytest.fixture
def environment(mock):
    return {**os.environ, "PYTHONUNBUFFERED": ""}


@pytest.mark.parametrize(("kind", "code", "word"), [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "terminated")])
def test_a_signal_ends_the_process_at_once_and_a_second_gives_no_traceback(environment, silent, kind, code, word):
    # However slow the machine is, the second signal does not come so late that it ends the command without a word.
    script = "from paiflow.cli import main, stopping; stopping._SAME = 60; main()"
    command = [sys.executable, "-c", script, "wait", "flow-a", "--format", "json", "--endpoint", silent.endpoint]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        silent.accept()
        process.send_signal(signal.Signals[kind])
        process.send_signal(signal.Signals[kind])
        out, err = process.communicate()

    assert code == process.returncode
    assert (code, "unknown") == (json.loads(out)["ExitCode"], json.loads(out)["PipelineRuns"][0]["Outcome"])
    assert err.splitlines()[1] == f"paiflow: {word}"
    assert "Traceback" not in err


@pytest.mark.parametrize("kind", ["SIGINT", "SIGTERM"])
def test_a_signal_at_the_very_end_leaves_the_exit_code_as_it_is(environment, kind):
    script = f"""
import os, signal
class DeletedLast:
    def __del__(self, kill=os.kill, own=os.getpid(), number=signal.{kind}):
        kill(own, number)
last = DeletedLast()
from paiflow.cli import main
main()
"""
    ended = subprocess.run(
        [sys.executable, "-c", script, "version"], env=environment, capture_output=True, text=True, check=False
    )

    assert (0, "") == (ended.returncode, ended.stderr)


def test_a_second_signal_ends_a_command_of_which_nobody_reads_what_it_writes(environment):
    script = """
import io, os, sys
class Told(io.FileIO):
    def write(self, data):
        os.write(2, b"writing\\n")
        return super().write(data)
sys.stdout = io.TextIOWrapper(io.BufferedWriter(Told(1, "w", closefd=False)))
from paiflow.cli import main, stopping
stopping._SAME = 0
main()
"""
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(theirs, bytes(65536))
    os.set_blocking(theirs, True)
    with subprocess.Popen(
        [sys.executable, "-c", script, "version"], env=environment, stdout=theirs, stderr=subprocess.PIPE, text=True
    ) as process:
        for _ in range(2):
            assert "writing\n" in iter(process.stderr.readline, "")
            process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=30)
        finally:
            process.kill()
            os.close(ours)
            os.close(theirs)

    assert 130 == process.returncode


@pytest.mark.parametrize("ending", ["SIGINT", "timeout"])
def test_a_thread_that_looks_up_an_address_holds_nothing_up(environment, ending):
    script = """
import socket, sys, threading
def looks_for_ever(*_, **__):
    print("looking", file=sys.stderr, flush=True)
    threading.Event().wait()
socket.getaddrinfo = looks_for_ever
from paiflow.cli import main
main()
"""
    command = [sys.executable, "-c", script, "wait", "flow-a", "--endpoint", "https://paiflow.example"]
    for seconds in (1, 10, 100):  # it may not come to look within a second, on a busy machine
        limit = ["--timeout", f"{seconds}s"] if ending == "timeout" else []
        with subprocess.Popen([*command, *limit], env=environment, stderr=subprocess.PIPE, text=True) as process:
            looked = "looking\n" in iter(process.stderr.readline, "")
            if ending == "SIGINT":
                process.send_signal(signal.SIGINT)
            try:
                _, err = process.communicate(timeout=seconds + 30)
            finally:
                process.kill()
        if looked:
            break

    assert looked
    assert process.returncode == (130 if ending == "SIGINT" else 8)
    assert "Traceback" not in err


def test_a_closed_pipe_ends_it_quietly_and_at_once(environment, mock):
    """Nothing more would ever be written: the run goes on for hours."""
    mock.add_run("flow-a", "Running")
    with subprocess.Popen(
        [PAIFLOW, "wait", "flow-a"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        line = process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()

    assert "flow-a - -> Running (active)\n" in line
    assert f"{COST}\n" == err
    assert process.returncode == 141


def test_nobody_who_reads_stderr_is_no_reason_to_fail(environment, mock):
    mock.add_run("flow-a", "Succeeded")
    ours, theirs = os.pipe()
    os.close(ours)
    finished = subprocess.run(
        [PAIFLOW, "wait", "flow-a"], env=environment, stdout=subprocess.PIPE, stderr=theirs, check=False
    )
    os.close(theirs)

    assert 0 == finished.returncode
    assert b"Succeeded" in finished.stdout


def test_a_closed_stderr_and_a_closed_stdout_are_no_reason_to_fail(environment, mock):
    mock.add_run("flow-a", "Succeeded")
    command = f"{PAIFLOW} wait flow-a"
    ended = [
        subprocess.run(["bash", "-c", f"{command} {closed}"], env=environment, capture_output=True, check=False)
        for closed in ("2>&-", ">&-")
    ]

    assert [0, 0] == [each.returncode for each in ended]
    assert ended[0].stdout
    assert b"Traceback" not in ended[1].stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk is Linux's")
def test_a_full_disk_is_one_line_and_ends_with_8(environment, mock):
    mock.add_run("flow-a", "Succeeded")
    finished = subprocess.run(
        ["bash", "-c", f"{PAIFLOW} wait flow-a >/dev/full"], env=environment, capture_output=True, check=False
    )

    assert (8, COST) == (finished.returncode, finished.stderr.decode().splitlines()[0])
    assert finished.stderr.decode().splitlines()[1:] == ["paiflow: cannot write: No space left on device"]


# On a terminal


def on_terminal(arguments, environment, *, size=(24, 80)):
    """Run the command on a terminal of its own; return what it wrote, and its exit code."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    with subprocess.Popen(
        [PAIFLOW, *arguments],
        env={**environment, "TERM": "xterm", "PYTHONIOENCODING": "utf-8"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        seen = b""
        while select.select([ours], [], [], 30)[0]:
            try:
                seen += os.read(ours, 65536)
            except OSError:  # Linux's way to say that the other side has closed
                break
        os.close(ours)
    return seen.decode(), process.returncode


def test_a_terminal_shows_a_live_table_and_keeps_the_last_state(environment, mock):
    mock.add_run("flow-a", "Succeeded", name="train")
    mock.add_run("flow-b", "Failed", name="\x1b[31mevil[/]")
    seen, code = on_terminal(["wait", "flow-a", "flow-b"], environment)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen)

    assert code == 1
    assert "2 of 2 ended" in plain
    assert "asking now" in plain
    assert "\x1b[31m" not in seen.replace("\x1b[31mfailed", "").replace("\x1b[31m━", "")
    assert r"\x1b[31mevil[/]" in plain
    assert seen.count("\x1b[?25l") == seen.count("\x1b[?25h") == 1
    assert "\x1b[1A\x1b[2K" in seen[seen.rindex("asking now") :]  # the live table makes room for the last
    last = plain[plain.rindex("Since") :]
    assert re.search(r"flow-a +train +Succeeded +succeeded +\d{4}-", last)
    assert "1 of 2 succeeded, 1 failed; waited " in last


def test_a_terminal_that_can_only_print_gets_lines(environment, mock):
    mock.add_run("flow-a", "Succeeded")
    seen, code = on_terminal(["wait", "flow-a"], {**environment, "NO_COLOR": "1"})
    assert code == 0
    assert "\x1b[32m" not in seen

    ours, theirs = pty.openpty()
    with os.fdopen(ours), os.fdopen(theirs, "w") as terminal, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TERM", "dumb")
        assert not tables.on_terminal(terminal)
        patch.setenv("TERM", "xterm")
        assert tables.on_terminal(terminal)


def test_a_file_stays_free_of_colours_whatever_the_environment_says(wait, mock, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    mock.add_run("flow-a", "Running")
    _, out, _ = wait("flow-a", "--timeout", "5")

    assert "flow-a" in out
    assert "\x1b" not in out


def progress(outcomes, *, name="train", node=False):
    """The progress of a wait for so many ids of these outcomes."""
    ids = [f"flow-{number:020}" for number in range(len(outcomes))]
    wanted = Wanted([], [paiflow.NodeRef(id_, "node-abcdefghijklmnopqrs") for id_ in ids]) if node else Wanted(ids, [])
    made = Progress(wanted)
    made.time = HandTime(HandClock(NOW.timestamp()))
    for item, outcome in zip(list(made.known.values()), outcomes, strict=True):
        reply = (
            paiflow.PipelineRun.from_dict({"Name": name}) if not node else paiflow.Node.from_dict({"NodeName": name})
        )
        status = {"succeeded": "Succeeded", "failed": "Failed", "active": "WorkflowServiceStarting"}.get(outcome)
        made.known[item.id] = Waited(
            id=item.id,
            status=status,
            outcome=outcome,
            since=NOW,
            reply=reply,
            ended=outcome in ("succeeded", "failed"),
        )
    return made


def shown(view, width=80, height=24):
    stream = io.StringIO()
    console = tables.Console(
        file=stream, width=width, height=height, markup=False, highlight=False, emoji=False, force_terminal=False
    )
    console.print(view)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("size", [(80, 24), (120, 50), (40, 10), (20, 3), (10, 1), (200, 6)])
@pytest.mark.parametrize("count", [1, 18, 19, 20, 21, 200])
@pytest.mark.parametrize("node", [False, True])
def test_the_view_never_takes_more_lines_than_there_are(size, count, node):
    made = progress(["succeeded", "active"][:1] * count, node=node)
    made.trouble = paiflow.TransportError("Op", "no route\x1b[2J\n[red]" * 20)
    width, height = size
    lines = shown(live.View(made), width, height)

    assert len(lines) <= max(1, height - 1)
    assert all(len(line) <= width for line in lines)
    assert "\x1b" not in "".join(lines)


def test_the_view_shows_all_if_they_fit():
    lines = shown(live.View(progress(["succeeded", "active", "failed"])))

    assert ["Run", "Name", "Status", "Outcome", "Since"] == lines[0].split()
    assert [line.split()[3] for line in lines[1:4]] == ["succeeded", "active", "failed"]
    assert lines[4].endswith(" 2 of 3 ended")
    assert lines[5] == "1 succeeded, 1 failed, 1 active · waited 0s · asking now"


def test_the_view_counts_what_does_not_fit_and_shows_what_has_failed_first():
    outcomes = ["succeeded"] * 100 + ["failed"] * 5 + ["active"] * 3 + ["missing"]
    lines = shown(live.View(progress(outcomes)))

    assert len(lines) == 23
    assert [line.split()[-2] for line in lines[1:20]] == [
        *["failed"] * 5, *["active"] * 3, "missing", *["succeeded"] * 10
    ]  # fmt: skip
    assert lines[20] == "and 90 more: 90 succeeded"


@pytest.mark.parametrize(
    ("width", "headings", "rows"),
    [
        (
            120,
            ["Run/Node", "Name", "Status", "Outcome", "Since"],
            ["{run}/{node}  train-the-model  {status}  active   12"],
        ),
        (100, ["Run/Node", "Name", "Status", "Outcome"], ["{run}/{node}  train-the-mod…  {status}  active"]),
        (80, ["Run/Node", "Status"], ["{run}/{node}  {status}"]),
        (
            60,
            ["Run/Node", "Name", "Status", "Outcome", "Since"],
            ["{run}/{node}", "  train-the-model  {status}  active"],
        ),
        (
            40,
            ["Run/Node", "Name", "Status", "Outcome", "Since"],
            ["{run}/", "  {node}", "  train-the-model", "  {status}"],
        ),
    ],
)
def test_ids_and_statuses_stay_whole_and_all_else_gives_way(width, headings, rows):
    lines = shown(live.View(progress(["active"], name="train-the-model", node=True)), width, 24)
    found = {"run": f"flow-{0:020}", "node": "node-abcdefghijklmnopqrs", "status": "WorkflowServiceStarting"}

    assert headings == lines[0].split()
    begin = next(number for number, line in enumerate(lines) if line.startswith("flow-"))
    for line, row in zip(lines[begin:], rows, strict=False):
        assert line.startswith(row.format(**found))


def test_an_answer_is_what_makes_a_result_answered():
    made = progress(["active"])
    made.looked(2, 0, None)
    assert not made.result().answered

    made.looked(2, 1, None)
    made.looked(2, 0, None)

    assert made.result().answered
    assert made.calls == made.result().calls == 6


def test_the_next_look_is_counted_down(mock):
    made = progress(["active"])
    made.time = HandTime(mock.clock)
    with made.sleeping(12):
        assert shown(live.View(made))[-1].endswith("waited 0s · next look in 12s")
        mock.advance(4.5)
        assert shown(live.View(made))[-1].endswith("waited 4s · next look in 8s")
    assert shown(live.View(made))[-1].endswith("asking now")


def test_the_next_look_is_known_while_the_client_sleeps(mock, monkeypatch):
    made = progress(["active"])
    seen = []

    class Watched(HandTime):
        async def asleep(self, seconds):
            seen.append((seconds, made.next_look()))
            await super().asleep(seconds)

    monkeypatch.setattr("paiflow.client.clients.Time", lambda: Watched(mock.clock))
    with pytest.raises(paiflow.WaitTimedOut):
        asyncio.run(watched(made))

    assert seen
    assert all(seconds == pytest.approx(left) for seconds, left in seen)
    assert made.next_look() is None


async def watched(made):
    async with paiflow.AsyncPaiFlow() as client:
        steps = follow(["flow-a"], [], Limits(timeout=20), client.time, refreshes=False)
        return [change async for change in polling.polled(client, steps, made)]


def test_since_another_day_is_a_date():
    today = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)

    assert ("Nov 23", "12:00:05Z") == (live._clock(NOW, today), live._clock(NOW, NOW))
