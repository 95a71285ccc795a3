"""The command `paiflow get`: a run with its tree of nodes, and why it failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from paiflow.cli import exit_codes, options
from paiflow.cli.connection import Connection
from paiflow.cli.output import Output
from paiflow.cli.words import say
from paiflow.errors import PaiFlowError

if TYPE_CHECKING:
    from paiflow import GetPipelineRunResponse
    from paiflow.cli.trees import Nodes
    from paiflow.status.tree import TreeNode


@click.command()
@options.examples(
    "paiflow get flow-evaluate",
    "paiflow get flow-evaluate score -o json",
)
@options.run_and_node
@options.connection(workspace=False)
@options.output()
@click.pass_context
def get(context: click.Context, run_id: str, node: str | None, connection: Connection, output: Output) -> None:
    """Show a run with its nodes, and why it failed.

    NODE is the id or the name of a node: then it and the nodes in it are shown. The name of each node is joined to that of
    the node that holds it. With -o name each node is RUN/NODE, as `paiflow wait --node -` takes it.

    Ends with 0, also if the run has failed; 4 if there is no such run or node.
    """
    from paiflow.cli import trees  # noqa: PLC0415 - --help needs none of it

    with connection.client() as client:
        run = client.get_pipeline_run(run_id)
        error: PaiFlowError | None = None
        try:
            nodes = trees.nodes_of(client, run_id, run.node_id)
            if node is not None:
                nodes = nodes.below(node)
        except PaiFlowError as raised:
            if node is not None:
                raise
            error, nodes = raised, trees.Nodes(run_id, [])  # what is known of the run is shown all the same
    _write(run, nodes, node, output)
    if error is not None:
        say(str(error))
        context.exit(exit_codes.of_error(error))


def _write(run: GetPipelineRunResponse, nodes: Nodes, node: str | None, output: Output) -> None:
    from paiflow.cli import tables, views  # noqa: PLC0415 - --help needs none of it

    match output.form:
        case "json" if node is None:
            output.json({"PipelineRun": views.RUNS.wire(run), "Nodes": [views.NODES.wire(one) for one in nodes.all]})
        case "jsonl" if node is None:
            output.json_line({"Kind": views.RUNS.kind, **views.RUNS.wire(run)})
            output.write(views.NODES, nodes.all)
        case "json" | "jsonl":
            output.write(views.NODES, nodes.all)
        case "name":
            for one in nodes.all:
                click.echo(f"{nodes.run_id}/{one.id}")
        case _:
            facts = _of_run(run, nodes) if node is None else _of_node(nodes.all[0], nodes)
            shown = [(name, tables.cell(value, utc=output.utc, now=output.moment())) for name, value in facts]
            tables.write_facts([(name, value) for name, value in shown if value.plain != "-"])
            if len(nodes.all) > 1:
                click.echo()
                output.tables((views.NODES, nodes.all))
            if failed := nodes.failed():
                say(f"for the end of its log: paiflow logs {nodes.run_id} {failed[0].id} --tail 20")


def _of_run(run: GetPipelineRunResponse, nodes: Nodes) -> list[tuple[str, Any]]:
    from paiflow.cli import views  # noqa: PLC0415 - --help needs none of it

    return [
        ("Status", views.status(run)),
        *(
            ("Message" if number == 0 else "", line)
            for number, line in enumerate((run.message or "").strip().splitlines())
        ),
        *_reasons(nodes.failed()),
        ("Run", run.pipeline_run_id or nodes.run_id),
        ("Name", run.name),
        ("Duration", views.duration(run)),
        ("Created", run.gmt_create_time),
        ("Started", run.started_at),
        ("Finished", run.finished_at),
        ("Pipeline", run.pipeline_id),
        ("Workspace", run.workspace_id),
        ("User", run.user_id),
        ("Source", " ".join(filter(None, (run.source_type, run.source_id))) or None),
        ("Console", run.pipeline_run_uri),
    ]


def _of_node(node: TreeNode, nodes: Nodes) -> list[tuple[str, Any]]:
    from paiflow.cli.tables import Span, Styled  # noqa: PLC0415 - --help needs none of it

    pipeline = filter(None, (node.metadata.provider, node.metadata.identifier, node.metadata.version))
    return [
        ("Status", Styled(node.state.status or "-", node.outcome)),
        *_reasons(nodes.failed()),
        ("Node", node.id),
        ("Name", node.name),
        ("Run", nodes.run_id),
        ("Type", node.metadata.node_type),
        ("Duration", Span(node.state.started_at, node.state.finished_at)),
        ("Started", node.state.started_at),
        ("Finished", node.state.finished_at),
        ("Progress", node.state.progress),
        ("Pipeline", "/".join(pipeline) or None),
        ("After", ", ".join(node.spec.dependencies) or None),
        ("When", node.spec.when),
        *_parts("Input", node.spec.inputs),
        *_parts("Output", node.spec.outputs),
    ]


def _reasons(failed: Sequence[TreeNode]) -> list[tuple[str, Any]]:
    """Return a line for each node that failed, with its message if it has one."""
    return [("Failed", f"{one.name} ({one.id}){f': {one.message}' if one.message else ''}") for one in failed]


def _parts(name: str, parts: Any) -> list[tuple[str, Any]]:
    if parts is None:
        return []
    return [(name, f"{one.name}={one.value}") for one in (*parts.parameters, *parts.artifacts) if one.value is not None]
