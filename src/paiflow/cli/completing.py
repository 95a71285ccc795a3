"""What a shell completes beside commands and options: statuses, and ids of the newest runs."""

from __future__ import annotations

from typing import Final

import click
from click.shell_completion import CompletionItem

# Runs that are asked for, and seconds to wait for the service: a key press must not block.
_NEWEST: Final = 30
_PATIENCE: Final = 2.0


def runs(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the ids of the newest runs that begin so, with status and name; none if the service does not answer soon."""
    del parameter
    from paiflow import PaiFlow, PaiFlowError, RetryPolicy  # noqa: PLC0415 - costly to load

    patience = RetryPolicy(attempts=1, total=_PATIENCE)
    given = context.params.get
    try:
        with PaiFlow(given("region"), endpoint=given("endpoint"), timeout=_PATIENCE, retries=patience) as client:
            found = list(client.iter_pipeline_runs(sort_by="GmtCreateTime", order="DESC", limit=_NEWEST))
    except PaiFlowError:
        return []
    return [
        CompletionItem(run.pipeline_run_id, help=f"{run.status or '-'} {run.name or ''}".strip())
        for run in found
        if run.pipeline_run_id and run.pipeline_run_id.startswith(incomplete)
    ]


def statuses(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the statuses, and names of several, that begin so."""
    del context, parameter
    from paiflow_api.outcomes import PIPELINE_RUN_STATUS  # noqa: PLC0415 - for this only

    return [one for one in (*PIPELINE_RUN_STATUS, "active", "stopped") if one.lower().startswith(incomplete.lower())]
