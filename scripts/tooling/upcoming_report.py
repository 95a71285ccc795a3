"""The report of upcoming changes, as data and as Markdown. Pure, but for reading the two folders that are compared."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from tooling.upcoming_environment import GENERATOR

# The two lines of every package that name the generator's version: another version alone is no change.
_VERSION = re.compile(rf"{re.escape(GENERATOR)} [0-9][0-9A-Za-z.]*")

LINES = 40
"""Lines of a difference that are shown of one file."""


@dataclass(frozen=True)
class Changed:
    """A file that would be another. `lines` is the difference, as of `diff -u`, without its head."""

    name: str
    what: str
    lines: tuple[str, ...] = ()

    @property
    def counts(self) -> str:
        """How many lines come and go."""
        return f"+{sum(line[0] == '+' for line in self.lines)} -{sum(line[0] == '-' for line in self.lines)}"


@dataclass(frozen=True)
class Moved:
    """A dependency of which there is another version than the locked one."""

    name: str
    locked: str
    newest: str


@dataclass(frozen=True)
class Report:
    """The changes that the newest versions would make.

    Args:
        versions: of what pyproject.toml names.
        failure: why the package cannot be generated with them, None if it can.
        files: of generated/.
        api: verdict for users, name and what changes.
    """

    versions: Sequence[Moved]
    failure: str | None
    files: Sequence[Changed]
    api: Sequence[tuple[str, str, str]]

    @property
    def changes(self) -> bool:
        """Whether more than versions would change."""
        return bool(self.failure or self.files or self.api)


def moved(names: Iterable[str], locked: Mapping[str, str], newest: Mapping[str, str]) -> list[Moved]:
    """Return the packages that are locked in another version than the newest, by name."""
    return [
        Moved(name, locked.get(name, "none"), newest[name])
        for name in names
        if name in newest and (name not in locked or Version(locked[name]) != Version(newest[name]))
    ]


def differences(old: Path, new: Path) -> list[Changed]:
    """Return the files that differ between two folders, but for the generator's version.

    Args:
        old: the folder as it is.
        new: as it would be.
    """
    changed = []
    for name in sorted(_files(old) | _files(new)):
        if not (new / name).is_file():
            changed.append(Changed(name, "gone"))
        elif not (old / name).is_file():
            changed.append(Changed(name, "new", tuple(f"+{line}" for line in _lines(new / name))))
        elif lines := tuple(difflib.unified_diff(_lines(old / name), _lines(new / name), lineterm="", n=1))[2:]:
            changed.append(Changed(name, "changed", lines))
    return changed


def markdown(report: Report) -> str:
    """Return the report as Markdown."""
    sections = [
        "# What the newest versions would change\n",
        f"{_verdict(report)}\n",
        "## The generated package\n",
        *_generated(report),
        "## The public API\n",
        *_api(report),
        "## Dependencies\n",
        *_versions(report.versions),
    ]
    return "\n".join(sections)


def _verdict(report: Report) -> str:
    generator = next((one for one in report.versions if one.name == GENERATOR), None)
    subject = (
        f"{GENERATOR} {generator.locked} → {generator.newest}"
        if generator
        else f"{GENERATOR} is the one that is locked"
    )
    if report.failure:
        return f"{subject}: **the package can no longer be generated.**"
    return f"{subject}: {'**something would change.**' if report.changes else 'nothing would change.'}"


def _generated(report: Report) -> list[str]:
    if report.failure:
        return [f"It cannot be generated: `{report.failure}`\n"]
    if not report.files:
        return ["No file would change, but for the generator's version.\n"]
    told = ["| file | | lines |", "|---|---|---|"]
    told += [f"| {one.name} | {one.what} | {one.counts} |" for one in report.files]
    for one in report.files:
        if one.lines:
            more = [f"… and {len(one.lines) - LINES} lines more"] if len(one.lines) > LINES else []
            told += ["", f"{one.name}:", "", "````diff", *one.lines[:LINES], *more, "````"]
    return [*told, ""]


def _api(report: Report) -> list[str]:
    if report.failure:
        return ["Not known.\n"]
    if not report.api:
        return ["Unchanged.\n"]
    rows = [f"| {verdict} | `{place}` | {what.replace('|', chr(92) + '|')} |" for verdict, place, what in report.api]
    return ["| for users | name | what |", "|---|---|---|", *rows, ""]


def _versions(versions: Sequence[Moved]) -> list[str]:
    if not versions:
        return ["All are the newest.\n"]
    rows = [f"| {one.name} | {one.locked} | {one.newest} |" for one in versions]
    return ["| package | locked | newest |", "|---|---|---|", *rows, ""]


def _files(folder: Path) -> set[str]:
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in paths if "__pycache__" not in path.parts}


def _lines(path: Path) -> list[str]:
    return _VERSION.sub(GENERATOR, path.read_text(encoding="utf-8", errors="replace")).splitlines()
