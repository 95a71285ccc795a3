"""Report whether generated/ is up to date, as JSON and JUnit's XML."""

from __future__ import annotations

import json
from collections.abc import Sequence

from paiflow import _junit
from paiflow._junit import Case, Failure, Suite


def as_json(stale: Sequence[str]) -> str:
    """Return whether all is up to date, and the stale files as `kind: path`."""
    return json.dumps({"up_to_date": not stale, "stale": list(stale)}, ensure_ascii=False, indent=2)


def as_junit(stale: Sequence[str]) -> bytes:
    """Return a case that passes, or one that fails for each file that is not as it should be."""
    failed = [Case("regenerate", line, [Failure(f"{line}: run scripts/regenerate")]) for line in stale]
    cases = failed or [Case("regenerate", "generated/ is up to date")]
    return _junit.document("regenerate", [Suite("regenerate", cases)])
