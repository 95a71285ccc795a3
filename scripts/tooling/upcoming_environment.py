"""Make an environment with the newest versions of all dependencies, and generate the package in it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tooling.generation import ROOT

GENERATOR = "openapi-python-client"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.MULTILINE)


class CannotInstallError(Exception):
    """The versions cannot be installed together; the message is one line."""


class Environment(Protocol):
    """An environment with the newest versions."""

    def versions(self) -> dict[str, str]:
        """Return the installed versions, by name."""

    def generate(self, target: Path) -> str | None:
        """Generate the package into a folder that must not exist; return why that is not possible, None if it is."""


class Installed:
    """An environment that pip made.

    Args:
        python: its interpreter.
    """

    def __init__(self, python: Path) -> None:
        self._python = python

    def versions(self) -> dict[str, str]:
        """Return the installed versions, by name."""
        listed = self._run("-m", "pip", "list", "--format=json", "--disable-pip-version-check")
        return {canonicalize_name(one["name"]): one["version"] for one in json.loads(listed.stdout)}

    def generate(self, target: Path) -> str | None:
        """Generate the package into a folder that must not exist; return why that is not possible, None if it is."""
        finished = self._run("-m", "tooling.upcoming_generate", str(target))
        return None if finished.returncode == 0 else _last_line(finished.stderr) or f"exit status {finished.returncode}"

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "scripts"), str(ROOT / "src")])}
        command = [str(self._python), *arguments]
        return subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False)


def installed(folder: Path, required: Sequence[str]) -> Installed:
    """Return an environment in a folder, with the newest versions of what is required that go together.

    Raises:
        CannotInstallError: there are none, or they cannot be had.
    """
    python = folder / "bin" / "python"
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *required],
    ):
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        if finished.returncode:
            raise CannotInstallError(f"cannot install the newest versions: {_last_line(finished.stderr)}")
    return Installed(python)


def requirements(pyproject: str) -> list[str]:
    """Return the names of all dependencies of a pyproject.toml, of every group and extra."""
    settings = tomllib.loads(pyproject)
    project: dict[str, Any] = settings["project"]
    listed: list[Iterable[Any]] = [project["dependencies"], *project.get("optional-dependencies", {}).values()]
    listed += settings.get("dependency-groups", {}).values()
    named = {canonicalize_name(Requirement(one).name) for group in listed for one in group if isinstance(one, str)}
    return sorted(named)


def locked_versions(lock: str) -> dict[str, str]:
    """Return the versions in a requirements.lock, by name."""
    return {canonicalize_name(name): version for name, version in _PINNED.findall(lock)}


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("ERROR: ") if lines else ""
