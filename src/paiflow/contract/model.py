"""The model of a service: all that is known to exist there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from paiflow.contract.arguments import Refusal
from paiflow.contract.interface import Interface
from paiflow.contract.manifests import Manifest
from paiflow.contract.things import IDS, Ids, Thing, text_of


@dataclass(frozen=True)
class Part:
    """The expected contents of one list of a reply, or of the reply itself.

    Args:
        things: all that are due, in order; of several pages, those of all.
        first: how many of them come on the pages before.
        size: how many the page holds; None for all.
        key: equal for things whose order among each other is open; None if the order is.
        total: the field that counts them all.
        exact: whether nothing else may be there, and nothing of it missing.
    """

    things: Sequence[Thing] = ()
    first: int = 0
    size: int | None = None
    key: Callable[[Thing], Any] | None = None
    total: str | None = None
    exact: bool = True

    @property
    def page(self) -> Sequence[Thing]:
        """The things on the page."""
        return self.things[self.first : None if self.size is None else self.first + self.size]


@dataclass(frozen=True)
class Answer:
    """The expected contents of a 200.

    Args:
        parts: by list, "" for the reply itself.
        variant: tells replies of one operation apart that hold other fields; empty, or begins with a space.
        lines: of a log, those that are due; and how many there are of all pages.
        absent: fields that the reply does not hold.
        only: the fields that the things in it may hold; None for all.
    """

    parts: Mapping[str, Part] = field(default_factory=dict)
    variant: str = ""
    lines: tuple[Sequence[str], int] | None = None
    absent: frozenset[str] = frozenset()
    only: frozenset[str] | None = None


Due = Answer | Refusal


@dataclass
class Model:
    """All that exists.

    Args:
        interface: the description.
        strict: whether each value stays as it is, and what is known is all of it.
        frozen: time stands still: what was seen a moment ago is still so.
        things: by kind and ids, in the order in which they were created.
        complete: the kinds of which everything is known that exists.
        logs: lines of nodes that do not write any more, by the nodes' ids.
        explored: nodes whose outputs are all known, by their ids.
        manifests: by their text; None for a text that is none.
        offset: what the Offset of logs counts, "lines" or "pages"; None if that is not known.
    """

    interface: Interface
    strict: bool
    frozen: bool = False
    things: dict[str, dict[Ids, Thing]] = field(default_factory=lambda: {kind: {} for kind in IDS})
    complete: set[str] = field(default_factory=set)
    logs: dict[Ids, list[str]] = field(default_factory=dict)
    explored: set[Ids] = field(default_factory=set)
    manifests: dict[str, Manifest | None] = field(default_factory=dict)
    offset: str | None = None

    def thing(self, kind: str, *ids: str) -> Thing | None:
        """Return a thing, None if there is none."""
        return self.things[kind].get(ids)

    def known(self, kind: str, ids: Ids, **put: Any) -> Thing:
        """Return a thing, which is added if it is not there."""
        return self.things[kind].setdefault(ids, Thing(kind, ids, put))

    def passes(self) -> None:
        """Time passes: what is moving may be anywhere."""
        for things in self.things.values():
            for thing in things.values():
                thing.seen = None

    def of(self, kind: str) -> list[Thing]:
        """Return all of a kind that are not deleted."""
        return [thing for thing in self.things[kind].values() if not thing.deleted]

    def outputs_of(self, node: Thing) -> list[Thing]:
        """Return the outputs of a node."""
        return [thing for thing in self.things["output"].values() if thing.ids[:2] == node.ids]

    def nodes_of(self, run: Thing) -> list[Thing]:
        """Return the nodes of a run that are known."""
        return [thing for thing in self.things["node"].values() if thing.ids[0] == run.id]

    def root(self, run: Thing) -> Thing | None:
        """Return the root node of a run."""
        return self.thing("node", run.id, text_of(run, "NodeId"))

    def users_of(self, pipeline: Thing) -> bool:
        """Return whether another pipeline uses a pipeline."""
        identity = tuple(text_of(pipeline, name) for name in ("Provider", "Identifier", "Version"))
        manifests = [
            self.manifests.get(text_of(thing, "Manifest")) for thing in self.of("pipeline") if thing is not pipeline
        ]
        return any(identity in manifest.uses for manifest in manifests if manifest is not None)
