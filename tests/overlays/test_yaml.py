"""YAML 1.2 comes in as JSON's kinds of values, and goes out so that YAML 1.1 and 1.2 read the same."""

import json
import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from paiflow import PaiFlowError, _yaml

texts = (
    st.text(max_size=40)
    | st.sampled_from(
        [
            "yes",
            "on",
            "2021-02-02",
            "1:30",
            "010",
            "0x1F",
            "~",
            "null",
            "=",
            "<<",
            "- a",
            "a: b",
            "#",
            " a",
            "a ",
            "a\nb",
            "\n",
            "%",
        ]
    )
    | st.text(alphabet="ab \n\t:#-'\"\\\r\x85\u2028\ufeff", max_size=20)
    | st.text(alphabet="ab \n", min_size=100, max_size=300)
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=15,
)


def exact(value):
    """Return text that tells True, 1 and 1.0 apart, and the order of keys."""
    return json.dumps(value)


@pytest.fixture(params=["libyaml", "python"])
def _parser(request, monkeypatch):
    """Both of PyYAML's parsers; the second is what a machine without the C library has."""
    if request.param == "python":
        monkeypatch.setattr(yaml, "__with_libyaml__", False)
    else:
        assert yaml.__with_libyaml__


@given(values)
def test_what_is_dumped_loads_as_it_was(value):
    assert exact(value) == exact(_yaml.load(_yaml.dump(value)))


@given(values.filter(lambda value: "Infinity" not in json.dumps(value)))
def test_json_is_yaml(value):
    assert exact(value) == exact(_yaml.load(json.dumps(value)))


@given(values)
def test_a_reader_of_yaml_1_1_sees_the_same(value):
    assert exact(value) == exact(yaml.load(_yaml.dump(value), Loader=yaml.SafeLoader))


@given(values)
def test_the_same_value_gives_the_same_text_without_aliases(value):
    assert _yaml.dump([value, value]) == _yaml.dump([value, json.loads(json.dumps(value))])


SCALARS = {
    "true": True, "True": True, "FALSE": False,
    "yes": "yes", "no": "no", "on": "on", "off": "off", "y": "y", "tRUE": "tRUE",
    "null": None, "~": None, "": None, "Null": None, "nil": "nil",
    "0": 0, "010": 10, "-7": -7, "+7": 7, "0o17": 15, "0x1F": 31, "1_000": "1_000", "0b1": "0b1",
    "1:30": "1:30", "190:20:30": "190:20:30",
    "1.5": 1.5, "1.": 1.0, ".5": 0.5, "1e3": 1000.0, "-1E-2": -0.01, ".inf": math.inf, "-.INF": -math.inf,
    "1.1.0": "1.1.0", "3.1": 3.1, ".": ".", "e3": "e3",
    "2021-02-02": "2021-02-02", "2021-02-02T00:00:00Z": "2021-02-02T00:00:00Z",
    "'true'": "true", '"12"': "12", "!!str 12": "12", "! 12": "12", "!!int '12'": 12, "!!float 1": 1.0,
    "!!null x": None, "!!bool 'true'": True, "=": "=",
}  # fmt: skip


@pytest.mark.usefixtures("_parser")
@pytest.mark.parametrize("text", SCALARS)
def test_a_scalar_is_read_by_the_core_schema(text):
    assert exact(SCALARS[text]) == exact(_yaml.load(f"a: {text}\n")["a"])


@pytest.mark.usefixtures("_parser")
def test_not_a_number_is_read():
    assert math.isnan(_yaml.load(".nan"))


@pytest.mark.usefixtures("_parser")
def test_keys_are_strings_as_written():
    assert ["200", "true", "2.10", "~", ""] == list(_yaml.load("200: a\ntrue: b\n2.10: c\n~: d\n? \n: e\n"))


@pytest.mark.usefixtures("_parser")
def test_an_alias_is_a_copy():
    document = _yaml.load("a: &x {list: [1]}\nb: *x\nc: &x 2\nd: *x\n")
    document["a"]["list"].append(2)

    assert {"a": {"list": [1, 2]}, "b": {"list": [1]}, "c": 2, "d": 2} == document


def test_a_byte_order_mark_is_ignored(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: \xe9\xbe\x99\n")

    assert {"a": "龙"} == _yaml.load_file(path)
    assert {"a": "😀"} == _yaml.load('\ufeff{"a": "\\ud83d\\ude00"}')


def test_json_may_have_tabs_and_surrogate_pairs():
    assert {"a": "😀"} == _yaml.load('{\n\t"a":\t"\\ud83d\\ude00"\n}')


def test_nothing_is_none():
    assert _yaml.load("") is None
    assert _yaml.load("# only a comment\n") is None


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdef", "bcdefg", strict=True)
)
ERRORS = {
    "a: 1\nb: 2\na: 3": "f:3:1: duplicate key 'a'",
    '{"a": 1, "a": 2}': "f:1:10: duplicate key 'a'",
    "200: a\n'200': b": "f:2:1: duplicate key '200'",
    "a: [": "f:1:5: while parsing a flow node expected the node content, but found '<stream end>'",
    "a: b: c": "f:1:5: mapping values are not allowed here",
    "a: !x 1": "f:1:4: unknown tag !x",
    "a: !!binary aa": "f:1:4: unknown tag tag:yaml.org,2002:binary",
    "!!python/object/apply:os.getcwd []": "f:1:1: unknown tag tag:yaml.org,2002:python/object/apply:os.getcwd",
    "!!set {a}": "f:1:1: unknown tag tag:yaml.org,2002:set",
    "!!map []": "f:1:1: unknown tag tag:yaml.org,2002:map",
    "!!int x": "f:1:1: not a YAML int that can be read: 'x'",
    "!!bool 1": "f:1:1: not a YAML bool that can be read: '1'",
    "&a [*a]": "f:1:5: alias *a has no finished anchor before it",
    "a: &x 1\nb: &x [*x]": "f:2:8: alias *x has no finished anchor before it",
    "a: *b": "f:1:4: alias *b has no finished anchor before it",
    "? [a]\n: b": "f:1:3: a key is not a scalar",
    "a: &x {}\nb:\n  <<: *x": "f:3:3: merge keys (<<) are not part of YAML 1.2",
    "a: 1\n---\nb: 2": "f:2:1: a second document; one is expected",
    "ab\ncd: \x00": "f:2:5: character U+0000 is not allowed",
    "a: " + "9" * 5000: f"f:1:4: not a YAML int that can be read: '{'9' * 40}'",
    "- " * 20_000: "f:1:401: nests too deeply: more than 200 levels",
    "[" * 2_000 + "a" + "]" * 2_000: "f:1:201: nests too deeply: more than 200 levels",
    BOMB: "f:6:8: more than 200000 values once aliases are written out",
}


@pytest.mark.usefixtures("_parser")
@pytest.mark.parametrize("text", ERRORS, ids=lambda text: text[:20])
def test_an_error_is_one_line_with_file_line_and_column(text):
    with pytest.raises(_yaml.YamlError) as raised:
        _yaml.load(text, "f")

    assert ERRORS[text] == str(raised.value)
    assert isinstance(raised.value, PaiFlowError)


def test_a_file_that_is_not_there_or_not_utf_8_is_told(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: \xff")

    with pytest.raises(_yaml.YamlError, match=r"a\.yaml: not UTF-8: byte 4 is 0xFF$"):
        _yaml.load_file(path)
    with pytest.raises(_yaml.YamlError, match=r"none\.yaml: No such file or directory$"):
        _yaml.load_file(tmp_path / "none.yaml")
    with pytest.raises(_yaml.YamlError, match=r": Is a directory$"):
        _yaml.load_file(tmp_path)


def test_the_dump_is_made_for_reading():
    value = {
        "title": "龙", "text": "one\ntwo\n", "bare": "one\ntwo", "dates": ["2021-02-02", "yes"], "none": None,
        "empty": {}, "list": [{"a": 1, "b": [2]}], "'200'": 1, "200": "x",
    }  # fmt: skip

    assert """\
title: 龙
text: |
  one
  two
bare: |-
  one
  two
dates:
  - '2021-02-02'
  - 'yes'
none: null
empty: {}
list:
  - a: 1
    b:
      - 2
'''200''': 1
'200': x
""" == _yaml.dump(value)


def test_long_text_is_folded_at_about_120_characters():
    text = _yaml.dump({"description": "word " * 100 + "end"})

    assert 130 > max(map(len, text.splitlines()))


@pytest.mark.parametrize("value", [{1: 2}, {"a": {None: 1}}, {"a": object()}, [{1, 2}], b"bytes"])
def test_what_is_not_json_is_not_dumped(value):
    with pytest.raises(TypeError):
        _yaml.dump(value)
