"""An indexed table of items of one kind: look them up by ids or by values of fields, without a walk over all.

What a reply holds of a thing is computed when the thing changes, not when somebody asks: `catch_up` moves a table to a
moment and touches only what has changed since.
"""

import heapq
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from typing import Any, Generic, TypeVar

from paiflow.errors import ConfigurationError
from paiflow.mock.items import PUBLIC, Item, text_of
from paiflow.mock.timeline import moment_of

__all__ = ["Table"]

_ALL = ("", "")
_CACHED_SELECTIONS = 64


I = TypeVar("I", bound=Item)  # noqa: E741 - an item


class Table(Generic[I]):
    """Items of one kind. Not safe to share between threads: the store has a lock.

    Args:
        name: what errors call the kind.
        indexed: the fields by whose values items are found without a walk.
    """

    def __init__(self, name: str, indexed: Iterable[str] = ()) -> None:
        self._name = name
        self._indexed = tuple(indexed)
        self._items: dict[tuple[str, ...], I] = {}
        # Of each field and value, and each audience, the items in the order of their creation.
        self._index: dict[tuple[tuple[str, str], str], list[tuple[float, int, I]]] = defaultdict(list)
        self._places: dict[int, tuple[tuple[float, int, I], list[tuple[tuple[str, str], str]]]] = {}
        self._due: list[tuple[float, int, I]] = []
        # When each item changes next: an entry of _due that says something else is out of date.
        self._awaited: dict[int, float | None] = {}
        self._selections: dict[tuple[Any, ...], Sequence[I]] = {}

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[I]:
        return iter(self._items.values())

    def get(self, *ids: str) -> I | None:
        """Return the item with these ids, None if there is none."""
        return self._items.get(ids)

    def add(self, item: I, now: float, name: str) -> None:
        """Add an item; `name` is what an error calls it.

        Raises:
            ConfigurationError: there is one with its ids.
        """
        if item.ids in self._items:
            raise ConfigurationError(f"{self._name} {name} is there already")
        self._items[item.ids] = item
        self.update(item, now)

    def remove(self, item: I) -> None:
        """Remove an item."""
        del self._items[item.ids]
        self._awaited.pop(item.number, None)
        self._leave_index(item)

    def update(self, item: I, now: float) -> None:
        """Take note that an item has changed."""
        self._leave_index(item)
        item.refresh(now)
        if item.current is not None and not item.deleted:
            self._enter_index(item, item.current)
        moment = item.timeline.next_change(now)
        if moment != self._awaited.get(item.number):
            self._awaited[item.number] = moment
            if moment is not None:
                heapq.heappush(self._due, (moment, item.number, item))

    def catch_up(self, now: float) -> None:
        """Move to a moment, and apply all changes that were due until then."""
        while self._due and self._due[0][0] <= now:
            moment, number, item = heapq.heappop(self._due)
            if self._awaited.get(number) == moment:
                self.update(item, now)

    def select(
        self,
        user: str,
        wanted: Mapping[str, Collection[str]],
        *,
        contained: Mapping[str, str] | None = None,
        sort: Callable[[I], Any] | None = None,
        sort_by: str = "",
    ) -> Sequence[I]:
        """Return the items that are there, not deleted, and seen by a user.

        Args:
            user: the user's id.
            wanted: by field, the values of which the field has to have one.
            contained: by field, the text that the field has to contain.
            sort: the key to sort by; without one they come in the order of their creation.
            sort_by: names the key.
        """
        contained = contained or {}
        key = (user, sort_by, tuple(contained.items()), *((field, tuple(values)) for field, values in wanted.items()))
        found = self._selections.get(key)
        if found is None:
            found = self._found(user, wanted, contained)
            if sort is not None:
                found = sorted(found, key=sort)
            if len(self._selections) >= _CACHED_SELECTIONS:
                self._selections.clear()
            self._selections[key] = found
        return found

    def _found(self, user: str, wanted: Mapping[str, Collection[str]], contained: Mapping[str, str]) -> list[I]:
        terms = {
            field: [(field, value) for value in values] for field, values in wanted.items() if field in self._indexed
        }
        candidates = [self._entries(user, among) for among in terms.values()] or [self._entries(user, [_ALL])]
        lists = min(candidates, key=lambda entries: sum(map(len, entries)))
        items = [item for _, _, item in (merge(*lists) if len(lists) > 1 else lists[0] if lists else ())]
        if (len(terms) == len(wanted) == 1 and not contained) or not (wanted or contained):
            return items
        return [
            item
            for item in items
            if all(text_of(item.current, field) in values for field, values in wanted.items())
            and all(text in text_of(item.current, field) for field, text in contained.items())
        ]

    def _entries(self, user: str, terms: Iterable[tuple[str, str]]) -> list[list[tuple[float, int, I]]]:
        keys = [(term, audience) for term in terms for audience in {PUBLIC, user}]
        return [entries for key in keys if (entries := self._index.get(key))]

    def _enter_index(self, item: I, current: Mapping[str, Any]) -> None:
        place = (moment_of(current.get("GmtCreateTime")) or 0.0, item.number, item)
        terms = [_ALL, *((field, text_of(current, field)) for field in self._indexed)]
        keys = [(term, item.audience) for term in terms]
        for key in keys:
            insort(self._index[key], place)
        self._places[item.number] = (place, keys)
        self._selections.clear()

    def _leave_index(self, item: I) -> None:
        place, keys = self._places.pop(item.number, (None, ()))
        if place is None:
            return
        for key in keys:
            entries = self._index[key]
            del entries[bisect_left(entries, place)]
            if not entries:
                del self._index[key]
        self._selections.clear()
