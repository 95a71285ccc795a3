"""Lint the description and its overlays: valid OpenAPI, examples that hold, and a few rules of our own.

Every operation has an operationId, a tag, a summary, a link to the vendor's page and, once the overlays are applied,
errors. Every action of an overlay tells its evidence, with a link.
Exit status: 0 nothing found, 1 something was, a line each.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
from openapi_spec_validator import OpenAPIV31SpecValidator

from paiflow import _yaml, overlays
from tooling.documents import nodes
from tooling.generation import DESCRIPTION, OVERLAYS, ROOT, effective_description, overlay_files

METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})


def main() -> int:
    """Lint everything and return the exit status."""
    try:
        base = _yaml.load_file(DESCRIPTION)
        effective = effective_description()
        findings = [
            *(f"openapi.yaml: {finding}" for finding in [*invalid(base), *operation_faults(base)]),
            *(f"effective description: {finding}" for finding in [*invalid(effective), *example_faults(effective)]),
            *(f"effective description: {finding}" for finding in error_faults(effective)),
            *(finding for path in overlay_files() for finding in evidence_faults(path)),
        ]
    except (overlays.OverlayError, _yaml.YamlError, OSError) as error:
        findings = [str(error)]
    for finding in findings:
        print(finding, file=sys.stderr)
    return 1 if findings else 0


def invalid(description: dict[str, Any]) -> Iterator[str]:
    """Yield what is not OpenAPI 3.1 in a description."""
    for error in OpenAPIV31SpecValidator(description).iter_errors():
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message}"


def operations(description: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each operation with its method and path."""
    for path, item in description.get("paths", {}).items():
        for method in METHODS & item.keys():
            yield f"{method.upper()} {path}", item[method]


def operation_faults(description: dict[str, Any]) -> Iterator[str]:
    """Yield what an operation lacks."""
    for where, operation in operations(description):
        for key in ("operationId", "summary", "tags"):
            if not operation.get(key):
                yield f"{where}: no {key}"
        if not str(operation.get("externalDocs", {}).get("url", "")).startswith("https://"):
            yield f"{where}: no link to the vendor's page (externalDocs.url)"


def error_faults(description: dict[str, Any]) -> Iterator[str]:
    """Yield operations that tell no errors."""
    for where, operation in operations(description):
        if not any(status.startswith(("4", "5", "default")) for status in operation["responses"]):
            yield f"{where}: no errors among its responses"


def evidence_faults(path: Path) -> Iterator[str]:
    """Yield the actions of an overlay that do not tell their evidence."""
    for index, action in enumerate(_yaml.load_file(path)["actions"]):
        _, found, evidence = str(action.get("description", "")).partition("Evidence:")
        if not found or "https://" not in evidence:
            yield f"{path.relative_to(OVERLAYS.parent)}: actions[{index}]: no 'Evidence:' with a link in its description"


def example_faults(description: dict[str, Any]) -> Iterator[str]:
    """Yield the examples that do not hold against their schemas: of schemas, and of media types."""
    for pointer, node in nodes(description):
        if not isinstance(node, dict):
            continue
        if "schema" in node and isinstance(examples := node.get("examples", {}), dict):
            for name, example in examples.items():
                yield from mismatches(description, f"{pointer}/schema", example["value"], f"{pointer}/examples/{name}")
        elif isinstance(examples := node.get("examples"), list):
            for index, example in enumerate(examples):
                yield from mismatches(description, pointer, example, f"{pointer}/examples/{index}")


def mismatches(description: dict[str, Any], schema: str, example: Any, where: str) -> Iterator[str]:
    """Yield how an example contradicts the schema at a JSON pointer."""
    # The whole description goes along, so that references within it resolve.
    validator = jsonschema_rs.Draft202012Validator({**description, "$ref": schema}, validate_formats=True)
    for error in validator.iter_errors(example):
        yield f"{where}: {error.message}"


if __name__ == "__main__":
    print(f"linting {DESCRIPTION.relative_to(ROOT)} and {len(overlay_files())} overlays")
    sys.exit(main())
