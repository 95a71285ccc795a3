"""The commands `paiflow call OPERATION`: one for each operation of the description, made from its data.

A parameter is an option by its name on the wire, and by the same name in small letters: --PageSize and --page-size.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

import click

from paiflow._text import close_to
from paiflow.cli import options
from paiflow.cli.connection import Connection
from paiflow.cli.files import text_of
from paiflow.cli.output import Output
from paiflow_api.calling import Operation, Parameter
from paiflow_api.operations import OPERATIONS

if TYPE_CHECKING:
    from paiflow._description import Description

_LISTS: Final = frozenset({"texts", "comma-list"})
_JSON: Final = frozenset({"object", "objects", "json"})
SAMPLES: Final = ("python", "async", "vendor", "curl", "proxy")  # those of paiflow.samples, which need not be loaded


class Calls(click.Group):
    """A command for each operation."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click names it
        """Return the operationIds."""
        return list(OPERATIONS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """Return the command of an operation, which is named as on the wire or as the client's method."""
        folded = {_folded(name): operation for name, operation in OPERATIONS.items()}
        operation = folded.get(_folded(cmd_name))
        return None if operation is None else _command(operation)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command of the operation that the arguments name.

        Raises:
            click.UsageError: there is none of that name.
        """
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            raise click.UsageError(f"there is no operation {name!r:.80}{close_to(name, OPERATIONS)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        """Write each operation and what it does."""
        with formatter.section("Operations"):
            formatter.write_dl([(operation.name, operation.summary) for operation in OPERATIONS.values()])


@click.group(cls=Calls)
@options.examples(
    "paiflow call GetPipelineRun --help",
    "paiflow call ListPipelineRuns --Status Failed --PageSize 5 --query 'PipelineRuns[].Message'",
)
def call() -> None:
    """Call any operation of the service, and print its reply as JSON."""


class _Call(click.Command):
    """A command whose help comes from the description, which is read for --help only."""

    operation: Operation[Any]

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help, with the words of the description."""
        words = _words(self.operation)
        for parameter in self.params:
            if isinstance(parameter, click.Option) and parameter.name in words:
                parameter.help = " ".join(filter(None, (words[parameter.name], parameter.help)))
        super().format_help(ctx, formatter)


def _command(operation: Operation[Any]) -> click.Command:
    """Return the command that calls an operation."""
    lines = [f"{operation.summary}."]
    if not operation.repeatable:
        lines.append("It is sent once, unless the service certainly did not act on it.")
    lines += [
        f"\b\nRAM action: {operation.ram_action or 'not documented'}\n{operation.link}",
    ]
    made: Any = lambda **given: _send(operation, **given)  # noqa: E731 - decorators wrap it
    made.__doc__ = "\n\n".join(lines)
    body = click.option("--body", metavar="JSON|@FILE", help="The request's body, or the part that no option gives.")
    show = click.option("--show", type=click.Choice(SAMPLES), help="Send nothing; print the code that makes this call.")
    parts = [*[_option(parameter) for parameter in operation.parameters], show]
    if any(parameter.place == "body" for parameter in operation.parameters):
        parts.append(body)
    decorators = (options.output(("json", "jsonl")), options.connection(workspace=False), *reversed(parts))
    for decorate in (*decorators, options.examples(*_examples(operation)), click.command(operation.name, cls=_Call)):
        made = decorate(made)
    made.operation = operation
    return cast("click.Command", made)


def _option(parameter: Parameter) -> Any:
    """Return the option of a parameter."""
    settings: dict[str, Any] = {"multiple": parameter.kind in _LISTS, "required": False}
    match parameter.kind:
        case "boolean":
            settings["type"] = bool
        case "integer":
            settings["type"] = int
        case "number":
            settings["type"] = float
        case kind if kind in _JSON:
            settings |= {"metavar": "JSON|@FILE", "callback": _json}
        case "texts" | "comma-list":
            settings |= {"metavar": "TEXT", "help": "May be repeated."}
        case _:
            settings |= {"metavar": "|".join(map(str, parameter.values)) or "TEXT|@FILE", "callback": _text}
    if parameter.required and parameter.default is None:
        settings["help"] = " ".join(filter(None, (settings.get("help"), "[required]")))
    names = dict.fromkeys((f"--{parameter.name}", f"--{parameter.argument.strip('_').replace('_', '-')}"))
    return click.option(*names, parameter.argument, **settings)


def _send(
    operation: Operation[Any],
    connection: Connection,
    output: Output,
    show: str | None,
    body: str | None = None,
    **given: Any,
) -> None:
    arguments = {name: value for name, value in given.items() if value is not None and value != ()}
    if body is not None:
        arguments = {**_body(operation, body), **arguments}
    with connection.client() as client:
        if show is not None:
            from paiflow.samples import Site, sample  # noqa: PLC0415 - for --show only

            site = Site(client.endpoint_of, client.credentials, {"workspace_id": client.workspace_id})
            click.echo(sample(show, operation, arguments, site), nl=False)
            return
        reply = client.call(operation, **arguments).parsed
    from paiflow.cli.report import printed  # noqa: PLC0415 - --help needs none of it

    (output.json if output.form == "json" else output.json_line)(printed(reply))


def _body(operation: Operation[Any], text: str) -> dict[str, Any]:
    """Return the arguments that a body gives.

    Raises:
        click.UsageError: it is no JSON object, or has a field that the operation does not take.
    """
    value = _parsed(text, "--body")
    if not isinstance(value, dict):
        raise click.UsageError("--body takes a JSON object")
    arguments = {parameter.name: parameter.argument for parameter in operation.parameters if parameter.place == "body"}
    for name in value:
        if name not in arguments:
            raise click.UsageError(f"--body: {operation.name} takes no {name!r:.60}{close_to(name, arguments)}")
    return {arguments[name]: inner for name, inner in value.items()}


def _text(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    del context, parameter
    return text_of(value[1:]) if value is not None and value.startswith("@") else value


def _json(context: click.Context, parameter: click.Parameter, value: str | None) -> Any:
    del context
    return None if value is None else _parsed(value, parameter.opts[0])


def _parsed(text: str, option: str) -> Any:
    try:
        return json.loads(text_of(text[1:]) if text.startswith("@") else text)
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"{option} is not JSON: {error}") from None


def _folded(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _examples(operation: Operation[Any]) -> list[str]:
    """Return two commands that call the operation."""
    needed = [
        f"--{parameter.name} {_sample(parameter)}"
        for parameter in operation.parameters
        if parameter.required or parameter.name in operation.any_of[:1] or parameter.name in operation.one_of[:1]
    ]
    plain = " ".join(["paiflow call", operation.name, *needed])
    return [plain, f"{plain} --query RequestId"]


_SAMPLES: Final[Mapping[str, str]] = {
    "PipelineRunId": "flow-hynm2bv8wqhp5esfxq",
    "NodeId": "node-hynm2bv8wqhp5esfx1",
    "PipelineId": "pipeline-hynm2bv8wqhp5esfxq",
    "WorkspaceId": "948",
    "PipelineRuns": "flow-hynm2bv8wqhp5esfxq",
    "Manifest": "@flow.yaml",
}


def _sample(parameter: Parameter) -> str:
    if parameter.name in _SAMPLES:
        return _SAMPLES[parameter.name]
    return {"integer": "1", "boolean": "true"}.get(parameter.kind, "demo")


def _words(operation: Operation[Any]) -> dict[str, str]:
    """Return what the description says of each parameter, by its argument."""
    from paiflow._description import Description, effective_text  # noqa: PLC0415 - for --help only
    from paiflow._yaml import load  # noqa: PLC0415 - as above

    description = Description(load(effective_text()))
    described = description.by_name[operation.name]
    found = [description.resolved(one)[0] for one in described.parameters]
    words = {one["name"]: one.get("description", "") for one in found}
    words |= _of_body(description, described.node.get("requestBody"))
    return {
        parameter.argument: " ".join(str(words[parameter.name]).split())
        for parameter in operation.parameters
        if words.get(parameter.name)
    }


def _of_body(description: Description, body: Any) -> dict[str, str]:
    if body is None:
        return {}
    schema = description.resolved(body)[0]["content"]["application/json"]["schema"]
    properties = description.resolved(schema)[0].get("properties", {})
    return {name: description.resolved(one)[0].get("description", "") for name, one in properties.items()}
