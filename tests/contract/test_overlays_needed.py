"""Each action of each overlay is needed: taken away, a named contract check, type test or decode test goes red.

The rest is applied leniently, so an action that builds on the missing one does not count as red. Contract probes ask
a second engine what the description says; type and decode probes look at the package that is generated from it.
"""

import importlib
import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import get_type_hints

import pytest
from contract.second_engine import Engine

from paiflow import _yaml, overlays
from tooling import generation

SAMPLE = json.loads((Path(__file__).parent.parent / "data" / "documented_sample.json").read_text(encoding="utf-8"))
ID = {"x-acs-request-id": "R-1"}
ERROR = {"Code": "MissingParameter", "Message": "PipelineRuns is mandatory.", "RequestId": "R-1"}
NODE = {"PipelineRunId": "flow-1", "NodeId": "node-1"}
MISSING = object()
RIGHT = {"PipelineRuns": ["flow-1"]}

FILES = {path.name: _yaml.load_file(path) for path in generation.overlay_files()}
ACTIONS = [(name, number) for name, overlay in FILES.items() for number, _ in enumerate(overlay["actions"])]


def without(name, number):
    """The effective description without one action."""
    applied = []
    for file, overlay in FILES.items():
        actions = [action for index, action in enumerate(overlay["actions"]) if (file, index) != (name, number)]
        if actions:
            applied.append({**overlay, "actions": actions})
    return overlays.apply(_yaml.load_file(generation.DESCRIPTION), *applied, lenient=True)


# Contract probes: name, what is asked of the engine, whether it has to fit.


def complete(fields):
    """Fields without those that are MISSING, as JSON."""
    return json.dumps({name: value for name, value in fields.items() if value is not MISSING}).encode()


def request(*body, **how):
    """Ask about a request."""
    return lambda engine: engine.request_fault(json.dumps(body[0]).encode() if body else b"", **how)


def answer(change, headers=ID):
    """Ask about a 200, made of the sample."""
    return lambda engine: engine.reply_fault(200, complete({**SAMPLE, **change}), headers)


def error(status, change, headers=ID):
    """Ask about an error."""
    return lambda engine: engine.reply_fault(status, complete({**ERROR, **change}), headers)


STATUSES = (400, 403, 404, 415, 429, 500, 503)
FITS = {
    "the sample": answer({}),
    "a right request": request(RIGHT),
    "a request for nodes": request({"Nodes": [NODE]}),
    "an unknown status": answer({"PipelineRuns": [{"Status": "New"}], "Nodes": [{"Status": "New"}]}),
    "an unknown output type": answer({"Outputs": [{"Type": "Any"}]}),
    "an account id that is a text": answer({"PipelineRuns": [{"UserId": "1", "ParentUserId": "1"}]}),
    "a node without times": answer({"Nodes": [{"StartedAt": None, "FinishedAt": None}]}),
    "a node with empty times": answer({"Nodes": [{"StartedAt": "", "FinishedAt": ""}]}),
    "a run without a node": answer({"PipelineRuns": [{"NodeId": None}, {"NodeId": ""}]}),
    **{f"an error with status {status}": error(status, {}) for status in STATUSES},
}
DOES_NOT_FIT = {
    "an unsigned request": request(RIGHT, authorization=None),
    "a request without a body": request(content_type=None),
    "a request for nothing": request({}),
    "an empty list of runs": request({"PipelineRuns": []}),
    "an empty list of nodes": request({"Nodes": []}),
    "a run with an empty id": request({"PipelineRuns": [""]}),
    "half of a node": request({"Nodes": [{"NodeId": "node-1"}]}),
    "a node with an empty id": request({"Nodes": [{**NODE, "NodeId": ""}]}),
    "an empty workspace": request({**RIGHT, "WorkspaceId": ""}),
    "an output type in small letters": request({**RIGHT, "OutputType": "model"}),
    "an answer without a request id": answer({"RequestId": MISSING}),
    "an answer without its header": answer({}, {}),
    "an error without its header": error(400, {}, {}),
    "an error without a code": error(400, {"Code": ""}),
    "an error without a message": error(403, {"Message": MISSING}),
    "an account id that is a truth": answer({"PipelineRuns": [{"UserId": True}]}),
    "a start that is no time": answer({"Nodes": [{"StartedAt": "soon"}]}),
    "a creation that is no time": answer({"Outputs": [{"GmtCreateTime": "soon"}]}),
    "a run's node that is a number": answer({"PipelineRuns": [{"NodeId": 1}]}),
}


def contract_probes_that_fail(description):
    """Names of the contract probes that go red on a description."""
    engine = Engine(description)
    red = []
    for wanted, probes in ((True, FITS), (False, DOES_NOT_FIT)):
        for name, ask in probes.items():
            try:
                fits = ask(engine) is None
            except Exception as error:  # noqa: BLE001 - a reference that leads nowhere is told in many ways
                fits = f"{type(error).__name__}"
            if fits is not wanted:
                red.append(f"contract: {name}")
    return red


# Type and decode probes: name, what has to hold of the generated package.

PROBES = {
    "type: a run's status": lambda m: get_type_hints(m.PipelineRun)["status"] == m.PipelineRunStatus | str | None,
    "type: a node's status": lambda m: get_type_hints(m.Node)["status"] == m.NodeStatus | str | None,
    "type: an output's type": lambda m: get_type_hints(m.Output)["type_"] == m.OutputType | str | None,
    "type: an account id": lambda m: get_type_hints(m.PipelineRun)["user_id"] == str | None,
    "type: a start": lambda m: get_type_hints(m.Node)["started_at"] == datetime | None,
    "type: metadata": lambda m: get_type_hints(m.Output)["metadata"] == m.OutputMetadata | None,
    "decode: a number is an account id": lambda m: m.PipelineRun.from_dict({"UserId": 15}).user_id == "15",
    "decode: a time": lambda m: (
        m.Node.from_dict({"StartedAt": "2021-01-21T17:12:35Z"}).started_at
        == datetime(2021, 1, 21, 17, 12, 35, tzinfo=UTC)
    ),
    "decode: nothing is required": lambda m: m.ListPipelineRunsStatusResponse.from_dict({}).nodes == [],
    "decode: null is none": lambda m: m.Node.from_dict({"NodeName": None}).node_name is None,
    "decode: metadata that is no object": lambda m: m.Output.from_dict({"Metadata": "text"}).metadata is None,
    "decode: metadata is a model of a reply": lambda m: (
        m.OutputMetadata.from_dict({"a": 1}).additional_keys == ["a"] and hasattr(m.OutputMetadata(), "_as_sent")
    ),
    "decode: a value's JSON": lambda m: m.Output.from_dict({"Value": '{"a": 1}'}).value_json() == {"a": 1},
    "decode: the sample comes back": lambda m: m.ListPipelineRunsStatusResponse.from_dict(SAMPLE).to_dict() == SAMPLE,
}


def package_probes_that_fail(description, folder, name):
    """Names of the type and decode probes that go red on the package generated from a description."""
    generation.generate(description, folder / "paiflow_api")
    shutil.move(folder / "paiflow_api", folder / name)
    sys.path.insert(0, str(folder))
    try:
        models = importlib.import_module(f"{name}.models")
        return [probe for probe, holds in PROBES.items() if not _holds(holds, models)]
    finally:
        sys.path.remove(str(folder))
        for module in [module for module in sys.modules if module.partition(".")[0] == name]:
            del sys.modules[module]


def _holds(holds, models):
    try:
        return holds(models)
    except (TypeError, ValueError, AttributeError, KeyError, NameError):
        return False


def test_with_all_actions_all_probes_hold(tmp_path):
    description = generation.effective_description()

    assert contract_probes_that_fail(description) == []
    assert package_probes_that_fail(description, tmp_path, "with_all") == []


@pytest.mark.parametrize(("name", "number"), ACTIONS, ids=[f"{name}-{number + 1}" for name, number in ACTIONS])
def test_every_action_is_needed(name, number, tmp_path):
    description = without(name, number)
    red = contract_probes_that_fail(description) or package_probes_that_fail(description, tmp_path, f"without_{number}")

    assert red, f"{name}, action {number + 1}: without it every probe holds all the same"
    assert all(probe.startswith(("contract: ", "type: ", "decode: ")) for probe in red)
