"""A reply and its description are followed together: every fault is told, and what is allowed without being described."""

import jsonschema
import jsonschema_rs
import pytest
from drift import shapes
from hypothesis import given
from openapi_schema_validator import oas31_format_checker

from paiflow import _yaml
from paiflow.drift import DescriptionError, Reply, Schemas, load
from paiflow.drift.replies import judge
from paiflow.drift.walk import deviations, shown

THING = {"type": "object", "properties": {"a": {"type": "string"}}}


def found(schema, value):
    """What is found in a value: kind, JSONPath, keyword, and whether it breaks the schema."""
    description = shapes.description(schema)
    [place] = [schema for _, schema in [description.described(description.operations[0], 200)]]
    return [(one.kind, shown(one.steps), one.keyword, one.breaks) for one in deviations(place, value)]


def found_in_sample(change):
    description = load()
    reply = shapes.sample()
    change(reply)
    _, deviations_ = judge(description, Reply("r", "ListPipelineRunsStatus", 200, reply))
    return [(one.kind, shown(one.steps)) for one in deviations_]


CASES = {
    "a field that nobody lists": (THING, {"b": 1}, [("unknown-field", "$.b", "properties", False)]),
    "a forbidden field": (
        {**THING, "additionalProperties": False},
        {"b": 1},
        [("unknown-field", "$.b", "properties", True)],
    ),
    "a field of an object of free form": ({"type": "object"}, {"b": 1}, []),
    "any field, said expressly": ({"type": "object", "additionalProperties": True}, {"b": 1}, []),
    "a map": (
        {"type": "object", "additionalProperties": THING},
        {"k": {"b": 1}},
        [("unknown-field", "$.*.b", "properties", False)],
    ),
    "a value of a map": (
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"k": "x"},
        [("wrong-kind", "$.*", "type", True)],
    ),
    "a field of one part of several": (
        {"allOf": [THING, {"type": "object", "properties": {"b": {"type": "integer"}}}]},
        {"a": "x", "b": 1, "c": 2},
        [("unknown-field", "$.c", "properties", False)],
    ),
    "a field that only the alternative that fits has": (
        {"anyOf": [THING, {"type": "object", "properties": {"a": {"type": "integer"}, "b": {}}}]},
        {"a": 1, "b": 2},
        [],
    ),
    "a field that only an alternative that does not fit has": (
        {"anyOf": [THING, {"type": "object", "properties": {"a": {"type": "integer"}, "b": {}}}]},
        {"a": "x", "b": 2},
        [("unknown-field", "$.b", "properties", False)],
    ),
    "a field that a condition brings": (
        {**THING, "if": {"required": ["a"]}, "then": {"properties": {"b": {"type": "integer"}}}},
        {"a": "x", "b": "y"},
        [("wrong-kind", "$.b", "type", True)],
    ),
    "a field that a condition asks about": (
        {**THING, "if": {"required": ["b"], "properties": {"b": {"type": "integer"}}}},
        {"b": 1},
        [],
    ),
    "what is left unevaluated": (
        {"allOf": [THING], "unevaluatedProperties": False},
        {"a": "x", "b": 1},
        [("unknown-field", "$.b", "properties", True)],
    ),
    "what is left unevaluated, where any field may be": (
        {"allOf": [{**THING, "additionalProperties": True}], "unevaluatedProperties": False},
        {"b": 1},
        [("unknown-field", "$.b", "properties", False)],
    ),
    "a missing field": ({**THING, "required": ["a"]}, {}, [("missing-field", "$.a", "required", True)]),
    "a text outside an enum": ({"enum": ["x"]}, "y", [("unknown-value", "$", "enum", True)]),
    "a text outside an open enum": (
        {"type": "string", "anyOf": [{"$ref": "#/components/schemas/Status"}, {"type": "string"}]},
        "y",
        [("unknown-value", "$", "enum", False)],
    ),
    "a text that an enum knows, though it does not fit there": (
        {"anyOf": [{"enum": ["x"], "minLength": 2}, {"type": "string"}]},
        "x",
        [],
    ),
    "a text outside an enum that may be a time as well": (
        {"anyOf": [{"enum": ["x"]}, {"type": "string", "format": "date-time"}]},
        "2021-01-21T17:12:35.232Z",
        [],
    ),
    "null": ({"type": "string"}, None, [("wrong-kind", "$", "type", True)]),
    "a number that is whole": ({"type": "integer"}, 1.0, []),
    "a number that is not": ({"type": "integer"}, 1.5, [("wrong-kind", "$", "type", True)]),
    "true, which is no number": ({"type": "integer"}, True, [("wrong-kind", "$", "type", True)]),
    "a text that is no time": (
        {"type": "string", "format": "date-time"},
        "yesterday",
        [("unknown-value", "$", "format", True)],
    ),
    "a value that fits none of several": (
        {"anyOf": [{"type": "string", "maxLength": 0}, {"type": "null"}]},
        "x",
        [("unknown-value", "$", "anyOf", True)],
    ),
    "a value that fits several of one": (
        {"oneOf": [{}, {"type": "string"}]},
        "x",
        [("unknown-value", "$", "oneOf", True)],
    ),
    "the faults of the alternative that comes closest": (
        {"anyOf": [{**THING, "required": ["a", "b", "c"]}, {**THING, "required": ["a"]}]},
        {},
        [("missing-field", "$.a", "required", True)],
    ),
    "an item": ({"type": "array", "items": THING}, [{}, {"b": 1}], [("unknown-field", "$[*].b", "properties", False)]),
    "an item that has a place of its own": (
        {"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "integer"}},
        [1, "x"],
        [("wrong-kind", "$[*]", "type", True), ("wrong-kind", "$[*]", "type", True)],
    ),
    "a schema that leads to itself": (
        {"$ref": "#/components/schemas/Tree"},
        {"a b": [{"a b": [{"c": 1}]}]},
        [("unknown-field", "$['a b'][*]['a b'][*].c", "properties", False)],
    ),
}


@pytest.mark.parametrize(("schema", "value", "expected"), CASES.values(), ids=CASES)
def test_drift_is_told_with_its_kind_and_its_path(schema, value, expected):
    assert expected == found(schema, value)


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"minLength": 2}, "ab", "a"),
        ({"pattern": "^a"}, "a", "b"),
        ({"minimum": 1}, 1, 0),
        ({"multipleOf": 2}, 2, 3),
        ({"type": "integer", "format": "int32"}, 1, 2**31),
        ({"maxItems": 1}, [1], [1, 2]),
        ({"uniqueItems": True}, [1], [1, 1]),
        ({"contains": {"const": 1}}, [1], [2]),
        ({"maxProperties": 1}, {"a": 1}, {"a": 1, "b": 1}),
        ({"propertyNames": {"maxLength": 1}}, {"a": 1}, {"aa": 1}),
        ({"dependentRequired": {"a": ["b"]}}, {"b": 1}, {"a": 1}),
        ({"not": {"const": 1}}, 2, 1),
        ({"const": 1}, 1, True),
    ],
)
def test_no_limit_is_overlooked(schema, good, bad):
    keyword = list(schema)[-1]

    assert [] == found(schema, good)
    assert [("unknown-value", "$", keyword, True)] == found(schema, bad)


@given(shapes.SCHEMAS, shapes.VALUES)
def test_what_breaks_a_schema_is_what_other_validators_find_too(schema, value):
    description = shapes.description(schema)
    _, place = description.described(description.operations[0], 200)
    document = {**description.document, "$ref": "#/paths/~1things/get/responses/200/content/application~1json/schema"}
    one = jsonschema.Draft202012Validator(document, format_checker=oas31_format_checker)
    other = jsonschema_rs.Draft202012Validator(document, validate_formats=True)
    fits = not any(one.breaks for one in deviations(place, value))

    assert one.is_valid(value) is fits
    if "int32" not in str(schema):  # of OpenAPI alone
        assert other.is_valid(value) is fits


@pytest.mark.parametrize("status", ["201", "2XX", "default"])
def test_a_reply_is_judged_by_the_response_that_describes_its_status(status):
    key, [one] = judge(shapes.description({"type": "string"}, status), Reply("r", "ListThings", 201, 5))

    assert (status, "wrong-kind") == (key, one.kind)


def test_a_status_that_no_response_describes_is_told():
    key, [one] = judge(shapes.description({"type": "string"}, "4XX"), Reply("r", "ListThings", 201, 5))

    assert ("201", "unknown-value", "responses") == (key, one.kind, one.keyword)


def test_the_vendors_sample_has_no_drift():
    assert [] == found_in_sample(lambda _: None)


def test_drift_of_our_own_replies_is_told():
    def change(reply):
        reply["PipelineRuns"][0] |= {"Priority": 5, "Status": "Hibernating", "IsDeleted": "false", "Name": None}
        reply["Outputs"][0]["Metadata"]["test3"] = {}
        reply["Nodes"][0]["StartedAt"] = "yesterday"
        del reply["RequestId"]

    assert [
        ("unknown-value", "$.PipelineRuns[*].Status"),
        ("wrong-kind", "$.PipelineRuns[*].Name"),
        ("wrong-kind", "$.PipelineRuns[*].IsDeleted"),
        ("unknown-field", "$.PipelineRuns[*].Priority"),
        ("unknown-value", "$.Nodes[*].StartedAt"),
        ("missing-field", "$.RequestId"),
    ] == found_in_sample(change)


def test_references_are_followed_within_the_document_only():
    for reference in ("other.yaml#/Thing", "#/components/schemas/Nothing", "https://example.com/thing"):
        with pytest.raises(DescriptionError, match=r"^the description: "):
            found({"$ref": reference}, 1)


def test_dynamic_references_are_not_overlooked():
    with pytest.raises(DescriptionError, match=r"\$dynamicRef is not followed"):
        found({"$dynamicRef": "#node"}, 1)


@pytest.mark.parametrize("document", [[], {}, {"openapi": "3.0.3", "paths": {}}, {"openapi": "3.1.0", "paths": {}}])
def test_what_no_reply_can_be_judged_by_is_refused(document):
    with pytest.raises(DescriptionError, match=r"an OpenAPI 3\.1 description is expected|no operation in it"):
        Schemas(document)


def test_an_invalid_description_is_refused_with_its_fault(tmp_path):
    document = shapes.description({}).document
    document["paths"]["/things"]["get"]["responses"] = []
    (tmp_path / "d.yaml").write_text(_yaml.dump(document), encoding="utf-8")

    with pytest.raises(DescriptionError, match=r"^d.yaml: not valid: \$\.paths"):
        load(str(tmp_path / "d.yaml"))


def test_operations_are_found_by_method_and_path():
    document = shapes.description({}).document
    item = document["paths"].pop("/things")
    document["servers"] = [{"url": "https://api.example.com/v1/"}]
    document["paths"] = {
        "/things/{id}": {"get": {**item["get"], "operationId": "GetThing"}},
        "/things/mine": {"get": {**item["get"], "operationId": "GetMine"}},
    }
    description = Schemas(document)

    def name(method, path):
        operation = description.find(method, path)
        return operation and operation.name

    assert "GetThing" == name("get", "/things/a")
    assert "GetMine" == name("GET", "/v1/things/mine")
    assert name("GET", "/things/a/b") is name("PUT", "/things/a") is name("GET", "/v2/things/mine") is None
