"""What the effective description says that the mock needs: operations, schemas, the documented sample."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import attrs
import jsonschema_rs

from paiflow import _yaml

__all__ = ["Description", "Operation", "effective_description"]

# OpenAPI 3.1 schemas are JSON Schema of this dialect.
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_URI = "urn:paiflow:description"
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


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

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._registry = jsonschema_rs.Registry([(_URI, dict(document))])
        self.version: str = document["info"]["version"]
        self.operations = {
            path.encode(): {
                method.upper(): Operation(item[method]["operationId"], self._request_body(path, method, item[method]))
                for method in _METHODS
                if method in item
            }
            for path, item in document["paths"].items()
        }

    def validator(self, *path: str) -> jsonschema_rs.Validator:
        """Return the validator of the schema at a path of keys into the description. Formats count."""
        pointer = "".join([f"/{key.replace('~', '~0').replace('/', '~1')}" for key in path])
        schema = {"$schema": _DIALECT, "$ref": f"{_URI}#{pointer}"}
        return jsonschema_rs.validator_for(schema, registry=self._registry, validate_formats=True)

    def fields(self, schema: str) -> list[str]:
        """Return the names of the properties of one of components.schemas."""
        return list(self._document["components"]["schemas"][schema]["properties"])

    def sample(self) -> dict[str, list[dict[str, Any]]]:
        """Return the vendor's sample reply to ListPipelineRunsStatus."""
        ok = self._document["paths"]["/api/v1/pipelineruns"]["put"]["responses"]["200"]
        sample: dict[str, list[dict[str, Any]]] = ok["content"]["application/json"]["examples"]["documented"]["value"]
        return sample

    def _request_body(self, path: str, method: str, operation: Mapping[str, Any]) -> jsonschema_rs.Validator | None:
        if "requestBody" not in operation:
            return None
        return self.validator("paths", path, method, "requestBody", "content", "application/json", "schema")


@cache
def effective_description() -> Description:
    """Return the description that ships in `paiflow_api`: the base with all overlays. Read once."""
    text = resources.files("paiflow_api").joinpath("openapi.yaml").read_text(encoding="utf-8")
    return Description(_yaml.load(text, "paiflow_api/openapi.yaml"))
