"""Try the mock's assumptions on a service, by valid reads: each is held, refuted, or not tried.

A service is not wrong where it refutes one: the mock is. What only a wrong request or a change could refute is not tried.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from paiflow.contract.http import Reply
from paiflow.contract.session import Case, Session
from paiflow.contract.suites.subjects import STRANGER
from paiflow.contract.things import ENDED
from paiflow.mock import ASSUMPTIONS

CALLS = 60
"""The most calls of all probes."""

HELD, REFUTED, NOT_TRIED = "held", "refuted", "not tried"

Wire = dict[str, Any]


class Probe:
    """Asks a service for what shows an assumption to be right or wrong.

    Args:
        session: with the service.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._left = CALLS
        self._found: dict[str, Reply | None] = {}

    def ask(self, name: str, *, shift: float = 0, **arguments: Any) -> Wire:
        """Return the fields of a reply, with its Status; empty where there is none. The same is not asked twice."""
        key = f"{name} {shift} {arguments}"
        if key not in self._found and self._left:
            self._left -= 1
            request = self._session.build(name, arguments, shift=shift)
            self._found[key] = self._session.send(request, None)
        reply = self._found.get(key)
        return {} if reply is None else {**reply.fields, "": reply.status}

    def items(self, operation: str, listed: str, /, **arguments: Any) -> list[Wire]:
        """Return the things in a list of a reply."""
        items = self.ask(operation, **arguments).get(listed)
        return [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []

    def runs(self, **arguments: Any) -> list[Wire]:
        """Return runs of the first page of those that there are."""
        return self.items("ListPipelineRuns", "PipelineRuns", **({"PageSize": 20} | arguments))

    def known(self) -> list[str]:
        """Return the ids of the runs that are known."""
        return [run.id for run in self._session.model.things["run"].values()]

    def roots(self) -> Iterator[Wire]:
        """Yield path arguments of some root nodes."""
        known = [one for run in self.known()[:4] for one in self.runs(PipelineRunId=run)]
        for run in [*known, *self.runs()][:6]:
            if run.get("NodeId"):
                yield {"PipelineRunId": run["PipelineRunId"], "NodeId": run["NodeId"]}

    def node(self) -> Wire | None:
        """Return the path arguments of a node that has others in it, else of any."""
        roots = list(self.roots())
        deep = (one for one in roots if self.details(one)[1:])
        return next(deep, next(iter(roots), None))

    def details(self, path: Wire, **arguments: Any) -> list[Wire]:
        """Return a node and the nodes in it, as GetPipelineRunNode shows them."""
        reply = self.ask("GetPipelineRunNode", **path, Depth=2, **arguments)
        return [reply, *reply["Spec"].get("Pipelines", [])] if isinstance(reply.get("Spec"), dict) else []

    def log(self) -> tuple[Wire, list[str]]:
        """Return the path arguments of a node with a log of some lines, and these; none if there is none."""
        for root in itertools.islice(self.roots(), 3):
            nodes = [{**root, "NodeId": one["Metadata"]["NodeId"]} for one in self.details(root) if "Metadata" in one]
            for path in nodes[:4]:
                lines = self.ask("ListPipelineRunNodeLogs", **path, PageSize=100).get("Logs")
                if isinstance(lines, list) and len(set(lines)) > 3:
                    return path, lines
        return {}, []


def _ids(runs: list[Wire]) -> list[Any]:
    return [run.get("PipelineRunId") for run in runs]


def _time_window(probe: Probe) -> bool | None:
    return bool(probe.ask("ListPipelineRuns", shift=840, PageSize=1)[""] == 200)


def _empty_parameters(probe: Probe) -> bool | None:
    every = probe.ask("ListPipelineRuns", PageSize=1).get("TotalCount")
    return probe.ask("ListPipelineRuns", PageSize=1, Name="").get("TotalCount") == every if every else None


def _own_codes(probe: Probe) -> bool | None:
    reply = probe.ask("GetPipelineRun", PipelineRunId=STRANGER)
    return reply.get("") == 404 and not str(reply.get("Code")).isdigit() if reply else None


def _default_order(probe: Probe) -> bool | None:
    due = probe.runs(SortBy="GmtCreateTime", Order="DESC")
    return _ids(probe.runs()) == _ids(due) if len({run.get("GmtCreateTime") for run in due}) > 1 else None


def _exact_filters(probe: Probe) -> bool | None:
    name = next((run["Name"] for run in probe.runs() if len(run.get("Name") or "") > 3), None)
    return all(run.get("Name") == name[1:] for run in probe.runs(Name=name[1:])) if name else None


def _page_sizes(probe: Probe) -> bool | None:
    reply = probe.ask("ListPipelines")
    total, page = reply.get("TotalCount", 0), len(reply.get("Pipelines", ()))
    return page == 10 if total >= 10 else None


def _batch_lists(probe: Probe) -> bool | None:
    path = probe.node()
    return not probe.items(BATCH, "PipelineRuns", PipelineRuns=probe.known(), Nodes=[path]) if path else None


def _batch_order(probe: Probe) -> bool | None:
    known = [run.get("PipelineRunId") for run in probe.items(BATCH, "PipelineRuns", PipelineRuns=probe.known())]
    asked = [*known[::-1], *known]
    return _ids(probe.items(BATCH, "PipelineRuns", PipelineRuns=asked)) == known[::-1] if known else None


def _deleted_runs(probe: Probe) -> bool | None:
    shown = probe.items(BATCH, "PipelineRuns", PipelineRuns=[*probe.known(), *_ids(probe.runs())])
    deleted = _ids([run for run in shown if run.get("IsDeleted")])
    return not any(probe.runs(PipelineRunId=run) for run in deleted[:2]) if deleted else None


def _workspace_details(probe: Probe) -> bool | None:
    plain, more = (
        [sorted(one) for one in probe.items(SPACES, "Workspaces", Verbose=verbose)] for verbose in (False, True)
    )
    return plain == more if plain else None


def _of_running(holds: Callable[[Wire], bool]) -> Callable[[Probe], bool | None]:
    def probed(probe: Probe) -> bool | None:
        running = probe.runs(Status="Running")
        return all(map(holds, running)) if running else None

    return probed


def _manifest_types(probe: Probe) -> bool | None:
    for run in [*probe.known(), *_ids(probe.runs())][:4]:
        raw, frozen = (
            probe.ask("GetPipelineRun", PipelineRunId=run, Verbose=True, ManifestType=kind).get("Manifest")
            for kind in ("Raw", "Frozen")
        )
        if raw or frozen:
            return bool(raw == frozen)
    return None


def _run_uri(probe: Probe) -> bool | None:
    runs = [run for run in probe.runs() if run.get("PipelineRunUri")]
    fits = [
        re.search(rf"regionId=cn-hangzhou&.*/{re.escape(run['PipelineRunId'])}$", run["PipelineRunUri"]) for run in runs
    ]
    return any(fits) if runs else None


def _status_depth(probe: Probe) -> bool | None:
    if (path := probe.node()) is None:
        return None
    plain, two = (probe.items(STATUS, "Status", **path, **more) for more in ({}, {"Depth": 2}))
    return plain == two and path["NodeId"] in [one.get("NodeId") for one in plain] if plain else None


def _physical_nodes(probe: Probe) -> bool | None:
    path = probe.node()
    logical, physical = (
        [one["Metadata"]["NodeId"] for one in probe.details(path, **more)] if path else [] for more in PHYSICAL
    )
    return len(logical) == len(physical) and logical != physical if logical else None


def _progress(probe: Probe) -> bool | None:
    path = probe.node()
    node, *inner = probe.details(path) if path else [{}]
    if not inner:
        return None
    ended = [one for one in inner if one["StatusInfo"].get("Status") in ENDED]
    return bool(node["StatusInfo"].get("Progress") == f"{len(ended)}/{len(inner)}")


def _output_names(probe: Probe) -> bool | None:
    for path in itertools.islice(probe.roots(), 3):
        deep = {**path, "Depth": 9}
        for output in probe.items(OUTPUTS, "Outputs", **deep)[:1]:
            named = probe.items(OUTPUTS, "Outputs", **deep, Name=output["Name"])
            return output["Id"] in [one.get("Id") for one in named]
    return None


def _log_offset(probe: Probe) -> bool | None:
    path, lines = probe.log()
    return probe.ask(LOGS, **path, PageSize=2, Offset=1).get("Logs") == lines[1:3] if lines else None


def _log_times(probe: Probe) -> bool | None:
    path, lines = probe.log()
    found = re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", lines[0]) if lines else None
    if found is None:
        return None
    second = int(datetime.fromisoformat(found[0]).timestamp())
    around, exact = (
        probe.ask(LOGS, **path, FromTimeInSeconds=second - more, ToTimeInSeconds=second + more).get("Logs", ())
        for more in (1, 0)
    )
    return lines[0] in exact if lines[0] in around else None


def _log_keyword(probe: Probe) -> bool | None:
    path, lines = probe.log()
    words = (
        word for line in lines for word in re.findall(r"[^\W\d_]{3,}", line) if word.swapcase() not in " ".join(lines)
    )
    if (word := next(words, None)) is None:
        return None
    right, other = (probe.ask(LOGS, **path, PageSize=100, Keyword=one).get("Logs") for one in (word, word.swapcase()))
    return right == [line for line in lines if word in line] and not other


def _pipeline_keys(probe: Probe) -> bool | None:
    found = probe.items("ListPipelines", "Pipelines", PageSize=100)
    keys = [tuple(one.get(name) for name in ("Provider", "Identifier", "Version")) for one in found]
    return len(set(keys)) == len(keys) if len(keys) > 1 else None


BATCH, STATUS, SPACES = "ListPipelineRunsStatus", "ListPipelineRunNodeStatus", "ListWorkspaces"
OUTPUTS, LOGS = "ListPipelineRunNodeOutputs", "ListPipelineRunNodeLogs"
PHYSICAL: tuple[Wire, Wire] = ({}, {"Type": "Physical"})

PROBES: Mapping[str, Callable[[Probe], bool | None]] = {
    "time-window": _time_window,
    "empty-parameters": _empty_parameters,
    "own-codes": _own_codes,
    "default-order": _default_order,
    "exact-filters": _exact_filters,
    "page-sizes": _page_sizes,
    "batch-lists": _batch_lists,
    "batch-order": _batch_order,
    "deleted-runs": _deleted_runs,
    "workspace-details": _workspace_details,
    "duration": _of_running(lambda run: run.get("Duration") == 0),
    "started-and-finished": _of_running(lambda run: bool(run.get("StartedAt")) and not run.get("FinishedAt")),
    "manifest-types": _manifest_types,
    "run-uri": _run_uri,
    "status-depth": _status_depth,
    "physical-nodes": _physical_nodes,
    "progress": _progress,
    "output-names": _output_names,
    "log-offset": _log_offset,
    "log-times": _log_times,
    "log-keyword": _log_keyword,
    "pipeline-keys": _pipeline_keys,
}
"""By the assumption's name: whether it holds, None where the service holds nothing to try it on."""


def cases(session: Session) -> list[Case]:
    """Return a case for each assumption. What it comes to stands in the session."""
    session.assumptions |= dict.fromkeys((one.name for one in ASSUMPTIONS), NOT_TRIED)
    probe = Probe(session)
    return [Case(name, _finding_out(probe, name)) for name in PROBES]


def _finding_out(probe: Probe, name: str) -> Callable[[Session], None]:
    def run(session: Session) -> None:
        holds = PROBES[name](probe)
        session.assumptions[name] = NOT_TRIED if holds is None else HELD if holds else REFUTED

    return run
