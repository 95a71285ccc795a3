"""Random schemas, values that nearly fit them, and mangled replies, for property-based tests."""

import copy
import json
from pathlib import Path

from hypothesis import strategies as st

from paiflow.drift import Schemas

SAMPLE = json.loads((Path(__file__).parent.parent / "data" / "documented_sample.json").read_text(encoding="utf-8"))


def sample():
    """The vendor's sample reply, to be changed."""
    return copy.deepcopy(SAMPLE)


NAMES = st.sampled_from(["Id", "Status", "a b", "it's", "Größe"])
TEXTS = st.sampled_from(
    ["", "x", "Running", "Hibernating", "2021-01-21T17:12:35.232Z", "2021-01-21", 'it\'s \\ "q"', "\x1b[1m"]
)
NUMBERS = st.sampled_from([0, 1, -7, 1.0, 1.5, 2**31, 1557702098194904])
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=8,
)
KINDS = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])
COMPONENTS = ["Text", "Thing", "Status", "Tree"]


def _leaf():
    return st.one_of(
        KINDS.map(lambda kind: {"type": kind}),
        st.lists(KINDS, min_size=1, max_size=3, unique=True).map(lambda kinds: {"type": kinds}),
        st.sampled_from(
            [
                {},
                True,
                {"type": "string", "format": "date-time"},
                {"type": "string", "maxLength": 0},
                {"type": "string", "minLength": 2, "pattern": "^[a-z]*$"},
                {"type": "integer", "format": "int32", "minimum": 0},
                {"type": "number", "exclusiveMaximum": 1, "multipleOf": 0.5},
                {"enum": ["x", 1, None]},
                {"type": "string", "enum": ["x", "Running"]},
                {"const": "x"},
                {"type": "object"},
                {"not": {"type": "null"}},
            ]
        ),
        st.sampled_from(COMPONENTS).map(lambda name: {"$ref": f"#/components/schemas/{name}"}),
    )


def _composed(inner):
    objects = st.fixed_dictionaries(
        {"type": st.just("object"), "properties": st.dictionaries(NAMES, inner, min_size=1, max_size=3)},
        optional={
            "required": st.lists(NAMES, max_size=2, unique=True),
            "additionalProperties": st.one_of(st.booleans(), inner),
            "patternProperties": st.dictionaries(st.sampled_from(["^S", "b$"]), inner, max_size=1),
            "unevaluatedProperties": st.just(False),
            "minProperties": st.just(1),
            "maxProperties": st.just(2),
            "propertyNames": st.just({"maxLength": 5}),
            "dependentRequired": st.just({"Id": ["Status"]}),
        },
    )
    arrays = st.fixed_dictionaries(
        {"type": st.just("array"), "items": inner},
        optional={
            "minItems": st.just(1),
            "maxItems": st.just(2),
            "uniqueItems": st.just(True),
            "prefixItems": st.lists(inner, min_size=1, max_size=2),
            "contains": inner,
        },
    )
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        objects,
        arrays,
        several.map(lambda parts: {"anyOf": parts}),
        several.map(lambda parts: {"oneOf": parts}),
        several.map(lambda parts: {"allOf": parts}),
        st.tuples(_leaf().filter(lambda leaf: isinstance(leaf, dict)), several).map(
            lambda both: {**both[0], "anyOf": both[1]}
        ),
        st.tuples(inner, inner, inner).map(lambda three: {"if": three[0], "then": three[1], "else": three[2]}),
        inner.map(lambda part: {"allOf": [part], "description": "A part."}),
    )


SCHEMAS = st.recursive(_leaf(), _composed, max_leaves=6)


def description(schema, status="200"):
    """A description whose one operation replies with this."""
    return Schemas(
        {
            "openapi": "3.1.0",
            "info": {"title": "Things", "version": "1"},
            "paths": {
                "/things": {
                    "get": {
                        "operationId": "ListThings",
                        "responses": {
                            status: {"description": "Things.", "content": {"application/json": {"schema": schema}}}
                        },
                    }
                }
            },
            "components": {
                "schemas": {
                    "Text": {"type": "string"},
                    "Thing": {
                        "type": "object",
                        "required": ["Id"],
                        "properties": {
                            "Id": {"type": "string"},
                            "Status": {
                                "type": "string",
                                "anyOf": [{"$ref": "#/components/schemas/Status"}, {"type": "string"}],
                            },
                        },
                    },
                    "Status": {"type": "string", "enum": ["Running"], "x-paiflow-outcomes": {"Running": "active"}},
                    "Tree": {
                        "type": "object",
                        "properties": {
                            "Id": {},
                            "a b": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
                        },
                    },
                }
            },
        }
    )


@st.composite
def mangled(draw):
    """The sample reply with fields added, taken away, and put in place of others at any level."""
    reply = sample()
    for _ in range(draw(st.integers(1, 6))):
        holders = list(_holders(reply))
        holder = draw(st.sampled_from(holders))
        if isinstance(holder, list):
            index = draw(st.integers(0, len(holder)))
            holder[index : index + draw(st.integers(0, 1))] = [draw(VALUES)]
        elif holder and draw(st.booleans()):
            name = draw(st.sampled_from(sorted(holder)))
            match draw(st.sampled_from(["other", "listed", "unlisted", "without"])):
                case "other":
                    holder[name] = draw(VALUES)
                case "listed":
                    holder[name] = [holder[name]]
                case "unlisted" if isinstance(holder[name], list) and holder[name]:
                    holder[name] = holder[name][0]
                case _:
                    del holder[name]
        else:
            holder[draw(st.sampled_from(["Priority", "Queue", "x-y", "status", "from_dict"]))] = draw(VALUES)
    return reply


def _holders(value):
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from _holders(item)
    elif isinstance(value, list):
        yield value
        for item in value:
            yield from _holders(item)
