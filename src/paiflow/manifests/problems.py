"""What is wrong with a manifest, and where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import attrs

Place: TypeAlias = tuple[str | int, ...]


@attrs.frozen(order=True)
class ManifestProblem:
    """Something that is certainly wrong with a manifest.

    Attributes:
        line: where it stands, from 1.
        column: likewise, in characters.
        path: the keys and indexes that lead there, such as `spec.pipelines[0].metadata`; empty for the whole.
        message: what is wrong, on one line.
    """

    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.message}"


def path_of(place: Place) -> str:
    """Return keys and indexes as people write them."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place).removeprefix(".")


def some_of(names: Sequence[str]) -> str:
    """Return the first few names, and how many there are beyond them."""
    shown = ", ".join(name[:60] for name in names[:8]) or "none"
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown
