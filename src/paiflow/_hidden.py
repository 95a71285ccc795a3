"""Hold secrets so that nothing that prints an object shows them.

repr, pprint, rich, vars, attrs.asdict, json with a default, a traceback with locals: each reads attributes, or asks for a
repr. So a secret is kept inside a function, where none of them looks. Pickle and copy keep it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, SupportsIndex, TypeVar

T = TypeVar("T")

MASK = "'…'"


class Hidden(Generic[T]):
    """A value that is shown only by calling `reveal`. Equal to the value, and to another that hides an equal one."""

    __slots__ = ("reveal",)

    reveal: Callable[[], T]

    def __init__(self, value: T) -> None:
        self.reveal = lambda: value

    def __repr__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return bool(self.reveal() == (other.reveal() if isinstance(other, Hidden) else other))

    def __hash__(self) -> int:
        return hash(self.reveal())

    def __reduce__(self) -> tuple[Any, ...]:
        return Hidden, (self.reveal(),)


class Secret(str):
    """Text as any other, but for its repr, so that a secret that somebody has asked for is not shown by accident.

    `print` and format show it.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return MASK

    def __getitem__(self, place: SupportsIndex | slice) -> Secret:
        return Secret(str.__getitem__(self, place))  # rich shows the repr of the first characters of a long text


class Environment(Mapping[str, str]):
    """The environment, or another mapping, as it is at each moment; shows none of its values."""

    __slots__ = ("_variables",)

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = Hidden(variables)

    def __getitem__(self, name: str) -> str:
        return self._variables.reveal()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables.reveal())

    def __len__(self) -> int:
        return len(self._variables.reveal())
