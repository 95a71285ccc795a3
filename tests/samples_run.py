"""Run samples as a user does who copies them: Python in a namespace of its own, a curl in a shell."""

import argparse
import contextlib
import io
import os
import subprocess
import warnings
from collections.abc import Mapping
from typing import Any

import httpx

from paiflow_api.calling import Operation, Parameter

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    # When it is first imported it reads keys from the environment, and keeps them: not those of a sample.
    import alibabacloud_credentials.client  # noqa: F401

ODD = "say \"it's\" `id` $HOME \\ {x} %41 50% a+b&c=d?e#f\r\n\t'''名前'''\n龍\u202e\U0001f600\x7f!"
SECRET = "share&token='\" +%"  # it comes from the environment, where in some locales there is ASCII only


def value_of(parameter: Parameter) -> Any:
    """Return a value for an argument; a text is full of what needs care."""
    match parameter.kind:
        case "enum":
            return parameter.values[-1]
        case "boolean":
            return True
        case "object" | "json":
            return {ODD: [ODD]}
        case "integer" | "number":
            return int(parameter.minimum or 1)
        case "texts" | "comma-list":
            return ["flow-a", "flow-b'\"龙"]
        case "objects":
            return [{field.name: value_of(field) for field in parameter.fields}]
        case _ if parameter.secret:
            return SECRET
    return "flow-a'\"龙" if parameter.id else ODD


def arguments_of(operation: Operation[Any]) -> dict[str, Any]:
    """Return values for all arguments of an operation that go together, by their wire names."""
    either = operation.one_of or (operation.any_of if operation.exclusive else ())
    return {one.name: value_of(one) for one in operation.parameters if one.name not in either[:-1]}


def run_python(code: str, environ: Mapping[str, str]) -> str:
    """Run a Python sample, and return what it prints and the name of the error that ends it."""
    printed = io.StringIO()
    before = dict(os.environ)
    os.environ.update(environ)
    try:
        with contextlib.redirect_stdout(printed), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the vendor's SDK
            exec(compile(code, "sample.py", "exec"), {"__name__": "__main__"})
    except Exception as error:  # noqa: BLE001 - a sample that fails shows a traceback
        return f"{printed.getvalue()}{type(error).__name__}: {error}"
    finally:
        os.environ.clear()
        os.environ.update(before)
    return printed.getvalue()


def run_curl(code: str, environ: Mapping[str, str]) -> httpx.Response:
    """Run a curl in a shell that shows its arguments, and send what curl would send of them."""
    shell = 'curl() { printf "%s\\0" "$@"; }\n' + code
    # As bytes: a locale may lack the characters.
    variables = {name.encode(): value.encode() for name, value in environ.items()}
    shown = subprocess.run(["sh", "-u", "-c", shell.encode()], env=variables, capture_output=True, check=True).stdout
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("-X", dest="method", default="GET")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("--data-binary", dest="body")
    parser.add_argument("--url-query", dest="query", action="append", default=[])
    given = parser.parse_args(shown.decode().split("\0")[:-1])
    pairs = [httpx.QueryParams([query.split("=", 1)]) for query in given.query]
    for pair in pairs:
        given.url += ("&" if "?" in given.url else "?") + str(pair)
    headers = [tuple(header.split(": ", 1)) for header in given.headers]
    with httpx.Client(trust_env=False) as client:
        return client.request(given.method, given.url, headers=headers, content=given.body)
