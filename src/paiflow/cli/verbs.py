"""The commands that change runs: start, stop, rerun, delete."""

from __future__ import annotations

from typing import Final

import click

from paiflow.cli.acting import Verb, on_runs

_CODES: Final = """
    RUN is a run's id; a - reads ids from stdin. A selection without a status, or by an outcome such as active, means {which}. It
    is shown first, and confirmed unless --yes is given. Each run is reported as it is done.

    Ends with 0 if it was done for all, 9 for some only, else with the code of the first error.
"""

start: Final[click.Command] = on_runs(
    Verb(
        word="start",
        done="started",
        call=lambda client, id_: client.start_pipeline_run(id_),
        statuses=("Initialized",),
    ),
    f"""Start runs that were created but not started.
{_CODES.format(which="those that are Initialized")}
""",
    "paiflow start flow-hynm2bv8wqhp5esfxq",
    "paiflow start --name nightly --since 1d --dry-run",
)

stop: Final[click.Command] = on_runs(
    Verb(
        word="stop",
        done="stopped",
        call=lambda client, id_: client.terminate_pipeline_run(id_),
        statuses=("Running", "Starting", "WorkflowServiceStarting", "ReadyToSchedule", "Suspended"),
    ),
    f"""Stop runs.
{_CODES.format(which="those that go on")}
""",
    "paiflow stop flow-hynm2bv8wqhp5esfxq",
    "paiflow stop --status Running --name nightly --dry-run",
)

rerun: Final[click.Command] = on_runs(
    Verb(
        word="rerun",
        done="started again",
        call=lambda client, id_: client.rerun_pipeline_run(id_),
        statuses=("Failed", "Terminated"),
    ),
    f"""Run the nodes of runs again that did not succeed.
{_CODES.format(which="those that failed or were stopped")}
""",
    "paiflow rerun flow-hynm2bv8wqhp5esfxq",
    "paiflow rerun --status Failed --since 1d --dry-run",
)

delete: Final[click.Command] = on_runs(
    Verb(
        word="delete",
        done="deleted",
        call=lambda client, id_: client.delete_pipeline_run(id_),
        statuses=("Initialized", "Terminated", "Succeeded", "Failed"),
        asks=True,
    ),
    f"""Delete runs that are Initialized, Terminated, Succeeded or Failed.
{_CODES.format(which="those that can be deleted")}
""",
    "paiflow delete flow-hynm2bv8wqhp5esfxq --yes",
    "paiflow delete --status Failed --name nightly --dry-run",
)
