"""Read the extensions (`x-…`) of an operation; a missing one, or one of another type, is an error.

x-paiflow-service   product, version and host; of the document, or of an operation
x-paiflow           of an operation: repeatable, pages, defaults, one_of, any_of, exclusive, states
x-ram-action        of an operation: the permission that it needs
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tooling.errors import GenerationError
from tooling.parameters import Argument
from tooling.reply_models import ReplyModel
from tooling.schemas import Schema
from tooling.support.calling import Operation, Pages

# The keys of x-paiflow and of x-paiflow-service, with the types of their values.
KEYS = {
    "repeatable": bool,
    "pages": dict,
    "defaults": dict,
    "one_of": list,
    "any_of": list,
    "exclusive": bool,
    "states": list,
}
HOST = "[a-z][a-z0-9-]*"
SERVICE = {"product": str, "version": str, "host": str}
TYPE_NAMES = {bool: "true or false", dict: "a map of texts", list: "a list of texts", str: "a text"}
TOTAL = "TotalCount"
NEEDED_OF_PAGES = frozenset({"by", "number", "size", "items"})
# Names that a method which iterates has besides its filters.
TAKEN_ARGUMENTS = frozenset({"limit", "page_size"})


class Extensions:
    """The extensions of one operation. Every method raises GenerationError if one of them is wrong."""

    def __init__(self, operation: str, description: dict[str, Any], data: Schema) -> None:
        """Read the extensions.

        Args:
            operation: its operationId.
            description: the whole.
            data: the operation's object.
        """
        self._operation = operation
        self._description = description
        self._data = data
        self._own = self._checked("x-paiflow", data.get("x-paiflow", {}), KEYS)

    def values(self, model: ReplyModel, *, repeatable: bool) -> dict[str, Any]:
        """Return the fields of the operation that extensions set.

        Args:
            model: of the reply.
            repeatable: whether it is, if the extension does not say.
        """
        ram_action = self._data.get("x-ram-action", "")
        if not isinstance(ram_action, str):
            raise self._refusal("x-ram-action: must be a text")
        return {
            **self._service(),
            "repeatable": self._own.get("repeatable", repeatable),
            "pages": self._pages(model),
            "one_of": tuple(self._own.get("one_of", ())),
            "any_of": tuple(self._own.get("any_of", ())),
            "exclusive": self._own.get("exclusive", False),
            "states": tuple(self._own.get("states", ())),
            "ram_action": ram_action,
        }

    def with_defaults(self, arguments: tuple[Argument, ...]) -> tuple[Argument, ...]:
        """Return the arguments with the settings of the client that fill them."""
        defaults = self._own.get("defaults", {})
        names = {argument.parameter.name for argument in arguments}
        for name, default in defaults.items():
            if name not in names:
                raise self._refusal(f"x-paiflow: defaults: no parameter {name}")
            if default != "workspace_id":
                raise self._refusal(f"x-paiflow: defaults: {name}: the client has no default {default}")
        return tuple(
            replace(argument, parameter=argument.parameter._replace(default=defaults.get(argument.parameter.name)))
            for argument in arguments
        )

    def check_names(self, operation: Operation[Any]) -> None:
        """Check that each named parameter and each state is there."""
        names = {parameter.name for parameter in operation.parameters}
        pages = operation.pages
        named = {
            "one_of": operation.one_of,
            "any_of": operation.any_of,
            "pages": (pages.number, pages.size) if pages else (),
        }
        for key, wanted in named.items():
            for name in wanted:
                if name not in names:
                    raise self._refusal(f"x-paiflow: {key}: no parameter {name}")
        schemas = self._description.get("components", {}).get("schemas", {}).values()
        statuses = {status for schema in schemas if "x-paiflow-outcomes" in schema for status in schema["enum"]}
        for name in operation.states:
            if name not in statuses:
                raise self._refusal(f"x-paiflow: states: no such status: {name}")

    def item_type(self, operation: Operation[Any], model: ReplyModel, replies: Mapping[str, ReplyModel]) -> str:
        """Return the type of an entry of a page, as code; "" if the operation does not page."""
        pages = operation.pages
        if pages is None:
            return ""
        known = {field.wire_name: field for field in model.fields}
        items = known.get(pages.items)
        if items is None or not items.kind.is_list:
            raise self._refusal(f"x-paiflow: pages: items: the reply has no list {pages.items}")
        if pages.total is not None and pages.total not in known:
            raise self._refusal(f"x-paiflow: pages: total: the reply has no field {pages.total}")
        entry = items.kind.parts[0]
        entries = replies.get(entry.annotation.removeprefix("_models."))
        if pages.id is not None and (entries is None or all(field.wire_name != pages.id for field in entries.fields)):
            raise self._refusal(f"x-paiflow: pages: id: an entry has no field {pages.id}")
        filters = {one.argument for one in operation.parameters if one.name not in (pages.number, pages.size)}
        if odd := filters & TAKEN_ARGUMENTS:
            raise self._refusal(f"x-paiflow: pages: an argument cannot be {', '.join(sorted(odd))}")
        return f"_models.{entry.annotation}" if entry.shape == "enum" else entry.annotation

    def _refusal(self, reason: str) -> GenerationError:
        return GenerationError(f"{self._operation}: {reason}")

    def _service(self) -> dict[str, str]:
        info = self._description["info"]
        stated = {"product": info["title"], "version": info["version"], "host": info["title"].lower()}
        for given in (self._description, self._data):
            stated |= self._checked("x-paiflow-service", given.get("x-paiflow-service", {}), SERVICE)
        if not re.fullmatch(HOST, stated["host"]):
            raise self._refusal(f"x-paiflow-service: host: {stated['host']!r} is not the first label of a host")
        return stated

    def _pages(self, model: ReplyModel) -> Pages | None:
        """Return how it pages. Entries and total need no mention where the reply has one list, and a TotalCount."""
        if (given := self._own.get("pages")) is None:
            return None
        lists = [field.wire_name for field in model.fields if field.kind.is_list]
        if len(lists) == 1:
            given = {"items": lists[0], **given}
        if any(field.wire_name == TOTAL for field in model.fields):
            given = {"total": TOTAL, **given}
        if odd := set(given) - set(Pages._fields):
            raise self._refusal(f"x-paiflow: pages: no such key: {', '.join(sorted(odd))}")
        if missing := NEEDED_OF_PAGES - set(given):
            raise self._refusal(f"x-paiflow: pages: not there: {', '.join(sorted(missing))}")
        if given["by"] not in ("page", "offset"):
            raise self._refusal(f"x-paiflow: pages: by: {given['by']} is neither page nor offset")
        return Pages(**given)

    def _checked(self, name: str, given: Any, types: Mapping[str, type]) -> dict[str, Any]:
        """Return an extension, its keys and the types of its values checked."""
        if not isinstance(given, dict):
            raise self._refusal(f"{name}: must be a map")
        for key, value in given.items():
            if key not in types:
                raise self._refusal(f"{name}: no such key: {key}")
            texts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ()
            if not isinstance(value, types[key]) or not all(isinstance(text, str) for text in texts):
                raise self._refusal(f"{name}: {key}: must be {TYPE_NAMES[types[key]]}")
        return given
