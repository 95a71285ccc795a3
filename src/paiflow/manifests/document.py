"""Read the text of a manifest, and report what is wrong with it in the order of the text."""

from __future__ import annotations

from typing import Any

from paiflow import _json, _yaml
from paiflow._text import visible
from paiflow.manifests.pipelines import check
from paiflow.manifests.problems import ManifestProblem, Place, path_of


def problems_of(text: str) -> list[ManifestProblem]:
    """Return what is wrong with a manifest; see `paiflow.check_manifest`."""
    try:
        found = _read(text)
    except _yaml.YamlError as error:
        return [ManifestProblem(error.line, error.column, "", visible(error.reason))]
    if found.value is None:
        return [ManifestProblem(1, 1, "", "the manifest is empty")]
    try:
        reported = check(found.value)
    except RecursionError:
        return [ManifestProblem(1, 1, "", "nests too deeply")]
    return sorted({_placed(found, place, message) for place, message in reported})


def _read(text: str) -> _yaml.Located:
    """Return the value of a text, and its places where YAML can read it too."""
    text = text.removeprefix("\ufeff")
    if text.lstrip()[:1] not in ("{", "["):
        return _yaml.locate(text)
    try:
        value: Any = _json.read(text)
    except (ValueError, RecursionError):
        return _yaml.locate(text)
    try:
        located = _yaml.locate(text.replace("\t", " "))  # JSON may be indented by tabs, and holds none elsewhere
    except _yaml.YamlError as error:
        if "more than" in error.reason:  # it is too deep or too long
            raise
        return _yaml.Located(value, {(): 1}, {(): 1})
    return _yaml.Located(value, located.lines, located.columns)


def _placed(found: _yaml.Located, place: Place, message: str) -> ManifestProblem:
    known = next(place[:end] for end in range(len(place), -1, -1) if place[:end] in found.lines)
    return ManifestProblem(found.lines[known], found.columns[known], visible(path_of(place)), visible(message))
