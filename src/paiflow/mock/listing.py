"""Filters, sorting, pages and the count, for all operations that list in pages."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import attrs

from paiflow.mock.call import Call
from paiflow.mock.items import Item
from paiflow.mock.table import Table

__all__ = ["Listing", "page_of", "sort_key"]

_OF_THE_PAGE = frozenset({"SortBy", "Order"})
_CREATED = "GmtCreateTime"


@attrs.frozen(kw_only=True)
class Listing:
    """An operation that lists the items of a table.

    Each parameter of the description that is given filters by the field of its name. Assumptions: default-order, exact-filters, page-sizes.

    Args:
        table: which one.
        size: how many a page holds if the request does not say.
        order: the order if the request does not say.
        fields: the fields of those parameters that have another name.
        ignored: parameters that change nothing.
        fuzzy: parameters that are partial matches if FuzzyMatching is true.
    """

    table: Callable[[Call], Table[Any]]
    size: int
    order: str = "DESC"
    fields: Mapping[str, str] = attrs.field(factory=dict)
    ignored: Collection[str] = ()
    fuzzy: Collection[str] = ()

    def __call__(self, call: Call) -> dict[str, Any]:
        """Return the reply."""
        pages = call.operation.pages
        skipped = {*_OF_THE_PAGE, *self.ignored, pages["number"], pages["size"], "FuzzyMatching"}
        wanted: dict[str, Collection[str]] = {}
        contained: dict[str, str] = {}
        for name, value in call.parameters.items():
            field = self.fields.get(name, name)
            if name not in call.operation.parameters or name in skipped:
                continue
            if name in self.fuzzy and call.get("FuzzyMatching"):
                contained[field] = value
            else:
                wanted[field] = tuple(value) if isinstance(value, list) else (str(value),)
        by = call.get("SortBy", _CREATED)
        sort = None if by == _CREATED else sort_key(by)
        items = self.table(call).select(call.user, wanted, contained=contained, sort=sort, sort_by=by)
        return page(call, items, self.size, descending=call.get("Order", self.order) == "DESC")


def page(call: Call, items: Sequence[Item], size: int, *, descending: bool) -> dict[str, Any]:
    """Return the reply with one page of items.

    Args:
        call: says which page.
        items: all that match, in ascending order.
        size: how many a page holds if the request does not say.
        descending: whether the last item comes first.
    """
    pages = call.operation.pages
    fields = call.operation.item_fields(pages["items"])
    number, size = call.get(pages["number"], 1), call.get(pages["size"], size)
    found = page_of(items, number, size, descending=descending)
    return {pages["total"]: len(items), pages["items"]: [item.view(fields) for item in found]}


def page_of(items: Sequence[Any], number: int, size: int, *, descending: bool) -> Sequence[Any]:
    """Return the items on one page, counted from 1; none behind the last."""
    first = (number - 1) * size
    if not descending:
        return items[first : first + size]
    end = len(items) - first
    return items[max(0, end - size) : end][::-1] if end > 0 else ()


def sort_key(field: str) -> Callable[[Item], tuple[bool, float, str]]:
    """Return the key to sort items by a field: numbers by value, texts by character, nothing before all else."""

    def key(item: Item) -> tuple[bool, float, str]:
        value = (item.current or {}).get(field)
        if isinstance(value, int | float):
            return True, float(value), str(value)
        return bool(value), 0.0, str(value or "")

    return key
