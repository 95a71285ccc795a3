"""Ask for any number of runs and nodes: split into calls, joined into one report.

No I/O: `statuses` yields the calls as a step. A call never has both lists, because the service then takes Nodes and leaves
PipelineRuns out ("one of the two, Nodes first", https://help.aliyun.com/document_detail/438040.htm).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import Any, ClassVar, Generic, TypeVar, overload

import attrs

from paiflow.errors import PaiFlowError
from paiflow.status.ids import BATCH_SIZE, Id, Id_co, NodeRef, UnknownId, refusal
from paiflow.steps import Ask, Steps
from paiflow_api.calling import Call
from paiflow_api.models import (
    ListPipelineRunsStatusResponse,
    Node,
    NodeState,
    OutputValue,
    PipelineRun,
    PipelineRunState,
)
from paiflow_api.operations import LIST_PIPELINE_RUNS_STATUS

Item = TypeVar("Item", bound=PipelineRunState | NodeState)


@attrs.frozen
class Batch:
    """The ids of one request: runs or nodes, never both."""

    pipeline_runs: tuple[str, ...] = ()
    nodes: tuple[NodeRef, ...] = ()

    @property
    def ids(self) -> tuple[Id, ...]:
        """The ids of either kind."""
        return (*self.pipeline_runs, *self.nodes)

    def call(
        self, workspace_id: str | int | None, output_type: str | None = None
    ) -> Call[ListPipelineRunsStatusResponse]:
        """Return the call that asks for them."""
        arguments = {
            "pipeline_runs": self.pipeline_runs,
            "nodes": self.nodes,
            "workspace_id": workspace_id,
            "output_type": output_type,
        }
        return Call(LIST_PIPELINE_RUNS_STATUS, arguments)


def statuses(
    pipeline_runs: Iterable[str],
    nodes: Iterable[NodeRef],
    *,
    workspace_id: str | int | None,
    output_type: str | None,
    batch_size: int,
    in_flight: int,
) -> Steps[Any, StatusReport]:
    """Return the report on any number of runs and nodes.

    Raises:
        PaiFlowError: no call was answered; the first one's error.
    """
    batches = plan(pipeline_runs, nodes, batch_size)
    answers = yield Ask([batch.call(workspace_id, output_type) for batch in batches], in_flight)
    return join(batches, answers)


def plan(pipeline_runs: Iterable[str], nodes: Iterable[NodeRef], size: int = BATCH_SIZE) -> list[Batch]:
    """Return the requests that ask for each id once, in the order given, with at most `size` ids each."""
    runs, refs = tuple(dict.fromkeys(pipeline_runs)), tuple(dict.fromkeys(nodes))
    return [
        *(Batch(pipeline_runs=runs[start : start + size]) for start in range(0, len(runs), size)),
        *(Batch(nodes=refs[start : start + size]) for start in range(0, len(refs), size)),
    ]


def check_sizes(batch_size: int, in_flight: int) -> None:
    """Refuse sizes that no batch can have.

    Raises:
        InvalidRequest: one of them is below 1.
    """
    for name, value in (("batch_size", batch_size), ("in_flight", in_flight)):
        if value < 1:
            raise refusal("InvalidParameter", f"{name} must be at least 1, not {value!r:.60}")


class Found(Sequence[Item], Generic[Item]):
    """The runs or nodes that were found, in the order of the replies; indexable by id or position.

    One that the service gave twice, in contradiction, is in it twice; its id gives the first.
    """

    def __init__(self, items: Iterable[Item] = (), absent: Mapping[Id, str] | None = None) -> None:
        """Hold these.

        Args:
            items: what was found.
            absent: why an id that was asked for is not among them.
        """
        self._items = list(items)
        self._absent = absent or {}

    @cached_property
    def _by_id(self) -> dict[Id | None, Item]:
        # Of several with one id, the first.
        return {id_of(item): item for item in reversed(self._items)}

    @overload
    def __getitem__(self, key: int | str | tuple[str, str]) -> Item: ...
    @overload
    def __getitem__(self, key: slice) -> list[Item]: ...
    def __getitem__(self, key: int | str | tuple[str, str] | slice) -> Item | list[Item]:
        """Return an item by its place or its id.

        Raises:
            KeyError: no such id.
            IndexError: no such place.
        """
        if isinstance(key, str | tuple):
            try:
                return self._by_id[key]  # type: ignore[index]  # a plain pair equals its NodeRef
            except KeyError:
                raise UnknownId(key, self._absent.get(key), self._by_id) from None  # type: ignore[arg-type]
        return self._items[key]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def __contains__(self, key: object) -> bool:
        return key in self._items if isinstance(key, PipelineRun | Node) else key in self._by_id

    def __eq__(self, other: object) -> bool:
        return self._items == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # as a list's

    def __repr__(self) -> str:
        return repr(vars(self).get("_items"))


def id_of(item: PipelineRunState | NodeState) -> Id | None:
    """Return the id that asks for a run or a node, None if the reply left it out."""
    if isinstance(item, PipelineRun):
        return item.pipeline_run_id
    if item.pipeline_run_id is None or item.node_id is None:
        return None
    return NodeRef(item.pipeline_run_id, item.node_id)


@attrs.frozen(kw_only=True)
class StatusReport(Generic[Id_co]):
    """The statuses of all requested ids.

    Attributes:
        runs: the runs that were found, by index or by id.
        nodes: the nodes that were found, by index, NodeRef or pair of ids.
        outputs: the outputs of the nodes.
        missing: ids that the service answered for and did not return, in the order asked.
        unanswered: ids of requests that failed, in the order asked: nothing is known of them.
        errors: what those requests failed with.
        request_ids: of the requests that were answered.
    """

    runs: Found[PipelineRunState]
    nodes: Found[NodeState]
    outputs: list[OutputValue]
    missing: list[Id_co]
    unanswered: list[Id_co]
    errors: list[PaiFlowError]
    request_ids: list[str]

    def __repr__(self) -> str:
        # Short, for a report may hold many thousand: asyncio puts a task's result into the repr of the task.
        counts = {field.name: len(getattr(self, field.name, ())) for field in attrs.fields(StatusReport)}
        return f"<StatusReport {' '.join(f'{name}: {count}' for name, count in counts.items())}>"


def join(batches: Sequence[Batch], answers: Sequence[ListPipelineRunsStatusResponse | PaiFlowError]) -> StatusReport:
    """Return the report of all batches. What was not asked for is left out, and so are repetitions.

    Raises:
        PaiFlowError: no batch was answered; the first one's error.
    """
    errors = [answer for answer in answers if isinstance(answer, PaiFlowError)]
    if errors and len(errors) == len(batches):
        raise errors[0]
    runs: list[PipelineRunState] = []
    nodes: list[NodeState] = []
    outputs: list[OutputValue] = []
    missing: list[Id] = []
    unanswered: list[Id] = []
    request_ids: list[str] = []
    for batch, answer in zip(batches, answers, strict=True):
        if isinstance(answer, PaiFlowError):
            unanswered += batch.ids
            continue
        asked = frozenset(batch.ids)
        found_runs, found_nodes = asked_for(answer.pipeline_runs, asked), asked_for(answer.nodes, asked)
        runs += chain.from_iterable(found_runs.values())
        nodes += chain.from_iterable(found_nodes.values())
        outputs += [output for output in _distinct(answer.outputs) if _may_be_of(output, asked)]
        missing += [id_ for id_ in batch.ids if id_ not in found_runs and id_ not in found_nodes]
        if answer.request_id is not None:
            request_ids.append(answer.request_id)
    absent = {
        **dict.fromkeys(missing, "the service did not return it (it does not exist, or this account cannot see it)"),
        **dict.fromkeys(unanswered, "the call that asked for it failed (see errors)"),
    }
    return StatusReport(
        runs=Found(runs, absent),
        nodes=Found(nodes, absent),
        outputs=outputs,
        missing=missing,
        unanswered=unanswered,
        errors=errors,
        request_ids=request_ids,
    )


def asked_for(items: Sequence[Item], asked: frozenset[Id]) -> dict[Id, list[Item]]:
    """Return the runs, or the nodes, that were asked for, by id; of equal ones, one."""
    are_runs = bool(items) and isinstance(items[0], PipelineRun)
    ids = [*map(attrgetter("pipeline_run_id") if are_runs else id_of, items)]
    by_id: dict[Id, list[Item]] = {id_: [item] for id_, item in zip(ids, items, strict=True) if id_ in asked}
    if len(by_id) == len(items):
        return by_id
    # Some were not asked for, or came several times.
    for same in by_id.values():
        same.clear()
    for id_, item in zip(ids, items, strict=True):
        if id_ in by_id:
            by_id[id_].append(item)
    return {id_: same if len(same) == 1 else list(_distinct(same)) for id_, same in by_id.items()}


def _may_be_of(output: OutputValue, asked: frozenset[Id]) -> bool:
    if output.pipeline_run_id is None or output.node_id is None:
        return True
    return NodeRef(output.pipeline_run_id, output.node_id) in asked


def _distinct(items: Iterable[Any]) -> Iterable[Any]:
    # By what they show: to compare each with each would take for ever on a reply that repeats one id.
    return {repr(item): item for item in items}.values()
