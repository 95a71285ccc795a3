"""All commands: a table of where each one is. A command's module is loaded when the command is used.

So `--help` and `version` come at once, and a command whose extra is not installed leaves the others alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Final, NamedTuple

import click

from paiflow._distribution import NAME
from paiflow._text import close_to
from paiflow.cli.running import run_command
from paiflow.cli.stopping import Stop


class Row(NamedTuple):
    """Where a command is.

    Attributes:
        module: below paiflow.cli.
        attribute: the click command in it.
        help: the first line of its help.
    """

    module: str
    attribute: str
    help: str


# By what people want to do.
SECTIONS: Final[Mapping[str, Mapping[str, Row]]] = {
    "Find runs": {
        "list": Row("listing", "list_", "List runs, newest first."),
        "status": Row("status", "status", "Show the status of runs and nodes, and the outputs of nodes."),
        "get": Row("getting", "get", "Show a run with its nodes, and why it failed."),
        "logs": Row("logs", "logs", "Show the logs of a run's nodes, and follow them."),
        "outputs": Row("outputs", "outputs", "Show where the outputs of a run are."),
        "wait": Row("wait", "wait", "Wait for runs and nodes to end, and report each change."),
    },
    "Change runs": {
        "submit": Row("submit", "submit", "Create a run and start it."),
        "start": Row("verbs", "start", "Start runs that were created but not started."),
        "stop": Row("verbs", "stop", "Stop runs."),
        "rerun": Row("verbs", "rerun", "Run the nodes of runs again that did not succeed."),
        "delete": Row("verbs", "delete", "Delete runs that are Initialized, Terminated, Succeeded or Failed."),
    },
    "Pipelines and workspaces": {
        "pipelines": Row("pipelines", "pipelines", "List, show, create, update and delete pipelines."),
        "workspaces": Row("workspaces", "workspaces", "List workspaces."),
        "manifest": Row("manifest", "manifest", "Check manifests before they are sent."),
    },
    "Any operation": {
        "call": Row("call", "call", "Call any operation of the service, and print its reply as JSON."),
        "explore": Row("explore", "explore", "Serve a page that runs operations and shows code, or a signing proxy."),
    },
    "Test": {
        "mock": Row("mock", "mock", "Serve a mock of the service, until it is ended by Ctrl-C or SIGTERM."),
        "contract": Row("contract", "contract", "Check a service against the description."),
        "drift": Row("drift", "drift", "Report what recorded replies hold that the description lacks."),
    },
    "Set up": {
        "doctor": Row("doctor", "doctor", "Try each thing that a call depends on, and say what to mend."),
        "config": Row("config", "config", "Show each setting and where it comes from, without secrets."),
        "policy": Row("policy", "policy", "Print the smallest RAM policy for commands and operations, as JSON."),
        "completion": Row(
            "completion",
            "completion",
            "Print the script that completes commands, options, statuses and run ids in a shell.",
        ),
        "version": Row("version", "version", "Show the version."),
    },
}
ROWS: Final[Mapping[str, Row]] = {name: row for rows in SECTIONS.values() for name, row in rows.items()}


class Commands(click.Group):
    """The commands of the table."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click names it
        """Return the names, in the order of the table."""
        return list(ROWS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click names it
        """Return a command; its module is loaded now."""
        row = ROWS.get(cmd_name)
        return None if row is None else getattr(import_module(f"paiflow.cli.{row.module}"), row.attribute)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name, and the arguments after it.

        Raises:
            click.UsageError: there is none of that name.
        """
        name = args[0]
        if name not in ROWS and not name.startswith("-"):
            raise click.UsageError(f"there is no command {name!r:.80}{close_to(name, ROWS)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click names it
        """Write the names and what each does, under the headings of the table."""
        width = max(map(len, ROWS))
        for heading, rows in SECTIONS.items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(width), row.help) for name, row in rows.items()])


def run(arguments: Sequence[str], stop: Stop | None = None) -> int:
    """Return the exit code of the command with these arguments; `stop` reports signals to it."""
    return run_command(paiflow, arguments, stop or Stop())


def _settings() -> dict[str, Any]:
    return {"help_option_names": ["-h", "--help"]}


@click.command(cls=Commands, context_settings=_settings(), no_args_is_help=False)
@click.version_option(package_name=NAME, prog_name="paiflow", message="%(prog)s %(version)s")
def paiflow() -> None:
    """Find, start, stop and follow the pipeline runs of Alibaba Cloud PAI.

    Credentials come from ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and, for temporary ones,
    ALIBABA_CLOUD_SECURITY_TOKEN; else from a profile of the vendor's command. `paiflow config` shows them.
    """
