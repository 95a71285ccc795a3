"""Whatever a public method returns can be named by a user: its class is in paiflow.__all__."""

import inspect
import re
import subprocess
import sys
import typing

import pytest

import paiflow
from paiflow_api.operations import OPERATIONS

# Of the standard library; and Answers, a list, is what the tools that carry out steps receive.
OTHERS = {"Any", "AsyncIterator", "Answers", "Callable", "Iterator", "None", "Response", "Self", "R"}


def classes(hint):
    """Yield the classes in an annotation."""
    if isinstance(hint, type):
        yield hint
    for part in typing.get_args(hint):
        yield from classes(part)


def reached(model, seen):
    """Add a model and all that its fields hold."""
    if model in seen or not model.__module__.startswith("paiflow"):
        return
    seen.add(model)
    for name, hint in typing.get_type_hints(model).items() if not issubclass(model, str) else ():
        if not name.startswith("_"):
            for kind in classes(hint):
                reached(kind, seen)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_all_classes_of_a_reply_are_exported(operation):
    seen = set()
    reached(operation.reply, seen)

    assert operation.reply in seen
    assert set() == {model.__name__ for model in seen} - set(paiflow.__all__)


@pytest.mark.parametrize("kind", [paiflow.PaiFlow, paiflow.AsyncPaiFlow])
def test_all_classes_that_methods_return_are_exported(kind):
    found = {}
    for name, member in inspect.getmembers(kind):
        function = member.fget if isinstance(member, property) else member
        if not name.startswith("_") and callable(function):
            returned = str(inspect.signature(function).return_annotation)
            found[name] = set(re.findall(r"\b[A-Z]\w*", returned)) - OTHERS - set(paiflow.__all__)

    assert found.keys() >= {"submit", "wait", "list_pipeline_runs", "iter_workspaces", "call"}
    assert {} == {name: missing for name, missing in found.items() if missing}


RUN = {"RequestId": "R", "PipelineRunId": "flow-1", "Status": "Succeeded"}


@pytest.mark.parametrize("operation", ["GetPipelineRun", "ListPipelineRuns", "ListPipelineRunsStatus"])
def test_the_runs_of_all_replies_are_runs_with_an_outcome(operation):
    body = RUN if operation == "GetPipelineRun" else {"RequestId": "R", "PipelineRuns": [RUN]}
    reply = OPERATIONS[operation].reply.from_dict(body)
    run = reply if operation == "GetPipelineRun" else reply.pipeline_runs[0]

    assert isinstance(run, paiflow.PipelineRun)
    assert "succeeded" == paiflow.outcome_of(run)


@pytest.mark.parametrize(
    ("operation", "field"), [("ListPipelineRunsStatus", "Nodes"), ("ListPipelineRunNodeStatus", "Status")]
)
def test_the_nodes_of_all_lists_are_nodes_with_an_outcome(operation, field):
    reply = OPERATIONS[operation].reply.from_dict(
        {"RequestId": "R", field: [{"NodeId": "node-1", "Status": "Skipped"}]}
    )
    [node] = getattr(reply, reply._FIELDS[field])

    assert isinstance(node, paiflow.Node)
    assert "succeeded" == paiflow.outcome_of(node)


@pytest.mark.parametrize(
    ("operation", "field"), [("ListPipelineRunsStatus", "Outputs"), ("ListPipelineRunNodeOutputs", "Outputs")]
)
def test_the_outputs_of_all_lists_are_outputs(operation, field):
    reply = OPERATIONS[operation].reply.from_dict({"RequestId": "R", field: [{"Id": "a"}]})

    assert isinstance(reply.outputs[0], paiflow.Output)


@pytest.mark.parametrize("module", ["steps", "retries", "credentials", "client.paging", "client.profile"])
def test_what_a_client_is_made_of_loads_neither_attrs_nor_what_only_a_reply_needs(module):
    script = (
        f"import sys, paiflow.{module}; print([one for one in ('attr', 'paiflow_api.decoding') if one in sys.modules])"
    )
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "[]\n" == finished.stdout
