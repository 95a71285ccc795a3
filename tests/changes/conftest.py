"""A small project in a git repository of its own, with our description, a release, and a Python API of a few names."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from changes.edits import edited
from described import effective_description

from paiflow import _yaml
from tooling import generation
from tooling.changes import command

INIT = """\
from paiflow.client import Client, Kind
from paiflow_api import models as _models
from paiflow_api.models import *
__all__ = ["Client", "Kind"]
__all__ += _models.__all__
"""
CLIENT = """\
from typing import Literal
from paiflow_api.methods import AsyncMethods, Methods

Kind = Literal["run", "node"]

class AsyncClient(AsyncMethods): ...

class Client(Methods):
    limit: int | None

    def ask(self, name: str, *, kind: str = "run") -> str | None:
        return name

    def _call(self) -> None: ...
"""
MOCK = """\
def serve(port: int = 0) -> None: ...
__all__ = ["serve"]
"""
IDENTITY = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"} | {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "T"), ("EMAIL", "t@example.org"))
}
CHANGELOG = """\
# Changelog

## [Unreleased]

## [0.1.0]

### Added

- All.
"""


class Project:
    """The small project: its files, its commits, and the command run in it."""

    def __init__(self, root, capsys):
        self.root = root
        self.capsys = capsys

    def git(self, *arguments):
        subprocess.run(["git", *arguments], cwd=self.root, check=True, capture_output=True)

    def write(self, name, text):
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text, encoding="utf-8")

    def replace(self, name, old, new):
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def commit(self, message="A change"):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)

    def overlay(self, *actions):
        """Add an overlay to the working tree; nothing is regenerated."""
        overlay = {"overlay": "1.1.0", "info": {"title": "t", "version": "1"}, "actions": list(actions)}
        self.write("overlays/900-test.yaml", _yaml.dump(overlay))

    def removes(self, name):
        """Take a field of runs away."""
        self.overlay({"target": f"$.components.schemas.PipelineRun.properties.{name}", "remove": True})

    def formerly(self, edit):
        """Write a description that ours was edited from, and return its file: to compare with it is quick."""
        document = edited(_yaml.load_file(self.root / "openapi.yaml"), edit)
        self.write("old.yaml", json.dumps(document))
        return self.root / "old.yaml"

    def run(self, *arguments):
        """Return exit status, stdout and stderr."""
        try:
            status = command.main([*map(str, arguments)])
        except SystemExit as error:
            status = error.code
        captured = self.capsys.readouterr()
        return status, captured.out, captured.err

    def json(self, *arguments):
        """Return exit status and the report as data."""
        status, out, _ = self.run(*arguments, "--json", "-")
        return status, json.loads(out)

    def told(self, *arguments):
        """Return the lines of a report without reasons, as "wire, client, side: place: what"."""
        changes = self.json(*arguments)[1]["changes"]
        return [
            f"{change['wire']}, {change['client']}, {change['side']}: {change['place']}: {change['what']}"
            for change in changes
        ]


@pytest.fixture(scope="session")
def released(tmp_path_factory):
    """The project right after its release, 0.1.0."""
    root = tmp_path_factory.mktemp("released") / "project"
    root.mkdir()
    (root / "overlays").mkdir()
    files = {
        "src/paiflow/__init__.py": "",
        "src/paiflow/__init__.pyi": INIT,
        "src/paiflow/client.py": CLIENT,
        "src/paiflow/mock/__init__.py": MOCK,
        "CHANGELOG.md": CHANGELOG,
        "pyproject.toml": '[project]\nname = "paiflow"\nversion = "0.1.0"\n',
        ".gitignore": "__pycache__\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    (root / "generated").mkdir()
    description = effective_description()
    generation.generate(description, root / "generated/paiflow_api")
    # With all overlays in it, which nobody need apply again, and as JSON, which is read faster.
    (root / "openapi.yaml").write_text(json.dumps(description), encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def repository(released, tmp_path_factory):
    """The project in a repository, its release in the only commit."""
    root = tmp_path_factory.mktemp("repository") / "project"
    shutil.copytree(released, root)
    for command_ in (["init", "--initial-branch", "main"], ["add", "--all"], ["commit", "--message", "Release 0.1.0"]):
        subprocess.run(
            ["git", *command_], cwd=root, check=True, capture_output=True, env={**_without_git(), **IDENTITY}
        )
    return root


def _without_git():
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


@pytest.fixture
def at(tmp_path, monkeypatch, capsys):
    """Return a project of one's own, a copy of another's folder."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in IDENTITY.items():
        monkeypatch.setenv(name, value)

    def copied(folder):
        root = tmp_path / "project"
        shutil.copytree(folder, root)
        monkeypatch.setattr(command, "ROOT", root)
        monkeypatch.setattr(generation, "DESCRIPTION", root / "openapi.yaml")
        monkeypatch.setattr(generation, "OVERLAYS", root / "overlays")
        monkeypatch.setattr(generation, "GENERATED", root / "generated")
        return Project(root, capsys)

    return copied


@pytest.fixture
def bare_project(at, released):
    """The project without a git repository."""
    return at(released)


@pytest.fixture
def project(at, repository):
    """The project in a repository, its release in the only commit."""
    return at(repository)


@pytest.fixture
def sample():
    """The small description of the tables."""
    return Path(__file__).parent.parent / "data/changes/small.yaml"
