"""Whatever two schemas are, no verdict says less than values tell; to swap them swaps what is narrower and wider."""

import contextlib
import copy
from pathlib import Path

import jsonschema_rs
from described import effective_description
from hypothesis import example, given, reject
from hypothesis import strategies as st

from paiflow import _yaml
from paiflow._description import DescriptionError
from tooling.changes.documents import checked
from tooling.changes.operations import findings
from tooling.changes.schemas import SchemaComparison
from tooling.changes.texts import MEANT, NAMES
from tooling.changes.verdicts import Side, Verdict, gathered, worst

OURS = effective_description()
OLD = checked(OURS, "old")

texts = st.sampled_from(["", "a", "b", "ab", "aab", "2021-01-21T17:12:35Z", "2021-01-21"])
values = st.recursive(
    st.none() | st.booleans() | st.sampled_from([-1, 0, 1, 2, 3, 4, 1.5, 2.0]) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=5,
)
small = st.integers(0, 3)


def some(**keywords):
    """Any of the keywords, each with a value of its strategy."""
    return st.fixed_dictionaries({}, optional=keywords)


strings = some(
    minLength=small,
    maxLength=small,
    pattern=st.sampled_from(["^a", "b$", "^.+$", ".*"]),
    format=st.sampled_from(["date-time", "date"]),
).map(lambda words: {"type": "string", **words})
numbers = st.tuples(
    st.sampled_from(["integer", "number"]),
    some(minimum=small, exclusiveMinimum=small, maximum=small, exclusiveMaximum=small, multipleOf=st.integers(1, 4)),
).map(lambda pair: {"type": pair[0], **pair[1]})
enums = st.lists(texts | small | st.none() | st.booleans(), min_size=1, max_size=3).map(lambda found: {"enum": found})
plain = strings | numbers | enums | st.sampled_from([{}, {"type": "null"}, {"type": "boolean"}, {"const": "a"}, False])


def composed(inner):
    lists = some(items=inner, minItems=small, maxItems=small, uniqueItems=st.booleans(), contains=inner)
    objects = st.tuples(
        st.fixed_dictionaries({"a": inner, "b": inner}),
        some(
            required=st.lists(st.sampled_from("abc"), unique=True),
            minProperties=small,
            maxProperties=small,
            additionalProperties=st.booleans() | inner,
            anyOf=st.just([{"required": ["a"]}, {"required": ["b"]}]),
        ),
    )
    both = st.lists(inner, min_size=1, max_size=2)
    return (
        lists.map(lambda words: {"type": "array", **words})
        # The same fields always, for to add or to remove one is no matter of what values tell.
        | objects.map(lambda pair: {"type": "object", "properties": pair[0], **pair[1]})
        | both.map(lambda found: {"anyOf": found})
        | both.map(lambda found: {"oneOf": found})
        | both.map(lambda found: {"allOf": found})
        | inner.map(lambda found: {"not": found})
        | st.tuples(strings, enums).map(lambda pair: {**pair[0], "anyOf": [pair[1], {"type": "string"}]})
    )


schemas = st.recursive(plain, composed, max_leaves=4)


def compared(side, old, new):
    empty = {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {}}
    comparison = SchemaComparison(checked(empty, "old"), checked(empty, "new"))
    comparison.compare(old, new, "Place", side)
    return comparison.findings


def wire(side, old, new):
    return worst(found.wire for found in compared(side, old, new))


def admits(schema, value):
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(value)


@given(schemas, schemas, st.lists(values, min_size=1, max_size=20))
@example({"type": "string"}, {"type": "string", "format": "date-time"}, ["a"])
@example({"oneOf": [{"type": "integer"}]}, {"oneOf": [{"type": "integer"}, {"type": "number"}]}, [1])
@example({"type": "array", "items": False}, {"type": "array", "items": False, "minItems": 1}, [[]])
@example({"anyOf": [{"type": "object", "additionalProperties": False}]}, {"type": "object", "maxProperties": 0}, [{}])
def test_no_verdict_says_less_than_values_tell(old, new, found):
    for value in found:
        before, after = admits(old, value), admits(new, value)
        if before and not after:
            assert wire(Side.REQUEST, old, new) is Verdict.BREAKING, value
        if after and not before:
            assert wire(Side.REPLY, old, new) is Verdict.BREAKING, value


LIMITS = {
    "string": {"minLength": small, "maxLength": small, "pattern": st.sampled_from(["^a", "b$", "^a.*b$"])}
    | {"format": st.sampled_from(["date-time", "date", "uuid"]), "enum": st.lists(texts, min_size=1, max_size=3)},
    "number": dict.fromkeys(["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"], small)
    | {"multipleOf": st.integers(1, 4), "enum": st.lists(small, min_size=1, max_size=3)},
    "array": {"minItems": small, "maxItems": small, "uniqueItems": st.booleans(), "items": plain},
    "object": {"minProperties": small, "maxProperties": small, "additionalProperties": st.booleans()}
    | {"required": st.lists(st.sampled_from("ab"), unique=True)},
}


@st.composite
def edited_schemas(draw):
    """Two schemas of one type, of which the second has one keyword set, changed, or taken away."""
    json_type = draw(st.sampled_from(sorted(LIMITS)))
    keywords = LIMITS[json_type]
    old = {"type": json_type, **draw(some(**keywords))}
    key = draw(st.sampled_from(sorted(keywords)))
    rest = {name: value for name, value in old.items() if name != key}
    return old, rest if draw(st.booleans()) else {**rest, key: draw(keywords[key])}


@given(edited_schemas())
def test_to_swap_two_schemas_swaps_narrower_and_wider(pair):
    old, new = pair

    request, reply = wire(Side.REQUEST, old, new), wire(Side.REPLY, new, old)

    assert (request is Verdict.BREAKING) == (reply is Verdict.BREAKING)


@given(schemas)
def test_no_schema_differs_from_itself_however_it_is_written(schema):
    for written in (schema, {"allOf": [schema]}, {"anyOf": [schema]}, {"allOf": [True, {"allOf": [schema]}]}):
        assert [] == compared(Side.REQUEST, schema, written) + compared(Side.REPLY, written, schema)


ODD = [None, True, 0, "x", [], {}, ["a"], [{}], {"a": 1}, {"$ref": "#/components/schemas/Node"}, {"allOf": [True]}]
SMALL = _yaml.load_file(Path(__file__).parent.parent / "data/changes/small.yaml")


def places(node, path=()):
    """The places of a document."""
    if path:
        yield path
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from places(value, (*path, key))


@given(st.sampled_from(list(places(SMALL))), st.sampled_from(ODD))
def test_whatever_stands_somewhere_is_compared_or_refused(path, odd):
    new = copy.deepcopy(SMALL)
    node = new
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = odd
    # Anything else that is raised would be a traceback for whoever runs the command.
    with contextlib.suppress(DescriptionError):
        old, odd_one = checked(SMALL, "old"), checked(new, "new")
        assert gathered(findings(old, odd_one)) is not None
        assert gathered(findings(odd_one, old)) is not None


def describable(node, path=(), *, named=False):
    """The places of our description that can have a description, but are not names of somebody's choice."""
    if isinstance(node, dict):
        if not named and path and path[0] in ("paths", "components"):
            yield path
        for key, value in node.items():
            if named or key not in ("examples", "example", "enum", "security", *MEANT):
                yield from describable(value, (*path, key), named=not named and key in NAMES)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from describable(value, (*path, index))


def with_value(node, path, value):
    """A document with a value at a place; all the rest is shared with the former one."""
    if not path:
        return value
    step, *further = path
    changed = copy.copy(node)
    changed[step] = with_value(node[step] if further else None, further, value)
    return changed


@given(
    st.sampled_from(list(describable(OURS))),
    st.sampled_from(["description", "examples", "x-note", "$comment", "deprecated"]),
    st.text(max_size=5),
)
def test_to_describe_is_invisible_wherever_it_is_done(path, key, words):
    new = with_value(OURS, (*path, key), {"examples": [words], "deprecated": True}.get(key, words))

    try:
        description = checked(new, "new")
    except DescriptionError:
        reject()  # no description is allowed there
    changes = gathered(findings(OLD, description))
    assert {(Verdict.INVISIBLE, Verdict.INVISIBLE)} >= {(change.wire, change.client) for change in changes}
    assert len(changes) <= 1
