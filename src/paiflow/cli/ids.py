"""Read the ids that the command is asked about, from its arguments or from stdin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from paiflow import NodeRef

STDIN = "-"


def run_ids(arguments: Iterable[str]) -> list[str]:
    """Return the ids of runs; a `-` stands for the lines of stdin."""
    return list(_expanded(arguments))


def node_refs(arguments: Iterable[str]) -> list[NodeRef]:
    """Return the nodes that RUN/NODE names; a `-` stands for the lines of stdin.

    Raises:
        click.UsageError: one is not of that form.
    """
    return [_node_ref(argument) for argument in _expanded(arguments)]


def _expanded(arguments: Iterable[str]) -> Iterator[str]:
    for argument in arguments:
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
