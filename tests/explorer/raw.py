"""Send bytes to an explorer, as a browser or an attacker would, and read what comes."""

import http.client
import json
import socket
from typing import Any, NamedTuple

import httpx

from paiflow.explorer import Address


class Raw(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> Any:
        return json.loads(self.body)["Code"]

    @property
    def message(self) -> Any:
        return json.loads(self.body)["Message"]


def ask(
    address: Address,
    method: str = "GET",
    target: str = "/api/v1/workspaces",
    *,
    body: bytes | None = None,
    **changes: str | None,
) -> Raw:
    """Send a request that is right but for these headers: `x_y="…"`; None leaves one away."""
    url = httpx.URL(address.url)
    headers: dict[str, str | None] = {"host": f"{url.host}:{url.port}", "x-paiflow-token": address.token}
    if body is not None:
        headers |= {"content-type": "application/json", "content-length": str(len(body))}
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return ask_raw(address, "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""]).encode() + (body or b""))


def ask_raw(address: Address, sent: bytes) -> Raw:
    url = httpx.URL(address.url)
    with socket.create_connection((url.host, url.port or 0), timeout=10) as connection:
        connection.sendall(sent)
        response = http.client.HTTPResponse(connection, method=sent[:4].decode().strip())
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Raw(response.status, headers, response.read())
