"""The command `paiflow policy`."""

from __future__ import annotations

import json

import click
from click.shell_completion import CompletionItem

from paiflow.cli import options
from paiflow.cli.needs import COMMANDS, operations_of
from paiflow_api.operations import OPERATIONS


def _names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    del context, parameter
    return [CompletionItem(name) for name in (*COMMANDS, *OPERATIONS) if name.startswith(incomplete)]


@click.command()
@options.examples(
    "paiflow policy list wait",
    "paiflow policy --read-only TerminatePipelineRun",
)
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=_names)
@click.option("--read-only", is_flag=True, help="All operations that change nothing.")
@click.option("--all", "all_", is_flag=True, help="All operations.")
def policy(names: tuple[str, ...], read_only: bool, all_: bool) -> None:
    """Print the smallest RAM policy for commands and operations, as JSON.

    NAME is a command (list, wait, submit), an operation (ListPipelineRuns) or the client's method for it
    (list_pipeline_runs).

    The resource is "*": the vendor's pages of these operations name all resources. The private runs of others are seen with
    the role of an administrator in the workspace only.
    """
    if not (names or read_only or all_):
        raise click.UsageError(
            "name commands or operations, such as list and wait; or give --read-only or --all",
            click.get_current_context(),
        )
    wanted = [operation for name in names for operation in operations_of(name)]
    wanted += [operation for operation in OPERATIONS.values() if all_ or (read_only and operation.repeatable)]
    actions = sorted({operation.ram_action for operation in wanted if operation.ram_action})
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    click.echo(json.dumps({"Version": "1", "Statement": [statement]}, indent=2))
