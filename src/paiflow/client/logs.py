"""Read a node's log to its end, and follow it while the node runs.

The vendor's pages contradict each other about Offset: a page number (Chinese), or the number of lines to leave out
(English). Both mean the same for the first page, and for pages of one line. That decides: of two places in the log, of
which the second is twice as far and holds no line, a page of two lines begins at the first by one reading, and at the
second by the other. So no content is compared, and a log of one repeated line is read as any other.

Source: ListPipelineRunNodeLogs, "Offset", in both languages.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from paiflow.client.paging import check_counts
from paiflow.errors import InvalidRequest, PaiFlowError
from paiflow.status.waiting import mends, wished
from paiflow.steps import Items, Pause, Steps, one
from paiflow_api.calling import Call
from paiflow_api.models import ListPipelineRunNodeLogsResponse
from paiflow_api.operations import GET_PIPELINE_RUN_NODE
from paiflow_api.outcomes import NODE_STATUS

# Ours: the vendor's page gives 100 as its example.
LINES: Final = 100
SHORTEST: Final = 2.0
LONGEST: Final = 15.0
GROWTH: Final = 1.5
# No log is so long. A service that has a line at any place pays no heed to Offset.
FURTHEST: Final = 1 << 30

Reading = Literal["lines", "pages"]


def lines(
    call: Call[Any], *, follow: bool, limit: int | None, page_size: int = LINES, refreshes: bool = True
) -> Steps[str, None]:
    """Yield a log's lines in order.

    Args:
        call: of ListPipelineRunNodeLogs, with its filters.
        follow: go on until the node has ended and its log is read to the end. What may pass (throttling, faults of the
            service and of the network) is waited out.
        limit: at most so many lines; None for all.
        page_size: lines a call.
        refreshes: whether an expired token may be followed by a fresh one.

    Raises:
        InvalidRequest: a number below 1; or the newest lines are to come first, which have no end while one follows.
    """
    check_counts(call.operation.name, limit=limit, page_size=page_size)
    if follow and call.arguments.get("reverse"):
        message = "follow and reverse do not go together: new lines would come first"
        raise InvalidRequest(call.operation.name, code="InvalidParameter", message=message)
    log = Log(call, page_size if limit is None else min(page_size, limit))
    pause = SHORTEST
    left = limit
    ended = not follow
    while True:
        try:
            new = yield from log.more()
            # Asked only when there is nothing new, and the log once more after it: no line after the end is lost.
            if not new and not ended and (ended := (yield from _has_ended(call))):
                continue
        except PaiFlowError as error:
            if not follow or not mends(error, refreshes=refreshes):
                raise
            yield Pause(max(pause, wished(error)))
            pause = min(LONGEST, pause * GROWTH)
            continue
        if new:
            yield Items(new[:left])
            if left is not None and (left := left - len(new)) <= 0:
                return
            pause = SHORTEST
        elif ended:
            return
        else:
            yield Pause(pause)
            pause = min(LONGEST, pause * GROWTH)


class Log:
    """How far a log has been read."""

    def __init__(self, call: Call[Any], size: int = LINES) -> None:
        """Begin at the first line.

        Args:
            call: of ListPipelineRunNodeLogs, with its filters.
            size: lines a page.
        """
        self._call = call
        self._size = size
        self._read = 0  # lines
        self._reading: Reading | None = None

    def more(self) -> Steps[Any, list[str]]:
        """Return the lines after those that were read, [] at the end of what there is."""
        if self._reading is None:
            if self._read and not (yield from self._page(self._read, 1)):
                return []
            if self._read < self._size:
                new = (yield from self._page(0, self._size))[self._read :]
                self._read += len(new)
                if new or not self._read:
                    return new
                # There is a line that the first page does not hold: the service returns no more lines a page.
                self._size = self._read
            self._reading = "lines" if self._size == 1 else (yield from self._decide())
        if self._reading == "lines":
            new = yield from self._page(self._read, self._size)
        else:
            number, known = divmod(self._read, self._size)
            new = (yield from self._page(number, self._size))[known:]
        self._read += len(new)
        return new

    def seek(self, tail: int) -> Steps[Any, None]:
        """Go to so many lines before the end of what there is."""
        self._read = max(0, (yield from self._end()) - tail)

    def _end(self) -> Steps[Any, int]:
        """Return how many lines there are: TotalCount if the lines around it bear it out, else by halving."""
        reply = yield from self._reply(0, self._size)
        first, total = len(reply.logs), reply.total_count or 0
        if not first or not (yield from self._page(first, 1)):
            return first
        self._size = first  # as above
        if total > first and (yield from self._page(total - 1, 1)) and not (yield from self._page(total, 1)):
            return total
        least, more = first + 1, 2 * (first + 1)
        while more < FURTHEST and (yield from self._page(more - 1, 1)):
            least, more = more, 2 * more
        while more - least > 1:
            middle = (least + more) // 2
            if (yield from self._page(middle - 1, 1)):
                least = middle
            else:
                more = middle
        return least

    def _decide(self) -> Steps[Any, Reading]:
        """Return how Offset counts. At least two lines are read."""
        place = self._read - 1
        while place < FURTHEST:
            if not (yield from self._page(2 * place, 1)):
                if not (yield from self._page(place, 2)):
                    return "pages"
                # Asked again, for the line may have come meanwhile.
                if not (yield from self._page(2 * place, 1)):
                    return "lines"
            place *= 2
        return "lines"

    def _page(self, offset: int, size: int) -> Steps[Any, list[str]]:
        return list((yield from self._reply(offset, size)).logs)

    def _reply(self, offset: int, size: int) -> Steps[Any, ListPipelineRunNodeLogsResponse]:
        call = Call(self._call.operation, {**self._call.arguments, "offset": offset, "page_size": size})
        reply: ListPipelineRunNodeLogsResponse = yield from one(call)
        return reply


def _has_ended(call: Call[Any]) -> Steps[Any, bool]:
    names = ("pipeline_run_id", "node_id", "token_id")
    asked = Call(GET_PIPELINE_RUN_NODE, {"depth": 1, **{name: call.arguments.get(name) for name in names}})
    node = yield from one(asked)
    status = node.status_info.status if node.status_info is not None else None
    return NODE_STATUS.get(status or "", "unknown") not in ("active", "unknown")
