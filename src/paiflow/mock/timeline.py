"""How runs, nodes and outputs change: what a reply holds of one at a moment.

Moments are seconds since the epoch, by the service's clock.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs

__all__ = ["Timeline", "first_backwards", "timestamp"]

# Assumption: a node has started with the first of these, and is finished while it is in one of the latter.
# Before, both fields are null, which the description allows; nobody has published a reply of that time.
_STARTED = frozenset({"Running", "Succeeded", "Failed"})
_FINISHED = frozenset({"Succeeded", "Failed", "Terminated"})


@attrs.frozen(kw_only=True)
class Timeline:
    """When something is there, and what changes.

    Args:
        since: from when on it is there.
        statuses: its statuses, each with the moment from which on it holds, in order. It is not there before the
            first. None are no changes of status.
        absences: from when to when it is not there, however long it was before.
        deleted: from when on it is deleted, but still there; None for something that nobody deletes.
        dated: it tells when it started and finished, as nodes do.
    """

    since: float = -math.inf
    statuses: Sequence[tuple[float, str]] = ()
    absences: Sequence[tuple[float, float]] = ()
    deleted: float | None = None
    dated: bool = False

    def at(self, wire: Mapping[str, Any], now: float) -> dict[str, Any] | None:
        """Return what a reply holds at a moment of what was put in as `wire`, None if it is not there."""
        if now < self.since or any(start <= now < end for start, end in self.absences):
            return None
        shown = dict(wire)
        if self.statuses:
            past = [(moment, status) for moment, status in self.statuses if moment <= now]
            if not past:
                return None
            shown["Status"] = past[-1][1]
            if self.dated:
                shown |= _dates(past)
        if self.deleted is not None:
            shown["IsDeleted"] = now >= self.deleted
        return shown


def _dates(past: Sequence[tuple[float, str]]) -> dict[str, str | None]:
    """Return when a node with these statuses started and finished; None is not yet."""
    started = next((moment for moment, status in past if status in _STARTED), None)
    finished = None
    if past[-1][1] in _FINISHED:
        # Said twice it has finished once.
        unfinished = [index for index, (_, status) in enumerate(past) if status not in _FINISHED]
        finished = past[unfinished[-1] + 1 if unfinished else 0][0]
    return {"StartedAt": timestamp(started), "FinishedAt": timestamp(finished)}


def timestamp(moment: float | None) -> str | None:
    """Return a moment as the service writes it, `2021-01-21T17:12:35.232Z`; None stays."""
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def first_backwards(times: Sequence[float]) -> int | None:
    """Return the index of the first time that is before the one in front of it, None if they are in order."""
    return next((index for index in range(1, len(times)) if times[index] < times[index - 1]), None)
