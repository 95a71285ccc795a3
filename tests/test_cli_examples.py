"""Every example in the help of every command runs, against a mock that holds what they speak of."""

import io
import re
import shlex
import sys
from pathlib import Path

import click
import pytest

from paiflow.cli import commands
from paiflow.mock import HandTime, PaiFlowMock, load_scenario

RUN, NODE, PIPELINE = "flow-hynm2bv8wqhp5esfxq", "node-hynm2bv8wqhp5esfx1", "pipeline-hynm2bv8wqhp5esfxq"
MANIFEST = """
apiVersion: core/v1
metadata: {provider: "1557702098194904", version: v2, identifier: job-root}
spec:
  inputs: {parameters: [{name: rate, type: Double, value: 0.5}]}
"""

# The status of the run that an example names, by the word that is in the example.
STATUSES = {"start": "Initialized", "Start": "Initialized", "erun": "Failed", "elete": "Failed"}
# The exit codes of examples that do not end with 0.
CODES = {"paiflow wait flow-train flow-evaluate --timeout 2h": 1}
# Commands whose examples are parsed alone: two serve until they are ended, the third needs files.
PARSED = {"mock", "explore", "drift"}
# Its help is that of a program of its own.
OTHERS = {"contract"}


def walk(command, name, context):
    """Yield a command and those in it, with their names."""
    yield name, command
    if isinstance(command, click.Group):
        inner = click.Context(command, info_name=name, parent=context)
        for word in command.list_commands(inner):
            yield from walk(command.get_command(inner, word), f"{name} {word}", inner)


ROOT = click.Context(commands.paiflow)
COMMANDS = {
    name: command
    for word in commands.ROWS
    for name, command in walk(commands.paiflow.get_command(ROOT, word), word, ROOT)
}


def examples_of(command):
    return [line.strip() for line in (command.help or "").partition("Examples:\n")[2].splitlines() if line.strip()]


EXAMPLES = sorted({line for command in COMMANDS.values() for line in examples_of(command)})


@pytest.fixture
def mock(monkeypatch, tmp_path):
    """A mock service that the environment leads to, and a folder with manifests."""
    with PaiFlowMock() as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("paiflow.client.clients.Time", lambda: HandTime(service.clock))
        service.play(load_scenario("demo"))
        service.clock.advance(600)
        service.add_pipeline(PIPELINE, MANIFEST.replace("v2", "v1"))
        for number, status in enumerate(("Running", "Failed", "Initialized")):
            service.add_run(f"flow-{number}", [(0, status), (30, "Succeeded")], name="nightly")
        for file in ("flow.yaml", "train.yaml"):
            (tmp_path / file).write_text(MANIFEST, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        yield service


def parts_of(line):
    """Return the commands of a line, each with the file that its input comes from; outputs to files are left out."""
    line = re.sub(r'^(?:eval "|\w+=)\$\(([^)]*)\)"?', r"\1", line)
    words = shlex.shlex(line, posix=True, punctuation_chars="|<>")
    words.whitespace_split = True
    parts, source = [[]], {}
    rest = iter(words)
    for word in rest:
        if word == "|":
            parts.append([])
        elif word in "<>":
            file = next(rest)
            source.update({len(parts) - 1: file} if word == "<" else {})
        else:
            parts[-1].append(word)
    return [(part, source.get(number)) for number, part in enumerate(parts)]


@pytest.mark.parametrize("name", [name for name in sorted(COMMANDS.keys() - OTHERS) if not name.startswith("call ")])
def test_an_empty_text_is_a_mistake(name):
    """A variable was not set. Ids and -p are checked by their own; the others change nothing where they are empty."""
    own = {"runs", "nodes", "parameters"}
    others = {"grep", "host", "scenario", "faults", "files", "description", "operation", "names"}
    texts = {one.name for one in COMMANDS[name].params if one.type is click.STRING and one.callback is None}

    assert texts <= own | others


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - OTHERS))
def test_every_command_has_two_examples(name):
    assert len(examples_of(COMMANDS[name])) >= 2
    assert all(f"paiflow {name.split()[0]}" in line for line in examples_of(COMMANDS[name]))


@pytest.mark.parametrize("line", [line for line in EXAMPLES if line.split()[1] not in PARSED])
def test_an_example_runs(mock, capsys, monkeypatch, line):
    statuses = [status for word, status in STATUSES.items() if word in line]
    with mock.service.store.replacing_sample():
        mock.add_run(RUN, *statuses[:1], name="myName")
        mock.add_node(RUN, NODE, "Succeeded", name="dataSource")
    text = ""
    for (program, *arguments), source in parts_of(line):
        text = Path(source).read_text(encoding="utf-8") if source else text
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        code = commands.run(arguments)
        text, said = capsys.readouterr()

        assert program == "paiflow"
        assert CODES.get(line, 0) == code, said
        assert "\nTraceback" not in f"\n{said}"


@pytest.mark.parametrize("line", [line for line in EXAMPLES if line.split()[1] in PARSED])
def test_an_example_is_understood(line):
    for (_, name, *arguments), _ in parts_of(line):
        COMMANDS[name].make_context(name, arguments, resilient_parsing=False).close()
