"""What the README shows is what happens: its code runs, and prints what stands below it."""

import contextlib
import copy
import html
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from paiflow import Time, _yaml
from paiflow.mock import HandClock, HandTime, MockService, load_scenario, serve

README_PATH = Path(__file__).parent.parent / "README.md"
README = README_PATH.read_text(encoding="utf-8")
PAIFLOW = str(Path(sys.executable).with_name("paiflow"))

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(match[1], match[2]) for match in FENCE.finditer(README)]

PYTHON = [
    (code, BLOCKS[index + 1][1] if BLOCKS[index + 1 :] and BLOCKS[index + 1][0] == "text" else "")
    for index, (language, code) in enumerate(BLOCKS)
    if language == "python" and not code.startswith("# test_")
]
TESTS = [code for language, code in BLOCKS if language == "python" and code.startswith("# test_")]
SCENARIOS = [text for language, text in BLOCKS if language == "yaml"]
WORKFLOWS = [text for language, text in BLOCKS if language == "yml"]
SESSIONS = [
    (command, output)
    for language, text in BLOCKS
    if language == "console"
    for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE)
]


@pytest.fixture(scope="module")
def service():
    """One service for all examples, in any order: what `paiflow mock --scenario demo` serves, but for its clock."""
    return MockService(clock=HandClock(), scenario=load_scenario("demo"))


@pytest.fixture
def mock_service(service, monkeypatch):
    """The environment leads to it; clients sleep by its clock."""
    clock = service.clock
    monkeypatch.setattr("paiflow.client.clients.Time", lambda: HandTime(clock))
    with serve(service) as endpoint:
        monkeypatch.setenv("PAIFLOW_ENDPOINT", endpoint)
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", service.credentials.access_key_id)
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", service.credentials.access_key_secret)
        yield service


@pytest.mark.parametrize(("code", "output"), PYTHON, ids=range(len(PYTHON)))
def test_readme_examples_run(mock_service, code, output, monkeypatch):
    if "MockService" in code:  # it has a clock of its own
        monkeypatch.setattr("paiflow.client.clients.Time", Time)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})

    assert output == printed.getvalue()


@pytest.mark.parametrize(("command", "output"), SESSIONS, ids=[command for command, _ in SESSIONS])
def test_readme_sessions_print_what_they_show(mock_service, command, output):
    program, *arguments = shlex.split(command)
    assert program == "paiflow"
    finished = subprocess.run(
        [PAIFLOW, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    code = f"[exit code {finished.returncode}]\n" if finished.returncode else ""

    assert output == finished.stdout + code


def test_readme_leads_the_command_to_the_mock(tmp_path):
    [script] = [text for language, text in BLOCKS if language == "bash" and "paiflow mock" in text]
    environment = {"PATH": f"{Path(PAIFLOW).parent}:{os.environ['PATH']}"}
    finished = subprocess.run(
        ["bash", "-euc", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    assert (0, "") == (finished.returncode, finished.stderr)
    assert "flow-hynm2bv8wqhp5esfxq  myName  Running" in finished.stdout


@pytest.mark.parametrize("code", TESTS)
def test_readme_tests_pass(code, tmp_path):
    name = code.partition("\n")[0].removeprefix("# ")
    (tmp_path / name).write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", name]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert f"{code.count('def test_')} passed" in finished.stdout, finished.stdout


@pytest.mark.parametrize("text", SCENARIOS)
def test_readme_scenarios_load(text, tmp_path):
    (tmp_path / "scenario.yaml").write_text(text, encoding="utf-8")

    assert load_scenario(tmp_path / "scenario.yaml").steps


def test_every_block_of_the_readme_was_counted():
    """So that a block that no test recognizes is noticed."""
    languages = [language for language, _ in BLOCKS]

    assert {language: languages.count(language) for language in set(languages)} == {
        "python": len(PYTHON) + len(TESTS),
        "text": 12,
        "console": 2,
        "bash": 8,  # that of the explorer is run in tests/explorer
        "yaml": len(SCENARIOS),
        "yml": len(WORKFLOWS),
    }
    assert (9, 1, 1, 4) == (len(PYTHON), len(TESTS), len(SCENARIOS), len(SESSIONS))
    assert README.count("\n```") == 2 * len(BLOCKS)
    # A text block is the output of the code above it, the picture of a wait, the tree of errors, or the report of changes.
    assert [bool(output) for _, output in PYTHON].count(True) == languages.count("text") - 3


def test_the_report_of_changes_is_what_the_command_prints(tmp_path):
    old = _yaml.load_file(README_PATH.with_name("generated") / "paiflow_api" / "openapi.yaml")
    old["info"]["version"] = "1.4.0"
    new = copy.deepcopy(old)
    schemas = new["components"]["schemas"]
    new["info"]["version"] = "1.5.0"
    schemas["OutputType"]["enum"].remove("Model")
    schemas["PipelineRun"]["properties"]["Owner"] = {"type": "string"}
    schemas["PipelineRun"]["properties"]["Name"]["description"] = "What people call the run."
    schemas["ListPipelineRunsStatusResponse"]["required"].remove("RequestId")
    (tmp_path / "old.yaml").write_text(_yaml.dump(old), encoding="utf-8")
    (tmp_path / "new.yaml").write_text(_yaml.dump(new), encoding="utf-8")
    [shown] = [text for language, text in BLOCKS if text.startswith("$ scripts/changes ")]

    command = [sys.executable, "-m", "tooling.changes", *shlex.split(shown.partition("\n")[0])[2:]]
    environment = {**os.environ, "PYTHONPATH": str(README_PATH.with_name("scripts")), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False)

    assert (shown.partition("\n")[2], "") == (done.stdout, done.stderr)
    assert done.returncode == 1


def test_the_wait_that_is_shown_is_the_one_in_the_picture():
    """As `scripts/demo --picture docs/wait.svg` draws it."""
    picture = README_PATH.with_name("docs").joinpath("wait.svg").read_text(encoding="utf-8")
    drawn = re.findall(r"<text[^>]*>([^<]*)</text>", picture)
    lines = [html.unescape(line).replace("\N{NO-BREAK SPACE}", " ").rstrip() for line in drawn]
    [shown] = [text for language, text in BLOCKS if text.startswith("$ paiflow wait ")]

    assert shown.splitlines() == [line for line in lines if line][-len(shown.splitlines()) :]


def test_the_tree_of_errors_is_that_of_the_module():
    from paiflow import errors

    tree = "".join(line.strip() + "\n" for line in (errors.__doc__ or "").splitlines() if line.strip()[:1] in "P├│└")

    assert "".join(line.strip() + "\n" for line in dict(enumerate(BLOCKS))[TREE][1].splitlines()) in tree


TREE = next(index for index, (_, text) in enumerate(BLOCKS) if text.startswith("PaiFlowError"))


def test_the_readmes_job_uses_the_workflow_as_it_is():
    """Each input and secret that it gives is one that the workflow takes; and it is ten lines long, or about."""
    [text] = WORKFLOWS
    [job] = _yaml.load(text)["jobs"].values()
    path = job["uses"].partition("paiflow/")[2].partition("@")[0]
    takes = _yaml.load((README_PATH.parent / path).read_text(encoding="utf-8"))["on"]["workflow_call"]

    assert set(job["with"]) <= set(takes["inputs"])
    assert set(job["secrets"]) <= set(takes["secrets"])
    assert len(text.splitlines()) <= 12
