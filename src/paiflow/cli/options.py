"""Options and arguments that commands share."""

from __future__ import annotations

import functools
import inspect
import logging
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar, cast

import click
from click.shell_completion import CompletionItem

from paiflow.cli.connection import Connection
from paiflow.cli.output import Form, Output
from paiflow.cli.texts import FILLED
from paiflow.cli.words import say

Command = TypeVar("Command", bound=Callable[..., object])

FORMS: Final[tuple[Form, ...]] = ("table", "wide", "json", "jsonl", "name")


def examples(*lines: str) -> Callable[[Command], Command]:
    """Give a command's help examples. They are run in the tests."""

    def decorate(command: Command) -> Command:
        text = "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])
        command.__doc__ = "\n\n".join(filter(None, (inspect.cleandoc(command.__doc__ or ""), text)))
        return command

    return decorate


def newest(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the ids of the newest runs that begin so, for a shell."""
    from paiflow.cli import completing  # noqa: PLC0415 - for a shell's completion only

    return completing.runs(context, parameter, incomplete)


def run_and_node(command: Command) -> Command:
    """Give a command the ids of a run and, perhaps, of a node of it: `run_id` and `node`. RUN/NODE gives both."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, run_id: str, node: str | None, **others: Any) -> Any:
        run_id, slash, inner = run_id.partition("/")
        if slash and (node is not None or not (run_id and inner)):
            raise click.UsageError("give RUN, RUN NODE or RUN/NODE", click.get_current_context())
        return command(*arguments, run_id=run_id, node=inner or node, **others)

    return _with(
        cast("Command", wrapped),
        click.argument("run_id", metavar="RUN", type=FILLED, shell_complete=newest),
        click.argument("node", metavar="[NODE]", type=FILLED, required=False),
    )


run_ids: Final = click.argument("runs", metavar="[RUN]...", nargs=-1, shell_complete=newest)


def ids(command: Command) -> Command:
    """Give a command the ids that it is about: `runs` and `nodes`, to be read by `ids.wanted`."""
    return _with(
        command,
        run_ids,
        click.option("--node", "nodes", metavar="RUN/NODE", multiple=True, help="A node; may be repeated."),
    )


def connection(*, workspace: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options of the service; it receives a Connection as `connection`.

    Args:
        workspace: whether it looks in a workspace.
    """
    given = [
        *(
            [
                click.option(
                    "--workspace",
                    type=FILLED,
                    metavar="ID|NAME",
                    help="Look in this workspace; else the profile's, else all.",
                )
            ]
            if workspace
            else []
        ),
        click.option("--endpoint", type=FILLED, metavar="URL", help="Instead of the region's; else PAIFLOW_ENDPOINT."),
        click.option(
            "--region",
            type=FILLED,
            metavar="REGION",
            help="Such as cn-hangzhou; else ALIBABA_CLOUD_REGION_ID, else the profile's.",
        ),
        click.option(
            "--profile",
            type=FILLED,
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
        click.option(
            "--debug",
            is_flag=True,
            callback=_debug,
            expose_value=False,
            help="Show each request and reply on stderr, without secrets.",
        ),
    ]

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def wrapped(
            *arguments: Any,
            endpoint: str | None,
            region: str | None,
            request_timeout: float | None,
            workspace: str | None = None,
            **others: Any,
        ) -> Any:
            return command(*arguments, connection=Connection(endpoint, region, request_timeout, workspace), **others)

        return _with(wrapped, *given)

    return decorate


def output(forms: Sequence[Form] = FORMS) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options that say how to print; it receives an Output as `output`.

    Args:
        forms: those that it can print.
    """
    given = [
        click.option(
            "-o",
            "--output",
            "--format",
            "form",
            type=click.Choice(forms),
            default=forms[0],
            show_default=True,
            help="How to print: for people, as JSON, or ids alone.",
        ),
        *(
            [click.option("-q", "--quiet", is_flag=True, help="Print ids alone, as -o name.")]
            if "name" in forms
            else []
        ),
        click.option(
            "--query", metavar="JMESPATH", callback=_query, help="Print what this expression finds in the JSON."
        ),
    ]
    if "table" in forms:
        given += [
            click.option("--no-headers", is_flag=True, help="Print tables without headings."),
            click.option("--utc", is_flag=True, help="Show times in UTC instead of your own zone."),
        ]

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def wrapped(
            *arguments: Any,
            form: Form,
            query: str | None,
            no_headers: bool = False,
            utc: bool = False,
            quiet: bool = False,
            **others: Any,
        ) -> Any:
            if quiet and form not in ("name", forms[0]):
                raise click.UsageError(f"-q prints ids alone: leave out -o {form}", click.get_current_context())
            if query is not None and (quiet or form == "name" != forms[0]):
                message = "--query picks from JSON, -q and -o name print ids alone: give one of them"
                raise click.UsageError(message, click.get_current_context())
            form = "name" if quiet else "json" if query is not None and form != "jsonl" else form
            made = Output(form=form, headers=not no_headers, query=query, utc=utc)
            return command(*arguments, output=made, **others)

        return _with(wrapped, *given)

    return decorate


def _debug(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    """Write what the client logs to stderr until the command ends."""
    del parameter
    if not wanted:
        return
    from paiflow.client.clients import TRACE  # noqa: PLC0415 - for this option only

    logger, handler = logging.getLogger("paiflow"), logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("paiflow: %(asctime)s %(message)s"))
    before = logger.level
    logger.setLevel(TRACE)
    logger.addHandler(handler)

    def restore() -> None:
        logger.removeHandler(handler)
        logger.setLevel(before)

    context.call_on_close(restore)


def _query(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None:
        import jmespath  # noqa: PLC0415 - for this option only

        try:
            jmespath.compile(value)
        except jmespath.exceptions.JMESPathError as error:
            reason = " ".join(str(error).split())
            raise click.BadParameter(f"not a JMESPath expression: {reason:.200}", context, parameter) from None
    return value


def _use_profile(context: click.Context, parameter: click.Parameter, name: str | None) -> None:
    """Go by a profile until the command ends, as the vendor's package does by its variable.

    Raises:
        click.BadParameter: there is no such profile.
    """
    if name is None:
        return
    from paiflow._text import close_to  # noqa: PLC0415 - for this option only
    from paiflow.client import profile  # noqa: PLC0415 - as above
    from paiflow.credentials import KEY_ID  # noqa: PLC0415 - as above
    from paiflow.errors import ConfigurationError  # noqa: PLC0415 - as above

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


def with_(*given: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Give a command these options, in this order."""
    return lambda command: _with(command, *given)


def _with(command: Command, *options: Callable[[Command], Command]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
