"""Samples for paiflow itself: PaiFlow, and AsyncPaiFlow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paiflow.client.preparing import values_of
from paiflow.samples.literals import Code, call
from paiflow.samples.site import Site, variable_of
from paiflow_api.calling import Call, Operation, Parameter
from paiflow_api.methods import Methods


def blocking(asked: Call[Any], site: Site) -> str:
    """Return the code that calls the operation's method of PaiFlow."""
    given = arguments_of(asked, site)
    made = call(f"client.{_method(asked.operation)}", given, "    ")
    opened = call("PaiFlow", site.settings(asked.operation.host))
    return (
        f"{imports(given)}from paiflow import PaiFlow\n"
        "\n"
        f"with {opened} as client:\n"
        f"    reply = {made}\n"
        "print(reply.to_dict())\n"
    )


def awaiting(asked: Call[Any], site: Site) -> str:
    """Return the code that awaits the operation's method of AsyncPaiFlow."""
    given = arguments_of(asked, site)
    made = call(f"await client.{_method(asked.operation)}", given, "        ")
    opened = call("AsyncPaiFlow", site.settings(asked.operation.host), "    ")
    return (
        f"{imports(given, 'asyncio')}from paiflow import AsyncPaiFlow\n"
        "\n\n"
        "async def main() -> None:\n"
        f"    async with {opened} as client:\n"
        f"        reply = {made}\n"
        "    print(reply.to_dict())\n"
        "\n\n"
        "asyncio.run(main())\n"
    )


def arguments_of(asked: Call[Any], site: Site) -> dict[str, Any]:
    """Return the values of a call as they go onto the wire, by their arguments; a secret as the code that reads it.

    Raises:
        InvalidRequest: an argument is unknown, missing, or not valid.
    """
    return {parameter.argument: shown(parameter, value) for parameter, value in values_of(asked, site.defaults).items()}


def shown(parameter: Parameter, value: Any) -> Any:
    """Return a value, or for a secret the code that reads it from the environment."""
    return Code(f'os.environ["{variable_of(parameter)}"]') if parameter.secret else value


def imports(given: Mapping[str, Any], *modules: str) -> str:
    """Return the imports of the standard library's modules, and `os` where a value needs it."""
    needed = {*modules, *(["os"] if any(isinstance(value, Code) for value in given.values()) else [])}
    return "".join(f"import {name}\n" for name in sorted(needed)) + ("\n" if needed else "")


def _method(operation: Operation[Any]) -> str:
    return next(name for name in vars(Methods) if name.replace("_", "") == operation.name.lower())
