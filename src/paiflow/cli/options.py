"""Options and arguments that commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

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
        click.option("--region", metavar="REGION", help="Such as cn-hangzhou; else ALIBABA_CLOUD_REGION_ID."),
        click.option(
            "--request-timeout",
            type=click.FloatRange(min=0, min_open=True),
            metavar="SECONDS",
            help="Seconds for each phase of a request; 5 to connect and 10 to receive by default.",
        ),
    )


def connection(endpoint: str | None, region: str | None, request_timeout: float | None) -> dict[str, Any]:
    """Return the arguments of a client that these options mean."""
    given = {"endpoint": endpoint, "region": region, "timeout": request_timeout}
    return {name: value for name, value in given.items() if value is not None}


def _with(command: Command, *options: Callable[[Command], Command]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
