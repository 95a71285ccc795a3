"""What a description must be: valid OpenAPI 3.1, and a few rules of our own."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from openapi_spec_validator import OpenAPIV31SpecValidator

from tooling.documents import lost_references
from tooling.lint.places import Fault, at, keys_of, walk

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

# The vendor's spelling: ListPipelineRunsStatus, PipelineRun. Paths are lower case, with parameters spelt like names.
_NAME = re.compile(r"[A-Z][A-Za-z0-9]*")
_TAG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PATH = re.compile(r"(/([a-z0-9]+(-[a-z0-9]+)*|\{[A-Z][A-Za-z0-9]*\}))+")
_VERSION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LINK = re.compile(r"https?://[^\s\"'<>`]+", re.IGNORECASE)
_NOT_PUBLIC = (
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "corp",
    "home",
    "arpa",
    "test",
    "invalid",
    "example",
)
_MADE_UP = ("example.com", "example.org", "example.net")


def description_faults(description: dict[str, Any]) -> Iterator[Fault]:
    """Yield what is wrong with a description as a person wrote it, without overlays."""
    yield from invalid(description)
    yield from info_faults(description)
    yield from operation_faults(description)
    yield from name_faults(description)
    yield from reference_faults(description)
    yield from link_faults(description)


def effective_faults(description: dict[str, Any]) -> Iterator[Fault]:
    """Yield what is wrong with a description to which the overlays were applied, examples apart."""
    yield from description_faults(description)
    yield from error_faults(description)
    yield from unused_components(description)


def invalid(description: dict[str, Any]) -> Iterator[Fault]:
    """Yield what is not OpenAPI 3.1."""
    if list(lost_references(description)):
        return  # the validator would stop there, and `reference_faults` tells of it
    for error in OpenAPIV31SpecValidator(description).iter_errors():
        yield Fault(at("#", *error.absolute_path), f"not OpenAPI 3.1: {error.message}")


def info_faults(description: dict[str, Any]) -> Iterator[Fault]:
    """Yield what the description does not tell of itself."""
    info = description.get("info", {})
    for key in ("title", "summary", "description"):
        if not info.get(key):
            yield Fault("#/info", f"info has no {key}")
    if not _VERSION.fullmatch(str(info.get("version", ""))):
        yield Fault("#/info/version", "info.version is not the vendor's, a date such as 2021-02-02 in quotes")
    if not _external_link(description):
        yield Fault("#", "no link to the vendor's page (externalDocs.url)")


def operations(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each operation with its place, and its method and path in words."""
    for path, item in description.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                yield at("#/paths", path, method), f"{method.upper()} {path}", item[method]


def operation_faults(description: dict[str, Any]) -> Iterator[Fault]:
    """Yield what an operation lacks."""
    tags = {tag.get("name") for tag in description.get("tags", [])}
    for pointer, where, operation in operations(description):
        for key in ("operationId", "summary", "tags"):
            if not operation.get(key):
                yield Fault(pointer, f"{where}: no {key}")
        if not _external_link(operation):
            yield Fault(pointer, f"{where}: no link to the vendor's page (externalDocs.url)")
        for tag in operation.get("tags", []):
            if tag not in tags:
                yield Fault(f"{pointer}/tags", f"{where}: the tag {tag} is not among the description's tags")


def name_faults(description: dict[str, Any]) -> Iterator[Fault]:
    """Yield what is not named as the others are, and operations of the same name."""
    seen: dict[str, str] = {}
    for pointer, where, operation in operations(description):
        name = operation.get("operationId", "")
        if name and not _NAME.fullmatch(name):
            wrong = f"{where}: operationId {name} is not spelt like ListPipelineRunsStatus"
            yield Fault(f"{pointer}/operationId", wrong)
        if name and seen.setdefault(name, where) != where:
            yield Fault(f"{pointer}/operationId", f"{where}: operationId {name} is that of {seen[name]}, too")
    for path in description.get("paths", {}):
        if not _PATH.fullmatch(path):
            wrong = f"the path {path} is not spelt like /api/v1/pipelineruns/{{PipelineRunId}}"
            yield Fault(at("#/paths", path), wrong)
    for index, tag in enumerate(description.get("tags", [])):
        if not _TAG.fullmatch(str(tag.get("name"))):
            yield Fault(at("#/tags", index), f"the tag {tag.get('name')} is not spelt like pipeline-runs")
    for kind, name in _components(description):
        # What a security scheme is called is the vendor's word for it, such as ACS3-HMAC-SHA256.
        if kind != "securitySchemes" and not _NAME.fullmatch(name):
            yield Fault(at("#/components", kind, name), f"the component {name} is not spelt like PipelineRun")


def error_faults(description: dict[str, Any]) -> Iterator[Fault]:
    """Yield operations that tell no errors."""
    for pointer, where, operation in operations(description):
        if not any(status.startswith(("4", "5", "default")) for status in operation.get("responses", {})):
            yield Fault(f"{pointer}/responses", f"{where}: no errors among its responses")


def reference_faults(description: dict[str, Any]) -> Iterator[Fault]:
    """Yield references that lead nowhere, and security schemes that are not there."""
    for lost in lost_references(description):
        pointer, _, message = lost.partition(": ")
        yield Fault(pointer, message)
    schemes = description.get("components", {}).get("securitySchemes", {})
    for pointer, where, operation in operations(description):
        for name in (name for requirement in operation.get("security", []) for name in requirement):
            if name not in schemes:
                yield Fault(f"{pointer}/security", f"{where}: there is no security scheme {name}")


def unused_components(description: dict[str, Any]) -> Iterator[Fault]:
    """Yield components that nothing refers to but themselves."""
    used: dict[str, set[str]] = {}
    for pointer, node in walk(description):
        if isinstance(node, dict):
            references = [node.get("$ref"), *node.get("discriminator", {}).get("mapping", {}).values()]
            references += [f"#/components/securitySchemes/{name}" for one in node.get("security", []) for name in one]
            for reference in references:
                if isinstance(reference, str):
                    used.setdefault("/".join(reference.split("/")[:4]), set()).add("/".join(pointer.split("/")[:4]))
    for kind, name in _components(description):
        place = at("#/components", kind, name)
        if not used.get(place, set()) - {place}:
            yield Fault(place, f"nothing refers to the component {name}")


def link_faults(description: dict[str, Any]) -> Iterator[Fault]:
    """Yield links of the description to which nobody else can follow, in its texts and its URLs."""
    for pointer, node in walk(description):
        if isinstance(node, str) and keys_of(pointer)[-1] in ("description", "summary", "url"):
            for wrong in bad_links(node):
                yield Fault(pointer, wrong)


def bad_links(text: str) -> Iterator[str]:
    """Yield what is wrong with the links in a text: not https, or not to a host that is everybody's."""
    for link in links(text):
        try:
            parts = urlsplit(link)
            host = (parts.hostname or "").rstrip(".")
        except ValueError:
            yield f"the link {link} is none"
            continue
        if parts.scheme != "https":
            yield f"the link {link} is not https"
        if not _is_public(host):
            yield f"the link {link} leads to a host that is not public"


def links(text: str) -> list[str]:
    """Return the links in a text, without the punctuation behind them."""
    return [link.rstrip(".,;:!?)") for link in _LINK.findall(text)]


def _components(description: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for kind, components in description.get("components", {}).items():
        if isinstance(components, dict) and not kind.startswith("x-"):
            yield from ((kind, name) for name in components)


def _is_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        made_up = any(host == name or host.endswith(f".{name}") for name in _MADE_UP)
        return "." in host and host.rpartition(".")[2] not in _NOT_PUBLIC and not made_up


def _external_link(node: dict[str, Any]) -> bool:
    return str(node.get("externalDocs", {}).get("url", "")).startswith("https://")
