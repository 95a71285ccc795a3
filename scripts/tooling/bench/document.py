"""All that a run found, as JSON and back: sizes in bytes, times in seconds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Self

import attrs

from tooling.bench.results import Line, line_of


@attrs.frozen
class Measured:
    """A row that was measured.

    Attributes:
        about: what it compares, and how.
        versions: of what it compares, by name.
    """

    about: str
    versions: Mapping[str, str]


@attrs.frozen
class Document:
    """What a run found.

    Attributes:
        machine: on which it was measured.
        rows: that were measured, by name.
        lines: of these rows.
    """

    machine: Mapping[str, str]
    rows: Mapping[str, Measured]
    lines: Sequence[Line]

    @classmethod
    def read(cls, text: str) -> Self:
        """Return what JSON holds.

        Raises:
            ValueError: it is not what `json` writes.
        """
        try:
            fields = json.loads(text)
            rows = {name: Measured(**row) for name, row in fields["rows"].items()}
            return cls(fields["machine"], rows, [line_of(line) for line in fields["lines"]])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"it has not what scripts/bench --json writes ({error})") from None

    def json(self, *, samples: bool = True) -> str:
        """Return it as JSON, with or without every sample."""
        lines = self.lines if samples else [attrs.evolve(line, samples={}) for line in self.lines]
        fields = attrs.asdict(self) | {"lines": [{**attrs.asdict(line), "missed": line.missed} for line in lines]}
        return json.dumps(fields, ensure_ascii=False, indent=1) + "\n"

    @property
    def versions(self) -> dict[str, str]:
        """The versions of all that was compared."""
        return dict(sorted(pair for row in self.rows.values() for pair in row.versions.items()))
