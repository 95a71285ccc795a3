"""From replies that do not fit comes an overlay after which they do."""

import copy

import jsonschema_rs
import pytest
from drift import shapes
from hypothesis import given, settings
from hypothesis import strategies as st

from paiflow import _yaml, overlays
from paiflow.drift import RepairError, Reply, Schemas, load, overlay, repair
from paiflow.drift.replies import judge

OURS = load()
STATUS = {"type": "string", "anyOf": [{"$ref": "#/components/schemas/Status"}, {"type": "string"}]}
TIME = {"type": "string", "format": "date-time"}
HERE = "#/components/schemas/"
NOW = "2021-01-21T17:12:35.232Z"


def repaired(description, *values, operation="ListThings", status=200):
    """The description with the overlay for these replies applied; it has been checked that nothing is left."""
    replies = [Reply(f"reply {number}", operation, status, value) for number, value in enumerate(values, 1)]
    text = overlay(description, replies)
    if text is None:
        return description
    result = Schemas(overlays.apply(description.document, _yaml.load(text)))
    for reply in replies:
        assert [] == judge(result, reply)[1]
        _, schema = result.described(result.by_name[operation], status)
        pointer = "/".join(str(key).replace("/", "~1") for key in schema.place)
        other = jsonschema_rs.Draft202012Validator({**result.document, "$ref": f"#/{pointer}"}, validate_formats=True)
        assert other.is_valid(reply.value)
    return result


def schema_after(schema, *values):
    """What becomes of the schema of a reply's field `f`."""
    before = shapes.description({"type": "object", "properties": {"f": schema}})
    after = repaired(before, *({"f": value} for value in values))
    return after.described(after.operations[0], 200)[1].value["properties"]["f"]


def test_a_reply_that_fits_asks_for_no_overlay():
    assert overlay(OURS, [Reply("r", "ListPipelineRunsStatus", 200, shapes.SAMPLE)]) is None


@pytest.mark.parametrize(
    ("values", "inferred"),
    [
        (["x", ""], {"type": "string"}),
        ([""], {"type": "string"}),
        ([5], {"type": "integer"}),
        ([5, 1.5], {"type": "number"}),
        ([True], {"type": "boolean"}),
        ([None], {"type": "null"}),
        ([NOW, "2021-01-21T17:12:35+08:00"], TIME),
        ([NOW, "2021-02-30T17:12:35Z"], {"type": "string"}),
        ([NOW, "yesterday"], {"type": "string"}),
        ([NOW, ""], {"anyOf": [TIME, {"type": "string", "maxLength": 0}]}),
        ([None, NOW], {"anyOf": [TIME, {"type": "null"}]}),
        ([5, "x"], {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        (["2021-01-21", "2021-02-28"], {"type": "string", "format": "date"}),
        (["2021-01-21", NOW], {"type": "string"}),
        (['{"a": 1}', "[]", ""], {"type": "string", "contentMediaType": "application/json"}),
        (['{"a": 1}', "[x"], {"type": "string"}),
        ([[1, 2], []], {"type": "array", "items": {"type": "integer"}}),
        ([[]], {"type": "array", "items": {}, "maxItems": 0}),
        ([[1], [None]], {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}),
        ([[[1]], [[], [2]]], {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}),
    ],
)
def test_a_new_field_gets_the_kind_of_all_its_values(values, inferred):
    replies = [{**shapes.SAMPLE, "Extra": value} for value in values]
    [_] = _yaml.load(overlay(OURS, [Reply("r", "ListPipelineRunsStatus", 200, reply) for reply in replies]))["actions"]
    after = repaired(OURS, *replies, operation="ListPipelineRunsStatus")
    properties = after.document["components"]["schemas"]["ListPipelineRunsStatusResponse"]["properties"]

    assert {**inferred, "description": "Observed in replies."} == properties["Extra"]
    assert list(properties)[-1] == "Extra"


@pytest.mark.parametrize("name", ["a b", "it's", 'q"', "back\\slash", "a\nb", "größe", "", "$ref", "0"])
def test_a_new_field_may_have_any_name(name):
    after = repaired(shapes.description({"type": "object", "properties": {"a": {}}}), {name: 1})

    assert name in after.described(after.operations[0], 200)[1].value["properties"]


@pytest.mark.parametrize(
    ("schema", "values", "after"),
    [
        ({"type": "boolean"}, ["yes"], {"type": ["boolean", "string"]}),
        ({"type": "string"}, [None], {"type": ["string", "null"]}),
        ({"type": ["string", "null"]}, [5], {"type": ["string", "null", "integer"]}),
        ({"type": "integer"}, [1.5], {"type": "number"}),
        ({"type": "string"}, [[1]], {"type": ["string", "array"], "items": {"type": "integer"}}),
        ({"type": "integer"}, [NOW], {"type": ["integer", "string"], "format": "date-time"}),
        (TIME, [5], {"format": "date-time", "type": ["string", "integer"]}),
        (
            {"type": "array", "items": {"type": "string"}},
            [{"a": 1}],
            {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"$ref": f"{HERE}F"}]},
        ),
        (
            {"type": "object", "properties": {"a": {}}},
            [[{}]],
            {
                "properties": {"a": {}},
                "type": ["object", "array"],
                "items": {"$ref": f"{HERE}FItem"},
            },
        ),
        (
            {"$ref": "#/components/schemas/Thing", "description": "It."},
            [None],
            {"description": "It.", "anyOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "null"}]},
        ),
        (
            {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            [True],
            {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "boolean"}]},
        ),
        (
            {"oneOf": [{"type": "string"}, {"type": "integer"}]},
            [1.5],
            {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "number"}]},
        ),
        (STATUS, [None], {"anyOf": [*STATUS["anyOf"], {"type": "null"}]}),
        (
            {"type": "string", "enum": ["x"]},
            [5],
            {"anyOf": [{"type": "string", "enum": ["x"]}, {"type": "integer"}]},
        ),
        (
            {"allOf": [{"$ref": "#/components/schemas/Thing"}]},
            ["x"],
            {"anyOf": [{"allOf": [{"$ref": "#/components/schemas/Thing"}]}, {"type": "string"}]},
        ),
    ],
)
def test_another_kind_is_taken_as_well(schema, values, after):
    assert after == schema_after(schema, *values)


@pytest.mark.parametrize(
    ("schema", "values", "after"),
    [
        (TIME, ["yesterday", ""], {"type": "string"}),
        (TIME, ["", ""], {"anyOf": [TIME, {"type": "string", "maxLength": 0}]}),
        ({"type": "string", "maxLength": 1}, ["xy"], {"type": "string"}),
        ({"type": "integer", "minimum": 1, "maximum": 3}, [0], {"type": "integer", "maximum": 3}),
        ({"type": "array", "items": {}, "uniqueItems": True}, [[1, 1]], {"type": "array", "items": {}}),
        ({"const": "x"}, ["y", "y"], {"enum": ["x", "y"]}),
        ({"type": "string", "enum": ["x"]}, ["y"], {"type": "string", "enum": ["x", "y"]}),
        (
            {"anyOf": [TIME, {"type": "null"}]},
            ["yesterday"],
            {"anyOf": [TIME, {"type": "null"}, {"type": "string"}]},
        ),
        (
            {"anyOf": [TIME, {"type": "null"}]},
            [""],
            {"anyOf": [TIME, {"type": "null"}, {"type": "string", "maxLength": 0}]},
        ),
        ({"oneOf": [{}, {"type": "string"}]}, ["x"], {"anyOf": [{}, {"type": "string"}]}),
        (
            {"anyOf": [{"maxLength": 1}], "oneOf": [{}, {"type": "string"}]},
            ["x"],
            {"anyOf": [{"maxLength": 1}], "allOf": [{"anyOf": [{}, {"type": "string"}]}]},
        ),
        ({"not": {"type": "null"}}, [None], {}),
    ],
)
def test_a_limit_that_does_not_hold_goes(schema, values, after):
    assert after == schema_after(schema, *values)


def test_a_new_status_is_known_and_means_nothing_yet_to_a_wait():
    sample = shapes.sample()
    sample["PipelineRuns"][0]["Status"] = "Hibernating"
    after = repaired(OURS, sample, operation="ListPipelineRunsStatus").document["components"]["schemas"]

    assert "Hibernating" == after["PipelineRunStatus"]["enum"][-1]
    assert {"Hibernating": "unknown"}.items() <= after["PipelineRunStatus"]["x-paiflow-outcomes"].items()
    assert OURS.document["components"]["schemas"]["NodeStatus"] == after["NodeStatus"]


@pytest.mark.parametrize("value", [None, "text", 5, [1], [{"RequestId": "r"}]])
def test_a_reply_that_is_no_object_makes_no_overlay_as_the_client_could_not_be_generated(value):
    with pytest.raises(
        RepairError, match=r"r: the whole reply is of the kind .*, and the client has models of objects"
    ):
        overlay(OURS, [Reply("r", "ListPipelineRunsStatus", 200, value)])


def test_half_a_character_is_no_known_value():
    with pytest.raises(RepairError, match="half a character of UTF-16 fits in no file"):
        overlay(OURS, [Reply("r", "ListPipelineRunsStatus", 200, {**shapes.sample(), "Nodes": [{"Status": "\ud800"}]})])


@pytest.mark.parametrize(
    ("there", "new"),
    [
        ("Status", "status"),
        ("UserId", "user_id"),
        ("a b", "a-b"),
        ("", "@"),
        ("Value", "ValueJson"),
        ("Things", "x" * 101),
    ],
)
def test_a_field_that_can_be_no_attribute_of_its_own_is_a_pattern_of_names(there, new):
    properties = {there: {"type": "string", "contentMediaType": "application/json"}}
    after = repaired(shapes.description({"type": "object", "properties": properties}), {new: 1, "Extra": 2})
    schema = after.described(after.operations[0], 200)[1].value

    assert [there, "Extra"] == list(schema["properties"])
    assert [{"type": "integer", "description": "Observed in replies."}] == list(schema["patternProperties"].values())


def test_of_new_fields_that_would_be_one_attribute_the_first_is_it():
    after = repaired(shapes.description({"type": "object", "properties": {"f": {}}}), {"x.y": 1, "x*y": {"a": 1}})
    schema = after.described(after.operations[0], 200)[1].value

    assert ["f", "x.y"] == list(schema["properties"])
    assert [r"^x\*y$"] == list(schema["patternProperties"])


@pytest.mark.parametrize(
    ("operation", "value", "place"),
    [
        ("ListPipelineRunsStatus", {"PipelineRuns": [{"status": "x"}]}, ("PipelineRunState", "allOf", 1)),
        ("ListPipelineRuns", {"PipelineRuns": [{"status": "x"}]}, ("PipelineRunSummary", "allOf", 1)),
        ("ListPipelineRuns", {"PipelineRuns": [{"manifest": "x"}]}, ("PipelineRunSummary", "allOf", 1)),
        ("ListPipelineRuns", {"PipelineRuns": [{"Manifest": 5}]}, ("PipelineRunSummary", "allOf", 1)),
    ],
)
def test_a_field_is_no_attribute_that_a_class_it_extends_or_that_extends_it_has(operation, value, place):
    """As far as classes go: the field of one that it extends, and of one that extends it."""
    node = repaired(OURS, {"RequestId": "r", **value}, operation=operation).document["components"]["schemas"]
    for key in place:
        node = node[key]

    [item] = next(iter(value.values()))
    assert [f"^{next(iter(item))}$"] == list(node["patternProperties"])


def test_members_of_an_enum_that_would_be_named_alike_get_names():
    sample = shapes.sample()
    sample["PipelineRuns"] = [
        {"Status": status} for status in ("RUNNING", "running", "Half-Open", "Half Open", "", "1st")
    ]
    after = repaired(OURS, sample, operation="ListPipelineRunsStatus").document["components"]["schemas"][
        "PipelineRunStatus"
    ]

    assert ["RUNNING_2", "RUNNING_3", "HALF_OPEN", "HALF_OPEN_2", "VALUE_16", "VALUE_17"] == after["x-enum-varnames"][
        12:
    ]
    assert len(after["enum"]) == len(after["x-enum-varnames"])


@pytest.mark.parametrize(("required", "left"), [(["a"], None), (["a", "it's"], ["it's"]), (["it's", "a"], ["it's"])])
def test_a_field_that_may_be_missing_is_no_longer_required(required, left):
    schema = {"type": "object", "required": required, "properties": {"a": {}, "it's": {}}}
    after = repaired(shapes.description(schema), {"it's": 1})

    assert left == after.described(after.operations[0], 200)[1].value.get("required")


def test_a_schema_that_nothing_fits_gets_an_alternative():
    schema = {"$ref": "#/components/schemas/Status", "anyOf": [{"type": "null"}]}

    assert {"anyOf": [schema, {"type": "string"}]} == schema_after(schema, "x")


def test_a_schema_that_is_used_twice_is_changed_once():
    thing = {"$ref": "#/components/schemas/Thing"}
    description = shapes.description({"type": "object", "properties": {"a": thing, "b": thing}})
    text = overlay(
        description, [Reply("r", "ListThings", 200, {"a": {"Id": "x", "New": 1}, "b": {"Id": "y", "New": 2}})]
    )

    [action] = _yaml.load(text)["actions"]
    assert "$.components.schemas.Thing" == action["target"]


def test_a_field_is_added_to_the_objects_own_schema_not_to_a_shared_one():
    own = {"type": "object", "properties": {"a": {}}}
    after = repaired(
        shapes.description({"allOf": [{"$ref": "#/components/schemas/Thing"}, own]}), {"Id": "x", "New": 1}
    )

    assert "New" in after.described(after.operations[0], 200)[1].value["allOf"][1]["properties"]


def test_of_several_schemas_alike_the_last_one_gets_the_field():
    parts = [{"type": "object", "properties": {"a": {}}}, {"type": "object", "properties": {"b": {}}}]
    after = repaired(shapes.description({"allOf": parts}), {"New": 1})

    assert ["b", "New"] == list(after.described(after.operations[0], 200)[1].value["allOf"][1]["properties"])


def test_what_a_change_brings_to_light_is_changed_too():
    schema = {"type": "array", "items": {"type": "object", "properties": {"f": {"type": "string", "enum": ["x"]}}}}
    after = repaired(shapes.description(schema), [{"f": 5}, None, {"g": "y"}, {"f": "z"}], {"f": 1})

    assert after.described(after.operations[0], 200)[1].kinds == {"array", "object"}


def test_a_status_that_is_not_described_gets_the_response_of_its_class():
    error = {"Code": "Conflict", "Message": "It is there.", "RequestId": "r", "Extra": 1}
    after = repaired(OURS, error, operation="ListPipelineRunsStatus", status=409)
    responses = after.document["paths"]["/api/v1/pipelineruns"]["put"]["responses"]

    assert {"$ref": "#/components/responses/Error"} == responses["409"]
    assert "Extra" in after.document["components"]["schemas"]["ErrorReply"]["properties"]


def test_a_status_whose_reply_fits_no_other_response_gets_its_own():
    after = repaired(OURS, {"oops": True}, operation="ListPipelineRunsStatus", status=418)
    response = after.document["paths"]["/api/v1/pipelineruns"]["put"]["responses"]["418"]

    assert {"$ref": f"{HERE}ListPipelineRunsStatusReply418"} == response["content"]["application/json"]["schema"]


@pytest.mark.parametrize("value", [[{"Code": "x"}], "text", None])
def test_a_new_status_with_what_is_no_object_is_left_open(value):
    after = repaired(OURS, value, operation="ListPipelineRunsStatus", status=302)

    assert {} == after.described(after.by_name["ListPipelineRunsStatus"], 302)[1].value


def test_each_action_tells_where_it_was_seen_and_what_to_check_it_against():
    sample = {**shapes.sample(), "Extra": "x"}
    [action] = _yaml.load(overlay(OURS, [Reply("traffic.har entry 3", "ListPipelineRunsStatus", 200, sample)]))[
        "actions"
    ]

    words, _, evidence = action["description"].partition("Evidence:")
    assert (
        "ListPipelineRunsStatus: $.Extra is not described, and came as string; first in traffic.har entry 3.\n" == words
    )
    assert "https://www.alibabacloud.com/help/en/pai/" in evidence


def test_what_looks_like_a_secret_goes_into_no_overlay():
    sample = shapes.sample()
    sample["PipelineRuns"][0]["Status"] = "LTAI5tExampleExample1234"

    with pytest.raises(RepairError, match="looks like a secret") as caught:
        overlay(OURS, [Reply("r", "ListPipelineRunsStatus", 200, sample)])
    assert "LTAI5t" not in str(caught.value)


def test_replies_that_were_judged_are_judged_once_more_for_all_their_drift(monkeypatch):
    judged = []
    monkeypatch.setattr(repair, "judge", lambda *both: judged.append(1) or judge(*both))
    values = [{**shapes.SAMPLE, f"Extra{number % 3}": {"a": number}} for number in range(20)]
    replies = [Reply("r", "ListPipelineRunsStatus", 200, value) for value in values]
    found = [judge(OURS, reply)[1] for reply in replies]

    assert overlay(OURS, replies, found) == overlay(OURS, replies)
    assert 20 + 2 * 20 == len(judged)


def test_an_overlay_that_does_not_do_it_is_not_given(monkeypatch):
    """Whichever change is forgotten, what would be left over is told instead."""
    monkeypatch.setattr(repair, "_ROUNDS", 1)
    schema = {"type": "object", "properties": {"f": {"type": "string", "enum": ["x"], "maxLength": 1}}}

    with pytest.raises(RepairError, match=r"^no overlay makes the description true: r2: \$\.f: unknown-value \(enum\)"):
        overlay(
            shapes.description(schema),
            [Reply("r", "ListThings", 200, {"f": 5}), Reply("r2", "ListThings", 200, {"f": "y"})],
        )


def test_an_overlay_of_which_the_result_is_not_valid_is_not_given(monkeypatch):
    monkeypatch.setattr(repair, "inferred", lambda *_: {"type": "integer", "title": 5})

    with pytest.raises(RepairError, match=r"the result would not be valid: .*5 is not of type 'string'"):
        overlay(OURS, [Reply("r", "ListPipelineRunsStatus", 200, {**shapes.SAMPLE, "Extra": 1})])


@given(shapes.SCHEMAS, st.lists(shapes.VALUES, min_size=1, max_size=3))
def test_whatever_schema_and_replies_an_overlay_makes_them_fit(schema, values):
    before = shapes.description(schema)
    document = copy.deepcopy(before.document)
    if before.described(before.operations[0], 200)[1].kinds == {"object"}:
        values = [value for value in values if isinstance(value, dict)]
    repaired(before, *values)

    assert document == before.document


@settings(max_examples=settings().max_examples // 3)
@given(st.lists(shapes.mangled(), min_size=1, max_size=2))
def test_however_a_reply_is_mangled_an_overlay_makes_it_fit(values):
    repaired(OURS, *values, operation="ListPipelineRunsStatus")
