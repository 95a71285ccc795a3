"""What a request's body must be: JSON without tricks that fits the description."""

import copy
import json

import jsonschema_rs
import pytest
from mock.calls import NODE, RUN, answer, message, refusal, signed

from paiflow.mock.body import read_body
from paiflow.mock.description import effective_description
from paiflow.mock.refusals import Refusal

RIGHT = b'{"PipelineRuns":["flow-1"]}'


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=utf-8",
        'Application/JSON ; Charset="UTF-8"',
    ],
)
def test_json_in_utf_8_is_taken_however_it_is_said(service, content_type):
    answer(service.handle(signed(content_type=content_type)))


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "application/json-patch+json",
        "application/jsonx",
        "application/json; charset=latin-1",
        "application/json; charset=utf-8; charset=utf-16",
        "application/json, text/plain",
    ],
)
def test_a_body_of_another_kind_is_not_taken(service, content_type):
    assert (415, "UnsupportedMediaType") == refusal(service.handle(signed(content_type=content_type)))


@pytest.mark.parametrize(
    "body",
    [
        b"PipelineRuns",
        b" ",
        b"[]",
        b'"PipelineRuns"',
        b"null",
        b"1",
        RIGHT + b"x",
        RIGHT + RIGHT,
        RIGHT[:-1],
        b"{'PipelineRuns':['flow-1']}",
        b'{"PipelineRuns":["flow-1"],}',
        b'{"PipelineRuns":["flow-1"],"x":NaN}',
        b'{"PipelineRuns":["flow-1"],"x":-Infinity}',
        b'{"PipelineRuns":["flow-1"],"x":01}',
        b'{"PipelineRuns":["flow-1"],"x":' + b"9" * 5000 + b"}",
        b'{"PipelineRuns":["flow-1"],"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"PipelineRuns":["flow-1"],"x":"\xff"}',
        b'{"PipelineRuns":["flow\t1"]}',
        b"\xef\xbb\xbf" + RIGHT,
        RIGHT.decode().encode("utf-16"),
        b'{"PipelineRuns":["flow-1"],"PipelineRuns":["flow-2"]}',
        b'{"Nodes":[{"NodeId":"a","NodeId":"b","PipelineRunId":"c"}]}',
    ],
    ids=range(22),
)
def test_what_is_not_a_json_object_or_not_for_sure_is_refused(service, body):
    reply = service.handle(signed(body=body))

    assert (400, "InvalidParameter") == refusal(reply)
    assert message(reply).startswith("Specified parameter body is not valid.")


@pytest.mark.parametrize("value", ["1e999", "1" * 400, "-0.0", '"\\ud800"', "[" * 300 + "]" * 300, "null"])
@pytest.mark.parametrize("given", ["", '"PipelineRuns":["flow-1"],'])
def test_odd_values_of_unknown_parameters_do_no_harm(service, given, value):
    reply = service.handle(signed(body=f'{{{given}"x":{value}}}'.encode()))

    assert reply.status == (200 if given else 400)


def test_one_of_the_two_lists_is_mandatory(service):
    for parameters in ({}, {"WorkspaceId": "948"}, {"OutputType": "DataSet"}, {"pipelineRuns": [RUN]}):
        reply = service.handle(signed(parameters))

        assert (400, "MissingParameter") == refusal(reply)
        assert "PipelineRuns or Nodes is mandatory for this action." == message(reply)


def test_no_body_is_no_parameters(service):
    reply = service.handle(signed(body=b"", content_type=None))

    assert (400, "MissingParameter") == refusal(reply)
    assert "PipelineRuns or Nodes is mandatory for this action." == message(reply)


@pytest.mark.parametrize(
    ("node", "missing"),
    [
        ({"NodeId": "node-1"}, "Nodes[1].PipelineRunId"),
        ({"PipelineRunId": "flow-1"}, "Nodes[1].NodeId"),
    ],
)
def test_half_a_node_is_refused_and_the_missing_half_named(service, node, missing):
    reply = service.handle(signed({"Nodes": [NODE, node]}))

    assert (400, "MissingParameter") == refusal(reply)
    assert f"{missing} is mandatory for this action." == message(reply)


@pytest.mark.parametrize(
    ("parameters", "wrong"),
    [
        ({"PipelineRuns": []}, "PipelineRuns"),
        ({"PipelineRuns": None}, "PipelineRuns"),
        ({"PipelineRuns": RUN}, "PipelineRuns"),
        ({"PipelineRuns": {}}, "PipelineRuns"),
        ({"PipelineRuns": [RUN, ""]}, "PipelineRuns[1]"),
        ({"PipelineRuns": [RUN, 7]}, "PipelineRuns[1]"),
        ({"PipelineRuns": [[RUN]]}, "PipelineRuns[0]"),
        ({"Nodes": []}, "Nodes"),
        ({"PipelineRuns": [RUN], "Nodes": []}, "Nodes"),
        ({"Nodes": [[RUN, "node-1"]]}, "Nodes[0]"),
        ({"Nodes": [NODE, NODE, NODE, {**NODE, "NodeId": ""}]}, "Nodes[3].NodeId"),
        ({"Nodes": [{**NODE, "PipelineRunId": None}]}, "Nodes[0].PipelineRunId"),
        ({"PipelineRuns": [RUN], "WorkspaceId": ""}, "WorkspaceId"),
        ({"PipelineRuns": [RUN], "WorkspaceId": 948}, "WorkspaceId"),
        ({"PipelineRuns": [RUN], "OutputType": "dataset"}, "OutputType"),
        ({"PipelineRuns": [RUN], "OutputType": "DataSet "}, "OutputType"),
        ({"PipelineRuns": [RUN], "OutputType": None}, "OutputType"),
    ],
)
def test_a_parameter_that_does_not_fit_the_description_is_named(service, parameters, wrong):
    reply = service.handle(signed(parameters))

    assert (400, "InvalidParameter") == refusal(reply)
    assert f"Specified parameter {wrong} is not valid." == message(reply)


def test_a_fault_of_the_whole_body_is_named_so():
    operation = copy.copy(effective_description().operations["ListPipelineRunsStatus"])
    operation.body = jsonschema_rs.validator_for({"additionalProperties": False})

    with pytest.raises(Refusal) as caught:
        read_body(operation, "application/json", b'{"Later":1}')

    assert "Specified parameter body is not valid." == caught.value.message


def test_a_body_that_must_be_there_is_missed_even_if_none_of_it_must():
    operation = copy.copy(effective_description().operations["ListPipelineRunsStatus"])
    operation.body = jsonschema_rs.validator_for({"type": "object"})

    with pytest.raises(Refusal) as caught:
        read_body(operation, None, b"")

    assert ("MissingParameter", "body is mandatory for this action.") == (caught.value.code, caught.value.message)


def test_a_body_of_one_mebibyte_is_taken_and_one_byte_more_is_not(service):
    padded = RIGHT.ljust(1024 * 1024)

    answer(service.handle(signed(body=padded)))
    assert (413, "RequestEntityTooLarge") == refusal(service.handle(signed(body=padded + b" ")))


def test_a_body_full_of_faults_is_refused_for_one_of_them(service):
    reply = service.handle(signed({"Nodes": [0] * 300_000}))

    assert "Specified parameter Nodes[0] is not valid." == message(reply)


def test_any_number_of_ids_may_be_asked_for(service):
    asked = [f"flow-{number}" for number in range(20_000)]

    answered = answer(service.handle(signed(body=json.dumps({"PipelineRuns": [*asked, RUN]}).encode())))

    assert [RUN] == [run["PipelineRunId"] for run in answered["PipelineRuns"]]
