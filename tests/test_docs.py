"""What the README and the site show is what happens: code runs, and prints what stands below it."""

import contextlib
import copy
import html
import io
import os
import re
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from paiflow import Time, _yaml
from paiflow.cli import commands
from paiflow.mock import HandClock, HandTime, MockService, load_scenario, serve

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAIFLOW = str(Path(sys.executable).with_name("paiflow"))

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block, and the one after it if that is text: what it prints."""

    page: str
    line: int
    language: str
    text: str
    output: str


def blocks(page):
    content = page.read_text(encoding="utf-8")
    found = [(content.count("\n", 0, match.start()) + 1, match[1], match[2]) for match in FENCE.finditer(content)]
    for (line, language, text), (_, after, output) in pairwise([*found, (0, "", "")]):
        yield Block(str(page.relative_to(ROOT)), line, language, text, output if after == "text" else "")


BLOCKS = [block for page in PAGES for block in blocks(page)]
PYTHON = [block for block in BLOCKS if block.language == "python"]
EXAMPLES = [block for block in PYTHON if not block.text.startswith("# test_")]
TESTS = [block for block in PYTHON if block.text.startswith("# test_")]
SCENARIOS = [block for block in BLOCKS if block.language == "yaml" and block.text.startswith("scenario:")]
WORKFLOWS = [block for block in BLOCKS if block.language == "yml"]
SESSIONS = [
    (command, output)
    for block in BLOCKS
    if block.language == "console"
    for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.text, re.MULTILINE)
]
# Commands that are shown with made-up ids and files are checked for their options only.
COMMANDS = [
    line
    for block in BLOCKS
    if block.language == "bash"
    for line in block.text.replace("\\\n", " ").splitlines()
    if re.match(r"(\w+=\S+ +)*paiflow ", line)
]


def name(block):
    return f"{block.page}:{block.line}"


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


@pytest.mark.parametrize("block", EXAMPLES, ids=name)
def test_examples_run_and_print_what_stands_below_them(mock_service, block, monkeypatch):
    if "MockService" in block.text:  # it has a clock of its own
        monkeypatch.setattr("paiflow.client.clients.Time", Time)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block.text, block.page, "exec"), {"__name__": "__main__"})

    assert block.output == printed.getvalue()


@pytest.mark.parametrize(("command", "output"), dict(SESSIONS).items(), ids=dict(SESSIONS))
def test_sessions_print_what_they_show(mock_service, command, output):
    program, *arguments = shlex.split(command)
    assert program == "paiflow"
    finished = subprocess.run(
        [PAIFLOW, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    code = f"[exit code {finished.returncode}]\n" if finished.returncode else ""

    assert output == finished.stdout + code


@pytest.mark.parametrize("line", sorted(set(COMMANDS)))
def test_commands_have_the_options_that_pages_give_them(line):
    words = [word for word in shlex.split(line, comments=True) if not re.fullmatch(r"\w+=\S+", word)][1:]
    words = words[
        : next((at for at, word in enumerate(words) if word in ("|", "&") or word.startswith(">")), len(words))
    ]
    context = click.Context(commands.paiflow, info_name="paiflow")
    command = commands.paiflow
    while isinstance(command, click.Group) and words:
        _, command, words = command.resolve_command(context, words)
    known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)} | {"--help"}

    if command.name != "contract":  # which has a parser of its own
        assert {word.partition("=")[0] for word in words if word.startswith("-") and word != "-"} <= known


def test_the_readme_leads_the_command_to_the_mock(tmp_path):
    [script] = [block.text for block in BLOCKS if block.page == "README.md" and "paiflow mock" in block.text]
    environment = {"PATH": f"{Path(PAIFLOW).parent}:{os.environ['PATH']}"}
    finished = subprocess.run(
        ["bash", "-euc", f"{script}\nkill $!"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (finished.returncode, finished.stderr)
    assert "flow-hynm2bv8wqhp5esfxq  myName  Running" in finished.stdout


@pytest.mark.parametrize("block", TESTS, ids=name)
def test_tests_that_are_shown_pass(block, tmp_path):
    file = block.text.partition("\n")[0].removeprefix("# ")
    (tmp_path / file).write_text(block.text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", file]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert f"{block.text.count('def test_')} passed" in finished.stdout, finished.stdout


@pytest.mark.parametrize("block", SCENARIOS, ids=name)
def test_scenarios_that_are_shown_load(block, tmp_path):
    (tmp_path / "scenario.yaml").write_text(block.text, encoding="utf-8")

    assert load_scenario(tmp_path / "scenario.yaml").steps


def test_every_block_is_of_a_kind_that_a_test_knows():
    assert {"python", "text", "console", "bash", "yaml", "yml"} >= {block.language for block in BLOCKS}
    assert sum(page.read_text(encoding="utf-8").count("\n```") for page in PAGES) == 2 * len(BLOCKS)
    assert min(map(len, (EXAMPLES, TESTS, SCENARIOS, SESSIONS, COMMANDS, WORKFLOWS))) > 0


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_bytes()) <= 6 * 1024


def test_the_report_of_changes_is_what_the_command_prints(tmp_path):
    old = _yaml.load_file(ROOT.joinpath("generated") / "paiflow_api" / "openapi.yaml")
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
    [shown] = [block.text for block in BLOCKS if block.text.startswith("$ scripts/changes ")]

    command = [sys.executable, "-m", "tooling.changes", *shlex.split(shown.partition("\n")[0])[2:]]
    environment = {**os.environ, "PYTHONPATH": str(ROOT.joinpath("scripts")), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False)

    assert (shown.partition("\n")[2], "") == (done.stdout, done.stderr)
    assert done.returncode == 1


def test_the_wait_that_is_shown_is_the_one_in_the_picture():
    """As `scripts/demo --picture docs/wait.svg` draws it."""
    picture = ROOT.joinpath("docs", "wait.svg").read_text(encoding="utf-8")
    drawn = re.findall(r"<text[^>]*>([^<]*)</text>", picture)
    lines = [html.unescape(line).replace("\N{NO-BREAK SPACE}", " ").rstrip() for line in drawn]
    [shown] = {block.text for block in BLOCKS if block.text.startswith("$ paiflow wait ")}

    assert shown.splitlines() == [line for line in lines if line][-len(shown.splitlines()) :]


def test_the_tree_of_errors_is_that_of_the_module():
    from paiflow import errors

    tree = "".join(line.strip() + "\n" for line in (errors.__doc__ or "").splitlines() if line.strip()[:1] in "P├│└")

    [shown] = {block.text for block in BLOCKS if block.text.startswith("PaiFlowError")}

    assert "".join(line.strip() + "\n" for line in shown.splitlines()) in tree


def test_the_job_that_is_shown_is_what_the_reusable_workflow_does():
    """It is ten lines long; tests/test_wheel.py runs it."""
    [text] = [block.text for block in WORKFLOWS]
    [job] = _yaml.load(text).values()
    workflow = _yaml.load((ROOT / ".github/workflows/contract.yml").read_text(encoding="utf-8"))
    takes = workflow["on"]["workflow_call"]

    assert set(job["env"]) <= set(takes["secrets"])
    assert takes["inputs"]["package"]["default"] in job["steps"][1]["run"]
    assert len(text.splitlines()) <= 10
