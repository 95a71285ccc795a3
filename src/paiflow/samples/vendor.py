"""The sample for the vendor's Python SDK, which names packages, classes and methods after the operations."""

from __future__ import annotations

import re
from typing import Any

from paiflow.client.preparing import values_of
from paiflow.credentials import KEY_ID, KEY_SECRET, TOKEN
from paiflow.samples.literals import Code, call
from paiflow.samples.python import shown
from paiflow.samples.site import Site
from paiflow_api.calling import Call, Parameter


def sdk(asked: Call[Any], site: Site) -> str:
    """Return the code that calls the operation by the vendor's SDK."""
    operation = asked.operation
    package = f"alibabacloud_{operation.product.lower()}{operation.version.replace('-', '')}"
    scheme, _, host = site.endpoint_of(operation.host).partition("://")
    config = {
        "access_key_id": Code(f'os.environ["{KEY_ID}"]'),
        "access_key_secret": Code(f'os.environ["{KEY_SECRET}"]'),
        "security_token": Code(f'os.environ.get("{TOKEN}")'),
        "endpoint": host,
        **({"protocol": scheme} if scheme != "https" else {}),
    }
    request = f"models.{operation.name}Request"
    in_path: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for parameter, value in values_of(asked, site.defaults).items():
        written = shown(parameter, _value(request, parameter, value))
        if parameter.place == "path":
            in_path[str(len(in_path))] = written
        else:
            rest[_snake(parameter.name)] = written
    has_request = any(parameter.place != "path" for parameter in operation.parameters)
    arguments = [*in_path.values(), *([Code("request")] if has_request else [])]
    made = call(f"client.{_snake(operation.name)}", {str(place): one for place, one in enumerate(arguments)})
    return (
        f"# pip install {package.replace('_', '-')}\n"
        "import os\n"
        "\n" + (f"from {package} import models\n" if has_request else "") + f"from {package}.client import Client\n"
        "from alibabacloud_tea_openapi.models import Config\n"
        "\n"
        f"client = {call('Client', {'0': Code(call('Config', config, '    '))})}\n"
        + (f"request = {call(request, rest)}\n" if has_request else "")
        + f"response = {made}\n"
        "print(response.body.to_map())\n"
    )


def _value(owner: str, parameter: Parameter, value: Any) -> Any:
    """Return a value as the SDK takes it: an object of a list is of a class that is named after both."""
    if parameter.kind == "objects" and parameter.fields:
        return [Code(_object(f"{owner}{parameter.name}", parameter, item)) for item in value]
    if parameter.kind == "object" and parameter.fields:
        return Code(_object(f"{owner}{parameter.name}", parameter, value))
    return value


def _object(name: str, parameter: Parameter, value: dict[str, Any]) -> str:
    fields = {field.name: field for field in parameter.fields}
    return call(name, {_snake(key): _value(name, fields[key], item) for key, item in value.items()}, "        ")


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
