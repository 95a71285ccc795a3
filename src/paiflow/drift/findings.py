"""Findings: deviations of many replies, joined by their place, with a count and a first example.

Examples are redacted, shortened to one line, and without what would steer a terminal.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from paiflow._redaction import redact_json, redact_text
from paiflow._text import clean, visible
from paiflow.drift.kinds import in_words, kind_of
from paiflow.drift.schemas import Schemas
from paiflow.drift.walk import Deviation, Kind, Steps, shown

_EXAMPLE_CHARACTERS: Final = 60
_PATH_CHARACTERS: Final = 200
# A reply may hold a name of any length; what it is told by is bounded.
_KEY_CHARACTERS: Final = 2000

# Where a reply's status is what the description lacks: no JSONPath leads there.
STATUS: Final = "(status)"


@dataclass(frozen=True)
class Finding:
    """One way in which replies depart from the description.

    Attributes:
        kind: `unknown-field`, `unknown-value`, `wrong-kind` or `missing-field`.
        operation: the operationId, or method and path where there is none.
        status: the response, as the description names it: "200", "4XX", "default".
        path: a JSONPath into the reply, with `[*]` for the items of lists and `.*` for the values of maps; `(status)` if
            the description lacks the status itself.
        count: how many values it is true of.
        example: the first value, as JSON, redacted and shortened; empty for a missing field.
        first_seen: the reply that it was first seen in.
        detail: in words, what the description says of it and what came.
    """

    kind: Kind
    operation: str
    status: str
    path: str
    count: int
    example: str
    first_seen: str
    detail: str


class Findings:
    """Joins deviations into findings, at most `limit` distinct ones; `left_out` counts the deviations beyond."""

    def __init__(self, description: Schemas, limit: int | None = None) -> None:
        """Start with nothing found."""
        self._description = description
        self._limit = limit
        self._found: dict[tuple[Kind, str, str, str], Finding] = {}
        self._counts: Counter[tuple[Kind, str, str, str]] = Counter()
        self.left_out: int = 0

    @property
    def all(self) -> tuple[Finding, ...]:
        """The findings, in the order of first occurrence."""
        return tuple(replace(finding, count=self._counts[key]) for key, finding in self._found.items())

    def add(self, operation: str, status: str, deviations: Iterable[Deviation], where: str) -> None:
        """Add where a reply departs from the description."""
        for deviation in deviations:
            path = STATUS if deviation.keyword == "responses" else shown(deviation.steps)[:_KEY_CHARACTERS]
            key = (deviation.kind, operation, status, path)
            if key in self._found:
                self._counts[key] += 1
            elif self._limit is not None and len(self._found) >= self._limit:
                self.left_out += 1
            else:
                self._counts[key] = 1
                self._found[key] = Finding(
                    deviation.kind,
                    operation,
                    status,
                    path=path if path == STATUS else clean_path(deviation.steps),
                    count=1,
                    example=example(deviation),
                    first_seen=where,
                    detail=self._detail(deviation),
                )

    def _detail(self, deviation: Deviation) -> str:
        came = in_words([kind_of(deviation.value)])
        if deviation.kind == "missing-field":
            return "required"
        if deviation.kind == "unknown-field":
            return came
        if deviation.kind == "wrong-kind":
            return f"{came}, not {in_words(self._description.schema(deviation.place).kinds)}"
        return self._asked(deviation)

    def _asked(self, deviation: Deviation) -> str:
        """Return the requirement that a value does not meet."""
        keyword = deviation.keyword
        if keyword == "responses":
            return "no such status is described"
        asked = self._description.at((*deviation.place, keyword))
        if keyword == "enum":
            return f"not one of {len(asked)} known values"
        if isinstance(asked, str | int | float):
            return f"does not fit {keyword} {clean(str(asked), _EXAMPLE_CHARACTERS)}"
        return f"does not fit {keyword}"


def example(deviation: Deviation) -> str:
    """Return the value of a deviation, fit to be shown; nothing where a field is missing or a status is new."""
    if deviation.kind == "missing-field":
        return ""
    if deviation.keyword == "responses":
        return str(deviation.name)
    # With its name, which tells whether it is an account or a secret.
    name = next((step for step in reversed(deviation.steps) if isinstance(step, str)), "")
    [redacted] = redact_json({str(name): _small(deviation.value)}).values()
    text = json.dumps(redacted, ensure_ascii=False)
    return visible(text[:_EXAMPLE_CHARACTERS]) + ("…" if len(text) > _EXAMPLE_CHARACTERS else "")


def clean_path(steps: Steps) -> str:
    """Return a path fit to be shown: each name in it is redacted by itself."""
    safe = [redact_text(step) if type(step) is str else step for step in steps]  # a MapKey is not shown
    return clean(redact_text(shown(tuple(safe))), _PATH_CHARACTERS)


def _small(value: Any, room: int = 4) -> Any:
    """Return a value without what would not be shown of it, so that a large one is not redacted whole."""
    if isinstance(value, dict):
        return {name: _small(value[name], room - 1) for name in list(value)[:8]} if room else {}
    if isinstance(value, list):
        return [_small(item, room - 1) for item in value[:8]] if room else []
    return value
