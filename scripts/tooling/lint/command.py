"""Lint everything, and print a line for each thing found: file, line, what is wrong, and where in the document.

What is wrong only once the overlays are applied is told of the action that brought it about.
Exit status: 0 nothing found, 1 something was.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from paiflow import _yaml, overlays
from tooling.generation import DESCRIPTION, ROOT, effective_description, overlay_files
from tooling.lint.evidence import evidence_faults, file_faults
from tooling.lint.examples import example_faults
from tooling.lint.places import Fault, at, line_of
from tooling.lint.rules import description_faults, effective_faults

Rule = Callable[[dict[str, Any]], Iterable[Fault]]

# Written by hand, too; style is all that is asked of them.
OTHERS = (".github/workflows/*.yml", "tests/contract/closed-objects.yaml", "scripts/tooling/lint/yamllint.yaml")


def main() -> int:
    """Lint everything and return the exit status."""
    try:
        from tooling.lint.style import style_faults  # noqa: PLC0415 - so that one line says what is missing
    except ModuleNotFoundError as missing:
        print(f"the lint needs {missing.name}, which is not installed: run scripts/bootstrap", file=sys.stderr)
        return 1
    try:
        files = [DESCRIPTION, *overlay_files()]
        print(f"linting {DESCRIPTION.name} and {len(files) - 1} overlays")
        others = [path for pattern in OTHERS for path in sorted(ROOT.glob(pattern))]
        found = [
            *(_told(path, line, words) for path in [*files, *others] for line, words in style_faults(path)),
            *(_placed(path, fault) for path, fault in _faults()),
        ]
    except (overlays.OverlayError, _yaml.YamlError, OSError) as error:
        found = [str(error)]
    for line in dict.fromkeys(found):
        print(line, file=sys.stderr)
    return 1 if found else 0


def _faults() -> Iterator[tuple[Path, Fault]]:
    """Yield what is wrong with what the documents say, and in which."""
    base = _yaml.load_file(DESCRIPTION)
    in_base = set(description_faults(base))
    yield from ((DESCRIPTION, fault) for fault in sorted(in_base))
    files = overlay_files()
    yield from file_faults(files)
    for path in files:
        yield from ((path, fault) for fault in evidence_faults(path))
    effective = effective_description()
    for rule in (effective_faults, example_faults):
        for fault in sorted(set(rule(effective)) - in_base):
            yield origin(fault, rule, base, files)


def origin(fault: Fault, rule: Rule, base: dict[str, Any], files: list[Path]) -> tuple[Path, Fault]:
    """Return the document that brought about what is wrong in the effective description, and the fault in it."""
    if fault in set(rule(base)):
        return DESCRIPTION, fault
    description = base
    for path in files:
        document = _yaml.load_file(path)
        for index, action in enumerate(document["actions"]):
            description = overlays.apply(description, {**document, "actions": [action]})
            if fault in set(rule(description)):
                return path, Fault(at("#/actions", index), f"{fault.message} (at {fault.pointer} once it is applied)")
    return DESCRIPTION, fault


def _placed(path: Path, fault: Fault) -> str:
    return _told(path, line_of(_text(path), fault.pointer), f"{fault.message} [{fault.pointer}]")


def _told(path: Path, line: int, words: str) -> str:
    return f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}:{line}: {' '.join(words.split())}"


@lru_cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
