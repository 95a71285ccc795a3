"""Ask jsonschema-rs whether one schema contains another: yes, no, or undecided.

Only its yes is relied on as a proof, in either direction; what it cannot tell counts as different. Formats count.

Source: jsonschema-rs, `CanonicalSchema.covers`: https://docs.rs/jsonschema/latest/jsonschema/canonical/
"""

from __future__ import annotations

from typing import Any

import jsonschema_rs
from jsonschema_rs.canonical import CanonicalizationError, Containment, Satisfiability

from paiflow._description import keys_of
from tooling.changes.verdicts import Direction
from tooling.documents import references

_NOT_TOLD = (
    jsonschema_rs.ValidationError,
    jsonschema_rs.ReferencingError,
    CanonicalizationError,
    ValueError,
    LookupError,
)


def direction(old: Any, new: Any, old_document: dict[str, Any], new_document: dict[str, Any]) -> Direction:
    """Return how the values that a schema allows change, from `old` to `new`.

    Args:
        old: a schema.
        new: the one in its place.
        old_document: the description that references of `old` lead into.
        new_document: the same of `new`.
    """
    try:
        before, after = canonical(old, old_document), canonical(new, new_document)
        kept, none_added = after.covers(before), before.covers(after)
    except _NOT_TOLD:
        return Direction.UNCLEAR
    if kept == Containment.YES:
        return Direction.SAME if none_added == Containment.YES else Direction.WIDER
    if none_added == Containment.YES:
        return Direction.NARROWER
    return Direction.OTHER if kept == none_added == Containment.NO else Direction.UNCLEAR


def is_empty(schema: Any, document: dict[str, Any]) -> bool:
    """Whether it is certain that no value fits a schema."""
    try:
        return canonical(schema, document).satisfiability() == Satisfiability.NO
    except _NOT_TOLD:
        return False


def admits(schema: Any, value: Any, document: dict[str, Any]) -> bool:
    """Whether a schema allows a value; one that is no schema allows all."""
    try:
        validator = jsonschema_rs.Draft202012Validator(_rooted(schema, document), validate_formats=True)
    except _NOT_TOLD:
        return True
    return validator.is_valid(value)


def canonical(schema: Any, document: dict[str, Any]) -> jsonschema_rs.CanonicalSchema:
    """Return the canonical form of a schema."""
    return jsonschema_rs.canonicalize(_rooted(schema, document), draft=jsonschema_rs.Draft202012, validate_formats=True)


def _rooted(schema: Any, document: dict[str, Any]) -> Any:
    """Return a schema whose references lead into as much of the description as they need."""
    waiting, needed = [reference for _, reference in references(schema)], set()
    if not waiting:
        return schema
    components: dict[str, dict[str, Any]] = {}
    paths = {}
    while waiting:
        reference = waiting.pop()
        if reference in needed:
            continue
        needed.add(reference)
        root, *keys = keys_of(reference)
        if root == "components" and len(keys) >= 2:
            kind, name = keys[:2]
            node = document["components"][kind][name]
            components.setdefault(kind, {})[name] = node
        else:
            node = paths = document.get("paths", {})
        waiting += [inner for _, inner in references(node)]
    # Below allOf, so that no key of the description is one of the schema's.
    return {"allOf": [schema], "components": components, "paths": paths}
