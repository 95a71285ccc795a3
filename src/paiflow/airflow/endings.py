"""How waits end, as an event that crosses processes: plain JSON. Does not import Airflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from paiflow import WaitResult
from paiflow.errors import PaiFlowError


@attrs.frozen
class Ending:
    """What is known of runs at the end of a wait.

    Attributes:
        outcomes: by run id: succeeded, failed, stopped, missing, unknown or active.
        statuses: the service's own words, by run id.
        problem: why the wait ended early, None if it did not.
    """

    outcomes: dict[str, str]
    statuses: dict[str, str | None]
    problem: str | None = None

    @classmethod
    def of(cls, result: WaitResult | None, error: PaiFlowError | None = None) -> Ending:
        """Return what a wait returned, or what it raised."""
        items = {} if result is None else {str(id_): item for id_, item in result.items()}
        return cls(
            {id_: item.outcome for id_, item in items.items()},
            {id_: item.status for id_, item in items.items()},
            None if error is None else str(error),
        )

    @classmethod
    def of_event(cls, event: Mapping[str, Any] | None) -> Ending:
        """Return the ending that an event holds. An event without one is a problem."""
        if not isinstance(event, Mapping) or not isinstance(event.get("outcomes"), Mapping):
            return cls({}, {}, "the trigger ended without saying what became of the runs")
        return cls(dict(event["outcomes"]), dict(event.get("statuses") or {}), event.get("problem"))

    def event(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return attrs.asdict(self)

    @property
    def succeeded(self) -> bool:
        """Whether all runs have succeeded. Unknown is no success, and neither is nothing at all."""
        return self.problem is None and set(self.outcomes.values()) == {"succeeded"}

    @property
    def ended(self) -> bool:
        """Whether all runs have succeeded, failed or been stopped."""
        return bool(self.outcomes) and set(self.outcomes.values()) <= {"succeeded", "failed", "stopped"}

    @property
    def failed(self) -> list[str]:
        """The runs that failed."""
        return [id_ for id_, outcome in self.outcomes.items() if outcome == "failed"]

    def __str__(self) -> str:
        bad = {id_: outcome for id_, outcome in self.outcomes.items() if outcome != "succeeded"}
        told = [f"{id_} {outcome} ({self.statuses.get(id_) or 'no status'})" for id_, outcome in list(bad.items())[:5]]
        rest = [f"{len(bad) - 5} more"] if len(bad) > 5 else []
        return "; ".join([*([self.problem] if self.problem else []), ", ".join([*told, *rest]) or "nothing is known"])
