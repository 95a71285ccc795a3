"""Compare the servers of a description, of a path or of an operation."""

from __future__ import annotations

from typing import Any

from tooling.changes.context import ADDITIVE, BREAKING, INVISIBLE, Comparison
from tooling.changes.documents import bare
from tooling.changes.verdicts import Side


def compare(at: Comparison, old: dict[str, Any], new: dict[str, Any], place: str) -> None:
    """Compare the servers that two nodes list, by URL."""
    before, after = ({str(server.get("url")): server for server in node.get("servers", [])} for node in (old, new))
    unseen = "users' client finds its endpoint by the region"
    for url in before.keys() - after.keys():
        at.tell(
            Side.OPERATION,
            place,
            f"{url} removed",
            BREAKING,
            INVISIBLE,
            f"clients that call it get no answer; {unseen}",
        )
    for url in after.keys() - before.keys():
        at.tell(Side.OPERATION, place, f"{url} added", ADDITIVE, INVISIBLE, f"nobody calls it yet; {unseen}")
    for url in before.keys() & after.keys():
        one, other = (bare(at.old, server.get("variables", {})) for server in (before[url], after[url]))
        if one != other:
            at.tell(
                Side.OPERATION,
                place,
                f"variables of {url} changed",
                BREAKING,
                INVISIBLE,
                f"it cannot be told whether clients reach it as before; {unseen}",
            )
