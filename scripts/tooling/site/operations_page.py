"""The reference of the operations: what the effective description says of each, with the documented sample."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from paiflow import _yaml
from paiflow._description import Description, effective_text
from paiflow._description import Operation as Described
from paiflow.samples import sample
from paiflow.samples.examples import first_arguments
from paiflow_api.calling import Operation, Parameter
from paiflow_api.operations import OPERATIONS

_SAMPLES = {
    "python": "Python",
    "async": "Python, async",
    "vendor": "the vendor's SDK",
    "proxy": "curl, through the explorer",
}


def page() -> str:
    """Return the page, as Markdown."""
    description = Description(_yaml.load(effective_text()))
    lines = [
        "# Operations",
        "",
        "All operations of PAIFlow, and ListWorkspaces of AIWorkSpace, as the effective description has them: the vendor's",
        "pages, corrected by the overlays. Each is a method of [`PaiFlow` and `AsyncPaiFlow`](api.md), and a command:",
        "`paiflow call OPERATION --help`.",
        "",
        "| operation | what it does | method | path | repeated after a failure |",
        "|---|---|---|---|---|",
        *(_row(operation) for operation in OPERATIONS.values()),
    ]
    for operation in OPERATIONS.values():
        lines += ["", *_section(description, description.by_name[operation.name], operation)]
    return "\n".join(lines) + "\n"


def method_name(operation: Operation[Any]) -> str:
    """Return the name of the client's method: `get_pipeline_run` of GetPipelineRun."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", operation.name).lower()


def _row(operation: Operation[Any]) -> str:
    repeated = "yes" if operation.repeatable else "only if it was certainly not done"
    cells = (
        f"[{operation.name}](#{operation.name.lower()})",
        operation.summary,
        f"`{operation.method}`",
        f"`{operation.path}`",
        repeated,
    )
    return f"| {' | '.join(cells)} |"


def _section(description: Description, described: Described, operation: Operation[Any]) -> Iterator[str]:
    yield f"## {operation.name}"
    yield ""
    yield f"`{operation.method} {operation.path}` of {operation.product} {operation.version}"
    yield ""
    yield str(described.node.get("description") or f"{operation.summary}.").strip()
    yield ""
    yield f"- Method: `client.{method_name(operation)}(…)`" + (
        f", and `client.iter_{method_name(operation).removeprefix('list_')}(…)` for all pages"
        if operation.pages
        else ""
    )
    yield f"- RAM action: `{operation.ram_action}`" if operation.ram_action else "- RAM action: not documented"
    if operation.states:
        yield f"- The run must be {', '.join(operation.states)}."
    yield f"- [The vendor's page]({operation.link})"
    if operation.parameters:
        words = words_of(description, described)
        yield ""
        yield "| parameter | argument | where | type | what it is |"
        yield "|---|---|---|---|---|"
        for parameter in operation.parameters:
            yield _parameter(parameter, words.get(parameter.name, ""))
    yield from _code(operation, description)
    reply = _sample(description, described)
    if reply is not None:
        yield ""
        yield "A reply, as the vendor's page shows it:"
        yield ""
        yield "```json"
        yield json.dumps(reply, indent=2, ensure_ascii=False)
        yield "```"


def _code(operation: Operation[Any], description: Description) -> Iterator[str]:
    """Yield the code of a call with the documented values, as tabs. A signed curl would be too old for any reader."""
    arguments = first_arguments(operation, description)
    for kind, title in _SAMPLES.items():
        yield ""
        yield f'=== "{title}"'
        yield ""
        yield f"    ```{'bash' if kind == 'proxy' else 'python'}"
        yield from (f"    {line}".rstrip() for line in sample(kind, operation, arguments).splitlines())
        yield "    ```"


def words_of(description: Description, described: Described) -> dict[str, str]:
    """Return the description of each parameter and each field of the body, by name."""
    found = [description.resolved(one)[0] for one in described.parameters]
    words = {one["name"]: one.get("description", "") for one in found}
    body = described.node.get("requestBody")
    if body is not None:
        place = description.json_schema((*described.place, "requestBody"))
        schema = {} if place is None else description.resolved(description.at(place))[0]
        for name, one in schema.get("properties", {}).items():
            words[name] = description.resolved(one)[0].get("description", "")
    return {name: " ".join(str(text).split()) for name, text in words.items()}


def _parameter(parameter: Parameter, words: str) -> str:
    kind = parameter.kind if not parameter.values else "one of " + ", ".join(f"`{value}`" for value in parameter.values)
    needed = " **required**" if parameter.required else ""
    cells = (f"`{parameter.name}`", f"`{parameter.argument}`", f"{parameter.place}{needed}", kind, words)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _sample(description: Description, described: Described) -> Any:
    for status, place in description.responses(described).items():
        if status.startswith("2"):
            response = description.resolved(description.at(place), place)[0]
            for media in response.get("content", {}).values():
                if "example" in media:
                    return media["example"]
                for example in media.get("examples", {}).values():
                    return description.resolved(example)[0].get("value")
    return None
