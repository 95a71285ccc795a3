"""Options that select runs by what they are instead of by their ids."""

from __future__ import annotations

import functools
import heapq
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any, Final

import attrs
import click
from click.shell_completion import CompletionItem

from paiflow import _durations
from paiflow._text import close_to
from paiflow.cli.texts import FILLED

if TYPE_CHECKING:
    from paiflow import PaiFlow, PipelineRunSummary

# What --sort is called, and the field that the service sorts by.
SORTS: Final = {
    "created": ("GmtCreateTime", "gmt_create_time"),
    "started": ("StartedAt", "started_at"),
    "finished": ("FinishedAt", "finished_at"),
    "duration": ("Duration", "duration"),
    "modified": ("GmtModifiedTime", "gmt_modified_time"),
    "pipeline": ("PipelineId", "pipeline_id"),
    "user": ("UserId", "user_id"),
}
# The outcomes of several statuses. The others have the name of the one status that they mean.
_OUTCOMES: Final = ("active", "stopped")
# The order for people: newest first.
NEWEST: Final = "created"


@attrs.frozen(kw_only=True)
class Selection:
    """Which runs are meant: all that fit each setting.

    Attributes:
        statuses: any of these; with no outcomes either, empty for all.
        outcomes: or what has any of these outcomes.
        name: their name.
        pipelines: ids of their pipelines, any of them.
        user: the id of their user.
        source_type: the type of their source.
        source: the id of their source, such as the key of submit --once.
        since: not created before this moment.
    """

    statuses: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    name: str | None = None
    pipelines: tuple[str, ...] = ()
    user: str | None = None
    source_type: str | None = None
    source: str | None = None
    since: datetime | None = None

    def __bool__(self) -> bool:
        return self != Selection()

    def fitting(self, statuses: tuple[str, ...]) -> Selection | None:
        """Return what is meant of these statuses: an outcome, or no status at all, means no others. None: nothing is."""
        named = (*self.statuses, *(one for one in statuses if not self.statuses and not self.outcomes))
        found = (*named, *(one for one in _of_outcomes(self.outcomes) if one in statuses))
        return attrs.evolve(self, statuses=tuple(dict.fromkeys(found)), outcomes=()) if found or not statuses else None

    def runs(
        self, client: PaiFlow, *, sort: str = NEWEST, ascending: bool = False, limit: int | None = None
    ) -> Iterator[PipelineRunSummary]:
        """Yield the runs, sorted; the service is asked for more as they are needed.

        Raises:
            PaiFlowError: as of ListPipelineRuns.
        """
        sort_by, attribute = SORTS[sort]
        listings = [
            client.iter_pipeline_runs(
                status=status,
                name=self.name,
                pipeline_ids=list(self.pipelines) or None,
                user_id=self.user,
                source_type=self.source_type,
                source_id=self.source,
                sort_by=sort_by,
                order="ASC" if ascending else "DESC",
                page_size=100 if limit is None else min(100, limit),
            )
            for status in dict.fromkeys((*self.statuses, *_of_outcomes(self.outcomes))) or (None,)
        ]
        found: Iterator[PipelineRunSummary] = heapq.merge(
            *listings, key=lambda run: _key(run, attribute), reverse=not ascending
        )
        since = self.since
        if since is not None:

            def recent(run: PipelineRunSummary) -> bool:
                return run.gmt_create_time is None or run.gmt_create_time >= since

            newest_first = sort == NEWEST and not ascending
            found = takewhile(recent, found) if newest_first else filter(recent, found)
        return islice(found, limit)


def _key(run: PipelineRunSummary, attribute: str) -> tuple[bool, Any]:
    value = getattr(run, attribute)
    return (value is not None, 0 if value is None else value)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that select runs; it receives a Selection as `selection`."""

    @functools.wraps(command)
    def wrapped(
        *arguments: Any,
        statuses: tuple[str, ...],
        name: str | None,
        pipelines: tuple[str, ...],
        user: str | None,
        source_type: str | None,
        source: str | None,
        since: datetime | None,
        **others: Any,
    ) -> Any:
        made = Selection(
            statuses=tuple(one for one in statuses if one not in _OUTCOMES),
            outcomes=tuple(one for one in statuses if one in _OUTCOMES),
            name=name,
            pipelines=pipelines,
            user=user,
            source_type=source_type,
            source=source,
            since=since,
        )
        return command(*arguments, selection=made, **others)

    for option in reversed(
        (
            click.option(
                "--status",
                "statuses",
                metavar="STATUS",
                multiple=True,
                callback=_statuses,
                shell_complete=_known_statuses,
                help="Such as Failed, or an outcome: active, succeeded, failed, stopped. May be repeated.",
            ),
            click.option("--name", type=FILLED, metavar="NAME", help="Runs with this name."),
            click.option(
                "--pipeline",
                "pipelines",
                type=FILLED,
                metavar="ID",
                multiple=True,
                help="Runs of this pipeline; may be repeated.",
            ),
            click.option("--user", type=FILLED, metavar="ID", help="Runs of this user."),
            click.option(
                "--source-type", type=click.Choice(["SDK", "DESIGNER", "M6", "UNKNOWN"]), help="Where runs came from."
            ),
            click.option(
                "--source",
                type=FILLED,
                metavar="ID",
                help="Runs with this source id, such as the KEY of submit --once.",
            ),
            click.option(
                "--since", metavar="TIME", callback=moment, help="Created not before: 1d, 90m, 2026-11-28, or a time."
            ),
        )
    ):
        wrapped = option(wrapped)
    return wrapped


def _statuses(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    from paiflow_api.outcomes import PIPELINE_RUN_STATUS  # noqa: PLC0415 - --help needs none of it

    known = {one.lower(): one for one in (*PIPELINE_RUN_STATUS, *_OUTCOMES)}
    found: list[str] = []
    for value in values:
        if value.lower() not in known:
            near = close_to(value, known.values())
            shown = near or f"; there are: {', '.join(PIPELINE_RUN_STATUS)}, and active, stopped for several"
            raise click.BadParameter(f"{value!r} is not a status{shown}", context, parameter)
        found.append(known[value.lower()])
    return tuple(dict.fromkeys(found))


def _of_outcomes(outcomes: tuple[str, ...]) -> tuple[str, ...]:
    from paiflow_api.outcomes import PIPELINE_RUN_STATUS  # noqa: PLC0415 - --help needs none of it

    return tuple(status for status, outcome in PIPELINE_RUN_STATUS.items() if outcome in outcomes)


def _known_statuses(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from paiflow.cli import completing  # noqa: PLC0415 - for a shell's completion only

    return [CompletionItem(one) for one in completing.statuses(context, parameter, incomplete)]


def moment(context: click.Context, parameter: click.Parameter, value: str | None) -> datetime | None:
    """Return a moment: so long ago, or a date or time, in the reader's zone unless it names one."""
    if value is None:
        return None
    seconds = _durations.seconds_of(value)
    try:
        if seconds is not None:
            return datetime.fromtimestamp(datetime.now(UTC).timestamp() - seconds, UTC)
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        message = f"{value!r:.80} is no time: give 90m, 1d, 2026-11-28 or 2026-11-28T14:00:00"
        raise click.BadParameter(message, context, parameter) from None
