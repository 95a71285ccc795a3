"""Whatever is wrong is told in one line that says where."""

import json

import pytest

from paiflow import PaiFlowError, _yaml, overlays

INFO = {"title": "T", "version": "1"}
ACTION = {"target": "$.a", "update": {"b": 1}}
GOOD = {"overlay": "1.1.0", "info": INFO, "actions": [ACTION]}


def without(document, *names):
    return {name: value for name, value in document.items() if name not in names}


INVALID = {
    "not an object": ([], "o: an overlay is an object"),
    "empty": (None, "o: an overlay is an object"),
    "no version": (without(GOOD, "overlay"), "o: not an overlay: the field 'overlay' (its version) is missing"),
    "version 2": ({**GOOD, "overlay": "2.0.0"}, "o: overlay version '2.0.0' is not supported; 1.0.x and 1.1.x are"),
    "version 1.2": ({**GOOD, "overlay": "1.2.0"}, "o: overlay version '1.2.0' is not supported; 1.0.x and 1.1.x are"),
    "version 1.10": ({**GOOD, "overlay": "1.10.0"}, "o: overlay version '1.10.0' is not supported"),
    "version without patch": ({**GOOD, "overlay": "1.1"}, "o: overlay version '1.1' is not supported"),
    "version as a number": ({**GOOD, "overlay": 1.1}, "o: overlay version 1.1 is not supported"),
    "no info": (without(GOOD, "info"), "o: the field 'info' is missing"),
    "info is text": ({**GOOD, "info": "T"}, "o: info is not an object"),
    "no title": ({**GOOD, "info": {"version": "1"}}, "o: info: the field 'title' is missing"),
    "no info version": ({**GOOD, "info": {"title": "T"}}, "o: info: the field 'version' is missing"),
    "title is a number": ({**GOOD, "info": {**INFO, "title": 1}}, "o: info: title is not a string"),
    "info version is a number": ({**GOOD, "info": {**INFO, "version": 1.0}}, "o: info: version is not a string"),
    "unknown in info": ({**GOOD, "info": {**INFO, "author": "A"}}, "o: info: unknown field 'author'"),
    "info description is a list": (
        {**GOOD, "info": {**INFO, "description": []}},
        "o: info: description is not a string",
    ),
    "no actions": (without(GOOD, "actions"), "o: the field 'actions' is missing"),
    "actions is an object": ({**GOOD, "actions": {}}, "o: actions is not an array"),
    "empty actions": ({**GOOD, "actions": []}, "o: actions is empty"),
    "unknown at the root": ({**GOOD, "action": []}, "o: unknown field 'action'"),
    "the case of a field": ({**GOOD, "Extends": "a"}, "o: unknown field 'Extends'"),
    "extends is a list": ({**GOOD, "extends": []}, "o: extends is not a string"),
    "an action is text": ({**GOOD, "actions": ["$"]}, "o: actions[0]: not an object"),
    "no target": ({**GOOD, "actions": [{"update": {}}]}, "o: actions[0]: the field 'target' is missing"),
    "target is a list": ({**GOOD, "actions": [{"target": [], "update": 1}]}, "o: actions[0]: target is not a string"),
    "description is a list": (
        {**GOOD, "actions": [{**ACTION, "description": []}]},
        "o: actions[0]: description is not",
    ),
    "remove is text": ({**GOOD, "actions": [{"target": "$.a", "remove": "true"}]}, "o: actions[0]: remove is not true"),
    "copy is an object": ({**GOOD, "actions": [{"target": "$.a", "copy": {}}]}, "o: actions[0]: copy is not a string"),
    "unknown in an action": ({**GOOD, "actions": [{**ACTION, "merge": 1}]}, "o: actions[0]: unknown field 'merge'"),
    "nothing to do": (
        {**GOOD, "actions": [ACTION, {"target": "$.a"}]},
        "o: actions[1]: target $.a: nothing to do: update, copy or remove is missing",
    ),
    "nothing to do in 1.0": (
        {**GOOD, "overlay": "1.0.0", "actions": [{"target": "$.a"}]},
        "o: actions[0]: target $.a: nothing to do: update or remove is missing",
    ),
    "the same action twice": (
        {**GOOD, "actions": [ACTION, dict(reversed(ACTION.items()))]},
        "o: actions[1]: target $.a: the same as actions[0]",
    ),
    "1.0 has no description in info": (
        {**GOOD, "overlay": "1.0.0", "info": {**INFO, "description": "D"}},
        "o: info: unknown field 'description'",
    ),
    "a broken target": (
        {**GOOD, "actions": [{"target": "$.a[", "update": {}}]},
        "o: actions[0]: target $.a[: not a JSONPath of RFC 9535: ",
    ),
    "an empty target": (
        {**GOOD, "actions": [{"target": "", "update": {}}]},
        "o: actions[0]: target : not a JSONPath of RFC 9535: ",
    ),
    "a broken copy": (
        {**GOOD, "actions": [{"target": "$.a", "copy": "$..", "description": "Make it\n so."}]},
        'o: actions[0] "Make it so.": copy $..: not a JSONPath of RFC 9535: ',
    ),
}


@pytest.mark.parametrize("name", INVALID)
def test_an_invalid_overlay_is_told_in_one_line(name):
    document, message = INVALID[name]

    with pytest.raises(overlays.OverlayError) as raised:
        overlays.parse(document, "o")

    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)
    assert isinstance(raised.value, PaiFlowError)


def test_extensions_are_accepted_everywhere():
    document = {**GOOD, "info": {**INFO, "x-a": None}, "actions": [{**ACTION, "x-b": [1]}], "x-c": {}}

    assert {"a": {"b": 1}} == overlays.apply({"a": {}}, document)


def test_the_patch_number_makes_no_difference():
    assert (1, 1) == overlays.parse({**GOOD, "overlay": "1.1.99"}).feature_set


def test_a_long_description_is_cut_between_words():
    action = {**ACTION, "target": "$.none", "description": "The vendor's page says so, " * 5}

    with pytest.raises(overlays.OverlayError) as raised:
        overlays.apply({}, {**GOOD, "actions": [action]})

    assert (
        """overlay: actions[0] "The vendor's page says so, The vendor's page says so, The…": target $.none: matches nothing"""
        == str(raised.value)
    )


def test_a_failed_action_leaves_the_base_as_it_was():
    base = {"a": {"first": 1}, "b": {"c": {}}}
    actions = [{"target": "$.a", "update": {"new": 1}}, {"target": "$.b", "update": {"d": 1, "c": 1}}]

    with pytest.raises(overlays.OverlayError):
        overlays.apply(base, {**GOOD, "actions": actions})

    assert {"a": {"first": 1}, "b": {"c": {}}} == base


@pytest.fixture
def write(tmp_path):
    def write_file(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return write_file


def test_files_are_applied_in_order_yaml_and_json_alike(write):
    base = write("base.yaml", "a: {}\n")
    first = write("1.json", {**GOOD, "actions": [{"target": "$.a", "update": {"b": {}}}]})
    second = write(
        "2.yaml", "overlay: 1.1.0\ninfo: {title: T, version: '1'}\nactions: [{target: $.a.b, update: {c: 1}}]"
    )

    assert {"a": {"b": {"c": 1}}} == overlays.apply_files(base, [first, second])


def test_without_a_base_extends_names_it_relative_to_the_overlay(write):
    write("api/base of all.yaml", "a: {}\n")
    overlay = write("overlays/1.yaml", {**GOOD, "extends": "../api/base%20of%20all.yaml"})

    assert {"a": {"b": 1}} == overlays.apply_files(None, [overlay])


def test_extends_may_be_a_file_url(write):
    base = write("base.yaml", "a: {}\n")
    overlay = write("overlays/1.yaml", {**GOOD, "extends": base.as_uri()})

    assert {"a": {"b": 1}} == overlays.apply_files(None, [overlay])


def test_one_reference_from_two_folders_is_two_files(write):
    files = [write(f"{folder}/1.yaml", {**GOOD, "extends": "base.yaml"}) for folder in ("a", "b")]

    with pytest.raises(overlays.OverlayError, match=r"do not extend one file: .*a/base\.yaml, .*b/base\.yaml$"):
        overlays.apply_files(None, files)


def test_a_base_given_wins_over_extends(write):
    overlay = write("1.yaml", {**GOOD, "extends": "https://example.com/other.yaml"})

    assert {"a": {"b": 1}} == overlays.apply_files(write("base.yaml", "a: {}"), [overlay])


@pytest.mark.parametrize(
    ("extends", "message"),
    [
        ([None], "0.yaml: no base given, and the overlay has no 'extends'"),
        (["https://example.com/a.yaml"], "extends https://example.com/a.yaml is not a local file; name the base"),
        (["#/a"], "extends #/a is not a local file; name the base"),
        (["a.yaml", "b.yaml"], "no base given, and the overlays do not extend one file: "),
        (["a.yaml", None], "1.yaml: no base given, and the overlay has no 'extends'"),
        (["none.yaml"], "none.yaml: No such file or directory"),
        ([], "no base given, and the overlays do not extend one file: no overlays"),
    ],
)
def test_no_base_is_told(write, extends, message):
    files = [
        write(f"{index}.yaml", GOOD if reference is None else {**GOOD, "extends": reference})
        for index, reference in enumerate(extends)
    ]

    with pytest.raises(overlays.OverlayError) as raised:
        overlays.apply_files(None, files)

    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: [", "base.yaml:1:5: while parsing a flow node"),
        ("a: 1\na: 2", "base.yaml:2:1: duplicate key 'a'"),
        ("[]", "base.yaml: not an object"),
        ("", "base.yaml: not an object"),
    ],
)
def test_a_base_that_cannot_be_used_is_told(write, content, message):
    base = write("base.yaml", content)

    with pytest.raises(overlays.OverlayError) as raised:
        overlays.apply_files(base, [write("1.yaml", GOOD)])

    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_overlay_is_told(write):
    with pytest.raises(overlays.OverlayError, match=r"none\.yaml: No such file or directory$"):
        overlays.apply_files(write("base.yaml", "a: {}"), [write("1.yaml", GOOD).parent / "none.yaml"])


def test_an_update_of_the_root_keeps_the_document_an_object(write):
    overlay = write("1.yaml", {**GOOD, "actions": [{"target": "$", "update": [1]}]})

    with pytest.raises(overlays.OverlayError, match="the value is an array, the target an object"):
        overlays.apply_files(write("base.yaml", "a: {}"), [overlay])


def nested(depth):
    """An object that holds an object, and so on."""
    document = {}
    for _ in range(depth):
        document = {"a": document}
    return document


def refusal(act):
    """What an act is refused with, or None where it works: what is too deep is the interpreter's affair."""
    try:
        act()
    except (overlays.OverlayError, _yaml.YamlError) as error:
        return str(error)
    return None


@pytest.mark.parametrize("depth", [300, 500, 800, 1500, 5000])
def test_a_deep_document_is_one_line(depth):
    refused = refusal(lambda: overlays.apply(nested(depth), GOOD))

    assert refused == "the base: the document nests too deeply" or (refused is None and depth < 1000)


@pytest.mark.parametrize("depth", [300, 500, 800, 1500, 5000])
def test_a_deep_update_is_one_line(depth):
    document = {**GOOD, "actions": [{"target": "$.a", "update": nested(depth)}]}
    refused = refusal(lambda: overlays.apply({"a": {}}, overlays.parse(document, "o")))

    assert refused is None if depth < 400 else True
    assert refused is None or refused.startswith("o: ")
    assert refused is None or refused.endswith("the document nests too deeply")


@pytest.mark.parametrize("name", ["base.json", "base.yaml"])
@pytest.mark.parametrize("depth", [300, 480, 800, 1500, 5000])
def test_a_deep_file_is_one_line(write, name, depth):
    base = write(name, '{"a": ' * depth + "{}" + "}" * depth)
    refused = refusal(lambda: _yaml.dump(overlays.apply_files(base, [write("1.yaml", GOOD)])))

    if refused is None:
        assert depth < 1000
    else:
        assert "nests too deeply" in refused
        assert "\n" not in refused
