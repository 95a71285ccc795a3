"""A fault and its place in a document, which resolves to a line of the file."""

from __future__ import annotations

from dataclasses import dataclass

from paiflow._description import Place, pointer_to


@dataclass(frozen=True, order=True)
class Fault:
    """Something that is wrong at a place of a document."""

    place: Place
    message: str

    @property
    def pointer(self) -> str:
        """The place as a JSON pointer."""
        return pointer_to(*self.place)
