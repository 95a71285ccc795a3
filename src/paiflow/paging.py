"""Read all pages of an operation that returns one page a call.

Pages are counted from 1 and have no cursor, so they shift while items are added or deleted. Each item is yielded once,
by its id. The end is a page without items: TotalCount changes while one reads, and a page may be shorter than what was
asked for, because the service leaves out what an account may not see.

A page that repeats the one before is the end too, where a service answers with its last page from there on. But newest
first, a page also repeats when as many items as it holds were added meanwhile. So while TotalCount promises more, a few
repetitions are forgiven.

Source: PageNumber and PageSize in the vendor's pages of ListPipelineRuns, ListPipelines, ListPipelineRunNodeOutputs,
ListWorkspaces; TotalCount 2 beside one item in the sample of ListPipelineRunNodeOutputs.
"""

from __future__ import annotations

from itertools import count
from typing import Any, Final

from paiflow.errors import InvalidRequest
from paiflow.steps import Item, Steps, one
from paiflow_api.calling import Call

# Ours: the vendor's pages name no greatest size.
PAGE_SIZE: Final = 100
# Repetitions of a page in a row that end the reading, whatever TotalCount promises.
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
    size = page_size if limit is None else min(page_size, limit)
    seen: set[str] = set()
    before: list[object] = []
    repeats = 0
    left = limit
    for number in count(1):
        reply = yield from one(Call(call.operation, {**call.arguments, pages.number: number, pages.size: size}))
        page = [(pages.id_of(item), item) for item in pages.items_of(reply)]
        keys = [item if id_ is None else id_ for id_, item in page]
        repeats = repeats + 1 if keys == before else 0
        before = keys
        if not page or (repeats and (repeats == REPEATS or (pages.total_of(reply) or 0) <= number * size)):
            return
        for id_, item in page:
            if id_ is not None:
                if id_ in seen:
                    continue
                seen.add(id_)
            yield Item(item)
            if left is not None and (left := left - 1) <= 0:
                return


def check_counts(operation: str, **counts: object) -> None:
    """Refuse counts that are no whole number of at least 1; None is no limit.

    Raises:
        InvalidRequest: names the argument.
    """
    for name, value in counts.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            message = f"{name} must be a whole number of at least 1, not {value!r:.60}"
            raise InvalidRequest(operation, code="InvalidParameter", message=message)
