"""Compare the servers of a description, of a path or of an operation."""

from __future__ import annotations

from typing import Any

from tooling.changes.context import Comparison
from tooling.changes.documents import bare
from tooling.changes.verdicts import Side


def compare(at: Comparison, old: dict[str, Any], new: dict[str, Any], place: str) -> None:
    """Compare the servers that two nodes list, by URL."""
    before, after = ({str(server.get("url")): server for server in node.get("servers", [])} for node in (old, new))
    for url in before.keys() - after.keys():
        at.tell(Side.OPERATION, place, "server removed", f"{url} removed")
    for url in after.keys() - before.keys():
        at.tell(Side.OPERATION, place, "server added", f"{url} added")
    for url in before.keys() & after.keys():
        one, other = (bare(at.old, server.get("variables", {})) for server in (before[url], after[url]))
        if one != other:
            at.tell(Side.OPERATION, place, "server's variables", f"variables of {url} changed")
