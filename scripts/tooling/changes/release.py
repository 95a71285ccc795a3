"""Decide which version and which changelog line a set of changes requires.

    the worst for users    the version must rise by
    breaking               major; while it starts with 0, minor
    additive               minor
    invisible, but the
      wire changes         patch, which no line needs to tell them of
    nothing at all         nothing

Source: Semantic Versioning 2.0.0; Keep a Changelog 1.1.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from packaging.version import InvalidVersion, Version

from tooling.changes.verdicts import Change, Verdict, worst


class Bump(StrEnum):
    """By what a version must rise."""

    NONE = "none"
    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"


# Where the changelog tells users of what is as severe as a bump; of a patch there is nothing to tell.
SECTIONS = {Bump.MAJOR: ("Changed", "Removed"), Bump.MINOR: ("Added", "Changed", "Removed")}


@dataclass(frozen=True)
class Judgement:
    """Whether a version and a changelog cover the changes."""

    severity: Bump
    needed: Bump
    base_version: str
    version: str
    due: str
    missing: tuple[str, ...]

    @property
    def covered(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


def severity(changes: Sequence[Change]) -> Bump:
    """Return the bump that changes are worth from version 1 on."""
    client, wire = worst(change.client for change in changes), worst(change.wire for change in changes)
    if client is Verdict.INVISIBLE:
        return Bump.NONE if wire is Verdict.INVISIBLE else Bump.PATCH
    return Bump.MAJOR if client is Verdict.BREAKING else Bump.MINOR


def needed(worth: Bump, version: Version) -> Bump:
    """Return the bump that is due from a version: while it starts with 0, no more than a minor one."""
    return Bump.MINOR if worth is Bump.MAJOR and version.major == 0 else worth


def raised(version: Version, bump: Bump) -> Version:
    """Return the version that a bump leads to."""
    match bump:
        case Bump.MAJOR:
            return Version(f"{version.major + 1}.0.0")
        case Bump.MINOR:
            return Version(f"{version.major}.{version.minor + 1}.0")
        case Bump.PATCH:
            return Version(f"{version.major}.{version.minor}.{version.micro + 1}")
    return version


def judged(
    changes: Sequence[Change], base: str, current: str, old_log: str | None, new_log: str | None, where: str
) -> Judgement:
    """Return whether version and changelog cover the changes.

    Args:
        changes: what has changed.
        base: the version that it is compared with.
        current: the version now.
        old_log: the changelog that it is compared with.
        new_log: the changelog now; None where there is none to look at.
        where: what holds the version, for people.
    """
    worth = severity(changes)
    before, now = version_of(base), version_of(current)
    if worth is Bump.NONE:
        return Judgement(worth, worth, base, current, base, ())
    missing = []
    if before is None or now is None:
        # A date, say: nothing can be read from it, so what breaks cannot be covered, and the rest need not be.
        if worth is Bump.MAJOR:
            missing.append(f"{where} says {current}, which is no version of three numbers")
        return Judgement(worth, worth, base, current, "", tuple(missing))
    bump = needed(worth, before)
    due = raised(before, bump)
    # A pre-release of what is due will do.
    if Version(now.base_version) < due:
        missing.append(f"{where} says {current}: raise it")
    if new_log is not None and worth in SECTIONS and not _told(old_log or "", new_log, now, SECTIONS[worth]):
        missing.append(f"CHANGELOG.md has no new line under {_listed(SECTIONS[worth])} of [Unreleased] or [{current}]")
    return Judgement(worth, bump, base, current, str(due), tuple(missing))


def version_of(text: str) -> Version | None:
    """Return a version of three numbers, or None."""
    try:
        version = Version(text)
    except InvalidVersion:
        return None
    return version if re.match(r"\d+\.\d+\.\d+", text) else None


def entries(changelog: str) -> Iterator[tuple[str, str, str]]:
    """Yield the entries of a changelog: the version of its section, the heading below that, and the text."""
    section = heading = ""
    entry: list[str] = []
    for line in [*changelog.splitlines(), "## "]:
        if re.match(r"#{1,3} |[-*] ", line) and entry:
            yield section, heading, " ".join(" ".join(entry).split())
            entry = []
        if match := re.match(r"## \[?([^\]\s]*)", line):
            section, heading = match[1], ""
        elif line.startswith("### "):
            heading = line[4:].strip()
        elif match := re.match(r"[-*] (.*)", line):
            entry = [match[1]]
        elif entry:
            entry.append(line)


def released(changelog: str) -> Iterator[str]:
    """Yield the versions of all sections, the newest first, but for one that is marked `- unreleased`."""
    for match in re.finditer(r"(?m)^## \[(\d+\.\d+\.\d+)\](?! - unreleased)", changelog):
        yield match[1]


def _told(old_log: str, new_log: str, version: Version, headings: Sequence[str]) -> bool:
    """Whether the changelog has a line that it did not have, where users look for what has changed."""
    known = {text for _, _, text in entries(old_log)}
    sections = {"Unreleased", version.base_version, str(version)}
    return any(
        section in sections and heading in headings and text not in known for section, heading, text in entries(new_log)
    )


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
