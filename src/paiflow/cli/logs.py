"""The command `paiflow logs`: the logs of a run's nodes."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

import click

from paiflow._text import visible
from paiflow.cli import exit_codes, options, selection
from paiflow.cli.connection import Connection
from paiflow.cli.exit_codes import ExitCode
from paiflow.cli.output import Output
from paiflow.cli.pipes import while_read
from paiflow.cli.words import say, shown_line

if TYPE_CHECKING:
    from paiflow.status.tree import TreeNode

# As stern has them: none is taken for an error.
_COLOURS: Final = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green", "bright_magenta")


@click.command()
@options.examples(
    "paiflow logs flow-evaluate",
    "paiflow logs flow-evaluate score --tail 20 --follow",
)
@options.run_and_node
@click.option("-f", "--follow", is_flag=True, help="Go on until the run, or the node, has ended.")
@click.option("--tail", type=click.IntRange(0), metavar="N", help="Of each node the last N lines.")
@click.option(
    "--since", metavar="TIME", callback=selection.moment, help="Lines not before: 1d, 90m, 2026-11-28, or a time."
)
@click.option("--grep", metavar="WORD", help="Lines that contain this text. The service looks for it.")
@options.connection(workspace=False)
@options.output(("text", "jsonl"))
@click.pass_context
def logs(
    context: click.Context,
    run_id: str,
    node: str | None,
    follow: bool,
    tail: int | None,
    since: datetime | None,
    grep: str | None,
    connection: Connection,
    output: Output,
) -> None:
    """Show the logs of a run's nodes, and follow them.

    NODE is the id or the name of a node; of one that holds others the logs of those are shown. The name of its node stands
    in front of each line, unless there is one node only. With --follow nodes join as they start; throttling and faults
    on the way are waited out. A log may hold secrets of its program: they are shown.

    Ends with 0, 4 if there is no such run or node, 8 if the log of a node cannot be read.
    """
    from paiflow.cli.trees import Nodes  # noqa: PLC0415 - --help needs none of it
    from paiflow.client.run_logs import NoLog, Wanted, follow_lines, run_lines  # noqa: PLC0415 - as above
    from paiflow.steps import Iteration  # noqa: PLC0415 - as above

    printer = _Printer(output)

    def pick(nodes: Sequence[TreeNode]) -> Sequence[TreeNode]:
        picked = nodes if node is None else Nodes(run_id, nodes).below(node).all
        printer.about(picked, alone=node is not None)
        return picked

    filters = {"from_time_in_seconds": None if since is None else int(since.timestamp()), "keyword": grep}
    wanted = Wanted(run_id=run_id, pick=pick, filters=filters, tail=tail)
    code: int = ExitCode.SUCCEEDED
    with connection.client() as client:
        steps = follow_lines(wanted, refreshes=client.refreshes) if follow else run_lines(wanted)
        for line in Iteration(steps, client.ask, while_read(client.time.sleep)):
            if isinstance(line, NoLog):
                code = exit_codes.of_error(line.error)
                say(f"{line.node.name} ({line.node.id}): {line.error}")
            else:
                printer.write(line.node, line.line)
    context.exit(code)


class _Printer:
    """Writes lines to stdout, at once."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._coloured = _coloured()
        self._colours: dict[str, str] = {}
        self._names: Counter[str] = Counter()
        self._alone = False

    def about(self, nodes: Sequence[TreeNode], *, alone: bool) -> None:
        """Take note of the nodes there are; `alone` if one of them was asked for by its name."""
        self._names = Counter(node.name for node in nodes)
        self._alone = alone and bool(nodes) and nodes[0].is_leaf

    def write(self, node: TreeNode, line: str) -> None:
        """Write a line of a node's log. One that holds line breaks becomes several."""
        if self._output.form != "text":
            self._output.json_line({"Kind": "LogLine", "NodeId": node.id, "NodeName": node.name, "Line": line})
            return
        prefix = "" if self._alone else self._prefix(node)
        for part in re.split("\r\n|\r|\n", line.rstrip("\r\n")):
            click.echo(prefix + shown_line(part))

    def _prefix(self, node: TreeNode) -> str:
        name = visible(f"{node.name} ({node.id})" if self._names[node.name] > 1 else node.name)
        if not self._coloured:
            return f"{name} | "
        colour = self._colours.setdefault(node.id, _COLOURS[len(self._colours) % len(_COLOURS)])
        return click.style(f"{name} | ", fg=colour)


def _coloured() -> bool:
    """Return whether stdout shows colours."""
    if sys.stdout is None or not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return False
    from paiflow.cli.tables import on_terminal  # noqa: PLC0415 - costly to load, and for terminals only

    return on_terminal(sys.stdout)
