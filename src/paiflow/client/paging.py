"""Read all pages of an operation that returns one page a call.

Pages are counted from 1 and have no cursor, so they shift while items are added or deleted. Each item is yielded once,
by its id. The end is a page without items: TotalCount changes while one reads, and a page may be shorter than what was
asked for, because the service leaves out what an account may not see.

A page that was short, but was not the last, is asked for once more: oldest first, items may have been added to it after
it was read. A page that repeats the one before is the end too, where a service answers with its last page from there on.
But newest first, a page also repeats when as many items as it holds were added meanwhile. So while TotalCount promises
more, a few repetitions are forgiven.

Source: PageNumber and PageSize in the vendor's pages of ListPipelineRuns, ListPipelines, ListPipelineRunNodeOutputs,
ListWorkspaces; TotalCount 2 beside one item in the sample of ListPipelineRunNodeOutputs.
"""

from __future__ import annotations

from typing import Any, Final

from paiflow.errors import InvalidRequest
from paiflow.steps import Items, Steps, one
from paiflow_api.calling import Call, Pages

# Ours: the vendor's pages name no greatest size.
PAGE_SIZE: Final = 100
# Repetitions of a page in a row that end the reading, even if TotalCount promises more.
REPEATS: Final = 3


def items(call: Call[Any], limit: int | None, page_size: int = PAGE_SIZE) -> Steps[Any, None]:
    """Yield the items of all pages, each once.

    Args:
        call: of a paged operation, with its filters.
        limit: at most so many items; None for all.
        page_size: items a call.

    Raises:
        InvalidRequest: a number below 1, or the operation has no pages.
    """
    check_counts(call.operation.name, limit=limit, page_size=page_size)
    pages = call.operation.pages
    if pages is None:
        raise InvalidRequest(call.operation.name, code="InvalidParameter", message="this operation has no pages")
    listing = _Listing(call, pages, page_size if limit is None else min(page_size, limit))
    left = limit
    while (new := (yield from listing.more())) is not None:
        yield Items(new[:left])
        if left is not None and (left := left - len(new)) <= 0:
            return


class _Listing:
    """How far a list has been read."""

    def __init__(self, call: Call[Any], pages: Pages, size: int) -> None:
        self._call = call
        self._pages = pages
        self._size = size
        self._number = 0
        self._full = size  # items of a page that is not short
        self._before: list[object] = []  # what tells the items of the last page from others
        self._repeats = 0
        self._seen: set[str] = set()

    def more(self) -> Steps[Any, list[Any] | None]:
        """Return the items of the next page that were not returned before, None at the end."""
        self._number += 1
        page, total = yield from self._page(self._number)
        keys = [item if id_ is None else id_ for item, id_ in page]
        self._repeats = self._repeats + 1 if keys == self._before else 0
        if not page or (self._repeats and (self._repeats == REPEATS or total <= self._number * self._size)):
            return None
        added: list[Any] = []
        if 0 < len(self._before) < self._full and not self._repeats:
            again, _ = yield from self._page(self._number - 1)
            added = self._unseen([(item, id_) for item, id_ in again if id_ is not None])
            if not added:
                self._full = len(self._before)  # the service returns no more a page, or leaves some out
        self._before = keys
        return added + self._unseen(page)

    def _page(self, number: int) -> Steps[Any, tuple[list[tuple[Any, str | None]], int]]:
        """Return the items of a page, each with its id, and TotalCount."""
        call = Call(
            self._call.operation, {**self._call.arguments, self._pages.number: number, self._pages.size: self._size}
        )
        reply = yield from one(call)
        items = self._pages.items_of(reply)
        return list(zip(items, self._pages.ids_of(items), strict=True)), self._pages.total_of(reply) or 0

    def _unseen(self, page: list[tuple[Any, str | None]]) -> list[Any]:
        """Return the items whose ids are new; one without an id always is."""
        new = [item for item, id_ in page if id_ not in self._seen]
        self._seen.update([id_ for _, id_ in page if id_ is not None])
        return new


def check_counts(operation: str, **counts: object) -> None:
    """Refuse counts that are no whole number of at least 1; None is no limit.

    Raises:
        InvalidRequest: names the argument.
    """
    for name, value in counts.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            message = f"{name} must be a whole number of at least 1, not {value!r:.60}"
            raise InvalidRequest(operation, code="InvalidParameter", message=message)
