"""The items of the service: the given fields of each, its timeline, and its present state."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from paiflow.mock.encoding import View
from paiflow.mock.manifest import Step
from paiflow.mock.timeline import ALWAYS, Timeline, moment_of, timestamp

__all__ = ["PUBLIC", "Item", "Node", "Run", "text_of"]

PUBLIC = ""
"""The audience of what every user sees. Any other audience is the id of the one user who does."""

_numbers = count(1)


class Item:
    """One thing.

    Attributes:
        ids: its keys.
        given: the fields that were put in.
        implied: the fields that replies hold in addition.
        timeline: how it changes.
        current: all that replies hold of it now; None while it is not there.
        number: counts items, in the order in which they came.
    """

    def __init__(
        self,
        ids: tuple[str, ...],
        given: Mapping[str, Any],
        *,
        implied: Mapping[str, Any] | None = None,
        timeline: Timeline = ALWAYS,
    ) -> None:
        self.ids = ids
        self.given: dict[str, Any] = dict(given)
        self.implied: dict[str, Any] = dict(implied or {})
        self.timeline = timeline
        self.current: dict[str, Any] | None = None
        self.number: int = next(_numbers)
        self._views: dict[tuple[Sequence[str], bool], View] = {}

    @property
    def id(self) -> str:
        """The last of its ids, which is its own."""
        return self.ids[-1]

    @property
    def status(self) -> str:
        """Its status; empty while it has none."""
        return text_of(self.current, "Status")

    @property
    def deleted(self) -> bool:
        """Whether it is marked as deleted."""
        return self.current is not None and bool(self.current.get("IsDeleted"))

    @property
    def audience(self) -> str:
        """The users who may see it."""
        return PUBLIC

    def view(self, fields: Sequence[str], *, as_given: bool = False) -> View:
        """Return its fields that a reply holds. Not to be changed; the item has to exist now.

        Args:
            fields: of the reply.
            as_given: without the implied ones.
        """
        view = self._views.get((fields, as_given))
        if view is None:
            current = self.current or {}
            hidden: Collection[str] = self.implied.keys() - self.given.keys() if as_given else ()
            view = View({name: value for name, value in current.items() if name in fields and name not in hidden})
            self._views[fields, as_given] = view
        return view

    def refresh(self, now: float) -> None:
        """Compute what replies hold of it at a moment."""
        # What was put in stands first, in its order.
        self.current = self.timeline.at({**self.given, **self.implied, **self.given}, now)
        self._views = {}


class Run(Item):
    """A run.

    Attributes:
        nodes: its nodes, in the order in which they came.
        failure: its message if it fails; empty for none.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.nodes: list[Node] = []
        self.failure = ""

    @property
    def audience(self) -> str:
        """The user who created it, if it is private."""
        return text_of(self.current, "UserId") if text_of(self.current, "Accessibility") == "PRIVATE" else PUBLIC

    def seen_by(self, user: str) -> bool:
        """Whether it is there for a user. Assumption: visibility."""
        return self.current is not None and self.audience in (PUBLIC, user)

    def refresh(self, now: float) -> None:
        """Compute what replies hold of it at a moment: its duration and last change, too."""
        super().refresh(now)
        if self.current is None:
            return
        started, finished = (moment_of(self.current.get(name)) for name in ("StartedAt", "FinishedAt"))
        if "Duration" not in self.given:  # Assumption: duration.
            self.current["Duration"] = 0 if started is None or finished is None else int(finished - started)
        if "GmtModifiedTime" not in self.given and (changed := self.timeline.last_change(now)) is not None:
            self.current["GmtModifiedTime"] = timestamp(changed)
        if self.failure and self.status == "Failed":
            self.current["Message"] = self.failure


class Node(Item):
    """A node of a run.

    Attributes:
        run: the run.
        parent: the node that holds it; None for the root, and where nothing is known.
        children: the nodes in it.
        step: what its manifest says of it, None if it was made from none.
        dependencies: the nodes that have to end before it.
        made: the service made it, as the root of a run of which nothing more was said; it may be replaced.
    """

    def __init__(self, *args: Any, run: Run, made: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.run = run
        self.made = made
        self.parent: Node | None = None
        self.children: list[Node] = []
        self.step: Step | None = None
        self.dependencies: list[Node] = []

    def below(self, depth: int) -> Iterator["Node"]:
        """Yield the node and the nodes in it, so many levels deep."""
        if self.current is not None:
            yield self
        if depth > 1:
            for child in self.children:
                yield from child.below(depth - 1)


def text_of(fields: Mapping[str, Any] | None, name: str) -> str:
    """Return a field's value as text, empty for none. Ids of accounts are texts or numbers."""
    value = (fields or {}).get(name)
    return "" if value is None else str(value)
