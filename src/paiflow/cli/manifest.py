"""The command `paiflow manifest check`."""

from __future__ import annotations

from typing import Any

import click

from paiflow._text import visible
from paiflow.cli import options
from paiflow.cli.exit_codes import ExitCode
from paiflow.cli.files import text_of
from paiflow.cli.output import Output
from paiflow.cli.texts import FILLED
from paiflow.cli.words import say


@click.group()
@options.examples(
    "paiflow manifest check flow.yaml train.yaml",
    "paiflow pipelines get pipeline-hynm2bv8wqhp5esfxq | paiflow manifest check -",
)
def manifest() -> None:
    """Check manifests before they are sent.

    A manifest is the definition of a pipeline, in YAML or JSON:
    https://www.alibabacloud.com/help/en/pai/developer-reference/pipeline-manifest
    """


@manifest.command()
@options.examples(
    "paiflow manifest check flow.yaml",
    "paiflow manifest check flow.yaml -o json",
)
@click.argument("files", type=FILLED, metavar="FILE...", nargs=-1, required=True)
@options.output(("table", "json", "jsonl"))
@click.pass_context
def check(context: click.Context, files: tuple[str, ...], output: Output) -> None:
    """Report what is certainly wrong with manifests, with line and column; a - reads stdin.

    That is: YAML that cannot be read, names that are missing or there twice, references that lead nowhere, circles of nodes,
    a value beside a reference. Fields that are not documented pass. Nothing is sent.

    Ends with 0 if nothing is wrong, 1 if something is, 2 if a file cannot be read.
    """
    from paiflow.manifests import check_manifest  # noqa: PLC0415 - --help needs none of it

    found: list[dict[str, Any]] = []
    unread = False
    for file in dict.fromkeys(files):
        shown = "stdin" if file == "-" else file
        try:
            problems = check_manifest(text_of(file))
        except click.UsageError as error:
            say(error.message)
            unread = True
            continue
        for one in problems:
            found.append(
                {"File": shown, "Line": one.line, "Column": one.column, "Path": one.path, "Message": one.message}
            )
            if output.form == "jsonl":
                output.json_line({"Kind": "Problem", **found[-1]})
            elif output.form == "table":
                click.echo(f"{visible(shown)}:{one}")
    if output.form == "json":
        output.json({"Problems": found})
    context.exit(ExitCode.USAGE if unread else ExitCode.FAILED if found else ExitCode.SUCCEEDED)
