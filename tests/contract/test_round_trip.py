"""Between description and client: what one allows the other takes, and gives back equal.

Replies are generated from the effective description by schemathesis, requests from the client's own arguments.
"""

import copy
import json
import re
from datetime import UTC, datetime
from typing import get_args, get_type_hints

import httpx
import pytest
import schemathesis
from contract.second_engine import Engine
from described import effective_description
from hypothesis import given, settings
from hypothesis import strategies as st

import paiflow
from paiflow.contract.http import same
from paiflow.contract.interface import Interface
from paiflow.mock import MockService, MockTransport
from paiflow.mock.sample import cleaned
from paiflow_api.models import ErrorReply, NodeState, OutputValue, PipelineRunState
from paiflow_api.operations import LIST_PIPELINE_RUNS_STATUS

DESCRIPTION = effective_description()
SAMPLE = Interface(DESCRIPTION, closed=False).sample("ListPipelineRunsStatus")
RUN = "flow-hynm2bv8wqhp5esfxq"
ENGINE = Engine(DESCRIPTION)
TIMES = {"StartedAt", "FinishedAt", "GmtCreateTime"}
MODELS = {"pipeline_runs": PipelineRunState, "nodes": NodeState, "outputs": OutputValue}


def generated(schema):
    """A strategy for what a schema of the description allows: schemathesis makes it as the body of a request."""
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "one schema", "version": "1"},
        "paths": {"/": {"post": {"requestBody": {"required": True, "content": content}, "responses": {"200": {}}}}},
        "components": {"schemas": copy.deepcopy(DESCRIPTION["components"]["schemas"])},
    }
    document["paths"]["/"]["post"]["responses"]["200"] = {"description": "ok"}
    return schemathesis.openapi.from_dict(document)["/"]["POST"].as_strategy().map(lambda case: case.body)


def decoded(status, body):
    """What the generated operation makes of a reply."""
    model = ErrorReply if status >= 400 else LIST_PIPELINE_RUNS_STATUS.reply
    return model.from_json(body)


def comparable(value, name=""):
    """A value with its times as instants, digits past microseconds kept."""
    if isinstance(value, dict):
        return {key: comparable(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if name in TIMES and isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.upper())
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            return value
        past = re.search(r"[.,][0-9]{6}([0-9]*[1-9])", value)
        return [moment.isoformat(), past[1] if past else ""]
    return value


def assert_typed(reply):
    """Every field of every item holds what its annotation says."""
    for name, model in MODELS.items():
        hints = {field: get_args(hint) for field, hint in get_type_hints(model).items() if field[0] != "_"}
        for item in getattr(reply, name):
            assert isinstance(item, model)
            for field, kinds in hints.items():
                if field != "additional_properties":
                    assert isinstance(getattr(item, field), kinds), (field, getattr(item, field))


@settings(max_examples=40)
@given(generated("ListPipelineRunsStatusResponse"))
def test_any_reply_that_is_described_decodes_and_comes_back_equal(wire):
    body = json.dumps(wire).encode()
    reply = decoded(200, body)

    assert ENGINE.reply_fault(200, body, {"x-acs-request-id": "R-1"}) is None
    assert wire["RequestId"] == reply.request_id
    assert [len(wire.get(kind, [])) for kind in ("PipelineRuns", "Nodes", "Outputs")] == [
        len(getattr(reply, name)) for name in MODELS
    ]
    assert_typed(reply)
    assert same(comparable(wire), comparable(reply.to_dict()))


@settings(max_examples=30)
@given(generated("ErrorReply"), st.sampled_from([400, 403, 404, 415, 429, 500, 503]))
def test_any_error_that_is_described_decodes_and_comes_back_equal(wire, status):
    error = decoded(status, json.dumps(wire).encode())

    assert (wire["Code"], wire["Message"], wire["RequestId"]) == (error.code, error.message, error.request_id)
    assert same(wire, error.to_dict())


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


def places(value, path=()):
    """The paths of all places in a JSON value."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield from places(inner, (*path, key))


@settings(max_examples=120)
@given(st.sampled_from([place for place in places(SAMPLE) if place]), VALUES)
def test_a_mangled_reply_loses_nothing_or_is_unexpected(place, value):
    """A list where an object is due, or the reverse, is unexpected; whatever else is put anywhere is kept."""
    wire = copy.deepcopy(SAMPLE)
    target = wire
    for key in place[:-1]:
        target = target[key]
    due, target[place[-1]] = target[place[-1]], value
    try:
        reply = decoded(200, json.dumps(wire).encode())
    except TypeError:
        assert (isinstance(due, list) and isinstance(value, dict | list)) or (
            isinstance(due, dict) and isinstance(value, list)
        )
        return

    assert_typed(reply)
    assert same(comparable(wire), comparable(reply.to_dict()))


IDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters=",/\ufffd"), min_size=1)


@settings(max_examples=60)
@given(
    runs=st.lists(IDS, max_size=4),
    nodes=st.lists(st.tuples(IDS, IDS), max_size=4),
    workspace_id=st.none() | IDS,
    output_type=st.none() | st.sampled_from(list(paiflow.OutputType)) | st.sampled_from(["Model", "Metrics"]),
)
def test_any_request_that_the_client_builds_fits_the_description(runs, nodes, workspace_id, output_type):
    sent = []

    def answer(request):
        sent.append(request)
        return httpx.Response(200, content=b'{"RequestId": "R-1"}')

    client = paiflow.PaiFlow(
        "cn-hangzhou", credentials=paiflow.Credentials("id", "secret"), transport=httpx.MockTransport(answer)
    )
    try:
        client.list_pipeline_runs_status(
            pipeline_runs=runs, nodes=nodes, workspace_id=workspace_id, output_type=output_type
        )
    except paiflow.InvalidRequest:
        assert not sent
        assert bool(runs) is bool(nodes)
        return
    [request] = sent

    assert ENGINE.request_fault(request.content, request.headers["content-type"]) is None
    asked = json.loads(request.content)
    assert asked.get("PipelineRuns", []) == runs
    assert [(node["PipelineRunId"], node["NodeId"]) for node in asked.get("Nodes", [])] == nodes
    assert asked.get("WorkspaceId") == workspace_id
    assert asked.get("OutputType") == output_type


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ({"pipeline_runs": [RUN]}, "PipelineRuns"),
        ({"nodes": [(RUN, "node-hynm2bv8wqhp5esfx1")]}, "Nodes"),
        ({"nodes": [("flow-dsjfk******jdskls", "node-obpzu*******418grb7")]}, "Outputs"),
    ],
)
def test_the_documented_sample_comes_back_as_it_was_recorded(asked, kind):
    service = MockService()
    with paiflow.PaiFlow(
        endpoint="http://127.0.0.1", credentials=service.credentials, transport=MockTransport(service)
    ) as client:
        reply = client.list_pipeline_runs_status_detailed(**asked)
    recorded = json.loads(reply.content)

    assert same(cleaned(SAMPLE[kind]), recorded[kind])
    assert same(recorded, reply.parsed.to_dict())
