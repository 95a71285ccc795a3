"""The first contents of the service: the samples of the vendor's pages, cleaned.

Cleaned is: no stray newline; each id that a sample names leads to something (a run's workspace, pipeline and nodes); each
count is that of what is there. The pages' letter stands in the description.
"""

import json
from typing import Any

from paiflow import _yaml
from paiflow.mock.description import Description, Operation
from paiflow.mock.manifest import ManifestError, of, read_manifest
from paiflow.mock.store import SAMPLE_WORKSPACE, Store
from paiflow.mock.timeline import moment_of, timestamp

__all__ = ["SAMPLE_USER", "add_sample", "cleaned", "resource_limits"]

SAMPLE_USER = "1557702098194904"
"""The user of the sample of ListPipelineRunsStatus."""

_TIME = "2021-01-21T17:12:35.232Z"
"""When the node of ListPipelineRunsStatus's sample started."""

_EARLIEST = "2021-01-04T08:00:00.000Z"
"""When the workspace of that run was created: before all that is in it."""

_DAY = 86_400.0

_OF_THE_TREE = frozenset({"HasPipelines", "Dependencies", "Pipelines"})

Wire = dict[str, Any]


def cleaned(value: Any) -> Any:
    """Return a value of a sample without the space around its texts."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    if isinstance(value, dict):
        return {name: cleaned(item) for name, item in value.items()}
    return value


def resource_limits(operation: Operation) -> Wire:
    """Return the limits of resources in an operation's sample."""
    limits: Wire = cleaned(operation.sample.get("ResourceLimits", {}))
    return limits


def add_sample(store: Store, description: Description) -> None:
    """Add the samples of all operations that a description has."""
    _Sample(store, description).add()


class _Sample:
    """Adds samples to a store."""

    def __init__(self, store: Store, description: Description) -> None:
        self._store = store
        self._samples: dict[str, Wire] = {
            action: {name: value for name, value in cleaned(operation.sample).items() if name != "RequestId"}
            for action, operation in description.operations.items()
        }

    def add(self) -> None:
        """Add them all."""
        for run in self._list("ListPipelineRunsStatus", "PipelineRuns"):
            self._add_run({**run, "GmtCreateTime": _TIME, "StartedAt": _TIME})
        for node in self._list("ListPipelineRunsStatus", "Nodes"):
            self._store.add_node(node)
        for output in self._list("ListPipelineRunsStatus", "Outputs"):
            self._add_output(output)
        run = self._first("ListPipelineRuns", "PipelineRuns") | self._samples.get("GetPipelineRun", {})
        pipelines = [self._first("ListPipelines", "Pipelines"), self._samples.get("GetPipeline", {})]
        workspaces = self._list("ListWorkspaces", "Workspaces")
        if run:
            self._add_run(run)
            self._add_nodes(run["PipelineRunId"], run["NodeId"])
            pipelines.append(_pipeline_of(run))
        for pipeline in filter(None, pipelines):
            self._add_pipeline(pipeline)
        for workspace in workspaces:
            self._store.add_workspace(workspace)
            self._add_workspaces_like(
                workspace, [{"WorkspaceId": SAMPLE_WORKSPACE, "GmtCreateTime": _EARLIEST}, run, *pipelines]
            )

    def _list(self, action: str, name: str) -> list[Wire]:
        items: list[Wire] = self._samples.get(action, {}).get(name, [])
        return items

    def _first(self, action: str, name: str) -> Wire:
        return next(iter(self._list(action, name)), {})

    def _add_run(self, run: Wire) -> None:
        self._store.add_run(
            {name: value for name, value in run.items() if name in self._store.fields_of("PipelineRun")}
        )

    def _add_output(self, output: Wire) -> None:
        """Add an output, with the run and the node that it names."""
        ids = {name: output[name] for name in ("PipelineRunId", "NodeId")}
        run = {"PipelineRunId": ids["PipelineRunId"], "Name": "sample", "Status": "Succeeded", "IsDeleted": False}
        times = {"GmtCreateTime": _TIME, "StartedAt": _TIME, "FinishedAt": output["GmtCreateTime"]}
        self._add_run(run | times)
        times.pop("GmtCreateTime")
        self._store.add_node({**ids, "NodeName": "model", "Status": "Succeeded", **times})
        details = {one["Id"]: one for one in self._list("ListPipelineRunNodeOutputs", "Outputs")}.get(output["Id"], {})
        self._store.add_output({**details, **output})

    def _add_nodes(self, run_id: str, root_id: str) -> None:
        """Add to a run the nodes of the operations whose samples name no run: in the root one, in that the others."""
        parent, details = root_id, self._samples.get("GetPipelineRunNode", {})
        if details:
            parent = details["Metadata"]["NodeId"]
            spec = {name: value for name, value in details["Spec"].items() if name not in _OF_THE_TREE}
            given = {name: details["StatusInfo"][name] for name in ("Status", "StartedAt", "FinishedAt")}
            ids = {"PipelineRunId": run_id, "NodeId": parent, "NodeName": details["Metadata"]["Name"]}
            self._store.add_node({**ids, **given, **details, "Spec": spec})
        for node in self._list("ListPipelineRunNodeStatus", "Status"):
            self._store.add_node({"PipelineRunId": run_id, **node}, parent=parent)
            lines = self._samples.get("ListPipelineRunNodeLogs", {}).get("Logs", [])
            self._store.add_logs(
                run_id, node["NodeId"], [(moment_of(node["StartedAt"]) or 0.0, line) for line in lines]
            )

    def _add_pipeline(self, pipeline: Wire) -> None:
        if "Manifest" in self._store.fields_of("Pipeline"):
            pipeline = {**pipeline, "Manifest": _manifest(pipeline)}
        self._store.add_pipeline(pipeline)

    def _add_workspaces_like(self, sample: Wire, named: list[Wire]) -> None:
        """Add the workspaces that other samples name and that are not there, each created when its first thing was.

        Each was changed some days later: the later it was created, the sooner, so that both orders differ.
        """
        first: dict[str, float] = {}
        for one in filter(None, named):
            created = moment_of(one["GmtCreateTime"]) or 0.0
            first[one["WorkspaceId"]] = min(created, first.get(one["WorkspaceId"], created))
        for days, (workspace_id, created) in enumerate(sorted(first.items(), key=lambda item: -item[1]), 1):
            if self._store.workspaces.get(workspace_id) is None:
                names = {"WorkspaceId": workspace_id, "WorkspaceName": f"workspace-{workspace_id}"}
                times = {"GmtCreateTime": timestamp(created), "GmtModifiedTime": timestamp(created + 20 * _DAY * days)}
                self._store.add_workspace({**sample, **names, **times})


def _pipeline_of(run: Wire) -> Wire:
    """Return the pipeline that a run is of, as the run's manifest names it."""
    metadata = of(json.loads(run["Manifest"]), "metadata") if "Manifest" in run else {}
    names = {name.capitalize(): str(of(metadata, name) or "sample") for name in ("provider", "identifier", "version")}
    times = {name: run[name] for name in ("GmtCreateTime", "GmtModifiedTime")}
    return {"PipelineId": run["PipelineId"], **times, **names, "WorkspaceId": run["WorkspaceId"]}


def _manifest(pipeline: Wire) -> str:
    """Return a pipeline's manifest; a made one where the sample's is masked, so that runs can be made of it."""
    try:
        read_manifest(pipeline.get("Manifest", ""))
    except ManifestError:
        metadata = {name.lower(): pipeline[name] for name in ("Provider", "Version", "Identifier")}
        return _yaml.dump({"apiVersion": "core/v1", "metadata": metadata, "spec": {}})
    manifest: str = pipeline["Manifest"]
    return manifest
