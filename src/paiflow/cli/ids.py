"""Read the ids that the command is asked about, from its arguments or from stdin."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import attrs
import click

from paiflow import NodeRef
from paiflow.cli.words import say
from paiflow.status.ids import NODE, RUN, flaw, odd_character, unusual

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
        click.UsageError: there is none, one cannot be an id, a node is not of that form, or stdin is to give both kinds.
    """
    if STDIN in runs and STDIN in nodes:
        raise click.UsageError("stdin gives the ids of runs or of nodes, not both: give - once", context)
    found = Wanted(
        list(dict.fromkeys([_run(*given) for given in _expanded(runs)])),
        list(dict.fromkeys([_node(*given) for given in _expanded(nodes)])),
    )
    if not found:
        raise click.UsageError("no ids: give RUN, --node RUN/NODE, or - to read them from stdin", context)
    _hint(found)
    return found


def _expanded(arguments: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each id, and where on stdin it stands."""
    for argument in dict.fromkeys(arguments):
        if argument == STDIN and sys.stdin is None:
            raise click.UsageError("stdin is closed: - has nothing to read")
        if argument == STDIN:
            with click.open_file(STDIN, "rb") as stream:
                yield from _lines(stream.read())
        else:
            yield argument, ""


def _lines(content: bytes) -> Iterator[tuple[str, str]]:
    """Yield the lines that are neither empty nor a comment, without what stands around them.

    PowerShell writes UTF-16, and a byte order mark at the begin of each file.
    """
    text = content.decode(json.detect_encoding(content), errors="replace")
    for number, line in enumerate(re.split("\r\n|\r|\n", text), 1):
        id_ = line.strip().strip("\ufeff").strip()
        if id_ and not id_.startswith("#"):
            yield id_, f"stdin, line {number}: "


def _run(text: str, where: str) -> str:
    return _checked(text, text, where, "a node is given by --node RUN/NODE")


def _node(text: str, where: str) -> NodeRef:
    run, slash, node = text.partition("/")
    if not (run and slash and node):
        raise click.UsageError(f"{where}--node takes RUN/NODE, the ids of a run and of a node of it, not {text!r:.80}")
    for id_ in (run, node):
        _checked(id_, text, where, "a node is RUN/NODE")
    return NodeRef(run, node)


def _checked(id_: str, given: str, where: str, about_slash: str) -> str:
    if not id_:
        raise click.UsageError("an id is empty: is a variable not set?")
    if what := flaw(id_):
        advice = about_slash if what == "a slash" else "give each id by itself"
        raise click.UsageError(f"{where}{given!r:.80} cannot be an id, for it holds {what}: {advice}")
    return id_


def _hint(found: Wanted) -> None:
    """Say which ids do not look like what they are asked for as; they may be ids all the same."""
    runs = [id_ for id_ in (*found.runs, *(node.pipeline_run_id for node in found.nodes)) if unusual(id_, RUN)]
    nodes = [node.node_id for node in found.nodes if unusual(node.node_id, NODE)]
    odd = [id_ for id_ in dict.fromkeys([*found.runs, *chain(*found.nodes)]) if odd_character(id_)]
    if odd:
        say(
            f"{odd[0]}{_more(odd)}: holds {odd_character(odd[0])}, which ids usually do not; asking for it all the same"
        )
    for ids, kind, prefix in ((runs, "run", RUN), (nodes, "node", NODE)):
        if ids:
            usual = f"the usual id of a {kind}, which begins with {prefix}"
            say(f"{ids[0]}{_more(ids)}: not {usual}; asking for it all the same")


def _more(ids: Sequence[str]) -> str:
    return f" and {len(ids) - 1} more" if len(ids) > 1 else ""
