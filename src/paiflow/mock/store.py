"""What the service knows: runs, nodes and outputs, as the wire has them, each in a workspace, with a life of its own.

Ids are opaque and compared whole. So the documented output answers to the node id that it has,
stray newline included, and to no other: an output of a node that nobody asked for would be wrong too.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import attrs

from paiflow._forks import Lock
from paiflow.errors import ConfigurationError
from paiflow.mock.description import Description
from paiflow.mock.lives import Life
from paiflow.mock.shapes import Shape

__all__ = ["SAMPLE_WORKSPACE", "Store"]

SAMPLE_WORKSPACE = "948"
"""Where the documented sample lives: the page's example of a WorkspaceId begins with it."""

K = TypeVar("K")


_ALWAYS = Life()


@attrs.frozen
class Entry:
    """A run, a node or an output: the workspace that it lives in, what was put in, how it changes, and its run."""

    workspace_id: str
    wire: dict[str, Any]
    life: Life
    run: "Entry | None" = None

    def at(self, workspace_id: str | None, now: float) -> dict[str, Any] | None:
        """Return what a reply holds of it at a moment; None if it is not in the workspace, None for any, or not there.

        Assumption: what belongs to a run that is not there is not there either.
        """
        if workspace_id not in (None, self.workspace_id) or (self.run and self.run.at(None, now) is None):
            return None
        return self.life.at(self.wire, now)


class Store:
    """Runs, nodes and outputs. Safe to share between threads.

    What is added comes back as it was given, with no more and no fewer fields, unless it is given a life. It has to
    fit the description's schema, to have its fields only, and an id that is not taken; else a ConfigurationError.
    """

    def __init__(self, description: Description) -> None:
        self._run = Shape(description, "PipelineRun", "PipelineRunId")
        self._node = Shape(description, "Node", "PipelineRunId", "NodeId")
        self._output = Shape(description, "Output", "PipelineRunId", "NodeId", "Id")
        self._runs: dict[str, Entry] = {}
        self._nodes: dict[tuple[str, str], Entry] = {}
        # Two levels: all outputs of a node are asked for at once.
        self._outputs: dict[tuple[str, str], dict[str, Entry]] = {}
        self._lock = Lock()

    def add_run(self, wire: Mapping[str, Any], *, workspace_id: str = SAMPLE_WORKSPACE, life: Life = _ALWAYS) -> None:
        """Add a run, in a workspace.

        Raises:
            ConfigurationError: it cannot be added.
        """
        (run_id,), copied = self._run.taken_in(wire)
        with self._lock:
            _put(self._runs, run_id, Entry(workspace_id, copied, life), f"PipelineRun {run_id!r}")

    def add_node(self, wire: Mapping[str, Any], *, life: Life = _ALWAYS) -> None:
        """Add a node, in its run's workspace.

        Raises:
            ConfigurationError: it cannot be added, or its run is not known.
        """
        (run_id, node_id), copied = self._node.taken_in(wire)
        with self._lock:
            run = self._runs.get(run_id)
            if run is None:
                raise ConfigurationError(f"Node {node_id!r}: there is no run {run_id!r}: add the run first")
            entry = Entry(run.workspace_id, copied, life, run)
            _put(self._nodes, (run_id, node_id), entry, f"Node {node_id!r} of {run_id!r}")

    def add_output(self, wire: Mapping[str, Any], *, workspace_id: str | None = None, life: Life = _ALWAYS) -> None:
        """Add an output of a node. Neither the node nor its run has to be known: the documented one's are not.

        Args:
            wire: what replies will hold.
            workspace_id: where it lives if its run is not known; otherwise its run's counts.
            life: how it changes.

        Raises:
            ConfigurationError: it cannot be added, or nothing says in which workspace it lives.
        """
        (run_id, node_id, output_id), copied = self._output.taken_in(wire)
        name = f"Output {output_id!r} of {run_id!r}, {node_id!r}"
        with self._lock:
            run = self._runs.get(run_id)
            lives_in = workspace_id if run is None else run.workspace_id
            if lives_in is None:
                raise ConfigurationError(
                    f"{name}: there is no run {run_id!r}: add the run first, or give a workspace_id"
                )
            entry = Entry(lives_in, copied, life, run)
            _put(self._outputs.setdefault((run_id, node_id), {}), output_id, entry, name)

    def runs(self, run_ids: Iterable[str], workspace_id: str | None, now: float) -> list[dict[str, Any]]:
        """Return the runs that are there and in the workspace, in the order of the ids."""
        with self._lock:
            found = [self._runs.get(run_id) for run_id in run_ids]
        return _shown(found, workspace_id, now)

    def nodes(self, keys: Iterable[tuple[str, str]], workspace_id: str | None, now: float) -> list[dict[str, Any]]:
        """Return the nodes that are there and in the workspace, in the order of the keys: run id, node id."""
        with self._lock:
            found = [self._nodes.get(key) for key in keys]
        return _shown(found, workspace_id, now)

    def outputs(
        self, keys: Iterable[tuple[str, str]], workspace_id: str | None, output_type: str | None, now: float
    ) -> list[dict[str, Any]]:
        """Return the nodes' outputs, of one type or, with None, of all; in the order of the keys, then as added."""
        with self._lock:
            found = [entry for key in keys for entry in self._outputs.get(key, {}).values()]
        return [wire for wire in _shown(found, workspace_id, now) if output_type in (None, wire.get("Type"))]


def _put(entries: dict[K, Entry], key: K, entry: Entry, name: str) -> None:
    if key in entries:
        raise ConfigurationError(f"{name} is there already")
    entries[key] = entry


def _shown(entries: Iterable[Entry | None], workspace_id: str | None, now: float) -> list[dict[str, Any]]:
    shown = [entry.at(workspace_id, now) for entry in entries if entry is not None]
    return [wire for wire in shown if wire is not None]
