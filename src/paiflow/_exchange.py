"""What came of an attempt: the decoded reply, or the error to raise. The drivers are in client.py."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Generic, TypeVar

import attrs
import httpx

from paiflow._replies import Whole
from paiflow._service_errors import excerpt, request_id_of, service_error
from paiflow._text import clean, without
from paiflow.credentials import Credentials
from paiflow.errors import ConfigurationError, PaiFlowError, ServiceError, TransportError, UnexpectedReply
from paiflow_api.operations import LIST_PIPELINE_RUNS_STATUS as OPERATION

if TYPE_CHECKING:
    from paiflow_api.models import ListPipelineRunsStatusResponse

logger = logging.getLogger("paiflow")

T = TypeVar("T")


@attrs.define
class Response(Generic[T]):
    """The reply to a request, and what it was decoded into."""

    status_code: HTTPStatus
    content: bytes
    headers: Mapping[str, str]
    parsed: T


# In words, where httpx has none of its own.
_REASONS: dict[type[Exception], str] = {
    httpx.ConnectTimeout: "no connection within the timeout",
    httpx.ReadTimeout: "nothing was received within the timeout",
    httpx.WriteTimeout: "nothing could be sent within the timeout",
    httpx.PoolTimeout: "no connection of the pool became free within the timeout",
}

_REASON_CHARACTERS = 300


@contextmanager
def attempt(name: str, number: int, deadline: float) -> Iterator[None]:
    """Turn what goes wrong on the way to a reply into our errors, and log it.

    Args:
        name: the operationId.
        number: of the attempt, from 1.
        deadline: the monotonic clock's reading at which the call's time is up.
    """
    started = time.monotonic()
    failure: PaiFlowError
    cause: Exception | None
    try:
        yield
    except (httpx.HTTPError, httpx.StreamError, OSError) as error:  # TimeoutError is an OSError
        failure = _transport_error(name, number, error, out_of_time=time.monotonic() >= deadline)
        # The text of a protocol error quotes what came, or a header that could not go out: not to be shown.
        cause = None if isinstance(error, httpx.ProtocolError) else error
    except TransportError as error:  # of the intake, which does not know the number
        failure, cause = TransportError(name, error.reason, number), None
    except RuntimeError as error:
        if "loop" not in str(error):
            raise
        failure = ConfigurationError("an AsyncPaiFlow belongs to the event loop that it was first used in")
        cause = error
    else:
        return
    logger.debug("%s attempt %d: %s after %.3f s", name, number, failure, time.monotonic() - started)
    raise failure from cause


def _transport_error(name: str, number: int, error: Exception, *, out_of_time: bool) -> TransportError:
    if isinstance(error, TimeoutError | httpx.TimeoutException) and out_of_time:
        return TransportError(name, "the time for the whole call was up", number)
    if isinstance(error, httpx.LocalProtocolError):
        return TransportError(name, "the request could not be written: a header is malformed", number)
    reason = _REASONS.get(type(error)) or clean(str(error), _REASON_CHARACTERS) or type(error).__name__
    may_pass = not isinstance(error, httpx.UnsupportedProtocol)
    return TransportError(name, reason, number, may_pass=may_pass)


def interpret(name: str, response: Whole, attempts: int, now: float) -> Response[ListPipelineRunsStatusResponse]:
    """Return the Response of a reply that has been read.

    Args:
        name: the operationId.
        response: read, decoded.
        attempts: made by now.
        now: seconds since the epoch.

    Raises:
        ServiceError: the service said no, or something before it broke.
        UnexpectedReply: the reply says yes and is none: another status, not JSON, not an object, a list where an object
            is due or the reverse.
    """
    status = response.status_code
    if logger.isEnabledFor(logging.DEBUG):
        request_id = request_id_of(response.headers)
        logger.debug("%s attempt %d: status %d (request id %s)", name, attempts, status, request_id)
    if status >= 400:
        raise service_error(name, status, response.headers, response.content, attempts=attempts, now=now)
    try:
        if status != 200:
            raise TypeError(f"status 200 is due, not {status}; redirects are not followed")
        parsed = OPERATION.reply.from_json(response.content)
    except TypeError as error:  # of the generated decoding: a list where an object is due, or the reverse
        reason = str(error)
    except UnicodeDecodeError:
        reason = "it is not text"
    except ValueError as error:
        reason = f"it is not JSON: {error}"
    except RecursionError:
        reason = "it nests too deeply"
    else:
        return Response(HTTPStatus(status), response.content, response.headers, parsed)
    # Raised out here, so that no text of the reply but the excerpt, which is redacted, hangs on as a context.
    raise UnexpectedReply(name, status, excerpt(response.content), request_id_of(response.headers), reason)


@contextmanager
def discreet(credentials: Credentials) -> Iterator[None]:
    """Take what signs requests out of the errors of an attempt, wherever a service has put it."""
    try:
        yield
    except PaiFlowError as error:
        secrets = _secrets(credentials)
        for name, value in vars(error).items():
            if isinstance(value, str):
                setattr(error, name, without(value, secrets))
        error.args = tuple(without(value, secrets) if isinstance(value, str) else value for value in error.args)
        raise


def discreet_content(content: bytes, credentials: Credentials) -> bytes:
    """Return the body of a reply without what signed its request, wherever a service has put it."""
    return without(content.decode("latin-1"), _secrets(credentials)).encode("latin-1")


def _secrets(credentials: Credentials) -> tuple[str | None, ...]:
    return credentials.security_token, credentials.access_key_secret, credentials.access_key_id


def clock_skew(error: ServiceError, headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds by which the service's clock is ahead of ours, where it refused our date and told its own."""
    if not (error.code or "").startswith("InvalidTimeStamp"):
        return None
    try:
        return parsedate_to_datetime(headers.get("date", "")).timestamp() - now
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def reply_of(response: Response[ListPipelineRunsStatusResponse]) -> ListPipelineRunsStatusResponse:
    """Return the reply of what `interpret` returned."""
    return response.parsed
