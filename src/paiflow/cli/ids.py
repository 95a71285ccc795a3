"""Read the ids that the command is asked about, from its arguments or from stdin."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence

import attrs
import click

from paiflow import NodeRef

STDIN = "-"


@attrs.frozen
class Wanted:
    """What a command is asked about: each id once, at least one in all."""

    runs: list[str]
    nodes: list[NodeRef]

    def __len__(self) -> int:
        return len(self.runs) + len(self.nodes)


def wanted(context: click.Context, runs: Sequence[str], nodes: Sequence[str]) -> Wanted:
    """Return what RUN and --node RUN/NODE name; a `-` among them stands for the lines of stdin.

    Raises:
        click.UsageError: there is none, a node is not of that form, or stdin is to give both kinds.
    """
    if STDIN in runs and STDIN in nodes:
        raise click.UsageError("stdin gives the ids of runs or of nodes, not both: give - once", context)
    found = Wanted(list(dict.fromkeys(_expanded(runs))), list(dict.fromkeys(map(_node_ref, _expanded(nodes)))))
    if not found:
        raise click.UsageError("no ids: give RUN, --node RUN/NODE, or - to read them from stdin", context)
    return found


def _expanded(arguments: Iterable[str]) -> Iterator[str]:
    for argument in dict.fromkeys(arguments):
        if argument == STDIN and sys.stdin is None:
            raise click.UsageError("stdin is closed: - has nothing to read")
        if argument == STDIN:
            with click.open_file(STDIN, encoding="utf-8-sig", errors="replace") as lines:
                yield from filter(None, (line.strip() for line in lines))
        else:
            yield argument


def _node_ref(text: str) -> NodeRef:
    run, slash, node = text.partition("/")
    if not (run and slash and node):
        raise click.UsageError(f"--node takes RUN/NODE, the ids of a run and of a node of it, not {text!r}")
    return NodeRef(run, node)
