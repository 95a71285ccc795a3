"""Check a request's headers as the vendor's gateway does, before authentication.

The order of the checks, here and in authentication: the routing, the cheap ones, the access key, then
the signature, and last those that need a valid signature. Assumption: order-of-checks.
"""

from collections.abc import Mapping

from paiflow.mock.description import Operation
from paiflow.mock.http_messages import Request
from paiflow.mock.refusals import Refusal

__all__ = ["check_operation", "headers_of", "mandatory"]

_ONCE = frozenset({"authorization", "content-type", "host"})


def headers_of(request: Request) -> dict[str, str]:
    """Return the headers by name in lower case.

    Raises:
        Refusal: one that decides anything here came twice. Signing joins the values, so a check of
            either one alone could be got round. Assumption: headers-twice.
    """
    headers: dict[str, str] = {}
    for name, value in request.headers:
        lowered = name.lower()
        if lowered in headers and (lowered in _ONCE or lowered.startswith("x-acs-")):
            raise Refusal("InvalidParameter", lowered, detail="it was sent more than once")
        headers[lowered] = value.strip(" \t")
    return headers


def check_operation(operation: Operation, headers: Mapping[str, str]) -> None:
    """Check that the headers ask for the operation that the path leads to.

    Raises:
        Refusal: they do not say, or say something else.
    """
    if mandatory(headers, "x-acs-version", "Version") != operation.version:
        raise Refusal("InvalidVersion", "Version")
    if mandatory(headers, "x-acs-action", "Action") != operation.action:
        raise Refusal("InvalidAction", "Action")


def mandatory(headers: Mapping[str, str], name: str, parameter: str) -> str:
    """Return the value of a header.

    Raises:
        Refusal: it is not there, or empty.
    """
    value = headers.get(name)
    if not value:
        raise Refusal(f"Missing{parameter}", parameter, detail=f"header {name}")
    return value
