"""The commands: status, wait, drift, explore, mock, contract, version."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version as version_of

import click

from paiflow._distribution import NAME
from paiflow.cli.config import config
from paiflow.cli.drift import drift
from paiflow.cli.explore import explore
from paiflow.cli.running import run_command
from paiflow.cli.status import status
from paiflow.cli.stopping import Stop
from paiflow.cli.wait import wait
from paiflow_api import provenance


def run(arguments: Sequence[str], stop: Stop | None = None) -> int:
    """Return the exit code of the command with these arguments; `stop` tells it of signals."""
    return run_command(paiflow, arguments, stop or Stop())


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=False)
@click.version_option(package_name=NAME, prog_name="paiflow", message="%(prog)s %(version)s")
def paiflow() -> None:
    """Ask Alibaba Cloud PAI what pipeline runs and their nodes are doing.

    Credentials come from ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and, for temporary ones,
    ALIBABA_CLOUD_SECURITY_TOKEN.
    """


paiflow.add_command(status)
paiflow.add_command(wait)
paiflow.add_command(config)
paiflow.add_command(drift)
paiflow.add_command(explore)


@paiflow.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 for any that is free.")
@click.option(
    "--scenario",
    metavar="FILE",
    help="What exists and changes with time, and faults, as YAML; or demo, with all that the README's examples ask for.",
)
@click.option("--fault", "faults", metavar="SPEC", multiple=True, help="Something that goes wrong; may be repeated.")
@click.option("-v", "--log", is_flag=True, help="Show each request and what was answered, on stderr.")
def mock(host: str, port: int, scenario: str | None, faults: tuple[str, ...], log: bool) -> None:
    """Serve a mock of the service, until it is ended by Ctrl-C or SIGTERM.

    Once it listens it prints the variables that lead a client to it, and its credentials, to stdout.
    It holds the samples of the vendor's documentation, such as the run flow-hynm2bv8wqhp5esfxq in workspace 948, unless the
    scenario says `sample: false`.

    SPEC is NAME or NAME:SETTING=VALUE,SETTING=VALUE, such as throttling:retry_after=2s,rate=0.1 or slow:delay=20s,every=5;
    a name that is not known is answered with those that are. With operation=OPERATION it strikes calls of that one only.
    """
    from paiflow import mock as mocking  # noqa: PLC0415 - needs an extra, and no other command needs it

    description = mocking.effective_description()
    service = mocking.MockService(
        scenario=None if scenario is None else mocking.load_scenario(scenario),
        description=description,
        on_reply=mocking.request_log(description, partial(click.echo, err=True)) if log else None,
    )
    if service.static:
        click.echo(f"static, as the mock has no rules for them: {', '.join(service.static)}", err=True)
    if isinstance(service.clock, mocking.HandClock):
        raise click.UsageError(f"{scenario}: clock: by hand is for tests: nobody could advance it here")
    for spec in faults:
        name, settings = mocking.parse_fault(spec)
        service.faults.add(name, **settings)

    def ready(endpoint: str) -> None:
        click.echo(f"PAIFLOW_ENDPOINT={endpoint}")
        click.echo(f"ALIBABA_CLOUD_ACCESS_KEY_ID={service.credentials.access_key_id}")
        click.echo(f"ALIBABA_CLOUD_ACCESS_KEY_SECRET={service.credentials.access_key_secret}")

    mocking.run(service, host, port, ready)


@paiflow.command(
    add_help_option=False, context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def contract(arguments: tuple[str, ...]) -> None:
    """Judge a service by the description: the mock, or any endpoint. See paiflow contract --help.

    Ends with 0 if the service conforms, 1 if it does not, 2 if it could not be judged.
    """
    from paiflow.contract import main as judge  # noqa: PLC0415 - needs an extra, and no other command needs it

    try:
        code: object = judge(list(arguments), "paiflow contract")
    except SystemExit as left:  # how argparse leaves
        code = left.code
    raise click.exceptions.Exit(code if isinstance(code, int) else 2)


@paiflow.command()
@click.option("-v", "--verbose", is_flag=True, help="Also what the client was generated from, and what it runs on.")
def version(verbose: bool) -> None:
    """Show the version."""
    click.echo(f"paiflow {version_of(NAME)}")
    if not verbose:
        return
    click.echo(f"python {platform.python_version()}, httpx {version_of('httpx')}, attrs {version_of('attrs')}")
    click.echo(f"generated by {provenance.GENERATOR} from")
    for name, sha256 in {"openapi.yaml": provenance.DESCRIPTION, **provenance.OVERLAYS}.items():
        click.echo(f"  {sha256}  {name}")
    click.echo(f"effective description\n  {provenance.EFFECTIVE_DESCRIPTION}  paiflow_api/openapi.yaml")
