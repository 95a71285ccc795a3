"""Report a comparison: lines for people, JSON and JUnit's XML for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from paiflow import _junit
from paiflow._junit import Case, Failure, Suite
from paiflow._text import visible
from tooling.changes.release import Bump, Judgement
from tooling.changes.verdicts import Change, worst

HEADINGS = ("wire", "client", "side", "place: what (why)")


@dataclass(frozen=True)
class Comparison:
    """The report of a comparison: its inputs, its changes, and the required release.

    `compared`: of `description` and `Python API`, what was. `notes`: what to know about that.
    """

    old: str
    new: str
    compared: tuple[str, ...]
    notes: tuple[str, ...]
    changes: tuple[Change, ...]
    judgement: Judgement
    holds_version: str


def text(found: Comparison) -> str:
    """Return the report for people."""
    lines = [f"{found.old} → {found.new}: {' and '.join(found.compared)}", *found.notes, ""]
    lines += table(found.changes) if found.changes else ["no changes"]
    return "\n".join(visible(line) for line in [*lines, "", conclusion(found)])


def table(changes: Sequence[Change]) -> list[str]:
    """Return a line for each change, below headings."""
    rows = [HEADINGS, *((change.wire, change.client, change.side, told(change)) for change in changes)]
    return [f"{wire:<9}  {client:<9}  {side:<9}  {what}" for wire, client, side, what in rows]


def told(change: Change) -> str:
    """Return place, change and reason."""
    return f"{change.place}: {change.what} ({change.why})"


def conclusion(found: Comparison) -> str:
    """Return the required release, and its missing parts."""
    judgement = found.judgement
    if judgement.severity is Bump.NONE:
        return "needs: nothing"
    step = f" ({judgement.base_version} -> {judgement.due})" if judgement.due else ""
    needs = f"needs: {judgement.needed}{step}"
    return "; ".join([needs, *(judgement.missing or [f"{found.holds_version} says {judgement.version}: covered"])])


def as_json(found: Comparison) -> str:
    """Return the report as JSON."""
    judgement = found.judgement
    return json.dumps(
        {
            "old": found.old,
            "new": found.new,
            "compared": list(found.compared),
            "notes": list(found.notes),
            "wire": worst(change.wire for change in found.changes),
            "client": worst(change.client for change in found.changes),
            "changes": [_change(change) for change in found.changes],
            "needs": judgement.needed,
            "base_version": judgement.base_version,
            "due_version": judgement.due or None,
            "version": judgement.version,
            "covered": judgement.covered,
            "missing": list(judgement.missing),
        },
        ensure_ascii=False,
        indent=2,
    )


def _change(change: Change) -> dict[str, Any]:
    return {
        "place": change.place,
        "what": change.what,
        "side": change.side,
        "wire": change.wire,
        "client": change.client,
        "why": change.why,
        "sides": {
            side: {"wire": finding.wire, "client": finding.client, "why": finding.why}
            for side, finding in change.sides.items()
        },
    }


def as_junit(found: Comparison) -> bytes:
    """Return the report as JUnit's XML: a case for each change, none of which fails, and one for the release."""
    cases = [
        Case("changes", f"{one.wire} {one.client} {one.side} {one.place}: {one.what}", output=one.why)
        for one in found.changes
    ]
    missing = [] if found.judgement.covered else [Failure(conclusion(found))]
    release = Case("changes", "the release says what has changed", missing)
    return _junit.document("changes", [Suite("changes", [*cases, release])])
