"""The items of the comparison: an operation, its parameters, and the fields of its body and reply."""

from __future__ import annotations

from dataclasses import dataclass, field

BODY = "body"
REPLY = "reply"


@dataclass(frozen=True, order=True)
class Place:
    """Where a parameter or field stands.

    Attributes:
        part: path, query, header, body or reply.
        name: PageSize, Nodes[].NodeId; "" for the whole body or reply.
    """

    part: str
    name: str

    def inner(self, name: str) -> Place:
        """Return the place of a field of what stands here."""
        return Place(self.part, f"{self.name}.{name}" if self.name else name)

    @property
    def items(self) -> Place:
        """The place of the items of the list that stands here."""
        return Place(self.part, f"{self.name}[]")

    @property
    def is_field(self) -> bool:
        """Whether it is part of a reply or of a parameter, not a parameter itself."""
        return self.part == REPLY or "." in self.name or self.name.endswith("[]")

    def holds(self, other: Place) -> bool:
        """Whether the other place is inside of this one."""
        inside = other.name.startswith((f"{self.name}.", f"{self.name}[]")) if self.name else bool(other.name)
        return self.part == other.part and inside

    def __str__(self) -> str:
        return f"{self.part} {self.name}".rstrip()


@dataclass(frozen=True)
class Entry:
    """The facts of a parameter or field. `required` is None where it has no meaning, as for items."""

    type: str
    format: str | None = None
    required: bool | None = None


@dataclass(frozen=True)
class Operation:
    """One operation, and its entries by place."""

    name: str
    method: str
    path: str
    version: str
    entries: dict[Place, Entry] = field(default_factory=dict)
