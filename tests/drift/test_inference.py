"""New objects and lists are typed as far as the replies show, so that what they hold is reported from then on."""

import json
import random

import pytest
from drift import shapes
from hypothesis import given
from hypothesis import strategies as st

from paiflow import _yaml, overlays
from paiflow.drift import RepairError, Reply, Schemas, load, overlay
from paiflow.drift.inference import MAX_LEVELS, Seen
from paiflow.drift.replies import judge
from paiflow.drift.walk import shown

OURS = load()
THINGS = shapes.description({"type": "object", "properties": {"Id": {"type": "string"}}})
HERE = "#/components/schemas/"


def replies(values, operation="ListThings"):
    return [Reply(f"reply {number}", operation, 200, value) for number, value in enumerate(values, 1)]


def repaired(description, *values, operation="ListThings"):
    """The description with the overlay for these replies applied."""
    text = overlay(description, replies(values, operation))
    return description if text is None else Schemas(overlays.apply(description.document, _yaml.load(text)))


def drift(description, value, operation="ListThings"):
    """Where a reply departs, each place once."""
    found = judge(description, Reply("r", operation, 200, value))[1]
    return list(dict.fromkeys((one.kind, shown(one.steps)) for one in found))


def typed(*values):
    """What is inferred of a new field `Labels`, with the components in their places."""
    after = repaired(THINGS, *({"Labels": value} for value in values))
    schemas = after.document["components"]["schemas"]
    return _expanded(schemas, _response(after)["properties"]["Labels"])


def _response(description):
    return description.described(description.operations[0], 200)[1].value


def _expanded(schemas, node):
    if isinstance(node, list):
        return [_expanded(schemas, item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _expanded(schemas, schemas[node["$ref"].removeprefix(HERE)])
    return {key: _expanded(schemas, item) for key, item in node.items() if key != "description"}


INTEGER, STRING, NULL = ({"type": kind} for kind in ("integer", "string", "null"))


def structure(**properties):
    return {"type": "object", "properties": properties}


def anyone(*parts):
    return {"anyOf": list(parts)}


def array(items):
    return {"type": "array", "items": items}


@pytest.mark.parametrize(
    ("values", "schema"),
    [
        ([{"a": 1}, {"a": 1.5, "b": "x"}, {"a": None}], structure(a=anyone({"type": "number"}, NULL), b=STRING)),
        ([{"a": {"b": {"c": 1}}}], structure(a=structure(b=structure(c=INTEGER)))),
        ([[{"a": 1}], [{"b": [{"c": 1}, {"c": "x"}]}]],
         array(structure(a=INTEGER, b=array(structure(c=anyone(STRING, INTEGER)))))),
        ([[[{"a": 1}], []], []], array(array(structure(a=INTEGER)))),
        ([{"a": 1}, "x", [1], None], anyone(STRING, structure(a=INTEGER), array(INTEGER), NULL)),
        ([{}], {"type": "object", "maxProperties": 0}),
        ([{}, {"a": []}], structure(a={**array({}), "maxItems": 0})),
        ([{"at": "2021-01-21", "raw": '{"a": 1}'}],
         structure(at={"type": "string", "format": "date"}, raw={"type": "string", "contentMediaType": "application/json"})),
        ([{"Status": 1, "status": "x"}],
         {**structure(Status=INTEGER), "patternProperties": {"^status$": STRING}}),
    ],
)  # fmt: skip
def test_nested_values_are_typed(values, schema):
    assert schema == typed(*values)


def ids(seed, count):
    numbers = random.Random(seed)
    return [f"{numbers.getrandbits(40):x}x" for _ in range(count)]


@pytest.mark.parametrize(
    "values",
    [
        [dict.fromkeys(ids(seed, 4), seed) for seed in range(5)],
        [{**dict.fromkeys(ids(seed, 9), seed), "default": 0} for seed in range(300)],
        [dict.fromkeys(ids(0, 40), 1)],
        [{"flow-9x": 1}],
        [{"2021-01-21": 1, "2021-01-22": 2}],
        [{"10": 1}, {"11": 1, "12": 2}],
    ],
)
def test_a_map_stays_a_map_with_typed_values(values):
    assert {"type": "object", "additionalProperties": INTEGER} == typed(*values)


@pytest.mark.parametrize(
    "values",
    [
        [dict.fromkeys("abcdefgh", 1)],
        [{"Name": "x", **({} if seed else dict.fromkeys("abcdefg", "x"))} for seed in range(100)],
        [{name: 1} for name in "abc"],
        [dict.fromkeys(ids(0, 40), 1)] * 3,
    ],
)
def test_an_object_with_names_of_fields_is_no_map(values):
    assert {name for value in values for name in value} == typed(*values)["properties"].keys()


def test_of_a_large_map_no_keys_are_kept():
    seen = Seen({key: {"a": seed}} for seed in range(1000) for key in ids(seed, 1))

    assert ({}, {"a"}) == (seen.fields, seen.values.fields.keys())


def test_values_of_a_map_are_typed_too():
    after = repaired(THINGS, {"Labels": {"flow-1": {"a": 1}, "flow-2": {"a": 2, "b": []}}})

    assert [] == drift(after, {"Labels": {"flow-3": {"a": 3}}})
    assert [("unknown-field", "$.Labels.*.c")] == drift(after, {"Labels": {"flow-3": {"a": 3, "c": 1}}})


INNER = {"Labels": [{"Key": "k", "More": {"At": "2021-01-21T17:12:35Z", "Some": [], "None": {}}}]}


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"Labels": [{"Key": "k", "Further": 1}]}, ("unknown-field", "$.Labels[*].Further")),
        ({"Labels": [{"More": {"Further": {}}}]}, ("unknown-field", "$.Labels[*].More.Further")),
        ({"Labels": [{"Key": 5}]}, ("wrong-kind", "$.Labels[*].Key")),
        ({"Labels": [{"More": {"At": "today"}}]}, ("unknown-value", "$.Labels[*].More.At")),
        ({"Labels": [{"More": []}]}, ("wrong-kind", "$.Labels[*].More")),
        ({"Labels": [{"More": {"Some": [1]}}]}, ("unknown-value", "$.Labels[*].More.Some")),
        ({"Labels": [{"More": {"None": {"a": {"b": 1}}}}]}, ("unknown-value", "$.Labels[*].More.None")),
        ({"Labels": [None]}, ("wrong-kind", "$.Labels[*]")),
    ],
)
def test_what_a_typed_object_holds_is_reported_and_typed_again(changed, found):
    once = repaired(THINGS, INNER)
    twice = repaired(once, changed)

    assert [] == drift(once, INNER)
    assert [found] == drift(once, changed)
    assert [] == drift(twice, INNER) + drift(twice, changed)


def test_first_content_is_typed():
    after = repaired(repaired(THINGS, {"Labels": {}, "Tags": []}), {"Labels": {"a": {"b": 1}}, "Tags": [{"a": 1}]})

    assert [("unknown-field", "$.Labels.a.c"), ("unknown-field", "$.Tags[*].c")] == drift(
        after, {"Labels": {"a": {"c": 1}}, "Tags": [{"c": 1}]}
    )


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("Labels", {}, "Labels"),
        ("Labels", [{}], "Label"),
        ("Entries", [{}], "Entry"),
        ("status-info", {}, "StatusInfo"),
        ("Status", {}, "Status2"),
        ("Type", {}, "ThingType"),
        ("None", {}, "ThingNone"),
        ("T", {}, "T2"),
        ("PipelineRun", {}, "ThingPipelineRun"),
        ("größe", {}, "GrE"),
        ("价格", {}, "ThingObject"),
        ("9", {}, "ThingObject"),
        ("x" * 99, {}, "X" + "x" * 31),
    ],
)
def test_names_of_new_classes_are_short_and_free(field, value, name):
    description = shapes.description({"$ref": f"{HERE}Thing"})
    after = repaired(description, {"Id": "i", field: value})

    assert [name] == [one for one in after.document["components"]["schemas"] if one not in shapes.COMPONENTS]


def test_objects_of_the_same_name_are_numbered():
    value = {"Labels": {"Labels": [{"Labels": [{"Labels": {"Id": 1}}]}]}}
    after = repaired(THINGS, value)

    assert ["Label2Labels", "Label2", "Label", "Labels"] == [
        one for one in after.document["components"]["schemas"] if one not in shapes.COMPONENTS
    ]
    assert [] == drift(after, value)


@pytest.mark.parametrize("wrap", [lambda value: {"a": value}, lambda value: [value]], ids=["objects", "lists"])
def test_what_nests_too_deeply_has_no_overlay(wrap):
    value = 1
    for _ in range(MAX_LEVELS):
        value = wrap(value)

    assert [] == drift(repaired(THINGS, {"Labels": value}), {"Labels": value})
    with pytest.raises(RepairError, match=rf"reply 1: \$\.Labels: nests deeper than {MAX_LEVELS} levels; describe it"):
        overlay(THINGS, replies([{"Labels": wrap(value)}]))


def test_names_in_new_objects_that_look_like_secrets_go_into_no_overlay():
    with pytest.raises(RepairError, match="looks like a secret") as caught:
        overlay(THINGS, replies([{"Labels": [{"LTAI5tExampleExample1234": 1}]}]))
    assert "LTAI5t" not in str(caught.value)


NESTED = st.recursive(
    shapes.SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["Id", "Key", "Type", "a"]), inner, max_size=3)
    ),
    max_leaves=12,
)


def _further(value):
    """Yield the value with something that no sample has, at each place within."""
    if isinstance(value, dict):
        yield {**value, "Foreign": 1}
        for name, item in value.items():
            for other in _further(item):
                yield {**value, name: other}
    elif isinstance(value, list):
        for index, item in enumerate(value):
            for other in _further(item):
                yield [*value[:index], other, *value[index + 1 :]]


@given(st.lists(NESTED, min_size=1, max_size=4))
def test_all_samples_fit_and_nothing_more(values):
    samples = [{"Labels": value} for value in values]
    after = repaired(THINGS, *samples)

    for sample in samples:
        assert [] == drift(after, sample)
        for other in _further(sample):
            assert drift(after, other), json.dumps(other)
