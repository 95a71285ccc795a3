"""What the effective description says that the mock needs: operations, schemas, the documented sample."""

from functools import cache
from typing import Any

import attrs
import jsonschema_rs

from paiflow import _description, _yaml
from paiflow._description import EFFECTIVE, Place, effective_text, reference

__all__ = ["Description", "Operation", "effective_description"]

# OpenAPI 3.1 schemas are JSON Schema of this dialect.
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_URI = "urn:paiflow:description"


@attrs.frozen
class Operation:
    """One operation.

    Args:
        action: the operationId, which clients send as x-acs-action.
        request_body: judges a request's body; None where the description gives it no schema.
    """

    action: str
    request_body: jsonschema_rs.Validator | None


class Description:
    """An OpenAPI 3.1 description, its request schemas compiled.

    Args:
        document: the whole description; `$ref`s may point anywhere in it.

    Attributes:
        version: of the product's API, which clients send as x-acs-version.
        operations: by path, as on the wire, then by method in upper case.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self._description = _description.Description(document)
        self._registry = jsonschema_rs.Registry([(_URI, document)])
        self.version: str = document["info"]["version"]
        self.operations: dict[bytes, dict[str, Operation]] = {}
        for operation in self._description.operations:
            judge = self._judge(operation)
            self.operations.setdefault(operation.path.encode(), {})[operation.method] = Operation(operation.name, judge)

    def validator(self, *place: str | int) -> jsonschema_rs.Validator:
        """Return the validator of the schema at a place of the description. Formats count."""
        schema = {"$schema": _DIALECT, "$ref": reference(*place, within=_URI)}
        return jsonschema_rs.validator_for(schema, registry=self._registry, validate_formats=True)

    def fields(self, schema: str) -> list[str]:
        """Return the names of the properties of one of components.schemas."""
        return list(self._description.component("schemas", schema)["properties"])

    def sample(self) -> dict[str, list[dict[str, Any]]]:
        """Return the vendor's sample reply to ListPipelineRunsStatus."""
        responses = self._description.responses(self._description.by_name["ListPipelineRunsStatus"])
        ok = self._description.at(responses["200"])
        sample: dict[str, list[dict[str, Any]]] = ok["content"]["application/json"]["examples"]["documented"]["value"]
        return sample

    def _judge(self, operation: _description.Operation) -> jsonschema_rs.Validator | None:
        if "requestBody" not in operation.node:
            return None
        schema: Place | None = self._description.json_schema((*operation.place, "requestBody"))
        return None if schema is None else self.validator(*schema)


@cache
def effective_description() -> Description:
    """Return the description that ships in `paiflow_api`: the base with all overlays. Read once."""
    return Description(_yaml.load(effective_text(), EFFECTIVE))
