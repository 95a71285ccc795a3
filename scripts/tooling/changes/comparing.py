"""Compare a base with the present state (descriptions; for revisions the Python API too), and check the release."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paiflow import _yaml
from paiflow._description import Description
from tooling import generation
from tooling.changes import components, operations, python_api, python_items, release
from tooling.changes.base import DESCRIPTION, NoBaseError, Repository, Revision, version_in
from tooling.changes.documents import checked
from tooling.changes.release import Judgement
from tooling.changes.report import Comparison
from tooling.changes.verdicts import Change, Finding, Side, Verdict, gathered, key_of, worst
from tooling.errors import GenerationError


@dataclass(frozen=True)
class _Base:
    """The base of a comparison: a description, its name, and its revision, or else the last release."""

    description: Description
    name: str
    revision: Revision | None
    is_file: bool


def compared(root: Path, base: str | None, new: str | None) -> Comparison:
    """Return the changes, and whether the release covers them.

    Args:
        root: the project's folder.
        base: a file, a revision, or None for the last release.
        new: a file, or None for the working tree.

    Raises:
        NoBaseError: there is nothing to compare with.
        DescriptionError, YamlError, OverlayError, OSError: a description cannot be used.
    """
    repository = Repository(root)
    before = _base(repository, base)
    if new is None:
        after = checked(generation.effective_description(), "the effective description")
    else:
        after = checked(_yaml.load_file(new), new)
    findings = operations.findings(before.description, after)
    parts, notes = ["description"], []
    if new is None and not before.is_file and before.revision is not None:
        found, note = _python_findings(repository, before.revision, before.description, after, findings)
        parts += ["Python API"] if found is not None else []
        notes += [note] if note else []
        findings += found or []
    changes = tuple(gathered(findings))
    if new is None:
        where, judgement = "pyproject.toml", _judged(repository, before.revision, changes)
    else:
        where, judgement = "info.version", _judged_by_descriptions(before.description, after, changes)
    name = "the working tree" if new is None else new
    return Comparison(before.name, name, tuple(parts), tuple(notes), changes, judgement, where)


def _base(repository: Repository, base: str | None) -> _Base:
    if base is not None and Path(base).is_file():
        description = checked(_yaml.load_file(base), base)
        return _Base(description, base, _release_or_head(repository), is_file=True)
    revision = repository.last_release() if base is None else repository.named(base)
    name = f"{revision.name} ({revision.commit[:9]})"
    return _Base(checked(repository.description(revision), name), name, revision, is_file=False)


def _release_or_head(repository: Repository) -> Revision | None:
    """Return the revision whose version and changelog a file is taken to be of."""
    for find in (repository.last_release, lambda: repository.named("HEAD")):
        try:
            return find()
        except NoBaseError:
            continue
    return None


def _python_findings(
    repository: Repository, base: Revision, old: Description, new: Description, told: Sequence[Finding]
) -> tuple[list[Finding] | None, str]:
    """Return the differences of two Python APIs (None if they cannot be compared), and notes about that."""
    note = ""
    with tempfile.TemporaryDirectory() as folder:
        former, fresh = Path(folder, "base"), Path(folder, "new")
        if not repository.packages(base, former):
            return None, f"the Python API is not compared: {base.name} has no packages"
        generated = generation.GENERATED
        if _is_stale(repository.root / DESCRIPTION, new):
            try:
                fresh.mkdir()
                generation.generate(new.document, fresh / python_items.GENERATED)
                generated = fresh
            except GenerationError as error:
                note = f"the Python API is that of generated/ as it is: {error}"
        try:
            old_api = python_api.load(former / "src", former / "generated")
            new_api = python_api.load(repository.root / "src", generated)
        except (ImportError, SyntaxError) as error:
            return None, f"the Python API is not compared: {error}"
        return list(python_api.findings(old_api, new_api, told_to_users(told, old, new))), note


def told_to_users(findings: Sequence[Finding], *descriptions: Description) -> dict[str, Verdict]:
    """Return the worst verdict for users of what is told, by what they call it: a field, a class, an operation."""
    verdicts: dict[str, Verdict] = {}

    def tell(name: str, found: Finding) -> None:
        key = key_of(name)
        verdicts[key] = worst((found.client, verdicts.get(key, Verdict.INVISIBLE)))

    for found in findings:
        tell(found.subject, found)
    for description in descriptions:
        for operation in description.operations:
            sent = components.reached(description, operation.parameters, operation.node.get("requestBody"))
            names = {name for _, name in sent}
            for found in findings:
                is_sent = found.side is Side.REQUEST and re.split(r"[.\[]", found.place)[0] in names
                if is_sent or f"{found.place} ".startswith(f"{operation.title} "):
                    tell(operation.name, found)
    return verdicts


def _is_stale(path: Path, new: Description) -> bool:
    """Whether the package in generated/ is of another description."""
    try:
        return bool(_yaml.load_file(path) != new.document)
    except _yaml.YamlError:
        return True


def _judged(repository: Repository, base: Revision | None, changes: Sequence[Change]) -> Judgement:
    """Check this project's version and changelog."""
    version = version_in(_read(repository.root / "pyproject.toml"))
    changelog = _read(repository.root / "CHANGELOG.md")
    if base is None:
        return release.judged(changes, version, version, "", changelog, "pyproject.toml")
    former = repository.text(base.commit, "CHANGELOG.md")
    return release.judged(changes, repository.version(base), version, former, changelog, "pyproject.toml")


def _judged_by_descriptions(old: Description, new: Description, changes: Sequence[Change]) -> Judgement:
    """Check the versions in two descriptions."""
    before, after = (_version(found.document) for found in (old, new))
    return release.judged(changes, before, after, None, None, "info.version")


def _version(document: dict[str, Any]) -> str:
    info = document.get("info")
    return str(info.get("version", "")) if isinstance(info, dict) else ""


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""
