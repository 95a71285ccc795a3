"""The command `paiflow mock`: a mock of the service on this machine."""

from __future__ import annotations

from functools import partial

import click

from paiflow.cli import options


@click.command()
@options.examples(
    "paiflow mock --scenario demo",
    "paiflow mock --port 0 --fault throttling:retry_after=2s,rate=0.1",
)
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
        raise click.UsageError(f"{scenario}: clock: by hand is for tests, because the command cannot advance it")
    for spec in faults:
        name, settings = mocking.parse_fault(spec)
        service.faults.add(name, **settings)

    def ready(endpoint: str) -> None:
        click.echo(f"PAIFLOW_ENDPOINT={endpoint}")
        click.echo(f"ALIBABA_CLOUD_ACCESS_KEY_ID={service.credentials.access_key_id}")
        click.echo(f"ALIBABA_CLOUD_ACCESS_KEY_SECRET={service.credentials.access_key_secret}")

    mocking.run(service, host, port, ready)
