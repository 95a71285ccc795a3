"""What holds for every document: nothing given is changed, nothing is shared, keys keep their order."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paiflow import overlays

primitives = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
keys = st.sampled_from(["a", "b", "c", "d.e", "$", ""])
values = st.recursive(
    primitives, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=12
)
objects = st.dictionaries(keys, values, max_size=4)
targets = st.sampled_from(
    ["$", "$.*", "$..*", "$.a", "$..a", "$.a[*]", "$..[0]", "$..[0,1]", "$['a','b']", "$..[?@.a]"]
)
actions = st.builds(
    lambda target, rest: {"target": target, **rest},
    targets,
    st.one_of(
        st.builds(lambda value: {"update": value}, values),
        st.builds(lambda source: {"copy": source}, st.sampled_from(["$", "$.a", "$.b"])),
        st.sampled_from([{"remove": True}, {"remove": False}]),
    ),
)


def overlay(*items):
    return {"overlay": "1.1.0", "info": {"title": "T", "version": "1"}, "actions": list(items)}


def containers(value):
    if isinstance(value, dict | list | tuple):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from containers(inner)


def applied(base, document):
    try:
        return overlays.apply(base, document, lenient=True)
    except overlays.OverlayError:
        return None


@given(objects, st.lists(actions, min_size=1, max_size=3, unique_by=repr))
def test_inputs_are_left_alone_and_nothing_is_shared(base, items):
    document = overlay(*items)
    before = copy.deepcopy((base, document))

    result = applied(base, document)

    assert before == (base, document)
    mine = [id(part) for part in containers(result)]
    assert len(mine) == len(set(mine))
    assert {id(part) for part in containers((base, document))}.isdisjoint(mine)


@pytest.mark.parametrize("modifier", ["update", "copy"])
@pytest.mark.parametrize(
    ("target", "value"),
    [
        ({}, {"new": {"inner": []}}),
        ({"old": {}}, {"old": {"inner": {}}}),
        ({"old": []}, {"old": [{"inner": []}]}),
        ([], {"inner": []}),
        ([], [{"inner": []}]),
    ],
)
def test_one_value_in_several_targets_is_several_objects(target, value, modifier):
    base = {"to": [target, target], "from": value}
    action = {"target": "$.to[*]", modifier: value if modifier == "update" else "$.from"}

    result = overlays.apply(base, overlay(action))

    mine = [id(part) for part in containers(result)]
    assert result["to"][0] == result["to"][1] != target
    assert len(mine) == len(set(mine))
    assert {id(part) for part in containers((base, action))}.isdisjoint(mine)


@given(objects)
def test_a_base_that_shares_an_object_with_itself_comes_out_without_sharing(inner):
    base = {"one": inner, "two": inner}

    result = overlays.apply(base, overlay({"target": "$.one", "update": {"new": 1}}))

    assert {**inner, "new": 1} == result["one"]
    assert inner == result["two"]


@given(objects, targets)
def test_an_action_without_effect_is_identity_when_lenient(base, target):
    assert base == overlays.apply(base, overlay({"target": target, "remove": False}), lenient=True)
    assert base == overlays.apply(base, overlay({"target": "$", "update": {}}), lenient=True)
    assert base == overlays.apply(base, overlay({"target": "$.none.such", "update": 1}), lenient=True)


@given(objects, objects)
def test_keys_of_the_base_keep_their_places_and_new_ones_follow(base, update):
    result = applied(base, overlay({"target": "$", "update": update}))

    if result is not None:
        assert [*base, *(key for key in update if key not in base)] == list(result)


@given(objects, objects, objects)
def test_two_overlays_are_the_same_as_one_with_both_actions(base, first, second):
    one, two = {"target": "$", "update": first}, {"target": "$", "update": {"x-second": second}}

    together, step = applied(base, overlay(one, two)), applied(base, overlay(one))

    assert together == (None if step is None else applied(step, overlay(two)))


@given(st.lists(st.integers(0, 3), max_size=12), st.integers(0, 3))
def test_removal_spares_nothing_and_takes_nothing_else(entries, unwanted):
    result = overlays.apply(
        {"list": entries}, overlay({"target": f"$.list[?@ == {unwanted}]", "remove": True}), lenient=True
    )

    assert {"list": [entry for entry in entries if entry != unwanted]} == result


@given(objects)
def test_a_copied_node_equals_its_source(base):
    result = overlays.apply({"from": base, "to": {}}, overlay({"target": "$.to", "copy": "$.from"}), lenient=True)

    assert {"from": base, "to": base} == result
