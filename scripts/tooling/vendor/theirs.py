"""Read the vendor's file: for each operation method, path, version, parameters and response.

A schema is a tree without references. `required` stands at the schema of a field, not at the object that holds it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tooling.vendor.operation import REPLY, Entry, Operation, Place


class VendorFileError(Exception):
    """The vendor's file cannot be used; the message is one line."""


def read(path: Path) -> dict[str, Operation]:
    """Return the operations of the vendor's file by name.

    Raises:
        VendorFileError: it cannot be read, or has another form.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise VendorFileError(f"{path}: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict) or not document:
        raise VendorFileError(f"{path}: not an object with an operation under each name")
    found = {}
    for name, data in document.items():
        try:
            entries = dict(_entries(data))
            found[name] = Operation(name, data["method"].upper(), data["path"], data["version"], entries)
        except (AttributeError, KeyError, TypeError, RecursionError) as error:
            raise VendorFileError(
                f"{path}: {name}: not an operation with method, path, version, parameters and response ({error})"
            ) from error
    return found


def _entries(data: dict[str, Any]) -> Iterator[tuple[Place, Entry]]:
    for parameter in data["parameters"]:
        # The whole body is a parameter, too; its name means nothing.
        place = Place(parameter["in"], "" if parameter["in"] == "body" else parameter["name"])
        yield from _fields(place, parameter["schema"], _required(parameter["schema"]))
    if "response" in data:
        yield from _fields(Place(REPLY, ""), data["response"], None)


def _fields(place: Place, schema: dict[str, Any], required: bool | None) -> Iterator[tuple[Place, Entry]]:
    """Yield the node at a place, and all nodes inside of it."""
    yield place, Entry(str(schema.get("type", "any")), schema.get("format"), required)
    for name, inner in schema.get("properties", {}).items():
        yield from _fields(place.inner(name), inner, _required(inner))
    if "items" in schema:
        yield from _fields(place.items, schema["items"], None)


def _required(schema: dict[str, Any]) -> bool:
    return bool(schema.get("required", False))
