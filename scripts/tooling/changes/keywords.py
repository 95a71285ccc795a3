"""Compare the keywords of two branches. Values that say nothing are gone by now (shapes.py).

How a change narrows or widens what is allowed is shown by jsonschema-rs (branches.py), but for what it does not know:

    keyword                            added      removed   else
    format                             narrower   wider     FORMATS, else unclear
    contentMediaType contentEncoding   narrower   wider     unclear
    any keyword that is not known here unclear    unclear   unclear

contentMediaType rules out no text for JSON Schema, but it is a promise on what the text holds, and is taken for one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from paiflow._description import name_of
from tooling.changes.shapes import INTEGER, MISSING
from tooling.changes.verdicts import Direction

# Keywords that say something only together; of the first two pairs, a bound may be written with either.
BOUNDS = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))
TOGETHER = (*BOUNDS, ("if", "then", "else"), ("contains", "minContains", "maxContains"))

PROMISES = frozenset({"contentMediaType", "contentEncoding", "contentSchema"})

PROVABLE = frozenset({
    INTEGER, "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "uniqueItems", "multipleOf",
    "pattern", "not", "dependentRequired", "dependentSchemas", "unevaluatedItems",
}).union(*TOGETHER)  # fmt: skip
"""Keywords whose effect jsonschema-rs may be able to show."""

KNOWN = PROVABLE | PROMISES | {"format"}
"""All others are taken for breaking: what they do is not known here."""

WHOLE = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")

# Formats whose texts or numbers all fit the other: (narrower, wider).
FORMATS = {
    *combinations(WHOLE, 2), *combinations(UNSIGNED, 2), *((f"u{narrow}", wide) for narrow, wide in combinations(WHOLE, 2)),
    *combinations(("uri", "uri-reference", "iri-reference"), 2), ("uri", "iri"), ("iri", "iri-reference"),
    ("float", "double"), ("email", "idn-email"), ("hostname", "idn-hostname"),
}  # fmt: skip

# A hint for displaying the value, or the form that JSON has anyway: any text or number fits it.
HINTS = frozenset({"password", "double"})


@dataclass(frozen=True)
class Edit:
    """One keyword's change, in words, and the keywords that it is to be judged with."""

    keyword: str
    what: str
    group: tuple[str, ...]


def edits(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Edit]:
    """Yield the changes between the keywords of two branches."""
    for bound in BOUNDS:
        before, after = _bound(old, bound), _bound(new, bound)
        if before != after:
            yield Edit(bound[0], changed("", before, after), bound)
    for keyword in dict.fromkeys((*old, *new)):
        before, after = old.get(keyword, MISSING), new.get(keyword, MISSING)
        group = next((group for group in TOGETHER if keyword in group), (keyword,))
        if group not in BOUNDS and before != after:
            yield Edit(keyword, changed(keyword, before, after), group)


def told(keyword: str, old: dict[str, Any], new: dict[str, Any]) -> Direction | None:
    """Return the direction of a change that takes no proof, None where it does."""
    if keyword in PROVABLE:
        return None
    if keyword not in KNOWN:
        return Direction.UNCLEAR
    before, after = (None if keyword == "format" and found.get(keyword) in HINTS else found.get(keyword)
                     for found in (old, new))  # fmt: skip
    formats = FORMATS if keyword == "format" else ()
    if before == after:
        return Direction.SAME
    if before is None or (after, before) in formats:
        return Direction.NARROWER
    if after is None or (before, after) in formats:
        return Direction.WIDER
    return Direction.UNCLEAR


def _bound(words: dict[str, Any], bound: tuple[str, ...]) -> Any:
    return " and ".join(f"{key} {words[key]}" for key in bound if key in words) or MISSING


def changed(keyword: str, before: Any, after: Any) -> str:
    """Return in words that a keyword changed, came or went (MISSING)."""
    if keyword == INTEGER:
        return "type number → integer" if before is MISSING else "type integer → number"
    name = f"{keyword} " if keyword else ""
    if before is MISSING:
        return f"{name}{shown(after)} added"
    if after is MISSING:
        return f"{name}{shown(before)} removed"
    return f"{name}{shown(before)} → {shown(after)}"


def shown(value: Any) -> str:
    """Return a value for people, on one line and not too long."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, dict) and isinstance(value.get("$ref"), str):
        return name_of(value["$ref"])
    if isinstance(value, dict):
        text = ", ".join(f"{key}: {shown(item)}" for key, item in value.items())
        text = f"{{{text}}}"
    elif isinstance(value, list | tuple):
        text = "[" + ", ".join(map(shown, value)) + "]"
    else:
        text = str(value)
    text = " ".join(text.split())
    return text if len(text) <= 80 else f"{text[:79]}…"
