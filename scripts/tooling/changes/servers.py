"""Compare the servers that operations are called at: their own, else their path's, else the description's, else "/"."""

from __future__ import annotations

import itertools
import re
from typing import Any

import httpx

from paiflow._description import Description, Operation
from tooling.changes.context import Comparison
from tooling.changes.verdicts import Side

MOST = 1000
"""URLs of one server; one that has more is taken by its template."""


def compare(at: Comparison, old: Operation, new: Operation) -> None:
    """Compare the servers of two operations; what several have in common is told once."""
    (level, before), (level_now, after) = _servers(at.old, old), _servers(at.new, new)
    place = (f"{new.title} servers", f"{new.path} servers", "servers")[min(level, level_now)]
    urls, urls_now = _urls(before), _urls(after)
    for url in urls:
        if not any(_covers(known, url) for known in urls_now):
            at.tell(Side.OPERATION, place, "server removed", f"{url} removed")
    for url in urls_now:
        if not any(_covers(known, url) for known in urls):
            at.tell(Side.OPERATION, place, "server added", f"{url} added")
    for template in {_template(server) for server in before} & {_template(server) for server in after}:
        one, other = (
            [_filled(server, _defaults(server)) for server in servers if _template(server) == template]
            for servers in (before, after)
        )
        if one != other:
            what = f"default of {template} {', '.join(one)} → {', '.join(other)}"
            at.tell(Side.OPERATION, place, "server's variables", what)


def _servers(description: Description, operation: Operation) -> tuple[int, list[dict[str, Any]]]:
    """Return the servers of an operation, and where they stand: with it, its path, or the description."""
    path = description.resolved(description.document.get("paths", {}).get(operation.path, {}))[0]
    for level, node in enumerate((operation.node, path, description.document)):
        if node.get("servers"):
            return level, node["servers"]
    return 2, [{"url": "/"}]


def _urls(servers: list[dict[str, Any]]) -> dict[str, None]:
    """Return all URLs that servers stand for; a variable that may be anything stays as {}."""
    found: dict[str, None] = {}
    for server in servers:
        variables = server.get("variables", {})
        values = [[str(value) for value in variable.get("enum", ["{}"])] for variable in variables.values()]
        each = itertools.islice(itertools.product(*values), MOST)
        found |= dict.fromkeys(_filled(server, dict(zip(variables, chosen, strict=True))) for chosen in each)
    return found


def _filled(server: dict[str, Any], values: dict[str, str]) -> str:
    url = re.sub(r"\{([^}]*)\}", lambda match: values.get(match[1], "{}"), str(server.get("url", "")))
    if "{" not in url:
        url = str(httpx.URL(url))  # a host's case and the default port say nothing
    return url.rstrip("/") or "/"


def _defaults(server: dict[str, Any]) -> dict[str, str]:
    return {name: str(variable.get("default")) for name, variable in server.get("variables", {}).items()}


def _template(server: dict[str, Any]) -> str:
    return _filled(server, {})


def _covers(template: str, url: str) -> bool:
    """Whether a URL is one that another stands for, whose variables may be anything."""
    return re.fullmatch(".*".join(map(re.escape, template.split("{}"))), url) is not None
