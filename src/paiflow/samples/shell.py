"""Samples for a shell: a curl that is signed already, and one through the signing proxy."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from shlex import quote
from typing import Any, Final

import httpx

from paiflow.client.preparing import MASK, Prepared, prepare, refused, url_of
from paiflow.credentials import KEY_ID, TOKEN
from paiflow.errors import ConfigurationError
from paiflow.samples.site import Site, variable_of
from paiflow.signing import SignatureAuth
from paiflow_api.calling import Call, Operation, Parameter

ADDRESS: Final = "PAIFLOW_EXPLORER"
PROXY_TOKEN: Final = "PAIFLOW_EXPLORER_TOKEN"  # noqa: S105 - the name of a variable
TOKEN_HEADER: Final = "x-paiflow-token"  # noqa: S105 - the name of a header

_MINUTES = 15


def signed(asked: Call[Any], site: Site) -> str:
    """Return a signed curl, which the service takes once, within 15 minutes.

    The access key id, the security token and arguments that are secret come from the environment.
    """
    if site.credentials is None:
        raise ConfigurationError("a signed curl needs credentials: give Site(credentials=)")
    operation, prepared = asked.operation, _prepared(asked, site)
    now = site.clock()
    auth = SignatureAuth(operation.name, operation.version, site.credentials, clock=lambda: now, nonce=site.nonce)
    url = url_of(site.endpoint_of(operation.host), prepared)
    request = httpx.Request(operation.method, url, content=prepared.body, headers=_headers(prepared))
    sent = next(auth.auth_flow(request)).headers
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + 60 * _MINUTES))
    return f"# Works once, until {until}. The access key's id comes from the environment.\n" + _curl(
        operation,
        prepared,
        # Without the first, the service may answer in XML.
        ['"accept: application/json"']
        + [
            _header(name, value) for name, value in sorted(sent.items()) if name.startswith(("authorization", "x-acs-"))
        ],
        base=f"{url.scheme}://{url.netloc.decode('ascii')}",
    )


def proxied(asked: Call[Any], site: Site) -> str:
    """Return a curl through the signing proxy, whose address and token come from the environment."""
    token = f'"{TOKEN_HEADER}: ${{{PROXY_TOKEN}:?}}"'
    return _curl(asked.operation, _prepared(asked, site), [token], variable=f'"${{{ADDRESS}:?}}"')


def _prepared(asked: Call[Any], site: Site) -> Prepared:
    """Return the request, with what does not print in its JSON escaped: a sample shows all that it sends."""
    prepared = prepare(asked, site.defaults)
    if len(prepared.secrets) != len(_hidden(asked.operation, prepared)):
        raise refused(asked.operation, "InvalidParameter", "a curl can carry a secret argument in the query only")
    if prepared.body is None:
        return prepared
    body = "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in prepared.body.decode())
    return replace(prepared, body=body.encode())


def _hidden(operation: Operation[Any], prepared: Prepared) -> list[Parameter]:
    """Return the secret parameters in a query."""
    pairs = prepared.shown.partition("?")[2].split("&")
    return [parameter for parameter in operation.parameters if f"{parameter.name}={MASK}" in pairs]


def _headers(prepared: Prepared) -> dict[str, str]:
    return {} if prepared.body is None else {"content-type": "application/json"}


def _header(name: str, value: str) -> str:
    """Return a header in double quotes, with what is secret as a variable."""
    if name == "authorization":
        value = re.sub(r"Credential=[^,]*", f"Credential=${{{KEY_ID}:?}}", value)
    if name == "x-acs-security-token":
        value = f"${{{TOKEN}:?}}"
    return f'"{name}: {value}"'


def _curl(
    operation: Operation[Any], prepared: Prepared, headers: list[str], *, base: str = "", variable: str = ""
) -> str:
    """Return the command. `variable` and `headers` are shell code; all else is quoted."""
    path, _, query = prepared.shown.partition("?")
    shown = "&".join([pair for pair in query.split("&") if not pair.endswith(f"={MASK}")])
    options = [f"-H {header}" for header in headers]
    options += [f"-H {quote(f'{name}: {value}')}" for name, value in _headers(prepared).items()]
    if prepared.body is not None:
        options.append(f"--data-binary {quote(prepared.body.decode())}")
    elif operation.method not in ("GET", "DELETE"):
        options.append("-H 'content-length: 0'")
    # curl encodes its value, as signing needs it (7.87 or later).
    hidden = _hidden(operation, prepared)
    options += [f'--url-query "{parameter.name}=${{{variable_of(parameter)}:?}}"' for parameter in hidden]
    method = "" if operation.method == "GET" else f" -X {operation.method}"
    glob = " --globoff" if "[" in base else ""
    url = variable + quote(base + path + ("?" + shown if shown else ""))
    return " \\\n  ".join([f"curl{method}{glob} {url}", *options]) + "\n"
