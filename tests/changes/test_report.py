"""A report is lines for people, JSON for programs, JUnit's XML for CI."""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parents[2]
VERDICTS = {"breaking", "additive", "invisible"}


def test_the_json_has_all_that_the_text_has(project):
    old = project.formerly({"set": {"/components/schemas/OutputType/enum/-": "Former"}})
    file = project.root / "report.json"
    status, out, _ = project.run("--base", old, "--json", file)
    report = json.loads(file.read_text(encoding="utf-8"))

    assert 1 == status
    assert {
        "old", "new", "compared", "notes", "wire", "client", "changes", "needs", "base_version", "due_version", "version",
        "covered", "missing",
    } == report.keys()  # fmt: skip
    (change,) = report["changes"]
    assert {"place", "what", "side", "wire", "client", "why", "sides"} == change.keys()
    assert ("OutputType", "enum value Former removed", "both") == (change["place"], change["what"], change["side"])
    assert {"request": ("breaking", "breaking"), "reply": ("invisible", "breaking")} == {
        side: (verdicts["wire"], verdicts["client"]) for side, verdicts in change["sides"].items()
    }
    assert all(part in out for part in (change["place"], change["what"], change["why"], *report["missing"]))
    assert {report["wire"], report["client"]} <= VERDICTS


def test_json_on_stdout_stands_alone(project):
    status, out, err = project.run("--json", "-")

    assert (0, "") == (status, err)
    assert True is json.loads(out)["covered"]


def test_junit_has_a_case_for_each_change_and_one_that_judges(project):
    project.removes("Name")
    file = project.root / "report.xml"
    assert 1 == project.run("--junit", file)[0]
    suite = ET.fromstring(file.read_bytes()).find("testsuite")

    assert ("2", "1") == (suite.get("tests"), suite.get("failures"))
    change, judgement = suite.findall("testcase")
    assert "breaking breaking reply PipelineRun.Name: removed" == change.get("name")
    assert change.find("failure") is None
    assert "needs: minor (0.1.0 -> 0.2.0)" in judgement.find("failure").get("message")


def test_junit_of_what_is_covered_has_no_failure(project):
    file = project.root / "report.xml"
    assert 0 == project.run("--junit", file)[0]
    suite = ET.fromstring(file.read_bytes()).find("testsuite")

    assert ("1", "0", []) == (suite.get("tests"), suite.get("failures"), list(suite.iter("failure")))


def test_a_report_that_cannot_be_written_is_a_usage_error(project):
    for option in ("--json", "--junit"):
        status, out, err = project.run(option, project.root / "nowhere/report")
        assert (2, "") == (status, out)
        assert 1 == err.count("\n")


def test_what_a_description_holds_cannot_steer_a_terminal(project, sample):
    project.write(
        "new.json",
        json.dumps(
            {"openapi": "3.1.0", "info": {"title": "", "version": "1"}, "paths": {"/\x1b[2J\u202e": {"get": {}}}}
        ),
    )
    status, out, _ = project.run("--base", sample, "--new", project.root / "new.json")

    assert 1 == status
    assert r"GET /\x1b[2J\u202e: added" in out
    assert not set("\x1b\u202e") & set(out)


def test_a_terminal_without_our_characters_shows_them_escaped():
    description = str(ROOT / "generated" / "paiflow_api" / "openapi.yaml")
    command = [sys.executable, "-m", "tooling.changes", "--base", description, "--new", description]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts"), "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, env=environment, capture_output=True, encoding="ascii", check=False)

    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith(f"{description} \\u2192 {description}: description\n")
