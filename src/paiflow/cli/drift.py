"""The command `paiflow drift`: what recorded replies hold that the description lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import click

from paiflow.cli import options
from paiflow.cli.exit_codes import ExitCode
from paiflow.cli.words import say

if TYPE_CHECKING:
    from paiflow._description import Operation
    from paiflow.drift import Collection, Schemas
    from paiflow.drift.reports import Format

_SKIPPED_SHOWN: Final = 3


@click.command()
@options.examples(
    "paiflow drift recordings/traffic.har",
    "paiflow drift replies.jsonl --overlay > 900-drift.yaml",
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--description", metavar="FILE", help="An OpenAPI 3.1 description, instead of that of this client.")
@click.option("--operation", metavar="ID", help="What plain JSON replies answer, where their fields do not tell.")
@click.option("--status", type=click.IntRange(100, 599), metavar="N", help="The status of plain JSON replies.")
@click.option("--overlay", "as_overlay", is_flag=True, help="Print the overlay that makes the description true.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "junit"]),
    default="text",
    show_default=True,
    help="For people, or for machines.",
)
@click.pass_context
def drift(
    context: click.Context,
    files: tuple[str, ...],
    description: str | None,
    operation: str | None,
    status: int | None,
    as_overlay: bool,
    form: Format,
) -> None:
    """Report what recorded replies hold that the description lacks.

    FILE is a HAR file, a cassette of vcrpy, a Postman collection with examples, or a plain JSON reply, or several of them,
    one a line; a - reads stdin. The fields of a plain reply show which operation it answers, and with which status.
    Reported are fields that are not described, values outside the known ones, wrong kinds and missing fields.
    Other sites' replies, and those that cannot be read, are skipped, and counted by the reason.

    With --overlay, an OpenAPI overlay goes to stdout and the report to stderr. It was applied, and the replies judged again:
    saved in overlays/, it makes the report empty.

    Ends with 0 if there is no drift, 1 if there is, 2 if a file cannot be read, holds no reply to judge, or no overlay
    makes the description true.
    """
    from paiflow import drift as drifting  # noqa: PLC0415 - needs an extra, and no other command needs it

    judged_by = drifting.load(description)
    recorded = [one for file in files for one in drifting.read(file)]
    answered = _named(judged_by, operation)
    collection = drifting.Collection(judged_by)
    added = (collection.add(one if one.url else attrs.evolve(one, status=status), answered) for one in recorded)
    judged = [one for one in added if one is not None]
    if not judged:
        _tell_skipped(collection)
        raise click.UsageError("nothing to judge: no reply of an operation that is described")
    code = ExitCode.FAILED if collection.findings else ExitCode.SUCCEEDED
    click.echo(collection.report(form, code), nl=False, err=as_overlay)
    _tell_skipped(collection)
    say(collection.summary())
    if as_overlay and (text := drifting.overlay(judged_by, *zip(*judged, strict=True))) is not None:
        click.echo(text, nl=False)
    context.exit(code)


def _named(description: Schemas, name: str | None) -> Operation | None:
    """Return the operation of a name; None for none, so that the fields of a reply tell it."""
    if name is not None and name not in description.by_name:
        names = ", ".join(one.name for one in description.operations)
        raise click.UsageError(f"--operation {name} is not described; these are: {names}")
    return description.by_name.get(name or "")


def _tell_skipped(collection: Collection) -> None:
    """Say in one line how many replies were not judged, and of what sort they were."""
    from paiflow import drift as drifting  # noqa: PLC0415 - needs an extra

    if collection.skipped:
        # Other sites' replies last: they are many, and meant to be skipped.
        reasons = sorted(collection.skipped.most_common(), key=lambda one: one[0].endswith(drifting.NOT_DESCRIBED))
        sorts = [f"{why} ({count})" for why, count in reasons[:_SKIPPED_SHOWN]]
        more = len(collection.skipped) - len(sorts)
        others = f", and {more} more" if more else ""
        say(f"skipped {collection.skipped.total()}: {', '.join(sorts)}{others}")
