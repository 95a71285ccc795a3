"""Check a description: valid OpenAPI 3.1, and a few rules of our own."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from paiflow._description import Description, DescriptionError, Operation, Place, keys_of, reference_to
from tooling.documents import lost, openapi_errors, walk
from tooling.lint.examples import example_faults
from tooling.lint.faults import Fault

Rule = Callable[[dict[str, Any]], Iterable[Fault]]

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


def invalid(description: dict[str, Any]) -> Iterator[Fault]:
    """Yield violations of OpenAPI 3.1."""
    for place, words in openapi_errors(description):
        yield Fault(place, f"not OpenAPI 3.1: {words}")


def parameter_faults(description: dict[str, Any]) -> Iterator[Fault]:
    """Yield parts of paths that no parameter describes, parameters of no part, and parameters that are there twice."""
    if any(lost(description)):
        return  # `reference_faults` reports it
    for operation in operations(description):
        whole = Description(description)
        given = [whole.resolved(one)[0] for one in operation.node.get("parameters", [])]
        shared = [whole.resolved(one)[0] for one in operation.item.get("parameters", [])]
        named = {one.get("name") for one in (*given, *shared) if one.get("in") == "path"}
        parts = set(re.findall(r"\{(.*?)\}", operation.path))
        wrong = [f"no parameter describes {{{name}}} of the path" for name in sorted(parts - named)]
        wrong += [f"the path has no {{{name}}}, which a parameter describes" for name in sorted(named - parts, key=str)]
        places = [(one.get("name"), one.get("in")) for one in given]
        wrong += [
            f"the parameter {name} is there twice"
            for name, where in dict.fromkeys(places)
            if places.count((name, where)) > 1
        ]
        yield from (Fault(operation.place, f"{operation.title}: {words}") for words in wrong)


def info_faults(description: dict[str, Any]) -> Iterator[Fault]:
    """Yield missing parts of `info`, servers and security."""
    info = description.get("info", {})
    for key in ("title", "summary", "description"):
        if not info.get(key):
            yield Fault(("info",), f"info has no {key}")
    if not _VERSION.fullmatch(str(info.get("version", ""))):
        yield Fault(("info", "version"), "info.version is not the vendor's, a date such as 2021-02-02 in quotes")
    if not _external_link(description):
        yield Fault((), "no link to the vendor's page (externalDocs.url)")


def operations(description: dict[str, Any]) -> tuple[Operation, ...]:
    """Return the operations; none where they cannot be found, which `invalid` and `reference_faults` report."""
    try:
        return Description(description).operations
    except DescriptionError:
        return ()


def operation_faults(description: dict[str, Any]) -> Iterator[Fault]:
    """Yield missing parts of operations."""
    tags = {tag.get("name") for tag in description.get("tags", [])}
    for operation in operations(description):
        for key in ("operationId", "summary", "tags"):
            if not operation.node.get(key):
                yield Fault(operation.place, f"{operation.title}: no {key}")
        if not _external_link(operation.node):
            yield Fault(operation.place, f"{operation.title}: no link to the vendor's page (externalDocs.url)")
        for tag in operation.node.get("tags", []):
            if tag not in tags:
                wrong = f"{operation.title}: the tag {tag} is not among the description's tags"
                yield Fault((*operation.place, "tags"), wrong)


def name_faults(description: dict[str, Any]) -> Iterator[Fault]:
    """Yield names of another form than the others, and operations of the same name."""
    seen: dict[str, str] = {}
    for operation in operations(description):
        name, place = operation.node.get("operationId", ""), (*operation.place, "operationId")
        if name and not _NAME.fullmatch(name):
            yield Fault(place, f"{operation.title}: operationId {name} is not spelt like ListPipelineRunsStatus")
        if name and seen.setdefault(name, operation.title) != operation.title:
            yield Fault(place, f"{operation.title}: operationId {name} is that of {seen[name]}, too")
    for path in description.get("paths", {}):
        if not _PATH.fullmatch(path):
            wrong = f"the path {path} is not spelt like /api/v1/pipelineruns/{{PipelineRunId}}"
            yield Fault(("paths", path), wrong)
    for index, tag in enumerate(description.get("tags", [])):
        if not _TAG.fullmatch(str(tag.get("name"))):
            yield Fault(("tags", index), f"the tag {tag.get('name')} is not spelt like pipeline-runs")
    for kind, name in _components(description):
        # What a security scheme is called is the vendor's word for it, such as ACS3-HMAC-SHA256.
        if kind != "securitySchemes" and not _NAME.fullmatch(name):
            yield Fault(("components", kind, name), f"the component {name} is not spelt like PipelineRun")


def error_faults(description: dict[str, Any]) -> Iterator[Fault]:
    """Yield operations that tell no errors."""
    for operation in operations(description):
        if not any(status.startswith(("4", "5", "default")) for status in operation.node.get("responses", {})):
            yield Fault((*operation.place, "responses"), f"{operation.title}: no errors among its responses")


def reference_faults(description: dict[str, Any]) -> Iterator[Fault]:
    """Yield references that lead nowhere, and security schemes that are not there."""
    for place, words in lost(description):
        yield Fault(place, words)
    schemes = description.get("components", {}).get("securitySchemes", {})
    for operation in operations(description):
        for name in (name for requirement in operation.node.get("security", []) for name in requirement):
            if name not in schemes:
                yield Fault((*operation.place, "security"), f"{operation.title}: there is no security scheme {name}")


def unused_components(description: dict[str, Any]) -> Iterator[Fault]:
    """Yield components that nothing refers to but themselves."""
    used: dict[Place, set[Place]] = {}
    for place, node in walk(description):
        if isinstance(node, dict):
            named = [node.get("$ref"), *node.get("discriminator", {}).get("mapping", {}).values()]
            named += [
                reference_to("components", "securitySchemes", name) for one in node.get("security", []) for name in one
            ]
            for reference in named:
                if isinstance(reference, str) and reference.startswith("#"):
                    used.setdefault(tuple(keys_of(reference)[:3]), set()).add(place[:3])
    for kind, name in _components(description):
        component = ("components", kind, name)
        if not used.get(component, set()) - {component}:
            yield Fault(component, f"nothing refers to the component {name}")


def link_faults(description: dict[str, Any]) -> Iterator[Fault]:
    """Yield links, in texts and URLs of the description, that outsiders cannot open."""
    for place, node in walk(description):
        if isinstance(node, str) and place[-1] in ("description", "summary", "url"):
            for wrong in bad_links(node):
                yield Fault(place, wrong)


def bad_links(text: str) -> Iterator[str]:
    """Yield the wrong links in a text: not https, or not to a host that is everybody's."""
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


OF_DESCRIPTIONS: tuple[Rule, ...] = (
    invalid, info_faults, operation_faults, parameter_faults, name_faults, reference_faults, link_faults,
)  # fmt: skip
"""What holds for a description as a person wrote it, without overlays."""

OF_EFFECTIVE: tuple[Rule, ...] = (*OF_DESCRIPTIONS, error_faults, unused_components, example_faults)
"""What holds for one to which the overlays were applied."""
