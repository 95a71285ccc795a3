"""`paiflow drift`: a report on stdout, words on stderr, exit codes that can be relied on."""

import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest
from drift import shapes

from paiflow import _yaml, overlays
from paiflow.cli import commands
from paiflow.drift import load

RECORDINGS = Path(__file__).with_name("recordings")
PAIFLOW = str(Path(sys.executable).with_name("paiflow"))


@pytest.fixture
def run(capsys):
    """Run the command in this process: `code, stdout, stderr = run(…)`."""

    def run_(*arguments):
        code = commands.run(("drift", *map(str, arguments)))
        said = capsys.readouterr()
        return code, said.out, said.err

    return run_


@pytest.fixture
def reply(tmp_path):
    """Write the sample with changes, and return its path."""

    def write(change=lambda _: None, name="reply.json"):
        sample = shapes.sample()
        change(sample)
        path = tmp_path / name
        path.write_text(json.dumps(sample), encoding="utf-8")
        return path

    return write


def drifted(sample):
    sample["PipelineRuns"][0] |= {"Status": "Hibernating", "Priority": 5, "IsDeleted": "false"}
    del sample["RequestId"]


def test_no_drift_is_nothing_to_report(run, reply):
    assert (0, "", "paiflow: 1 reply, no drift\n") == run(reply())


TABLE = """\
ListPipelineRunsStatus 200
Kind           Path                         Count  Example        What                        First seen
unknown-value  $.PipelineRuns[*].Status     1      "Hibernating"  not one of 12 known values  reply.json
wrong-kind     $.PipelineRuns[*].IsDeleted  1      "false"        string, not boolean         reply.json
unknown-field  $.PipelineRuns[*].Priority   1      5              integer                     reply.json
missing-field  $.RequestId                  1      -              required                    reply.json
"""


def test_drift_is_reported_in_a_table(run, reply):
    assert (1, TABLE, "paiflow: 1 reply, 4 findings\n") == run(reply(drifted))


def test_findings_of_several_files_are_joined(run, reply):
    code, out, err = run(
        reply(drifted), reply(drifted, "second.json"), reply(name="good.json"), RECORDINGS / "decoded.json"
    )

    assert (1, "paiflow: 5 replies, 4 findings\n") == (code, err)
    assert '$.PipelineRuns[*].Status     4      "Hibernating"' in out


def test_responses_have_tables_of_their_own(run, reply, tmp_path):
    (tmp_path / "error.json").write_text(
        '{"Code": "X", "Message": "m", "RequestId": "r", "Extra": 1}', encoding="utf-8"
    )
    _, out, _ = run(reply(drifted), tmp_path / "error.json", "--operation", "ListPipelineRunsStatus")

    assert ["ListPipelineRunsStatus 200", "ListPipelineRunsStatus 400"] == [
        line for line in out.splitlines() if line.startswith("List")
    ]
    assert "unknown-field  $.Extra  1      1        integer  error.json\n" in out


def test_the_status_of_a_plain_reply_can_be_said(run, reply, tmp_path):
    (tmp_path / "error.json").write_text(
        '{"Code": "X", "Message": "m", "RequestId": "r", "Extra": 1}', encoding="utf-8"
    )
    _, out, _ = run(tmp_path / "error.json", "--status", "503", "--operation", "GetPipeline")

    assert out.startswith("GetPipeline 503\n")


def test_a_report_for_machines_is_json(run, reply, tmp_path):
    recording = tmp_path / "t.har"
    entry = {"request": {"method": "GET", "url": "https://example.com/x"}, "response": {"status": 200}}
    recording.write_text(json.dumps({"log": {"entries": [entry, entry]}}), encoding="utf-8")
    code, out, err = run(reply(drifted), recording, "--format", "json")

    report = json.loads(out)
    assert code == report["ExitCode"] == 1
    assert 1 == report["Replies"]
    assert [{"Reason": "GET example.com/x is not described", "Count": 2}] == report["Skipped"]
    assert report["Findings"][0] == {
        "Kind": "unknown-value",
        "Operation": "ListPipelineRunsStatus",
        "Status": "200",
        "Path": "$.PipelineRuns[*].Status",
        "Count": 1,
        "Example": '"Hibernating"',
        "Detail": "not one of 12 known values",
        "FirstSeen": "reply.json",
    }
    assert "paiflow: skipped 2: GET example.com/x is not described (2)\npaiflow: 1 reply, 4 findings\n" == err


def test_a_report_for_machines_is_junit(run, reply):
    code, out, _ = run(reply(drifted), "--format", "junit")

    suite = ET.fromstring(out).find("testsuite")
    cases = {case.get("name"): case.find("failure") for case in suite.findall("testcase")}
    assert (1, "4", "4") == (code, suite.get("tests"), suite.get("failures"))
    assert ["no unknown-field", "no unknown-value", "no wrong-kind", "no missing-field"] == list(cases)
    assert "$.PipelineRuns[*].Status" == cases["no unknown-value"].get("message")
    assert '$.PipelineRuns[*].IsDeleted: "false" (string, not boolean), 1 in all' in cases["no wrong-kind"].text


def test_a_suite_without_drift_has_cases_that_pass(run, reply):
    code, out, _ = run(reply(), "--format", "junit")

    suite = ET.fromstring(out).find("testsuite")
    assert (0, "4", "0") == (code, suite.get("tests"), suite.get("failures"))


def test_an_overlay_goes_to_stdout_and_makes_the_report_empty(run, reply, tmp_path):
    path = reply(drifted)
    code, out, err = run(path, "--overlay")
    document = overlays.apply(load().document, _yaml.load(out))
    (tmp_path / "repaired.yaml").write_text(_yaml.dump(document), encoding="utf-8")

    assert 1 == code
    assert "unknown-value  $.PipelineRuns[*].Status" in err
    assert err.endswith("paiflow: 1 reply, 4 findings\n")
    assert (0, "", "paiflow: 1 reply, no drift\n") == run(
        path, "--description", tmp_path / "repaired.yaml", "--overlay"
    )


def test_no_overlay_is_printed_that_cannot_be_made(run, reply):
    code, out, err = run(
        reply(lambda sample: sample["Nodes"][0].update(Status="LTAI5tExampleExample1234")), "--overlay"
    )

    assert (2, "") == (code, out)
    assert err.splitlines()[-1].startswith(
        "paiflow: no overlay makes the description true: reply.json: $.Nodes[*].Status"
    )
    assert "LTAI5t" not in err


def test_examples_are_redacted_short_and_harmless_to_a_terminal(run, reply):
    def change(sample):
        sample["PipelineRuns"][0] |= {
            "OwnerId": 1234567890123456,
            "SecurityToken": "hush-hush",
            "Long": "x" * 500,
            "Colour": "\x1b[31m\u202e\n",
            "\x1b[2J": 1,
            "Many": [{"Password": "hush-hush"}] * 1000,
        }

    _, out, _ = run(reply(change))
    _, as_json, _ = run(reply(change), "--format", "json")
    _, as_junit, _ = run(reply(change), "--format", "junit")

    for text in (out, as_json, as_junit):
        assert not any(secret in text for secret in ("1234567890123456", "hush-hush", "\x1b", "\u202e", "x" * 100))
    assert "…" in out
    assert ET.fromstring(as_junit) is not None


@pytest.mark.parametrize("field", ["Status", None])
@pytest.mark.parametrize(
    "text", ["{\\u0022AccessKeySecret\\u0022: \\u0022%s\\u0022}", "SecurityToken:\n  %s", "AccessKeySecret=%s"]
)
def test_a_secret_in_a_name_or_a_status_is_shown_nowhere(run, reply, field, text):
    secret = "Zq7hK2mN9pR4tV6wY8bC1dF3gJ5kL0"

    def planted(sample):
        sample["PipelineRuns"][0][field or text % secret] = text % secret

    path = reply(planted)
    for arguments in (["--overlay"], ["--format", "json"], ["--format", "junit"], []):
        _, out, err = run(path, *arguments)

        assert secret not in out + err


def test_stdin_is_read(run, monkeypatch):
    content = json.dumps({**shapes.SAMPLE, "Extra": 1}).encode()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    code, out, _ = run("-")

    assert 1 == code
    assert "unknown-field  $.Extra  1      1        integer  stdin\n" in out


def test_skipped_replies_are_told_in_one_line(run, tmp_path):
    urls = [f"https://example.com/{letter}" for letter in "aabcd"]
    entries = [{"request": {"method": "GET", "url": url}, "response": {"status": 200}} for url in urls]
    (tmp_path / "t.har").write_text(json.dumps({"log": {"entries": entries}}), encoding="utf-8")
    code, out, err = run(tmp_path / "t.har")

    assert (2, "") == (code, out)
    assert err == (
        "paiflow: skipped 5: GET example.com/a is not described (2), GET example.com/b is not described (1), "
        "GET example.com/c is not described (1), and 1 more\n"
        "paiflow: nothing to judge: no reply of an operation that is described (see paiflow drift --help)\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "paiflow: Missing argument 'FILE...' (see paiflow drift --help)\n"),
        (["/nowhere/x.har"], "paiflow: /nowhere/x.har: No such file or directory\n"),
        (["-", "--description", "/nowhere/d.yaml"], "paiflow: /nowhere/d.yaml: No such file or directory\n"),
        (
            ["-", "--operation", "Nothing"],
            "paiflow: --operation Nothing is not described; these are: ListPipelines, CreatePipeline, GetPipeline, ",
        ),
    ],
)
def test_bad_usage_is_one_line(run, monkeypatch, arguments, message):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"{}")))
    code, out, err = run(*arguments)

    assert (2, "", 1) == (code, out, err.count("\n"))
    assert err.startswith(message)


def test_a_plain_reply_needs_to_be_told_its_operation_where_there_are_several(run, tmp_path):
    document = shapes.description({"type": "object", "properties": {"a": {}}}).document
    document["paths"]["/others"] = {"get": {"responses": {"200": {"description": "Others."}}}}
    (tmp_path / "d.yaml").write_text(_yaml.dump(document), encoding="utf-8")
    (tmp_path / "r.json").write_text('{"b": 1}', encoding="utf-8")
    arguments = (tmp_path / "r.json", "--description", tmp_path / "d.yaml")

    assert 2 == run(*arguments)[0]
    assert "body that is not a reply: none of its fields is described" in run(*arguments)[2]
    assert "unknown-field  $.b" in run(*arguments, "--operation", "ListThings")[1]
    assert 0 == run(*arguments, "--operation", "GET /others")[0]


def test_the_installed_command_ends_quietly_with_its_code(reply):
    finished = subprocess.run([PAIFLOW, "drift", str(reply(drifted))], capture_output=True, text=True, check=False)

    assert (1, "paiflow: 1 reply, 4 findings\n") == (finished.returncode, finished.stderr)
