"""The result of an attempt: the decoded reply, or the error to raise. The drivers are in clients.py."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import httpx

from paiflow._text import clean
from paiflow.client.answering import NO_BODY, Described, judge
from paiflow.client.discretion import unchain
from paiflow.client.httpx_internals import UNSENT
from paiflow.client.reply_body import Whole
from paiflow.client.routes import Route
from paiflow.client.service_errors import excerpt, request_id_of, service_error
from paiflow.errors import PaiFlowError, ServiceError, TransportError, UnexpectedReply
from paiflow_api.calling import Operation

if TYPE_CHECKING:
    from paiflow_api.decoding import Reply

R = TypeVar("R", bound="Reply")
R_co = TypeVar("R_co", covariant=True)

logger: logging.Logger = logging.getLogger("paiflow")


@dataclass(frozen=True, repr=False)
class Response(Generic[R_co]):
    """The reply to a call.

    Attributes:
        status_code: the HTTP status.
        content: the body, decompressed.
        headers: names in any case.
        parsed: the model that the body was decoded into.
    """

    status_code: HTTPStatus
    content: bytes
    headers: Mapping[str, str]
    parsed: R_co

    def __repr__(self) -> str:
        return f"<Response {int(self.status_code)}: {self.parsed!r:.200}>"


# In words, where httpx has none of its own.
_REASONS: dict[type[Exception], str] = {
    httpx.ConnectTimeout: "no connection within the timeout",
    httpx.ReadTimeout: "nothing was received within the timeout",
    httpx.WriteTimeout: "nothing could be sent within the timeout",
    httpx.PoolTimeout: "no connection of the pool became free within the timeout",
}

_REASON_CHARACTERS = 300


@contextmanager
def attempt(name: str, number: int, deadline: float, route: Route | None = None) -> Iterator[None]:
    """Turn what goes wrong on the way to a reply into our errors, and log it.

    Args:
        name: the operationId.
        number: of the attempt, from 1.
        deadline: the monotonic clock's reading at which the call's time is up.
        route: the way that the request takes; None if it is not sent within this.
    """
    started = time.monotonic()
    failure: PaiFlowError
    cause: Exception | None
    try:
        yield
    except (httpx.HTTPError, httpx.StreamError, OSError) as error:  # TimeoutError is an OSError
        failure = _transport_error(name, number, error, route, out_of_time=time.monotonic() >= deadline)
        # The text of a protocol error quotes what came, or a header that could not go out: not to be shown.
        cause = None if isinstance(error, httpx.ProtocolError) else error
    except TransportError as error:  # of the intake, which does not know the number
        failure, cause = _lost(name, error.reason, number, route, sent=True), None
    else:
        return
    logger.debug("%s attempt %d: %s after %.3f s", name, number, str(failure), time.monotonic() - started)
    try:
        raise failure
    finally:
        unchain(failure, cause)
        del failure, cause


def _transport_error(
    name: str, number: int, error: Exception, route: Route | None, *, out_of_time: bool
) -> TransportError:
    sent = route is not None and not isinstance(error, UNSENT)
    # asyncio's timer may go off one tick of the clock before the deadline.
    of_timer = isinstance(error, TimeoutError) and error.errno is None
    if of_timer or (isinstance(error, TimeoutError | httpx.TimeoutException) and out_of_time):
        return _lost(name, "the time for the whole call was up", number, route, sent=sent)
    if isinstance(error, httpx.LocalProtocolError):
        return _lost(name, "the request could not be written: a header is malformed", number, route)
    reason = _REASONS.get(type(error)) or clean(str(error), _REASON_CHARACTERS) or type(error).__name__
    # A proxy that asks for a password, or does not let through, will do so again.
    refused = isinstance(error, httpx.ProxyError) and reason.startswith("4")
    may_pass = not refused and not isinstance(error, httpx.UnsupportedProtocol)
    if route is not None:
        reason = route.reason(error, reason)
    return _lost(name, reason, number, route, may_pass=may_pass, sent=sent)


def _lost(name: str, reason: str, number: int, route: Route | None, **known: bool) -> TransportError:
    host, proxy = (None, None) if route is None else (route.host, route.proxy)
    return TransportError(name, reason, number, host=host, proxy=proxy, **known)


def interpret(operation: Operation[R], response: Whole, attempts: int, now: float) -> Response[R]:
    """Return the reply that has been read, with its model.

    Args:
        operation: whose reply it is.
        response: read, decoded.
        attempts: made by now.
        now: seconds since the epoch.

    Raises:
        ServiceError: the service said no, by its status or in the body; or something before it broke.
        UnexpectedReply: the reply is no answer: answering.py says which is one.
    """
    from paiflow_api.decoding import undisturbed  # noqa: PLC0415 - with the first reply

    name, status = operation.name, response.status_code
    if logger.isEnabledFor(logging.DEBUG):
        request_id = request_id_of(response.headers)
        logger.debug("%s attempt %d: status %d (request id %s)", name, attempts, status, request_id)
    # An error is made in there and raised out here, where no variable holds what came: it may quote a secret.
    outcome = undisturbed(lambda: _decoded(operation, response, attempts, now))
    if isinstance(outcome, PaiFlowError):
        raise outcome
    return Response(_known_status(status), response.content, response.headers, outcome)


def _decoded(operation: Operation[R], response: Whole, attempts: int, now: float) -> R | ServiceError | UnexpectedReply:
    """Return the model of a reply that is an answer, else the error that it stands for."""
    from paiflow_api.decoding import read_reply  # noqa: PLC0415 - with the first reply

    name, model = operation.name, operation.reply
    status, headers, content = response
    body: Any = None
    try:
        if 200 <= status < 300:
            body = read_reply(model, content) if content else NO_BODY
        location = headers.get("location") if 300 <= status < 400 else None
        verdict = judge(status, body, Described(tuple(model._FIELDS), operation.lists), location)
        if verdict.says == "yes":
            return model.from_dict({} if body is NO_BODY else body)
        reason = verdict.reason
    except TypeError as error:  # of the model: a list where an object is due, or the reverse
        reason = str(error)
    except UnicodeDecodeError:
        reason = "it is not text"
    except ValueError as error:
        reason = f"it is not JSON: {error}"
    except RecursionError:
        reason = "it nests too deeply"
    else:
        if verdict.says == "no":
            return service_error(
                name,
                status,
                headers,
                content,
                attempts=attempts,
                now=now,
                fields=body,
                ram_action=operation.ram_action,
            )
    # The body of a redirect quotes the URL that it leads to.
    begins = "" if 300 <= status < 400 else excerpt(content)
    return UnexpectedReply(name, status, begins, request_id_of(headers), reason)


def _known_status(status: int) -> HTTPStatus:
    """Return the status as a member of HTTPStatus; as it is where that has none, such as 299."""
    try:
        return HTTPStatus(status)
    except ValueError:
        return cast("HTTPStatus", status)


def clock_skew(error: ServiceError, headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds by which the service's clock is ahead of ours, where it refused our date and told its own."""
    if not (error.code or "").startswith("InvalidTimeStamp"):
        return None
    try:
        return parsedate_to_datetime(headers.get("date", "")).timestamp() - now
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
