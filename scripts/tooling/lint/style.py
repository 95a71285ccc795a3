"""Run yamllint: duplicate keys, values that YAML 1.1 and 1.2 read differently, and layout.

The settings stand in yamllint.yaml beside this.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from yamllint import linter  # type: ignore[import-untyped]
from yamllint.config import YamlLintConfig  # type: ignore[import-untyped]

_SETTINGS = Path(__file__).with_name("yamllint.yaml")


def style_faults(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each fault of a file's YAML: line and message."""
    for problem in linter.run(path.read_text(encoding="utf-8"), settings()):
        yield problem.line, f"{problem.desc} ({problem.rule or 'syntax'})"


@cache
def settings() -> YamlLintConfig:
    """Return the settings of yamllint.yaml."""
    return YamlLintConfig(file=str(_SETTINGS))
