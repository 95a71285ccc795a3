"""Compare titles, descriptions, examples and extensions. These changes are invisible; they are reported too.

Only what stands at the same place in both descriptions is compared; the words of what comes or goes, come and go with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tooling.changes.shapes import text_of
from tooling.changes.verdicts import Finding, Side, Verdict
from tooling.documents import HOLD_NAMES

TEXTS = frozenset({
    "$comment", "bearerFormat", "deprecated", "description", "example", "examples", "externalDocs", "info", "links",
    "openapi", "summary", "tags", "title",
})  # fmt: skip

# What holds names of somebody's choice, where `description` is a name like others.
NAMES = HOLD_NAMES | {"definitions", "dependentRequired"}

# Extensions that say what the client does, or where: more than text, and compared.
MEANT = frozenset({"x-paiflow", "x-paiflow-outcomes", "x-paiflow-service"})

VALUES = frozenset({"const", "default", "enum"})

REASONS = {
    "tags": "they are not sent; what is generated from them is not public",
    "deprecated": "a hint: what works goes on to work",
}
USUAL = "it says nothing about what may be sent or what comes"


def text_findings(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Finding]:
    """Yield a finding for each place whose describing words differ."""
    for path, keys in _differences(old, new, (), named=False):
        why = "; ".join(dict.fromkeys(REASONS.get(key, USUAL) for key in keys))
        what = f"{', '.join(keys)} changed"
        yield Finding(Side.TEXT, place_of(path), what, Verdict.INVISIBLE, Verdict.INVISIBLE, why, "text")


def _differences(
    old: Any, new: Any, path: tuple[str, ...], *, named: bool
) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    if isinstance(old, list) and isinstance(new, list):
        for index, (one, other) in enumerate(zip(old, new, strict=False)):
            yield from _differences(one, other, (*path, str(index)), named=False)
    if not isinstance(old, dict) or not isinstance(new, dict):
        return
    texts = [] if named else [key for key in dict.fromkeys((*old, *new)) if _is_text(key)]
    keys = [key for key in texts if text_of(old.get(key)) != text_of(new.get(key))]
    if keys:
        yield path, keys
    for key in old:
        if key in new and key not in texts and (named or key not in VALUES | MEANT):
            yield from _differences(old[key], new[key], (*path, key), named=not named and key in NAMES)


def _is_text(key: str) -> bool:
    return key in TEXTS or (key.startswith("x-") and key not in MEANT)


def place_of(path: tuple[str, ...]) -> str:
    """Return a place for people: PipelineRun.Name for components/schemas/PipelineRun/properties/Name."""
    rest = list(path)
    place = ""
    if rest[:1] == ["components"] and len(rest) > 2:
        place, rest = rest[2], rest[3:]
    elif rest[:1] == ["paths"] and len(rest) > 2:
        place, rest = f"{rest[2].upper()} {rest[1]}", rest[3:]
    while rest:
        key = rest.pop(0)
        if key == "properties" and rest:
            place += f".{rest.pop(0)}"
        elif key == "items":
            place += "[]"
        else:
            place += f" {key}"
    return place.strip() or "description"
