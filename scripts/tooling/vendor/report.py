"""Report the differences: a line each for people, JSON for machines."""

from __future__ import annotations

import json
from typing import Any

from tooling.vendor.comparing import Difference


def as_text(found: list[Difference], operations: int) -> str:
    """Return a line for each difference, and one for all.

    Args:
        found: the differences.
        operations: how many operations the vendor's file has.
    """
    lines = [f"{one.change:8}{one.what:10}{one.operation}{_where(one)}{_details(one)}" for one in found]
    affected = len({one.operation for one in found})
    in_words = f"{_count(len(found), 'difference')} in {_count(affected, 'operation')}" if found else "no difference"
    lines.append(f"{in_words}; the vendor's file has {_count(operations, 'operation')}")
    return "".join(f"{line}\n" for line in lines)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _where(one: Difference) -> str:
    return f": {one.place}" if one.place else ""


def _details(one: Difference) -> str:
    if one.change == "changed":
        names = one.ours or {}
        changes = (f"{name} {_word(names[name])} is {_word((one.theirs or {}).get(name))} there" for name in names)
        return f": {', '.join(changes)}"
    said = one.ours or one.theirs or {}
    return f" ({', '.join(f'{name} {_word(value)}' for name, value in said.items() if name != 'place')})"


def _word(value: Any) -> str:
    return {True: "yes", False: "no", None: "none"}.get(value, str(value)) if not isinstance(value, str) else value


def as_json(found: list[Difference], operations: int) -> str:
    """Return the same as JSON."""
    differences = [
        {
            "change": one.change,
            "what": one.what,
            "operation": one.operation,
            "place": str(one.place) if one.place else None,
            "ours": one.ours,
            "theirs": one.theirs,
        }
        for one in found
    ]
    return json.dumps({"operations": operations, "differences": differences}, indent=2, ensure_ascii=False) + "\n"
