"""What the README shows is what happens: its code runs, and prints what stands below it."""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from paiflow.mock import MockService, serve

README = Path(__file__).parent.parent.joinpath("README.md").read_text()
PAIFLOW = str(Path(sys.executable).with_name("paiflow"))

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(match[1], match[2]) for match in FENCE.finditer(README)]

PYTHON = [
    (code, BLOCKS[index + 1][1] if BLOCKS[index + 1 :] and BLOCKS[index + 1][0] == "text" else "")
    for index, (language, code) in enumerate(BLOCKS)
    if language == "python"
]
SESSIONS = [
    (command, output)
    for language, text in BLOCKS
    if language == "console"
    for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE)
]


@pytest.fixture
def mock_service(monkeypatch):
    """A mock service that the environment leads to."""
    service = MockService()
    with serve(service) as endpoint:
        monkeypatch.setenv("PAIFLOW_ENDPOINT", endpoint)
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", service.credentials.access_key_id)
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", service.credentials.access_key_secret)
        yield service


@pytest.mark.parametrize(("code", "output"), PYTHON, ids=range(len(PYTHON)))
def test_readme_examples_run(mock_service, code, output):
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


def test_every_block_of_the_readme_was_counted():
    """So that a block that no test recognizes is noticed."""
    languages = [language for language, _ in BLOCKS]

    assert {language: languages.count(language) for language in set(languages)} == {
        "python": len(PYTHON),
        "text": 7,
        "console": 1,
        "bash": 4,
    }
    assert (6, 3) == (len(PYTHON), len(SESSIONS))
    assert README.count("\n```") == 2 * len(BLOCKS)
    # A text block is the output of the code above it, or the tree of errors.
    assert [bool(output) for _, output in PYTHON].count(True) == languages.count("text") - 1


def test_the_tree_of_errors_is_that_of_the_module():
    from paiflow import errors

    tree = "".join(line.strip() + "\n" for line in (errors.__doc__ or "").splitlines() if line.strip()[:1] in "P├│└")

    assert "".join(line.strip() + "\n" for line in dict(enumerate(BLOCKS))[TREE][1].splitlines()) in tree


TREE = next(index for index, (_, text) in enumerate(BLOCKS) if text.startswith("PaiFlowError"))
