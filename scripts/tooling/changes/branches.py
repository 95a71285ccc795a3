"""Compare the branches of one type: which belong together, which come or go, and keyword by keyword what differs."""

from __future__ import annotations

import itertools
from functools import cache
from typing import Any

from tooling.changes import containment, keywords
from tooling.changes.fields import FieldComparison
from tooling.changes.schema_place import SchemaPlace
from tooling.changes.shapes import MISSING, REST, Branch, Facet, text_of
from tooling.changes.verdicts import Direction, Side, Verdict
from tooling.changes.words import alternative, condition

# Keywords whose values hold schemas of places further in; they are compared there.
PLACES = frozenset({"properties", "required", "additionalProperties", "unevaluatedProperties", "patternProperties",
                    "propertyNames", "items", "prefixItems", REST})  # fmt: skip


CERTAIN = (Direction.NARROWER, Direction.WIDER)


def compare(at: SchemaPlace, json_type: str, old: Facet, new: Facet) -> None:
    """Add the changes of branches: of those that belong together, and of those that come or go."""
    pairs, gone, come = _paired(at, json_type, old.branches, new.branches)
    for before, after in pairs:
        alone = json_type != "object" or before.name in ("", at.place)
        if alone or not at.whole.compare_component(json_type, before, after, at.side):
            _branch(at, json_type, before, after)
    old_document, new_document = at.whole.old.document, at.whole.new.document
    for branch in gone:
        held = containment.direction(new.schema(json_type), branch.schema(json_type), new_document, old_document)
        _unpaired(at, json_type, branch, Direction.NARROWER, held)
    for branch in come:
        held = containment.direction(old.schema(json_type), branch.schema(json_type), old_document, new_document)
        _unpaired(at, json_type, branch, Direction.WIDER, held)


def _unpaired(at: SchemaPlace, json_type: str, branch: Branch, direction: Direction, held: Direction) -> None:
    """Add a branch that goes (narrower) or comes (wider); `held`: how it differs from all that the other side allows."""
    goes = direction is Direction.NARROWER
    if held in (Direction.SAME, Direction.NARROWER):
        direction = Direction.SAME
    client, why = None, ""
    if json_type == "object" and at.side is Side.REPLY and direction is not Direction.SAME:
        client, why = (Verdict.BREAKING, "its model goes") if goes else (Verdict.ADDITIVE, "its model comes")
    what = f"alternative {alternative(json_type, branch)} {'removed' if goes else 'added'}"
    at.tell(what, direction, about="variants", client=client, why=why)


def _paired(
    at: SchemaPlace, json_type: str, old: tuple[Branch, ...], new: tuple[Branch, ...]
) -> tuple[list[tuple[Branch, Branch]], list[Branch], list[Branch]]:
    """Return the branches that belong together, and those that do not: equal ones first, then alike ones."""
    gone, come = list(old), list(new)
    pairs = []
    if len(old) == len(new) == 1:
        return [(old[0], new[0])], [], []

    def equal(before: Branch, after: Branch) -> bool:
        return at.whole.trial(json_type, before, after, at.side)

    for alike in (equal, _namesakes, _same_constant if json_type == "object" else _same_format):
        for before in list(gone):
            match = next((after for after in come if alike(before, after)), None)
            if match:
                pairs.append((before, match))
                gone.remove(before)
                come.remove(match)
    if len(gone) == len(come) == 1:
        pairs.append((gone.pop(), come.pop()))
    return pairs, gone, come


def _branch(at: SchemaPlace, json_type: str, old: Branch, new: Branch) -> None:
    # All at once, beside what stays, may amount to less than each alone: pattern ^.+$ for minLength 1.
    at.together = cache(lambda: at.direction(old.schema(json_type), new.schema(json_type)))
    for edit in keywords.edits(_plain(old), _plain(new)):
        direction = _of(at, json_type, old, new, edit)
        if direction is Direction.SAME and edit.group in keywords.BOUNDS:
            continue  # written in another way
        if direction in (Direction.UNCLEAR, Direction.OTHER) and edit.keyword in keywords.PROVABLE:
            direction = next((one for one in (at.together(),) if one in CERTAIN), direction)
        home = old.homes.get(edit.keyword, "")
        home = home if home == new.homes.get(edit.keyword, home) and home != at.place else ""
        _keyword(at, edit, direction, home, old, new)
    if json_type == "object":
        FieldComparison(at, old, new).compare()
    if json_type == "array":
        _items(at, old.keywords, new.keywords)
    _rest(at, json_type, old, new)


def _keyword(at: SchemaPlace, edit: keywords.Edit, direction: Direction, home: str, old: Branch, new: Branch) -> None:
    client, why = None, ""
    if edit.keyword == "contentMediaType" and at.side is Side.REPLY:
        reads = [branch.keywords.get(edit.keyword) == "application/json" for branch in (old, new)]
        if reads != sorted(reads):
            client, why = Verdict.BREAKING, "value_json() goes: the text is not said to be JSON any more"
        elif reads[0] != reads[1]:
            client, why = Verdict.ADDITIVE, "value_json() comes"
    if edit.keyword not in keywords.KNOWN:
        why = "what the keyword does is not known here"
        client = Verdict.BREAKING
    at.tell(edit.what, direction, about=edit.keyword, home=home, client=client, why=why)


def _of(at: SchemaPlace, json_type: str, old: Branch, new: Branch, edit: keywords.Edit) -> Direction:
    """Return the direction of one edit: by rule, or by proof, beside what stays or else alone."""
    if (ruled := keywords.told(edit.keyword, old.keywords, new.keywords)) is not None:
        return ruled
    before, after = ({key: side.keywords[key] for key in edit.group if key in side.keywords} for side in (old, new))
    rest = {key: value for key, value in old.keywords.items() if key not in edit.group}
    found = [
        at.direction(*(Branch({**beside, **words}).schema(json_type) for words in (before, after)))
        for beside in (rest, {})
    ]
    return next((one for one in found if one not in (Direction.UNCLEAR, Direction.OTHER)), found[0])


def _rest(at: SchemaPlace, json_type: str, old: Branch, new: Branch) -> None:
    """Add the change of what was not taken apart."""
    before, after = old.keywords.get(REST, []), new.keywords.get(REST, [])
    gone = [schema for schema in before if text_of(schema) not in map(text_of, after)]
    come = [schema for schema in after if text_of(schema) not in map(text_of, before)]
    if not gone and not come:
        return
    direction = at.direction({"allOf": [{"type": json_type}, *before]}, {"allOf": [{"type": json_type}, *after]})
    if direction is Direction.SAME:
        return
    what = [f"condition {condition(schema)} removed" for schema in gone]
    what += [f"condition {condition(schema)} added" for schema in come]
    at.tell(", ".join(what), direction, about=REST)


def _items(at: SchemaPlace, old: dict[str, Any], new: dict[str, Any]) -> None:
    if old.get("maxItems") == new.get("maxItems") == 0:
        return
    first, then = old.get("prefixItems", []), new.get("prefixItems", [])
    rest, others = old.get("items", True), new.get("items", True)
    for index, (before, after) in enumerate(itertools.zip_longest(first, then, fillvalue=MISSING)):
        at.whole.compare(
            rest if before is MISSING else before, others if after is MISSING else after,
            f"{at.place}[{index}]", at.side, f"{at.subject}[{index}]",
        )  # fmt: skip
    at.whole.compare(rest, others, f"{at.place}[]", at.side, f"{at.subject}[]")


def _plain(branch: Branch) -> dict[str, Any]:
    """Return the keywords that are about the value itself."""
    return {key: value for key, value in branch.keywords.items() if key not in PLACES}


def _namesakes(old: Branch, new: Branch) -> bool:
    return bool(old.name) and old.name == new.name


def _same_format(old: Branch, new: Branch) -> bool:
    return old.keywords.get("format") == new.keywords.get("format")


def _same_constant(old: Branch, new: Branch) -> bool:
    """Whether two objects are told apart from others by the same constants, or have half of their fields in common."""
    before, after = (branch.keywords.get("properties", {}) for branch in (old, new))
    constants = [
        {name: schema["const"] for name, schema in fields.items() if isinstance(schema, dict) and "const" in schema}
        for fields in (before, after)
    ]
    if constants[0] or constants[1]:
        return constants[0] == constants[1]
    return len(before.keys() & after.keys()) * 2 > max(len(before), len(after))
