"""Read the logs of a run's nodes, and follow them: nodes that start meanwhile join.

No I/O: `run_lines` yields its calls as steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from paiflow.client.logs import GROWTH, LONGEST, SHORTEST, Log, lines
from paiflow.errors import AccessDenied, PaiFlowError, ServiceError
from paiflow.status.tree import TreeNode, tree, walk
from paiflow.status.waiting import mends, outcome_of, wished
from paiflow.steps import Items, Pause, Steps, collected, mapped, one
from paiflow_api.calling import Call
from paiflow_api.operations import GET_PIPELINE_RUN, LIST_PIPELINE_RUN_NODE_LOGS

# Picks the nodes whose logs are wanted; may raise if there is none such.
Pick: TypeAlias = Callable[[Sequence[TreeNode]], Sequence[TreeNode]]


class LogLine(NamedTuple):
    """A line of a node's log.

    Attributes:
        node: the node.
        line: its text.
    """

    node: TreeNode
    line: str


class NoLog(NamedTuple):
    """A node whose log cannot be read.

    Attributes:
        node: the node.
        error: why.
    """

    node: TreeNode
    error: PaiFlowError


class Wanted(NamedTuple):
    """Which lines are wanted.

    Attributes:
        run_id: the run's id.
        pick: the nodes.
        filters: arguments of ListPipelineRunNodeLogs.
        tail: of each node the last so many lines; None for all.
    """

    run_id: str
    pick: Pick
    filters: Mapping[str, Any] = {}
    tail: int | None = None

    def call(self, node: TreeNode, **filters: Any) -> Call[Any]:
        """Return the call for a node's log."""
        ids = {"pipeline_run_id": self.run_id, "node_id": node.id}
        return Call(LIST_PIPELINE_RUN_NODE_LOGS, {**ids, **self.filters, **filters})


def run_lines(wanted: Wanted) -> Steps[LogLine | NoLog, None]:
    """Yield the lines there are, node after node in the order in which they started.

    Raises:
        PaiFlowError: the run or its nodes cannot be read. Where that is one node's log, it is an item instead.
    """
    _, nodes = yield from _look(wanted)
    for node in nodes:
        try:
            yield from mapped(_lines(wanted, node), _line_of(node))
        except PaiFlowError as error:
            if not _of_one_node(error):
                raise
            yield Items([NoLog(node, error)])


def follow_lines(wanted: Wanted, *, refreshes: bool) -> Steps[LogLine | NoLog, None]:
    """Yield the lines of all nodes as they come, until the run has ended and each log is read to its end.

    What may pass (throttling, faults of the service and of the network) is waited out.

    Args:
        wanted: which lines.
        refreshes: whether an expired token may be followed by a fresh one.

    Raises:
        PaiFlowError: as of `run_lines`, where waiting does not mend it.
    """
    logs: dict[str, Log | None] = {}  # None once it is read to the end
    pause = SHORTEST
    while True:
        try:
            over, news = yield from _round(wanted, logs, refreshes)
        except PaiFlowError as error:
            if not mends(error, refreshes=refreshes):
                raise
            yield Pause(max(pause, wished(error)))
            pause = min(LONGEST, pause * GROWTH)
            continue
        if over:
            return
        pause = SHORTEST if news else min(LONGEST, pause * GROWTH)
        yield Pause(pause)


def _round(wanted: Wanted, logs: dict[str, Log | None], refreshes: bool) -> Steps[Any, tuple[bool, bool]]:
    """Yield the lines that have come, and return whether all has ended, and whether there were any."""
    news = False
    over, nodes = yield from _look(wanted)
    for node in nodes:
        try:
            if node.id not in logs:
                logs[node.id] = yield from _opened(wanted, node)
            while (log := logs[node.id]) is not None and (new := (yield from log.more())):
                news = True
                yield Items([LogLine(node, line) for line in new])
        except PaiFlowError as error:
            if mends(error, refreshes=refreshes) or not _of_one_node(error):
                raise
            logs[node.id] = None
            yield Items([NoLog(node, error)])
        # It was read to the end after its node was seen to have ended.
        if node.ended or over:
            logs[node.id] = None
    return over, news


def _look(wanted: Wanted) -> Steps[Any, tuple[bool, list[TreeNode]]]:
    """Return whether all has ended, and the wanted nodes that have been started."""
    run = yield from one(Call(GET_PIPELINE_RUN, {"pipeline_run_id": wanted.run_id}))
    over = outcome_of(run) not in ("active", "unknown")
    if not run.node_id:
        return over, []
    root = yield from tree(wanted.run_id, run.node_id)
    picked = list(wanted.pick(list(walk(root))))
    over = over or (bool(picked) and picked[0].ended)
    return over, sorted([node for node in picked if node.is_leaf and node.has_run], key=_start)


def _start(node: TreeNode) -> tuple[bool, float]:
    begun = node.state.started_at
    return begun is None, 0.0 if begun is None else begun.timestamp()


def _line_of(node: TreeNode) -> Callable[[str], LogLine | NoLog]:
    return partial(LogLine, node)


def _lines(wanted: Wanted, node: TreeNode) -> Steps[str, None]:
    if wanted.tail is None:
        yield from lines(wanted.call(node), follow=False, limit=None)
    elif wanted.tail:
        newest = yield from collected(lines(wanted.call(node, reverse=True), follow=False, limit=wanted.tail))
        yield Items(newest[::-1])


def _opened(wanted: Wanted, node: TreeNode) -> Steps[Any, Log]:
    log = Log(wanted.call(node))
    if wanted.tail is not None:
        yield from log.seek(wanted.tail)
    return log


def _of_one_node(error: PaiFlowError) -> bool:
    """Return whether an error says that one log is not there; another node's may be."""
    if not isinstance(error, ServiceError) or isinstance(error, AccessDenied):
        return False
    return error.operation == LIST_PIPELINE_RUN_NODE_LOGS.name
