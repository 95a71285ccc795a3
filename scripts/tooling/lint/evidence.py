"""Check each overlay: its name, one topic, and evidence for every action."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tooling.lint.faults import Fault
from tooling.lint.rules import bad_links, links

_FILE = re.compile(r"([0-9]{3})-[a-z0-9]+(-[a-z0-9]+)*\.yaml")


def evidence_faults(document: dict[str, Any]) -> Iterator[Fault]:
    """Yield the actions of an overlay that do not tell their evidence: `Evidence:` and a public link, in its description.

    That the document is a valid overlay is for the applier to say; but it lets `remove` win over `update`, as the
    specification's text does, where the specification's schema refuses the pair: so it is told of here.
    """
    if not str(document["overlay"]).startswith("1.1."):
        yield Fault(("overlay",), "not an overlay of version 1.1, as the others are")
    for index, action in enumerate(document["actions"]):
        place, name = ("actions", index), f"actions[{index}]"
        _, found, evidence = str(action.get("description", "")).partition("Evidence:")
        if not found or not links(evidence):
            yield Fault(place, f"{name}: no 'Evidence:' with a link in its description")
        for wrong in bad_links(str(action.get("description", ""))):
            yield Fault(place, f"{name}: {wrong}")
        if action.get("remove") and "update" in action:
            yield Fault(place, f"{name}: update and remove exclude each other")


def file_faults(paths: Iterable[Path]) -> Iterator[tuple[Path, Fault]]:
    """Yield overlays whose file names lack a number or a topic."""
    seen: dict[str, str] = {}
    for path in paths:
        named = _FILE.fullmatch(path.name)
        if named is None:
            yield path, Fault((), "the file's name is not NNN-topic.yaml")
        elif seen.setdefault(named[1], path.name) != path.name:
            yield path, Fault((), f"{seen[named[1]]} has the number {named[1]}, too")
