"""Check what is put into the mock, so that a mistyped field is an error and not a puzzling reply."""

import json
from collections.abc import Mapping
from typing import Any

from paiflow.errors import ConfigurationError
from paiflow.mock.description import Description

__all__ = ["ItemSchema"]


class ItemSchema:
    """What a run, a node or an output has to look like.

    Args:
        description: whose schema it has to fit. Replies may have other fields; what is put in may not.
        schema: the name in components.schemas.
        ids: the fields that it is found by.
    """

    def __init__(self, description: Description, schema: str, *ids: str) -> None:
        self._schema = schema
        self._ids = ids
        self._fields = description.fields(schema)
        self._validator = description.validator("components", "schemas", schema)

    def taken_in(self, wire: Mapping[str, Any]) -> tuple[list[str], dict[str, Any]]:
        """Return the ids, and a copy that the caller cannot change.

        Raises:
            ConfigurationError: it does not fit. Says which field, and why.
        """
        try:
            copied = json.loads(json.dumps(dict(wire), allow_nan=False, ensure_ascii=False).encode())
        except (TypeError, ValueError) as error:  # no such thing in JSON, or in UTF-8
            raise self._error(f"it cannot be sent as JSON: {error}") from error
        for field in copied:
            if field not in self._fields:
                raise self._error(f"there is no field {field!r}: known are {', '.join(self._fields)}")
        for fault in self._validator.iter_errors(copied):
            raise self._error(f"{'.'.join(map(str, fault.instance_path))}: {fault.message}") from fault
        for field in self._ids:
            if not copied.get(field):
                raise self._error(f"{field} is missing")
        return [copied[field] for field in self._ids], copied

    def _error(self, fault: str) -> ConfigurationError:
        return ConfigurationError(f"{self._schema}: {fault}")
