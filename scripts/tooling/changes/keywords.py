"""How one keyword's change narrows or widens what is allowed. Values that say nothing are gone by now (shapes.py).

    keyword                                       added      removed   raised     lowered    else
    minLength minItems minProperties              narrower   wider     narrower   wider
    maxLength maxItems maxProperties              narrower   wider     wider      narrower
    minimum exclusiveMinimum (one bound)          narrower   wider     narrower   wider
    maximum exclusiveMaximum (one bound)          narrower   wider     wider      narrower
    multipleOf                                    narrower   wider     narrower where the old divides the new, wider where
                                                                       the new divides the old, else unclear
    integer, for number                           narrower   wider
    uniqueItems                                   narrower   wider
    pattern                                       narrower   wider                           what jsonschema-rs can show
    format                                        narrower   wider                           FORMATS, else unclear
    contentMediaType contentEncoding              narrower   wider                           unclear
    not if then else contains minContains
      maxContains dependentRequired
      dependentSchemas unevaluatedItems           what jsonschema-rs can show, else unclear
    any keyword that is not known here            unclear    unclear                         unclear

contentMediaType rules out no text for JSON Schema, but it is a promise on what the text holds, and is taken for one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from paiflow._description import name_of
from tooling.changes.shapes import INTEGER, MISSING
from tooling.changes.verdicts import Direction

LOWER = frozenset({"minLength", "minItems", "minProperties"})
UPPER = frozenset({"maxLength", "maxItems", "maxProperties"})
BOUNDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
PROMISES = frozenset({INTEGER, "uniqueItems", "contentMediaType", "contentEncoding"})

KNOWN = (
    LOWER | UPPER | BOUNDS | PROMISES
    | {"multipleOf", "pattern", "format", "not", "if", "then", "else", "contains", "minContains", "maxContains",
       "dependentRequired", "dependentSchemas", "unevaluatedItems"}
)  # fmt: skip
"""All others are taken for breaking: what they do is not known here."""

WHOLE = ("int8", "int16", "int32", "int64")
WHOLE_UNSIGNED = ("uint8", "uint16", "uint32", "uint64")

# Formats whose texts or numbers all fit the other: (narrower, wider).
FORMATS = {
    *((WHOLE[i], WHOLE[j]) for i in range(4) for j in range(i + 1, 4)),
    *((WHOLE_UNSIGNED[i], WHOLE_UNSIGNED[j]) for i in range(4) for j in range(i + 1, 4)),
    *((WHOLE_UNSIGNED[i], WHOLE[j]) for i in range(4) for j in range(i + 1, 4)),
    ("float", "double"),
    ("email", "idn-email"), ("hostname", "idn-hostname"),
    ("uri", "uri-reference"), ("uri", "iri"), ("uri", "iri-reference"), ("uri-reference", "iri-reference"),
    ("iri", "iri-reference"),
}  # fmt: skip

# A hint to whoever shows the value: any text fits it.
HINTS = frozenset({"password"})


@dataclass(frozen=True)
class Edit:
    """One keyword's change, in words. None: the rules do not tell the direction."""

    keyword: str
    what: str
    direction: Direction | None


def edits(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Edit]:
    """Yield the changes between the keywords of two branches."""
    yield from _bound(old, new, "minimum", "exclusiveMinimum")
    yield from _bound(old, new, "maximum", "exclusiveMaximum")
    for keyword in dict.fromkeys((*old, *new)):
        before, after = old.get(keyword, MISSING), new.get(keyword, MISSING)
        if keyword not in BOUNDS and before != after:
            yield Edit(keyword, changed(keyword, before, after), _direction(keyword, before, after))


def _direction(keyword: str, before: Any, after: Any) -> Direction | None:
    """Return the direction of a change, None where it takes a proof."""
    if keyword == "format":
        return _format(None if before is MISSING else before, None if after is MISSING else after)
    if keyword in LOWER | UPPER | PROMISES | {"multipleOf", "pattern", "required"}:
        if before is MISSING:
            return Direction.NARROWER
        if after is MISSING:
            return Direction.WIDER
    if keyword in LOWER | UPPER:
        raised = _number(after) > _number(before)
        return Direction.NARROWER if raised == (keyword in LOWER) else Direction.WIDER
    if keyword == "multipleOf":
        return _multiple(_number(before), _number(after))
    return Direction.UNCLEAR if keyword in PROMISES else None


def _number(value: Any) -> float:
    """Return a value that a keyword demands a number for; what is none is taken for zero."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0


def _multiple(before: float, after: float) -> Direction:
    if before and after and after % before == 0:
        return Direction.NARROWER
    if before and after and before % after == 0:
        return Direction.WIDER
    return Direction.UNCLEAR


def _format(before: str | None, after: str | None) -> Direction:
    before, after = (None if name in HINTS else name for name in (before, after))
    if before == after:
        return Direction.SAME
    if before is None or (after, before) in FORMATS:
        return Direction.NARROWER
    if after is None or (before, after) in FORMATS:
        return Direction.WIDER
    return Direction.UNCLEAR


def _bound(old: dict[str, Any], new: dict[str, Any], keyword: str, exclusive: str) -> Iterator[Edit]:
    """Yield the change of a lower or an upper bound, however it is written."""
    upper = keyword == "maximum"
    before, after = _limit(old, keyword, exclusive), _limit(new, keyword, exclusive)
    if before == after:
        return
    what = changed("", _shown(old, keyword, exclusive), _shown(new, keyword, exclusive))
    if before is None:
        direction = Direction.NARROWER
    elif after is None:
        direction = Direction.WIDER
    else:
        direction = Direction.NARROWER if (after > before) != upper else Direction.WIDER
    yield Edit(keyword, what, direction)


def _limit(words: dict[str, Any], keyword: str, exclusive: str) -> tuple[float, float] | None:
    """Return a bound that sorts: the number, then how far beyond it the first value lies."""
    sign = 1 if keyword == "minimum" else -1
    whole = words.get(INTEGER, False)
    found: list[tuple[float, float]] = []
    if isinstance(inclusive := words.get(keyword), int | float):
        found.append((inclusive, 0))
    if isinstance(beyond := words.get(exclusive), int | float):
        # Of whole numbers, above 1 is from 2.
        found.append((beyond + sign, 0) if whole and float(beyond).is_integer() else (beyond, sign))
    if not found:
        return None
    return max(found) if sign == 1 else min(found)


def _shown(words: dict[str, Any], keyword: str, exclusive: str) -> Any:
    shown = [f"{key} {words[key]}" for key in (keyword, exclusive) if key in words]
    return " and ".join(shown) or MISSING


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
