"""Where the code of a sample sends its request, and who signs a curl."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import attrs

from paiflow.client.endpoint import AIWORKSPACE, ARGUMENTS, PAIFLOW, Endpoints, is_loopback
from paiflow.credentials import Credentials
from paiflow.errors import ConfigurationError
from paiflow_api.calling import Parameter

_OF_REGION = r"https://paiflow(-vpc)?\.([a-z0-9-]+)\.aliyuncs\.com"


@attrs.frozen
class Site:
    """Where the code of a sample sends its request, and who signs a curl.

    Attributes:
        endpoint_of: gives the base URL of a service, by the first label of its host; as `PaiFlow.endpoint_of`.
        credentials: sign a curl; None if no curl is asked for.
        defaults: of the client, by the name that the operation's parameters give them.
        clock: gives seconds since the epoch.
        nonce: gives a text never given before.
    """

    endpoint_of: Callable[[str], str]
    credentials: Callable[[], Credentials] | None = attrs.field(default=None, repr=False)
    defaults: Mapping[str, object] = attrs.Factory(dict)
    clock: Callable[[], float] = time.time
    nonce: Callable[[], str] = attrs.field(default=partial(secrets.token_hex, 16), repr=False)

    def settings(self, host: str) -> dict[str, object]:
        """Return the arguments of a client that sends to the same place what a service is asked.

        Args:
            host: the first label of the service's host.

        Raises:
            ConfigurationError: the service has no endpoint.
        """
        url = self.endpoint_of(PAIFLOW)
        given: dict[str, object] = {"endpoint": url}
        if match := re.fullmatch(_OF_REGION, url):
            given = {"region": match[2]} | ({"vpc": True} if match[1] else {})
        elif url.startswith("http:") and not is_loopback(url):
            given["allow_http"] = True
        if host == AIWORKSPACE and self.endpoint_of(host) != _derived(url, host):
            given[ARGUMENTS[AIWORKSPACE]] = self.endpoint_of(host)
        return given


def site_of(
    region: str | None = None, endpoint: str | None = None, environ: Mapping[str, str] | None = None, **others: Any
) -> Site:
    """Return the site of a region or an endpoint. `others` are of Site.

    Raises:
        ConfigurationError: there is neither, or it cannot be one.
    """
    return Site(Endpoints(endpoint, None, region, False, True, environ or {}).of, **others)


def variable_of(parameter: Parameter) -> str:
    """Return the variable of the environment from which a sample reads a secret argument."""
    return f"PAIFLOW_{parameter.argument.upper()}"


def _derived(url: str, host: str) -> str | None:
    """Return the endpoint of a service that a client derives from PAIFlow's, None if it cannot."""
    try:
        return Endpoints(url, None, None, False, True, {}).of(host)
    except ConfigurationError:
        return None
