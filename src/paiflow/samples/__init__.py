"""Write the code that makes a call: in Python, with the vendor's SDK, or as a curl.

    print(sample("python", "GetPipelineRun", {"pipeline_run_id": "flow-a"}))

Pure. All that is known of an operation is its data, so a new operation needs nothing here. A sample holds no secret: it
reads credentials, and arguments that are secret, from the environment. A signed curl holds a signature, which the service
takes once, within 15 minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from paiflow._text import close_to
from paiflow.client.preparing import named
from paiflow.errors import ConfigurationError
from paiflow.samples import python, shell, vendor
from paiflow.samples.site import Site, site_of
from paiflow_api.calling import Call, Operation

__all__ = ["KINDS", "Site", "sample", "site_of"]

KINDS: Final[Mapping[str, Callable[[Call[Any], Site], str]]] = {
    "python": python.blocking,
    "async": python.awaiting,
    "vendor": vendor.sdk,
    "curl": shell.signed,
    "proxy": shell.proxied,
}


def sample(kind: str, operation: Operation[Any] | str, arguments: Mapping[str, Any], site: Site | None = None) -> str:
    """Return the code that makes a call.

    Args:
        kind: one of KINDS.
        operation: a row of paiflow_api.operations, or an operationId.
        arguments: as the client's method takes them; the wire's names are taken as well.
        site: where the code sends its request; by default to the region cn-hangzhou.

    Raises:
        ConfigurationError: there is no such kind, or the site lacks something: the credentials that sign a curl, or the
            operation's endpoint.
        InvalidRequest: there is no such operation, or an argument is unknown, missing, or not valid.
        CredentialsError: the site's credentials cannot be had.
    """
    if kind not in KINDS:
        hint = close_to(kind, KINDS) or f"; there are: {', '.join(KINDS)}"
        raise ConfigurationError(f"there is no sample {kind!r:.40}{hint}")
    return KINDS[kind](Call(named(operation), arguments), site_of(region="cn-hangzhou") if site is None else site)
