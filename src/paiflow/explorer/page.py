"""The page: its files, and the description as it shows it.

Swagger UI is the one that the package flask-swagger-ui carries; its Flask is not used.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import attrs

from paiflow import _yaml
from paiflow._description import Description, effective_text
from paiflow._description import Operation as Described
from paiflow.samples import KINDS
from paiflow.samples.examples import first_arguments, schemas_of
from paiflow_api.calling import Operation, Parameter
from paiflow_api.operations import OPERATIONS

_OWN: Final = Path(__file__).with_name("static")
_FILES: Final = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/page/explorer.css": ("explorer.css", "text/css; charset=utf-8"),
    "/page/explorer.js": ("explorer.js", "text/javascript; charset=utf-8"),
    "/page/swagger-ui.css": ("swagger-ui.css", "text/css; charset=utf-8"),
    "/page/swagger-ui-bundle.js": ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
}

# What the form leaves to the editor of the whole body.
_IN_JSON_ONLY: Final = frozenset({"texts", "objects", "object", "json", "comma-list"})


@attrs.frozen
class File:
    """A file of the page."""

    content: bytes
    media_type: str


class Page:
    """The page.

    Args:
        where: what its head shows of where requests go, by name.
        known: values to fill in instead of the documented examples, by the parameters' wire names.
        allow_writes: whether operations that change something are allowed.
    """

    def __init__(self, where: Mapping[str, str], known: Mapping[str, Any], *, allow_writes: bool) -> None:
        self._where = where
        self._known = known
        self._allow_writes = allow_writes

    def file(self, path: str) -> File | None:
        """Return the file at a path, None if there is none."""
        if path not in _FILES:
            return None
        name, media_type = _FILES[path]
        folder = _swagger_ui() if name.startswith("swagger-ui") else _OWN
        return File(folder.joinpath(name).read_bytes(), media_type)

    @cached_property
    def description(self) -> dict[str, Any]:
        """The effective description, with what the page needs: values to fill in, and lists of the valid ones."""
        document = _yaml.load(effective_text())
        document["components"].pop("securitySchemes", None)  # the explorer signs
        document["x-explorer"] = {"where": self._where, "kinds": list(KINDS)}
        description = Description(document)
        for name, operation in OPERATIONS.items():
            self._show(description.by_name[name], operation, description)
        return description.document

    def _show(self, described: Described, operation: Operation[Any], description: Description) -> None:
        node = described.node
        node.pop("security", None)
        # Errors are alike in all operations; on the page they would take more room than all else.
        node["responses"] = {status: one for status, one in node["responses"].items() if status.startswith("2")}
        if not operation.repeatable:
            hint = "" if self._allow_writes else " Start the explorer with `--allow-writes` to permit it."
            node["description"] = f"**This changes something.**{hint}\n\n{node.get('description', '')}"
        first = first_arguments(operation, description, self._known)
        in_body = [parameter for parameter in operation.parameters if parameter.place == "body"]
        if in_body:
            schemas = schemas_of(description, described)
            body, _ = description.resolved(node["requestBody"])
            body["content"]["application/json"]["example"] = {
                one.name: first[one.name] for one in in_body if one.name in first
            }
            body["x-explorer-fields"] = [
                _field(one, schemas[one.name]) for one in in_body if one.kind not in _IN_JSON_ONLY
            ]
        for written in described.parameters:
            shown, _ = description.resolved(written)
            _fill_in(shown, operation.parameter(shown["name"]), first)


def _fill_in(shown: dict[str, Any], parameter: Parameter, first: Mapping[str, Any]) -> None:
    """Give a parameter its valid values, and a value to begin with; others leave their example in the words."""
    schema = shown["schema"]
    schema.pop("allOf", None)
    examples = schema.pop("examples", [])
    if parameter.values:
        schema["enum"] = list(parameter.values)
    if parameter.secret:
        schema["format"] = "password"
    if parameter.name in first:
        shown["example"] = first[parameter.name]
    elif examples and not parameter.values and parameter.kind != "boolean" and not parameter.secret:
        shown["description"] = f"{shown.get('description', '')} Example: `{examples[0]}`"


def _field(parameter: Parameter, schema: Any) -> dict[str, Any]:
    """Return what the form needs to know of a field of a body."""
    words = schema.get("description", "")
    return {
        "name": parameter.name,
        "kind": parameter.kind,
        "required": parameter.required,
        "values": list(parameter.values),
        "long": any(form in words for form in ("YAML", "JSON")),
        "words": words,
    }


def _swagger_ui() -> Path:
    spec = find_spec("flask_swagger_ui")
    folders = spec.submodule_search_locations if spec else None
    assert folders  # noqa: S101 - looked for when this package was imported
    return Path(folders[0], "dist")
