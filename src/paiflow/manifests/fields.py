"""Find the fields of a manifest, in camelCase, as people write them, or in PascalCase, as replies hold them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def key_of(mapping: Any, name: str) -> str:
    """Return the key under which a field's value stands; `name` if there is none."""
    if isinstance(mapping, Mapping) and mapping.get(name) is None:
        pascal = name[:1].upper() + name[1:]
        return pascal if mapping.get(pascal) is not None else name
    return name


def of(mapping: Any, name: str) -> Any:
    """Return the value of a field, None for none."""
    return mapping.get(key_of(mapping, name)) if isinstance(mapping, Mapping) else None


def parts(spec: Any, side: str, kind: str) -> list[Mapping[str, Any]]:
    """Return the artifacts or parameters of a spec's arguments, inputs or outputs; what is none of them is left out."""
    listed = of(of(spec, side), kind)
    return [part for part in listed if isinstance(part, Mapping)] if isinstance(listed, list) else []
