"""The command: data on stdout, words on stderr, one line for every error, and exit codes that can be relied on."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from silence import SilentServer

import paiflow
from paiflow._text import visible
from paiflow.cli import commands
from paiflow.cli.output import Output
from paiflow.cli.report import write as write_report
from paiflow.mock import MockService, serve
from paiflow.status.batches import Batch, Found, join
from paiflow_api import provenance

RUN, NODE = "flow-hynm2bv8wqhp5esfxq", "node-hynm2bv8wqhp5esfx1"
SAMPLE = json.loads(Path(__file__).with_name("data").joinpath("documented_sample.json").read_text(encoding="utf-8"))
OUTPUT = {**SAMPLE["Outputs"][0], "PipelineRunId": "flow-out", "NodeId": "node-out"}
PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
VERSION = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["version"]
PAIFLOW = str(Path(sys.executable).with_name("paiflow"))


@pytest.fixture(scope="module")
def service():
    """A mock service on loopback, with its endpoint."""
    mock = MockService()
    mock.store.add_run({"PipelineRunId": "flow-out", "Status": "Running"})
    mock.store.add_output(OUTPUT)
    with serve(mock) as endpoint:
        yield mock, endpoint


@pytest.fixture
def environment(service, monkeypatch):
    """The variables that lead to the mock service, set for this process too."""
    mock, endpoint = service
    variables = {
        "PAIFLOW_ENDPOINT": endpoint,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": mock.credentials.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": mock.credentials.access_key_secret,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture
def run(capsys):
    """Run the command in this process: `code, stdout, stderr = run(…)`."""

    def run_(*arguments):
        code = commands.run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run_


@pytest.fixture
def silent():
    """A server that takes connections and never answers."""
    with SilentServer() as server:
        yield server


def as_text(run):
    """A run as it is printed for programs: its account ids are text."""
    return {**run, "UserId": str(run["UserId"]), "ParentUserId": str(run["ParentUserId"])}


def test_a_table_shows_runs_and_nodes(run, environment):
    code, out, err = run("status", RUN, "--node", f"{RUN}/{NODE}", "--workspace", "948", "--utc")

    assert (0, "") == (code, err)
    assert out == (
        "Run                      Name    Status   Outcome\n"
        "flow-hynm2bv8wqhp5esfxq  myName  Running  active\n"
        "\n"
        "Run                      Node                     Name        Status   Outcome  Started               Finished\n"
        "flow-hynm2bv8wqhp5esfxq  node-hynm2bv8wqhp5esfx1  dataSource  Running  active   "
        "2021-01-21T17:12:35Z  2021-01-21T17:12:35Z\n"
    )


def test_json_is_one_object_with_the_wire_names(run, environment):
    code, out, err = run("status", RUN, "--node", f"{RUN}/{NODE}", "--format", "json")
    answer = json.loads(out)

    assert (0, "") == (code, err)
    assert [as_text(run) for run in SAMPLE["PipelineRuns"]] == answer["PipelineRuns"]
    assert SAMPLE["Nodes"] == answer["Nodes"]
    assert answer["Outputs"] == []
    assert answer["Missing"] == answer["Unanswered"] == {"PipelineRuns": [], "Nodes": []}
    assert len(answer["RequestIds"]) == 2


def test_jsonl_is_an_object_a_line(run, environment):
    code, out, err = run("status", RUN, "gone", "--node", "flow-out/node-out", "--format", "jsonl")
    objects = [json.loads(line) for line in out.splitlines()]

    assert code == 4
    assert [item.pop("Kind") for item in objects] == ["PipelineRun", "Output", "MissingPipelineRun", "MissingNode"]
    assert objects[:2] == [as_text(SAMPLE["PipelineRuns"][0]), OUTPUT]
    assert objects[2] == {"PipelineRunId": "gone"}
    assert err == "paiflow: 2 of 3 not found: each does not exist, or is not visible to this account\n"


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_ids_are_text_in_what_is_printed_for_programs(capsys, form):
    """Or jq would round them."""
    run = {
        "PipelineRunId": "flow-a",
        "UserId": 204455667788990011,
        "ParentUserId": 1557702098194904.0,
        "NodeId": 7,
        "OwnerId": 204455667788990011,
        "Extra": {"account_id": 5, "Ids": [1, "b", None], "Count": 3, "Big": 2**60, "Paid": True, "Rate": 0.5},
    }
    reply = paiflow.ListPipelineRunsStatusResponse.from_dict({"RequestId": "R", "PipelineRuns": [run]})
    write_report(join([Batch(("flow-a",))], [reply]), Output(form=form, utc=True))
    printed = json.loads(capsys.readouterr().out)

    assert (printed["PipelineRuns"][0] if form == "json" else {**printed, "Kind": None}) == {
        **({"Kind": None} if form == "jsonl" else {}),
        "PipelineRunId": "flow-a",
        "UserId": "204455667788990011",
        "ParentUserId": "1557702098194904",
        "NodeId": "7",
        "OwnerId": "204455667788990011",
        "Extra": {**run["Extra"], "account_id": "5", "Ids": ["1", "b", None], "Big": "1152921504606846976"},
    }


def test_the_output_type_narrows_the_outputs(run, environment):
    found = {}
    for kind in ("DataSet", "Model"):
        _, out, _ = run("status", "--node", "flow-out/node-out", "--output-type", kind, "--format", "json")
        found[kind] = len(json.loads(out)["Outputs"])

    assert found == {"DataSet": 1, "Model": 0}


def test_an_id_that_is_not_found_is_named_and_ends_with_4(run, environment):
    code, out, err = run("status", "flow-gone", RUN)

    assert code == 4
    assert "flow-gone                -       (not found)  missing\n" in out
    assert err == "paiflow: 1 of 2 not found: each does not exist, or is not visible to this account\n"


def test_another_workspace_holds_none_of_them(run, environment):
    code, out, err = run("status", RUN, "--workspace", "949")

    assert code == 4
    assert out == f"Run                      Name  Status       Outcome\n{RUN}  -     (not found)  missing\n"
    assert err == "paiflow: 1 of 1 not found: each does not exist, or is not visible to this account\n"


@pytest.mark.parametrize(
    "text", [f"{RUN}\n", f"\ufeff{RUN}\r\n\r\n", f"\n  {RUN}  \n\n"], ids=["plain", "BOM and CR", "blanks"]
)
def test_ids_come_from_stdin_too(environment, text):
    finished = subprocess.run(
        [PAIFLOW, "status", "-", "--format", "jsonl"], input=text.encode(), capture_output=True, check=False
    )

    assert (0, b"") == (finished.returncode, finished.stderr)
    assert [json.loads(line)["PipelineRunId"] for line in finished.stdout.splitlines()] == [RUN]


BAD = "cannot be an id, for it holds"


@pytest.mark.parametrize(
    "content",
    [
        f"{RUN}\r\n".encode("utf-16"),
        f"# mine\r\n{RUN}\r\n".encode("utf-16-le"),
        f"\ufeff{RUN}\n".encode("utf-16-be"),
        f"#{RUN[:-1]}\n  # another\n\ufeff{RUN}\n\ufeff{RUN}".encode("utf-8-sig"),
    ],
    ids=["PowerShell", "UTF-16 and a comment", "big-endian", "comments and marks"],
)
def test_stdin_may_be_of_powershell_and_hold_comments(run, environment, monkeypatch, content):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    code, out, err = run("status", "-", "--format", "jsonl")

    assert (0, "") == (code, err)
    assert [json.loads(line)["PipelineRunId"] for line in out.splitlines()] == [RUN]


@pytest.mark.parametrize("command", ["status", "wait"])
@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (["flow-a,flow-b"], b"", f"'flow-a,flow-b' {BAD} a comma: give each id by itself"),
        (["flow-a flow-b"], b"", f"'flow-a flow-b' {BAD} a space: give each id by itself"),
        ([""], b"", "an id is empty: is a variable not set?"),
        (["flow-a\r"], b"", f"{BAD} a line break"),
        (["flow-a\u3000flow-b"], b"", f"{BAD} a space"),
        (["flow-a/node-x"], b"", f"'flow-a/node-x' {BAD} a slash: a node is given by --node RUN/NODE"),
        (["flow-\x1b[31m"], b"", f"{BAD} the character U+001B, which does not print"),
        (["flow-\u200ba"], b"", f"{BAD} the character U+200B, which does not print"),
        (["--node", "flow-a/node-b/node-c"], b"", f"{BAD} a slash: a node is RUN/NODE"),
        (["--node", "flow-a,flow-b/node-c"], b"", f"{BAD} a comma"),
        (["-"], b"flow-a\nflow-b # mine\n", f"stdin, line 2: 'flow-b # mine' {BAD} a space"),
        (["-"], b"flow-a\nf\0l\0o\0w\0", f"stdin, line 2: 'f\\x00l\\x00o\\x00w\\x00' {BAD} the character U+0000"),
        (["-"], b"flow-\xff\xfe\n", f"{BAD} bytes that are no text"),
        (["--node", "-"], b"flow-a\n", "stdin, line 1: --node takes RUN/NODE"),
    ],
)
def test_what_cannot_be_an_id_is_not_asked_for(run, monkeypatch, command, arguments, stdin, words):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
    code, out, err = run(command, *arguments, "--endpoint", "http://127.0.0.1:9")

    assert (2, "") == (code, out)
    assert words in err
    assert err.count("\n") == 1


def test_an_id_with_the_prefix_of_another_kind_is_asked_for_with_a_hint(run, environment):
    code, _, err = run("status", "node-a", "pipeline-b", "--node", "flow-a/flow-b", RUN, "plain")

    assert code == 4
    assert err == (
        "paiflow: node-a and 1 more: not the usual id of a run, which begins with flow-; asking for it all the same\n"
        "paiflow: flow-b: not the usual id of a node, which begins with node-; asking for it all the same\n"
        "paiflow: 4 of 5 not found: each does not exist, or is not visible to this account\n"
    )


@pytest.mark.parametrize(
    ("id_", "odd"), [("flow-a;flow-b", ";"), ('"flow-a"', '"'), ('{"id":"flow-a"}', "{"), ("flow-é", "é")]
)
def test_an_id_with_an_odd_character_is_asked_for_with_a_hint(run, environment, id_, odd):
    code, _, err = run("status", id_, "--node", f"flow-a.b_1/{id_}")

    assert code == 4
    assert f"paiflow: {id_}: holds {odd}, which ids usually do not; asking for it all the same\n" in err


def test_nodes_come_from_stdin_too(run, environment, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{RUN}/{NODE}\n".encode())))
    code, out, _ = run("status", "--node", "-", "--format", "jsonl")

    assert code == 0
    assert json.loads(out)["NodeId"] == NODE


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Missing command (see paiflow --help)"),
        (["stauts"], "there is no command 'stauts'; did you mean status?"),
        (["status"], "no ids: give RUN, --node RUN/NODE, or - to read them from stdin (see paiflow status --help)"),
        (["status", "--colour", RUN], "No such option '--colour'"),
        (
            ["status", "--node", "node-only"],
            "--node takes RUN/NODE, the ids of a run and of a node of it, not 'node-only'",
        ),
        (["status", "--node", "run/"], "not 'run/'"),
        (["status", ""], "an id is empty: is a variable not set?"),
        (["status", RUN, "--format", "xml"], "'xml' is not one of"),
        (["status", RUN, "--output-type", "dataset"], "'dataset' is not one of"),
        (["status", RUN, "--request-timeout", "0"], "--request-timeout"),
        (["status", RUN, "--request-timeout", "soon"], "'soon' is not a valid float"),
        (["status", RUN, "--endpoint", "http://paiflow.example"], "plain http to paiflow.example"),
        (["status", RUN, "--endpoint", "https://u:secret@h"], "must not hold a user name or password"),
        (["status", "-", "--node", "-"], "give - once"),
        (["mock", "--port", "70000"], "70000 is not in the range"),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_ends_with_2(run, environment, arguments, words):
    code, out, err = run(*arguments)

    assert (2, "") == (code, out)
    assert err.startswith("paiflow: ")
    assert err.count("\n") == 1
    assert words in err
    assert "secret@" not in err


def test_a_bad_region_and_none_are_usage(run, environment, monkeypatch):
    monkeypatch.delenv("PAIFLOW_ENDPOINT")

    for arguments, words in [
        (["status", RUN], "no endpoint"),
        (["status", RUN, "--region", "CN Hangzhou"], "'CN Hangzhou'"),
    ]:
        code, out, err = run(*arguments)
        assert (2, "", 1) == (code, out, err.count("\n"))
        assert words in err


def test_credentials_that_are_missing_half_or_wrong_end_with_7(run, environment, monkeypatch):
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "wrong-secret")
    refused = run("status", RUN)
    monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")
    half = run("status", RUN)
    monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_ID")
    # The vendor's chain would ask the network.
    monkeypatch.setitem(sys.modules, "alibabacloud_credentials.client", None)
    none = run("status", RUN)

    for (code, out, err), words in [
        (refused, "400 SignatureDoesNotMatch"),
        (half, "ALIBABA_CLOUD_ACCESS_KEY_SECRET is not"),
        (none, "no credentials"),
    ]:
        assert (7, "", 1) == (code, out, err.count("\n"))
        assert words in err
        assert "wrong-secret" not in err


def test_an_endpoint_that_nobody_listens_on_ends_with_8(run, environment):
    code, out, err = run("status", RUN, "--endpoint", "http://127.0.0.1:1", "--request-timeout", "5")

    assert (8, "") == (code, out)
    assert re.match(r"paiflow: ListPipelineRunsStatus: no reply from 127\.0\.0\.1:\d+ in 4 attempts: ", err)
    assert err.count("\n") == 1


def test_throttling_ends_with_6_and_a_fault_with_8(run, environment, monkeypatch):
    for error, code in [
        (paiflow.Throttled("Op", 400, "Throttling.User", "Slow down"), 6),
        (paiflow.ServerFault("Op", 503, "ServiceUnavailable", "Gone"), 8),
        (paiflow.InvalidRequest("Op", 400, "InvalidParameter", "No"), 8),
    ]:

        def fail(self, *, error=error, **arguments):
            raise error

        monkeypatch.setattr(paiflow.PaiFlow, "statuses", fail)
        assert (code, "", f"paiflow: {error}\n") == run("status", RUN)


def report(**parts):
    """A report of nothing but these parts."""
    empty = {"runs": Found(), "nodes": Found(), "outputs": [], "missing": [], "unanswered": [], "errors": []}
    return paiflow.StatusReport(**{**empty, "request_ids": [], **parts})


THROTTLED = paiflow.Throttled("Op", 400, "Throttling.User", "Slow down")
DENIED = paiflow.AccessDenied("Op", 403, "NoPermission", "No \x1b[2J")


@pytest.mark.parametrize(("errors", "code"), [([THROTTLED, DENIED], 6), ([DENIED, THROTTLED], 7)])
def test_what_was_answered_is_shown_each_error_is_a_line_and_the_first_decides(
    run, environment, monkeypatch, errors, code
):
    answered = paiflow.PipelineRun.from_dict({"PipelineRunId": RUN, "Status": "Skipped"})
    node = paiflow.NodeRef("flow-n", "node-n")
    found = report(runs=Found([answered]), missing=["flow-gone"], unanswered=["flow-late", node], errors=errors)
    monkeypatch.setattr(paiflow.PaiFlow, "statuses", lambda self, **arguments: found)
    ids = [RUN, "flow-gone", "flow-late", "--node", "flow-n/node-n"]
    words = [
        *(f"paiflow: {error}".replace("\x1b", r"\x1b") for error in errors),
        "paiflow: 2 of 4 not answered",
        "paiflow: 1 of 4 not found: each does not exist, or is not visible to this account",
    ]
    ended, table, err = run("status", *ids)

    assert (code, words) == (ended, err.splitlines())
    assert [line.split() for line in table.splitlines()[1:4]] == [
        [RUN, "-", "Skipped", "stopped"],
        ["flow-gone", "-", "(not", "found)", "missing"],
        ["flow-late", "-", "(not", "answered)", "unknown"],
    ]
    assert "flow-n  node-n  -     (not answered)  unknown  -        -\n" in table

    whole = json.loads(run("status", *ids, "--format", "json")[1])
    assert {"PipelineRuns": ["flow-gone"], "Nodes": []} == whole["Missing"]
    assert whole["Unanswered"] == {
        "PipelineRuns": ["flow-late"],
        "Nodes": [{"PipelineRunId": "flow-n", "NodeId": "node-n"}],
    }
    assert list(whole) == ["RequestIds", "PipelineRuns", "Nodes", "Outputs", "Missing", "Unanswered"]

    lines = [json.loads(line) for line in run("status", *ids, "--format", "jsonl")[1].splitlines()]
    assert [line["Kind"] for line in lines] == [
        "PipelineRun",
        "MissingPipelineRun",
        "UnansweredPipelineRun",
        "UnansweredNode",
    ]


def test_any_number_of_ids_is_asked_for_once_each(run, environment, service):
    mock, _ = service
    ids = [f"flow-many-{index}" for index in range(250)]
    for run_id in ids:
        mock.store.add_run({"PipelineRunId": run_id, "Status": "Succeeded"})
    code, out, err = run("status", *ids, *ids, "--format", "json")
    answer = json.loads(out)

    assert (0, "") == (code, err)
    assert ids == [item["PipelineRunId"] for item in answer["PipelineRuns"]]
    assert len(answer["RequestIds"]) == 3


@pytest.mark.parametrize(("kind", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_ends_status_at_once_although_calls_are_under_way(environment, silent, kind, code):
    ids = [f"flow-{index}" for index in range(250)]
    variables = {**os.environ, "PAIFLOW_ENDPOINT": silent.endpoint}
    with subprocess.Popen([PAIFLOW, "status", *ids], env=variables, stderr=subprocess.PIPE, text=True) as process:
        silent.accept()
        process.send_signal(signal.Signals[kind])
        err = process.stderr.read()

    assert code == process.returncode
    assert err.strip() == f"paiflow: {'interrupted' if code == 130 else 'terminated'}"


def test_an_interrupt_ends_with_130_and_no_traceback(run, environment, monkeypatch):
    def interrupted(self, **arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(paiflow.PaiFlow, "statuses", interrupted)

    assert (130, "", "\npaiflow: interrupted\n") == run("status", RUN)


def test_what_steers_a_terminal_is_shown_and_not_obeyed(run, environment, service):
    mock, _ = service
    mock.store.add_run({"PipelineRunId": "flow-odd", "Name": "[red]x[/]\x1b[2J\n:smile:\u202e", "Status": "Running"})
    _, table, _ = run("status", "flow-odd")
    _, text, _ = run("status", "flow-odd", "--format", "jsonl")

    assert r"[red]x[/]\x1b[2J\n:smile:\u202e" in table
    assert table.count("\n") == 2
    assert all(character.isprintable() or character == "\n" for character in table + text)
    assert json.loads(text)["Name"] == "[red]x[/]\x1b[2J\n:smile:\u202e"


def test_visible_leaves_what_prints_alone():
    assert "日本 é [b]" == visible("日本 é [b]")
    assert r"a\tb\x9bc" == visible("a\tb\x9bc")


def test_a_name_that_the_terminals_encoding_lacks_is_escaped(environment, service):
    mock, _ = service
    mock.store.add_run({"PipelineRunId": "flow-wide", "Name": "日本", "Status": "Running"})
    latin_only = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    finished = subprocess.run([PAIFLOW, "status", "flow-wide"], env=latin_only, capture_output=True, check=False)

    assert (0, b"") == (finished.returncode, finished.stderr)
    assert rb"\u65e5\u672c" in finished.stdout


def test_a_closed_pipe_ends_quietly(environment, service):
    mock, _ = service
    for index in range(2000):
        mock.store.add_run({"PipelineRunId": f"flow-{index:04}", "Name": "n" * 100, "Status": "Running"})
    ids = "".join(f"flow-{index:04}\n" for index in range(2000))
    with subprocess.Popen(
        [PAIFLOW, "status", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdin.write(ids)
        process.stdin.close()
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()

    assert (141, "") == (process.returncode, err)


@pytest.mark.parametrize(
    ("redirection", "code", "words"),
    [
        (">/dev/full", 8, "paiflow: cannot write: No space left on device\n"),
        (">&-", 0, ""),
        ("<&-", 2, "paiflow: stdin is closed: - has nothing to read (see paiflow status --help)\n"),
    ],
)
def test_a_stream_that_is_full_or_closed_is_no_traceback(environment, redirection, code, words):
    command = "status -" if redirection.startswith("<") else f"status {RUN}"
    finished = subprocess.run(
        f"{PAIFLOW} {command} {redirection}", shell=True, stderr=subprocess.PIPE, text=True, check=False
    )

    assert (code, words) == (finished.returncode, finished.stderr)


def test_a_host_that_is_none_is_one_line(run):
    code, out, err = run("mock", "--host", "é..x", "--port", "0")

    assert (2, "", 1) == (code, out, err.count("\n"))
    assert "cannot listen on" in err


def test_a_deep_reply_is_an_error_of_one_line(run, environment, monkeypatch):
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    reply = paiflow.PipelineRun.from_dict({"PipelineRunId": RUN})
    reply.additional_properties["Deep"] = deep
    monkeypatch.setattr(paiflow.PaiFlow, "statuses", lambda self, **arguments: report(runs=Found([reply])))
    code, _, err = run("status", RUN, "--format", "json")
    while deep:  # taken apart by hand, for the interpreter would recurse too
        deep = deep.pop()

    assert (8, 1) == (code, err.count("\n"))


def test_version_tells_what_the_client_was_generated_from(run):
    code, out, err = run("version", "-v")

    assert (0, "") == (code, err)
    assert out.startswith(f"paiflow {VERSION}\n")
    for text in (provenance.GENERATOR, provenance.DESCRIPTION, *provenance.OVERLAYS, *provenance.OVERLAYS.values()):
        assert text in out
    assert (0, f"paiflow {VERSION}\n", "") == run("version") == run("--version")


def test_help_is_help(run):
    code, out, err = run("status", "--help")

    assert (0, "") == (code, err)
    assert "--node RUN/NODE" in out


def test_the_mock_prints_what_leads_a_client_to_it_once_it_listens():
    with subprocess.Popen([PAIFLOW, "mock", "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline() for _ in range(3)]
        variables = dict(line.strip().split("=", 1) for line in lines)
        asked = subprocess.run(
            [PAIFLOW, "status", RUN], env={**os.environ, **variables}, capture_output=True, text=True, check=False
        )
        process.terminate()
        code = process.wait()

    assert list(variables) == ["PAIFLOW_ENDPOINT", "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
    assert (0, "") == (asked.returncode, asked.stderr)
    assert code == 0


def test_a_port_in_use_is_one_line(run, service):
    _, endpoint = service
    code, out, err = run("mock", "--port", endpoint.rpartition(":")[2])

    assert (2, "", 1) == (code, out, err.count("\n"))
    assert "cannot listen" in err


@pytest.mark.parametrize("package", ["click", "rich", "jmespath"])
def test_without_its_extra_the_command_says_how_to_install_it(package):
    arguments = ["paiflow", "config", "--region", "cn-hangzhou", *(["--query", "x"] if package == "jmespath" else [])]
    script = (
        f"import sys; sys.modules[{package!r}] = None; sys.argv = {arguments}; from paiflow.cli import main; main()"
    )
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (2, "") == (finished.returncode, finished.stdout)
    assert finished.stderr == "paiflow: the command needs an extra: pip install 'paiflow-client[cli]'\n"


def test_without_its_extra_the_mock_says_how_to_install_it():
    script = "import sys; sys.modules['uvicorn'] = None; sys.argv = ['paiflow', 'mock']; from paiflow.cli import main; main()"
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (2, "", 1) == (finished.returncode, finished.stdout, finished.stderr.count("\n"))
    assert "pip install 'paiflow-client[mock]'" in finished.stderr


LONG = paiflow.NodeState.from_dict(
    {
        "PipelineRunId": RUN,
        "NodeId": NODE,
        "NodeName": "a-name-that-gives-way",
        "Status": "WorkflowServiceStarting",
        "StartedAt": "2026-11-23T12:00:05Z",
    }
)


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 120, 200])
def test_no_table_breaks_an_id_or_a_status_on_a_terminal(monkeypatch, capsys, width):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    found = report(runs=Found([paiflow.PipelineRun.from_dict({"PipelineRunId": RUN})]), nodes=Found([LONG]))
    write_report(found, Output(form="table", utc=True))
    lines = re.sub(r"\x1b\[[0-9]*m", "", capsys.readouterr().out).splitlines()

    for text in (RUN, NODE, "WorkflowServiceStarting"):
        assert any(text in line for line in lines)
    assert all(len(line) <= max(width, len(RUN)) for line in lines)
    assert [width in (40, 60, 200), width not in (80, 100)] == [
        text in str(lines) for text in ("a-name-that-gives-way", "2026-11-23T12:00:05Z")
    ]


def test_each_command_of_the_table_exists_and_its_help_begins_as_the_table_says():
    for name, row in commands.ROWS.items():
        command = commands.paiflow.get_command(None, name)

        assert name == command.name
        assert row.help == command.help.strip().partition("\n")[0]


def test_the_help_loads_neither_the_client_nor_rich_nor_attrs():
    script = "import sys; from paiflow.cli.commands import run; run(['--help']); print([m for m in ('httpx', 'rich', 'yaml', 'attr', 'paiflow.client') if m in sys.modules])"
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "[]" == finished.stdout.splitlines()[-1]


def test_debug_shows_each_request_and_reply_without_secrets(run, environment, service):
    code, _, err = run("status", RUN, "--debug")
    secrets = (value for name, value in environment.items() if name != "PAIFLOW_ENDPOINT")

    assert 0 == code
    assert f"ListPipelineRunsStatus: PUT {service[1]}/api/v1/pipelineruns with " in err
    assert "ListPipelineRunsStatus attempt 1: status 200" in err
    assert RUN in err
    assert not [secret for secret in secrets if str(secret)[-12:] in err]
    assert "" == run("status", RUN)[2]
