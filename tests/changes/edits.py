"""Apply edits of the tables: JSON pointers to set, remove, move or copy."""

import copy
from typing import Any


def edited(document: dict[str, Any], edit: dict[str, Any]) -> dict[str, Any]:
    """Return a document after an edit: moves, copies, removals and settings, in that order."""
    document = copy.deepcopy(document)
    for source, target in edit.get("move", {}).items():
        _put(document, target, _take(document, source))
    for source, target in edit.get("copy", {}).items():
        parent, key = _parent(document, source)
        _put(document, target, copy.deepcopy(parent[key]))
    for pointer in edit.get("remove", ()):
        _take(document, pointer)
    for pointer, value in edit.get("set", {}).items():
        _put(document, pointer, copy.deepcopy(value))
    return document


def _parent(document, pointer):
    *path, last = (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
    for key in path:
        document = document[int(key) if isinstance(document, list) else key]
    return document, int(last) if isinstance(document, list) and last != "-" else last


def _take(document, pointer):
    parent, key = _parent(document, pointer)
    return parent.pop(key)


def _put(document, pointer, value):
    parent, key = _parent(document, pointer)
    if key == "-":
        parent.append(value)
    else:
        parent[key] = value
