"""The log of a node: lines that appear one by one, filtered by a request."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

__all__ = ["Log"]


class Log:
    """The lines of one node, those to come too, in the order of their moments."""

    def __init__(self) -> None:
        self._moments: list[float] = []
        self._lines: list[str] = []

    def add(self, lines: Iterable[tuple[float, str]]) -> None:
        """Add lines, each with the moment at which it comes. Of the same moment, the later added comes later."""
        for moment, line in lines:
            index = bisect_right(self._moments, moment)
            self._moments.insert(index, moment)
            self._lines.insert(index, line)

    def forget_after(self, now: float) -> None:
        """Remove the lines that are still to come."""
        come = bisect_right(self._moments, now)
        del self._moments[come:], self._lines[come:]

    def lines(self, now: float, *, start: int | None = None, end: int | None = None, keyword: str = "") -> list[str]:
        """Return the lines that have come.

        Args:
            now: the moment.
            start: from this second on; None for all.
            end: up to this second, which counts whole; None for all.
            keyword: what each line contains.
        """
        first = 0 if start is None else bisect_left(self._moments, start)
        last = bisect_right(self._moments, now)
        if end is not None:
            last = min(last, bisect_left(self._moments, end + 1))
        lines = self._lines[first:last]
        return [line for line in lines if keyword in line] if keyword else lines
