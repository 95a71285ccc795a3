"""The commands: status, mock, version.

Exit codes of status: 0 answered, 4 an id was not found; of all: see running.py.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version as version_of
from typing import Final, TypeVar

import click

from paiflow import OutputType, PaiFlow
from paiflow.cli import output
from paiflow.cli.ids import node_refs, run_ids
from paiflow.cli.running import run_command
from paiflow_api import provenance

MISSING: Final = 4

Command = TypeVar("Command", bound=Callable[..., object])


def run(arguments: Sequence[str]) -> int:
    """Return the exit code of the command with these arguments."""
    return run_command(paiflow, arguments)


def connection_options(command: Command) -> Command:
    """Give a command the options that say where the service is and how long to wait for it."""
    for option in (
        click.option(
            "--request-timeout",
            type=click.FloatRange(min=0, min_open=True),
            metavar="SECONDS",
            help="Seconds for each phase of a request; 5 to connect and 10 to receive by default.",
        ),
        click.option("--region", metavar="REGION", help="Such as cn-hangzhou; else ALIBABA_CLOUD_REGION_ID."),
        click.option("--endpoint", metavar="URL", help="Instead of the region's; else PAIFLOW_ENDPOINT."),
    ):
        command = option(command)
    return command


def client_for(endpoint: str | None, region: str | None, request_timeout: float | None) -> PaiFlow:
    """Return the client that the options describe."""
    if request_timeout is None:
        return PaiFlow(region, endpoint=endpoint)
    return PaiFlow(region, endpoint=endpoint, timeout=request_timeout)


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=False)
def paiflow() -> None:
    """Ask Alibaba Cloud PAI what pipeline runs and their nodes are doing.

    Credentials come from ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and, for temporary ones,
    ALIBABA_CLOUD_SECURITY_TOKEN.
    """


@paiflow.command()
@click.argument("runs", metavar="[RUN]...", nargs=-1)
@click.option("--node", "nodes", metavar="RUN/NODE", multiple=True, help="A node and its outputs; may be repeated.")
@click.option("--workspace", metavar="ID", help="Look in this workspace only.")
@click.option(
    "--output-type", type=click.Choice([known.value for known in OutputType]), help="Show outputs of this type only."
)
@click.option("--format", "form", type=click.Choice(["table", "json", "jsonl"]), default="table", show_default=True)
@connection_options
@click.pass_context
def status(
    context: click.Context,
    runs: tuple[str, ...],
    nodes: tuple[str, ...],
    workspace: str | None,
    output_type: str | None,
    form: str,
    endpoint: str | None,
    region: str | None,
    request_timeout: float | None,
) -> None:
    """Show the status of runs and nodes.

    RUN is a run's id. A - in its place, or in that of RUN/NODE, reads ids from stdin, one a line.
    Ends with 0 if all were answered, 4 if one was not found.
    """
    wanted_runs, wanted_nodes = run_ids(runs), node_refs(nodes)
    if not wanted_runs and not wanted_nodes:
        raise click.UsageError("no ids: give RUN, --node RUN/NODE, or - to read them from stdin", context)
    with client_for(endpoint, region, request_timeout) as client:
        # Never both in one request: the service would take the nodes and leave the runs out.
        ask = partial(client.list_pipeline_runs_status, workspace_id=workspace, output_type=output_type)
        replies = [ask(pipeline_runs=wanted_runs)] if wanted_runs else []
        replies += [ask(nodes=wanted_nodes)] if wanted_nodes else []
    answer = output.Answer.of(replies, wanted_runs, wanted_nodes)
    output.write(answer, form)
    if missing := len(answer.missing_runs) + len(answer.missing_nodes):
        click.echo(f"paiflow: {missing} of {len(wanted_runs) + len(wanted_nodes)} not found", err=True)
        context.exit(MISSING)


@paiflow.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 for any that is free.")
def mock(host: str, port: int) -> None:
    """Serve a mock of the service, until it is ended by Ctrl-C or SIGTERM.

    Once it listens it prints the variables that lead a client to it, and its credentials, to stdout.
    It knows the run of the vendor's documentation, flow-hynm2bv8wqhp5esfxq, in workspace 948.
    """
    from paiflow import mock as mocking  # noqa: PLC0415 - needs an extra, and no other command needs it

    service = mocking.MockService()

    def ready(endpoint: str) -> None:
        click.echo(f"PAIFLOW_ENDPOINT={endpoint}")
        click.echo(f"ALIBABA_CLOUD_ACCESS_KEY_ID={service.credentials.access_key_id}")
        click.echo(f"ALIBABA_CLOUD_ACCESS_KEY_SECRET={service.credentials.access_key_secret}")

    mocking.run(service, host, port, ready)


@paiflow.command()
@click.option("-v", "--verbose", is_flag=True, help="Also what the client was generated from, and what it runs on.")
def version(verbose: bool) -> None:
    """Show the version."""
    click.echo(f"paiflow {version_of('paiflow')}")
    if not verbose:
        return
    click.echo(f"python {platform.python_version()}, httpx {version_of('httpx')}, attrs {version_of('attrs')}")
    click.echo(f"generated by {provenance.GENERATOR} from")
    for name, sha256 in {"openapi.yaml": provenance.DESCRIPTION, **provenance.OVERLAYS}.items():
        click.echo(f"  {sha256}  {name}")
    click.echo(f"effective description\n  {provenance.EFFECTIVE_DESCRIPTION}  paiflow_api/openapi.yaml")
