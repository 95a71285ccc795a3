"""Read references: `{{inputs.parameters.X}}`, `{{pipelines.NODE.outputs.artifacts.Y}}`, `{{pipelines.NODE.outputs.result}}`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Final, Literal, TypeAlias

import attrs

from paiflow.manifests.problems import Place

Kind: TypeAlias = Literal["artifacts", "parameters"]
KINDS: Final[tuple[Kind, ...]] = ("artifacts", "parameters")

_REFERENCE: Final = re.compile(r"\{\{\s*((?:inputs|pipelines)\.[^{}]*?)\s*\}\}")
_INPUT: Final = re.compile(r"inputs\.(artifacts|parameters)\.(.+)", re.DOTALL)
_OUTPUT: Final = re.compile(r"pipelines\.(.+?)\.outputs(?:\.(artifacts|parameters))?\.(.+)", re.DOTALL)


@attrs.frozen
class Reference:
    """A reference in a text.

    Attributes:
        text: between its braces.
        node: the node whose output it names; None for an input.
        kind: of what it names; None where it does not say.
        name: of what it names; None if it is of no documented form.
    """

    text: str
    node: str | None = None
    kind: str | None = None
    name: str | None = None


def references(text: str) -> Iterator[Reference]:
    """Yield the references to inputs and nodes in a text; other things in double braces, such as {{item}}, are left out."""
    for found in _REFERENCE.finditer(text):
        written = found[1]
        if one := _INPUT.fullmatch(written):
            yield Reference(written, None, one[1], one[2])
        elif one := _OUTPUT.fullmatch(written):
            yield Reference(written, one[1], one[2], one[3])
        else:
            yield Reference(written)


def names_one(name: str, known: Collection[str]) -> bool:
    """Return whether a name, or what stands before one of its dots or brackets, is known: `table[0]`, `table.path`."""
    ends = [found.start() for found in re.finditer(r"[.\[]", name[:1000])]
    return any(name[:end] in known for end in [len(name), *ends])


def texts(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    """Yield each text in a value, and its place."""
    left = [(place, value)]
    while left:
        place, value = left.pop()
        if isinstance(value, str):
            yield place, value
        elif isinstance(value, dict):
            left += [((*place, key), item) for key, item in value.items()]
        elif isinstance(value, list):
            left += [((*place, index), item) for index, item in enumerate(value)]
