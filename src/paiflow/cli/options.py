"""Options and arguments that commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from paiflow._text import close_to
from paiflow.cli.words import say
from paiflow.client import profile
from paiflow.client.endpoint import ENDPOINT
from paiflow.credentials import KEY_ID
from paiflow.errors import ConfigurationError

Command = TypeVar("Command", bound=Callable[..., object])

FORMATS: Final = ("table", "json", "jsonl")


def id_options(command: Command) -> Command:
    """Give a command the ids that it is about: `runs` and `nodes`, to be read by `ids.wanted`, and their workspace."""
    return _with(
        command,
        click.argument("runs", metavar="[RUN]...", nargs=-1),
        click.option("--node", "nodes", metavar="RUN/NODE", multiple=True, help="A node; may be repeated."),
        click.option("--workspace", metavar="ID", help="Look in this workspace only."),
    )


def connection_options(command: Command) -> Command:
    """Give a command the options that say how to print, where the service is, and how long to wait for it."""
    return _with(
        command,
        click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True),
        click.option("--endpoint", metavar="URL", help="Instead of the region's; else PAIFLOW_ENDPOINT."),
        click.option(
            "--region", metavar="REGION", help="Such as cn-hangzhou; else ALIBABA_CLOUD_REGION_ID, else the profile's."
        ),
        click.option(
            "--profile",
            metavar="NAME",
            callback=_use_profile,
            expose_value=False,
            help="A profile of the vendor's command, for region, workspace and keys; else ALIBABA_CLOUD_PROFILE.",
        ),
        click.option(
            "--request-timeout",
            type=click.FloatRange(min=0, min_open=True),
            metavar="SECONDS",
            help="Seconds for each phase of a request; 5 to connect and 10 to receive by default.",
        ),
    )


def connection(endpoint: str | None, region: str | None, request_timeout: float | None) -> dict[str, Any]:
    """Return the arguments of a client that these options mean."""
    if region is not None and endpoint is None and os.environ.get(ENDPOINT):
        say(f"{ENDPOINT} is set and overrides --region {region}: unset it, or give --endpoint")
    given = {"endpoint": endpoint, "region": region, "timeout": request_timeout}
    return {name: value for name, value in given.items() if value is not None}


def _use_profile(context: click.Context, parameter: click.Parameter, name: str | None) -> None:
    """Go by a profile until the command ends, as the vendor's package does by its variable.

    Raises:
        click.BadParameter: there is no such profile.
    """
    if name is None:
        return
    try:
        known = profile.load(os.environ).by_name
    except ConfigurationError as error:
        raise click.BadParameter(str(error), context, parameter) from None
    if name not in known:
        near = close_to(name, known) or f"; there are: {', '.join(known) or 'none'}"
        raise click.BadParameter(f"{profile.SHOWN} has no profile {name!r}{near}", context, parameter)
    if os.environ.get(KEY_ID):
        say(f"{KEY_ID} is set and overrides the keys of --profile {name}")
    before = os.environ.get(profile.VARIABLE)
    os.environ[profile.VARIABLE] = name
    context.call_on_close(
        lambda: os.environ.pop(profile.VARIABLE) if before is None else os.environ.__setitem__(profile.VARIABLE, before)
    )


def _with(command: Command, *options: Callable[[Command], Command]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
