"""Say in words what a shape allows."""

from __future__ import annotations

from typing import Any

from tooling.changes.keywords import shown
from tooling.changes.shapes import INTEGER, REST, Branch, Shape


def types_of(found: Shape) -> str:
    """Return the types that a shape allows."""
    if len(found.facets) == 6 and not any(facet.named for facet in found.facets.values()):
        return "any"
    names = []
    for json_type, facet in found.facets.items():
        whole = json_type == "number" and all(INTEGER in branch.keywords for branch in facet.branches)
        names.append("integer" if whole and facet.branches else json_type)
    return " or ".join(names) or "none"


def alternative(json_type: str, branch: Branch) -> str:
    """Return the name of a branch."""
    if branch.name:
        return branch.name
    words = {key: value for key, value in branch.keywords.items() if key not in ("type", REST)}
    if "properties" in words:
        words["properties"] = list(words["properties"])
    return f"{json_type} {shown(words)}" if words else f"any {json_type}"


def condition(schema: Any) -> str:
    """Return a condition in words: "PipelineRuns or Nodes" for an anyOf of required."""
    for kind, word in (("anyOf", " or "), ("oneOf", " or else ")):
        members = schema.get(kind) if isinstance(schema, dict) and len(schema) == 1 else None
        if members and all(isinstance(member, dict) and member.keys() == {"required"} for member in members):
            return f"“{word.join(' and '.join(member['required']) for member in members)}”"
    return shown(schema)
