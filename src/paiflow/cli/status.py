"""The command `paiflow status`: what runs and nodes are doing now."""

from __future__ import annotations

import click

from paiflow import OutputType
from paiflow.cli import exit_codes, ids, options, report
from paiflow.cli.connection import Connection
from paiflow.cli.output import Output
from paiflow.cli.words import say
from paiflow.status.waiting import MISSING


@click.command()
@options.examples(
    "paiflow status flow-train flow-evaluate",
    "paiflow status --node flow-train/node-data -o json",
)
@options.ids
@click.option(
    "--output-type", type=click.Choice([known.value for known in OutputType]), help="Show outputs of this type only."
)
@options.connection()
@options.output()
@click.pass_context
def status(
    context: click.Context,
    runs: tuple[str, ...],
    nodes: tuple[str, ...],
    output_type: str | None,
    connection: Connection,
    output: Output,
) -> None:
    """Show the status of runs and nodes, and the outputs of nodes.

    RUN is a run's id. A - in its place, or in that of RUN/NODE, reads ids from stdin, one a line. Any number of them
    is asked for in batches; what was answered is shown even if some failed.

    Ends with 0 if all were answered, 4 if one was not found, 6 when throttled, 7 without credentials or permission, 8 if
    the service or the way to it failed.
    """
    wanted = ids.wanted(context, runs, nodes)
    with connection.client() as client:
        found = client.statuses(pipeline_runs=wanted.runs, nodes=wanted.nodes, output_type=output_type)
    report.write(found, output)
    for error in found.errors:
        say(str(error))
    if found.unanswered:
        say(f"{len(found.unanswered)} of {len(wanted)} not answered")
    if found.missing:
        say(f"{len(found.missing)} of {len(wanted)} not found: each {MISSING}")
    context.exit(exit_codes.of_status(found))
