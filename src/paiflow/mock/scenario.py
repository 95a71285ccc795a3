"""Scenarios: the contents of the service and their changes over time, as YAML.

    scenario: nightly
    clock: {scale: 60}                 # or: real, which is the default, or: by hand
    sample: false                      # start empty, without the documented samples
    behaviour: {node_takes: 5s, fails: [train]}
    workspaces: [{id: "948", name: nightly}]
    pipelines:
      - id: pipeline-a
        manifest: {metadata: {identifier: train, provider: "15", version: v1}}
    runs:
      - id: flow-a
        name: train
        workspace: "948"
        statuses:
          - {after: 0s, status: Initialized}
          - {after: 5s, status: Running}
          - {after: 2m, status: Succeeded}
        vanishes: [{after: 1m, for: 30s}]
        deleted: 10m
        failure: node-a broke          # the message of a run that has failed
        nodes:
          - id: node-a
            status: Running            # one that stays
            logs: [started, {after: 5s, line: step 1}]
            nodes: [{id: node-b}]      # in node-a
            outputs:
              - {id: artifact-a, type: Model, after: 2m, value: {name: model}}
    faults:
      - {fault: throttling, retry_after: 2s, rate: 0.1, seed: 7}

Times are counted from when the scenario is played. Reading it checks all that can be seen without a service. All
faults are reported at once, each with file, line and name.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import attrs

from paiflow.mock.behaviour import Behaviour
from paiflow.mock.checks import above_zero, line_of_text, one_of, output_type, status, text
from paiflow.mock.clock import Clock, HandClock
from paiflow.mock.durations import duration
from paiflow.mock.faults import Fault, FaultError
from paiflow.mock.strict_yaml import Section, read_document
from paiflow.mock.timeline import first_backwards

BUNDLED: Mapping[str, Path] = {"demo": Path(__file__).with_name("demo.yaml")}
"""The scenarios that come with the mock, by name. A file of the same name is `./demo`."""

__all__ = ["BUNDLED", "Scenario", "Step", "load_scenario"]


@attrs.frozen
class Step:
    """One thing to add.

    Args:
        kind: workspace, pipeline, run, node, output, logs or fault.
        ids: the arguments without a name.
        settings: the others, as the methods of Contents and Faults take them.
        place: where it stands: file and line.
    """

    kind: str
    ids: Sequence[Any]
    settings: Mapping[str, Any]
    place: str


@attrs.frozen
class Scenario:
    """A scenario that has been read.

    Args:
        name: what it calls itself.
        clock: makes the clock that it asks for.
        sample: whether the service starts with the documented samples.
        behaviour: how the service behaves where the pages leave it open.
        repeat_after: begin when a run of it is first asked for, and anew after so many seconds without a request for its
            runs, or once all that was asked for has been seen to its end. None to play it once, from the service's start.
        steps: what to add, in order.
    """

    name: str
    clock: Callable[[], Clock]
    sample: bool
    behaviour: Behaviour
    steps: Sequence[Step]
    repeat_after: float | None = None


def load_scenario(path: str | os.PathLike[str]) -> Scenario:
    """Return the scenario in a YAML or JSON file, or the bundled one that is called so: "demo".

    Raises:
        ConfigurationError: it is none; for each fault a line with file, line, name and reason.
    """
    document = read_document(BUNDLED.get(str(path), path))
    document.known(
        "scenario", "clock", "sample", "behaviour", "workspaces", "pipelines", "runs", "faults", "repeat_after"
    )
    steps = [_workspace(workspace) for workspace in _distinct(document.sections("workspaces"))]
    steps += [_pipeline(pipeline) for pipeline in _distinct(document.sections("pipelines"))]
    steps += [step for run in _distinct(document.sections("runs")) for step in _run(run)]
    steps += [_fault(fault) for fault in document.sections("faults")]
    sample = document.get("sample", one_of(True, False))
    repeat_after = document.get("repeat_after", duration)
    name, clock, behaviour = document.must("scenario", text), _clock(document), _behaviour(document)
    document.check()
    return Scenario(name, clock, sample is not False, behaviour, steps, repeat_after)


def _behaviour(document: Section) -> Behaviour:
    if "behaviour" not in document:
        return Behaviour()
    section = document.section("behaviour")
    section.known("node_takes", "terminating_takes", "fails", "log_offset")
    settings = {
        "node_takes": section.get("node_takes", duration),
        "terminating_takes": section.get("terminating_takes", duration),
        "fails": section.get("fails", _texts),
        "log_offset": section.get("log_offset", one_of("lines", "pages")),
    }
    return Behaviour(**{name: value for name, value in settings.items() if value is not None})


def _workspace(section: Section) -> Step:
    section.known("id", "name", "fields")
    return _step("workspace", [section.must("id", text)], {"name": section.get("name", text)}, section)


def _pipeline(section: Section) -> Step:
    section.known("id", "workspace", "manifest", "fields")
    ids = [section.must("id", text), section.must("manifest", _manifest)]
    return _step("pipeline", ids, {"workspace_id": section.get("workspace", text)}, section)


def _clock(document: Section) -> Callable[[], Clock]:
    if not isinstance(document.get("clock", _anything), dict):
        return document.get("clock", _named_clock) or Clock
    section = document.section("clock")
    section.known("scale")
    return partial(Clock, section.must("scale", above_zero))


def _named_clock(value: object) -> Callable[[], Clock]:
    if value == "real":
        return Clock
    if value == "by hand":
        return HandClock
    raise ValueError(f"{value!r} is not real, by hand or {{scale: NUMBER}}")


def _run(run: Section) -> Iterator[Step]:
    run.known("id", "name", "workspace", "status", "statuses", "vanishes", "deleted", "failure", "nodes", "fields")
    run_id = run.must("id", text)
    settings = {
        "name": run.get("name", text),
        "workspace_id": run.get("workspace", text),
        "deleted": run.get("deleted", duration),
        "failure": run.get("failure", text),
    }
    yield _step("run", [run_id], {**settings, **_timeline(run)}, run)
    for node in _distinct(run.sections("nodes")):
        yield from _node(run_id, node)


def _node(run_id: str, node: Section, parent: str | None = None) -> Iterator[Step]:
    node.known("id", "name", "status", "statuses", "vanishes", "outputs", "logs", "nodes", "fields")
    node_id = node.must("id", text)
    settings = {"name": node.get("name", text), "parent": parent, **_timeline(node)}
    yield _step("node", [run_id, node_id], settings, node)
    if (lines := node.get("logs", _lines)) is not None:
        yield Step("logs", [run_id, node_id, lines], {}, node.place)
    for child in _distinct(node.sections("nodes")):
        yield from _node(run_id, child, node_id)
    for output in _distinct(node.sections("outputs")):
        output.known("id", "name", "type", "value", "metadata", "after", "fields")
        settings = {
            "name": output.get("name", text),
            "output_type": output.get("type", output_type),
            "value": output.get("value", _anything),
            "metadata": output.get("metadata", _mapping),
            "after": output.get("after", duration),
        }
        yield _step("output", [run_id, node_id, output.must("id", text)], settings, output)


def _fault(section: Section) -> Step:
    name, settings = section.must("fault", text), section.rest("fault")
    if name is not None:
        try:
            Fault(name, settings)
        except FaultError as error:
            section.report(error.reason, error.setting or "fault")
    return Step("fault", [name], settings, section.place)


def _step(kind: str, ids: Sequence[Any], settings: Mapping[str, Any], section: Section) -> Step:
    """Return the step with the settings that are given, and the section's further fields."""
    given = {name: value for name, value in settings.items() if value is not None}
    return Step(kind, ids, {**given, **(section.get("fields", _fields) or {})}, section.place)


def _timeline(section: Section) -> dict[str, Any]:
    """Return statuses and absences, as Contents takes them."""
    if "status" in section and "statuses" in section:
        section.report("status and statuses exclude each other", "status")
    statuses = section.get("status", status)
    if "statuses" in section:
        statuses = [_status(one) for one in section.sections("statuses")]
        if not statuses:
            if section.get("statuses", _anything) == []:
                section.report("it has no status", "statuses")
        elif None not in (times := [after for after, _ in statuses]) and (index := first_backwards(times)) is not None:
            section.report("it comes before the one in front of it", "statuses", index, "after")
    return {"statuses": statuses, "vanishes": [_absence(absence) for absence in section.sections("vanishes")]}


def _status(section: Section) -> tuple[float, str]:
    section.known("after", "status")
    return section.must("after", duration), section.must("status", status)


def _absence(section: Section) -> tuple[float, float]:
    section.known("after", "for")
    return section.must("after", duration), section.must("for", duration)


def _distinct(sections: Iterable[Section]) -> Iterator[Section]:
    """Yield the sections, each of which has another id."""
    places: dict[str, str] = {}
    for section in sections:
        name = section.must("id", text)
        if name in places:
            section.report(f"{name!r} is there already, at {places[name]}", "id")
        elif name is not None:
            places[name] = section.place
        yield section


def _lines(value: object) -> list[tuple[float, str]]:
    """Return lines of a log: each a text, which comes at once, or {after: DURATION, line: TEXT}."""
    if not isinstance(value, list):
        raise ValueError(f"{value!r:.60} is not a list of lines")  # noqa: TRY004 - a check, as those of checks.py
    return [(0.0, line) if isinstance(line, str) else _line(line) for line in value]


def _line(value: object) -> tuple[float, str]:
    if not isinstance(value, dict) or value.keys() != {"after", "line"}:
        raise ValueError(f"{value!r:.60} is not a text or {{after: DURATION, line: TEXT}}")
    return duration(value["after"]), line_of_text(value["line"])


def _texts(value: object) -> list[str]:
    return [text(one) for one in value] if isinstance(value, list) else [text(value)]


def _manifest(value: object) -> object:
    return value if isinstance(value, dict) else text(value)


def _mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r:.60} is not a mapping")  # noqa: TRY004 - a check, as those of checks.py
    return value


def _fields(value: object) -> dict[str, Any]:
    fields = _mapping(value)
    for name in fields:
        if not name[:1].isupper():
            raise ValueError(f"{name!r} is no field of the service: their names begin with a capital")
    return fields


def _anything(value: object) -> object:
    return value
