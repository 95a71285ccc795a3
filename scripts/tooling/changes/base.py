"""The base revision of a comparison, read from git.

By default it is the last release: the newest tag vX.Y.Z that HEAD comes from, else the
commit that wrote the newest section `## [X.Y.Z]` of CHANGELOG.md.
"""

from __future__ import annotations

import io
import re
import subprocess
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import Version

from paiflow import _yaml
from tooling.changes.release import released

DESCRIPTION = "generated/paiflow_api/openapi.yaml"
PACKAGES = ("src/paiflow", "generated/paiflow_api")


class NoBaseError(Exception):
    """There is nothing to compare with; the message says why, and what to do."""


@dataclass(frozen=True)
class Revision:
    """A commit and its name for people."""

    commit: str
    name: str


class Repository:
    """The git repository in a folder.

    Args:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def named(self, name: str) -> Revision:
        """Return the revision that a name stands for.

        Raises:
            NoBaseError: there is none.
        """
        commit = self._commit(name)
        if commit is None:
            raise NoBaseError(
                f"no base: {name or repr(name)} is neither a file nor a revision of this repository: "
                f"{self._hint()}name one with --base"
            )
        return Revision(commit, name)

    def last_release(self) -> Revision:
        """Return the last release.

        Raises:
            NoBaseError: there is none.
        """
        advice = f"{self._hint()}name what to compare with: --base REVISION, or --base FILE"
        if self._commit("HEAD") is None:
            raise NoBaseError(f"no base: there is no git repository here, or no commit in it: {advice}")
        tags = re.findall(r"(?m)^v\d+\.\d+\.\d+$", self._git("tag", "--merged", "HEAD", "--list", "v*") or "")
        if tags:
            return self.named(max(tags, key=Version))
        version = next(released(self.text("HEAD", "CHANGELOG.md") or ""), None)
        if version is None:
            raise NoBaseError(f"no base: no tag vX.Y.Z, and no section of a release in CHANGELOG.md: {advice}")
        commit = self._git("log", "-1", "--format=%H", f"-S## [{version}]", "--", "CHANGELOG.md")
        # In a shallow clone the oldest commit there is seems to have written everything.
        if not commit or (self._is_shallow() and self._commit(f"{commit.strip()}^") is None):
            raise NoBaseError(f"no base: the commit that wrote [{version}] into CHANGELOG.md is not here: {advice}")
        return Revision(commit.strip(), f"release {version}")

    def text(self, revision: str, path: str) -> str | None:
        """Return a file's text at a revision, or None."""
        return self._git("show", f"{revision}:{path}")

    def description(self, revision: Revision) -> Any:
        """Return the effective description at a revision.

        Raises:
            NoBaseError: it has none.
        """
        text = self.text(revision.commit, DESCRIPTION)
        if text is None:
            raise NoBaseError(f"no base: {revision.name} has no {DESCRIPTION}: name another with --base")
        return _yaml.load(text, f"{revision.name}:{DESCRIPTION}")

    def version(self, revision: Revision) -> str:
        """Return the project's version at a revision, "" where it has none."""
        return version_in(self.text(revision.commit, "pyproject.toml") or "")

    def packages(self, revision: Revision, folder: Path) -> bool:
        """Write the Python packages of a revision to a folder; whether it has them."""
        command = ["git", "archive", "--format=zip", revision.commit, *PACKAGES]
        finished = subprocess.run(command, cwd=self.root, capture_output=True, check=False)
        if finished.returncode:
            return False
        with zipfile.ZipFile(io.BytesIO(finished.stdout)) as archive:  # tarfile needs filter=, which 3.11.2 lacks
            archive.extractall(folder)
        return True

    def _is_shallow(self) -> bool:
        return (self._git("rev-parse", "--is-shallow-repository") or "").strip() == "true"

    def _hint(self) -> str:
        """Return a hint for a clone without its history; empty for others."""
        return "this clone is shallow: run git fetch --tags --unshallow, or " if self._is_shallow() else ""

    def _commit(self, name: str) -> str | None:
        """Return the commit that a name stands for, None for none, or where this is not the repository's folder."""
        top = self._git("rev-parse", "--show-toplevel")
        if top is None or Path(top.strip()).resolve() != self.root.resolve():
            return None
        found = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return found.strip() if found else None

    def _git(self, *arguments: str) -> str | None:
        """Return the output of git; None if it fails or is not installed."""
        command = ["git", *arguments]
        try:
            finished = subprocess.run(
                command, cwd=self.root, capture_output=True, encoding="utf-8", errors="replace", check=False
            )
        except OSError:
            return None
        return None if finished.returncode else finished.stdout


def version_in(pyproject: str) -> str:
    """Return the version that a pyproject.toml says, "" for none."""
    try:
        return str(tomllib.loads(pyproject).get("project", {}).get("version", ""))
    except tomllib.TOMLDecodeError:
        return ""
