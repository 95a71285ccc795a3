"""Read the environment's settings for connections: proxies and certificates.

httpx reads them too, but cannot read every NO_PROXY, and its errors quote what it could not read: a password, perhaps.
The errors here name the variable, and quote nothing of its value.
"""

from __future__ import annotations

import os
import ssl
from importlib.util import find_spec
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.request import getproxies

import httpx

from paiflow.client.endpoint import is_host, is_loopback
from paiflow.errors import ConfigurationError

_SCHEMES: Final = ("http", "https", "socks5", "socks5h")
_OTHERS: Final = ", ".join([f"{scheme}://" for scheme in _SCHEMES[1:]])


def certificates(*, encrypted: bool) -> ssl.SSLContext:
    """Return the TLS settings: certifi's certificates, or those of SSL_CERT_FILE or SSL_CERT_DIR.

    Args:
        encrypted: whether there is something to verify. Without, no certificates are loaded: it takes long.

    Raises:
        ConfigurationError: a variable names something that cannot be used.
    """
    if not encrypted:
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if not file and folder and not os.path.isdir(folder):  # noqa: PTH112 - any text, a NUL too
        raise ConfigurationError("SSL_CERT_DIR is not a folder: name a folder of certificates, or unset it")
    try:
        return httpx.create_ssl_context()
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        reason = getattr(error, "strerror", None) or type(error).__name__
    name, remedy = "SSLKEYLOGFILE", "name a file that can be written"
    if file and not _loads(file):
        name, remedy = "SSL_CERT_FILE", "name a file of certificates in PEM form"
    raise ConfigurationError(f"{name} cannot be used ({reason}): {remedy}, or unset it")


def _loads(file: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=file)
    except (OSError, ValueError):
        return False
    return True


def proxy_of(endpoint: str) -> httpx.Proxy | None:
    """Return the proxy through which the environment sends requests to an endpoint, or None.

    That of HTTPS_PROXY or HTTP_PROXY, by the endpoint's scheme, else of ALL_PROXY; unless NO_PROXY lists the host. This
    machine's loopback has none: no proxy can reach it.

    Raises:
        ConfigurationError: the variable holds no proxy's URL, or NO_PROXY holds something that is no list of hosts.
    """
    if is_loopback(endpoint):
        return None
    url = httpx.URL(endpoint)
    settings = getproxies()
    scheme = url.scheme if settings.get(url.scheme) else "all"
    if not settings.get(scheme) or _is_spared(url, settings.get("no", "")):
        return None
    return _proxy(_variable(f"{scheme}_proxy"), settings[scheme])


def _proxy(name: str, value: str) -> httpx.Proxy:
    value = value.strip()
    try:
        url = httpx.URL(value if "://" in value else f"http://{value}")
        host = url.raw_host.decode().removesuffix(".")
        # What follows the port is part of a password that was not escaped, and the host then is its beginning.
        whole = not (url.query or url.fragment or "@" in url.path)
        usable = url.scheme in _SCHEMES and is_host(f"[{host}]" if ":" in host else host)
        good = whole and usable and (url.port is None or 1 <= url.port <= 65535)
    except (httpx.InvalidURL, ValueError):
        good = False
    if not good:
        raise ConfigurationError(
            f"{name} is not the URL of a proxy: write http://host:port (or {_OTHERS}), and in a user name or password "
            "%23 for '#', %2F for '/', %3F for '?', %40 for '@'"
        )
    if url.scheme.startswith("socks") and find_spec("socksio") is None:
        raise ConfigurationError(f"{name} names a SOCKS proxy, which needs a package: pip install 'httpx[socks]'")
    # An https proxy is verified by the same certificates as the service.
    return httpx.Proxy(url, ssl_context=certificates(encrypted=True) if url.scheme == "https" else None)


def _variable(name: str) -> str:
    """Return a variable's name as the environment spells it; the lower case wins, as in urllib."""
    return name if os.environ.get(name) else name.upper()


def _is_spared(url: httpx.URL, no_proxy: str) -> bool:
    """Return whether a NO_PROXY lists the URL's host, as itself, by its domain or by its network.

    Raises:
        ConfigurationError: it holds characters that no host has.
    """
    if not no_proxy.isascii() or not all(c.isprintable() or c.isspace() for c in no_proxy):
        raise ConfigurationError(
            f"{_variable('no_proxy')} is not a list of hosts: it holds a character that is not ASCII or not printable "
            "(an international name is written xn--…)"
        )
    return any(_matches(entry.lower(), url) for entry in no_proxy.replace(",", " ").split())


def _matches(entry: str, url: httpx.URL) -> bool:
    """Return whether an entry of NO_PROXY stands for the URL's host.

    `example.com` is the host and those below it, `.example.com` and `*.example.com` only those below it; a port or a
    scheme narrows an entry. An entry that makes no sense stands for nothing.
    """
    scheme, separator, rest = entry.rpartition("://")
    if separator and scheme not in ("all", url.scheme):
        return False
    host = url.raw_host.decode().removesuffix(".")  # where url.host has an international name, this has its xn--…
    address = _address(host)
    if address is not None and _is_in(address, rest):
        return True
    name, port = _split(rest.rstrip("/"))
    if port and port != str(url.port or {"https": 443, "http": 80}[url.scheme]):
        return False
    if name == "*":
        return True
    if address is not None:
        return _address(name) == address
    domain = name.removeprefix("*").removesuffix(".")
    return host.endswith(domain if domain.startswith(".") else f".{domain}") or host == domain


def _is_in(address: IPv4Address | IPv6Address, network: str) -> bool:
    """Return whether an address is in a network; an IPv6 one may have brackets, around it all or around the address."""
    try:
        return address in ip_network(network.replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        return False


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.strip("[]"))
    except ValueError:
        return None


def _split(text: str) -> tuple[str, str]:
    """Return the host and the port, where there is one. Without brackets, an IPv6 address has no port."""
    host, colon, port = text.rpartition(":")
    if colon and port.isdigit() and (":" not in host or host.endswith("]")):
        return host, port
    return text, ""
