"""The store: workspaces, pipelines, runs, nodes, outputs and logs, as they are on the wire.

Ids are opaque and compared whole.
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from paiflow._forks import Lock
from paiflow.errors import ConfigurationError
from paiflow.mock.clock import Clock
from paiflow.mock.description import Description
from paiflow.mock.item_schema import ItemSchema
from paiflow.mock.items import Item, Node, Run, text_of
from paiflow.mock.logs import Log
from paiflow.mock.table import Table
from paiflow.mock.timeline import ALWAYS, Timeline, timestamp

__all__ = ["SAMPLE_WORKSPACE", "Store"]

SAMPLE_WORKSPACE = "948"
"""Where things live if nothing else is said. It holds the run of ListPipelineRunsStatus's documented sample."""


@attrs.frozen
class _Kind:
    """A kind of things.

    Args:
        name: what errors call it.
        ids: the fields that it is found by.
        replies: the operations whose replies hold it, each with the list that it stands in, "" for the whole reply.
        indexed: the fields by whose values it is found quickly.
    """

    name: str
    ids: tuple[str, ...]
    replies: tuple[tuple[str, str], ...]
    indexed: tuple[str, ...] = ()


_RUN = _Kind(
    "PipelineRun",
    ("PipelineRunId",),
    (("ListPipelineRunsStatus", "PipelineRuns"), ("ListPipelineRuns", "PipelineRuns"), ("GetPipelineRun", "")),
    ("Name", "PipelineId", "PipelineRunId", "SourceId", "SourceType", "Status", "UserId", "WorkspaceId"),
)
_NODE = _Kind(
    "Node",
    ("PipelineRunId", "NodeId"),
    (("ListPipelineRunsStatus", "Nodes"), ("ListPipelineRunNodeStatus", "Status"), ("GetPipelineRunNode", "")),
)
_OUTPUT = _Kind(
    "Output",
    ("PipelineRunId", "NodeId", "Id"),
    (("ListPipelineRunsStatus", "Outputs"), ("ListPipelineRunNodeOutputs", "Outputs")),
)
_PIPELINE = _Kind(
    "Pipeline",
    ("PipelineId",),
    (("ListPipelines", "Pipelines"), ("GetPipeline", "")),
    ("Identifier", "Provider", "Version", "WorkspaceId"),
)
_WORKSPACE = _Kind("Workspace", ("WorkspaceId",), (("ListWorkspaces", "Workspaces"),), ("WorkspaceId", "WorkspaceName"))


class Store:
    """All that the service holds. Safe to share between threads: what is read together is read with the lock.

    What is added has to fit the description's schemas, to have their fields only, and an id that is not taken; else a
    ConfigurationError. ListPipelineRunsStatus returns it as it was given, with no more and no fewer fields, unless it
    is given a timeline.

    Args:
        description: the service's.
        clock: the service's.
        user: the id of the user who owns what is added, if nothing else is said.
    """

    def __init__(self, description: Description, clock: Clock, user: str) -> None:
        self._clock = clock
        self._user = user
        self.lock: Lock = Lock(reentrant=True)
        self._now = clock.now()
        self._schemas = {
            kind.name: ItemSchema(description, kind.name, kind.ids, kind.replies)
            for kind in (_RUN, _NODE, _OUTPUT, _PIPELINE, _WORKSPACE)
        }
        self.runs: Table[Run] = Table(_RUN.name, _RUN.indexed)
        self.nodes: Table[Node] = Table(_NODE.name)
        self.outputs: Table[Item] = Table(_OUTPUT.name)
        self.pipelines: Table[Item] = Table(_PIPELINE.name, _PIPELINE.indexed)
        self.workspaces: Table[Item] = Table(_WORKSPACE.name, _WORKSPACE.indexed)
        self._tables: tuple[Table[Any], ...] = (self.runs, self.nodes, self.outputs, self.pipelines, self.workspaces)
        # By the ids of run and node: both may be unknown to the nodes.
        self._outputs_of: dict[tuple[str, str], list[Item]] = {}
        self._sample: set[Item] = set()
        self._replaces = False
        self._logs: dict[tuple[str, str], Log] = {}

    def catch_up(self, moment: float) -> None:
        """Be as things are at a moment. Time does not go back: an earlier moment is the latest one."""
        self._now = max(self._now, moment)
        for table in self._tables:
            table.catch_up(self._now)

    def fields_of(self, kind: str) -> Sequence[str]:
        """Return the fields that a PipelineRun, Node, Output, Pipeline or Workspace may have."""
        return self._schemas[kind].fields

    @property
    def now(self) -> float:
        """The moment at which the store is."""
        return self._now

    def mark_sample(self) -> None:
        """Take note that what is there is the sample."""
        for table in (self.runs, self.pipelines, self.workspaces):
            self._sample.update(table)

    @contextlib.contextmanager
    def replacing_sample(self) -> Iterator[None]:
        """Let the sample give way to what is added under the same ids."""
        with self.lock:
            self._replaces = True
            try:
                yield
            finally:
                self._replaces = False

    def _make_room(self, table: Table[Any], item: Item) -> None:
        """Remove what gives way to an item, a run with all that it holds."""
        there = table.get(*item.ids)
        if not self._replaces or there not in self._sample:
            return
        self._sample.discard(there)
        table.remove(there)
        if isinstance(there, Run):
            for node in there.nodes:
                self.nodes.remove(node)
            for outputs in [found for key, found in self._outputs_of.items() if key[0] == there.id]:
                for output in list(outputs):
                    self.drop_output(output)
            for key in [key for key in self._logs if key[0] == there.id]:
                del self._logs[key]

    def add_workspace(self, wire: Mapping[str, Any]) -> Item:
        """Add a workspace.

        Raises:
            ConfigurationError: it cannot be added.
        """
        return self._add(
            self.workspaces, _WORKSPACE, wire, {"WorkspaceName": "", "Status": "ENABLED", **self._times(wire)}
        )

    def add_pipeline(self, wire: Mapping[str, Any], *, workspace_id: str = SAMPLE_WORKSPACE) -> Item:
        """Add a pipeline, in a workspace.

        Raises:
            ConfigurationError: it cannot be added.
        """
        return self._add(self.pipelines, _PIPELINE, wire, {"WorkspaceId": workspace_id, **self._times(wire)})

    def _times(self, wire: Mapping[str, Any], timeline: Timeline = ALWAYS) -> dict[str, str | None]:
        """Return when something was created and changed, of which its fields need not say either.

        Something with statuses was created when it had its first one.
        """
        began = timeline.statuses[0][0] if timeline.statuses else self._clock.now()
        created = wire.get("GmtCreateTime") or timestamp(began)
        return {"GmtCreateTime": created, "GmtModifiedTime": created}

    def _add(self, table: Table[Item], kind: _Kind, wire: Mapping[str, Any], implied: Mapping[str, Any]) -> Item:
        ids, copied = self._schemas[kind.name].taken_in(wire)
        item = Item(ids, copied, implied=implied)
        with self.lock:
            self.catch_up(self._clock.now())
            self._make_room(table, item)
            table.add(item, self._now, repr(item.id))
        return item

    def add_run(
        self, wire: Mapping[str, Any], *, workspace_id: str = SAMPLE_WORKSPACE, timeline: Timeline = ALWAYS
    ) -> Run:
        """Add a run, in a workspace, with a root node.

        Raises:
            ConfigurationError: it cannot be added.
        """
        (run_id,), copied = self._schemas[_RUN.name].taken_in(wire)
        implied = {
            "Name": run_id,
            "UserId": self._user,
            "ParentUserId": self._user,
            "NodeId": f"node-root-{run_id.removeprefix('flow-')}",
            "WorkspaceId": workspace_id,
            "SourceType": "UNKNOWN",
            "Accessibility": "PUBLIC",
            "StartedAt": None,
            "FinishedAt": None,
            **self._times(copied, timeline),
            "PipelineRunUri": _uri(run_id, workspace_id),
        }
        run = Run((run_id,), copied, implied=implied, timeline=timeline)
        with self.lock:
            self.catch_up(self._clock.now())
            self._make_room(self.runs, run)
            self.runs.add(run, self._now, repr(run_id))
            if root := (implied | copied)["NodeId"]:
                self._add_root(run, root)
        return run

    def _add_root(self, run: Run, node_id: str) -> None:
        """Add the root node of a run of which nothing more is said: it does what the run does.

        Source: in the samples of GetPipelineRun and GetPipelineRunNode the root node is called as the run's id.
        """
        same: dict[str, Any] = {
            name: run.given[name] for name in ("Status", "StartedAt", "FinishedAt") if name in run.given
        }
        given: dict[str, Any] = {"PipelineRunId": run.id, "NodeId": node_id, "NodeName": run.id, **same}
        timeline = attrs.evolve(run.timeline, absences=(), deleted=None, dated=run.timeline.dated)
        root = Node((run.id, node_id), given, implied=_OF_NODES, timeline=timeline, run=run, made=True)
        self.nodes.add(root, self._now, repr(node_id))
        run.nodes.append(root)

    def add_node(self, wire: Mapping[str, Any], *, parent: str | None = None, timeline: Timeline = ALWAYS) -> Node:
        """Add a node, in its run's workspace.

        Args:
            wire: what replies will hold.
            parent: the id of the node that holds it; the run's root if not given.
            timeline: how it changes.

        Raises:
            ConfigurationError: it cannot be added, or its run or the node that holds it is not known.
        """
        ids, copied = self._schemas[_NODE.name].taken_in(wire)
        run_id, node_id = ids
        name = f"{node_id!r} of {run_id!r}"
        with self.lock:
            self.catch_up(self._clock.now())
            run = self.runs.get(run_id)
            if run is None:
                raise ConfigurationError(f"Node {node_id!r}: there is no run {run_id!r}: add the run first")
            node = Node(ids, copied, implied=_OF_NODES, timeline=timeline, run=run)
            root = self.root(run)
            holder = root if parent is None else self.nodes.get(run_id, parent)
            if parent is not None and holder is None:
                raise ConfigurationError(f"Node {name}: there is no node {parent!r} to hold it: add that one first")
            if root is not None and root.made and root.id == node_id:
                self._replace(root, node)
                return node
            self.nodes.add(node, self._now, name)
            run.nodes.append(node)
            if holder is not None:
                node.parent = holder
                holder.children.append(node)
        return node

    def _replace(self, root: Node, node: Node) -> None:
        """Put another node in the place of a run's root."""
        self.nodes.remove(root)
        self.nodes.add(node, self._now, repr(node.id))
        node.children = root.children
        for child in node.children:
            child.parent = node
        node.run.nodes[node.run.nodes.index(root)] = node

    def root(self, run: Run) -> Node | None:
        """Return the root node of a run, None if it has none."""
        node_id = text_of(run.implied | run.given, "NodeId")
        return self.nodes.get(run.id, node_id) if node_id else None

    def add_output(self, wire: Mapping[str, Any], *, timeline: Timeline = ALWAYS) -> Item:
        """Add an output of a node, which need not be known. Its run has to be.

        Args:
            wire: what replies will hold.
            timeline: how it changes.

        Raises:
            ConfigurationError: it cannot be added, or its run is not known.
        """
        ids, copied = self._schemas[_OUTPUT.name].taken_in(wire)
        run_id, node_id, output_id = ids
        name = f"{output_id!r} of {run_id!r}, {node_id!r}"
        with self.lock:
            self.catch_up(self._clock.now())
            if self.runs.get(run_id) is None:
                raise ConfigurationError(f"Output {name}: there is no run {run_id!r}: add the run first")
            metadata = copied.get("Metadata") or {}
            item = Item(ids, copied, implied={"Info": {"metadata": metadata}}, timeline=timeline)
            self.outputs.add(item, self._now, name)
            self._outputs_of.setdefault((run_id, node_id), []).append(item)
        return item

    def drop_output(self, output: Item) -> None:
        """Remove an output."""
        self.outputs.remove(output)
        self._outputs_of[output.ids[0], output.ids[1]].remove(output)

    def outputs_of(self, run_id: str, node_id: str) -> Sequence[Item]:
        """Return the outputs of a node, those to come too, in the order in which they were added."""
        return self._outputs_of.get((run_id, node_id), ())

    def log(self, run_id: str, node_id: str) -> Log:
        """Return the log of a node."""
        with self.lock:
            return self._logs.setdefault((run_id, node_id), Log())

    def add_logs(self, run_id: str, node_id: str, lines: Iterable[tuple[float, str]]) -> None:
        """Add lines to the log of a node, each with the moment at which it comes.

        Raises:
            ConfigurationError: the node is not known.
        """
        with self.lock:
            if self.nodes.get(run_id, node_id) is None:
                raise ConfigurationError(f"Logs: there is no node {node_id!r} of {run_id!r}: add the node first")
            self.log(run_id, node_id).add(lines)

    def runs_of(self, run_ids: Iterable[str], workspace_id: str | None, user: str) -> list[Run]:
        """Return the runs that are there, in a workspace, and seen by a user, deleted ones too; in the order of the ids."""
        found = [self.runs.get(run_id) for run_id in run_ids]
        return [run for run in found if run is not None and _is_in(run, workspace_id, user)]

    def nodes_of(self, keys: Iterable[tuple[str, str]], workspace_id: str | None, user: str) -> list[Node]:
        """Return the nodes that are there, likewise; in the order of the keys: run id, node id."""
        found = [self.nodes.get(*key) for key in keys]
        return [node for node in found if node and node.current is not None and _is_in(node.run, workspace_id, user)]

    def outputs_at(self, keys: Iterable[tuple[str, str]], workspace_id: str | None, user: str) -> list[Item]:
        """Return the outputs of nodes, likewise; in the order of the keys, then as added."""
        seen = [key for key in keys if (run := self.runs.get(key[0])) is not None and _is_in(run, workspace_id, user)]
        return [output for key in seen for output in self._outputs_of.get(key, ()) if output.current is not None]


_OF_NODES = {"RuntimeInfo": "{}"}
"""Source: the page of ListPipelineRunNodeStatus has {} for a node that reported nothing."""


def _is_in(run: Run, workspace_id: str | None, user: str) -> bool:
    return run.seen_by(user) and workspace_id in (None, text_of(run.current, "WorkspaceId"))


def _uri(run_id: str, workspace_id: str) -> str:
    """Return the link to a run. Assumption: run-uri."""
    return (
        f"https://pai.console.aliyun.com/?regionId=cn-hangzhou&workspaceId={workspace_id}#/studio/task/detail/{run_id}"
    )
