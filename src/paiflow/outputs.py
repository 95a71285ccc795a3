"""The location of an output, read from its value, as text for other programs.

The vendor documents no form of Value and Metadata. Source of both: its sample, and the artifacts of its package alipai
(pai/pipeline/types/artifact.py). Other values have no location; the value itself stays available.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from paiflow_api.decoding import json_in_text
from paiflow_api.models import Output, OutputInfo, OutputValue


@attrs.frozen
class Kind:
    """A kind of location.

    Attributes:
        keys: of the location, which it has at least.
        scheme: what the text begins with.
        parts: of the text, one after the other: a key in braces is replaced by its value, and left out with all that
            follows if there is none.
    """

    keys: frozenset[str]
    scheme: str
    parts: tuple[str, ...]


KINDS: Final[Mapping[str, Kind]] = {
    "MaxComputeTable": Kind(frozenset({"table"}), "odps", ("{project}", "tables", "{table}", "{partition}")),
    "MaxComputeVolume": Kind(
        frozenset({"volume"}), "odps", ("{project}", "volumes", "{volume}", "{volumePartition}", "{file}")
    ),
    "OSS": Kind(frozenset({"bucket"}), "oss", ("{bucket}", "{key}")),
    "MaxComputeOfflineModel": Kind(frozenset({"name"}), "odps", ("{project}", "offlinemodels", "{name}")),
}


@attrs.frozen
class Location:
    """Where an output is.

    Attributes:
        kind: MaxComputeTable, MaxComputeOfflineModel, MaxComputeVolume or OSS.
        text: such as `odps://project/tables/name` or `oss://bucket/path`. Without a project, its name alone.
        fields: the location as the service has it, with its endpoint.
    """

    kind: str
    text: str
    fields: Mapping[str, Any]


def location_of(output: Output) -> Location | None:
    """Return where an output is, None if it does not say so in a way that is known.

    The kind that its metadata names counts, if its value fits that; else the first that its value fits.
    """
    value = value_of(output)
    fields = value.get("location") if isinstance(value, Mapping) else None
    if not isinstance(fields, Mapping):
        return None
    for name in (*_named(_metadata(output)), *KINDS):
        kind = KINDS.get(name)
        if kind is not None and all(_is_text(fields.get(key)) for key in kind.keys):
            return Location(name, _text(kind, fields), fields)
    return None


def value_of(output: Output) -> Any:
    """Return an output's value, parsed if it is JSON; None if there is none."""
    if isinstance(output, OutputInfo):
        value = None if output.info is None else _of(output.info.additional_properties, "value")
    else:
        value = output.value if isinstance(output, OutputValue) else None
    if not isinstance(value, str):
        return value or None
    parsed = json_in_text(value)
    return value if parsed is None else parsed


def _metadata(output: Output) -> Any:
    if isinstance(output, OutputInfo):
        return None if output.info is None else _of(output.info.additional_properties, "metadata")
    found = output.metadata if isinstance(output, OutputValue) else None
    return None if found is None else found.additional_properties


def _named(metadata: Any) -> Iterator[str]:
    """Yield the kinds that metadata names: `{"type": {"Model": {"locationType": …}}}`."""
    types = metadata.get("type") if isinstance(metadata, Mapping) else None
    for described in types.values() if isinstance(types, Mapping) else ():
        if isinstance(described, Mapping) and isinstance(name := described.get("locationType"), str):
            yield name


def _of(fields: Mapping[str, Any], name: str) -> Any:
    """Return a field that may be written with a capital or without."""
    return fields.get(name, fields.get(name.capitalize()))


def _text(kind: Kind, fields: Mapping[str, Any]) -> str:
    found: list[str] = []
    for part in kind.parts:
        key = part.strip("{}")
        if key == part:
            found.append(part)
        elif _is_text(fields.get(key)):
            found.append(fields[key].lstrip("/"))
        elif key == "project":
            return str(fields[next(iter(kind.keys))])
        else:
            break
    return f"{kind.scheme}://{'/'.join(found)}"


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip("/ "))
