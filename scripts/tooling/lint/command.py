"""Lint everything, and print a line for each thing found: file, line, what is wrong, and where in the document.

What is wrong only once the overlays are applied is told of the action that brought it about.
Exit status: 0 nothing found, 1 something was.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from pathlib import Path

from paiflow import _yaml, overlays
from paiflow._yaml import Located
from tooling.generation import DESCRIPTION, ROOT, effective_description, overlay_files
from tooling.lint.evidence import evidence_faults, file_faults
from tooling.lint.faults import Fault
from tooling.lint.origins import Origins
from tooling.lint.rules import OF_DESCRIPTIONS, OF_EFFECTIVE

# Written by hand, too; style is all that is asked of them.
OTHERS = (".github/workflows/*.yml", "scripts/tooling/lint/yamllint.yaml")


def main() -> int:
    """Lint everything and return the exit status."""
    if find_spec("yamllint") is None:
        print("the lint needs yamllint, which is not installed: run scripts/bootstrap", file=sys.stderr)
        return 1
    try:
        files = [DESCRIPTION, *overlay_files()]
        print(f"linting {DESCRIPTION.name} and {len(files) - 1} overlays")
        others = [path for pattern in OTHERS for path in sorted(ROOT.glob(pattern))]
        # yamllint, which is pure Python, takes about as long as all the rest: it has a process of its own.
        with ProcessPoolExecutor(1) as pool:
            style = pool.submit(_style, [*files, *others])
            read = {path: _yaml.locate_file(path) for path in files}
            said = [
                _told(path, read[path].line(fault.place) if path in read else 1, f"{fault.message} [{fault.pointer}]")
                for path, fault in _faults(read)
            ]
            found = [*style.result(), *said]
    except (overlays.OverlayError, _yaml.YamlError, OSError) as error:
        found = [str(error)]
    for line in dict.fromkeys(found):
        print(line, file=sys.stderr)
    return 1 if found else 0


def _style(files: list[Path]) -> list[str]:
    from tooling.lint.style import style_faults  # noqa: PLC0415 - for the other process only

    return [_told(path, line, words) for path in files for line, words in style_faults(path)]


def _faults(read: dict[Path, Located]) -> Iterator[tuple[Path, Fault]]:
    """Yield the faults in the contents of the documents, each with its document."""
    effective = effective_description()  # first, for overlays that cannot be applied cannot be judged
    base = read[DESCRIPTION].value
    documents = {path: located.value for path, located in read.items() if path != DESCRIPTION}
    in_base = {fault for rule in OF_DESCRIPTIONS for fault in rule(base)}
    yield from ((DESCRIPTION, fault) for fault in sorted(in_base))
    yield from file_faults(documents)
    for path, document in documents.items():
        yield from ((path, fault) for fault in evidence_faults(document))
    origins = Origins(base, documents)
    for rule in OF_EFFECTIVE:
        for fault in sorted(set(rule(effective)) - in_base):
            if (action := origins.action(rule, fault)) is None:
                yield DESCRIPTION, fault
            else:
                path, index = action
                yield path, Fault(("actions", index), f"{fault.message} (at {fault.pointer} once it is applied)")


def _told(path: Path, line: int, words: str) -> str:
    return f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}:{line}: {' '.join(words.split())}"
