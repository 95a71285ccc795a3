"""The known state of each thing at a service, from our own requests, the documented samples, and replies.

All operations have to say the same of a thing, and each says the same again. Only of a thing that is moving, such as a
run that runs, some fields may change by themselves, and its status goes forwards only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from paiflow.contract.http import same
from paiflow.contract.manifests import Manifest

Wire = dict[str, Any]
Ids = tuple[str, ...]

IDS: Mapping[str, Ids] = {
    "run": ("PipelineRunId",),
    "node": ("PipelineRunId", "NodeId"),
    "output": ("PipelineRunId", "NodeId", "Id"),
    "pipeline": ("PipelineId",),
    "workspace": ("WorkspaceId",),
}
"""What makes two of a kind the same one."""

CHANGING = frozenset(
    [
        *("Status", "StartedAt", "FinishedAt", "Duration", "GmtModifiedTime", "Message", "RuntimeInfo", "Progress"),
        *("StatusInfo", "InputArtifactArchived", "OutputArtifactArchived", "Spec", "Metadata"),
    ]
)
"""Fields that change by themselves while a thing is moving."""

RANKS = {
    "Initialized": 0,
    "ReadyToSchedule": 1,
    "Starting": 1,
    "WorkflowServiceStarting": 1,
    "Running": 2,
    "Terminating": 3,
    **dict.fromkeys(["Terminated", "Succeeded", "Failed", "Skipped"], 4),
}
"""How far a status is in a life. Source: the lifecycle that the vendor's pages and its higher SDK tell of."""

ENDED = frozenset(status for status, rank in RANKS.items() if rank == 4)


@dataclass(eq=False)
class Thing:
    """A thing that exists.

    Args:
        kind: of `IDS`.
        ids: its keys.
        put: the fields that were put in.
        ours: it was created by the suite.
        owner: the access key's id of the only user who sees it, None if everybody does.
        moving: it may change by itself.
        possible: the statuses that it may have; None for any.
        seen: the status that it had a moment ago, while it was moving.
        deleted: it is deleted, and shown by ListPipelineRunsStatus only.
        documented: the fields that an operation's page shows, by operation.
        said: what each operation, and variant of its reply, has said.
        facts: what was said before something happened to it, and still holds.
        children: of a node, the nodes in it; None if they are not known.
        manifest: of a run, what it was made from.
    """

    kind: str
    ids: Ids
    put: Wire = field(default_factory=dict)
    ours: bool = False
    owner: str | None = None
    moving: bool = False
    possible: frozenset[str] | None = None
    seen: str | None = None
    deleted: bool = False
    documented: dict[str, Wire] = field(default_factory=dict)
    said: dict[str, Wire] = field(default_factory=dict)
    facts: Wire = field(default_factory=dict)
    children: list[Thing] | None = None
    manifest: Manifest | None = None

    @property
    def id(self) -> str:
        """The last of its ids, which is its own."""
        return self.ids[-1]

    @property
    def fields(self) -> Wire:
        """All that is known of it."""
        known: Wire = dict(zip(IDS[self.kind], self.ids, strict=True)) | self.facts
        for wire in (*reversed(self.documented.values()), *self.said.values()):
            known |= wire
        return known | self.put

    def was_told_by(self, operation: str) -> bool:
        """Return whether an operation has told of it, since it last changed."""
        return any(source.partition(" ")[0] == operation for source in self.said)

    def below(self, depth: int) -> Iterator[Thing]:
        """Yield the node and the nodes in it, so many levels deep."""
        yield self
        if depth > 1:
            for child in self.children or ():
                yield from child.below(depth - 1)

    def differences(self, source: str, wire: Wire, described: Iterable[str]) -> Iterator[str]:
        """Yield how a reply differs from what is known.

        Args:
            source: the operation, and the variant of its reply.
            wire: what it says of the thing.
            described: the fields that it may have.
        """
        status = wire.get("Status")
        if self.possible is not None and "Status" in wire and status not in self.possible:
            yield f"Status is {status}, {' or '.join(sorted(self.possible))[:80]} is due"
        open_fields = CHANGING if self.moving else frozenset()
        known, before = self.fields, self.said.get(source)
        due = self.put | self.documented.get(source, {})
        for name in sorted({*wire, *(before or ()), *due} - open_fields):
            if name not in wire:
                if name in (before or ()) or (name in due and name in described):
                    yield f"{name} is missing, {short(known[name])} is due"
            elif name in due and not told(due[name], wire[name]):
                yield f"{name} is {short(wire[name])}, {short(due[name])} is due"
            elif before is not None and name not in before:
                yield f"{name} is not due, but there"
            elif before is not None and not same(before[name], wire[name]):
                yield f"{name} is {short(wire[name])}, {short(before[name])} is due"
            elif name in known and not alike(known[name], wire[name]):
                yield f"{name} is {short(wire[name])}, {short(known[name])} is due"

    def learn(self, source: str, wire: Wire) -> None:
        """Record the values in an operation's reply."""
        status = wire.get("Status")
        if self.moving:
            self.seen = status or self.seen
            if status in ENDED:
                self.stay(status)
            elif status in RANKS:
                rank = RANKS[str(status)]
                allowed = self.possible or frozenset(RANKS)
                self.possible = frozenset(one for one in allowed if RANKS[one] >= rank)
                wire = {name: value for name, value in wire.items() if name not in CHANGING}
        self.said.setdefault(source, dict(wire))

    def move(self, possible: Iterable[str] | None) -> None:
        """It may change by itself from now on, and has one of these statuses."""
        self.moving, self.seen, self.possible = True, None, None if possible is None else frozenset(possible)
        self.forget(CHANGING)

    def stay(self, status: str | None) -> None:
        """It does not change by itself any more."""
        self.moving, self.possible = False, None if status is None else frozenset([status])
        self.forget(CHANGING)

    def forget(self, names: Iterable[str]) -> None:
        """Forget what was said of some fields, and that it was said: any operation may say something else now."""
        gone = frozenset(names)
        self.facts = {name: value for name, value in self.fields.items() if name not in gone}
        self.put = {name: value for name, value in self.put.items() if name not in gone}
        self.documented, self.said = {}, {}


def told(due: Any, found: Any) -> bool:
    """Return whether a value is the one that was put in: the same, or the same JSON in a text."""
    if same(due, found):
        return True
    if not (isinstance(due, str) and isinstance(found, str) and due[:1] == found[:1] == "{"):
        return False
    try:
        return same(json.loads(due), json.loads(found))
    except ValueError:
        return False


def alike(left: Any, right: Any) -> bool:
    """Return whether two operations say the same: an account's id may be a number in one and a text in the other."""
    return same(left, right) or (
        isinstance(left, str | int) and isinstance(right, str | int) and str(left) == str(right)
    )


def text_of(thing: Thing, name: str) -> str:
    """Return a field as text, empty for none."""
    value = thing.fields.get(name)
    return "" if value is None else str(value)


def short(value: Any) -> str:
    """Return a value to be shown in a line."""
    text = value if isinstance(value, str) and " " in value else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 100 else f"{text[:97]}…"
