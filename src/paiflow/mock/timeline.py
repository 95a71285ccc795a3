"""Timelines: the state of an item at a moment, and the time of its next change.

Moments are seconds since the epoch, by the service's clock.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Self

import attrs

__all__ = ["ALWAYS", "ENDED", "Timeline", "first_backwards", "moment_of", "timestamp"]

# Assumption: started-and-finished.
_STARTED = frozenset({"Running", "Succeeded", "Failed"})
ENDED = frozenset({"Succeeded", "Failed", "Terminated"})
"""The statuses in which something has finished."""


@attrs.frozen(kw_only=True)
class Timeline:
    """When something is there, and what changes.

    Args:
        since: from when on it is there.
        statuses: its statuses, each with the moment from which on it holds, in order. It is not there before the
            first. None are no changes of status.
        absences: from when to when it is not there, however long it was before.
        deleted: from when on it is deleted, but still there; None for an item that is never deleted.
        dated: it shows when it started and finished.
    """

    since: float = -math.inf
    statuses: Sequence[tuple[float, str]] = ()
    absences: Sequence[tuple[float, float]] = ()
    deleted: float | None = None
    dated: bool = False

    def at(self, wire: Mapping[str, Any], now: float) -> dict[str, Any] | None:
        """Return the state of `wire` in replies at a moment; None if it is not there."""
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

    def next_change(self, now: float) -> float | None:
        """Return the first moment after this one from which on `at` may return something else, None for none."""
        moments = [
            self.since,
            *(moment for moment, _ in self.statuses),
            *(end for span in self.absences for end in span),
        ]
        if self.deleted is not None:
            moments.append(self.deleted)
        return min((moment for moment in moments if now < moment < math.inf), default=None)

    def last_change(self, now: float) -> float | None:
        """Return the last moment, up to this one, at which its status changed or it was deleted; None for none."""
        moments = [moment for moment, _ in self.statuses]
        if self.deleted is not None:
            moments.append(self.deleted)
        return max((moment for moment in moments if moment <= now), default=None)

    def continued(self, now: float, statuses: Sequence[tuple[float, str]]) -> Self:
        """Return the timeline up to now, followed by other statuses than were to come."""
        past = [(moment, status) for moment, status in self.statuses if moment <= now]
        return attrs.evolve(self, statuses=[*past, *statuses])


ALWAYS = Timeline()
"""Of something that does not change."""


def _dates(past: Sequence[tuple[float, str]]) -> dict[str, str | None]:
    """Return when something with these statuses started and finished; None is not yet."""
    started = next((moment for moment, status in past if status in _STARTED), None)
    finished = None
    if past[-1][1] in ENDED:
        # A status that is repeated has not ended anything again.
        unfinished = [index for index, (_, status) in enumerate(past) if status not in ENDED]
        finished = past[unfinished[-1] + 1 if unfinished else 0][0]
    return {"StartedAt": timestamp(started), "FinishedAt": timestamp(finished)}


def timestamp(moment: float | None) -> str | None:
    """Return a moment as the service writes it, `2021-01-21T17:12:35.232Z`; None stays."""
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_of(timestamp: object) -> float | None:
    """Return the moment that a text of the service stands for, None if it stands for none."""
    try:
        parsed = datetime.fromisoformat(timestamp) if isinstance(timestamp, str) else None
    except ValueError:
        return None
    return None if parsed is None else parsed.replace(tzinfo=parsed.tzinfo or UTC).timestamp()


def first_backwards(times: Sequence[float]) -> int | None:
    """Return the index of the first time that is before the one in front of it, None if they are in order."""
    return next((index for index in range(1, len(times)) if times[index] < times[index - 1]), None)
