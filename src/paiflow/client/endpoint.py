"""Find the base URL of each service.

Pure: the environment is an argument. An endpoint that will carry signed requests is
taken apart by hand, and strictly: the usual parsers drop tabs and line breaks in silence
and disagree about what a host is. A refusal quotes no more than scheme and host, as a
mistyped endpoint may hold a password.
"""

import re
from collections.abc import Iterable, Mapping
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import urlsplit

from paiflow.errors import ConfigurationError

__all__ = ["Endpoints", "is_host", "is_loopback", "resolve_endpoint", "variable_of"]

# A service goes by the first label of its host. The argument of the client that holds its endpoint; the variable is
# named alike, and is there for any service.
PAIFLOW, AIWORKSPACE = "paiflow", "aiworkspace"
ARGUMENTS = {PAIFLOW: "endpoint", AIWORKSPACE: "aiworkspace_endpoint"}
ENDPOINT = "PAIFLOW_ENDPOINT"
REGION = "ALIBABA_CLOUD_REGION_ID"

_REGION = r"[a-z0-9-]+"
_NAME = r"(?!.{254})[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*"
_PORT = r":[0-9]{1,5}"
_IPV6_LOOPBACK = IPv6Address("::1")


class Endpoints:
    """The base URL of each service, by the first label of its host.

    PAIFlow's must be known at once. That of another service may be missing until one of its operations is called. A
    PAIFlow on this machine serves all, so that one mock is enough.

    Args:
        endpoint: of PAIFlow, a URL, or a host with or without a port, which means https.
        aiworkspace_endpoint: of AIWorkSpace, likewise.
        region: `cn-hangzhou` for one.
        vpc: whether a region's endpoints are those inside its private networks; has no effect on one given as such.
        allow_http: whether plain http may leave this machine.
        environ: usually os.environ.
        hosts: the services that there are.

    Raises:
        ConfigurationError: nothing to go by, or something that cannot be an endpoint; says what to set.
    """

    def __init__(
        self,
        endpoint: str | None,
        aiworkspace_endpoint: str | None,
        region: str | None,
        vpc: bool,
        allow_http: bool,
        environ: Mapping[str, str],
        hosts: Iterable[str] = ARGUMENTS,
    ) -> None:
        paiflow = resolve_endpoint(endpoint, region, vpc, allow_http, environ)
        self._urls = {PAIFLOW: paiflow}
        for host in hosts:
            argument = aiworkspace_endpoint if host == AIWORKSPACE else None
            if host == PAIFLOW:
                continue
            if (given := _given(host, argument, allow_http, environ)) is not None:
                self._urls[host] = given
            elif is_loopback(paiflow):
                self._urls[host] = paiflow
            elif (named := _region_of(paiflow) or _region(region, environ)) is not None:
                self._urls[host] = _of_region(host, named, vpc or "-vpc." in paiflow)

    def of(self, host: str) -> str:
        """Return the base URL of a service.

        Raises:
            ConfigurationError: there is none; says what to set.
        """
        try:
            return self._urls[host]
        except KeyError:
            either = f" or {ARGUMENTS[host]}=" if host in ARGUMENTS else ""
            raise ConfigurationError(
                f"no endpoint of {host}: give a region{either}, or set {REGION} or {variable_of(host)}"
            ) from None

    def all(self) -> list[str]:
        """Return the base URLs, each once."""
        return list(dict.fromkeys(self._urls.values()))


def resolve_endpoint(
    endpoint: str | None, region: str | None, vpc: bool, allow_http: bool, environ: Mapping[str, str]
) -> str:
    """Return PAIFlow's base URL, in lower case and without a slash at its end.

    The endpoint given, else PAIFLOW_ENDPOINT, else made from the region given or
    ALIBABA_CLOUD_REGION_ID. An empty variable counts as unset.

    Raises:
        ConfigurationError: nothing to go by, or something that cannot be an endpoint; says what to set.
    """
    if (given := _given(PAIFLOW, endpoint, allow_http, environ)) is not None:
        return given
    if (named := _region(region, environ)) is None:
        raise ConfigurationError(f"no endpoint: give a region or an endpoint, or set {ENDPOINT} or {REGION}")
    return _of_region(PAIFLOW, named, vpc)


def _given(host: str, endpoint: str | None, allow_http: bool, environ: Mapping[str, str]) -> str | None:
    """Return the base URL that the argument or the variable of a service holds, None if neither is there."""
    source = "the endpoint" if host == PAIFLOW else ARGUMENTS.get(host, host)
    if endpoint is None:
        source = variable_of(host)
        endpoint = environ.get(source) or None
    if endpoint is None:
        return None
    try:
        return _base_url(endpoint, allow_http)
    except ValueError as fault:
        raise ConfigurationError(f"{source} {fault}") from None


def variable_of(host: str) -> str:
    """Return the name of the variable that holds the endpoint of a service."""
    return f"{host.upper().replace('-', '_')}_ENDPOINT"


def _region(region: str | None, environ: Mapping[str, str]) -> str | None:
    source = "the region"
    if region is None:
        source, region = REGION, environ.get(REGION) or None
    if region is not None and not re.fullmatch(_REGION, region):
        raise ConfigurationError(f"{source} may hold only a-z, 0-9 and '-', like cn-hangzhou, but is {region!r}")
    return region


def _region_of(url: str) -> str | None:
    """Return the region that an endpoint of the vendor's form names."""
    match = re.fullmatch(rf"https://[a-z]+(?:-vpc)?\.({_REGION})\.aliyuncs\.com", url)
    return None if match is None else match[1]


def _of_region(host: str, region: str, vpc: bool) -> str:
    return f"https://{host}{'-vpc' if vpc else ''}.{region}.aliyuncs.com"


def is_loopback(url: str) -> bool:
    """Return whether the URL names this machine itself: 127.0.0.0/8, ::1 or localhost.

    Other names may lead there too, but that is for a resolver to say, and can change.
    """
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return False
    return host is not None and _is_loopback_host(host)


def is_host(host: str) -> bool:
    """Return whether the text is a host: a name, an IPv4 address, or an IPv6 address in brackets."""
    try:
        if host.startswith("["):
            IPv6Address(host[1:-1])
            return host.endswith("]") and "%" not in host
        # What ends in a number is an address: some resolvers take 127.1 or 2130706433 for one too.
        if host.rpartition(".")[2].isdigit():
            IPv4Address(host)
            return True
    except AddressValueError:
        return False
    return re.fullmatch(_NAME, host) is not None


def _base_url(text: str, allow_http: bool) -> str:
    """Return the base URL that the text stands for.

    Raises:
        ValueError: what is wrong with it, to follow the words that say where it came from.
    """
    if not text:
        raise ValueError("is empty")
    if not text.isascii():
        raise ValueError("holds a character that is not ASCII (an international name is written xn--…)")
    if not text.isprintable() or " " in text:
        raise ValueError("holds a space or a control character")
    if "@" in text:
        raise ValueError("must not hold a user name or password: credentials are given apart from it")
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "https", text
    scheme = scheme.lower()
    if scheme not in ("https", "http"):
        raise ValueError("must be an https:// URL, or a host, which means https")
    if "?" in rest or "#" in rest:
        raise ValueError("must not hold a query or a fragment")
    authority, _, path = rest.partition("/")
    if path:
        raise ValueError("must not hold a path")
    host, port = _host_and_port(authority.lower())
    if scheme == "http" and not allow_http and not _is_loopback_host(host.strip("[]")):
        raise ValueError(f"is plain http to {host}, which is not this machine: use https, or allow_http=True")
    return f"{scheme}://{host}{port}"


def _host_and_port(authority: str) -> tuple[str, str]:
    """Return the host, and the port with its colon or nothing.

    Raises:
        ValueError: as _base_url.
    """
    host, bracket, port = authority.partition("]")
    if bracket:
        host += bracket
    else:
        host, colon, port = authority.partition(":")
        port = colon + port
    if not is_host(host):
        raise ValueError("has no valid host: a name, an IPv4 address, or an IPv6 address in brackets")
    if not port:
        return host, ""
    if not re.fullmatch(_PORT, port) or not 1 <= int(port[1:]) <= 65535:
        raise ValueError("has a bad port: after the host, ':' and 1 to 65535")
    return host, f":{int(port[1:])}"


def _is_loopback_host(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return IPv6Address(host) == _IPV6_LOOPBACK if ":" in host else IPv4Address(host).is_loopback
    except AddressValueError:
        return False
