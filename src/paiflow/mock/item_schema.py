"""Validate items that are added to the mock, so that a mistyped field is an error and not a puzzling reply."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from paiflow._text import close_to
from paiflow.errors import ConfigurationError
from paiflow.mock.description import Description

__all__ = ["ItemSchema"]

_OF_THE_REPLY = "RequestId"


class ItemSchema:
    """The schema of a run, a node or another thing: it has to fit all replies that hold it.

    Args:
        description: whose schemas it has to fit. Replies may have other fields; what is put in may not.
        name: what errors call it.
        ids: the fields that it is found by.
        replies: the operations whose replies hold it, each with the list that it stands in, "" for the whole reply.
    """

    def __init__(
        self, description: Description, name: str, ids: Sequence[str], replies: Sequence[tuple[str, str]]
    ) -> None:
        operations = [(operation, key) for action, key in replies if (operation := description.operations.get(action))]
        schemas = [schema for operation, key in operations if (schema := operation.item_schema(key)) is not None]
        self._name = name
        self._ids = ids
        self._validator = description.validator(*schemas)
        names = [field for schema in schemas for field in description.properties(schema) if field != _OF_THE_REPLY]
        self.fields: tuple[str, ...] = tuple(dict.fromkeys(names))

    def taken_in(self, wire: Mapping[str, Any]) -> tuple[tuple[str, ...], dict[str, Any]]:
        """Return the ids, and a copy that the caller cannot change.

        Raises:
            ConfigurationError: it does not fit. Says which field, and why.
        """
        try:
            copied = json.loads(json.dumps(dict(wire), allow_nan=False, ensure_ascii=False).encode())
        except (TypeError, ValueError) as error:  # no such thing in JSON, or in UTF-8
            raise self._error(f"it cannot be sent as JSON: {error}") from error
        for field in copied:
            if field not in self.fields:
                raise self._error(
                    f"there is no field {field!r}: known are {', '.join(self.fields)}{close_to(field, self.fields)}"
                )
        for fault in self._validator.iter_errors({_OF_THE_REPLY: "-", **copied}):
            raise self._error(f"{'.'.join(map(str, fault.instance_path))}: {fault.message}") from fault
        for field in self._ids:
            if not copied.get(field):
                raise self._error(f"{field} is missing")
        return tuple(copied[field] for field in self._ids), copied

    def _error(self, fault: str) -> ConfigurationError:
        return ConfigurationError(f"{self._name}: {fault}")
