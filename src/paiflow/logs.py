"""Read a node's log to its end, and follow it while the node runs.

The vendor's pages contradict each other about Offset: a page number (Chinese), or the number of lines to leave out
(English). The first page of a log decides: two more lines are asked for at an offset and size where both readings
return different lines of those that are known. A log shorter than a page needs no decision.

Source: ListPipelineRunNodeLogs, "Offset", in both languages.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from paiflow.errors import PaiFlowError
from paiflow.paging import check_counts
from paiflow.steps import Item, Pause, Steps, one
from paiflow.waiting import mends, wished
from paiflow_api.calling import Call
from paiflow_api.operations import GET_PIPELINE_RUN_NODE
from paiflow_api.outcomes import NODE_STATUS

# Ours: the vendor's page gives 100 as its example.
LINES: Final = 100
SHORTEST: Final = 2.0
LONGEST: Final = 15.0
GROWTH: Final = 1.5
# Two readings of Offset differ within the known lines from here on.
FEWEST_TO_DECIDE: Final = 4

Reading = Literal["lines", "pages"]


def lines(
    call: Call[Any], *, follow: bool, limit: int | None, page_size: int, refreshes: bool = True
) -> Steps[str, None]:
    """Yield a log's lines in order.

    Args:
        call: of ListPipelineRunNodeLogs, with its filters.
        follow: go on until the node has ended and its log is read to the end. What may pass (throttling, faults of the
            service and of the network) is waited out.
        limit: at most so many lines; None for all.
        page_size: lines a call.
        refreshes: whether an expired token may be followed by a fresh one.
    """
    check_counts(call.operation.name, limit=limit, page_size=page_size)
    log = _Log(call, page_size)
    pause = SHORTEST
    given = 0
    ended = not follow
    while True:
        try:
            new = yield from log.more()
            if not new and not ended:
                # Asked only when there is nothing new, and the log once more after it: no line after the end is lost.
                if (yield from _has_ended(call)):
                    ended = True
                    continue
        except PaiFlowError as error:
            if not follow or not mends(error, refreshes=refreshes):
                raise
            yield Pause(max(pause, wished(error)))
            pause = min(LONGEST, pause * GROWTH)
            continue
        for line in new:
            yield Item(line)
            given += 1
            if given == limit:
                return
        if new:
            pause = SHORTEST
        elif ended:
            return
        else:
            yield Pause(pause)
            pause = min(LONGEST, pause * GROWTH)


class _Log:
    """How far a log has been read."""

    def __init__(self, call: Call[Any], size: int) -> None:
        self._call = call
        self._size = size
        self._read = 0  # lines
        self._first: list[str] = []  # of page 0, as it was last returned
        self._reading: Reading | None = None

    def more(self) -> Steps[Any, list[str]]:
        """Return the lines after those that were read, [] at the end of what there is."""
        if self._reading is None and len(self._first) >= FEWEST_TO_DECIDE:
            self._reading = yield from self._decide()
        if self._reading == "lines":
            new = yield from self._page(self._read, self._size)
        elif self._read == len(self._first) < self._size:
            new = yield from self._first_page_again()
        else:
            number, known = divmod(self._read, self._size)
            new = (yield from self._page(number, self._size))[known:]
        self._read += len(new)
        return new

    def _first_page_again(self) -> Steps[Any, list[str]]:
        """Return what is new while the first page is not full, or is shorter than asked because the service caps it."""
        known = len(self._first)
        self._first = yield from self._page(0, self._size)
        new = self._first[known:]
        if not new and self._reading == "pages":
            new = yield from self._page(1, known)
            if new:
                self._size = known
        return new

    def _decide(self) -> Steps[Any, Reading]:
        """Return how Offset counts, by asking for lines that are known.

        Where the whole first page repeats one line, the number of lines decides.
        """
        known = self._first
        for size in range(2, len(known) // 2 + 1):
            if known[1 : 1 + size] != known[size : 2 * size]:
                return "pages" if (yield from self._page(1, size)) == known[size : 2 * size] else "lines"
        if (yield from self._page(len(known), 1)):
            return "lines"
        beyond = yield from self._page(1, len(known))
        return "lines" if beyond == known[1:] else "pages"

    def _page(self, offset: int, size: int) -> Steps[Any, list[str]]:
        arguments = {**self._call.arguments, "offset": offset, "page_size": size}
        reply = yield from one(Call(self._call.operation, arguments))
        return list(reply.logs)


def _has_ended(call: Call[Any]) -> Steps[Any, bool]:
    names = ("pipeline_run_id", "node_id", "token_id")
    arguments = {name: call.arguments.get(name) for name in names}
    node = yield from one(Call(GET_PIPELINE_RUN_NODE, {**arguments, "depth": 1}))
    status = node.status_info.status if node.status_info is not None else None
    return NODE_STATUS.get(status or "", "unknown") not in ("active", "unknown")
