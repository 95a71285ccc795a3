"""The errors of the package.

    PaiFlowError                the base; public methods raise nothing else
    ├─ ConfigurationError       no endpoint, a plain-http endpoint off this machine, …
    ├─ CredentialsError         none, or half a pair; names the missing half and the places searched
    ├─ TransportError           no reply
    ├─ ServiceError             the service refused the call
    │  ├─ Throttled             too many calls: slow down
    │  ├─ AccessDenied          credentials, signature, clock or permission: fix them first
    │  ├─ NotFound              no such thing, or no such operation at this endpoint
    │  ├─ InvalidRequest        the request is wrong; also raised before any call
    │  └─ ServerFault           the service failed
    ├─ UnexpectedReply          does not fit the description
    └─ WaitError                a wait did not succeed; holds the result so far
       ├─ WaitFailed            a run or node failed or was stopped
       └─ WaitTimedOut          the time was up before all had ended

Every class has an `exit_code`, the exit status of the command.
Errors cross process pools: the arguments of each are its attributes, and `args`
holds them all, so pickle and copy need no help.
Text that comes from outside is redacted and escaped before it gets here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from paiflow.status.waiting import WaitResult

__all__ = [
    "AccessDenied",
    "ConfigurationError",
    "CredentialsError",
    "InvalidRequest",
    "NotFound",
    "PaiFlowError",
    "ServerFault",
    "ServiceError",
    "Throttled",
    "TransportError",
    "UnexpectedReply",
    "WaitError",
    "WaitFailed",
    "WaitTimedOut",
]


class PaiFlowError(Exception):
    """The base of all errors of the package.

    Attributes:
        result: of an error that ends a wait, what was known by then.
        maybe_done: whether the service may have done all the same what was asked for. False for what only reads, and
            where the service certainly has not acted: the request was not sent, or was refused.
    """

    exit_code: ClassVar[int] = 8
    result: WaitResult | None = None
    maybe_done: bool = False


class ConfigurationError(PaiFlowError):
    """The client cannot be set up as asked; the message says what to set."""

    exit_code = 2


class CredentialsError(PaiFlowError):
    """There are no usable credentials; the message names what is wrong, never a value."""

    exit_code = 7


class TransportError(PaiFlowError):
    """No reply came.

    Args:
        operation: the operationId.
        reason: what happened, in one line.
        attempts: attempts made.
        may_pass: whether it may go away by itself, so that another attempt makes sense.
        sent: whether the request, or a part of it, may have reached the service.
        host: of the service, with its port; None where it is not known, or nothing was to be sent.
        proxy: the same of the proxy on the way, None if there is none.
    """

    def __init__(
        self,
        operation: str,
        reason: str,
        attempts: int = 1,
        may_pass: bool = False,
        sent: bool = False,
        host: str | None = None,
        proxy: str | None = None,
    ) -> None:
        super().__init__(operation, reason, attempts, may_pass, sent, host, proxy)
        self.operation = operation
        self.reason = reason
        self.attempts = attempts
        self.may_pass = may_pass
        self.sent = sent
        self.host = host
        self.proxy = proxy

    def __str__(self) -> str:
        attempts = "1 attempt" if self.attempts == 1 else f"{self.attempts} attempts"
        place = "" if self.host is None else f" from {self.host}"
        way = "" if self.proxy is None else f" through the proxy {self.proxy}"
        return _sentence(f"{self.operation}: no reply{place}{way} in {attempts}: {self.reason}", None)

    def __repr__(self) -> str:
        return _repr(self, "operation", "reason", "attempts", "host", "proxy")


class ServiceError(PaiFlowError):
    """The service said no.

    Args:
        operation: the operationId.
        status: the HTTP status; None when the request was refused here, before any call.
        code: the service's error code, None if it gave none.
        message: the service's words, redacted; or an excerpt of a reply that is not the service's.
        request_id: what the vendor's support asks for.
        recommend: the vendor's troubleshooting link.
        retry_after: seconds after which the service asked to be called again.
        attempts: attempts made, 0 when the request was refused here.
        ram_action: the permission that the operation needs, where the account may lack it.
    """

    def __init__(
        self,
        operation: str,
        status: int | None = None,
        code: str | None = None,
        message: str = "",
        request_id: str | None = None,
        recommend: str | None = None,
        retry_after: float | None = None,
        attempts: int = 0,
        ram_action: str | None = None,
    ) -> None:
        super().__init__(operation, status, code, message, request_id, recommend, retry_after, attempts, ram_action)
        self.operation = operation
        self.status = status
        self.code = code
        self.message = message
        self.request_id = request_id
        self.recommend = recommend
        self.retry_after = retry_after
        self.attempts = attempts
        self.ram_action = ram_action

    def __str__(self) -> str:
        head = "not sent" if self.status is None else str(self.status)
        if self.code is not None:
            head += f" {self.code}"
        if self.message.startswith(f"{head} "):
            # A gateway's page begins with the status itself, "502 Bad Gateway": once is enough.
            head = self.message
        elif self.message:
            head += f": {self.message}"
        if self.ram_action is not None:
            head = f"{head.rstrip('. ')}; it needs the permission {self.ram_action}"
        return _sentence(f"{self.operation}: {head}", self.request_id)

    def __repr__(self) -> str:
        return _repr(
            self,
            *("operation", "status", "code", "message", "request_id", "recommend", "retry_after", "attempts"),
            "ram_action",
        )


class Throttled(ServiceError):
    """Too many calls: call again later, `retry_after` seconds from now if the service said so."""

    exit_code = 6


class AccessDenied(ServiceError):
    """The service does not accept who signed the request, how or when, or does not permit it.

    Trying again does not help; new credentials, a permission or a right clock does.
    """

    exit_code = 7


class NotFound(ServiceError):
    """It does not exist, or is not visible to this account; or this endpoint does not know the operation."""


class InvalidRequest(ServiceError):
    """The request is wrong and stays wrong; raised by the client too, before any call."""


class ServerFault(ServiceError):
    """The service, or something in front of it, broke; a later call may succeed."""


class UnexpectedReply(PaiFlowError):
    """A reply that does not fit the description.

    Args:
        operation: the operationId.
        status: the HTTP status.
        excerpt: how the reply begins, in one line.
        request_id: what the vendor's support asks for.
        reason: what does not fit.
    """

    def __init__(self, operation: str, status: int, excerpt: str, request_id: str | None, reason: str) -> None:
        super().__init__(operation, status, excerpt, request_id, reason)
        self.operation = operation
        self.status = status
        self.excerpt = excerpt
        self.request_id = request_id
        self.reason = reason

    def __str__(self) -> str:
        begins = f"; it begins: {self.excerpt}" if self.excerpt else ""
        return _sentence(f"{self.operation}: {self.status}, unexpected reply: {self.reason}{begins}", self.request_id)

    def __repr__(self) -> str:
        return _repr(self, "operation", "status", "excerpt", "request_id", "reason")


class WaitError(PaiFlowError):
    """A wait did not end as hoped.

    Args:
        message: what is the matter, in one line.
        result: what was known by then, of each id.
    """

    result: WaitResult

    def __init__(self, message: str, result: WaitResult) -> None:
        super().__init__(message, result)
        self.result = result

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class WaitFailed(WaitError):
    """Something that was waited for failed, was stopped, or is missing."""

    exit_code = 1


class WaitTimedOut(WaitError):
    """The time was up before all had ended."""

    exit_code = 5


def _sentence(text: str, request_id: str | None) -> str:
    """Return the text as one sentence, with the request id before its full stop."""
    about = "" if request_id is None else f" (request id {request_id})"
    return f"{text.rstrip('. ')}{about}."


def _repr(error: PaiFlowError, *names: str) -> str:
    """Return `Class(name=value, …)` without the names whose value is None."""
    values = {name: getattr(error, name, None) for name in names}
    shown = ", ".join(f"{name}={value!r}" for name, value in values.items() if value is not None)
    return f"{type(error).__name__}({shown})"
