"""Put things into the service: runs, nodes and outputs that change as its time goes by, logs, pipelines, workspaces."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from paiflow.errors import ConfigurationError
from paiflow.mock.checks import Check, line_of_text
from paiflow.mock.checks import status as a_status
from paiflow.mock.clock import Clock
from paiflow.mock.durations import duration
from paiflow.mock.faults import Faults
from paiflow.mock.manifest import ManifestError, read_manifest
from paiflow.mock.scenario import Scenario
from paiflow.mock.store import SAMPLE_WORKSPACE, Store
from paiflow.mock.timeline import Timeline, first_backwards, timestamp

__all__ = ["Contents"]

Seconds = float | str
"""Seconds, or a duration as text: `90`, `"90s"` and `"1m30s"` are the same."""

Statuses = str | Sequence[tuple[Seconds, str]]
"""One status that stays, or each with when it comes: `[(0, "Running"), ("2m", "Succeeded")]`."""

_DATES = frozenset({"StartedAt", "FinishedAt"})


class Contents:
    """Adds to a store. All times are counted from when something is added, by the service's clock.

    Args:
        store: of the service.
        faults: of the service.
        clock: the service's.
    """

    def __init__(self, store: Store, faults: Faults, clock: Clock) -> None:
        self._store = store
        self._faults = faults
        self._clock = clock

    def add_run(
        self,
        run_id: str,
        statuses: Statuses = "Running",
        *,
        name: str | None = None,
        workspace_id: str = SAMPLE_WORKSPACE,
        vanishes: Sequence[tuple[Seconds, Seconds]] = (),
        deleted: Seconds | None = None,
        failure: str = "",
        **fields: Any,
    ) -> None:
        """Add a run. It is there from its first status on.

        Args:
            run_id: the run's id.
            statuses: over time; any text will do.
            name: the run's.
            workspace_id: where it lives.
            vanishes: when it is gone although it exists: from when, and for how long.
            deleted: when it is deleted; it stays, with IsDeleted true.
            failure: its Message while it is Failed.
            fields: more of the reply's, under their wire names.

        Raises:
            ConfigurationError: there is one of this id, the times go backwards, or a field does not fit.
        """
        now = self._clock.now()
        dated = not fields.keys() & _DATES
        timeline = _timeline(now, f"PipelineRun {run_id!r}", statuses, vanishes, deleted=deleted, dated=dated)
        wire = {"PipelineRunId": run_id, **_given(Name=name), "IsDeleted": False, **fields}
        run = self._store.add_run(wire, workspace_id=workspace_id, timeline=timeline)
        if failure:
            run.failure = failure
            run.refresh(self._store.now)

    def add_node(
        self,
        run_id: str,
        node_id: str,
        statuses: Statuses = "Running",
        *,
        name: str | None = None,
        parent: str | None = None,
        vanishes: Sequence[tuple[Seconds, Seconds]] = (),
        **fields: Any,
    ) -> None:
        """Add a node of a run, in the run's workspace. StartedAt and FinishedAt follow its statuses, null before.

        It is there from its first status on, and while its run is.

        Args:
            run_id: the run's id, which has to be there.
            node_id: the node's id.
            statuses: over time; any text will do.
            name: the node's.
            parent: the id of the node that holds it; the run's root node if not given.
            vanishes: when it is gone although it exists: from when, and for how long.
            fields: more of the reply's, under their wire names.

        Raises:
            ConfigurationError: as for `add_run`, or there is no such run.
        """
        now = self._clock.now()
        dated = not fields.keys() & _DATES
        timeline = _timeline(now, f"Node {node_id!r} of {run_id!r}", statuses, vanishes, dated=dated)
        wire = {"PipelineRunId": run_id, "NodeId": node_id, **_given(NodeName=name), **fields}
        self._store.add_node(wire, parent=parent, timeline=timeline)

    def add_output(
        self,
        run_id: str,
        node_id: str,
        output_id: str,
        *,
        name: str | None = None,
        output_type: str = "DataSet",
        value: Any = None,
        metadata: Mapping[str, Any] | None = None,
        after: Seconds = 0,
        **fields: Any,
    ) -> None:
        """Add an output of a node, in the run's workspace. GmtCreateTime is when it comes.

        Args:
            run_id: the run's id, which has to be there.
            node_id: the id of its node.
            output_id: the output's id.
            name: the output's.
            output_type: Model, DataSet, Metrics or ModelEvaluation; any text will do.
            value: text as it is; anything else as JSON in a string, as the service has it.
            metadata: what is known about the output.
            after: when it comes.
            fields: more of the reply's, under their wire names.

        Raises:
            ConfigurationError: as for `add_run`, or there is no such run.
        """
        created = self._clock.now() + _seconds(after, f"Output {output_id!r} of {run_id!r}, {node_id!r}: after")
        given = _given(
            Name=name,
            Metadata=metadata,
            Value=value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False),
        )
        wire = {
            "PipelineRunId": run_id,
            "NodeId": node_id,
            "Id": output_id,
            "Type": output_type,
            "GmtCreateTime": timestamp(created),
            **given,
            **fields,
        }
        self._store.add_output(wire, timeline=Timeline(since=created))

    def add_logs(self, run_id: str, node_id: str, lines: Sequence[str | tuple[Seconds, str]]) -> None:
        """Add lines to the log of a node.

        Args:
            run_id: the run's id.
            node_id: the node's id, which has to be there.
            lines: each a text, which comes at once, or with when it comes: `["started", ("5s", "step 1")]`.

        Raises:
            ConfigurationError: there is no such node, or a time or a text is none.
        """
        now, name = self._clock.now(), f"Logs of {run_id!r}, {node_id!r}"
        timed = [(0.0, line) if isinstance(line, str) else tuple(line) for line in lines]
        moments = [
            (now + _seconds(after, f"{name}: lines[{index}]"), _checked(line_of_text, line, f"{name}: lines[{index}]"))
            for index, (after, line) in enumerate(timed)
        ]
        self._store.add_logs(run_id, node_id, moments)

    def add_pipeline(
        self,
        pipeline_id: str,
        manifest: str | Mapping[str, Any],
        *,
        workspace_id: str = SAMPLE_WORKSPACE,
        **fields: Any,
    ) -> None:
        """Add a pipeline. Provider, Identifier and Version are its manifest's.

        Args:
            pipeline_id: the pipeline's id.
            manifest: its definition, as YAML or JSON text or as a mapping.
            workspace_id: where it lives.
            fields: more of the reply's, under their wire names.

        Raises:
            ConfigurationError: there is one of this id, the manifest is none, or a field does not fit.
        """
        text = manifest if isinstance(manifest, str) else json.dumps(manifest, ensure_ascii=False)
        try:
            provider, identifier, version = read_manifest(text).key
        except ManifestError as error:
            raise ConfigurationError(f"Pipeline {pipeline_id!r}: {error}") from None
        names = {"Provider": provider, "Identifier": identifier, "Version": version}
        self._store.add_pipeline(
            {"PipelineId": pipeline_id, "Manifest": text, **names, **fields}, workspace_id=workspace_id
        )

    def add_workspace(self, workspace_id: str, *, name: str | None = None, **fields: Any) -> None:
        """Add a workspace, to be listed. Runs and pipelines may live in one that is not there.

        Args:
            workspace_id: the workspace's id.
            name: the workspace's.
            fields: more of the reply's, under their wire names.

        Raises:
            ConfigurationError: there is one of this id, or a field does not fit.
        """
        names = {"WorkspaceName": name or f"workspace-{workspace_id}"}
        self._store.add_workspace({"WorkspaceId": workspace_id, **names, **fields})

    def play(self, scenario: Scenario) -> None:
        """Add what a scenario holds, its faults too. Its times are counted from now; its clock, sample and behaviour do not count.

        What it holds replaces the documented sample of the same id.

        Raises:
            ConfigurationError: something cannot be added; for each a line that says where it stands in the scenario.
        """
        verbs: dict[str, Callable[..., object]] = {
            "run": self.add_run,
            "node": self.add_node,
            "output": self.add_output,
            "logs": self.add_logs,
            "pipeline": self.add_pipeline,
            "workspace": self.add_workspace,
            "fault": self._faults.add,
        }
        faults = []
        for step in scenario.steps:
            try:
                with self._store.replacing_sample():
                    verbs[step.kind](*step.ids, **step.settings)
            except ConfigurationError as error:
                faults.append(f"{step.place}: {error}")
        if faults:
            raise ConfigurationError("\n".join(faults))


def _timeline(
    now: float,
    name: str,
    statuses: Statuses,
    vanishes: Sequence[tuple[Seconds, Seconds]],
    *,
    deleted: Seconds | None = None,
    dated: bool = False,
) -> Timeline:
    """Return the timeline of something that is added now; `name` is what errors call it."""
    timeline = [(0.0, statuses)] if isinstance(statuses, str) else list(statuses)
    if not timeline:
        raise ConfigurationError(f"{name}: it has no status")
    times = []
    for index, (after, status) in enumerate(timeline):
        times.append(_seconds(after, f"{name}: statuses[{index}]"))
        _checked(a_status, status, f"{name}: statuses[{index}]")
    if (backwards := first_backwards(times)) is not None:
        raise ConfigurationError(f"{name}: statuses[{backwards}] comes before statuses[{backwards - 1}]")
    absences = []
    for index, (start, length) in enumerate(vanishes):
        gone = now + _seconds(start, f"{name}: vanishes[{index}]")
        absences.append((gone, gone + _seconds(length, f"{name}: vanishes[{index}]")))
    return Timeline(
        statuses=[(now + after, status) for after, (_, status) in zip(times, timeline, strict=True)],
        absences=absences,
        deleted=None if deleted is None else now + _seconds(deleted, f"{name}: deleted"),
        dated=dated,
    )


def _seconds(value: Seconds, name: str) -> float:
    seconds: float = _checked(duration, value, name)
    return seconds


def _checked(check: Check, value: object, name: str) -> Any:
    try:
        return check(value)
    except ValueError as error:
        raise ConfigurationError(f"{name}: {error}") from None


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
