"""The commands `paiflow pipelines …`: list, get, create, update, delete."""

from __future__ import annotations

import json
from typing import Any

import click

from paiflow.cli import options
from paiflow.cli.acting import CONFIRMING, Verb, act, confirmed, show_plan
from paiflow.cli.connection import Connection
from paiflow.cli.files import manifest_of
from paiflow.cli.output import Output
from paiflow.cli.texts import FILLED
from paiflow.cli.words import say

_DELETE = Verb(
    word="delete",
    done="deleted",
    thing="pipeline",
    call=lambda client, id_: client.delete_pipeline(id_),
    asks=True,
)
_MANIFEST = (
    click.argument("file", type=FILLED, metavar="FILE"),
    click.option("--no-check", is_flag=True, help="Send the manifest as it is, without checking it first."),
)


@click.group()
@options.examples(
    "paiflow pipelines list --provider pai",
    "paiflow pipelines get pipeline-hynm2bv8wqhp5esfxq > flow.yaml",
)
def pipelines() -> None:
    """List, show, create, update and delete pipelines."""


@pipelines.command("list")
@options.examples(
    "paiflow pipelines list",
    "paiflow pipelines list --identifier Sql --fuzzy -o json",
)
@click.option("--identifier", type=FILLED, metavar="TEXT", help="Pipelines with this identifier.")
@click.option(
    "--provider", type=FILLED, metavar="ID", help="Pipelines of this provider: pai for PAI's own, else an account's id."
)
@click.option("--version", type=FILLED, metavar="TEXT", help="Pipelines of this version.")
@click.option("--fuzzy", is_flag=True, default=None, help="Parts of these texts are enough.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="At most so many.")
@options.connection()
@options.output()
def list_(
    identifier: str | None,
    provider: str | None,
    version: str | None,
    fuzzy: bool | None,
    limit: int | None,
    connection: Connection,
    output: Output,
) -> None:
    """List pipelines."""
    from paiflow.cli import views  # noqa: PLC0415 - --help needs none of it

    with connection.client() as client:
        found = client.iter_pipelines(
            pipeline_identifier=identifier,
            pipeline_provider=provider,
            pipeline_version=version,
            fuzzy_matching=fuzzy,
            limit=limit,
        )
        if not output.write(views.PIPELINES, found) and not output.machine:
            say("no pipelines")


@pipelines.command("get")
@options.examples(
    "paiflow pipelines get pipeline-hynm2bv8wqhp5esfxq > flow.yaml",
    "paiflow pipelines get pipeline-hynm2bv8wqhp5esfxq -o wide",
)
@click.argument("pipeline", type=FILLED, metavar="PIPELINE")
@options.connection(workspace=False)
@options.output(("yaml", "json", "table", "wide", "name"))
def get(pipeline: str, connection: Connection, output: Output) -> None:
    """Show a pipeline: its manifest, or with -o table or json what else is known of it."""
    from paiflow.cli import views  # noqa: PLC0415 - --help needs none of it

    with connection.client() as client:
        found = client.get_pipeline(pipeline)
    match output.form:
        case "yaml":
            click.echo(_yaml(found.manifest or "").rstrip("\n"))
        case "json":
            output.json(views.PIPELINES.wire(found))
        case _:
            output.write(views.PIPELINES, [found])


@pipelines.command("create")
@options.examples(
    "paiflow pipelines create flow.yaml --workspace 948",
    "paiflow pipelines create - --workspace 948 < flow.yaml",
)
@options.with_(*_MANIFEST)
@options.connection()
@options.output(("name", "json"))
def create(file: str, no_check: bool, connection: Connection, output: Output) -> None:
    """Create a pipeline of the manifest in FILE (YAML or JSON; - reads stdin), and print its id."""
    manifest = manifest_of(file, check=not no_check)
    with connection.client(in_workspace=True) as client:
        made = client.create_pipeline(manifest=manifest)
    if output.form == "json":
        output.json({"PipelineId": made.pipeline_id})
    else:
        click.echo(made.pipeline_id)


@pipelines.command("update")
@options.examples(
    "paiflow pipelines update pipeline-hynm2bv8wqhp5esfxq flow.yaml",
    "paiflow pipelines update pipeline-hynm2bv8wqhp5esfxq - < flow.yaml",
)
@click.argument("pipeline", type=FILLED, metavar="PIPELINE")
@options.with_(*_MANIFEST)
@options.connection(workspace=False)
def update(pipeline: str, file: str, no_check: bool, connection: Connection) -> None:
    """Give a pipeline the manifest in FILE (YAML or JSON; - reads stdin).

    Identifier, provider and version stay as they are: the service refuses others.
    """
    manifest = manifest_of(file, check=not no_check)
    with connection.client() as client:
        client.update_pipeline(pipeline, manifest=manifest)
    click.echo(f"{pipeline} updated")


@pipelines.command("delete")
@options.examples(
    "paiflow pipelines delete pipeline-hynm2bv8wqhp5esfxq --yes",
    "paiflow pipelines delete pipeline-hynm2bv8wqhp5esfxq --dry-run",
)
@click.argument("pipelines_", type=FILLED, metavar="PIPELINE...", nargs=-1, required=True)
@options.with_(*CONFIRMING)
@options.connection(workspace=False)
@options.output()
@click.pass_context
def delete(
    context: click.Context,
    pipelines_: tuple[str, ...],
    yes: bool,
    dry_run: bool,
    connection: Connection,
    output: Output,
) -> None:
    """Delete pipelines.

    Ends with 0 if all were deleted, 9 if only some were, else with the code of the first error.
    """
    named = list(dict.fromkeys(pipelines_))
    if dry_run:
        show_plan(_DELETE, named, output)
        return
    if not confirmed(_DELETE, len(named), yes=yes):
        say("nothing was done")
        return
    with connection.client() as client:
        context.exit(act(client, _DELETE, named, output))


def _yaml(manifest: str) -> str:
    """Return a manifest as YAML: what is YAML as it is, JSON rewritten."""
    try:
        value: Any = json.loads(manifest)
    except ValueError:
        return manifest
    if not isinstance(value, dict):
        return manifest
    import yaml  # noqa: PLC0415 - for this only

    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False)
