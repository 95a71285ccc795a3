"""What came of an attempt: the decoded reply, or the error to raise. The drivers are in client.py."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import httpx

from paiflow._service_errors import excerpt, request_id_of, service_error
from paiflow.errors import TransportError, UnexpectedReply
from paiflow_api import Client
from paiflow_api.api.pipeline_runs import list_pipeline_runs_status as operation
from paiflow_api.models import ListPipelineRunsStatusResponse
from paiflow_api.types import Response

logger = logging.getLogger("paiflow")

# The generated functions want one; they take no more from it than what to do about an undocumented status.
_GENERATED_CLIENT = Client(base_url="")

# In words, where httpx has none of its own.
_REASONS: dict[type[Exception], str] = {
    httpx.ConnectTimeout: "no connection within the timeout",
    httpx.ReadTimeout: "nothing was received within the timeout",
    httpx.WriteTimeout: "nothing could be sent within the timeout",
    httpx.PoolTimeout: "no connection of the pool became free within the timeout",
}


@contextmanager
def attempt(name: str, number: int) -> Iterator[None]:
    """Turn what goes wrong on the way to a reply into our errors, and log it.

    Args:
        name: the operationId.
        number: of the attempt, from 1.
    """
    started = time.monotonic()
    try:
        yield
    except Exception as error:
        logger.debug("%s attempt %d: %s after %.3f s", name, number, type(error).__name__, time.monotonic() - started)
        if isinstance(error, httpx.LocalProtocolError):
            # Not chained: its text may quote a header.
            raise TransportError(name, "the request could not be written: a header is malformed", number) from None
        if isinstance(error, httpx.HTTPError | httpx.StreamError):
            reason = _REASONS.get(type(error)) or str(error) or type(error).__name__
            raise TransportError(name, " ".join(reason.split()), number) from error
        if isinstance(error, TimeoutError):
            raise TransportError(name, "the time for the whole call was up", number) from error
        raise


def interpret(name: str, response: httpx.Response, attempts: int) -> Response[ListPipelineRunsStatusResponse]:
    """Return the generated operation's Response of a reply that has been read.

    Raises:
        ServiceError: the service said no, or something before it broke.
        UnexpectedReply: the reply says yes and is none: another status, not JSON, not an object, a list where an object
            is due or the reverse.
    """
    status, request_id = response.status_code, request_id_of(response.headers)
    logger.debug("%s attempt %d: status %d (request id %s)", name, attempts, status, request_id)
    if status >= 400:
        raise service_error(name, status, response.headers, response.content, attempts=attempts, now=time.time())
    try:
        if status != 200:
            raise TypeError(f"status 200 is due, not {status}; redirects are not followed")
        reply = operation._build_response(client=_GENERATED_CLIENT, response=response)
        if not isinstance(reply.parsed, ListPipelineRunsStatusResponse):
            raise TypeError("it is no reply of this operation")
    except TypeError as error:  # of the generated decoding: a list where an object is due, or the reverse
        reason = str(error)
    except UnicodeDecodeError:
        reason = "it is not text"
    except ValueError as error:
        reason = f"it is not JSON: {error}"
    except RecursionError:
        reason = "it nests too deeply"
    else:
        return Response(reply.status_code, reply.content, reply.headers, reply.parsed)
    # Raised out here, so that no text of the reply but the excerpt, which is redacted, hangs on as a context.
    raise UnexpectedReply(name, status, excerpt(response.content), request_id, reason)


def reply_of(response: Response[ListPipelineRunsStatusResponse]) -> ListPipelineRunsStatusResponse:
    """Return the reply of what `interpret` returned, which has always one."""
    return cast("ListPipelineRunsStatusResponse", response.parsed)
