"""Name the route of a request for errors: the service's host, and the proxy. Without user names and passwords."""

from __future__ import annotations

import re
import socket
from typing import Final, NamedTuple

import httpx

# Those with a public endpoint of PAIFlow. Source: the vendor's list of products, as of April 2026.
REGIONS: Final = (
    "cn-hangzhou",
    "cn-shanghai",
    "cn-beijing",
    "cn-shenzhen",
    "cn-wulanchabu",
    "cn-hongkong",
    "ap-southeast-1",
    "ap-southeast-5",
)

_PORTS: Final = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


class Route(NamedTuple):
    """The way to a service.

    Attributes:
        host: of the service, with its port.
        proxy: likewise; None if there is none.
    """

    host: str
    proxy: str | None = None

    def reason(self, error: Exception, said: str) -> str:
        """Return the fault of the connection, in one line.

        Args:
            error: what httpx raised.
            said: its words.
        """
        if isinstance(error, httpx.ProxyError):
            said = f"the proxy refused: {said}"
        elif not _is_name_unknown(error):
            return said
        return f"{said}; {hint}" if (hint := region_hint(self.host)) else said


def route_of(endpoint: str, proxy: httpx.Proxy | None) -> Route:
    """Return the way to an endpoint."""
    return Route(_host_and_port(httpx.URL(endpoint)), None if proxy is None else _host_and_port(proxy.url))


def region_hint(host: str) -> str:
    """Return which regions there are, the closest first, if a host names none that is known; else nothing."""
    match = re.fullmatch(r"[a-z0-9-]+\.([a-z0-9-]+)\.aliyuncs\.com(?::\d+)?", host)
    if match is None or match[1] in REGIONS:
        return ""
    from difflib import SequenceMatcher  # noqa: PLC0415 - for a mistake only

    closest, *others = sorted(REGIONS, key=lambda known: -SequenceMatcher(None, known, match[1]).ratio())
    return f"no region {match[1]} is known: did you mean {closest}? Others are {', '.join(others)}"


def _host_and_port(url: httpx.URL) -> str:
    host = url.raw_host.decode("ascii")
    return f"{f'[{host}]' if ':' in host else host}:{url.port or _PORTS.get(url.scheme, 443)}"


def _is_name_unknown(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, socket.gaierror):
            return True
        error = error.__cause__ or error.__context__
    return False
